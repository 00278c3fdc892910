//! The machine's clock set back or ahead: nothing counts twice, nobody is locked out, and nothing fails.

use crate::support::agent::Agent;
use crate::support::citizen::{Asked, asked, send};
use crate::support::house::House;

const HOUR: i64 = 3600;

fn is_delivered(page: &crate::support::agent::Page) -> bool {
    matches!(asked(page), Some(Asked::Response(_)))
}

/// A login under way goes on when the clock goes back a little, as when it is mended; further back it is over, the page says
/// where to begin again, and the next login is as any other.
#[test]
fn a_login_under_way_outlives_a_clock_that_goes_back_a_little() {
    for (back, goes_on) in [(1, true), (119, true), (HOUR, false), (365 * 24 * HOUR, false)] {
        let house = House::new();
        let anna = house.enrolled("anna");
        let mut agent = Agent::new();
        let request = house.spid(2, |_| {});
        let page = send(&mut agent, &request).unwrap();
        house.wait(-back);
        let form = page.form_with(&["username", "password"]).unwrap();
        let typed = [("username", "anna"), ("password", anna.password.as_str())];
        let page = agent.submit(&page, &form, &typed).unwrap();
        assert_eq!(page.form_with(&["code"]).is_some(), goes_on, "{back}: {}", page.body);
        let page = if let Some(form) = page.form_with(&["code"]) {
            agent.submit(&page, &form, &[("code", &house.code(&anna))]).unwrap()
        } else {
            assert_eq!(page.status, 410, "{}", page.body);
            house.walk(&mut agent, &house.spid(2, |_| {}), &anna)
        };
        assert!(is_delivered(&house.accept(&mut agent, &page)), "{back}");
    }
}

/// Ahead of its end it is over, with the page and the answer of nr21, and no code of before opens it.
#[test]
fn a_login_under_way_is_over_when_the_clock_goes_ahead() {
    let house = House::new();
    let anna = house.enrolled("anna");
    let mut agent = Agent::new();
    let page = send(&mut agent, &house.spid(2, |_| {})).unwrap();
    house.wait(2 * HOUR);
    let form = page.form_with(&["username", "password"]).unwrap();
    let typed = [("username", "anna"), ("password", anna.password.as_str())];
    let page = agent.submit(&page, &form, &typed).unwrap();
    assert!(page.form_with(&["code"]).is_none() && page.status < 500, "{}", page.body);
    // The next one is as any other.
    let page = house.walk(&mut agent, &house.spid(2, |_| {}), &anna);
    assert!(is_delivered(&house.accept(&mut agent, &page)));
}

/// A code counts once, though the clock shows its time again.
#[test]
fn a_code_does_not_count_again_when_its_time_comes_back() {
    let house = House::new();
    let anna = house.enrolled("anna");
    house.wait(HOUR);
    let code = house.code(&anna);
    let page = house.walk(&mut Agent::new(), &house.spid(2, |_| {}), &anna);
    assert!(page.form_with_button("decision", "accept").is_some());
    for back in [0, 20, 40] {
        house.wait(-back);
        let mut agent = Agent::new();
        let page = send(&mut agent, &house.spid(2, |_| {})).unwrap();
        let form = page.form_with(&["username", "password"]).unwrap();
        let typed = [("username", "anna"), ("password", anna.password.as_str())];
        let page = agent.submit(&page, &form, &typed).unwrap();
        let form = page.form_with(&["code"]).unwrap();
        let page = agent.submit(&page, &form, &[("code", &code)]).unwrap();
        assert!(page.form_with(&["code"]).is_some(), "refused, {back} s back: {}", page.body);
    }
    // When time goes on, so do the codes.
    house.wait(HOUR);
    let page = house.walk(&mut Agent::new(), &house.spid(2, |_| {}), &anna);
    assert!(page.form_with_button("decision", "accept").is_some());
}

/// A request counts once, though the clock shows its time again: within its window it is remembered, beyond it is too
/// old or too new.
#[test]
fn a_request_does_not_count_again_when_its_time_comes_back() {
    let house = House::new();
    let request = house.spid(2, |_| {});
    let opens = || {
        let page = send(&mut Agent::new(), &request).unwrap();
        assert!(page.status < 500, "{}", page.body);
        page.form_with(&["username"]).is_some()
    };
    assert!(opens());
    for seconds in [0, -60, 30, 200, -600, HOUR, -HOUR, 24 * HOUR] {
        house.wait(seconds);
        assert!(!opens(), "after {seconds}");
    }
}

/// Waits that a wrong clock imposed end with it.
#[test]
fn nobody_waits_for_a_time_that_was_wrong() {
    let house = House::new();
    let anna = house.enrolled("anna");
    house.wait(365 * 24 * HOUR);
    for _ in 0..6 {
        let mut agent = Agent::new();
        let page = send(&mut agent, &house.spid(2, |_| {})).unwrap();
        let form = page.form_with(&["username", "password"]).unwrap();
        let page =
            agent.submit(&page, &form, &[("username", "anna"), ("password", "wrong")]).unwrap();
        assert!(page.status < 500);
    }
    house.wait(-365 * 24 * HOUR);
    let page = house.walk(&mut Agent::new(), &house.spid(2, |_| {}), &anna);
    assert!(page.form_with_button("decision", "accept").is_some(), "{}", page.body);
}

/// The limiter neither opens nor closes for good.
#[test]
fn the_limits_hold_and_end_whatever_the_clock_does() {
    let house = House::with(|making| making.per_address = 5);
    let asks = || Agent::new().get(&house.url("/saml/sso")).unwrap().status;
    let greedy = || (0..10).map(|_| asks()).filter(|status| *status == 429).count();
    assert_eq!(greedy(), 5);
    house.wait(-HOUR);
    assert_eq!(greedy(), 10, "going back fills no bucket");
    house.wait(60);
    assert_eq!(greedy(), 5, "and time fills it again");
    house.wait(365 * 24 * HOUR);
    assert_eq!(greedy(), 5, "going ahead fills it once");
}
