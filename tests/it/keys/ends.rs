//! Certificates that end: told by the commands, by the server, and to whoever measures.

use chrono::{DateTime, TimeDelta, Utc};
use ponte::flow::expiry::{Ending, Stage, Whose, endings};

use crate::support::house::House;
use crate::support::server::Server;

/// 90, 30 and 7 days before, by a clock that is moved: our keys, TLS, and service providers.
#[test]
fn each_certificate_is_told_of_in_time() {
    let start: DateTime<Utc> = "2026-11-22T10:00:00Z".parse().unwrap();
    let of = |whose, name: &str, days| Ending {
        whose,
        name: name.into(),
        not_before: start - TimeDelta::days(365),
        not_after: start + TimeDelta::days(days),
    };
    let house = House::with(|making| {
        making.start = start;
        making.certificates =
            vec![of(Whose::Signing, "signing", 91), of(Whose::Tls, "keys/tls.crt", 92)];
    });
    let look = |name: &str| {
        let env = &house.env;
        let all = endings(&env.keys.snapshot(), &env.partners.snapshot());
        assert_eq!(all.iter().filter(|ending| ending.whose == Whose::ServiceProvider).count(), 2);
        let found = all.into_iter().find(|ending| ending.name == name).unwrap();
        (found.days(house.now()), found.stage(house.now()))
    };
    assert_eq!(look("signing"), (91, None));
    for (days, left, stage) in [
        (1, 90, Stage::Quarter),
        (60, 30, Stage::Month),
        (23, 7, Stage::Week),
        (7, 0, Stage::Ended),
    ] {
        house.wait(days * 86_400);
        assert_eq!(look("signing"), (left, Some(stage)));
    }
    assert_eq!(look("keys/tls.crt"), (1, Some(Stage::Week)));
}

#[test]
fn monitors_learn_it_by_the_exit_status_and_the_log() {
    let mut server = Server::new();
    let check =
        |server: &Server, days: &str| server.try_ponte(&["keys", "check", "--days", days], "");
    let output = check(&server, "30");
    assert!(output.status.success(), "{output:?}");
    server.ponte(&["keys", "new", "--days", "29", "--key", "ecdsa-p256"], "");
    let output = check(&server, "30");
    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("ERROR    signing key signing-2: until "), "{told}");
    let output = check(&server, "20");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}");
    assert!(told.contains("warning  signing key signing-2"), "{told}");
    let checked = server.ponte(&["check"], "").stdout;
    let told = String::from_utf8_lossy(&checked);
    assert!(told.contains("warning  next key signing-2: its certificate expires in 28 days"));

    server.start();
    let log = server.log();
    let ending = log.iter().find(|row| row["event"] == "certificate.ending");
    let ending = ending.unwrap_or_else(|| panic!("{log:#?}"));
    assert_eq!(ending["name"], "signing-2");
    assert_eq!(ending["days"], 28);
    assert_eq!(ending["level"], "WARN");
}
