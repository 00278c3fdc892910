//! `ponte campaign`, as an administrator gives it to the built binary.

use chrono::TimeDelta;
use ponte::world::clock::Clock;

use crate::cli::{House, done, fails};

const PASSWORD: &str = "una frase lunga e segreta\n";

/// A house with a campaign that began a month ago and ends in `days`.
fn house(days: i64) -> House {
    let house = House::new();
    let at = |days: i64| (Clock::system().now() + TimeDelta::days(days)).to_rfc3339();
    let campaign = format!(
        "\n[[campaign]]\nname = \"codes\"\nstart = \"{}\"\nend = \"{}\"\ntasks = [\"number\"]\nnotices-days = [\"10\"]\n",
        at(-30),
        at(days)
    );
    let toml = house.path("ponte.toml");
    let text = std::fs::read_to_string(&toml).unwrap() + &campaign;
    std::fs::write(toml, text).unwrap();
    house
}

fn add(house: &House, name: &str, more: &[&str]) {
    let said = [&["user", "add", name, "--password-stdin"], more].concat();
    done(&house.fed(&said, PASSWORD));
}

/// BI-04, BI-12, BI-16: the report counts and names; the dry run lists whom, where and when, and nothing leaves.
#[test]
fn bi_16_report_and_dry_run_say_who_is_where() {
    let house = house(5);
    add(&house, "ada", &["--email", "ada@example.org"]);
    add(&house, "bruno", &["--attribute", "mobilePhone=+393331234567"]);
    add(&house, "batch", &[]);
    assert_eq!(
        done(&house.ponte(&["user", "unattended", "BATCH"])),
        "batch is a machine's account now.\n"
    );
    let report = done(&house.ponte(&["campaign", "report", "codes"]));
    for line in ["phase          transitional", "unconfirmed    1  bruno", "confirmed      0"] {
        assert!(report.contains(line), "{line}: {report}");
    }
    assert!(report.contains("done: number  0") && report.contains("ready          0"), "{report}");
    assert!(report.contains("A2A, nobody in 1  batch"), "{report}");
    let notices = done(&house.ponte(&["campaign", "notices", "codes", "--dry-run"]));
    assert!(notices.contains("ada  ada@example.org"), "{notices}");
    assert!(notices.contains("bruno  no address"), "{notices}");
    assert!(notices.contains("0 have had the one that is due."), "{notices}");
    assert!(notices.ends_with("3 people. Nothing was sent.\n"), "{notices}");
    fails(&house.ponte(&["campaign", "notices", "codes"]), 2);
    assert!(fails(&house.ponte(&["campaign", "report", "none"]), 1).contains("none"));
    assert_eq!(
        done(&house.ponte(&["user", "unattended", "batch", "--off"])),
        "batch is a person's account now.\n"
    );
}

/// BI-13: more time for one person, told by the report.
#[test]
fn bi_13_grace_is_granted_and_told() {
    let house = house(-1);
    add(&house, "ada", &[]);
    let day = (Clock::system().now() + TimeDelta::days(3)).format("%Y-%m-%d").to_string();
    let said = done(&house.ponte(&["campaign", "grace", "codes", "ADA", "--until", &day]));
    assert_eq!(said, "ada has more time.\n");
    let report = done(&house.ponte(&["campaign", "report", "codes"]));
    assert!(report.contains("phase          enforced"), "{report}");
    assert!(report.contains("more time      ada, until "), "{report}");
    let refused = fails(&house.ponte(&["campaign", "grace", "codes", "eve", "--until", &day]), 1);
    assert!(refused.contains("nobody has the user name"), "{refused}");
}

/// BI-14, BI-15: the way back for whoever the end locked out, by the desk.
#[test]
fn bi_14_registering_again_is_a_command() {
    let house = house(-1);
    add(&house, "ada", &["--email", "ada@example.org", "--kind", "professional"]);
    let again = |username: &str, email: &str| {
        let said = [
            &["campaign", "register", "codes", "ada", "--username", username, "--email", email][..],
            &["--mobile", "+39 333 1234567", "--password-stdin"],
        ];
        house.fed(&said.concat(), PASSWORD)
    };
    assert!(fails(&again("ADA", "new@example.org"), 1).contains("another user name"));
    assert!(fails(&again("ada.new", "Ada@example.org"), 1).contains("another e-mail address"));
    let added = done(&again("ada.new", "new@example.org"));
    assert!(added.starts_with("Added ada.new.\nActivation code: "), "{added}");
    assert!(done(&house.ponte(&["user", "list"])).contains("ada      suspended"));
    let shown = done(&house.ponte(&["user", "show", "ada"]));
    assert!(shown.contains("registered again as ada.new"), "{shown}");
    let refused = fails(&house.ponte(&["user", "resume", "ada"]), 1);
    assert!(refused.contains("registered again"), "{refused}");
    let work = done(&house.ponte(&["campaign", "work", "codes"]));
    assert!(work.starts_with("ada.new  ada  ") && work.contains("professional"), "{work}");
    let settled = done(&house.ponte(&["campaign", "work", "codes", "--settle", "ada.new"]));
    assert_eq!(settled, "ada.new waits no more.\n");
    let work = done(&house.ponte(&["campaign", "work", "codes"]));
    assert_eq!(work, "0 people wait for authorisations.\n");
    let refused = fails(&house.ponte(&["campaign", "work", "codes", "--settle", "ada.new"]), 1);
    assert!(refused.contains("waits for no authorisation"), "{refused}");
}
