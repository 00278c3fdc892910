//! What a list is refused for, each beside a control that is taken (threats: metadata, the row of wrapped aggregates).

use std::fmt::Write as _;
use std::io::{self, Read};

use chrono::TimeDelta;
use ponte::saml::metadata::aggregate::error::AggregateError;
use ponte::saml::metadata::aggregate::limits::Limits;
use ponte::saml::metadata::aggregate::verify::{Trust, verify};
use ponte::saml::names;
use ponte::saml::signature::Unproven;
use proptest::prelude::*;

use super::{accepted, entity, judge, judge_with, key, list, list_with, now, refused, sealed};
use crate::support::forge::{Forge, PLACE, algorithm};
use crate::support::keys;
use crate::support::real_files;

fn two() -> String {
    format!("{}\n<!-- between -->\n{}", entity("https://a.example"), entity("https://b.example"))
}

#[test]
fn a_good_list_is_taken_and_its_entities_are_found_at_their_places() {
    let text = sealed(&list_with(
        " Name=\"f\" validUntil=\"2026-12-01T00:00:00Z\" cacheDuration=\"PT1H\"",
        &two(),
    ));
    let found = accepted(&text);
    assert_eq!(found.name(), Some("f"));
    assert_eq!(found.cache_duration(), Some("PT1H"));
    assert_eq!(found.valid_until().unwrap().to_rfc3339(), "2026-12-01T00:00:00+00:00");
    assert_eq!(found.signer(), Some(key(&keys::IDP).fingerprint()));
    assert_eq!(found.octets(), text.len() as u64);
    let names: Vec<_> = found.entities().iter().map(|it| it.entity_id.as_str()).collect();
    assert_eq!(names, ["https://a.example", "https://b.example"]);
    for extent in found.entities() {
        let from = usize::try_from(extent.offset).unwrap();
        let piece = &text[from..from + extent.length as usize];
        assert!(
            piece.starts_with("<md:EntityDescriptor") && piece.ends_with("</md:EntityDescriptor>")
        );
        assert!(piece.contains(&extent.entity_id));
        assert!(extent.roles.service_provider && !extent.roles.identity_provider);
        assert_eq!(extent.valid_until, found.valid_until());
    }
}

#[test]
fn lists_may_stand_in_lists_and_the_first_end_counts() {
    let md = names::METADATA;
    let inner = format!(
        "<m:EntitiesDescriptor xmlns:m='{md}' validUntil='2026-11-25T00:00:00Z'><m:EntityDescriptor \
         entityID='https://c.example' validUntil='2026-11-30T00:00:00Z'><m:RoleDescriptor/></m:EntityDescriptor>\
         </m:EntitiesDescriptor>{}",
        entity("https://d.example")
    );
    let found = accepted(&sealed(&list_with(" validUntil='2026-12-01T00:00:00Z'", &inner)));
    let ends: Vec<_> =
        found.entities().iter().map(|it| it.valid_until.unwrap().to_rfc3339()).collect();
    assert_eq!(ends, ["2026-11-25T00:00:00+00:00", "2026-12-01T00:00:00+00:00"]);
    assert_eq!(found.openings().len(), 2);
}

#[test]
fn the_signature_must_be_by_a_pinned_key_over_what_came() {
    let text = sealed(&list(&two()));
    let stranger =
        verify(text.as_bytes(), Trust::Pinned(&[key(&keys::STRANGER)]), Limits::default(), now());
    assert!(
        matches!(stranger, Err(AggregateError::Untrusted(Unproven::Signature))),
        "{stranger:?}"
    );
    let none = verify(text.as_bytes(), Trust::Pinned(&[]), Limits::default(), now());
    assert!(matches!(none, Err(AggregateError::Untrusted(Unproven::NoKey))));
    refused(&text.replace("https://b.example", "https://x.example"), "the digest is not the one");
    refused(&text.replacen("\n<!-- between", "\n\n<!-- between", 1), "the digest is not the one");
    refused(&list(&two()).replace(PLACE, ""), "there is no signature");
    let tail = text.replace(
        "</md:EntitiesDescriptor>",
        &(entity("https://x.example") + "</md:EntitiesDescriptor>"),
    );
    refused(&tail, "the digest is not the one");
    // A comment is not signed, and says nothing.
    accepted(&text.replace("<!-- between -->", "<!-- otherwise -->"));
}

#[test]
fn a_list_that_was_placed_is_believed_for_its_place() {
    let placed = |text: &str| verify(text.as_bytes(), Trust::Placed, Limits::default(), now());
    let found = placed(&list(&two()).replace(PLACE, "")).unwrap();
    assert!(found.signer().is_none() && !found.is_signed());
    let changed = sealed(&list(&two())).replace("https://b.example", "https://x.example");
    let found = placed(&changed).unwrap();
    assert!(found.signer().is_none() && found.is_signed());
    assert!(placed("<a/>").is_err());
}

/// threats: metadata, wrapped aggregate; XSW1-8; signed metadata as a signature donor.
#[test]
fn a_wrapped_aggregate_is_refused_by_its_shape() {
    let genuine = sealed(&list(&two()));
    let at = genuine.find("<md:Entities").unwrap();
    let genuine = genuine[at..].trim();
    let md = names::METADATA;
    let signature = {
        let from = genuine.find("<ds:Signature ").unwrap();
        let end = "</ds:Signature>";
        &genuine[from..genuine.find(end).unwrap() + end.len()]
    };
    let evil = entity("https://evil.example");
    let outer = |inside: &str| {
        format!(
            "<md:EntitiesDescriptor xmlns:md=\"{md}\" ID=\"_evil\">{inside}</md:EntitiesDescriptor>"
        )
    };
    let unsigned = genuine.replace(signature, "");
    // The genuine list within another one: its signature is not the whole's.
    refused(&outer(&format!("{evil}{genuine}")), "there is no signature");
    refused(&outer(&format!("{genuine}{evil}")), "there is no signature");
    // Its signature taken out and put first, where it names what it once stood in.
    refused(&outer(&format!("{signature}{unsigned}{evil}")), "the URI must be #");
    let same = outer(&format!("{signature}{unsigned}{evil}")).replace("\"_evil\"", "\"_list\"");
    refused(&same, "used twice");
    // Hidden in Extensions, in an entity, in an Object of the signature, after it, behind an entity.
    refused(
        &outer(&format!("<md:Extensions>{genuine}</md:Extensions>{evil}")),
        "must not stand there",
    );
    let hidden = format!(
        "{}<md:Extensions>{unsigned}</md:Extensions></md:EntityDescriptor>",
        evil.replace("</md:EntityDescriptor>", "")
    );
    let hidden = outer(&format!("{signature}{hidden}"));
    refused(&hidden.replacen("\"_evil\"", "\"_list\"", 1), "must not stand there");
    let object = signature
        .replace("</ds:Signature>", &format!("<ds:Object>{unsigned}</ds:Object></ds:Signature>"));
    refused(&genuine.replace(signature, &object), "not accepted in a signature");
    refused(&genuine.replace(signature, &signature.repeat(2)), "a Signature stands first");
    refused(
        &genuine.replace(signature, "").replace("<!-- between -->", signature),
        "there is no signature",
    );
    let behind = genuine
        .replace(signature, "")
        .replace("</md:EntitiesDescriptor>", &format!("{signature}</md:EntitiesDescriptor>"));
    refused(&behind, "there is no signature");
    accepted(genuine);
}

#[test]
fn a_signature_is_of_the_one_shape() {
    let plain = list(&two());
    let with = |forge: Forge| forge.seal(&plain, "_list", &keys::IDP);
    refused(&with(Forge { uri: Some("#_other".into()), ..Forge::default() }), "the URI must be #");
    accepted(&with(Forge { uri: Some(String::new()), ..Forge::default() }));
    let twice = sealed(&plain);
    let reference = {
        let from = twice.find("<ds:Reference").unwrap();
        let end = "</ds:Reference>";
        twice[from..twice.find(end).unwrap() + end.len()].to_owned()
    };
    refused(&twice.replace(&reference, &reference.repeat(2)), "too many children");
    refused(
        &with(Forge {
            method: "http://www.w3.org/2000/09/xmldsig#rsa-sha1".into(),
            ..Forge::default()
        }),
        "not on the list",
    );
    refused(&with(Forge { digest: names::SHA1.into(), ..Forge::default() }), "not on the list");
    let inclusive = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
    refused(
        &with(Forge {
            transforms: algorithm("Transform", names::ENVELOPED)
                + &algorithm("Transform", inclusive),
            ..Forge::default()
        }),
        "only exclusive canonicalisation",
    );
    for digest in [names::SHA384, names::SHA512] {
        accepted(&with(Forge { digest: digest.into(), ..Forge::default() }));
    }
}

#[test]
fn names_and_ids_are_there_once() {
    let twice = format!("{}{}", entity("https://a.example"), entity("https://a.example"));
    refused(&sealed(&list(&twice)), "\"https://a.example\" was listed before");
    let nested = format!(
        "{}<md:EntitiesDescriptor>{}</md:EntitiesDescriptor>",
        entity("https://a.example"),
        entity("https://a.example")
    );
    refused(&sealed(&list(&nested)), "was listed before");
    let with_id = |id: &str, name: &str| {
        entity(name).replacen(" entityID", &format!(" ID=\"{id}\" entityID"), 1)
    };
    let ids = |one: &str, other: &str| {
        format!("{}{}", with_id(one, "https://a.example"), with_id(other, "https://b.example"))
    };
    accepted(&sealed(&list(&ids("_1", "_2"))));
    refused(&sealed(&list(&ids("_1", "_1"))), "an ID that is used twice");
    refused(
        &sealed(&list(&two()).replacen(
            "entityID=\"https://a.example\"",
            "entityID=\"https://a.example\" xml:id=\"_x\"",
            1,
        )),
        "an ID that its schema does not know",
    );
    refused(&sealed(&list(&entity("https://a b.example"))), "a name of 1 to 1024 characters");
}

#[test]
fn what_is_no_list_is_not_read_as_one() {
    refused(&entity("https://a.example"), "it is no EntitiesDescriptor");
    refused("<EntitiesDescriptor/>", "there is no entity");
    refused("<EntitiesDescriptor></EntitiesDescriptor>", "it is no EntitiesDescriptor");
    refused("<!DOCTYPE html><html></html>", "a DOCTYPE");
    refused("", "the file ends here");
    refused("nothing", "text in a list");
    refused("text <a/>", "text in a list");
    refused(&sealed(&list("")), "there is no entity");
    let good = sealed(&list(&two()));
    refused(&good.replacen("<md:Entities", "<!DOCTYPE a><md:Entities", 1), "a DOCTYPE");
    refused(&good.replacen("<!-- between -->", "<?between?>", 1), "a construct other than");
    refused(
        &good.replacen("<md:SPSSODescriptor", "<?x?><md:SPSSODescriptor", 1),
        "a processing instruction",
    );
    refused(&good.replacen("<!-- between -->", "<![CDATA[ ]]>", 1), "a construct other than");
    refused(&good.replacen("<!-- between -->", "between", 1), "text in a list");
    refused(&good.replacen("<!-- between -->", "<!-- a -- b -->", 1), "in what begins on line");
    refused(&good.replacen("<!-- between -->", "<md:Other/>", 1), "must not stand in a list");
    refused(&format!("{good}<a/>"), "what stands after the root");
    refused(&format!("{good}<!-- -->"), "what stands after the root");
    refused(
        &good.replacen("encoding=\"UTF-8\"", "encoding=\"UTF-16\"", 1),
        "only XML 1.0 in UTF-8",
    );
    refused(&good.replacen("version=\"1.0\"", "version=\"1.1\"", 1), "only XML 1.0 in UTF-8");
    let mut octets = good.clone().into_bytes();
    let at = good.find("https://b.example").unwrap();
    octets[at] = 0xff;
    let not_utf8 = verify(&octets[..], Trust::Placed, Limits::default(), now());
    assert!(matches!(not_utf8, Err(AggregateError::NotUtf8 { .. })), "{not_utf8:?}");
    accepted(&format!("\u{feff}{good}\n\n"));
}

#[test]
fn a_list_cut_anywhere_is_refused() {
    let good = sealed(&list(&two()));
    let end = good.trim_end().len();
    for cut in (0..end).step_by(7).chain([end - 1]).filter(|cut| good.is_char_boundary(*cut)) {
        assert!(judge(&good[..cut]).is_err(), "cut at {cut}");
        let placed = verify(&good.as_bytes()[..cut], Trust::Placed, Limits::default(), now());
        assert!(placed.is_err(), "cut at {cut}");
    }
}

#[test]
fn times_are_judged() {
    let with = |until: &str| sealed(&list_with(&format!(" validUntil=\"{until}\""), &two()));
    accepted(&with("2026-11-22T00:10:04Z"));
    refused(&with("2026-11-22T00:10:03Z"), "it was valid until 2026-11-22 00:10:03");
    refused(&with("tomorrow"), "expected an instant");
    let entity = entity("https://a.example").replacen(
        " entityID",
        " validUntil=\"2020-01-01T00:00:00Z\" entityID",
        1,
    );
    let found = accepted(&sealed(&list(&entity)));
    assert!(found.entities()[0].valid_until.unwrap() < now() - TimeDelta::days(365));
}

#[test]
fn each_limit_can_be_reached_and_not_passed() {
    let text = sealed(&list(&two()));
    let at =
        |limits: Limits| judge_with(&text, limits).map(drop).map_err(|error| error.to_string());
    let limits = Limits::default();
    let elements = text.matches('<').count()
        - text.matches("</").count()
        - text.matches("<!").count()
        - text.matches("<?").count();
    let size = text.len() as u64;
    at(Limits { octets: size, entities: 2, elements, ids: 1, lists: 1, ..limits }).unwrap();
    for (limits, words) in [
        (Limits { octets: size - 1, ..limits }, "octets"),
        (Limits { entities: 1, ..limits }, "1 entities"),
        (Limits { elements: elements - 1, ..limits }, "elements"),
        (Limits { ids: 0, ..limits }, "0 IDs"),
        (Limits { part: 1_000, ..limits }, "octets of one part"),
        (Limits { part_elements: 3, ..limits }, "elements"),
        (Limits { opening: 60, ..limits }, "octets of start tags"),
    ] {
        let said = at(limits).unwrap_err();
        assert!(said.contains(words), "{said}");
    }
    let deep = |count: usize| {
        let (open, close) =
            ("<md:EntitiesDescriptor>".repeat(count), "</md:EntitiesDescriptor>".repeat(count));
        sealed(&list(&format!("{open}{}{close}", entity("https://a.example"))))
    };
    accepted(&deep(7));
    refused(&deep(8), "8 lists in lists");
    let levels = format!("<md:EntityDescriptor entityID='a'>{}", "<a>".repeat(70));
    refused(&sealed(&list(&two())).replace("<!-- between -->", &levels), "64 levels of elements");
}

/// A source that gives an octet at a time.
struct Dripping<'a>(&'a [u8]);

impl Read for Dripping<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
        buffer[0] = *first;
        self.0 = rest;
        Ok(1)
    }
}

#[test]
fn it_does_not_matter_in_what_pieces_it_comes() {
    let text = sealed(&list(&two()));
    let keys = [key(&keys::IDP)];
    let dripped =
        verify(Dripping(text.as_bytes()), Trust::Pinned(&keys), Limits::default(), now()).unwrap();
    assert_eq!(dripped.entities(), accepted(&text).entities());
}

/// The pass finds what a parser of the whole finds.
#[test]
fn real_lists_are_read_as_their_tree_has_them() {
    let Some(text) = real_files::read("idp-metadata/spid-entities-idps.xml") else { return };
    let found = verify(text.as_bytes(), Trust::Placed, Limits::default(), now());
    let found = found.unwrap_or_else(|error| panic!("{error}"));
    let tree = roxmltree::Document::parse(&text).unwrap();
    let entities: Vec<_> = tree
        .descendants()
        .filter(|node| node.has_tag_name((names::METADATA, "EntityDescriptor")))
        .map(|node| (node.attribute("entityID").unwrap(), node.range()))
        .collect();
    let ours: Vec<_> = found
        .entities()
        .iter()
        .map(|it| {
            let from = usize::try_from(it.offset).unwrap();
            (it.entity_id.as_str(), from..from + it.length as usize)
        })
        .collect();
    assert_eq!(ours, entities);
    assert!(found.is_signed());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// What is changed anywhere outside a comment is refused, and nothing panics.
    #[test]
    fn a_list_changed_anywhere_is_refused_or_the_same(at in 0.0..1.0, with in any::<u8>()) {
        static TEXT: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
            let mut inside = two();
            write!(inside, "<md:EntitiesDescriptor>{}</md:EntitiesDescriptor>", entity("https://c.example")).unwrap();
            sealed(&list(&inside))
        });
        let mut octets = TEXT.clone().into_bytes();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place")]
        let at = (at * octets.len() as f64) as usize;
        octets[at] = with;
        let good = accepted(&TEXT);
        if let Ok(found) = verify(&octets[..], Trust::Pinned(&[key(&keys::IDP)]), Limits::default(), now()) {
            let names = |found: &ponte::saml::metadata::aggregate::found::Verified| {
                found.entities().iter().map(|it| it.entity_id.clone()).collect::<Vec<_>>()
            };
            assert_eq!(names(&found), names(&good));
        }
        let _ = verify(&octets[..], Trust::Placed, Limits::default(), now());
    }
}
