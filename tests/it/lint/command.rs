//! `ponte metadata lint` as a program.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use ponte::saml::upstream::metadata::kind::MetadataProfile::SpidPublic;
use serde_json::Value;

use crate::lint::mutations::good;

fn lint(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ponte"))
        .args(["metadata", "lint", "-"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

/// 0 when nobody would refuse it, 1 when somebody would, 2 when it cannot be read.
#[test]
fn the_exit_status_says_how_it_went() {
    let text = good(SpidPublic);
    let bad = text.replacen(r#"isDefault="true""#, "", 1);
    for (input, status) in [
        (text.as_bytes(), 0),
        (bad.as_bytes(), 1),
        (b"<a".as_slice(), 2),
        (b"<a/>".as_slice(), 2),
        (b"\xff\xfe".as_slice(), 2),
        (b"".as_slice(), 2),
        (b"not a message".as_slice(), 2),
    ] {
        let output = lint(&[], input);
        assert_eq!(
            output.status.code(),
            Some(status),
            "{}",
            String::from_utf8_lossy(&output.stdout)
        );
        assert!(!output.stdout.contains(&0x1b), "colour is for terminals");
    }
    let nowhere = Command::new(env!("CARGO_BIN_EXE_ponte"))
        .args(["metadata", "lint", "/nowhere/at/all.xml"])
        .output()
        .unwrap();
    assert_eq!(nowhere.status.code(), Some(2));
    assert_eq!(lint(&["--profile", "nothing"], b"<a/>").status.code(), Some(2));
}

#[test]
fn json_and_html_come_out_whole() {
    let folder = tempfile::tempdir().unwrap();
    let html = folder.path().join("report.html");
    let output = lint(
        &["--json", "--profile", "spid-sp-private", "--html", html.to_str().unwrap()],
        good(SpidPublic).as_bytes(),
    );
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["profile"], "spid-private");
    assert_eq!(said["refused"], true);
    assert!(std::fs::read_to_string(html).unwrap().trim_end().ends_with("</html>"));
}
