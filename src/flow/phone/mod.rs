//! The app at `/app`: the phone of a person that answers requests of their logins.

pub mod answer;
pub mod enrol;
pub mod home;
pub mod pin;
pub mod reply;
