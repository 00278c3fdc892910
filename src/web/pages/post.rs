//! The page that carries a SAML message to another site (SAML Bindings §3.5).

use crate::web::pages::page::page;

/// A form that submits itself; without script the person presses its button.
///
/// To be sent with `Referrer-Policy: no-referrer` and the policy of
/// [`content_security_policy`](crate::web::pages::policy::content_security_policy) for `action`.
#[derive(Clone)]
pub struct PostForm {
    /// The address that takes the message.
    pub action: String,
    /// Which message it is.
    pub message: Message,
    /// The message, in base64.
    pub value: String,
    /// What goes with it unchanged.
    pub relay_state: Option<String>,
}

/// A SAML message's kind, which names its form field.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Message {
    /// `SAMLRequest`
    Request,
    /// `SAMLResponse`
    Response,
}

impl Message {
    /// The name of the form field.
    #[must_use]
    pub fn field(self) -> &'static str {
        match self {
            Self::Request => "SAMLRequest",
            Self::Response => "SAMLResponse",
        }
    }
}

impl PostForm {
    /// Whether a service provider shows it, on the way to its identity provider.
    fn is_request(&self) -> bool {
        self.message == Message::Request
    }

    fn base64(&self) -> Base64<'_> {
        Base64(&self.value)
    }
}

/// Base64, which has no character that HTML escapes: it goes out as one piece, where escaping would look at each of
/// its many thousand characters. Whatever is not base64 goes nowhere.
struct Base64<'a>(&'a str);

impl std::fmt::Display for Base64<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let is_base64 =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
        let is_sound = self.0.bytes().fold(true, |so_far, byte| so_far & is_base64(byte));
        f.write_str(if is_sound { self.0 } else { "" })
    }
}

impl askama::filters::HtmlSafe for Base64<'_> {}

// What is sent holds personal data.
impl std::fmt::Debug for PostForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostForm").field("action", &self.action).finish_non_exhaustive()
    }
}

page!(PostForm, "post.html", consent, |form| form.value.len());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_base64_goes_out_unescaped() {
        assert_eq!(Base64("aZ09+/==").to_string(), "aZ09+/==");
        for wrong in ["a\"b", "<", "a b", "a&b", "è", "-_", "a\n"] {
            assert_eq!(Base64(wrong).to_string(), "", "{wrong}");
        }
    }
}
