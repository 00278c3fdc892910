//! docs/bridging.md's table of those that none of us wrote: a service provider on pysaml2 asks for each level in each way, and each
//! of the identity providers behind gives each level.

use std::fmt::Write as _;
use std::net::Ipv4Addr;
use std::thread;

use serde_json::{Value, json};

use crate::support::agent::{Agent, Page};
use crate::support::bridge::{PASS_THROUGH, bring, choose, to_service};
use crate::support::citizen::Citizen;
use crate::support::peer::{Kind, Peer, Request};
use crate::support::pysaml2_idp::PySaml;
use crate::support::server::{Server, free_port};
use crate::support::simplesamlphp::SimpleSaml;

use super::table::{COMPARISONS, least, written};
use super::{cie, openid, press, simplesamlphp};

/// One of those behind: its name, its name among the buttons, how it comes to give a level, 1 to 3, and how a person comes back from it.
struct Behind<'a> {
    name: &'static str,
    id: String,
    gives: Box<dyn Fn(usize) + Sync + 'a>,
    log_in: Box<LogIn<'a>>,
}

type LogIn<'a> = dyn Fn(&mut Agent, Page, usize) -> Page + Sync + 'a;

fn class(level: usize) -> String {
    format!("https://www.spid.gov.it/SpidL{level}")
}

fn pysaml2_upstream(hub: &Server, peer: &PySaml) {
    std::fs::write(hub.folder().join("pysaml2.xml"), peer.metadata()).unwrap();
    hub.configure(
        "\n[[upstream]]\nid = \"pysaml2\"\nrelying-party = \"ente\"\nmetadata = \"pysaml2.xml\"\nname-it = \"pysaml2\"\n\
         ceiling = \"SpidL3\"\nask = \"minimum\"\nlevels = [\"https://www.spid.gov.it/SpidL1=SpidL1\", \
         \"https://www.spid.gov.it/SpidL2=SpidL2\", \"https://www.spid.gov.it/SpidL3=SpidL3\"]\n",
    );
}

/// Every request of the service provider: the level asked for, how, and what `behind` gives.
fn runs() -> impl Iterator<Item = (usize, &'static str, usize)> {
    (1..=3).flat_map(|asked| {
        COMPARISONS
            .into_iter()
            .flat_map(move |comparison| (1..=3).map(move |given| (asked, comparison, given)))
    })
}

/// What the service provider makes of the answers by way of `behind`, a row for each of [`runs`].
fn verdicts(sp: &Peer, behind: &Behind<'_>, network: u8) -> Vec<Value> {
    let asked: Vec<Value> = runs()
        .map(|(asked, comparison, _)| json!({"class": class(asked), "comparison": comparison}))
        .collect();
    let made = sp.does("requests", &json!(asked));
    let requests: Vec<Request> =
        made["requests"].as_array().unwrap().iter().map(Request::of).collect();
    let mut delivered = Vec::new();
    for (place, (request, (_, _, given))) in (1..).zip(requests.iter().zip(runs())) {
        let mut agent = Agent::at(Ipv4Addr::new(198, 51, 100 + network, place));
        let mut page = agent.get(&request.url).unwrap();
        if page.form_with_button("provider", &behind.id).is_some() {
            (behind.gives)(given);
            let there = choose(&mut agent, &page, &behind.id);
            page = (behind.log_in)(&mut agent, there, given);
            if page.status == 403 {
                page = press(&mut agent, &page, "/cancel");
            }
        }
        delivered.push((request.id.clone(), to_service(&mut agent, page)));
    }
    sp.check_each(&delivered)
}

/// The class that the service provider read, or the number with which it was refused.
fn short(verdict: &Value) -> String {
    if verdict["accepted"] == true {
        let attributes = &verdict["attributes"];
        assert_eq!(attributes["name"][0], "Ada", "{verdict}");
        assert_eq!(attributes["familyName"][0], "Lovelace", "{verdict}");
        assert_eq!(attributes["fiscalNumber"][0], "TINIT-LVLDAA85T50G702B", "{verdict}");
        return verdict["class"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    }
    let why = verdict["why"].as_str().unwrap();
    assert!(why.contains("ErrorCode nr20"), "{verdict}");
    "nr20".to_owned()
}

#[test]
#[ignore = "needs SimpleSAMLphp, oidc-provider, spid-cie-oidc and pysaml2, which ./scripts/test installs"]
fn a_level_goes_through_from_each_real_upstream_to_a_real_service_provider() {
    let php = SimpleSaml::start();
    let python = PySaml::start();
    let mut hub = Server::new();
    hub.configure("\n[[relying-party]]\nid = \"ente\"\nattributes = [\"name\", \"familyName\", \"fiscalNumber\"]\n");
    hub.configure_in("login", "max-level = \"SpidL3\"");
    simplesamlphp::upstream(&hub, &php);
    pysaml2_upstream(&hub, &python);
    let port = free_port();
    openid::upstream(&hub, port);
    let cie_port = free_port();
    cie::upstream(&hub, cie_port);
    let kind = Kind { script: "pysaml2_sp.py", profile: "spid", binding: "redirect", class: "" };
    let sp = Peer::new(hub.folder(), kind, &hub.url("/saml/sso"));
    hub.register(&sp);
    hub.configure(PASS_THROUGH);
    hub.start();
    let get = |path: &str| Agent::new().get(&hub.url(path)).unwrap().body;
    std::fs::write(hub.folder().join("idp.xml"), get("/metadata")).unwrap();
    let ours = get("/sp/ente/metadata");
    php.register(&ours);
    python.register(&ours);
    let op = openid::provider(&hub, port);
    let cie = cie::provider(&hub, cie_port, &["userinfo", "acr"]);
    let behind = [
        Behind {
            name: "SimpleSAMLphp",
            id: php.entity_id(),
            gives: Box::new(|_| ()),
            log_in: Box::new(|agent, page, level| {
                simplesamlphp::log_in(&hub, &php, agent, page, simplesamlphp::PEOPLE[level - 1])
            }),
        },
        Behind {
            name: "pysaml2",
            id: python.entity_id(),
            gives: Box::new(|level| python.next(&class(level))),
            log_in: Box::new(|agent, page, _| {
                let said = Citizen::new("", "", "").finish(agent, page).unwrap();
                bring(&hub, agent, &said)
            }),
        },
        Behind {
            name: "oidc-provider",
            id: op.issuer.clone(),
            gives: Box::new(|level| op.next(&json!({"acr": class(level)}))),
            log_in: Box::new(|agent, page, _| openid::follow(agent, page)),
        },
        Behind {
            name: "spid-cie-oidc",
            id: cie.issuer.clone(),
            gives: Box::new(|level| cie.next(&class(level))),
            log_in: Box::new(|agent, page, _| cie::log_in(agent, &cie, page)),
        },
    ];
    let all: Vec<Vec<Value>> = thread::scope(|scope| {
        let started = (0..).zip(&behind).map(|(place, one)| {
            let sp = &sp;
            scope.spawn(move || verdicts(sp, one, place))
        });
        let started: Vec<_> = started.collect();
        started.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let names: Vec<&str> = behind.iter().map(|one| one.name).collect();
    let mut text = format!("| asked for | comparison | {} |\n|---|---|", names.join(" | "));
    text.push_str(&"---|".repeat(names.len()));
    text.push('\n');
    for (place, runs) in runs().collect::<Vec<_>>().chunks(3).enumerate() {
        let (asked, comparison, _) = runs[0];
        let _ = write!(text, "| SpidL{asked} | {comparison} |");
        for (name, verdicts) in names.iter().zip(&all) {
            let verdicts = verdicts.chunks(3).nth(place).unwrap();
            let said: Vec<String> = verdicts.iter().map(short).collect();
            for (said, (_, _, given)) in said.iter().zip(runs) {
                let enough = *given >= least(comparison, asked);
                let right = if enough { format!("SpidL{given}") } else { "nr20".to_owned() };
                assert_eq!(*said, right, "{name}: SpidL{asked} {comparison}, given SpidL{given}");
            }
            let _ = write!(text, " {} |", said.join(", "));
        }
        text.push('\n');
    }
    written("real", &text, "cargo test --test it bridge::real -- --ignored");
}
