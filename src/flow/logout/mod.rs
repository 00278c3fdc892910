//! Single logout: begun by a service provider or by the person here, carried to the other service
//! providers through the browser, and ended with an answer to whoever began it.

pub mod go;
pub mod person;
pub mod receive;
pub mod reply;
