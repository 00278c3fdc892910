//! The journeys: what a person does, step by step.

use std::io;

use crate::crash_steps::{Step, walk};
use crate::support::agent::{Agent, Page};
use crate::support::authenticator::options;
use crate::support::citizen::{Asked, asked};
use crate::support::world::{NEW, World, code_of, number_of};

pub(super) fn consents(page: &Page) -> bool {
    page.form_with_button("decision", "accept").is_some()
}

pub(super) fn asks_for_a_code(page: &Page) -> bool {
    page.form_with(&["code"]).is_some()
}

pub(super) fn asks_for_a_password(page: &Page) -> bool {
    page.form_with(&["new", "again"]).is_some()
}

pub(super) fn asks_a_key(page: &Page) -> bool {
    page.body.contains("data-options=\"")
}

pub(super) fn shows_a_code(page: &Page) -> bool {
    page.body.contains("class=\"key\">")
}

pub(super) fn told(page: &Page) -> bool {
    page.body.contains("role=\"status\"")
}

pub(super) fn done(page: &Page, what: &str) -> bool {
    page.url.query() == Some(what)
}

/// A login at SpidL2 by another browser, as far as `code` typed into the field `field` of the page `by`.
pub(super) fn typed_elsewhere(world: &mut World, by: &str, field: &str, code: &str) -> Page {
    world.desk = Agent::new();
    let mut page = world.after_password().unwrap();
    if page.form_with(&[field]).is_none() {
        page = world.get(by).unwrap();
    }
    let form = page.form_with(&[field]).unwrap_or_else(|| panic!("{field}: {}", page.body));
    world.desk.submit(&page, &form, &[(field, code)]).unwrap()
}

#[test]
#[ignore = "takes a minute; ./scripts/test runs it"]
fn an_app_is_enrolled() {
    fn first_code_again(world: &mut World) -> bool {
        let Some(app) = &world.ada.app else { return false };
        let code = app.used_code();
        consents(&typed_elsewhere(world, "?by=totp", "code", &code))
    }
    fn begin() -> World {
        let mut world = World::new();
        world.begin_login().unwrap();
        world
    }
    let enrols = |page: &Page| matches!(asked(page), Some(Asked::Enrolment(_)));
    walk(
        "app",
        begin,
        &[
            Step::new("password", World::go_on, |page| page.form_with(&["activation"]).is_some()),
            Step::new("activation code", World::go_on, enrols).anew(),
            Step::new("first code", World::go_on, |page| {
                matches!(asked(page), Some(Asked::Continue(_)))
            })
            .once(first_code_again),
            Step::new("on", World::go_on, consents),
        ],
    );
}

#[test]
#[ignore = "takes a minute; ./scripts/test runs it"]
fn a_passkey_is_enrolled_and_used() {
    fn begin() -> World {
        let mut world = World::new();
        world.enrol_app();
        world.enter().unwrap();
        world
    }
    fn make(world: &mut World) -> io::Result<Page> {
        let answer = world.key.create(&options(world.page.as_ref().unwrap())).to_string();
        world.send("/account/factors/passkey", &[("name", "Portatile"), ("answer", &answer)])
    }
    fn ask(world: &mut World) -> io::Result<Page> {
        world.desk = Agent::new();
        world.begin_login()?;
        world.get("?by=passkey")
    }
    fn sign(world: &mut World) -> io::Result<Page> {
        let answer = world.key.get(&options(world.page.as_ref().unwrap())).to_string();
        world.noted.clone_from(&answer);
        world.send("/passkey", &[("answer", &answer)])
    }
    fn answer_again(world: &mut World) -> bool {
        let answer = world.noted.clone();
        ask(world).unwrap();
        consents(&world.send("/passkey", &[("answer", &answer)]).unwrap())
    }
    walk(
        "passkey",
        begin,
        &[
            Step::new("page", |world| world.get("/account/factors/passkey"), asks_a_key),
            Step::new("key", make, |page| done(page, "done=added")).anew(),
            Step::new("login", ask, asks_a_key).anew(),
            Step::new("signature", sign, consents).once(answer_again),
        ],
    );
}

#[test]
#[ignore = "takes a minute; ./scripts/test runs it"]
fn a_number_is_confirmed_and_used() {
    fn begin() -> World {
        let mut world = World::new();
        world.enter().unwrap();
        world.get("/account/factors/sms").unwrap();
        world
    }
    fn confirm(world: &mut World) -> io::Result<Page> {
        let code = world.code_sent()?;
        world.send("/account/factors/sms/confirm", &[("code", &code)])
    }
    fn ask(world: &mut World) -> io::Result<Page> {
        world.desk = Agent::new();
        world.after_password()?;
        world.get("?by=sms")
    }
    walk(
        "number",
        begin,
        &[
            Step::new("number", |world| world.send("/account/factors/sms", &[]), asks_for_a_code),
            Step::new("code", confirm, |page| done(page, "done=number")),
            Step::new("login", ask, |page| page.status == 200).anew(),
        ],
    );
}

#[test]
#[ignore = "takes a minute; ./scripts/test runs it"]
fn recovery_codes_are_made_and_used() {
    fn begin() -> World {
        let mut world = World::new();
        world.enrol_app();
        world.enter().unwrap();
        world
    }
    fn print(world: &mut World) -> io::Result<Page> {
        let page = world.send("/account/factors/codes", &[])?;
        let code = page.body.split_once("<li><code>").map_or("", |two| two.1);
        world.noted = code.split('<').next().unwrap_or_default().to_owned();
        Ok(page)
    }
    fn ask(world: &mut World) -> io::Result<Page> {
        world.desk = Agent::new();
        world.after_password()?;
        world.get("?by=recovery-code")
    }
    fn give(world: &mut World) -> io::Result<Page> {
        let code = world.noted.clone();
        world.send("/recovery-code", &[("recovery", &code)])
    }
    fn again(world: &mut World) -> bool {
        let code = world.noted.clone();
        consents(&typed_elsewhere(world, "?by=recovery-code", "recovery", &code))
    }
    walk(
        "recovery codes",
        begin,
        &[
            Step::new("print", print, |page| page.body.contains("<li><code>")).anew(),
            Step::new("login", ask, |page| page.form_with(&["recovery"]).is_some()).anew(),
            Step::new("code", give, consents).once(again),
        ],
    );
}

pub(super) fn in_her_pages() -> World {
    let mut world = World::new();
    world.enrol_app();
    world.enter().unwrap();
    world
}

#[test]
#[ignore = "takes a minute; ./scripts/test runs it"]
fn a_phone_is_linked() {
    fn links_another(world: &mut World) -> bool {
        world.phone = Agent::new();
        world.open_noted().unwrap().status == 200
    }
    walk(
        "phone",
        in_her_pages,
        &[
            Step::new("invitation", World::invite, shows_a_code).anew(),
            Step::new("code", World::open_noted, asks_a_key),
            Step::new("key", World::make_key, asks_a_key),
            Step::new("proof", World::prove_key, |page| done(page, "done=linked"))
                .once(links_another),
        ],
    );
}

fn with_phone() -> World {
    let mut world = in_her_pages();
    world.link_phone();
    world.desk = Agent::new();
    world
}

fn note_code(world: &mut World, by: &str) -> io::Result<Page> {
    let page = world.get(by)?;
    world.noted = code_of(&page);
    Ok(page)
}

fn answered_twice(world: &mut World) -> bool {
    // The same request, once more.
    world.open("").is_ok_and(|page| page.body.contains("data-signs=\""))
}

#[test]
#[ignore = "takes a minute; ./scripts/test runs it"]
fn a_phone_approves_by_push() {
    fn begin() -> World {
        let mut world = with_phone();
        world.begin_login().unwrap();
        world
    }
    fn ask(world: &mut World) -> io::Result<Page> {
        let page = world.go_on()?;
        world.noted = number_of(&page);
        Ok(page)
    }
    fn yes(world: &mut World) -> io::Result<Page> {
        let number = world.noted.clone();
        world.approve(&number)
    }
    walk(
        "push",
        begin,
        &[
            Step::new("asked", ask, |page| page.body.contains("class=\"match\">")),
            Step::new("seen", |world| world.open(""), |page| page.body.contains("data-signs=")),
            Step::new("approved", yes, |page| done(page, "done=approved")).once(answered_twice),
            Step::new("on", |world| world.send("/push", &[]), consents),
        ],
    );
}

#[test]
#[ignore = "takes a minute; ./scripts/test runs it"]
fn a_phone_approves_by_qr_codes() {
    fn begin() -> World {
        let mut world = with_phone();
        world.after_password().unwrap();
        world
    }
    fn another(world: &mut World) -> io::Result<Page> {
        world.desk = Agent::new();
        world.begin_login()
    }
    fn yes(world: &mut World) -> io::Result<Page> {
        world.approve("")
    }
    fn opened(page: &Page) -> bool {
        page.body.contains("data-signs=")
    }
    walk(
        "qr",
        begin,
        &[
            Step::new("shown", |world| note_code(world, "?by=qr"), shows_a_code),
            Step::new("scanned", World::open_noted, opened),
            Step::new("approved", yes, |page| done(page, "done=approved")).once(answered_twice),
            Step::new("on", |world| world.send("/qr", &[]), consents),
            Step::new("login", another, |page| page.form_with(&["password"]).is_some()).anew(),
            Step::new(
                "shown to nobody yet",
                |world| note_code(world, "?by=qr-passwordless"),
                shows_a_code,
            ),
            Step::new("scanned without a name", World::open_noted, opened),
            Step::new("approved without a name", yes, |page| done(page, "done=approved")),
            Step::new("on without a name", |world| world.send("/qr-passwordless", &[]), consents),
        ],
    );
}

#[test]
#[ignore = "takes a minute; ./scripts/test runs it"]
fn a_card_is_bound() {
    fn begin() -> World {
        let mut world = World::new();
        world.begin_login().unwrap();
        world.get("?by=smart-card").unwrap();
        world
    }
    fn ticket(world: &mut World) -> io::Result<Page> {
        let page = world.page.clone().unwrap();
        let form = page.forms().into_iter().find(|form| form.action.ends_with("/smart-card"));
        let gone = world.desk.submit_once(&page, &form.unwrap(), &[])?;
        world.noted = gone.header("location").unwrap_or_default().to_owned();
        Ok(gone)
    }
    fn show(world: &mut World) -> io::Result<Page> {
        let to = world.noted.clone();
        let page = world.card.get(&to)?.page;
        world.noted = page.header("location").unwrap_or_default().to_owned();
        Ok(page)
    }
    fn comes_back(page: &Page) -> bool {
        page.header("location").is_some_and(|to| to.contains("/card/"))
    }
    fn back(world: &mut World) -> io::Result<Page> {
        let to = world.noted.clone();
        let page = world.desk.get(&to)?;
        Ok(world.page.insert(page).clone())
    }
    walk(
        "card",
        begin,
        &[
            Step::new("ticket", ticket, |page| page.status == 303),
            Step::new("shown", show, comes_back),
            Step::new("back", back, consents),
        ],
    );
}

pub(super) fn ask_for_a_link(world: &mut World, lost: &str) -> io::Result<Page> {
    world.desk = Agent::new();
    world.get("/recover")?;
    world.send("/recover", &[("lost", lost), ("username", "ada")])
}

pub(super) fn follow(world: &mut World) -> io::Result<Page> {
    let text = world.message("mail", "/recover/link/")?;
    let (_, token) = text.split_once("/recover/link/").unwrap();
    let token: String = token.chars().take_while(|c| !c.is_whitespace()).collect();
    let page = world.get(&format!("/recover/link/{token}"))?;
    if page.form_with(&["token"]).is_none() {
        return Ok(page);
    }
    world.send("/recover/link", &[])
}

pub(super) fn follow_elsewhere(world: &mut World) -> bool {
    world.desk = Agent::new();
    let page = follow(world).unwrap();
    page.status != 410
}

fn is_one_step(page: &Page) -> bool {
    page.status == 200 && page.url.path().starts_with("/recover/go/")
}

#[test]
#[ignore = "takes a minute; ./scripts/test runs it"]
fn an_app_is_recovered_by_link() {
    fn begin() -> World {
        let mut world = World::new();
        world.enrol_app();
        world
    }
    fn password(world: &mut World) -> io::Result<Page> {
        let password = world.ada.password.clone();
        world.send("/password", &[("password", &password)])
    }
    fn code(world: &mut World) -> io::Result<Page> {
        let page = world.page.clone().unwrap();
        let step = asked(&page);
        let Some(step @ Asked::Enrolment(_)) = step else { return Ok(page) };
        world.ada.do_as(&mut world.desk, &page, &step)
    }
    walk(
        "link for the app",
        begin,
        &[
            Step::new(
                "asked",
                |world| ask_for_a_link(world, "authenticator"),
                |page| page.status == 200,
            )
            .anew(),
            Step::new("link", follow, is_one_step).once(follow_elsewhere),
            Step::new("password", password, |page| page.body.contains("otpauth")),
            Step::new("new app", code, told).once(follow_elsewhere),
        ],
    );
}

pub(super) fn new_password(world: &mut World) -> io::Result<Page> {
    world.send("-password", &[("new", NEW), ("again", NEW)])
}

#[test]
#[ignore = "takes a minute; ./scripts/test runs it"]
fn a_password_is_recovered_by_link() {
    fn begin() -> World {
        let mut world = World::new();
        world.enrol_app();
        world
    }
    fn code(world: &mut World) -> io::Result<Page> {
        let code = world.ada.app.as_mut().unwrap().code();
        let page = world.page.clone().unwrap();
        let form = page.form_with(&["code"]).unwrap();
        let page = world.desk.submit(&page, &form, &[("code", &code)])?;
        Ok(world.page.insert(page).clone())
    }
    fn code_again(world: &mut World) -> bool {
        let code = world.ada.app.as_ref().unwrap().used_code();
        consents(&typed_elsewhere(world, "?by=totp", "code", &code))
    }
    walk(
        "link for the password",
        begin,
        &[
            Step::new(
                "asked",
                |world| ask_for_a_link(world, "password"),
                |page| page.status == 200,
            )
            .anew(),
            Step::new("link", follow, asks_for_a_code).once(follow_elsewhere),
            Step::new("code", code, asks_for_a_password).once(code_again),
            Step::new("new password", new_password, told).once(follow_elsewhere),
        ],
    );
}

#[test]
#[ignore = "takes a minute; ./scripts/test runs it"]
fn a_password_is_recovered_at_the_desk() {
    /// The command is killed with the server: it has printed a code, or failed.
    fn desk(world: &mut World) -> io::Result<Page> {
        world.noted = world.code_of_the_desk()?;
        let url = world.url("/").parse().unwrap();
        Ok(Page { url, status: 200, headers: Vec::new(), body: world.noted.clone() })
    }
    fn give(world: &mut World) -> io::Result<Page> {
        world.desk = Agent::new();
        world.get("/recover/desk")?;
        let code = world.noted.clone();
        world.send("/recover/desk", &[("code", &code)])
    }
    fn give_again(world: &mut World) -> bool {
        asks_for_a_password(&give(world).unwrap())
    }
    walk(
        "desk",
        World::new,
        &[
            Step::new("identified", desk, |page| page.status == 200),
            Step::new("code", give, asks_for_a_password).once(give_again),
            Step::new("new password", new_password, told).once(give_again),
        ],
    );
}

#[test]
#[ignore = "takes a minute; ./scripts/test runs it"]
fn a_first_password_is_changed() {
    fn begin() -> World {
        let mut world = World::with(&["--password-expired"], |_| {});
        world.begin_login().unwrap();
        world
    }
    fn old_one(world: &mut World) -> bool {
        world.desk = Agent::new();
        world.begin_login().unwrap();
        let page = world.go_on().unwrap();
        !matches!(asked(&page), Some(Asked::Credentials(_)))
    }
    walk(
        "first password",
        begin,
        &[
            Step::new("password", World::go_on, asks_for_a_password),
            Step::new("new password", new_password, |page| {
                page.form_with(&["activation"]).is_some()
            })
            .once(old_one),
        ],
    );
}

#[test]
#[ignore = "takes a minute; ./scripts/test runs it"]
fn a_factor_is_removed_and_a_password_changed() {
    fn begin() -> World {
        let mut world = in_her_pages();
        world.link_phone();
        world
    }
    fn ask(world: &mut World) -> io::Result<Page> {
        let page = world.get("/account/factors")?;
        let form = page.forms().into_iter().find(|form| form.field("factor").is_some());
        let Some(form) = form else { return Ok(page) };
        let page = world.desk.submit(&page, &form, &[])?;
        Ok(world.page.insert(page).clone())
    }
    fn change(world: &mut World) -> io::Result<Page> {
        let page = world.get("/account/password")?;
        if page.form_with(&["present"]).is_none() {
            return Ok(page);
        }
        let old = world.ada.password.clone();
        let values = [("present", old.as_str()), ("new", NEW), ("again", NEW)];
        world.send("/account/password", &values)
    }
    walk(
        "removal",
        begin,
        &[
            Step::new("asked", ask, |page| page.body.contains("/account/factors/remove")),
            Step::new(
                "removed",
                |world| world.send("/account/factors/remove", &[]),
                |page| done(page, "done=removed"),
            ),
            Step::new("password", change, |page| page.status == 200),
        ],
    );
}
