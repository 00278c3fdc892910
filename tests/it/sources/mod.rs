//! Sources of metadata: what is believed of them, and that nothing that they do takes a good copy away.

mod chaos;
mod clock;
mod documented;
mod judged;
mod lists;
mod mdq;
