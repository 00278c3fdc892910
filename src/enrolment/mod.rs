//! How a factor comes to a person and how it goes.

pub mod activation;
pub mod campaign;
pub mod card;
pub mod credential;
pub mod letters;
pub mod number_link;
pub mod recovery;
