//! Any query and any form: decoded within the limits or refused, and no signature holds by chance.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ponte::saml::binding::{self, Inbound, MAX_RELAY_STATE, Parameter};
use ponte::saml::proof::Offered;
use ponte::saml::signature::{self, PublicKey};
use ponte::saml::xml;
use ponte::world::signer::{KeyFile, Signer as _};

static KEY: LazyLock<PublicKey> = LazyLock::new(|| {
    let key = include_bytes!("../keys/key.pem");
    let signer = KeyFile::load(key, include_bytes!("../keys/certificate.pem")).unwrap();
    PublicKey::from_certificate_der(signer.certificate()).unwrap()
});

fuzz_target!(|raw: &str| {
    if let Ok(offered) = Offered::parse(raw.as_bytes()) {
        assert!(offered.verify("a text", "_a-word", std::slice::from_ref(&*KEY)).is_err());
    }
    for parameter in [Parameter::SamlRequest, Parameter::SamlResponse] {
        for inbound in [Inbound::Redirect { query: raw }, Inbound::Post { form: raw }] {
            let Ok(decoded) = binding::decode(inbound, parameter) else { continue };
            assert!(decoded.xml.len() <= xml::MAX_OCTETS);
            assert!(decoded.relay_state.as_ref().is_none_or(|s| s.len() <= MAX_RELAY_STATE));
            if signature::verify_detached(&decoded, std::slice::from_ref(&*KEY)).is_ok() {
                // The one query that was signed with this key is a seed; what holds is its parts.
                let detached = decoded.detached.unwrap();
                assert_eq!(detached.signed, include_bytes!("../keys/signed-query.txt"));
            }
        }
    }
});
