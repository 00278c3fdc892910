//! The demo, from its folder to its last page.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::TcpListener;

use crate::cli::arguments::Demo;
use crate::cli::demo::behind::Behind;
use crate::cli::demo::citizens::{self, Citizen};
use crate::cli::demo::folder::{self, Folder};
use crate::cli::error::CliError;
use crate::cli::house::{self, House};
use crate::cli::say::say_text;
use crate::cli::serve::{self as serving, Running};
use crate::config::settings::{MailWay, SmsWay};
use crate::login::request::LocalName;
use crate::partners::upstream::Upstream;
use crate::saml::signature::PublicKey;
use crate::telemetry::log;
use crate::web::demo::mail;
use crate::web::demo::people::{self, People};
use crate::web::demo::service_provider::{self, Provider, ServiceProvider};
use crate::web::pages::demo::DemoPerson;
use crate::web::serve::Doors;
use crate::web::{router, serve};
use crate::world::clock::Clock;
use crate::world::random::Random;

/// Runs identity provider and service provider until a signal to stop.
///
/// # Errors
/// When something cannot be opened, read, made or listened on.
pub fn run(said: &Demo) -> Result<(), CliError> {
    let random = Random::system();
    let folder = folder::open(said, &random, Clock::system().now())?;
    let citizens = citizens::of_folder(&folder.path.join("citizens.json"), &random)?;
    let server = &folder.settings.server;
    log::start(&server.log_level, server.json_log, None).map_err(CliError::Log)?;
    let settings = folder.settings.clone();
    serving::until_closed(&settings, async {
        let house = Arc::new(house::open(&folder.settings, None, true).await?);
        citizens::settle(&house.env, &citizens).await?;
        let running = Running::start(&house, &folder.settings)?;
        let provider = serving::listen(folder.settings.server.listen).await?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, said.sp_port));
        let service = TcpListener::bind(address).await.map_err(CliError::listen(address))?;

        let behind = match &folder.behind {
            Some(settings) => Some(Behind::open(&house, settings, &citizens).await?),
            None => None,
        };

        say_text(welcome(&house, &folder, &citizens).await?);
        let mails = match folder.settings.mail.as_ref().map(|mail| &mail.way) {
            Some(MailWay::Folder(folder)) => Some(folder.clone()),
            _ => None,
        };
        let people = People {
            citizens: citizens.iter().map(kept).collect(),
            service: folder.service.to_string(),
            mails: mails.is_some(),
        };
        let people_behind = people.clone();
        let mut more = people::routes(people);
        if let Some(mails) = mails {
            let texts = match folder.settings.sms.as_ref().map(|texts| &texts.way) {
                Some(SmsWay::Folder(folder)) => Some(folder.clone()),
                _ => None,
            };
            more = more.merge(mail::routes(mails, texts));
        }
        let pages = router::router_with(Arc::clone(&house.env), more);
        let site = service_provider::router(Arc::new(site(&house, folder)?));
        tokio::join!(
            serve::serve(provider, Doors::default(), pages, running.stopped()),
            serve::serve(service, Doors::default(), site, running.stopped()),
            async {
                match behind {
                    Some(behind) => behind.serve(people_behind).await,
                    None => Ok(()),
                }
            },
        )
        .2?;
        running.end(&house).await
    })
}

fn site(house: &House, folder: Folder) -> Result<ServiceProvider, CliError> {
    let env = &house.env;
    let key = PublicKey::from_certificate_der(env.keys.snapshot().signer.certificate());
    let provider = Provider {
        entity_id: env.idp.entity_id.clone(),
        single_sign_on: env.idp.single_sign_on.clone(),
        keys: vec![key.map_err(CliError::OwnKey)?],
        people: people_page(house),
        others: others(house),
    };
    Ok(ServiceProvider::new(folder.service, provider, folder.metadata, Arc::new(folder.signer)))
}

/// The identity providers behind, each with its entityID or issuer.
fn others(house: &House) -> Vec<(String, LocalName)> {
    let (upstreams, now) = (house.env.upstreams.snapshot(), house.env.clock.now());
    let named = |upstream: &Arc<Upstream>| {
        let first = upstreams.providers(upstream, now).into_iter().next()?;
        Some((first.id, upstream.name.clone()))
    };
    upstreams.all().iter().filter_map(named).collect()
}

async fn welcome(house: &House, folder: &Folder, citizens: &[Citizen]) -> Result<String, CliError> {
    let (env, now) = (&house.env, house.env.clock.now());
    let mut lines = String::new();
    for citizen in citizens {
        let person = people::person(env, &kept(citizen), now).await.map_err(CliError::Store)?;
        lines.extend(person.iter().map(line));
    }
    let behind = folder.behind.as_ref().map_or_else(String::new, |behind| {
        format!("  Another one behind   {}demo\n", behind.server.base_url)
    });
    let behind = match &folder.openid {
        Some(issuer) => format!("{behind}  An OpenID provider   {issuer}\n"),
        None => behind,
    };
    Ok(format!(
        "ponte demo: everything here is made up, and reached from this machine only.

  Service provider     {}      begin here
  Identity provider    {}
  Citizens and codes   {}
{behind}  Mails to them        {}/mail
  Folder               {}      remove it to begin anew

{lines}
Ctrl-C stops it.
",
        folder.service,
        env.settings.base_url,
        people_page(house),
        people_page(house),
        folder.path.display(),
    ))
}

fn line(person: &DemoPerson) -> String {
    let DemoPerson { username, password, code, activation, .. } = person;
    let mut line = format!("  {username:<8} password {password}\n");
    if let Some(code) = code {
        let (digits, left) = (&code.digits, code.left);
        line.push_str(&format!(
            "           one-time code {digits}, for {left} s; the page with the citizens shows the next\n"
        ));
    }
    if let Some(activation) = activation {
        line.push_str(&format!(
            "           activation code {activation}, asked for when an authenticator app is enrolled\n"
        ));
    }
    line
}

/// What the page with the citizens has of one.
fn kept(citizen: &Citizen) -> people::Citizen {
    people::Citizen {
        username: citizen.username.clone(),
        password: citizen.password.clone(),
        activation: citizen.activation_code.clone(),
    }
}

fn people_page(house: &House) -> String {
    format!("{}demo", house.env.settings.base_url)
}
