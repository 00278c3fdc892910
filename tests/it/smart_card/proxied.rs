//! Behind a proxy that speaks TLS: its header counts, from its address alone.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use ponte::flow::card::house::CardProxy;
use ponte::flow::network::Network;
use url::Url;

use crate::support::agent::{Agent, Page, read};
use crate::support::card_house::CardHouse;

fn behind(network: &str) -> CardHouse {
    let networks = vec![Network::parse(network).unwrap()];
    let header = "client-cert".to_owned();
    let it = CardHouse::with(|it| it.proxy = Some(CardProxy { networks, header }), |_| {});
    it.house.inhabitant("anna");
    it
}

/// As the proxy does: plain HTTP, with these headers.
fn pass_on(it: &CardHouse, to: &str, headers: &[(&str, &str)]) -> Page {
    let url = Url::parse(to).unwrap();
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, it.port)).unwrap();
    let mut head = format!("GET {} HTTP/1.1\r\nHost: card.localhost:{}\r\n", url.path(), it.port);
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    read(url, &answer).unwrap()
}

/// Both forms of the header; none is no certificate; what is twice there, or no certificate, is refused.
#[test]
fn the_declared_proxys_header_counts() {
    let it = behind("127.0.0.1");
    let card = it.cns(7).certificate;
    let rfc = format!(":{}:", STANDARD.encode(card.to_der().unwrap()));
    let pem = String::from_utf8(card.to_pem().unwrap()).unwrap();
    let nginx = utf8_percent_encode(&pem, NON_ALPHANUMERIC).to_string();
    for value in [&rfc, &nginx] {
        let mut agent = Agent::new();
        let to = it.to_the_card(&mut agent, 3);
        let back = pass_on(&it, &to, &[("Client-Cert", value)]);
        assert_eq!(back.status, 303, "{back:?}");
        let page = agent.get(back.header("location").unwrap()).unwrap();
        assert!(page.form_with_button("decision", "accept").is_some(), "{}", page.body);
    }
    for none in [&[][..], &[("Client-Cert", "")][..], &[("X-Client-Cert", rfc.as_str())][..]] {
        let mut agent = Agent::new();
        let to = it.to_the_card(&mut agent, 3);
        let back = pass_on(&it, &to, none);
        let page = agent.get(back.header("location").unwrap()).unwrap();
        assert!(page.body.contains("Non abbiamo visto nessun certificato"), "{}", page.body);
    }
    let mut agent = Agent::new();
    let to = it.to_the_card(&mut agent, 3);
    let twice = [("Client-Cert", rfc.as_str()), ("Client-Cert", rfc.as_str())];
    assert_eq!(pass_on(&it, &to, &twice).status, 400);
    for bad in [":not base64:", "::x::", "%%%", "hello"] {
        assert_eq!(pass_on(&it, &to, &[("Client-Cert", bad)]).status, 400, "{bad}");
    }
    // A certificate with something after it is unreadable, and says so.
    let mut der = card.to_der().unwrap();
    der.push(0);
    let trailing = format!(":{}:", STANDARD.encode(der));
    let back = pass_on(&it, &to, &[("Client-Cert", &trailing)]);
    let page = agent.get(back.header("location").unwrap()).unwrap();
    assert!(page.body.contains("Il certificato non si può leggere"), "{}", page.body);
}

/// Anybody else is not answered at all, whatever header they send.
#[test]
fn nobody_elses_header_counts() {
    let it = behind("10.9.8.7");
    let rfc = format!(":{}:", STANDARD.encode(it.cns(7).certificate.to_der().unwrap()));
    let mut agent = Agent::new();
    let to = it.to_the_card(&mut agent, 3);
    assert_eq!(pass_on(&it, &to, &[("Client-Cert", &rfc)]).status, 403);
    assert_eq!(pass_on(&it, &to, &[]).status, 403);
}
