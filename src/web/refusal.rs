//! What a page says of an answer that names nobody.

use crate::assurance::class_ref::ClassRef;
use crate::flow::reply::Why;
use crate::login::outcome::Refusal;
use crate::saml::status::{self, Fault};
use crate::web::context::Context;
use crate::web::pages::error::{Age, Level};

/// What a page says.
pub(super) struct Said {
    pub(super) number: u16,
    pub(super) fault: Option<Fault>,
    pub(super) level: Option<Level>,
    pub(super) age: Option<Age>,
}

/// Why a service provider gets no name, in terms of the page.
pub(super) fn said(context: &Context, why: Why) -> Said {
    match why {
        Why::Refused(refusal) => {
            Said { number: status::refusal_number(refusal), fault: None, level: None, age: None }
        }
        Why::Level { least, given_here } => {
            let level = least.map(|class| Level { name: level_name(class), given_here });
            let number = status::refusal_number(Refusal::LevelUnreachable);
            Said { number, fault: None, level, age: None }
        }
        Why::Age { name, service } => {
            let number = status::refusal_number(Refusal::WrongAge);
            let service = context.local(&service).unwrap_or_default().to_owned();
            Said { number, fault: None, level: None, age: Some(Age { name, service }) }
        }
        Why::Fault(fault) => {
            Said { number: fault.kind.number(), fault: Some(fault), level: None, age: None }
        }
    }
}

/// A level as people know it.
pub(super) fn level_name(class: ClassRef) -> String {
    class.uri().rsplit(['/', ':']).next().unwrap_or_default().to_owned()
}
