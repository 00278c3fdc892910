//! Requests mutated at random: none panics, and what is accepted says what was signed.

use std::sync::LazyLock;

use ponte::login::request::LoginRequest;
use ponte::saml::lexical;
use ponte::saml::response::ReplyTo;
use proptest::prelude::*;

use crate::support::keys;
use crate::support::requests::{NOW, Verdict, arrive_by_post, arrive_by_redirect, form, verdict};
use crate::support::sp::{AuthnRequest, redirect};

/// One change of a text; places are taken modulo its length.
#[derive(Clone, Debug)]
pub(crate) enum Mutation {
    Remove { at: usize, length: usize },
    Repeat { at: usize, length: usize },
    Move { from: usize, to: usize, length: usize },
    Flip { at: usize, bit: u8 },
    Insert { at: usize, what: &'static str },
}

pub(crate) fn mutation() -> impl Strategy<Value = Mutation> {
    let at = || 0..100_000_usize;
    let what = prop::sample::select(vec![
        "<",
        ">",
        "\"",
        "&",
        "&amp;",
        "&#13;",
        "\r\n",
        " ",
        "\t",
        "<!-- -->",
        "<![CDATA[x]]>",
        "<?x?>",
        "xmlns=\"\"",
        "xmlns:saml=\"urn:x\"",
        "ID=\"x\"",
        "]]>",
        "\u{80}",
        "é",
        "\0",
        "%2B",
        "+",
        "&SAMLRequest=",
        "</saml:Issuer>",
        "<saml:Issuer>",
    ]);
    prop_oneof![
        (at(), 1..200_usize).prop_map(|(at, length)| Mutation::Remove { at, length }),
        (at(), 1..200_usize).prop_map(|(at, length)| Mutation::Repeat { at, length }),
        (at(), at(), 1..200_usize).prop_map(|(from, to, length)| Mutation::Move {
            from,
            to,
            length
        }),
        (at(), 0..7_u8).prop_map(|(at, bit)| Mutation::Flip { at, bit }),
        (at(), what).prop_map(|(at, what)| Mutation::Insert { at, what }),
    ]
}

impl Mutation {
    fn apply(&self, text: &str) -> String {
        let mut letters: Vec<char> = text.chars().collect();
        let count = letters.len().max(1);
        let place = |at: usize| at % count;
        match *self {
            Self::Remove { at, length } => {
                letters.drain(place(at)..(place(at) + length).min(letters.len()));
            }
            Self::Repeat { at, length } => {
                let part = letters[place(at)..(place(at) + length).min(letters.len())].to_vec();
                letters.splice(place(at)..place(at), part);
            }
            Self::Move { from, to, length } => {
                let end = (place(from) + length).min(letters.len());
                let part: Vec<char> = letters.drain(place(from)..end).collect();
                let to = to % (letters.len() + 1);
                letters.splice(to..to, part);
            }
            Self::Flip { at, bit } => {
                if let Some(letter) = letters.get_mut(place(at)) {
                    let flipped = u32::from(*letter) ^ (1 << bit);
                    *letter = char::from_u32(flipped).unwrap_or(*letter);
                }
            }
            Self::Insert { at, what } => {
                letters.splice(place(at)..place(at), what.chars());
            }
        }
        letters.into_iter().collect()
    }
}

static SIGNED: LazyLock<String> =
    LazyLock::new(|| AuthnRequest::spid("_1", NOW).signed(&keys::SP.signer));
static QUERY: LazyLock<String> =
    LazyLock::new(|| AuthnRequest::spid("_1", NOW).redirect(Some("handle"), &keys::SP.signer));
static SAID_BY_POST: LazyLock<LoginRequest> =
    LazyLock::new(|| arrive_by_post(&form(&SIGNED, Some("handle"))).unwrap().request);
static SAID_BY_REDIRECT: LazyLock<LoginRequest> =
    LazyLock::new(|| arrive_by_redirect(&QUERY).unwrap().request);

pub(crate) fn apply(mutations: &[Mutation], text: &str) -> String {
    mutations.iter().fold(text.to_owned(), |text, mutation| mutation.apply(&text))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_form_changed_after_signing_says_the_same_or_nothing(
        mutations in prop::collection::vec(mutation(), 1..4),
    ) {
        let outcome = arrive_by_post(&form(&apply(&mutations, &SIGNED), Some("handle")));
        let _ = verdict(&outcome);
        if let Ok(received) = outcome {
            prop_assert_eq!(&received.request, &*SAID_BY_POST);
        }
    }

    #[test]
    fn a_query_changed_after_signing_says_the_same_or_nothing(
        mutations in prop::collection::vec(mutation(), 1..4),
    ) {
        let outcome = arrive_by_redirect(&apply(&mutations, &QUERY));
        let _ = verdict(&outcome);
        if let Ok(received) = outcome {
            prop_assert_eq!(&received.request, &*SAID_BY_REDIRECT);
        }
    }

    #[test]
    fn a_form_body_is_read_or_refused(
        mutations in prop::collection::vec(mutation(), 1..4),
    ) {
        let outcome = arrive_by_post(&apply(&mutations, &form(&SIGNED, None)));
        if let Ok(received) = outcome {
            prop_assert_eq!(&received.request.id, &SAID_BY_POST.id);
            prop_assert_eq!(&received.request.requirement, &SAID_BY_POST.requirement);
        }
    }

    /// What a service provider signs may be anything; what is accepted of it keeps the rules.
    #[test]
    fn what_is_signed_and_accepted_keeps_the_rules(
        mutations in prop::collection::vec(mutation(), 1..4),
    ) {
        let xml = apply(&mutations, &AuthnRequest::spid("_1", NOW).unsigned());
        let outcome = arrive_by_redirect(&redirect(&xml, None, &keys::SP.signer));
        if verdict(&outcome) == Verdict::Accepted {
            let received = outcome.unwrap();
            let reply_to = ReplyTo::decode(&received.request.reply_to).unwrap();
            prop_assert!(lexical::is_id(&received.request.id));
            prop_assert_eq!(&reply_to.in_response_to, &received.request.id);
            prop_assert_eq!(received.request.requirement.classes.len(), 1);
            prop_assert!(!received.request.passive);
        }
    }

    #[test]
    fn any_octets_are_read_or_refused(text in "\\PC{0,200}") {
        prop_assert!(arrive_by_redirect(&text).is_err());
        prop_assert!(arrive_by_post(&text).is_err());
        let signed = redirect(&text, None, &keys::SP.signer);
        prop_assert!(arrive_by_redirect(&signed).is_err());
    }
}
