//! The built server sends codes to gateways over HTTP, by template, the next where one fails.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use serde_json::{Value, json};

use crate::own_factors::press;
use crate::support::agent::{Agent, Page};
use crate::support::server::Server;

/// A gateway: answers each request with `status` and `body`, and tells of it.
struct Gateway {
    port: u16,
    asked: Receiver<(String, String)>,
}

impl Gateway {
    fn start(status: &'static str, body: &'static str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, asked) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let _broken = answer(stream, status, body, &sender);
            }
        });
        Self { port, asked }
    }

    fn next(&self) -> (String, String) {
        self.asked.recv_timeout(Duration::from_secs(20)).expect("the gateway is asked")
    }
}

fn answer(
    mut stream: TcpStream,
    status: &str,
    body: &str,
    told: &Sender<(String, String)>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if line.trim().is_empty() {
            break;
        }
        if let Some(said) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = said.trim().parse().unwrap();
        }
        head.push_str(&line);
    }
    let mut content = vec![0; length];
    reader.read_exact(&mut content)?;
    let _gone = told.send((head, String::from_utf8(content).unwrap()));
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

/// At the page that asks for a number, by the password.
pub(crate) fn at_the_number(server: &Server, agent: &mut Agent) -> Page {
    let row = json!({
        "username": "ada",
        "password": "una frase lunga e segreta",
        "attributes": {
            "name": "Ada", "familyName": "Rossi", "dateOfBirth": "1980-01-01",
            "fiscalNumber": "TINIT-RSSDAA80A41H501I", "mobilePhone": "3331234512",
        },
        "proofing": { "method": "desk", "date": "2026-01-01", "operator": "3", "evidence": "17" },
    });
    server.ponte(&["user", "import", "-"], &format!("{row}\n"));
    let page = agent.get(&server.url("/account")).unwrap();
    let page = press(agent, &page, "/account/enter");
    let form = page.form_with(&["username", "password"]).unwrap();
    let values = [("username", "ada"), ("password", "una frase lunga e segreta")];
    let page = agent.submit(&page, &form, &values).unwrap();
    assert_eq!(page.url.path(), "/account/sessions", "{}", page.body);
    agent.get(&server.url("/account/factors/sms")).unwrap()
}

/// BI-02, BI-03: the number of the profile is there to begin with; the first gateway is out of order, the second takes the
/// message; neither number nor code is in the log, nor the secret.
#[test]
fn bi_02_a_code_goes_by_the_gateway_that_takes_it() {
    let (broken, good) = (
        Gateway::start("503 Service Unavailable", "+393331234512 is busy"),
        Gateway::start("200 OK", "{\"status\":\"ok\"}"),
    );
    let mut server = Server::new();
    server.configure_in("sms", "way = \"gateway\"");
    let secret = server.folder().join("sms.secret");
    std::fs::write(&secret, "the secret\n").unwrap();
    server.configure(&format!(
        "\n[[sms.gateway]]\nname = \"first\"\nurl = \"http://127.0.0.1:{}/send?to={{digits}}&text={{text}}\"\n\
         \n[[sms.gateway]]\nname = \"second\"\nurl = \"http://127.0.0.1:{}/v1\"\n\
         headers = [\"Authorization: Bearer {{secret}}\", \"Content-Type: application/json\"]\n\
         body = '{{\"to\": \"{{to}}\", \"text\": \"{{text}}\", \"ref\": \"{{id}}\"}}'\nsecret-file = \"sms.secret\"\n\
         success-status = 200\nsuccess-contains = '\"ok\"'\n",
        broken.port, good.port
    ));
    let checked = String::from_utf8(server.try_ponte(&["check"], "").stdout).unwrap();
    assert!(checked.contains("sms: first, second"), "{checked}");
    server.start();
    let mut agent = Agent::new();
    let page = at_the_number(&server, &mut agent);
    let form = page.form_with(&["number"]).unwrap();
    assert!(form.field("number").unwrap().contains("3331234512"), "{}", page.body);
    let page = agent.submit(&page, &form, &[]).unwrap();
    assert!(page.body.contains("+39 *** *** **12"), "{}", page.body);
    let (head, _) = broken.next();
    assert!(head.starts_with("GET /send?to=393331234512&text="), "{head}");
    let (head, body) = good.next();
    assert!(head.to_lowercase().contains("authorization: bearer the secret"), "{head}");
    let said: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(said["to"], "+393331234512");
    let code: String = said["text"].as_str().unwrap().chars().take(6).collect();
    let form = page.form_with(&["code"]).unwrap();
    let page = agent.submit(&page, &form, &[("code", &code)]).unwrap();
    assert_eq!(page.url.query(), Some("done=number"), "{}", page.body);
    for row in server.log() {
        let row = row.to_string();
        for secret in ["3331234512", code.as_str(), "the secret"] {
            assert!(!row.contains(secret), "{row}");
        }
    }
    let export = server.ponte(&["person", "export", "ada"], "").stdout;
    let export: Value = serde_json::from_slice(&export).unwrap();
    assert_eq!(export["store"]["telephones"], json!(["+393331234512"]));
    assert!(server.events().contains(&"sms.gateway.failed".to_owned()));
    server.stop();
}

/// A restart between message and code loses nothing, and a code holds once across it.
#[test]
fn a_code_outlasts_a_kill() {
    let good = Gateway::start("202 Accepted", "");
    let mut server = Server::new();
    server.configure_in("sms", "way = \"gateway\"");
    server.configure(&format!(
        "\n[[sms.gateway]]\nname = \"only\"\nurl = \"http://127.0.0.1:{}/\"\nescape = \"form\"\nbody = \"to={{to}}&t={{text}}\"\n",
        good.port
    ));
    server.start();
    let mut agent = Agent::new();
    let page = at_the_number(&server, &mut agent);
    let form = page.form_with(&["number"]).unwrap();
    let page = agent.submit(&page, &form, &[]).unwrap();
    let (_, body) = good.next();
    assert!(body.starts_with("to=%2B393331234512&t="), "{body}");
    let code: String = body.split("&t=").nth(1).unwrap().chars().take(6).collect();
    server.kill();
    server.start();
    let form = page.form_with(&["code"]).unwrap();
    let page = agent.submit(&page, &form, &[("code", &code)]).unwrap();
    assert_eq!(page.url.query(), Some("done=number"), "{}", page.body);
    server.stop();
}

/// What goes to another machine without TLS is allowed by a key that says so, and warned of; on this machine it is not.
#[test]
fn a_gateway_in_the_clear_is_warned_of() {
    let warning = "dark: numbers, codes and the password go over the network in the clear";
    for (host, key, is_warned_of) in
        [("192.0.2.1", "plain-text-over-network = true", true), ("127.0.0.1", "", false)]
    {
        let server = Server::new();
        server.configure_in("sms", "way = \"gateway\"");
        std::fs::write(server.folder().join("sms.secret"), "s3gr3t0").unwrap();
        server.configure(&format!(
            "\n[[sms.gateway]]\nname = \"dark\"\nkind = \"smpp\"\nhost = \"{host}\"\ntls = false\n{key}\n\
             system-id = \"ente\"\nsecret-file = \"sms.secret\"\n",
        ));
        let checked = String::from_utf8(server.try_ponte(&["check"], "").stdout).unwrap();
        assert!(checked.contains("sms: dark"), "{checked}");
        assert_eq!(checked.contains(warning), is_warned_of, "{checked}");
    }
}
