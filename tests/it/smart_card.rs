//! Smart cards: certificates that the tests make, shown by a real TLS client to the card's own listener.

mod checking;
mod judging;
mod people;
mod proxied;
mod seeds;
mod served;
mod token;
mod walking;
mod weighing;
mod workstations;
