//! Traces of the built server, received by a collector of a few lines: OTLP over HTTP, protobuf.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;

use crate::crash::spid_request;
use crate::support::agent::Agent;
use crate::support::keys;
use crate::support::server::{Server, free_port};
use crate::support::sp::{Metadata, SPID_ENTITY};
use crate::support::wire::{get, status};

/// Keeps what it is posted.
#[derive(Clone, Default)]
struct Collector {
    exports: Arc<Mutex<Vec<ExportTraceServiceRequest>>>,
}

impl Collector {
    /// Listens on `port` for as long as the tests run.
    fn start(port: u16) -> Self {
        let collector = Self::default();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        let kept = collector.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let kept = kept.clone();
                std::thread::spawn(move || kept.serve(stream));
            }
        });
        collector
    }

    fn serve(&self, mut stream: TcpStream) {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        loop {
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                if reader.read_line(&mut head).unwrap_or_default() == 0 {
                    return;
                }
            }
            assert!(head.starts_with("POST /v1/traces HTTP/1.1\r\n"), "{head}");
            let head = head.to_lowercase();
            assert!(head.contains("content-type: application/x-protobuf"), "{head}");
            let length = head.split("content-length:").nth(1).unwrap();
            let length = length.split("\r\n").next().unwrap().trim().parse().unwrap();
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let export = ExportTraceServiceRequest::decode(&body[..]).unwrap();
            self.exports.lock().unwrap().push(export);
            let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n";
            stream.write_all(answer.as_bytes()).unwrap();
        }
    }

    fn spans(&self) -> Vec<Span> {
        let exports = self.exports.lock().unwrap();
        let resources = exports.iter().flat_map(|export| &export.resource_spans);
        let scopes = resources.flat_map(|resource| &resource.scope_spans);
        scopes.flat_map(|scope| scope.spans.clone()).collect()
    }
}

fn attribute(span: &Span, name: &str) -> Option<String> {
    let found = span.attributes.iter().find(|one| one.key == name)?;
    match found.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text.clone()),
        Value::IntValue(number) => Some(number.to_string()),
        other => Some(format!("{other:?}")),
    }
}

fn server(collector: u16) -> Server {
    let server = Server::new();
    server.configure_in("telemetry", &format!("otlp-endpoint = \"http://127.0.0.1:{collector}\""));
    server.add_metadata("sp", &Metadata::spid().signed(&keys::SP.signer), SPID_ENTITY, "spid");
    server
}

const PARENT: &str = "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n";
const TRACE: [u8; 16] = [
    0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6, 0xa3, 0xce, 0x92, 0x9d, 0x0e, 0x0e, 0x47, 0x36,
];

fn ask(server: &Server) {
    let host = format!("Host: idp.localhost:{}\r\n{PARENT}", server.port());
    assert_eq!(status(&get(server.port(), "/help", &host)), 200);
}

/// Each step of a login is a span below its request's, and none says who it was.
#[test]
fn a_login_is_traced_step_by_step_and_names_nobody() {
    let port = free_port();
    let collector = Collector::start(port);
    let mut server = server(port);
    server.start();
    let mut zenobia = server.add_user("zenobia");
    zenobia.log_in(&mut Agent::new(), &spid_request(&server, "_traced")).unwrap();
    ask(&server);
    server.stop();

    let spans = collector.spans();
    let named =
        |name: &str| -> Vec<&Span> { spans.iter().filter(|span| span.name == name).collect() };
    for (step, request) in [
        ("saml.AuthnRequest.receive", "GET /saml/sso"),
        ("factor.password.check", "POST /login/{handle}/{step}"),
        ("factor.totp.check", "POST /login/{handle}/{step}"),
        ("saml.Response.sign", "POST /login/{handle}/{step}"),
        ("store.commit", "POST /login/{handle}/{step}"),
    ] {
        let is_below = |step: &&Span| {
            named(request).iter().any(|request| {
                step.parent_span_id == request.span_id && step.trace_id == request.trace_id
            })
        };
        assert!(named(step).iter().any(is_below), "{step}: {spans:#?}");
    }
    for request in spans.iter().filter(|span| span.kind == 2) {
        let status = attribute(request, "http.response.status_code");
        assert!(status.is_some_and(|status| status.len() == 3), "{request:?}");
        assert!(attribute(request, "http.route").is_some());
        assert_eq!(attribute(request, "ponte.support_id").map(|id| id.len()), Some(14));
    }
    let gone_on = spans.iter().find(|span| span.trace_id == TRACE);
    assert_eq!(gone_on.map(|span| span.name.as_str()), Some("GET /help"));

    let exports = format!("{:?}", collector.exports.lock().unwrap()).to_lowercase();
    assert!(exports.contains("service.name") && exports.contains("idp.localhost"));
    let code = zenobia.activation_code.unwrap().to_lowercase();
    for secret in ["zenobia", "rossi", "rssdaa80a41h501i", "192.0.2", "frase", "secret", &code] {
        assert!(!exports.contains(secret), "{secret}");
    }
    // And the log is as it is without.
    assert!(!server.log().iter().any(|row| row.get("span").is_some()), "{:#?}", server.log());
}

/// What anybody writes into a header is no trace of ours.
#[test]
fn a_trace_is_gone_on_with_from_declared_proxies_only() {
    let port = free_port();
    let collector = Collector::start(port);
    let mut server = server(port);
    server.set("PONTE_SERVER_PROXIES", "10.9.9.9");
    server.start();
    ask(&server);
    server.stop();
    let spans = collector.spans();
    assert!(spans.iter().any(|span| span.name == "GET /help"), "{spans:?}");
    assert!(spans.iter().all(|span| span.trace_id != TRACE), "{spans:?}");
}

/// A collector that is away is said once, and nobody waits for it.
#[test]
fn without_the_collector_people_are_served() {
    let port = free_port();
    let mut server = server(port);
    server.start();
    for _ in 0..3 {
        ask(&server);
    }
    let lost =
        |server: &Server| server.events().iter().filter(|name| *name == "traces.lost").count();
    let deadline = Instant::now() + Duration::from_secs(20);
    while lost(&server) == 0 {
        assert!(Instant::now() < deadline, "{:#?}", server.log());
        std::thread::sleep(Duration::from_millis(100));
    }
    ask(&server);
    let begun = Instant::now();
    server.stop();
    assert!(begun.elapsed() < Duration::from_secs(15));
    assert_eq!(lost(&server), 1);
}
