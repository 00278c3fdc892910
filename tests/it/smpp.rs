//! Codes by SMPP, through a short message centre that none of us wrote: what it takes, refuses, leaves unanswered and breaks.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ponte::assurance::level::Level;
use ponte::factors::sms::{Budget, LIFETIME};
use ponte::flow::post::deliver;
use ponte::world::outbox::{Body, Message, Outbox as _, SendError, Sms, Way};
use ponte::world::smpp::alphabet::Alphabet;
use ponte::world::smpp::gateway::{Line, Smpp, tls};
use ponte::world::smpp::pdu::{Account, Address};
use ponte::world::sms_gateways::{Gateway, Gateways};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use zeroize::Zeroizing;

use crate::sms::{NUMBER, Tried, consents, type_code};
use crate::sms_served::at_the_number;
use crate::support::agent::Agent;
use crate::support::keys;
use crate::support::server::{Server, free_port};
use crate::support::smsc::{PASSWORD, SYSTEM_ID, Smsc};

fn line(name: &str, port: u16) -> Line {
    Line {
        name: name.to_owned(),
        host: "localhost".to_owned(),
        port,
        tls: None,
        account: Account {
            system_id: SYSTEM_ID.to_owned(),
            password: Zeroizing::new(PASSWORD.to_owned()),
            system_type: "OTP".to_owned(),
        },
        source: Address { ton: 5, npi: 0, text: "Comune".to_owned() },
        destination: (1, 1),
        alphabet: Alphabet::Gsm,
        validity: true,
        patience: Duration::from_secs(1),
    }
}

fn gateways(lines: Vec<Line>) -> Gateways {
    Gateways(lines.into_iter().map(|line| Gateway::Smpp(Smpp::new(line).unwrap())).collect())
}

fn message(text: &str) -> Message {
    let body = Body::Sms(Sms { to: NUMBER.to_owned(), text: text.to_owned(), until: None });
    Message { id: "m".to_owned(), at: chrono::DateTime::UNIX_EPOCH, body }
}

/// What came of a message, in one line that holds nothing of it.
async fn sent(gateways: &Gateways, text: &str) -> String {
    match gateways.send(&message(text)).await {
        Ok(()) => "sent".to_owned(),
        Err(error) => {
            let is_later = matches!(error, SendError::Later(_));
            let said = error.chain();
            assert!(!said.contains(text) && !said.contains("333") && !said.contains(PASSWORD));
            format!("{}: {said}", if is_later { "later" } else { "never" })
        }
    }
}

/// BI-01: password and code are SpidL2, and the code came by SMPP.
#[test]
#[ignore = "needs the short message centre that ./scripts/test installs"]
fn bi_01_a_login_by_a_code_that_came_by_smpp() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let smsc = Smsc::start(folder.path(), port, None);
    let outbox = Arc::new(gateways(vec![line("only", port)]));
    let here = Tried::through(outbox, Budget { person: 10, range: 50, house: 100 });
    let anna = here.owner("anna", NUMBER, Level::Loa4);
    let mut agent = Agent::new();
    let page = here.asked(&mut agent, &anna);
    here.house.block_on(deliver(&here.house.env, Way::Sms)).unwrap();
    let bind = json!({ "system_id": SYSTEM_ID, "system_type": "OTP", "interface_version": 0x34, "is_right": true });
    assert_eq!(smsc.next(), json!({ "bind": bind }));
    let came = smsc.message();
    assert_eq!(
        (&came["destination_addr"], &came["dest_addr_ton"], &came["dest_addr_npi"]),
        (&json!("393331234512"), &json!(1), &json!(1))
    );
    assert_eq!(
        (&came["source_addr"], &came["source_addr_ton"], &came["source_addr_npi"]),
        (&json!("Comune"), &json!(5), &json!(0))
    );
    // The centre may let it go when the code holds no more.
    let until = here.house.now() + LIFETIME;
    assert_eq!(came["validity"], until.format("%Y-%m-%dT%H:%M:%S.000Z").to_string());
    let code: String = came["message"].as_str().unwrap().chars().take(6).collect();
    let page = type_code(&mut agent, &page, &code);
    assert!(consents(&page), "{}", page.body);
}

/// What the first centre does not take goes by the second; what it takes goes by no other; only what it says of the message
/// itself is the end of the message.
#[test]
#[ignore = "needs the short message centre that ./scripts/test installs"]
fn what_one_centre_does_not_take_goes_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (free_port(), free_port());
    let first = Smsc::start(folder.path(), one, None);
    let second = Smsc::start(folder.path(), two, None);
    let runtime = Runtime::new().unwrap();
    for (does, cause) in [
        ("ok", ""),
        ("throttled", "it answered ESME_RTHROTTLED (0x00000058)"),
        ("full", "it answered ESME_RMSGQFUL (0x00000014)"),
        ("refused", "it answered ESME_RINVDSTADR (0x0000000b)"),
        ("broken", "it answered ESME_RSYSERR (0x00000008)"),
        ("silent", "no answer came in 1 s"),
        ("close", "the connection was closed by the other side"),
        ("garbage", "command_length says 1213486160 octets, and no more than 4096 are read"),
        ("huge", "command_length says 2147483647 octets, and no more than 4096 are read"),
        ("unbind", "it was unbound by the other side"),
        ("mistaken", "the answer to another kind of request came under its number"),
    ] {
        first.does(does);
        let begun = Instant::now();
        let both = gateways(vec![line("first", one), line("second", two)]);
        assert_eq!(runtime.block_on(sent(&both, "123456 vale.")), "sent", "{does}");
        assert!(begun.elapsed() < Duration::from_secs(5), "{does}: {:?}", begun.elapsed());
        assert_eq!(first.message()["message"], "123456 vale.");
        let went_on = second.rest().iter().any(|came| came.get("submit").is_some());
        assert_eq!(went_on, does != "ok", "{does}");
        runtime.block_on(both.end());
        let alone = gateways(vec![line("first", one)]);
        let said = runtime.block_on(sent(&alone, "123456 vale."));
        let kind = match does {
            "ok" => "sent",
            "refused" => "never: it was refused for good: first: ",
            _ => "later: it could not be sent now: first: ",
        };
        assert!(said.starts_with(kind) && said.ends_with(cause), "{does}: {said}");
        first.message();
        if ["throttled", "full", "silent"].contains(&does) {
            // It is left alone, and so is not asked again at once.
            let said = runtime.block_on(sent(&alone, "654321 vale."));
            assert!(said.ends_with("it took nothing, and is left alone for 1 s"), "{said}");
            std::thread::sleep(Duration::from_millis(1100));
        }
        first.does("ok");
        assert_eq!(runtime.block_on(sent(&alone, "654321 vale.")), "sent", "{does}");
        assert_eq!(first.message()["message"], "654321 vale.");
        runtime.block_on(alone.end());
    }
}

/// A wrong password, and nobody there.
#[test]
#[ignore = "needs the short message centre that ./scripts/test installs"]
fn who_is_not_let_in_goes_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (free_port(), free_port());
    let first = Smsc::start(folder.path(), one, None);
    let second = Smsc::start(folder.path(), two, None);
    let runtime = Runtime::new().unwrap();
    let mut wrong = line("first", one);
    wrong.account.password = Zeroizing::new("another".to_owned());
    let both = gateways(vec![wrong.clone(), line("nobody", free_port()), line("second", two)]);
    assert_eq!(runtime.block_on(sent(&both, "123456 vale.")), "sent");
    assert_eq!(second.message()["message"], "123456 vale.");
    let alone = gateways(vec![wrong]);
    let refused = "later: it could not be sent now: first: it did not let us in (bind_transmitter): it answered ESME_RBINDFAIL (0x0000000d)";
    assert_eq!(runtime.block_on(sent(&alone, "123456 vale.")), refused);
    let left = "later: it could not be sent now: first: it took nothing, and is left alone for 1 s";
    assert_eq!(runtime.block_on(sent(&alone, "123456 vale.")), left);
    std::thread::sleep(Duration::from_millis(1100));
    assert_eq!(runtime.block_on(sent(&alone, "123456 vale.")), refused);
    let left = left.replace("1 s", "2 s");
    assert_eq!(runtime.block_on(sent(&alone, "123456 vale.")), left);
    let tried = first.rest().iter().filter(|came| came.get("bind").is_some()).count();
    assert_eq!(tried, 3, "a password that is wrong is not tried over and over");
}

/// One bind serves many messages, is renewed when the centre was started anew, and is taken back at the end.
#[test]
#[ignore = "needs the short message centre that ./scripts/test installs"]
fn a_session_is_kept_renewed_and_ended() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let smsc = Smsc::start(folder.path(), port, None);
    let runtime = Runtime::new().unwrap();
    let gateways = gateways(vec![line("only", port)]);
    let binds = |came: &[Value]| came.iter().filter(|came| came.get("bind").is_some()).count();
    runtime.block_on(async {
        let many = (0..20).map(|_| sent(&gateways, "123456 vale."));
        for said in futures_of(many.collect()).await {
            assert_eq!(said, "sent");
        }
    });
    let came = smsc.rest();
    assert_eq!((binds(&came), came.len()), (1, 21), "{came:?}");
    drop(smsc);
    std::thread::sleep(Duration::from_millis(100));
    let said = runtime.block_on(sent(&gateways, "123456 vale."));
    assert!(said.starts_with("later: ") && said.contains("it could not be reached"), "{said}");
    let smsc = Smsc::start(folder.path(), port, None);
    std::thread::sleep(Duration::from_millis(1100));
    assert_eq!(runtime.block_on(sent(&gateways, "123456 vale.")), "sent");
    assert_eq!(binds(&smsc.rest()), 1);
    runtime.block_on(gateways.end());
    assert_eq!(smsc.next(), json!({ "unbind": true }));
    assert_eq!(smsc.next(), json!({ "closed": true }));
    let said = runtime.block_on(sent(&gateways, "123456 vale."));
    assert_eq!(said, "later: it could not be sent now: only: the server stops");
}

/// All of them at once, on this task.
async fn futures_of<T>(all: Vec<impl Future<Output = T>>) -> Vec<T> {
    let mut all: Vec<_> = all.into_iter().map(|one| (Box::pin(one), None)).collect();
    std::future::poll_fn(|context| {
        let mut is_ready = true;
        for (one, done) in &mut all {
            if done.is_none() {
                match one.as_mut().poll(context) {
                    std::task::Poll::Ready(value) => *done = Some(value),
                    std::task::Poll::Pending => is_ready = false,
                }
            }
        }
        if is_ready { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    all.into_iter().filter_map(|(_, done)| done).collect()
}

/// The centre reads what we wrote in either alphabet, and in parts.
#[test]
#[ignore = "needs the short message centre that ./scripts/test installs"]
fn letters_arrive_as_they_were_written() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let smsc = Smsc::start(folder.path(), port, None);
    let runtime = Runtime::new().unwrap();
    let gsm = gateways(vec![line("gsm", port)]);
    let ucs2 = gateways(vec![Line { alphabet: Alphabet::Ucs2, ..line("ucs-2", port) }]);
    let untold = Line { validity: false, ..line("untold", port) };
    let mut timed = message("012345 vale.");
    if let Body::Sms(sms) = &mut timed.body {
        sms.until = Some(chrono::DateTime::UNIX_EPOCH);
    }
    runtime.block_on(gateways(vec![untold]).send(&timed)).unwrap();
    assert_eq!(smsc.message()["validity"], Value::Null);
    let every =
        "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./09:;<=>?¡AZÄÖÑÜ§¿azäöñüà ^{}\\[~]|€";
    for (gateways, text, coding) in [
        (&gsm, "012345 per entrare in: Città di Forlì. È", 8),
        (&gsm, "012345 per entrare in: Comune di Cantù è già lì", 0),
        (&gsm, every, 0),
        (&gsm, "012345 l’Università 😀", 8),
        (&ucs2, "012345 per entrare in: Comune di Cantù", 8),
    ] {
        assert_eq!(runtime.block_on(sent(gateways, text)), "sent");
        let came = smsc.message();
        assert_eq!(came["data_coding"], coding, "{text}");
        assert_eq!((&came["esm_class"], &came["udh"]), (&json!(0), &Value::Null));
        assert_eq!(came["message"], text);
    }
    for (letter, parts, coding) in [("è", 2, 0), ("È", 3, 8)] {
        let text = format!("012345 {}", letter.repeat(180));
        assert_eq!(runtime.block_on(sent(&gsm, &text)), "sent");
        let came: Vec<Value> = (0..parts).map(|_| smsc.message()).collect();
        let joined: String = came.iter().map(|one| one["message"].as_str().unwrap()).collect();
        assert_eq!(joined, text);
        for (number, one) in (1..).zip(&came) {
            assert_eq!((&one["esm_class"], &one["data_coding"]), (&json!(0x40), &json!(coding)));
            let udh = &one["udh"][0];
            assert_eq!((&udh[0], &udh[1]), (&json!(0), &json!(3)), "{udh}");
            assert_eq!((&udh[3], &udh[4]), (&json!(parts), &json!(number)), "{udh}");
            assert_eq!(udh[2], came[0]["udh"][0][2]);
        }
    }
}

/// TLS: the right authority is believed, another is not, nor the right one for another name, nor who speaks none.
#[test]
#[ignore = "needs the short message centre that ./scripts/test installs"]
fn a_centre_is_believed_by_its_certificate_alone() {
    let folder = tempfile::tempdir().unwrap();
    let made = |name: &str| {
        let path = |end: &str| folder.path().join(format!("{name}.{end}"));
        keys::certify_localhost(&path("crt"), &path("key"));
        (path("crt"), path("key"))
    };
    let ((certificate, key), (other, _)) = (made("smsc"), made("other"));
    let (port, plain) = (free_port(), free_port());
    let smsc = Smsc::start(folder.path(), port, Some((&certificate, &key)));
    let in_the_clear = Smsc::start(folder.path(), plain, None);
    let runtime = Runtime::new().unwrap();
    let believing = |file: Option<&Path>, port| {
        let pem = file.map(|file| std::fs::read(file).unwrap());
        Line { tls: Some(tls(pem.as_deref()).unwrap()), ..line("only", port) }
    };
    let said = |line: Line| runtime.block_on(sent(&gateways(vec![line]), "123456 vale."));
    assert_eq!(said(believing(Some(&certificate), port)), "sent");
    assert_eq!(smsc.message()["message"], "123456 vale.");
    let not_believed =
        "later: it could not be sent now: only: its TLS certificate is not believed: ";
    for file in [Some(other.as_path()), None] {
        let said = said(believing(file, port));
        assert!(said.starts_with(not_believed) && said.contains("self-signed"), "{said}");
    }
    let elsewhere = Line { host: "127.0.0.1".to_owned(), ..believing(Some(&certificate), port) };
    assert_eq!(said(elsewhere), format!("{not_believed}IP address mismatch"));
    let said_in_the_clear = said(believing(Some(&certificate), plain));
    assert!(
        said_in_the_clear.contains("it speaks no TLS")
            || said_in_the_clear.contains("could not be reached"),
        "{said_in_the_clear}"
    );
    let bound = |smsc: &Smsc| smsc.rest().iter().any(|came| came.get("bind").is_some());
    assert!(!bound(&smsc) && !bound(&in_the_clear), "no password goes to who is not believed");
}

/// The built server: what it checks, what it sends, what it logs, and that it takes its bind back when it stops.
#[test]
#[ignore = "needs the short message centre that ./scripts/test installs"]
fn the_built_server_sends_by_smpp() {
    let mut server = Server::new();
    let (one, two) = (free_port(), free_port());
    let (certificate, key) = (server.folder().join("smsc.crt"), server.folder().join("smsc.key"));
    keys::certify_localhost(&certificate, &key);
    let first = Smsc::start(server.folder(), one, None);
    let second = Smsc::start(server.folder(), two, Some((&certificate, &key)));
    first.does("throttled");
    std::fs::write(server.folder().join("sms.secret"), format!("{PASSWORD}\n")).unwrap();
    server.configure_in("sms", "way = \"gateway\"");
    server.configure(&format!(
        "\n[[sms.gateway]]\nname = \"first\"\nkind = \"smpp\"\nhost = \"127.0.0.1\"\nport = {one}\ntls = false\n\
         system-id = \"{SYSTEM_ID}\"\nsecret-file = \"sms.secret\"\n\
         \n[[sms.gateway]]\nname = \"second\"\nkind = \"smpp\"\nhost = \"localhost\"\nport = {two}\n\
         system-id = \"{SYSTEM_ID}\"\nsecret-file = \"sms.secret\"\nauthority = \"smsc.crt\"\nsource = \"Comune\"\nanswer-seconds = 5\n",
    ));
    let check =
        |server: &Server| String::from_utf8(server.try_ponte(&["check"], "").stdout).unwrap();
    assert!(check(&server).contains("sms: first, second"), "{}", check(&server));
    std::fs::write(&certificate, "no certificate").unwrap();
    assert!(check(&server).contains("there is no certificate in the file"), "{}", check(&server));
    keys::certify_localhost(&certificate, &server.folder().join("unused.key"));
    std::fs::write(server.folder().join("sms.secret"), "much too long").unwrap();
    assert!(
        check(&server).contains("password is 8 letters of ASCII at most"),
        "{}",
        check(&server)
    );
    std::fs::write(server.folder().join("sms.secret"), PASSWORD).unwrap();
    drop(second);
    keys::certify_localhost(&certificate, &key);
    let second = Smsc::start(server.folder(), two, Some((&certificate, &key)));
    server.set("PONTE_SERVER_LOG_LEVEL", "trace");
    server.start();
    let mut agent = Agent::new();
    let page = at_the_number(&server, &mut agent);
    let form = page.form_with(&["number"]).unwrap();
    let page = agent.submit(&page, &form, &[]).unwrap();
    let (refused, came) = (first.message(), second.message());
    assert_eq!(refused["message"], came["message"]);
    assert_eq!(refused["source_addr_ton"], 0);
    assert_eq!((&came["source_addr"], &came["source_addr_ton"]), (&json!("Comune"), &json!(5)));
    let code: String = came["message"].as_str().unwrap().chars().take(6).collect();
    let form = page.form_with(&["code"]).unwrap();
    let page = agent.submit(&page, &form, &[("code", &code)]).unwrap();
    assert_eq!(page.url.query(), Some("done=number"), "{}", page.body);
    server.stop();
    for smsc in [&first, &second] {
        let rest = smsc.rest();
        assert!(rest.contains(&json!({ "unbind": true })), "{rest:?}");
    }
    let log = server.log();
    for row in &log {
        let row = row.to_string();
        for secret in ["3331234512", code.as_str(), PASSWORD] {
            assert!(!row.contains(secret), "{row}");
        }
    }
    let failed = log.iter().find(|row| row["event"] == "sms.gateway.failed").unwrap();
    assert_eq!(
        (&failed["gateway"], &failed["cause"]),
        (&json!("first"), &json!("it answered ESME_RTHROTTLED (0x00000058)"))
    );
    assert!(
        log.iter().any(|row| row["event"] == "sms.gateway.bound" && row["gateway"] == "second")
    );
}
