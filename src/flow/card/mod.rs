//! The smart card in a login: the browser goes to the card's listener with a ticket that counts once, and comes back with
//! a code that counts once, which only the browser that began may use.

pub mod back;
pub mod bind;
pub mod check;
pub mod ending;
pub mod house;
pub mod reply;
pub mod revocation;
pub mod show;
pub mod visit;
