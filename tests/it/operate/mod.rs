//! Running it: what monitors see, how it stops, what it reads again, what happens when the machine fails.

mod clock;
mod crowded;
mod documents;
mod monitors;
mod one_id;
mod reloading;
mod stopping;
mod traces;
mod trouble;
