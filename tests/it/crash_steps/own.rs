//! More journeys: what people change at their own pages, what a campaign asks of them, and what the desk does for them.

use std::io;

use crate::crash_steps::journeys::{
    ask_for_a_link, asks_a_key, asks_for_a_code, asks_for_a_password, consents, done, follow,
    follow_elsewhere, in_her_pages, new_password, shows_a_code, told, typed_elsewhere,
};
use crate::crash_steps::{Step, walk};
use crate::support::agent::{Agent, Page};
use crate::support::authenticator::options;
use crate::support::citizen::{Asked, asked};
use crate::support::world::{World, number_of};

#[test]
#[ignore = "takes a minute; ./scripts/test runs it"]
fn another_app_is_added() {
    fn first_code(world: &mut World) -> io::Result<Page> {
        let page = world.page.clone().unwrap();
        let Some(step @ Asked::Enrolment(_)) = asked(&page) else { return Ok(page) };
        world.ada.do_as(&mut world.desk, &page, &step)
    }
    fn first_code_again(world: &mut World) -> bool {
        let Some(app) = &world.ada.app else { return false };
        let code = app.used_code();
        consents(&typed_elsewhere(world, "?by=totp", "code", &code))
    }
    let enrols = |page: &Page| matches!(asked(page), Some(Asked::Enrolment(_)));
    walk(
        "another app",
        in_her_pages,
        &[
            Step::new("page", |world| world.get("/account/factors/totp"), enrols).anew(),
            Step::new("first code", first_code, |page| done(page, "done=app"))
                .once(first_code_again),
        ],
    );
}

#[test]
#[ignore = "takes a minute; ./scripts/test runs it"]
fn the_number_on_record_is_changed() {
    fn begin() -> World {
        let mut world = in_her_pages();
        world.get("/account/profile").unwrap();
        world
    }
    fn change(world: &mut World) -> io::Result<Page> {
        world.send("/account/profile/number", &[("number", "333 765 4321")])
    }
    walk(
        "number on record",
        begin,
        &[Step::new("number", change, |page| done(page, "done=number")).anew()],
    );
}

#[test]
#[ignore = "takes a minute; ./scripts/test runs it"]
fn a_secret_question_is_set_and_used() {
    fn begin() -> World {
        let mut world = World::with(&[], |server| {
            server.configure_in("profile", "number-guard = \"secret-answer\"");
        });
        world.enrol_app();
        world.enter().unwrap();
        world.get("/account/profile").unwrap();
        world
    }
    fn set(world: &mut World) -> io::Result<Page> {
        let values = [("question", "Dove abitava la nonna?"), ("answer", "via Roma 12")];
        world.send("/account/profile/question", &values)
    }
    fn answer(world: &mut World) -> io::Result<Page> {
        let values = [("number", "333 765 4321"), ("answer", "Via Roma, 12")];
        world.send("/account/profile/number", &values)
    }
    walk(
        "secret question",
        begin,
        &[
            Step::new("question", set, |page| done(page, "done=question")).anew(),
            Step::new("answer", answer, |page| done(page, "done=number")).anew(),
        ],
    );
}

#[test]
#[ignore = "takes a minute; ./scripts/test runs it"]
fn the_number_on_record_is_changed_by_a_link() {
    fn begin() -> World {
        let mut world = World::with(&[], |server| {
            server.configure_in("profile", "number-guard = \"email-link\"");
        });
        world.enrol_app();
        world.enter().unwrap();
        world
    }
    fn ask(world: &mut World) -> io::Result<Page> {
        world.get("/account/profile")?;
        world.send("/account/profile/number", &[("number", "333 765 4321")])
    }
    fn press(world: &mut World) -> io::Result<Page> {
        let text = world.message("mail", "/account/profile/link/")?;
        let (_, token) = text.split_once("/account/profile/link/").unwrap();
        let token = token.split_whitespace().next().unwrap_or_default();
        let page = world.get(&format!("/account/profile/link/{token}"))?;
        if page.form_with(&["token"]).is_none() {
            return Ok(page);
        }
        world.send("/account/profile/link", &[])
    }
    fn press_elsewhere(world: &mut World) -> bool {
        world.desk = Agent::new();
        press(world).unwrap().status != 410
    }
    walk(
        "link for the number",
        begin,
        &[
            Step::new("asked", ask, |page| done(page, "done=sent")).anew(),
            Step::new("link", press, told).once(press_elsewhere),
        ],
    );
}

#[test]
#[ignore = "takes a minute; ./scripts/test runs it"]
fn a_pincode_is_made() {
    fn begin() -> World {
        let mut world = World::with(&[], |server| {
            let token = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
            server.configure(&format!(
                "\n[[pincode-verifier]]\nname = \"tributi\"\ntoken-sha256 = \"{token}\"\n"
            ));
        });
        world.enrol_app();
        world.enter().unwrap();
        world.get("/account/pincode").unwrap();
        world
    }
    fn make(world: &mut World) -> io::Result<Page> {
        world.get("/account/pincode")?;
        world.send("/account/pincode", &[])
    }
    walk(
        "pincode",
        begin,
        &[
            Step::new("first", make, shows_a_code).anew(),
            Step::new("another", make, shows_a_code).anew(),
        ],
    );
}

#[test]
#[ignore = "takes a minute; ./scripts/test runs it"]
fn a_password_is_recovered_by_a_passkey() {
    fn begin() -> World {
        let mut world = in_her_pages();
        world.get("/account/factors/passkey").unwrap();
        let answer = world.key.create(&options(world.page.as_ref().unwrap())).to_string();
        let values = [("name", "Portatile"), ("answer", answer.as_str())];
        let page = world.send("/account/factors/passkey", &values).unwrap();
        assert!(done(&page, "done=added"), "{}", page.body);
        world
    }
    fn sign(world: &mut World) -> io::Result<Page> {
        let answer = world.key.get(&options(world.page.as_ref().unwrap())).to_string();
        world.noted.clone_from(&answer);
        world.send("/passkey", &[("answer", &answer)])
    }
    walk(
        "passkey in a recovery",
        begin,
        &[
            Step::new(
                "asked",
                |world| ask_for_a_link(world, "password"),
                |page| page.status == 200,
            )
            .anew(),
            Step::new("link", follow, asks_for_a_code).once(follow_elsewhere),
            Step::new("page", |world| world.get("?by=passkey"), asks_a_key).anew(),
            Step::new("signature", sign, asks_for_a_password),
            Step::new("new password", new_password, told).once(follow_elsewhere),
        ],
    );
}

const PIN: &str = "395081";
const OTHER_PIN: &str = "740913";

fn in_her_pages_with_pins() -> World {
    let mut world = World::with(&[], |server| server.configure_in("app", "pin = true"));
    world.enrol_app();
    world.enter().unwrap();
    world
}

#[test]
#[ignore = "takes a minute; ./scripts/test runs it"]
fn a_phone_is_linked_with_a_pin_and_the_pin_changed() {
    fn links_another(world: &mut World) -> bool {
        world.phone = Agent::new();
        world.open_noted().unwrap().status == 200
    }
    fn change(world: &mut World) -> io::Result<Page> {
        world.change_pin(PIN, OTHER_PIN)
    }
    fn change_again(world: &mut World) -> bool {
        world.get_on_phone("/app/pin").unwrap();
        done(&change(world).unwrap(), "done=pin")
    }
    walk(
        "phone with a PIN",
        in_her_pages_with_pins,
        &[
            Step::new("invitation", World::invite, shows_a_code).anew(),
            Step::new("code", World::open_noted, asks_a_key),
            Step::new("without a lock", World::open_with_pin, |page| {
                page.form_with(&["pin", "again"]).is_some()
            }),
            Step::new(
                "key and PIN",
                |world| world.choose_pin(PIN),
                |page| done(page, "done=linked"),
            )
            .once(links_another),
            Step::new(
                "page",
                |world| world.get_on_phone("/app/pin"),
                |page| page.form_with(&["present"]).is_some(),
            ),
            Step::new("another PIN", change, |page| done(page, "done=pin")).once(change_again),
        ],
    );
}

#[test]
#[ignore = "takes a minute; ./scripts/test runs it"]
fn a_phone_approves_with_a_pin() {
    fn begin() -> World {
        let mut world = in_her_pages_with_pins();
        world.invite().unwrap();
        world.open_noted().unwrap();
        world.open_with_pin().unwrap();
        let page = world.choose_pin(PIN).unwrap();
        assert!(done(&page, "done=linked"), "{}", page.body);
        world.desk = Agent::new();
        world.after_password().unwrap();
        world
    }
    fn ask(world: &mut World) -> io::Result<Page> {
        let page = world.get("?by=push")?;
        world.noted = number_of(&page);
        Ok(page)
    }
    fn say(world: &mut World, pin: &str) -> io::Result<Page> {
        let number = world.noted.clone();
        world.approve_by_pin(&number, pin)
    }
    fn answered_twice(world: &mut World) -> bool {
        world.open("").is_ok_and(|page| page.body.contains("data-signs=\""))
    }
    walk(
        "push with a PIN",
        begin,
        &[
            Step::new("asked", ask, |page| page.body.contains("class=\"match\">")),
            Step::new("seen", |world| world.open(""), |page| page.body.contains("data-signs=")),
            Step::new("wrong PIN", |world| say(world, OTHER_PIN), |page| page.status == 422),
            Step::new("approved", |world| say(world, PIN), |page| done(page, "done=approved"))
                .once(answered_twice),
            Step::new("on", |world| world.send("/push", &[]), consents),
        ],
    );
}

#[test]
#[ignore = "takes a minute; ./scripts/test runs it"]
fn a_campaign_asks_for_number_and_address() {
    fn begin() -> World {
        let mut world = World::new();
        world.enrol_app();
        world.stop();
        world.server().configure(
            "\n[[campaign]]\nname = \"second-factor\"\nstart = \"2020-09-15T00:00:00+02:00\"\n\
             end = \"2099-12-15T00:00:00+01:00\"\ntasks = [\"number\", \"recovery-address\"]\n",
        );
        world.start();
        world.after_password().unwrap();
        let page = world.go_on().unwrap();
        assert!(page.form_with(&["number"]).is_some(), "{}", page.body);
        world
    }
    fn number(world: &mut World) -> io::Result<Page> {
        let page = world.page.clone().unwrap();
        let Some(form) = page.form_with(&["number"]) else { return Ok(page) };
        let page = world.desk.submit(&page, &form, &[("number", "333 765 4321")])?;
        Ok(world.page.insert(page).clone())
    }
    fn address(world: &mut World) -> io::Result<Page> {
        world.send("/task", &[("said", "right")])
    }
    walk(
        "campaign",
        begin,
        &[
            Step::new("number", number, |page| page.form_with_button("said", "wrong").is_some()),
            Step::new("address", address, consents),
        ],
    );
}

#[test]
#[ignore = "takes a minute; ./scripts/test runs it"]
fn the_desk_gives_a_code_and_an_address() {
    fn says(world: &World, arguments: &[&str]) -> io::Result<Page> {
        let output = world.server().try_ponte(arguments, "");
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(io::Error::other(said));
        }
        let (url, body) = (world.url("/"), String::from_utf8_lossy(&output.stdout).into_owned());
        let url = url.parse().unwrap();
        Ok(Page { url, status: 200, headers: Vec::new(), body })
    }
    walk(
        "desk's commands",
        World::new,
        &[
            Step::new(
                "another code",
                |world| says(world, &["user", "code", "ada"]),
                |page| page.body.contains('-'),
            )
            .anew(),
            Step::new(
                "another address",
                |world| says(world, &["user", "address", "ada", "ada@example.net"]),
                |page| page.status == 200,
            )
            .anew(),
        ],
    );
}
