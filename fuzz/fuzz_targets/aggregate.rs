//! Lists of metadata: what the one pass accepts, the parser of whole documents reads with the same entities at the same places,
//! its canonical form has the digest of the tree's, and each entity can be read again.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ponte::saml::metadata::aggregate::entity;
use ponte::saml::metadata::aggregate::limits::Limits;
use ponte::saml::metadata::aggregate::verify::{Trust, verify};
use ponte::saml::signature::{self, PublicKey};
use ponte::saml::structure::{self, Root, Signed};
use ponte::saml::xml;
use ponte::world::signer::{KeyFile, Signer};

static KEYS: LazyLock<[PublicKey; 1]> = LazyLock::new(|| {
    let key = include_bytes!("../keys/key.pem");
    let signer = KeyFile::load(key, include_bytes!("../keys/certificate.pem")).unwrap();
    [PublicKey::from_certificate_der(signer.certificate()).unwrap()]
});

fuzz_target!(|octets: &[u8]| {
    let now = "2026-06-01T12:00:00Z".parse().expect("an instant");
    let placed = verify(octets, Trust::Placed, Limits::default(), now);
    let pinned = verify(octets, Trust::Pinned(&*KEYS), Limits::default(), now);
    assert!(pinned.is_err() || placed.is_ok());
    let Ok(found) = placed else { return };
    let text = std::str::from_utf8(octets).expect("what was read is UTF-8");
    for extent in found.entities() {
        let from = usize::try_from(extent.offset).expect("a place");
        let piece = &octets[from..from + extent.length as usize];
        let opening = &found.openings()[extent.opening as usize];
        let read = entity::read(piece, &extent.digest, opening).expect("what was verified");
        assert!(bears(&read, &extent.entity_id), "{read}");
    }
    // The other way, within the limits of a message: the same verdict.
    let Ok(document) = xml::parse(text) else { return };
    let signed = Signed::Enveloped { required: true };
    let Ok(sound) = structure::check(&document, Root::EntitiesDescriptor, signed) else { return };
    let tree = signature::verify(&sound, &*KEYS);
    assert_eq!(tree.is_ok(), pinned.is_ok(), "{tree:?} {pinned:?}");
});

/// Whether `text` is metadata of that name, as far as messages may be so long.
fn bears(text: &str, entity_id: &str) -> bool {
    xml::root_attribute(text, "entityID").as_deref() == Some(entity_id)
        || text.len() > xml::MAX_OCTETS
        || xml::parse(text).is_err()
}
