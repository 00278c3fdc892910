//! Registration by integrators: whoever answers for a service provider submits its metadata and proves control of it; an administrator
//! decides (docs/registration.md).

pub mod prove;
pub mod registered;
pub mod status;
pub mod submit;
pub mod terms;
pub mod token;
