//! Which of the person's identities to go on with (IC-18).

use crate::identity::kind::IdentityKind;
use crate::login::choice::Choice;
use crate::texts::identity;
use crate::texts::language::Language;
use crate::web::pages::frame::Frame;
use crate::web::pages::page::page;

/// The identities that suit the service.
///
/// Its form posts `csrf` and `identity`, the number of one of them, to `action`; its cancel button `csrf` to `cancel`.
#[derive(Clone, Debug)]
pub struct ChooseIdentity {
    /// Where the form posts to.
    pub action: String,
    /// Where the cancel button posts to.
    pub cancel: String,
    /// The transaction's token.
    pub csrf: String,
    /// Whether the login is to the person's own pages.
    pub own: bool,
    /// The name of the service that asks.
    pub service: String,
    /// The level asked for, as people know it: `SpidL2`.
    pub level: Option<String>,
    /// What there is to choose.
    pub choices: Vec<Choice>,
    /// Whether nothing was chosen the last time.
    pub missing: bool,
}

impl ChooseIdentity {
    fn kind(&self, frame: &Frame, choice: &Choice) -> &'static str {
        kind(frame.language, choice.kind)
    }
}

/// What people call a kind of identity.
#[must_use]
pub fn kind(language: Language, kind: IdentityKind) -> &'static str {
    let words = identity::words(language);
    match kind {
        IdentityKind::Personal => words.personal,
        IdentityKind::LegalPerson => words.legal_person,
        IdentityKind::Professional => words.professional,
        IdentityKind::LegalProfessional => words.legal_professional,
    }
}

page!(ChooseIdentity, "identity.html", identity);
