//! A fault for each row of the table.

use ponte::saml::upstream::profile::UpstreamProfile;

use super::Case;
use crate::support::answers::Answer;

enum Part {
    Response,
    Assertion,
}
use Part::{Assertion, Response};

/// A change of the good answer that keeps it good, and one that does not: where, what, into what, into what.
type Row = (&'static str, &'static str, Part, &'static str, &'static str, &'static str);

pub(super) fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> =
        ROWS.iter().map(|row| case(UpstreamProfile::Spid, Answer::new(), row)).collect();
    // The response's own rules hold where nobody signed it, too.
    let unsigned = ROWS.iter().filter(|row| matches!(row.2, Response));
    cases.extend(unsigned.map(|row| {
        let mut case = case(UpstreamProfile::Spid, Answer::plain(), row);
        case.name.push_str(", response unsigned");
        case
    }));
    let l1 = Answer::new().assertion("SpidL2", "SpidL1");
    cases.push(level_one(&l1));
    cases.push(card());
    cases.extend(plain_saml());
    cases
}

fn case(profile: UpstreamProfile, base: Answer, row: &Row) -> Case {
    let (name, element, part, from, good, bad) = row;
    let made = |to| match part {
        Response => base.clone().response(from, to),
        Assertion => base.clone().assertion(from, to),
    };
    Case::under(profile, *name, element, &made(good).text(), &made(bad).text())
}

/// Level 1 must have a session's index; asked for level 1, so that the level is right.
fn level_one(l1: &Answer) -> Case {
    use crate::support::answers::judge;
    let with =
        l1.clone().assertion("<saml:AuthnStatement ", "<saml:AuthnStatement SessionIndex=\"_s1\" ");
    let one = ["https://www.spid.gov.it/SpidL1".to_owned()];
    let judged = |answer: &Answer| {
        judge(&answer.text(), UpstreamProfile::Spid, |expected| {
            expected.classes = Box::leak(Box::new(one.clone()));
            expected.forced = false;
        })
    };
    Case {
        name: "level 1 without SessionIndex".into(),
        element: "AuthnStatement/@SessionIndex",
        good: judged(&with),
        bad: judged(l1),
    }
}

/// The card's assertions may lack the issuer's format, not have another.
fn card() -> Case {
    let format = r#" Format="urn:oasis:names:tc:SAML:2.0:nameid-format:entity""#;
    let without = Answer::new().assertion(format, "");
    let other = Answer::new().assertion("nameid-format:entity", "nameid-format:persistent");
    let (good, bad) = (without.text(), other.text());
    Case::under(UpstreamProfile::Cie, "cie: Issuer Format", "Assertion/Issuer/@Format", &good, &bad)
}

fn plain_saml() -> Vec<Case> {
    let saml = UpstreamProfile::Saml2;
    let name = r#"NameQualifier="https://idp.example.org/saml""#;
    let rows: [Row; 6] = [
        (
            "saml2: NameQualifier of another",
            "Subject/NameID/@NameQualifier",
            Assertion,
            name,
            name,
            r#"NameQualifier="https://other.example""#,
        ),
        (
            "saml2: SPNameQualifier of another",
            "Subject/NameID/@NameQualifier",
            Assertion,
            name,
            r#"SPNameQualifier="https://sp.example.org/sp/main""#,
            r#"SPNameQualifier="https://other.example""#,
        ),
        (
            "saml2: other Destination",
            "Response/@Destination",
            Response,
            "sp/main/acs",
            "sp/main/acs",
            "sp/main/acs/",
        ),
        (
            "saml2: NotBefore not a time",
            "Conditions/@NotBefore",
            Assertion,
            r#"NotBefore="2026-11-22T00:09:33Z" "#,
            "",
            r#"NotBefore="now" "#,
        ),
        (
            "saml2: a second class",
            "AuthnContext/AuthnContextClassRef",
            Assertion,
            "</saml:AuthnContext>",
            "<saml:AuthenticatingAuthority>https://a.example</saml:AuthenticatingAuthority></saml:AuthnContext>",
            "<saml:AuthnContextClassRef>urn:x</saml:AuthnContextClassRef></saml:AuthnContext>",
        ),
        (
            "saml2: an attribute without a name",
            "Attribute/@Name",
            Assertion,
            r#"Name="name""#,
            r#"Name="urn:oid:2.5.4.42""#,
            r#"FriendlyName="name""#,
        ),
    ];
    rows.iter().map(|row| case(saml, Answer::new(), row)).collect()
}

const ENTITY: &str = "nameid-format:entity";
const OTHER_ENTITY: &str = ">https://idp.example.org/saml.evil.example<";
const ISSUER: &str = ">https://idp.example.org/saml<";

#[rustfmt::skip]
const ROWS: &[Row] = &[
    ("Response Version 1.1", "Response/@Version", Response, r#"Version="2.0""#, r#"Version="2.0""#, r#"Version="1.1""#),
    ("Response Version missing", "Response/@Version", Response, r#" Version="2.0""#, r#" Version="2.0""#, ""),
    ("Response InResponseTo of another request", "Response/@InResponseTo", Response, "_request1", "_request1", "_request2"),
    ("Response InResponseTo empty", "Response/@InResponseTo", Response, "_request1", "_request1", ""),
    ("Response InResponseTo missing", "Response/@InResponseTo", Response, r#" InResponseTo="_request1""#, r#" InResponseTo="_request1""#, ""),
    ("Response InResponseTo with a space", "Response/@InResponseTo", Response, "_request1", "_request1", " _request1"),
    ("Response Destination another", "Response/@Destination", Response, "/acs", "/acs", "/acs2"),
    ("Response Destination a prefix", "Response/@Destination", Response, "/main/acs", "/main/acs", "/main/ac"),
    ("Response Destination another case", "Response/@Destination", Response, "https://sp.", "https://sp.", "https://SP."),
    ("Response Destination empty", "Response/@Destination", Response, "https://sp.example.org/sp/main/acs", "https://sp.example.org/sp/main/acs", ""),
    ("Response Destination missing", "Response/@Destination", Response, r#" Destination="https://sp.example.org/sp/main/acs""#, r#" Destination="https://sp.example.org/sp/main/acs""#, ""),
    ("Response Issuer another", "Response/Issuer", Response, ISSUER, "> https://idp.example.org/saml\n<", OTHER_ENTITY),
    ("Response Issuer empty", "Response/Issuer", Response, ISSUER, ISSUER, "><"),
    ("Response Issuer Format another", "Response/Issuer/@Format", Response, ENTITY, ENTITY, "nameid-format:persistent"),
    ("Response Status empty", "Response/Status/StatusCode", Response, r#"<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"></samlp:StatusCode>"#, r#"<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"></samlp:StatusCode>"#, ""),
    ("Response StatusCode without Value", "Response/Status/StatusCode", Response, r#" Value="urn:oasis:names:tc:SAML:2.0:status:Success""#, r#" Value="urn:oasis:names:tc:SAML:2.0:status:Success""#, ""),
    ("Response StatusCode another", "Response/Status", Response, "status:Success", "status:Success", "status:success"),
    ("Response StatusCode with one below it", "Response/Status", Response, "</samlp:StatusCode>", "</samlp:StatusCode>", r#"<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:PartialLogout"></samlp:StatusCode></samlp:StatusCode>"#),
    ("Response two StatusCodes, the first good", "Response", Response, "</samlp:Status>", "</samlp:Status>", r#"<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Responder"></samlp:StatusCode></samlp:Status>"#),
    ("Response two Status", "Response", Response, "<samlp:Status>", "<samlp:Status>", "<samlp:Status></samlp:Status><samlp:Status>"),
    ("Response an element that has no place", "Response", Response, "<samlp:Status>", "<samlp:Extensions></samlp:Extensions><samlp:Status>", "<samlp:Scoping></samlp:Scoping><samlp:Status>"),
    ("Response an attribute that has no place", "Response", Response, r#" Version="#, r#" Consent="urn:oasis:names:tc:SAML:2.0:consent:obtained" Version="#, r#" Recipient="https://sp.example.org/sp/main/acs" Version="#),
    ("Response text between elements", "Response", Response, "<samlp:Status>", "\n<samlp:Status>", "Success<samlp:Status>"),
    ("Assertion missing", "Response/Assertion", Response, "@ASSERTION@", "@ASSERTION@", ""),

    ("Assertion Version 1.0", "Assertion/@Version", Assertion, r#"Version="2.0""#, r#"Version="2.0""#, r#"Version="1.0""#),
    ("Assertion Version missing", "Assertion/@Version", Assertion, r#" Version="2.0""#, r#" Version="2.0""#, ""),
    ("Assertion Issuer another", "Assertion/Issuer", Assertion, ISSUER, "> https://idp.example.org/saml\n<", OTHER_ENTITY),
    ("Assertion Issuer empty", "Assertion/Issuer", Assertion, ISSUER, ISSUER, "><"),
    ("Assertion Issuer Format missing", "Assertion/Issuer/@Format", Assertion, r#" Format="urn:oasis:names:tc:SAML:2.0:nameid-format:entity""#, r#" Format="urn:oasis:names:tc:SAML:2.0:nameid-format:entity""#, ""),
    ("Assertion Issuer Format another", "Assertion/Issuer/@Format", Assertion, ENTITY, ENTITY, "nameid-format:transient"),
    ("Subject missing", "Subject/NameID", Assertion, SUBJECT, SUBJECT, ""),
    ("NameID empty", "Subject/NameID", Assertion, ">_that-transient-name<", ">\n _that-transient-name <", "> <"),
    ("NameID missing", "Subject/NameID", Assertion, NAME, NAME, ""),
    ("NameID twice", "Assertion", Assertion, "</saml:NameID>", "</saml:NameID>", "</saml:NameID><saml:NameID>other</saml:NameID>"),
    ("NameID after the confirmation", "Assertion", Assertion, "</saml:Subject>", "</saml:Subject>", "<saml:NameID>other</saml:NameID></saml:Subject>"),
    ("NameID with an element in it", "Assertion", Assertion, ">_that-transient-name<", ">_that<![CDATA[-transient-name]]><", "><saml:Evidence></saml:Evidence>_that-transient-name<"),
    ("NameID Format missing", "Subject/NameID/@Format", Assertion, r#"<saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:transient""#, r#"<saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:transient""#, "<saml:NameID"),
    ("NameID Format another", "Subject/NameID/@Format", Assertion, "nameid-format:transient", "nameid-format:transient", "nameid-format:persistent"),
    ("NameID NameQualifier missing", "Subject/NameID/@NameQualifier", Assertion, r#" NameQualifier="https://idp.example.org/saml""#, r#" NameQualifier="https://idp.example.org/saml""#, ""),
    ("NameID NameQualifier empty", "Subject/NameID/@NameQualifier", Assertion, r#"NameQualifier="https://idp.example.org/saml""#, r#"NameQualifier="https://idp.example.org/saml""#, r#"NameQualifier="""#),
    ("NameID NameQualifier another", "Subject/NameID/@NameQualifier", Assertion, r#"NameQualifier="https://idp.example.org/saml""#, r#"NameQualifier="https://idp.example.org/saml""#, r#"NameQualifier="https://other.example""#),
    ("SubjectConfirmation missing", "SubjectConfirmation/@Method", Assertion, CONFIRMATION, CONFIRMATION, ""),
    ("SubjectConfirmation Method missing", "SubjectConfirmation/@Method", Assertion, r#" Method="urn:oasis:names:tc:SAML:2.0:cm:bearer""#, r#" Method="urn:oasis:names:tc:SAML:2.0:cm:bearer""#, ""),
    ("SubjectConfirmation Method sender-vouches", "SubjectConfirmation/@Method", Assertion, "cm:bearer", "cm:bearer", "cm:sender-vouches"),
    ("SubjectConfirmation Method holder-of-key", "SubjectConfirmation/@Method", Assertion, "cm:bearer", "cm:bearer", "cm:holder-of-key"),
    ("SubjectConfirmationData missing", "SubjectConfirmationData", Assertion, DATA, DATA, ""),
    ("SubjectConfirmationData twice", "Assertion", Assertion, DATA, DATA, TWICE),
    ("Recipient another", "SubjectConfirmationData/@Recipient", Assertion, r#"main/acs""#, r#"main/acs""#, r#"main/acs?x=1""#),
    ("Recipient missing", "SubjectConfirmationData/@Recipient", Assertion, r#" Recipient="https://sp.example.org/sp/main/acs""#, r#" Recipient="https://sp.example.org/sp/main/acs""#, ""),
    ("Recipient empty", "SubjectConfirmationData/@Recipient", Assertion, r#"Recipient="https://sp.example.org/sp/main/acs""#, r#"Recipient="https://sp.example.org/sp/main/acs""#, r#"Recipient="""#),
    ("confirmation of another request", "SubjectConfirmationData/@InResponseTo", Assertion, "_request1", "_request1", "_request2"),
    ("confirmation without InResponseTo", "SubjectConfirmationData/@InResponseTo", Assertion, r#" InResponseTo="_request1""#, r#" InResponseTo="_request1""#, ""),
    ("confirmation with NotBefore", "SubjectConfirmationData/@NotBefore", Assertion, "<saml:SubjectConfirmationData ", "<saml:SubjectConfirmationData Address=\"192.0.2.1\" ", "<saml:SubjectConfirmationData NotBefore=\"2026-11-22T00:10:00Z\" "),
    ("two confirmations, neither of which holds whole", "SubjectConfirmationData", Assertion, CONFIRMATION, TWO_GOOD, TWO_HALVES),
    ("Conditions missing", "Conditions", Assertion, CONDITIONS, CONDITIONS, ""),
    ("Conditions twice", "Assertion", Assertion, "<saml:Conditions ", "<saml:Conditions ", "<saml:Conditions></saml:Conditions><saml:Conditions "),
    ("AudienceRestriction missing", "AudienceRestriction/Audience", Assertion, AUDIENCE, AUDIENCE, ""),
    ("AudienceRestriction empty", "AudienceRestriction/Audience", Assertion, "<saml:Audience>https://sp.example.org/sp/main</saml:Audience>", "<saml:Audience>\n https://sp.example.org/sp/main </saml:Audience>", ""),
    ("Audience empty", "AudienceRestriction/Audience", Assertion, ">https://sp.example.org/sp/main<", ">https://sp.example.org/sp/main<", "><"),
    ("Audience another", "AudienceRestriction/Audience", Assertion, ">https://sp.example.org/sp/main<", ">https://sp.example.org/sp/main<", ">https://sp.example.org/sp/other<"),
    ("Audience a longer one", "AudienceRestriction/Audience", Assertion, ">https://sp.example.org/sp/main<", ">https://sp.example.org/sp/main<", ">https://sp.example.org/sp/main/<"),
    ("a second AudienceRestriction, for another", "AudienceRestriction/Audience", Assertion, "</saml:AudienceRestriction>", "</saml:AudienceRestriction><saml:AudienceRestriction><saml:Audience>https://x.example</saml:Audience><saml:Audience>https://sp.example.org/sp/main</saml:Audience></saml:AudienceRestriction>", "</saml:AudienceRestriction><saml:AudienceRestriction><saml:Audience>https://x.example</saml:Audience></saml:AudienceRestriction>"),
    ("a first AudienceRestriction, for another", "AudienceRestriction/Audience", Assertion, "<saml:AudienceRestriction>", "<saml:OneTimeUse></saml:OneTimeUse><saml:AudienceRestriction>", "<saml:AudienceRestriction><saml:Audience>https://x.example</saml:Audience></saml:AudienceRestriction><saml:AudienceRestriction>"),
    ("ProxyRestriction of 0", "Conditions/ProxyRestriction", Assertion, "<saml:AudienceRestriction>", r#"<saml:ProxyRestriction Count="1"></saml:ProxyRestriction><saml:AudienceRestriction>"#, r#"<saml:ProxyRestriction Count="0"></saml:ProxyRestriction><saml:AudienceRestriction>"#),
    ("ProxyRestriction to some", "Conditions/ProxyRestriction", Assertion, "<saml:AudienceRestriction>", "<saml:ProxyRestriction></saml:ProxyRestriction><saml:AudienceRestriction>", "<saml:ProxyRestriction><saml:Audience>https://x.example</saml:Audience></saml:ProxyRestriction><saml:AudienceRestriction>"),
    ("a condition that nobody knows", "Conditions/Condition", Assertion, "<saml:AudienceRestriction>", "<saml:OneTimeUse></saml:OneTimeUse><saml:AudienceRestriction>", r#"<x:Fee xmlns:x="urn:x:fee"></x:Fee><saml:AudienceRestriction>"#),
    ("AuthnStatement missing", "AuthnStatement", Assertion, STATEMENT, STATEMENT, ""),
    ("AuthnStatement twice", "AuthnStatement", Assertion, STATEMENT, STATEMENT, TWO_STATEMENTS),
    ("AuthnContext missing", "AuthnContext/AuthnContextClassRef", Assertion, CONTEXT, CONTEXT, ""),
    ("AuthnContext twice", "A", Assertion, CONTEXT, CONTEXT, TWO_CONTEXTS),
    ("AuthnContextClassRef missing", "AuthnContext/AuthnContextClassRef", Assertion, CLASS, CLASS, ""),
    ("AuthnContextClassRef empty", "AuthnContext/AuthnContextClassRef", Assertion, ">https://www.spid.gov.it/SpidL2<", "> https://www.spid.gov.it/SpidL2 <", "><"),
    ("AuthnContextClassRef SpidL4", "AuthnContext/AuthnContextClassRef", Assertion, "SpidL2", "SpidL3", "SpidL4"),
    ("AuthnContextClassRef of before", "AuthnContext/AuthnContextClassRef", Assertion, "https://www.spid.gov.it/SpidL2", "https://www.spid.gov.it/SpidL2", "urn:oasis:names:tc:SAML:2.0:ac:classes:SpidL2"),
    ("AuthnContextClassRef of plain SAML", "AuthnContext/AuthnContextClassRef", Assertion, "https://www.spid.gov.it/SpidL2", "https://www.spid.gov.it/SpidL2", "urn:oasis:names:tc:SAML:2.0:ac:classes:SmartcardPKI"),
    ("AttributeStatement without attributes", "AttributeStatement", Assertion, ATTRIBUTES, ATTRIBUTES, "<saml:AttributeStatement></saml:AttributeStatement>"),
    ("AttributeStatement without values", "AttributeStatement", Assertion, ATTRIBUTES, "", r#"<saml:AttributeStatement><saml:Attribute Name="name"></saml:Attribute></saml:AttributeStatement>"#),
    ("AttributeStatement with empty values", "AttributeStatement", Assertion, ATTRIBUTES, ATTRIBUTES, r#"<saml:AttributeStatement><saml:Attribute Name="name"><saml:AttributeValue> </saml:AttributeValue></saml:Attribute></saml:AttributeStatement>"#),
    ("an attribute without Name", "Attribute/@Name", Assertion, r#"<saml:Attribute Name="name">"#, r#"<saml:Attribute Name="familyName">"#, "<saml:Attribute>"),
    ("an attribute twice", "Attribute", Assertion, r#"Name="name""#, r#"Name="familyName""#, r#"Name="fiscalNumber""#),
    ("an attribute with two values", "Attribute", Assertion, "Ada</saml:AttributeValue>", "Ada</saml:AttributeValue>", "Ada</saml:AttributeValue><saml:AttributeValue>Eva</saml:AttributeValue>"),
    ("an attribute with an element for a value", "Attribute", Assertion, ">Ada<", "><![CDATA[Ada]]><", "><saml:NameID>Ada</saml:NameID><"),
    ("Assertion an element that has no place", "Assertion", Assertion, "<saml:Conditions ", "<saml:Conditions ", "<saml:Evidence></saml:Evidence><saml:Conditions "),
    ("Assertion the order another", "Assertion", Assertion, "<saml:Subject>", "<saml:Subject>", "<saml:Advice></saml:Advice><saml:Subject>"),
];

const SUBJECT: &str = r#"<saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:transient" NameQualifier="https://idp.example.org/saml">_that-transient-name</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData InResponseTo="_request1" NotOnOrAfter="2026-11-22T00:15:00Z" Recipient="https://sp.example.org/sp/main/acs"></saml:SubjectConfirmationData></saml:SubjectConfirmation></saml:Subject>"#;
const NAME: &str = r#"<saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:transient" NameQualifier="https://idp.example.org/saml">_that-transient-name</saml:NameID>"#;
const CONFIRMATION: &str = r#"<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData InResponseTo="_request1" NotOnOrAfter="2026-11-22T00:15:00Z" Recipient="https://sp.example.org/sp/main/acs"></saml:SubjectConfirmationData></saml:SubjectConfirmation>"#;
const DATA: &str = r#"<saml:SubjectConfirmationData InResponseTo="_request1" NotOnOrAfter="2026-11-22T00:15:00Z" Recipient="https://sp.example.org/sp/main/acs"></saml:SubjectConfirmationData>"#;
const TWICE: &str = r#"<saml:SubjectConfirmationData InResponseTo="_request1" NotOnOrAfter="2026-11-22T00:15:00Z" Recipient="https://sp.example.org/sp/main/acs"></saml:SubjectConfirmationData><saml:SubjectConfirmationData InResponseTo="_request1" NotOnOrAfter="2026-11-22T00:15:00Z" Recipient="https://sp.example.org/sp/main/acs"></saml:SubjectConfirmationData>"#;
/// The second holds whole.
const TWO_GOOD: &str = r#"<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData InResponseTo="_request1" NotOnOrAfter="2026-11-22T00:15:00Z" Recipient="https://other.example/acs"></saml:SubjectConfirmationData></saml:SubjectConfirmation><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData InResponseTo="_request1" NotOnOrAfter="2026-11-22T00:15:00Z" Recipient="https://sp.example.org/sp/main/acs"></saml:SubjectConfirmationData></saml:SubjectConfirmation>"#;
const TWO_HALVES: &str = r#"<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData InResponseTo="_request1" NotOnOrAfter="2026-11-22T00:15:00Z" Recipient="https://other.example/acs"></saml:SubjectConfirmationData></saml:SubjectConfirmation><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData InResponseTo="_request2" NotOnOrAfter="2026-11-22T00:15:00Z" Recipient="https://sp.example.org/sp/main/acs"></saml:SubjectConfirmationData></saml:SubjectConfirmation>"#;
const CONDITIONS: &str = r#"<saml:Conditions NotBefore="2026-11-22T00:09:33Z" NotOnOrAfter="2026-11-22T00:15:00Z"><saml:AudienceRestriction><saml:Audience>https://sp.example.org/sp/main</saml:Audience></saml:AudienceRestriction></saml:Conditions>"#;
const AUDIENCE: &str = "<saml:AudienceRestriction><saml:Audience>https://sp.example.org/sp/main</saml:Audience></saml:AudienceRestriction>";
const STATEMENT: &str = r#"<saml:AuthnStatement AuthnInstant="2026-11-22T00:09:59Z"><saml:AuthnContext><saml:AuthnContextClassRef>https://www.spid.gov.it/SpidL2</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>"#;
const TWO_STATEMENTS: &str = r#"<saml:AuthnStatement AuthnInstant="2026-11-22T00:09:59Z"><saml:AuthnContext><saml:AuthnContextClassRef>https://www.spid.gov.it/SpidL2</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement><saml:AuthnStatement AuthnInstant="2026-11-22T00:09:59Z"><saml:AuthnContext><saml:AuthnContextClassRef>https://www.spid.gov.it/SpidL3</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>"#;
const CONTEXT: &str = "<saml:AuthnContext><saml:AuthnContextClassRef>https://www.spid.gov.it/SpidL2</saml:AuthnContextClassRef></saml:AuthnContext>";
const TWO_CONTEXTS: &str = "<saml:AuthnContext><saml:AuthnContextClassRef>https://www.spid.gov.it/SpidL2</saml:AuthnContextClassRef></saml:AuthnContext><saml:AuthnContext></saml:AuthnContext>";
const CLASS: &str =
    "<saml:AuthnContextClassRef>https://www.spid.gov.it/SpidL2</saml:AuthnContextClassRef>";
const ATTRIBUTES: &str = r#"<saml:AttributeStatement><saml:Attribute Name="fiscalNumber" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:basic"><saml:AttributeValue xsi:type="xs:string">TINIT-SPSDAA80A41H501J</saml:AttributeValue></saml:Attribute><saml:Attribute Name="name"><saml:AttributeValue xsi:type="xs:string">Ada</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>"#;
