//! A list at rest: nothing before the verdict, an index that is believed for its code, entities for their digests.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::Path;

use ponte::partners::aggregate::candidate::Candidate;
use ponte::partners::aggregate::error::{FindError, OpenError, TakeError};
use ponte::partners::aggregate::opened::Aggregate;
use ponte::saml::metadata::aggregate::entity::EntityError;
use ponte::saml::metadata::aggregate::limits::Limits;
use ponte::saml::metadata::aggregate::verify::Trust;
use ponte::saml::metadata::read::{Unsigned, read};
use ponte::saml::names;
use ponte::saml::signature::PublicKey;
use ponte::world::digest::{HmacKey, sha1};

use super::{entity, key, list, now, sealed};
use crate::support::keys;

fn code() -> HmacKey {
    HmacKey::new(b"a key of the tests")
}

fn take(folder: &Path, text: &str) -> Result<Candidate, TakeError> {
    let keys = [key(&keys::IDP)];
    let trust = Trust::Pinned(&keys);
    Candidate::take(folder, "fed", &mut text.as_bytes(), trust, Limits::default(), now())
}

fn open(folder: &Path, keys: &[PublicKey]) -> Result<Option<Aggregate>, OpenError> {
    Aggregate::open(folder, "fed", &code(), Trust::Pinned(keys))
}

fn of(names: &[&str]) -> String {
    sealed(&list(&names.iter().map(|name| entity(name)).collect::<Vec<_>>().join("\n")))
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort_unstable();
    names
}

#[test]
fn entities_are_found_by_name_and_by_sha1_and_read_as_metadata() {
    let folder = tempfile::tempdir().unwrap();
    let names = ["https://a.example", "https://b.example/è?x=1&amp;y", "https://c.example"];
    let names: Vec<&str> = names.into_iter().filter(|name| !name.contains('&')).collect();
    let accepted = take(folder.path(), &of(&names)).unwrap().accept(&code()).unwrap();
    let opened = open(folder.path(), &[key(&keys::IDP)]).unwrap().unwrap();
    for aggregate in [&accepted, &opened] {
        assert_eq!(aggregate.len(), names.len());
        let mut all: Vec<_> = aggregate.all().map(|listed| listed.entity_id).collect();
        all.sort_unstable();
        assert_eq!(all, names);
        for name in &names {
            let found = aggregate.find(name).unwrap().unwrap();
            assert_eq!(found.entity_id, *name);
            let described = read(&found.xml, Unsigned::Accept, now()).unwrap();
            assert_eq!(described.service_provider.entity_id, *name);
            assert_eq!(aggregate.by_sha1(&sha1(name.as_bytes())).unwrap().unwrap(), found);
            assert!(aggregate.contains(name));
        }
        assert!(aggregate.find("https://x.example").unwrap().is_none());
        assert!(aggregate.by_sha1(&[0; 20]).unwrap().is_none());
    }
}

#[test]
fn an_entity_keeps_the_namespaces_declared_above_it_and_loses_its_own_signature() {
    let folder = tempfile::tempdir().unwrap();
    let md = names::METADATA;
    let (ds, xs, xsi) = (names::DSIG, names::XS, names::XSI);
    let inside = format!(
        "<md:EntitiesDescriptor xmlns:xs='{xs}' xmlns:xsi='{xsi}'><EntityDescriptor xmlns='{md}' entityID='https://a.example'>\
         <ds:Signature xmlns:ds='{ds}'><ds:SignedInfo/></ds:Signature><Extensions><a xmlns='urn:a' \
         xsi:type='xs:string'>b</a></Extensions></EntityDescriptor></md:EntitiesDescriptor>"
    );
    let aggregate = take(folder.path(), &sealed(&list(&inside))).unwrap().accept(&code()).unwrap();
    let found = aggregate.find("https://a.example").unwrap().unwrap();
    let tree = roxmltree::Document::parse(&found.xml).unwrap();
    let typed = tree.descendants().find(|node| node.has_tag_name(("urn:a", "a"))).unwrap();
    assert_eq!(typed.lookup_namespace_uri(Some("xs")), Some(xs));
    assert!(!found.xml.contains("Signature"), "{}", found.xml);
}

#[test]
fn nothing_is_written_before_the_verdict_and_a_refused_list_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    take(folder.path(), &of(&["https://a.example"])).unwrap().accept(&code()).unwrap();
    let before = files(folder.path());
    let changed = of(&["https://b.example"]).replace("https://b.example", "https://c.example");
    assert!(matches!(take(folder.path(), &changed), Err(TakeError::Refused(_))));
    assert_eq!(files(folder.path()), before);
    // Verified and not accepted: the one before stands too.
    let candidate = take(folder.path(), &of(&["https://b.example"])).unwrap();
    assert_eq!(candidate.verified().entities()[0].entity_id, "https://b.example");
    let during = files(folder.path());
    assert_eq!(during.len(), before.len() + 1);
    let mode = fs::metadata(folder.path().join("fed.new")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    drop(candidate);
    assert_eq!(files(folder.path()), before);
    let opened = open(folder.path(), &[key(&keys::IDP)]).unwrap().unwrap();
    assert!(opened.contains("https://a.example") && !opened.contains("https://b.example"));
}

#[test]
fn a_new_list_takes_the_place_of_the_old_and_who_reads_the_old_reads_on() {
    let folder = tempfile::tempdir().unwrap();
    let old = take(folder.path(), &of(&["https://a.example"])).unwrap().accept(&code()).unwrap();
    let new = take(folder.path(), &of(&["https://b.example"])).unwrap().accept(&code()).unwrap();
    assert!(old.find("https://a.example").unwrap().is_some());
    assert!(new.find("https://a.example").unwrap().is_none());
    assert_ne!(old.digest(), new.digest());
    let left = files(folder.path());
    assert_eq!(left, [format!("fed-{}.xml", new.digest()), "fed.index".into()]);
    // The same again is no change.
    let again = take(folder.path(), &of(&["https://b.example"])).unwrap();
    assert_eq!(again.digest(), new.digest());
    again.accept(&code()).unwrap();
    assert_eq!(files(folder.path()), left);
}

/// Time of check, time of use: what lies there counts for what was verified, or not at all.
#[test]
fn what_was_changed_at_rest_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let text = of(&["https://a.example", "https://b.example"]);
    let taken = take(folder.path(), &text).unwrap().accept(&code()).unwrap();
    let copy = folder.path().join(format!("fed-{}.xml", taken.digest()));
    let at = text.find("https://b.example").unwrap() as u64;
    let file = OpenOptions::new().write(true).open(&copy).unwrap();
    file.write_all_at(b"https://x.example", at).unwrap();
    let opened = open(folder.path(), &[key(&keys::IDP)]).unwrap().unwrap();
    assert!(opened.find("https://a.example").unwrap().is_some());
    let altered = opened.find("https://b.example");
    assert!(matches!(altered, Err(FindError::Entity(EntityError::Altered))), "{altered:?}");
    assert!(opened.find("https://x.example").unwrap().is_none());
    file.set_len(at).unwrap();
    assert!(matches!(open(folder.path(), &[key(&keys::IDP)]), Err(OpenError::Altered { .. })));
}

#[test]
fn an_index_changed_anywhere_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    take(folder.path(), &of(&["https://a.example"])).unwrap().accept(&code()).unwrap();
    let path = folder.path().join("fed.index");
    let good = fs::read(&path).unwrap();
    let trusted = [key(&keys::IDP)];
    for at in (0..good.len()).step_by(11).chain([good.len() - 1]) {
        let mut changed = good.clone();
        changed[at] ^= 1;
        fs::write(&path, &changed).unwrap();
        assert!(matches!(open(folder.path(), &trusted), Err(OpenError::Altered { .. })), "{at}");
    }
    for length in [0, 31, good.len() / 2, good.len() - 1] {
        fs::write(&path, &good[..length]).unwrap();
        assert!(open(folder.path(), &trusted).is_err());
    }
    fs::write(&path, &good).unwrap();
    assert!(open(folder.path(), &trusted).unwrap().is_some());
    // Nor one of another house, or of another list.
    let other = Aggregate::open(folder.path(), "fed", &HmacKey::new(b"x"), Trust::Pinned(&trusted));
    assert!(matches!(other, Err(OpenError::Altered { .. })));
    fs::write(folder.path().join("fed2.index"), &good).unwrap();
    let other = Aggregate::open(folder.path(), "fed2", &code(), Trust::Pinned(&trusted));
    assert!(matches!(other, Err(OpenError::Altered { .. })));
}

#[test]
fn what_was_verified_with_a_key_that_is_trusted_no_more_is_taken_anew() {
    let folder = tempfile::tempdir().unwrap();
    assert!(open(folder.path(), &[key(&keys::IDP)]).unwrap().is_none());
    take(folder.path(), &of(&["https://a.example"])).unwrap().accept(&code()).unwrap();
    assert!(matches!(open(folder.path(), &[key(&keys::STRANGER)]), Err(OpenError::Signer { .. })));
    assert!(open(folder.path(), &[key(&keys::STRANGER), key(&keys::IDP)]).unwrap().is_some());
    let placed = Candidate::take(
        folder.path(),
        "fed",
        &mut of(&["https://a.example"]).as_bytes(),
        Trust::Placed,
        Limits::default(),
        now(),
    );
    placed.unwrap().accept(&code()).unwrap();
    assert!(matches!(open(folder.path(), &[key(&keys::IDP)]), Err(OpenError::Signer { .. })));
    let placed = Aggregate::open(folder.path(), "fed", &code(), Trust::Placed);
    assert!(placed.unwrap().is_some());
}

#[test]
fn a_folder_that_others_may_write_to_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("sources");
    take(&inner, &of(&["https://a.example"])).unwrap();
    assert_eq!(fs::metadata(&inner).unwrap().permissions().mode() & 0o777, 0o700);
    fs::set_permissions(&inner, fs::Permissions::from_mode(0o777)).unwrap();
    let refused = take(&inner, &of(&["https://a.example"]));
    assert!(matches!(refused, Err(TakeError::Folder { .. })));
    for name in ["", "../x", "a/b", "a.b"] {
        let mut nothing: &[u8] = b"";
        let taken =
            Candidate::take(&inner, name, &mut nothing, Trust::Placed, Limits::default(), now());
        assert!(matches!(taken, Err(TakeError::Name(_))), "{name}");
    }
}
