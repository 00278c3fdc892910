//! Notifications to phones by Web Push: where they go (RFC 8030), encrypted for the phone alone (RFC 8291), from us
//! (RFC 8292).

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::bn::BigNumContext;
use openssl::derive::Deriver;
use openssl::ec::{EcKey, PointConversionForm};
use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private};
use openssl::symm::{Cipher, encrypt_aead};
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;

use crate::world::clock::Clock;
use crate::world::digest::HmacKey;
use crate::world::fetch::{Fetch, FetchRequest};
use crate::world::outbox::{Body, Message, Outbox, Push, SendError};
use crate::world::p256::{POINT, group, peer};
use crate::world::private_key::PrivateKey;
use crate::world::random::Random;
use crate::world::signer::{KeyError, SignError};

/// Where notifications for a phone go, and the keys that only it can read them with.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Subscription {
    /// The address at the push service.
    pub endpoint: String,
    /// The phone's public key on P-256, 65 octets, base64url.
    pub p256dh: String,
    /// The phone's authentication secret, 16 octets, base64url.
    pub auth: String,
}

/// The address is a secret: whoever has it could send.
impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subscription")
    }
}

/// Why a subscription is not taken.
#[derive(Debug, thiserror::Error)]
pub enum BadSubscription {
    /// Not one.
    #[error("it is no subscription")]
    Form,
    /// Its address is at none of the push services that the settings name.
    #[error("its push service is none of those that the settings name")]
    Service,
    /// Its keys are none (RFC 8291 §3.1, §3.2).
    #[error("its keys are not a point on P-256 and 16 octets")]
    Keys,
}

/// Reads the subscription that a phone sent; it must be at one of `services` (origins): the address is anybody's word, and
/// we ask nobody that the settings do not name.
///
/// # Errors
/// [`BadSubscription`].
pub fn read_subscription(text: &str, services: &[String]) -> Result<Subscription, BadSubscription> {
    if text.len() > LONGEST {
        return Err(BadSubscription::Form);
    }
    let read: Subscription = serde_json::from_str(text).map_err(|_| BadSubscription::Form)?;
    let url = Url::parse(&read.endpoint).map_err(|_| BadSubscription::Form)?;
    let is_plain =
        url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    if !is_plain || !services.contains(&url.origin().ascii_serialization()) {
        return Err(BadSubscription::Service);
    }
    keys(&read).map_err(|_| BadSubscription::Keys)?;
    Ok(Subscription { endpoint: url.into(), ..read })
}

/// The phone's public key and secret.
fn keys(subscription: &Subscription) -> Result<(Vec<u8>, Vec<u8>), BadSubscription> {
    let octets = |text: &str| {
        URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).map_err(|_| BadSubscription::Keys)
    };
    let (public, auth) = (octets(&subscription.p256dh)?, octets(&subscription.auth)?);
    if public.len() != POINT || auth.len() != SECRET || peer(&public).is_err() {
        return Err(BadSubscription::Keys);
    }
    Ok((public, auth))
}

/// A notification could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// The subscription's keys are none.
    #[error(transparent)]
    Subscription(#[from] BadSubscription),
    /// OpenSSL failed.
    #[error("a notification cannot be encrypted")]
    OpenSsl(#[from] ErrorStack),
    /// It is longer than push services take.
    #[error("a notification is too long")]
    TooLong,
    /// Our key cannot sign.
    #[error("our key for push services cannot sign")]
    Sign(#[from] SignError),
    /// Our key cannot be used.
    #[error("our key for push services cannot be used")]
    Key(#[from] KeyError),
}

/// `text` for the phone of `subscription`, in the content coding `aes128gcm` (RFC 8188, RFC 8291 §3).
///
/// # Errors
/// When the subscription's keys are none, the text is too long, or OpenSSL fails.
pub fn encrypt(
    text: &[u8],
    subscription: &Subscription,
    random: &Random,
) -> Result<Vec<u8>, PushError> {
    let own = EcKey::generate(&*group()?)?;
    encrypt_with(text, subscription, &own, &random.bytes())
}

fn encrypt_with(
    text: &[u8],
    subscription: &Subscription,
    own: &EcKey<Private>,
    salt: &[u8; 16],
) -> Result<Vec<u8>, PushError> {
    // One record, and its octet of padding and tag (RFC 8291 §4).
    if text.len() + 17 > RECORD - HEADER {
        return Err(PushError::TooLong);
    }
    let (theirs, auth) = keys(subscription)?;
    let mut context = BigNumContext::new()?;
    let form = PointConversionForm::UNCOMPRESSED;
    let ours = own.public_key().to_bytes(own.group(), form, &mut context)?;
    let (own, peer) = (PKey::from_ec_key(own.clone())?, peer(&theirs)?);
    let mut deriver = Deriver::new(&own)?;
    deriver.set_peer(&peer)?;
    let shared = zeroize::Zeroizing::new(deriver.derive_to_vec()?);

    let mixed = HmacKey::new(&auth).mac(&[&shared]);
    let input = HmacKey::new(&mixed).mac(&[b"WebPush: info\0", &theirs, &ours, &[1]]);
    let secret = HmacKey::new(salt).mac(&[&input]);
    let key = HmacKey::new(&secret).mac(&[b"Content-Encoding: aes128gcm\0", &[1]]);
    let nonce = HmacKey::new(&secret).mac(&[b"Content-Encoding: nonce\0", &[1]]);

    let last = [text, &[2]].concat();
    let mut tag = [0; 16];
    let cipher = Cipher::aes_128_gcm();
    let sealed = encrypt_aead(cipher, &key[..16], Some(&nonce[..12]), &[], &last, &mut tag)?;
    let mut body = Vec::with_capacity(HEADER + sealed.len() + tag.len());
    body.extend_from_slice(salt);
    body.extend_from_slice(&4096_u32.to_be_bytes());
    body.push(65);
    body.extend_from_slice(&ours);
    body.extend_from_slice(&sealed);
    body.extend_from_slice(&tag);
    Ok(body)
}

/// Our key for push services: by it they know that it is us (RFC 8292).
#[derive(Debug)]
pub struct Vapid {
    key: PrivateKey,
    contact: String,
    public: String,
}

impl Vapid {
    /// The key `key`, on P-256; push services find us at `contact` (`mailto:` or `https:`).
    ///
    /// # Errors
    /// When the key is another.
    pub fn new(key: PrivateKey, contact: String) -> Result<Self, PushError> {
        // A public key on P-256 ends with its point (RFC 5480 §2).
        let public = key.public()?;
        let point = public.len().checked_sub(POINT).map(|at| &public[at..]);
        let point = point.filter(|point| peer(point).is_ok()).ok_or(BadSubscription::Keys)?;
        let public = URL_SAFE_NO_PAD.encode(point);
        Ok(Self { key, contact, public })
    }

    /// The public key, 65 octets in base64url.
    #[must_use]
    pub fn public(&self) -> &str {
        &self.public
    }

    /// What `Authorization` says to the push service at `audience` (an origin) at `now`, in seconds since 1970.
    ///
    /// # Errors
    /// When OpenSSL fails.
    pub fn authorization(&self, audience: &str, now: i64) -> Result<String, PushError> {
        let head = json!({ "typ": "JWT", "alg": "ES256" }).to_string();
        let claims =
            json!({ "aud": audience, "exp": now + LASTS, "sub": self.contact }).to_string();
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(head), URL_SAFE_NO_PAD.encode(claims));
        let signature = URL_SAFE_NO_PAD.encode(self.key.sign(signed.as_bytes())?);
        Ok(format!("vapid t={signed}.{signature}, k={}", self.public))
    }
}

/// Notifications by Web Push.
#[derive(Debug)]
pub struct WebPush {
    /// Who we are to push services.
    pub vapid: Vapid,
    /// What asks them, and nobody else.
    pub fetch: Arc<dyn Fetch>,
    /// Chance.
    pub random: Arc<Random>,
    /// The time.
    pub clock: Clock,
}

impl WebPush {
    /// `push`, for as long as is `left` of it, in seconds.
    fn request(&self, push: &Push, left: i64) -> Result<FetchRequest, PushError> {
        let url = Url::parse(&push.to.endpoint).map_err(|_| BadSubscription::Form)?;
        let audience = url.origin().ascii_serialization();
        let authorization = self.vapid.authorization(&audience, self.clock.now().timestamp())?;
        let body = encrypt(push.text.as_bytes(), &push.to, &self.random)?;
        let request = FetchRequest { url, body: Some(body), headers: Vec::new() };
        Ok(request
            .with("Authorization", &authorization)
            .with("Content-Encoding", "aes128gcm")
            .with("Content-Type", "application/octet-stream")
            .with("TTL", &left.to_string())
            .with("Urgency", "high")
            .with("Topic", &push.topic))
    }
}

#[async_trait]
impl Outbox for WebPush {
    async fn send(&self, message: &Message) -> Result<(), SendError> {
        let Body::Push(push) = &message.body else {
            return Err(SendError::Never("a push service sends nothing but notifications".into()));
        };
        // What was tried before must not outlast what it asks.
        let passed = (self.clock.now() - message.at).num_seconds().max(0);
        let left = i64::from(push.seconds) - passed;
        if left <= 0 {
            return Err(SendError::Never("what it asks is over".into()));
        }
        let request = self.request(push, left).map_err(|error| SendError::Never(error.into()))?;
        let answer = self.fetch.fetch(request).await;
        let answer = answer.map_err(|error| SendError::Later(error.into()))?;
        match answer.status {
            200..300 => Ok(()),
            // RFC 8030 §7.3: the phone subscribes no more.
            404 | 410 => Err(SendError::Gone),
            429 | 500..600 => Err(match answer.retry_after {
                Some(seconds) => SendError::After(seconds, said(answer.status).into()),
                None => SendError::Later(said(answer.status).into()),
            }),
            status => Err(SendError::Never(said(status).into())),
        }
    }

    /// Nothing is asked: a push service that is asked sends.
    async fn try_out(&self) -> Result<(), SendError> {
        Ok(())
    }
}

fn said(status: u16) -> String {
    format!("the push service answered {status}")
}

/// Octets of a subscription.
const LONGEST: usize = 4096;
/// Octets of an authentication secret.
const SECRET: usize = 16;
/// Octets of a message that every push service takes (RFC 8030 §7.2).
const RECORD: usize = 4096;
/// Octets before what is sealed: salt, size, and our key.
const HEADER: usize = 16 + 4 + 1 + POINT;
/// Seconds for which we say who we are; a day at most (RFC 8292 §2).
const LASTS: i64 = 12 * 3600;

#[cfg(test)]
mod tests {
    use openssl::bn::BigNum;
    use openssl::ec::EcPoint;

    use super::*;
    use crate::world::private_key::Digest;

    fn subscription() -> Subscription {
        Subscription {
            endpoint: "https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV".to_owned(),
            p256dh: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4".to_owned(),
            auth: "BTBZMqHH6r4Tts7J_aSIgg".to_owned(),
        }
    }

    /// RFC 8291 §5 and appendix A.
    #[test]
    fn a_message_is_that_of_rfc_8291() {
        let octets = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
        let (group, mut context) = (group().unwrap(), BigNumContext::new().unwrap());
        let private = octets("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw");
        let private = BigNum::from_slice(&private).unwrap();
        let public = octets(
            "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8",
        );
        let public = EcPoint::from_bytes(&group, &public, &mut context).unwrap();
        let own = EcKey::from_private_components(&group, &private, &public).unwrap();
        let salt: [u8; 16] = octets("DGv6ra1nlYgDCS1FRnbzlw").try_into().unwrap();
        let text = b"When I grow up, I want to be a watermelon";
        let body = encrypt_with(text, &subscription(), &own, &salt).unwrap();
        assert_eq!(
            URL_SAFE_NO_PAD.encode(body),
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
        );
    }

    #[test]
    fn each_message_differs_and_one_that_is_too_long_is_none() {
        let random = Random::system();
        let made = |text: &[u8]| encrypt(text, &subscription(), &random);
        assert_ne!(made(b"x").unwrap(), made(b"x").unwrap());
        assert_eq!(made(&[7; 3993]).unwrap().len(), 4096);
        assert!(matches!(made(&[7; 3994]), Err(PushError::TooLong)));
    }

    /// The address is outside data: only push services that the settings name are ever asked.
    #[test]
    fn a_subscription_is_at_a_push_service_that_is_named() {
        let services = vec!["https://push.example.net".to_owned()];
        let read = |change: fn(&mut Subscription)| {
            let mut one = subscription();
            change(&mut one);
            read_subscription(&serde_json::to_string(&one).unwrap(), &services)
        };
        assert_eq!(read(|_| {}).unwrap(), subscription());
        for other in [
            "https://push.example.net.evil.example/x",
            "https://push.example.net:8443/x",
            "http://push.example.net/x",
            "https://user@push.example.net/x",
            "https://169.254.169.254/latest",
            "file:///etc/passwd",
        ] {
            let mut one = subscription();
            other.clone_into(&mut one.endpoint);
            let text = serde_json::to_string(&one).unwrap();
            let refused = read_subscription(&text, &services);
            assert!(matches!(refused, Err(BadSubscription::Service)), "{other}");
        }
        assert!(matches!(read(|one| one.auth = "AAAA".into()), Err(BadSubscription::Keys)));
        assert!(matches!(read(|one| one.p256dh = "AAAA".into()), Err(BadSubscription::Keys)));
        // Sixty-five octets that are no point of the curve.
        let off = |one: &mut Subscription| one.p256dh = URL_SAFE_NO_PAD.encode([4; 65]);
        assert!(matches!(read(off), Err(BadSubscription::Keys)));
        for bad in ["", "{}", "[]", "null", "{\"endpoint\":1}"] {
            assert!(
                matches!(read_subscription(bad, &services), Err(BadSubscription::Form)),
                "{bad}"
            );
        }
    }

    /// RFC 8292 §2: who we are, for that push service alone, for less than a day.
    #[test]
    fn we_say_who_we_are_for_less_than_a_day() {
        let kind = crate::world::certificate::KeyKind::EcdsaP256;
        let key = PrivateKey::generate(kind, Digest::Sha256).unwrap();
        let vapid = Vapid::new(key, "mailto:office@example.org".to_owned()).unwrap();
        let said = vapid.authorization("https://push.example.net", 1_000_000).unwrap();
        let token = said.strip_prefix("vapid t=").unwrap();
        let (token, key) = token.split_once(", k=").unwrap();
        assert_eq!(key, vapid.public());
        let parts: Vec<&str> = token.split('.').collect();
        let claims: serde_json::Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
        assert_eq!(claims["aud"], "https://push.example.net");
        assert_eq!(claims["exp"], 1_000_000 + 43_200);
        let signature = URL_SAFE_NO_PAD.decode(parts[2]).unwrap();
        assert_eq!(signature.len(), 64);
        let signature = crate::world::ecdsa::to_der(&signature).unwrap();
        let point = peer(&URL_SAFE_NO_PAD.decode(key).unwrap()).unwrap();
        let digest = openssl::hash::MessageDigest::sha256();
        let mut verifier = openssl::sign::Verifier::new(digest, &point).unwrap();
        let signed = format!("{}.{}", parts[0], parts[1]);
        assert!(verifier.verify_oneshot(&signature, signed.as_bytes()).unwrap());
    }
}
