//! `docs/threats.md` names tests that exist.

use std::path::PathBuf;

#[test]
fn every_threat_names_a_test_that_exists() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/threats.md")).unwrap();
    let mut rows = 0;
    for row in page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| attack")) {
        rows += 1;
        let tests = row.rsplit('|').nth(1).unwrap();
        let named: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "no test: {row}");
        for test in named {
            let (file, function) = test.split_once("::").unwrap();
            let code = std::fs::read_to_string(root.join(file)).unwrap_or_default();
            let by_macro = format!("{function} \"");
            let there = code.contains(&format!("fn {function}(")) || code.contains(&by_macro);
            assert!(there, "{test} does not exist");
        }
    }
    assert!(rows > 25, "the page has its {rows} rows");
}
