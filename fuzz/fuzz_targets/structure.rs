//! Any text: parsed within the limits and checked, or refused. The canonical form of what is
//! accepted is accepted again, and is its own canonical form.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ponte::saml::structure::{self, Root, Signed};
use ponte::saml::{canonical, xml};

const ROOTS: [Root; 6] = [
    Root::AuthnRequest,
    Root::Response,
    Root::LogoutRequest,
    Root::LogoutResponse,
    Root::EntityDescriptor,
    Root::EntitiesDescriptor,
];

fuzz_target!(|text: &str| {
    let Ok(document) = xml::parse(text) else { return };
    let mut once = String::new();
    canonical::write(document.root_element(), None, &[], &mut once);
    // Escapes make a text longer, so that the canonical form may be too long.
    if let Ok(again) = xml::parse(&once) {
        let mut twice = String::new();
        canonical::write(again.root_element(), None, &[], &mut twice);
        assert_eq!(once, twice);
    } else {
        assert!(once.len() > xml::MAX_OCTETS, "{once}");
    }
    for root in ROOTS {
        for signed in [Signed::Detached, Signed::Enveloped { required: false }] {
            if let Ok(sound) = structure::check(&document, root, signed) {
                let _ = structure::claimed_issuer(&sound);
            }
        }
    }
});
