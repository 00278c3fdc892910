//! A mail as it travels: its headers, its text and its HTML (RFC 5322, RFC 2046 §5.1.4).

use chrono::{DateTime, Utc};
use lettre::address::AddressError;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};

use crate::world::outbox::{Mail, SendError};

/// In whose name mails leave.
#[derive(Clone, Debug)]
pub struct Sender {
    from: Mailbox,
    reply_to: Option<Mailbox>,
}

impl Sender {
    /// Mails leave as `from` (an address, or a name and an address in angle brackets), answers go to `reply_to`.
    ///
    /// # Errors
    /// When one of them is no address.
    pub fn new(from: &str, reply_to: Option<&str>) -> Result<Self, AddressError> {
        let reply_to = reply_to.map(str::parse).transpose()?;
        Ok(Self { from: from.parse()?, reply_to })
    }

    /// The same with `name` before the address, if it has none of its own.
    #[must_use]
    pub fn named(mut self, name: Option<&str>) -> Self {
        if self.from.name.is_none() {
            self.from.name = name.map(str::to_owned);
        }
        self
    }

    /// The mail `id`, of `at`, as it travels.
    ///
    /// # Errors
    /// [`SendError::Never`] when its address is none.
    pub fn compose(
        &self,
        id: &str,
        at: DateTime<Utc>,
        mail: &Mail,
    ) -> Result<lettre::Message, SendError> {
        let never = |error: AddressError| SendError::Never(Box::new(error));
        let message_id = format!("<{id}@{}>", self.from.email.domain());
        let mut builder = lettre::Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, mail.to.parse().map_err(never)?))
            .subject(mail.subject.clone())
            .date(at.into())
            .message_id(Some(message_id))
            // Nobody's automatic answer is wanted (RFC 3834 §5).
            .raw_header(header("Auto-Submitted", "auto-generated"))
            .raw_header(header("X-Auto-Response-Suppress", "All"));
        if let Some(reply_to) = &self.reply_to {
            builder = builder.reply_to(reply_to.clone());
        }
        let both = MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone());
        builder.multipart(both).map_err(|error| SendError::Never(Box::new(error)))
    }
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}
