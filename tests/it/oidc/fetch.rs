//! Fetching: named places only, never further than asked, no longer and no more than allowed.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use ponte::world::fetch::{
    Fetch as _, FetchError, FetchLimits, FetchRequest, FetchResponse, HttpFetch,
};
use url::Url;

/// A server that does the same with each connection, and counts them.
struct Place {
    origin: String,
    asked: Arc<AtomicUsize>,
}

fn place(answer: impl Fn(&mut TcpStream) + Send + 'static) -> Place {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            count.fetch_add(1, Ordering::SeqCst);
            let mut head = [0; 4096];
            let _ = stream.read(&mut head);
            answer(&mut stream);
        }
    });
    Place { origin, asked }
}

const LIMITS: FetchLimits = FetchLimits {
    connect: Duration::from_secs(1),
    whole: Duration::from_millis(1500),
    body: 1024 * 1024,
};

async fn fetch(named: &[String], url: &str) -> Result<FetchResponse, FetchError> {
    let fetch = HttpFetch::new(named, None, LIMITS).unwrap();
    fetch.fetch(FetchRequest::get(Url::parse(url).unwrap())).await
}

fn write(stream: &mut TcpStream, text: &str) {
    let _ = stream.write_all(text.as_bytes());
}

#[tokio::test]
async fn a_named_place_is_asked_and_no_other() {
    let good = place(|stream| {
        write(
            stream,
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}",
        );
    });
    let named = [good.origin.clone()];
    let answer = fetch(&named, &format!("{}/jwks?a=b", good.origin)).await.unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (200, b"{}".as_slice()));
    assert_eq!(answer.content_type.as_deref(), Some("application/json"));
    let other = place(|stream| write(stream, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"));
    let port = other.origin.rsplit(':').next().unwrap();
    for url in [other.origin.clone(), format!("http://localhost:{port}/")] {
        let refused = fetch(&named, &url).await.unwrap_err();
        assert_eq!(refused.name(), "fetch-not-named", "{url}");
    }
    for url in ["http://169.254.169.254/latest", "http://op.example.org/", "file:///etc/passwd"] {
        let refused = fetch(&named, url).await.unwrap_err();
        assert_eq!(refused.name(), "fetch-not-https", "{url}");
    }
    assert_eq!(other.asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let target = place(|stream| write(stream, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"));
    let to = target.origin.clone();
    let endless = place(move |stream| {
        write(
            stream,
            &format!("HTTP/1.1 302 Found\r\nlocation: {to}/\r\ncontent-length: 0\r\n\r\n"),
        );
    });
    let named = [endless.origin.clone(), target.origin.clone()];
    let refused = fetch(&named, &endless.origin).await.unwrap_err();
    assert_eq!(refused, FetchError::Redirect(302));
    assert_eq!(endless.asked.load(Ordering::SeqCst), 1);
    assert_eq!(target.asked.load(Ordering::SeqCst), 0);
}

/// 30 MB, announced or not: the connection is left once more than the limit has come.
#[tokio::test]
async fn too_long_a_body_is_left() {
    for announced in [true, false] {
        let written = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&written);
        let flood = place(move |stream| {
            let length = if announced { "content-length: 30000000\r\n" } else { "" };
            write(stream, &format!("HTTP/1.1 200 OK\r\n{length}connection: close\r\n\r\n"));
            let chunk = [b'a'; 65_536];
            for _ in 0..458 {
                let Ok(()) = stream.write_all(&chunk) else { return };
                count.fetch_add(chunk.len(), Ordering::SeqCst);
            }
        });
        let named = [flood.origin.clone()];
        let refused = fetch(&named, &flood.origin).await.unwrap_err();
        assert_eq!(refused, FetchError::TooLong(1024 * 1024));
        assert!(written.load(Ordering::SeqCst) < 20_000_000, "it was left early");
    }
}

#[tokio::test]
async fn a_slow_answer_is_left() {
    let silent = place(|_| std::thread::sleep(Duration::from_secs(5)));
    let dripping = place(|stream| {
        write(stream, "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n");
        for _ in 0..50 {
            write(stream, "a");
            std::thread::sleep(Duration::from_millis(100));
        }
    });
    for slow in [silent, dripping] {
        let begun = Instant::now();
        let named = [slow.origin.clone()];
        let refused = fetch(&named, &slow.origin).await.unwrap_err();
        assert_eq!(refused, FetchError::TooSlow);
        assert!(begun.elapsed() < Duration::from_secs(3));
    }
}

#[tokio::test]
async fn nobody_there_is_said() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let origin = format!("http://{gone}");
    let refused =
        fetch(std::slice::from_ref(&origin), &format!("{origin}/?secret=s")).await.unwrap_err();
    assert_eq!(refused.name(), "fetch-unreachable");
    assert!(!refused.to_string().contains("secret"), "{refused}");
}
