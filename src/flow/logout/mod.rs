//! Single logout: begun by a service provider, by an identity provider behind us or by the person here, carried to
//! the others through the browser, and ended with an answer to whoever began it.

pub mod ending;
pub mod go;
pub mod openid;
pub mod person;
pub mod receive;
pub mod reply;
pub mod upstream;
