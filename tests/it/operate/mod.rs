//! Running it: what monitors see, how it stops, what it reads again, what happens when the machine fails.

mod monitors;
mod reloading;
mod stopping;
