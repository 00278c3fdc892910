//! What docs/monitoring and scripts/package say is what the server does.

use std::collections::BTreeSet;
use std::time::Duration;

use ponte::telemetry::metrics::{self, Reading, SourceState};

use crate::support::peer::root;

/// Every name that `/metrics` can tell, each family having been used once.
fn told() -> BTreeSet<String> {
    drop((metrics::request(), metrics::connected()));
    let short = Duration::from_millis(1);
    metrics::answered("GET", None, 404, short);
    metrics::login_begun(0);
    metrics::login(0, "authenticated", None, &[], "https://sp.example");
    metrics::refused(900);
    metrics::failed();
    metrics::limited("address");
    metrics::factor("password", true);
    metrics::signed(short);
    let hashing = metrics::hashing();
    hashing.waited(short);
    hashing.took(short);
    drop(hashing);
    metrics::committed("durable", short);
    metrics::store_synced(short, 0);
    metrics::register_synced(short);
    metrics::disagreed();
    metrics::clock_jumped(true);
    metrics::reloaded("partners", true);
    metrics::notice("new-device", "sent");
    metrics::upstream("spid", "vouched");
    metrics::source("federation", "taken");
    let stands = SourceState { checked: Some(1), valid_until: Some(1), ..SourceState::default() };
    metrics::source_stands("federation", stands);
    metrics::partners(0, 0);
    let reading = Reading {
        up: vec![("store", true)],
        room: vec![("data".into(), 1)],
        certificates: vec![("tls".into(), 1)],
        ..Reading::default()
    };
    let text = metrics::text(&reading).unwrap();
    let mut names = BTreeSet::new();
    for line in text.lines() {
        let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' '))
        else {
            continue;
        };
        let endings: &[&str] = match kind {
            "counter" => &["_total"],
            "histogram" => &["_bucket", "_count", "_sum"],
            "info" => &["_info"],
            _ => &[""],
        };
        names.extend(endings.iter().map(|ending| format!("{name}{ending}")));
    }
    names
}

/// The names of metrics in a text.
fn used(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let labels = ["http_response_status_code", "http_route", "http_request_method"];
    words
        .filter(|word| ["ponte_", "http_", "process_"].iter().any(|start| word.starts_with(start)))
        .filter(|word| !labels.contains(word))
        .map(str::to_owned)
        .collect()
}

fn document(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

#[test]
fn alerts_and_dashboard_ask_for_what_there_is() {
    let told = told();
    for path in ["docs/monitoring/alerts.yml", "docs/monitoring/grafana.json"] {
        let text = document(path);
        let used = used(&text);
        assert!(used.len() > 10, "{path}: {used:?}");
        let strangers: Vec<_> = used.difference(&told).collect();
        assert!(strangers.is_empty(), "{path} asks for {strangers:?}, which nobody tells");
    }
    let dashboard: serde_json::Value =
        serde_json::from_str(&document("docs/monitoring/grafana.json")).unwrap();
    assert!(dashboard["panels"].as_array().unwrap().len() > 20);
}

/// docs/operations.md names every metric of ours, and none that there is not.
#[test]
fn the_page_for_operators_lists_every_metric() {
    let told: BTreeSet<_> = told()
        .into_iter()
        .filter(|name| !name.starts_with("process_"))
        .map(|name| {
            let ending = ["_bucket", "_count", "_sum"].into_iter().find(|end| name.ends_with(end));
            ending
                .map_or_else(|| name.clone(), |ending| name[..name.len() - ending.len()].to_owned())
        })
        .collect();
    let page = document("docs/operations.md");
    let listed: BTreeSet<_> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next().map(str::to_owned))
        .filter(|name| name.starts_with("ponte_") || name.starts_with("http_"))
        .collect();
    assert_eq!(listed, told);
}

/// The unit keeps what it promises to the server: how it is told, stopped and read again.
#[test]
fn the_unit_and_the_package_fit_the_server() {
    let unit = document("scripts/package/ponte.service");
    for line in [
        "Type=notify",
        "ExecReload=/bin/kill -HUP $MAINPID",
        "ProtectSystem=strict",
        "NoNewPrivileges=yes",
        "StateDirectory=ponte",
        "WatchdogSec=30",
    ] {
        assert!(unit.lines().any(|found| found == line), "{line}");
    }
    let manifest = document("Cargo.toml");
    let assets =
        manifest.lines().filter_map(|line| line.trim().strip_prefix("[\"")?.split('"').next());
    let mut found = 0;
    for asset in assets.filter(|asset| !asset.starts_with("target/") && asset.contains('/')) {
        found += 1;
        let path = root().join(asset.trim_end_matches("*.md").trim_end_matches('*'));
        assert!(path.exists(), "{asset}");
    }
    assert!(found >= 3, "{found}");
    for script in ["postinst", "prerm", "postrm"] {
        let path = root().join("scripts/package").join(script);
        let parsed = std::process::Command::new("sh").arg("-n").arg(path).status().unwrap();
        assert!(parsed.success(), "{script}");
    }
}
