//! XML that two readers might read in two ways: refused for its shape, before any signature is looked at.

use super::Case;
use crate::support::answers::Answer;

pub(super) fn cases() -> Vec<Case> {
    let good = Answer::plain().text();
    let mut cases = Vec::new();
    let mut push = |name: &str, bad: String| {
        cases.push(Case::new(format!("markup: {name}"), "Response", &good, &bad));
    };
    // What is signed with the fault in it: the signature itself would hold.
    let signed = |from: &str, to: &str| Answer::plain().assertion(from, to).text();
    let within = |from: &str, to: &str| Answer::plain().response(from, to).text();
    let name = "_that-transient-name";
    push("a comment in the NameID", signed(name, "_that<!-- x -->-transient-name"));
    push("a comment before the NameID's text", signed(">_that", "><!-- x -->_that"));
    push(
        "a comment after the NameID's text",
        signed("name</saml:NameID>", "name<!-- x --></saml:NameID>"),
    );
    push(
        "a comment in the Audience",
        signed("/sp/main</saml:Audience>", "/sp/main<!-- -->.evil</saml:Audience>"),
    );
    push(
        "a comment in the Issuer",
        signed(">https://idp.example.org/saml<", ">https://idp.example.org/saml<!-- --><"),
    );
    push(
        "a comment in an AttributeValue",
        signed("TINIT-SPSDAA80A41H501J", "TINIT-SPSDAA80A41H501J<!-- -->"),
    );
    push("a comment in the class", signed("SpidL2<", "SpidL2<!-- --><"));
    push(
        "a comment put into the NameID later",
        good.replacen(name, "_that<!-- x -->-transient-name", 1),
    );
    push(
        "a processing instruction in the NameID",
        good.replacen(name, "_that<?x?>-transient-name", 1),
    );
    push("a DOCTYPE", format!("<!DOCTYPE r>{good}"));
    push("an entity", format!("<!DOCTYPE r [<!ENTITY e \"x\">]>{}", good.replacen(name, "&e;", 1)));
    push(
        "an external entity",
        format!(
            "<!DOCTYPE r [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>{}",
            good.replacen(name, "&e;", 1)
        ),
    );
    push("an external DTD", format!("<!DOCTYPE r SYSTEM \"http://127.0.0.1:9/x.dtd\">{good}"));
    push(
        "a parameter entity",
        format!("<!DOCTYPE r [<!ENTITY % p SYSTEM \"http://127.0.0.1:9/p\"> %p;]>{good}"),
    );
    push("an entity that nobody declared", good.replacen(name, "&e;", 1));
    push(
        "a processing instruction before the root",
        format!("<?xml-stylesheet href=\"http://127.0.0.1:9/x\"?>{good}"),
    );
    push("something after the root", format!("{good}<x></x>"));
    push("a comment after the root", format!("{good}<!-- x -->"));
    push("two roots", format!("{good}{good}"));
    push("nothing", String::new());
    push("no markup", "SAMLResponse".into());
    push("another encoding", format!("<?xml version=\"1.0\" encoding=\"UTF-16\"?>{good}"));
    push("XML 1.1", format!("<?xml version=\"1.1\"?>{good}"));
    push(
        "another root",
        good.replacen("samlp:Response", "samlp:ArtifactResponse", 1)
            .replace("</samlp:Response>", "</samlp:ArtifactResponse>"),
    );
    push(
        "a response in no namespace",
        good.replacen(
            "xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\"",
            "xmlns:samlp=\"urn:x:y\"",
            1,
        ),
    );
    push("a LogoutResponse", good.replace("samlp:Response", "samlp:LogoutResponse"));
    push("an ID twice", within("ID=\"_response1\"", "ID=\"_assertion1\""));
    push("xml:id beside the ID", signed("<saml:Subject>", "<saml:Subject xml:id=\"_x\">"));
    push("an Id in lower case", signed("<saml:Subject>", "<saml:Subject Id=\"_x\">"));
    push("an ID in SAML's namespace", signed("<saml:Subject>", "<saml:Subject saml:ID=\"_x\">"));
    push(
        "an ID where the schema has none",
        signed("<saml:Subject>", "<saml:Subject ID=\"_assertion1\">"),
    );
    push(
        "a NameID in another namespace beside it",
        signed(
            "<saml:SubjectConfirmation ",
            "<x:NameID xmlns:x=\"urn:x:y\">_evil</x:NameID><saml:SubjectConfirmation ",
        ),
    );
    push(
        "a Subject in no namespace",
        signed("<saml:Conditions ", "<Subject></Subject><saml:Conditions "),
    );
    push(
        "a Signature in another namespace",
        signed("<saml:Subject>", "<x:Signature xmlns:x=\"urn:x:y\"></x:Signature><saml:Subject>"),
    );
    push(
        "a relative namespace",
        good.replacen("<saml:Subject>", "<saml:Subject xmlns:x=\"relative\">", 1),
    );
    push("a character that is none", good.replacen(name, "&#xD800;", 1));
    push("a null", good.replacen(name, "_that\0", 1));
    push(
        "too deep",
        good.replacen(
            "<samlp:Status>",
            &format!(
                "<samlp:Extensions>{}{}</samlp:Extensions><samlp:Status>",
                "<e>".repeat(70),
                "</e>".repeat(70)
            ),
            1,
        ),
    );
    push(
        "too many elements",
        good.replacen(
            "<samlp:Status>",
            &format!(
                "<samlp:Extensions>{}</samlp:Extensions><samlp:Status>",
                "<e></e>".repeat(5_100)
            ),
            1,
        ),
    );
    push(
        "too many attributes",
        good.replacen(
            "<samlp:Status>",
            &format!(
                "<samlp:Extensions><e{}></e></samlp:Extensions><samlp:Status>",
                (0..70).map(|n| format!(" a{n}=\"\"")).collect::<String>()
            ),
            1,
        ),
    );
    push(
        "too long",
        good.replacen(
            "<samlp:Status>",
            &format!(
                "<samlp:Extensions><e>{}</e></samlp:Extensions><samlp:Status>",
                "x".repeat(300_000)
            ),
            1,
        ),
    );
    let include = "<xi:include xmlns:xi=\"http://www.w3.org/2001/XInclude\" href=\"file:///etc/passwd\"></xi:include>";
    let bad = signed(name, include);
    cases.push(Case::new("markup: XInclude", "Assertion", &good, &bad));
    cases
}
