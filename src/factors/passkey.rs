//! Passkeys (WebAuthn Level 2): both ceremonies, always with verification of the user.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use url::Url;
use webauthn_rs::prelude::{
    DiscoverableAuthentication, DiscoverableKey, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Uuid, Webauthn, WebauthnBuilder, WebauthnError,
};

/// We, as authenticators and browsers know us: by one host and one origin.
#[derive(Debug)]
pub struct RelyingParty(Webauthn);

/// A ceremony that was begun.
#[derive(Clone, Debug)]
pub struct Begun {
    /// What the browser's script passes on: the members of `publicKey`, as JSON.
    pub options: String,
    /// What must be kept, and given back once, to end it.
    pub state: String,
}

/// Who is to have a passkey.
#[derive(Clone, Copy, Debug)]
pub struct Holder<'a> {
    /// A name of sixteen bytes that says nothing of the person (WebAuthn §5.4.3).
    pub handle: [u8; 16],
    /// What the person types to log in.
    pub username: &'a str,
    /// What the authenticator shows besides.
    pub display: &'a str,
}

/// What an answer says of itself before anything of it is checked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Claimed {
    /// The credential's ID, base64url.
    pub id: String,
    /// The name of its person, where the authenticator gives it.
    pub handle: Option<Vec<u8>>,
}

/// A new passkey.
#[derive(Clone, Debug)]
pub struct Registered {
    /// The credential's ID, base64url.
    pub id: String,
    /// What it is checked against, as JSON.
    pub key: String,
}

/// Why an answer does not hold.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It cannot be read, or what was kept cannot.
    #[error("not the answer of an authenticator: {0}")]
    Form(#[from] serde_json::Error),
    /// A rule of WebAuthn §7.1 or §7.2.
    #[error("{0}")]
    Rule(#[from] WebauthnError),
}

impl Refused {
    /// Whether the signature counter went backwards: there may be two of the authenticator
    /// (WebAuthn §6.1.1).
    #[must_use]
    pub fn may_be_cloned(&self) -> bool {
        matches!(self, Self::Rule(WebauthnError::CredentialPossibleCompromise))
    }
}

impl RelyingParty {
    /// Whom browsers find at `base_url`. `None` where no browser would use a passkey: at an address
    /// instead of a name, or without TLS elsewhere than on this machine.
    #[must_use]
    pub fn new(base_url: &Url, name: &str) -> Option<Self> {
        let host = base_url.domain()?;
        let here = host == "localhost" || host.ends_with(".localhost");
        if base_url.scheme() != "https" && !here {
            return None;
        }
        let builder = WebauthnBuilder::new(host, base_url).ok()?;
        builder.rp_name(name).build().ok().map(Self)
    }

    /// Begins to enrol a passkey; authenticators that hold one of `existing` refuse.
    ///
    /// # Errors
    /// [`Refused`] when one of `existing` cannot be read.
    pub fn begin_registration(
        &self,
        holder: Holder<'_>,
        existing: &[&str],
    ) -> Result<Begun, Refused> {
        let mut exclude = Vec::with_capacity(existing.len());
        for key in existing {
            exclude.push(read(key)?.cred_id().clone());
        }
        let handle = Uuid::from_bytes(holder.handle);
        let (challenge, state) = self.0.start_passkey_registration(
            handle,
            holder.username,
            holder.display,
            Some(exclude),
        )?;
        let mut options = serde_json::to_value(&challenge)?["publicKey"].take();
        // One that the authenticator keeps can be used without typing a name; a key without room
        // for it still serves after the password.
        options["authenticatorSelection"]["residentKey"] = json!("preferred");
        Ok(Begun { options: options.to_string(), state: serde_json::to_string(&state)? })
    }

    /// As [`Self::begin_registration`], for a key that serves the app alone: it is not to be among those that
    /// the authenticator offers without a name.
    ///
    /// # Errors
    /// As [`Self::begin_registration`].
    pub fn begin_app(&self, holder: Holder<'_>, existing: &[&str]) -> Result<Begun, Refused> {
        let begun = self.begin_registration(holder, existing)?;
        let mut options: Value = serde_json::from_str(&begun.options)?;
        options["authenticatorSelection"]["residentKey"] = json!("discouraged");
        options["authenticatorSelection"]["requireResidentKey"] = json!(false);
        Ok(Begun { options: options.to_string(), ..begun })
    }

    /// Ends it (WebAuthn §7.1).
    ///
    /// # Errors
    /// [`Refused`].
    pub fn finish_registration(&self, state: &str, answer: &str) -> Result<Registered, Refused> {
        let state: PasskeyRegistration = serde_json::from_str(state)?;
        let answer: RegisterPublicKeyCredential = serde_json::from_str(answer)?;
        let passkey = self.0.finish_passkey_registration(&answer, &state)?;
        let id = URL_SAFE_NO_PAD.encode(passkey.cred_id());
        Ok(Registered { id, key: serde_json::to_string(&passkey)? })
    }

    /// Begins to ask for one of the passkeys whose IDs are `ids`; with none, for any that the
    /// authenticator keeps.
    ///
    /// # Errors
    /// [`Refused`], which does not come in practice.
    pub fn begin_assertion(&self, ids: &[&str]) -> Result<Begun, Refused> {
        let (challenge, state) = self.0.start_discoverable_authentication()?;
        let mut options = serde_json::to_value(&challenge)?["publicKey"].take();
        let allowed = ids.iter().map(|id| json!({ "type": "public-key", "id": id }));
        options["allowCredentials"] = allowed.collect();
        Ok(Begun { options: options.to_string(), state: serde_json::to_string(&state)? })
    }

    /// As [`Self::begin_assertion`] for the one passkey `id`, over a challenge that says what is approved.
    ///
    /// # Errors
    /// [`Refused`], which does not come in practice.
    pub fn begin_approval(&self, id: &str, challenge: &[u8; 32]) -> Result<Begun, Refused> {
        let begun = self.begin_assertion(&[id])?;
        let challenge = json!(URL_SAFE_NO_PAD.encode(challenge));
        let mut options: Value = serde_json::from_str(&begun.options)?;
        let mut state: Value = serde_json::from_str(&begun.state)?;
        // The library draws challenges and takes none; what it keeps of one is this.
        options["challenge"] = challenge.clone();
        state["ast"]["challenge"] = challenge;
        Ok(Begun { options: options.to_string(), state: state.to_string() })
    }

    /// Ends it (WebAuthn §7.2): `answer` was made with the passkey `key`, by its person. Returns what
    /// it is to be checked against from now on.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn finish_assertion(
        &self,
        state: &str,
        answer: &str,
        key: &str,
    ) -> Result<String, Refused> {
        let state: DiscoverableAuthentication = serde_json::from_str(state)?;
        let answer: PublicKeyCredential = serde_json::from_str(answer)?;
        let mut passkey = read(key)?;
        let keys = [DiscoverableKey::from(&passkey)];
        let held = self.0.finish_discoverable_authentication(&answer, state, &keys)?;
        if !held.user_verified() {
            return Err(WebauthnError::UserNotVerified.into());
        }
        passkey.update_credential(&held);
        Ok(serde_json::to_string(&passkey)?)
    }
}

/// Which passkey `answer` says that it was made with. Nothing of it is proved.
///
/// # Errors
/// [`Refused::Form`].
pub fn claimed(answer: &str) -> Result<Claimed, Refused> {
    let answer: PublicKeyCredential = serde_json::from_str(answer)?;
    let id = URL_SAFE_NO_PAD.encode(answer.get_credential_id());
    Ok(Claimed { id, handle: answer.get_user_unique_id().map(<[u8]>::to_vec) })
}

fn read(key: &str) -> Result<Passkey, Refused> {
    Ok(serde_json::from_str(key)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(url: &str) -> Option<RelyingParty> {
        RelyingParty::new(&Url::parse(url).unwrap(), "Comune di Esempio")
    }

    #[test]
    fn there_are_passkeys_where_a_browser_would_use_them() {
        for (url, there) in [
            ("https://idp.example.org", true),
            ("https://idp.example.org:8443", true),
            ("http://idp.localhost:8080", true),
            ("http://localhost", true),
            ("http://idp.example.org", false),
            ("https://192.0.2.1", false),
            ("http://[::1]:8080", false),
        ] {
            assert_eq!(at(url).is_some(), there, "{url}");
        }
    }

    #[test]
    fn both_ceremonies_ask_for_the_user_to_be_verified() {
        let ours = at("https://idp.example.org").unwrap();
        let holder = Holder { handle: [7; 16], username: "anna", display: "Anna Rossi" };
        let begun = ours.begin_registration(holder, &[]).unwrap();
        let options: Value = serde_json::from_str(&begun.options).unwrap();
        assert_eq!(options["rp"]["id"], "idp.example.org");
        assert_eq!(options["user"]["name"], "anna");
        assert_eq!(options["authenticatorSelection"]["userVerification"], "required");
        assert_eq!(options["authenticatorSelection"]["residentKey"], "preferred");
        assert_eq!(options["attestation"], "none");
        let begun = ours.begin_assertion(&["AAAA"]).unwrap();
        let options: Value = serde_json::from_str(&begun.options).unwrap();
        assert_eq!(options["rpId"], "idp.example.org");
        assert_eq!(options["userVerification"], "required");
        assert_eq!(options["allowCredentials"], json!([{ "type": "public-key", "id": "AAAA" }]));
        let other = ours.begin_assertion(&[]).unwrap();
        let others: Value = serde_json::from_str(&other.options).unwrap();
        assert_eq!(others["allowCredentials"], json!([]));
        assert_ne!(options["challenge"], others["challenge"]);
    }

    #[test]
    fn an_approval_is_asked_over_the_challenge_that_is_given() {
        let ours = at("https://idp.example.org").unwrap();
        let begun = ours.begin_approval("AAAA", &[7; 32]).unwrap();
        let options: Value = serde_json::from_str(&begun.options).unwrap();
        let state: DiscoverableAuthentication = serde_json::from_str(&begun.state).unwrap();
        let kept = serde_json::to_value(&state).unwrap();
        assert_eq!(options["challenge"], json!(URL_SAFE_NO_PAD.encode([7; 32])));
        assert_eq!(kept["ast"]["challenge"], options["challenge"], "the library reads it so");
        assert_eq!(options["userVerification"], "required");
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        let ours = at("https://idp.example.org").unwrap();
        let begun = ours.begin_assertion(&[]).unwrap();
        for answer in ["", "{}", "[]", "null", "{\"id\":1}"] {
            assert!(matches!(claimed(answer), Err(Refused::Form(_))), "{answer}");
            assert!(ours.finish_assertion(&begun.state, answer, "{}").is_err());
            assert!(ours.finish_registration("{}", answer).is_err());
        }
    }
}
