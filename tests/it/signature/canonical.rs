//! Canonicalisation against libxml2's: a signature over our canonical octets of a random tree must
//! hold for libxmlsec1, which makes its own.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use ponte::saml::names;
use proptest::collection::vec;
use proptest::prelude::{Just, ProptestConfig, Strategy, any, proptest};
use proptest::sample::{select, subsequence};

use super::{Refused, judge};
use crate::support::forge::{Forge, PLACE, algorithm, exclusive};
use crate::support::keys;

/// The prefixes of the trees; the first is the default namespace.
pub(crate) const PREFIXES: [&str; 5] = ["", "a", "b", "samlp", "ds"];
pub(crate) const URIS: [&str; 5] =
    ["urn:x", "urn:y", "http://x.example/%C3%A8?a=1;b=2", names::ASSERTION, ""];
const PIECES: [&str; 18] = [
    "a", " ", "\n", "\t", "\r", "\r\n", "è", "𐍈", "\u{85}", "\u{2028}", "&amp;", "&lt;", "&gt;",
    ">", "&#13;", "&#x9;", "&#10;", "&quot;",
];
const NAMES: [&str; 4] = ["e", "f", "é-1", "E.e"];

#[derive(Clone, Debug)]
pub(crate) enum Tree {
    Text(Vec<&'static str>),
    Cdata(Vec<&'static str>),
    Comment,
    Element {
        prefix: &'static str,
        name: &'static str,
        declarations: Vec<(&'static str, &'static str)>,
        attributes: Vec<Attribute>,
        children: Vec<Self>,
        short: bool,
    },
}

/// Prefix, name, the pieces of the value, and whether single quotes stand around it.
pub(crate) type Attribute = (&'static str, &'static str, Vec<&'static str>, bool);

fn pieces() -> impl Strategy<Value = Vec<&'static str>> {
    vec(select(&PIECES[..]), 0..4)
}

pub(crate) fn tree() -> impl Strategy<Value = Tree> {
    let leaf = proptest::prop_oneof![
        pieces().prop_map(Tree::Text),
        pieces().prop_map(Tree::Cdata),
        Just(Tree::Comment),
    ];
    leaf.prop_recursive(6, 40, 4, |inner| {
        let attribute =
            (select(&["", "a", "b", "xml"][..]), select(&NAMES[..]), pieces(), any::<bool>());
        (
            select(&PREFIXES[..]),
            select(&NAMES[..]),
            vec((select(&PREFIXES[..3]), select(&URIS[..])), 0..3),
            vec(attribute, 0..4),
            vec(inner, 0..4),
            any::<bool>(),
        )
            .prop_map(|(prefix, name, declarations, attributes, children, short)| {
                Tree::Element { prefix, name, declarations, attributes, children, short }
            })
    })
}

pub(crate) type Scope = Vec<(&'static str, &'static str)>;

fn bound(scope: &Scope, prefix: &str) -> Option<&'static str> {
    scope.iter().rev().find(|(known, _)| *known == prefix).map(|(_, uri)| *uri)
}

pub(crate) fn write(tree: &Tree, scope: &mut Scope, out: &mut String) {
    match tree {
        Tree::Text(pieces) => out.push_str(&pieces.concat()),
        Tree::Cdata(pieces) => write!(out, "<![CDATA[{}]]>", pieces.concat()).unwrap(),
        Tree::Comment => out.push_str("<!-- a remark -->"),
        Tree::Element { prefix, name, declarations, attributes, children, short } => {
            let outer = scope.len();
            let mut head = String::new();
            let mut declared = BTreeSet::new();
            for (prefix, uri) in declarations {
                if (uri.is_empty() && !prefix.is_empty()) || !declared.insert(prefix) {
                    continue;
                }
                let colon = if prefix.is_empty() { "" } else { ":" };
                write!(head, " xmlns{colon}{prefix}=\"{uri}\"").unwrap();
                scope.push((prefix, uri));
            }
            let mut used = BTreeSet::new();
            for (prefix, name, value, single) in attributes {
                let uri = match *prefix {
                    "" => Some(""),
                    "xml" => Some("xml"),
                    prefix => bound(scope, prefix),
                };
                if uri.filter(|uri| used.insert((*uri, name))).is_none() {
                    continue;
                }
                let colon = if prefix.is_empty() { "" } else { ":" };
                let quote = if *single { '\'' } else { '"' };
                write!(head, " {prefix}{colon}{name}={quote}{}{quote}", value.concat()).unwrap();
            }
            let prefix = bound(scope, prefix).map_or("", |_| prefix);
            let colon = if prefix.is_empty() { "" } else { ":" };
            if children.is_empty() && *short {
                write!(out, "<{prefix}{colon}{name}{head}/>").unwrap();
            } else {
                write!(out, "<{prefix}{colon}{name}{head} >").unwrap();
                for child in children {
                    write(child, scope, out);
                }
                write!(out, "</{prefix}{colon}{name}\n>").unwrap();
            }
            scope.truncate(outer);
        }
    }
}

fn document(trees: &[Tree], root: &[(&'static str, &'static str)]) -> String {
    let mut scope: Scope = vec![("samlp", names::PROTOCOL), ("saml", names::ASSERTION)];
    let mut head = String::new();
    let mut declared = BTreeSet::new();
    for (prefix, uri) in root {
        if uri.is_empty() || !declared.insert(prefix) {
            continue;
        }
        let colon = if prefix.is_empty() { "" } else { ":" };
        write!(head, " xmlns{colon}{prefix}=\"{uri}\"").unwrap();
        scope.push((prefix, uri));
    }
    let mut inside = String::new();
    for tree in trees {
        write(tree, &mut scope, &mut inside);
    }
    format!(
        "<samlp:AuthnRequest xmlns:saml=\"{}\" ID=\"_req1\"{head} xmlns:samlp='{}'>\
         <saml:Issuer>x</saml:Issuer>{PLACE}<samlp:Extensions>{inside}</samlp:Extensions>\
         </samlp:AuthnRequest>",
        names::ASSERTION,
        names::PROTOCOL
    )
}

fn agree(text: &str, prefixes: Vec<&'static str>, info_prefixes: Vec<&'static str>) {
    let forge = Forge {
        canonicalization: exclusive("CanonicalizationMethod", &info_prefixes),
        transforms: algorithm("Transform", names::ENVELOPED) + &exclusive("Transform", &prefixes),
        prefixes,
        info_prefixes,
        ..Forge::default()
    };
    let sealed = forge.seal(text, "_req1", &keys::SP);
    match judge(&sealed) {
        Ok(()) => {}
        // A comment that fell into a value, or what the parser reads otherwise: refused before
        // anything is canonicalised.
        Err(Refused::Structure(error)) if error.rule.contains("comment") => {}
        Err(Refused::Xml(error)) if error.to_string().contains("lone carriage return") => {}
        Err(refused) => panic!("{refused}: {text:?}"),
    }
}

pub(crate) const LISTED: [&str; 6] = ["#default", "a", "b", "saml", "samlp", "nowhere"];

proptest! {
    #![proptest_config(ProptestConfig {
        max_shrink_iters: 2_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn libxml2_canonicalises_as_we_do(
        trees in vec(tree(), 0..4),
        root in vec((select(&PREFIXES[..3]), select(&URIS[..])), 0..3),
        prefixes in subsequence(&LISTED[..], 0..4),
        info_prefixes in subsequence(&LISTED[..], 0..3),
    ) {
        agree(&document(&trees, &root), prefixes, info_prefixes);
    }
}
