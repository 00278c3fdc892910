//! Proof that somebody holds a key of an entity now: a signature over a text that they could not know before.
//!
//! Metadata that are signed prove nothing of whoever sends them: they are published, and anybody may fetch them. So what is signed must
//! hold a word of ours that was made for this one occasion.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::saml::signature::{self, MAX_KEYS, PublicKey, Unproven};
use crate::saml::structure::{self, Root, Signed, StructureError};
use crate::saml::xml::{self, XmlError};

/// What somebody brings as their proof.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Offered {
    /// A signature over the text that was shown.
    Signature(Vec<u8>),
    /// Signed metadata that have the word as their ID.
    Metadata(String),
}

/// Why it is no proof.
#[derive(Debug, thiserror::Error)]
pub enum NoProof {
    /// Neither a signature in base64 nor metadata.
    #[error("it is neither a signature in base64 nor metadata in XML")]
    Neither,
    /// The signature is by none of the keys.
    #[error("the signature was not made over that text with a key that counts here")]
    OtherKey,
    /// The metadata cannot be read.
    #[error(transparent)]
    Xml(#[from] XmlError),
    /// Their structure is refused.
    #[error(transparent)]
    Structure(#[from] StructureError),
    /// They are not signed by one of the keys.
    #[error("the metadata are not signed by a key that counts here: {0}")]
    Unproven(#[from] Unproven),
    /// They do not have the word as their ID.
    #[error("the ID of the signed EntityDescriptor must be {expected:?}, found {found:?}")]
    OtherId {
        /// The word.
        expected: String,
        /// What there is, cut to 200 characters.
        found: String,
    },
}

impl Offered {
    /// Reads what was pasted or uploaded: XML, a signature in base64, or one as `openssl` writes it.
    ///
    /// # Errors
    /// When it is neither.
    pub fn parse(octets: &[u8]) -> Result<Self, NoProof> {
        let text =
            std::str::from_utf8(octets).map(|text| text.trim_start_matches('\u{feff}').trim());
        let Ok(text) = text else {
            let is_long = octets.is_empty() || octets.len() > MAX_SIGNATURE;
            return if is_long {
                Err(NoProof::Neither)
            } else {
                Ok(Self::Signature(octets.to_vec()))
            };
        };
        if text.starts_with('<') {
            return Ok(Self::Metadata(text.to_owned()));
        }
        let plain: String = text.split_ascii_whitespace().collect();
        let decoded =
            STANDARD.decode(plain.get(..plain.len().min(2 * MAX_SIGNATURE)).unwrap_or(""));
        let decoded = decoded.map_err(|_| NoProof::Neither)?;
        match decoded.len() {
            1..=MAX_SIGNATURE => Ok(Self::Signature(decoded)),
            _ => Err(NoProof::Neither),
        }
    }

    /// Whether it proves that its author holds one of `keys`: it signs `text`, or metadata whose ID is `word`.
    ///
    /// # Errors
    /// Why it does not.
    pub fn verify(&self, text: &str, word: &str, keys: &[PublicKey]) -> Result<(), NoProof> {
        match self {
            Self::Signature(signature) => {
                let mut keys = keys.iter().take(MAX_KEYS);
                match keys.any(|key| key.signed(text.as_bytes(), signature)) {
                    true => Ok(()),
                    false => Err(NoProof::OtherKey),
                }
            }
            Self::Metadata(metadata) => {
                let document = xml::parse(metadata)?;
                let signed = Signed::Enveloped { required: true };
                let sound = structure::check(&document, Root::EntityDescriptor, signed)?;
                let signed = signature::verify(&sound, keys)?;
                let verified = xml::parse(signed.text())?;
                let found = verified.root_element().attribute("ID").unwrap_or_default();
                if found == word {
                    return Ok(());
                }
                let found = found.chars().take(200).collect();
                Err(NoProof::OtherId { expected: word.to_owned(), found })
            }
        }
    }
}

/// An RSA key of 8192 bits makes one of 1024 octets.
const MAX_SIGNATURE: usize = 1024;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_signature_or_metadata_are_told_apart() {
        assert_eq!(
            Offered::parse(b" AQID\n BA==\n").unwrap(),
            Offered::Signature(vec![1, 2, 3, 4])
        );
        assert_eq!(Offered::parse(&[0xff, 1]).unwrap(), Offered::Signature(vec![0xff, 1]));
        assert_eq!(
            Offered::parse("\u{feff}<a/> ".as_bytes()).unwrap(),
            Offered::Metadata("<a/>".into())
        );
        for none in ["", " ", "not base64!", &"A".repeat(4096)] {
            assert!(matches!(Offered::parse(none.as_bytes()), Err(NoProof::Neither)), "{none}");
        }
        assert!(matches!(Offered::parse(&[0xff; 1025]), Err(NoProof::Neither)));
    }

    proptest! {
        #[test]
        fn anything_may_be_offered(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(offered) = Offered::parse(&octets) {
                prop_assert!(offered.verify("text", "_word", &[]).is_err());
            }
        }
    }
}
