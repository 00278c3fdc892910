//! The demands on an answer, a row each: first those on the envelope, then those on the assertion
//! (spid-saml §1.2; SAML Profiles §4.1.4.2, §4.1.4.3).

use crate::saml::upstream::check::{Check, Tolerance};
use crate::saml::upstream::profile::UpstreamProfile::{self, Cie, Ficep, Saml2, Spid};
use crate::saml::upstream::{tests_of_assertion as of_assertion, tests_of_envelope as of_envelope};

/// What is demanded of the envelope, whatever its status.
pub const ENVELOPE: &[Check] = &[
    row(
        ALL,
        "Response",
        "must have the schema's elements and attributes in the schema's order, one assertion at most",
        "SAML Core §3.2.2, §3.3.3",
        of_envelope::schema,
    ),
    row(ALL, "Response/@Version", "must be 2.0", "spid-saml §1.2", of_envelope::version),
    row(ALL, "Response/@ID", "must be an NCName", "spid-saml §1.2", of_envelope::id),
    row(
        ALL,
        "Response/@IssueInstant",
        "must be an instant in UTC",
        "spid-saml §1.2, §1.6",
        of_envelope::issue_instant_form,
    ),
    row(
        ALL,
        "Response/@IssueInstant",
        "must be neither before the request nor in the future",
        "spid-saml §1.2",
        of_envelope::issue_instant_window,
    ),
    row(
        ALL,
        "Response/@InResponseTo",
        "must be the ID of our request: an answer that nobody asked for is not taken",
        "spid-saml §1.2, SAML Profiles §4.1.4.3",
        of_envelope::in_response_to,
    ),
    row(
        SPIDS,
        "Response/@Destination",
        "must be the address at which it came in",
        "spid-saml §1.2",
        of_envelope::destination,
    ),
    row(
        SAML,
        "Response/@Destination",
        "must be the address at which it came in, and be there in a signed response",
        "SAML Bindings §3.5.5.2",
        of_envelope::destination_if_unsigned,
    ),
    row(
        SPIDS,
        "Response/Issuer",
        "must be the entityID of the identity provider that was asked",
        "spid-saml §1.2",
        of_envelope::issuer,
    ),
    row(
        SAML,
        "Response/Issuer",
        "must be the entityID of the identity provider that was asked, and be there in a signed response",
        "SAML Profiles §4.1.4.2",
        of_envelope::issuer_if_unsigned,
    ),
    row(
        ALL,
        "Response/Issuer/@Format",
        "must be absent or the entity format",
        "spid-saml §1.2, SAML Profiles §4.1.4.2",
        of_envelope::issuer_format,
    ),
    row(
        ALL,
        "Response/Status/StatusCode",
        "must be there with a value",
        "spid-saml §1.2, SAML Core §3.2.2.1",
        of_envelope::status,
    ),
];

/// What is demanded of an answer that says `Success`.
pub const ASSERTION: &[Check] = &[
    row(
        ALL,
        "Assertion",
        "must have the schema's elements and attributes in the schema's order",
        "SAML Core §2.3.3",
        of_assertion::schema,
    ),
    row(ALL, "Assertion/@Version", "must be 2.0", "spid-saml §1.2", of_assertion::version),
    row(ALL, "Assertion/@ID", "must be an NCName", "spid-saml §1.2", of_assertion::id),
    row(
        ALL,
        "Assertion/@IssueInstant",
        "must be an instant in UTC",
        "spid-saml §1.2, §1.6",
        of_assertion::issue_instant_form,
    ),
    row(
        ALL,
        "Assertion/@IssueInstant",
        "must be neither before the request nor in the future",
        "spid-saml §1.2",
        of_assertion::issue_instant_window,
    ),
    row(
        ALL,
        "Assertion/Issuer",
        "must be the entityID of the identity provider that was asked",
        "spid-saml §1.2, SAML Profiles §4.1.4.3",
        of_assertion::issuer,
    ),
    row(
        &[Spid, Ficep],
        "Assertion/Issuer/@Format",
        "must be the entity format",
        "spid-saml §1.2",
        of_assertion::issuer_format,
    ),
    row(
        &[Cie, Saml2],
        "Assertion/Issuer/@Format",
        "must be absent or the entity format",
        "spid-saml §1.7, SAML Profiles §4.1.4.2",
        of_assertion::issuer_format_if_any,
    ),
    row(ALL, "Subject/NameID", "must be there, not empty", "spid-saml §1.2", of_assertion::name),
    row(
        SPIDS,
        "Subject/NameID/@Format",
        "must be the transient format",
        "spid-saml §1.2",
        of_assertion::name_format,
    ),
    row(
        SPIDS,
        "Subject/NameID/@NameQualifier",
        "must be the entityID of the identity provider",
        "spid-saml §1.2",
        of_assertion::name_qualifier,
    ),
    row(
        SAML,
        "Subject/NameID/@NameQualifier, @SPNameQualifier",
        "must be the identity provider's and ours if present: other names are not for us",
        "SAML Core §2.2.2, §8.3.7, §8.3.8",
        of_assertion::name_qualifiers_if_any,
    ),
    row(
        ALL,
        "SubjectConfirmation/@Method",
        "must be the bearer method in one confirmation at least",
        "spid-saml §1.2, SAML Profiles §4.1.4.2",
        of_assertion::bearer,
    ),
    row(
        ALL,
        "SubjectConfirmationData",
        "must be there",
        "spid-saml §1.2, SAML Profiles §4.1.4.2",
        of_assertion::confirmation_data,
    ),
    row(
        ALL,
        "SubjectConfirmationData/@Recipient",
        "must be the address at which it came in",
        "spid-saml §1.2, SAML Profiles §4.1.4.3",
        of_assertion::recipient,
    ),
    row(
        ALL,
        "SubjectConfirmationData/@InResponseTo",
        "must be the ID of our request",
        "spid-saml §1.2, SAML Profiles §4.1.4.3",
        of_assertion::in_response_to,
    ),
    row(
        ALL,
        "SubjectConfirmationData/@NotOnOrAfter",
        "must be an instant in UTC",
        "spid-saml §1.2, §1.6",
        of_assertion::confirmation_end_form,
    ),
    row(
        ALL,
        "SubjectConfirmationData/@NotOnOrAfter",
        "must be to come",
        "spid-saml §1.2, SAML Profiles §4.1.4.3",
        of_assertion::confirmation_end,
    ),
    row(
        ALL,
        "SubjectConfirmationData/@NotBefore",
        "must not be there",
        "spid-saml §1.2, SAML Profiles §4.1.4.2",
        of_assertion::no_confirmation_start,
    ),
    row(ALL, "Conditions", "must be there", "spid-saml §1.2", of_assertion::conditions),
    row(
        SPIDS,
        "Conditions/@NotBefore",
        "must be an instant in UTC",
        "spid-saml §1.2, §1.6",
        of_assertion::start_form,
    ),
    row(
        SAML,
        "Conditions/@NotBefore",
        "must be an instant in UTC if present",
        "SAML Core §1.3.3, §2.5.1",
        of_assertion::start_form_if_any,
    ),
    row(
        ALL,
        "Conditions/@NotBefore",
        "must not be to come",
        "spid-saml §1.2, SAML Core §2.5.1.2",
        of_assertion::start,
    ),
    row(
        SPIDS,
        "Conditions/@NotOnOrAfter",
        "must be an instant in UTC",
        "spid-saml §1.2, §1.6",
        of_assertion::end_form,
    ),
    row(
        SAML,
        "Conditions/@NotOnOrAfter",
        "must be an instant in UTC if present",
        "SAML Core §1.3.3, §2.5.1",
        of_assertion::end_form_if_any,
    ),
    row(
        ALL,
        "Conditions/@NotOnOrAfter",
        "must be to come",
        "spid-saml §1.2, SAML Core §2.5.1.2",
        of_assertion::end,
    ),
    row(
        ALL,
        "Conditions/@NotBefore, @NotOnOrAfter",
        "must not be the wrong way round",
        "SAML Core §2.5.1.2",
        of_assertion::start_before_end,
    ),
    row(
        ALL,
        "AudienceRestriction/Audience",
        "must be our entityID in every AudienceRestriction, of which there is one at least",
        "spid-saml §1.2, SAML Core §2.5.1.4, SAML Profiles §4.1.4.2",
        of_assertion::audience,
    ),
    row(
        ALL,
        "Conditions/ProxyRestriction",
        "must let us pass on what it says",
        "SAML Core §2.5.1.6",
        of_assertion::may_pass_on,
    ),
    row(
        ALL,
        "Conditions/Condition",
        "must be one that we know: what is not understood is not met",
        "SAML Core §2.5.1",
        of_assertion::known_conditions,
    ),
    row(
        ALL,
        "AuthnStatement",
        "must be there, once: of two a reader might take either",
        "spid-saml §1.2, SAML Profiles §4.1.4.2",
        of_assertion::one_authentication,
    ),
    row(
        ALL,
        "AuthnStatement/@AuthnInstant",
        "must be an instant in UTC",
        "SAML Core §2.7.2",
        of_assertion::authn_instant_form,
    ),
    row(
        ALL,
        "AuthnStatement/@AuthnInstant",
        "must not be in the future, nor before the request where ForceAuthn was asked for",
        "spid-saml §1.1, SAML Core §2.7.2, §3.4.1",
        of_assertion::authn_instant_window,
    ),
    row(
        ALL,
        "AuthnStatement/@SessionNotOnOrAfter",
        "must be an instant to come if present",
        "SAML Core §2.7.2, SAML Profiles §4.1.4.3",
        of_assertion::session_end,
    ),
    row(
        ALL,
        "AuthnContext/AuthnContextClassRef",
        "must be there, once",
        "spid-saml §1.2",
        of_assertion::one_class,
    ),
    row(
        SPIDS,
        "AuthnContext/AuthnContextClassRef",
        "must be one of https://www.spid.gov.it/SpidL1, SpidL2, SpidL3",
        "spid-saml §1.1, §1.2",
        of_assertion::spid_class,
    ),
    row(
        &[Spid, Ficep],
        "AuthnStatement/@SessionIndex",
        "must be there at level 1, where that was asked for",
        "spid-saml §1.2",
        of_assertion::session_index,
    ),
    row(
        SPIDS,
        "AttributeStatement",
        "must, if it is there, have an Attribute with a value",
        "spid-saml §1.2",
        of_assertion::some_attribute,
    ),
    row(
        ALL,
        "Attribute/@Name",
        "must be there",
        "spid-saml §1.2, SAML Core §2.7.3.1",
        of_assertion::attribute_names,
    ),
    row(
        SPIDS,
        "Attribute",
        "must come once, with one value, which is text",
        "spid-saml §1.2, §4",
        of_assertion::single_values,
    ),
];

/// What is accepted.
pub const TOLERANCES: &[Tolerance] = &[
    accept(ALL, "Response/Signature", "absent, where the assertion is signed", "spid-saml §1.2"),
    accept(ALL, "KeyInfo", "anything: it is never read", "XML Signature §4.5"),
    accept(
        ALL,
        "NameID, Audience, AttributeValue, Issuer, AuthnContextClassRef",
        "white space around the value",
        "spid-sp-test",
    ),
    accept(ALL, "Attribute/@NameFormat", "absent, or any", "spid-sp-test"),
    accept(
        SPIDS,
        "AuthnContextClassRef",
        "a higher level than was asked, whatever the Comparison; a lower one with maximum alone",
        "spid-saml §1.2",
    ),
    accept(
        SPIDS,
        "AuthnStatement/@SessionIndex",
        "present at levels 2 and 3: the validator itself sends it where level 1 was asked",
        "spid-sp-test",
    ),
    accept(SPIDS, "Attribute", "other attributes than were asked for", "spid-saml §1.2"),
    accept(SPIDS, "AttributeValue", "empty, beside others: it is left out", "spid-saml §1.2, §4"),
    accept(ALL, "@IssueInstant", "a fraction of any length", "spid-saml §1.6"),
    accept(CARD, "Assertion/Issuer/@Format", "absent", "spid-saml §1.7"),
    accept(CARD, "AuthnStatement/@SessionIndex", "absent at level 1", "spid-saml §1.7"),
    accept(
        SAML,
        "AuthnContextClassRef",
        "any: what it is worth is for the table of levels to say",
        "docs/levels.md",
    ),
    accept(SAML, "EncryptedAssertion", "AES-GCM under RSA-OAEP", "XML Encryption 1.1"),
];

const ALL: &[UpstreamProfile] = &[Spid, Cie, Ficep, Saml2];
const SPIDS: &[UpstreamProfile] = &[Spid, Cie, Ficep];
const SAML: &[UpstreamProfile] = &[Saml2];
const CARD: &[UpstreamProfile] = &[Cie];

type Test = fn(&super::check::Judged<'_>) -> Result<(), crate::saml::profile::check::Found>;

const fn row(
    profiles: &'static [UpstreamProfile],
    element: &'static str,
    rule: &'static str,
    source: &'static str,
    test: Test,
) -> Check {
    Check { element, rule, source, profiles, test }
}

const fn accept(
    profiles: &'static [UpstreamProfile],
    element: &'static str,
    rule: &'static str,
    source: &'static str,
) -> Tolerance {
    Tolerance { element, rule, source, profiles }
}
