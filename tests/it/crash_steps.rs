//! Killed in any step of an enrolment, a recovery or a login by a second factor, the server has done the step or has not done
//! it; killed between any two, it goes on; and nothing that was used up is good again.
//!
//! Each journey is walked on the built server, which is killed after every step. Each step is then done again from the same
//! state, killed at a random moment on its way (PONTE_STEP_KILLS times, or twice), and what lies on the disk is compared with
//! what lay there before and after. Which of both it is shows in the records' form: what is there, not which keys it has.

mod journeys;
mod own;
mod record;

use std::io;
use std::time::{Duration, Instant};

use ponte::world::random::Random;

use crate::crash_steps::record::{Image, Record};
use crate::support::agent::Page;
use crate::support::world::World;

/// How often each step is killed: PONTE_STEP_KILLS, or this.
const KILLS: u32 = 2;

/// One thing that somebody does, up to a whole answer.
struct Step {
    name: &'static str,
    act: fn(&mut World) -> io::Result<Page>,
    /// Whether the answer says that it was done.
    good: fn(&Page) -> bool,
    /// Tries in another browser what the step has used up; whether it was good again.
    twice: Option<fn(&mut World) -> bool>,
    /// Whether who does it again gets another in its place: a link, a key.
    anew: bool,
}

impl Step {
    const fn new(
        name: &'static str,
        act: fn(&mut World) -> io::Result<Page>,
        good: fn(&Page) -> bool,
    ) -> Self {
        Self { name, act, good, twice: None, anew: false }
    }

    const fn once(self, twice: fn(&mut World) -> bool) -> Self {
        Self { twice: Some(twice), ..self }
    }

    const fn anew(self) -> Self {
        Self { anew: true, ..self }
    }
}

/// What the kills of a journey came to.
#[derive(Debug, Default)]
struct Sum {
    before: u32,
    after: u32,
    acknowledged: u32,
    tried_twice: u32,
}

fn walk(name: &str, begin: fn() -> World, steps: &[Step]) {
    let kills = std::env::var_os("PONTE_STEP_KILLS").map_or(KILLS, |said| {
        said.to_string_lossy().parse().expect("PONTE_STEP_KILLS is a number")
    });
    let random = Random::system();
    let mut world = begin();
    let mut sum = Sum::default();
    for step in steps {
        let at = format!("{name}, {}", step.name);
        world.stop();
        let image = Image::take(&world);
        let before = Record::read(&world);
        world.start();
        let mut done = world.clone();
        let begun = Instant::now();
        let page = (step.act)(&mut done).unwrap_or_else(|error| panic!("{at}: {error}"));
        let took = begun.elapsed();
        assert!((step.good)(&page), "{at}: {} {}\n{}", page.status, page.url, page.body);
        world.stop();
        let after = Record::read(&world);
        let end = Image::take(&world);
        for kill in 0..kills {
            image.put_back(&world);
            world.start();
            // The first waits for the answer and kills at once; the others kill on the way to it, rather late than early.
            let [a, b] = random.bytes();
            let part = f64::from(u16::from_be_bytes([a, b])) / f64::from(u16::MAX);
            let wait = (kill > 0).then(|| took.mul_f64(0.2 + part));
            let (answer, mut tried) = killed(&world, step, wait);
            // Every other time the server itself finds what the kill has left.
            if kill % 2 == 1 {
                world.start();
                world.stop();
            }
            let found = Record::read(&world);
            let is_before = found == before;
            assert!(
                is_before || found == after,
                "{at}, killed after {wait:?}: in between\n{}\n{}",
                found.beside("before", &before),
                found.beside("after", &after)
            );
            if let Ok(page) = &answer {
                sum.acknowledged += 1;
                assert!((step.good)(page), "{at}: {} {}\n{}", page.status, page.url, page.body);
                assert!(
                    found == after,
                    "{at}: acknowledged, and gone\n{}",
                    found.beside("after", &after)
                );
            }
            if is_before {
                sum.before += 1
            } else {
                sum.after += 1
            }
            world.start();
            if !is_before && let Some(twice) = step.twice {
                assert!(!twice(&mut tried), "{at}: good twice");
                sum.tried_twice += 1;
            }
            // The same again, as a person does whose browser says that nothing came.
            if answer.is_err() {
                let again = (step.act)(&mut world.clone());
                let again = again.unwrap_or_else(|error| panic!("{at}, again: {error}"));
                assert!(again.status < 500, "{at}, again: {}", again.body);
                assert!(
                    !is_before || before == after || (step.good)(&again),
                    "{at}: it does not go on: {} {}\n{}",
                    again.status,
                    again.url,
                    again.body
                );
                world.stop();
                let last = Record::read(&world);
                assert!(
                    last.lasting() == after.lasting() || step.anew && !is_before,
                    "{at}, again (was {}):\n{}",
                    if is_before { "before" } else { "after" },
                    last.beside("after", &after)
                );
            }
            world.stop();
        }
        end.put_back(&world);
        world = done;
    }
    println!("{name}: {} steps, {sum:?}", steps.len());
}

/// Does the step and kills the server on the way: after `wait`, or with the answer.
fn killed(world: &World, step: &Step, wait: Option<Duration>) -> (io::Result<Page>, World) {
    let mut tried = world.clone();
    let answer = std::thread::scope(|scope| {
        let acting = scope.spawn(|| (step.act)(&mut tried));
        match wait {
            Some(wait) => std::thread::sleep(wait),
            None => {
                while !acting.is_finished() {
                    std::thread::sleep(Duration::from_micros(50));
                }
            }
        }
        world.server().kill_now();
        acting.join().expect("the step")
    });
    world.stop();
    (answer, tried)
}
