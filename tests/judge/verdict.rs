//! What came back, held against what the rules want.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roxmltree::{Document, Node};

use crate::agent::Page;
use crate::ask::{Ask, RELAY_STATE};
use crate::expect::{Expected, Outcome};
use crate::html;
use crate::setup::Setup;

/// What is wrong with `page` as the end of the case that `ask` began; empty if nothing.
pub(crate) fn judge(setup: &Setup, ask: &Ask, expected: &Expected, page: &Page) -> Vec<String> {
    let mut wrong = Vec::new();
    match expected.outcome {
        Outcome::Page { http } => judge_page(setup, expected, http, page, &mut wrong),
        Outcome::Told { code, sub, at_default } => {
            let service = &setup.service;
            let consumer =
                if at_default { service.default_consumer() } else { service.asked_consumer() };
            let Some(xml) = delivered(page, &consumer.location, &mut wrong) else { return wrong };
            let said = Said { code, sub, message: Some(expected.number) };
            judge_response(setup, ask, &xml, &consumer.location, &said, &mut wrong);
        }
        Outcome::Success => {
            let location = &setup.service.asked_consumer().location;
            let Some(xml) = delivered(page, location, &mut wrong) else { return wrong };
            let said = Said { code: "Success", sub: None, message: None };
            judge_response(setup, ask, &xml, location, &said, &mut wrong);
        }
    }
    if let (Some(screen), "it") = (expected.screen, setup.file.pages.language.as_str()) {
        let plain = |text: &str| text.replace('’', "'").to_lowercase();
        if !plain(&html::words(&page.body)).contains(&plain(screen)) {
            wrong.push(format!("the page does not say “{screen}”"));
        }
    }
    wrong
}

/// What is wrong with `page` as the beginning of a login.
pub(crate) fn judge_beginning(page: &Page) -> Vec<String> {
    let mut wrong = Vec::new();
    if page.status != 200 {
        wrong.push(format!("a good request got HTTP status {}", page.status));
    }
    if page.response_form().is_some() {
        wrong.push("a good request was answered before anybody was asked anything".into());
    }
    if page.forms().is_empty() {
        wrong.push("the page asks for nothing".into());
    }
    wrong
}

fn judge_page(setup: &Setup, expected: &Expected, http: u16, page: &Page, wrong: &mut Vec<String>) {
    let pages = &setup.file.pages;
    if page.status != http {
        wrong.push(format!("HTTP status {} in place of {http}", page.status));
    }
    if let Some(form) = page.response_form() {
        wrong.push(format!("a Response goes to {}: only the person may be told", form.action));
    }
    let language = html::language(&page.body).unwrap_or_default();
    if !language.to_ascii_lowercase().starts_with(&pages.language) {
        wrong.push(format!("the page's language is {language:?} in place of {:?}", pages.language));
    }
    let number = format!("nr{:02}", expected.number);
    if pages.show_number && !html::words(&page.body).contains(&number) {
        wrong.push(format!("the page does not show {number}"));
    }
}

/// The XML that the page's form takes to `consumer`.
fn delivered(page: &Page, consumer: &str, wrong: &mut Vec<String>) -> Option<String> {
    let Some(form) = page.response_form() else {
        let words: String = html::words(&page.body).chars().take(120).collect();
        wrong.push(format!("no Response, but a page with HTTP status {}: {words}", page.status));
        return None;
    };
    if !form.is_post {
        wrong.push("the Response does not go by HTTP-POST".into());
    }
    if form.action != consumer {
        wrong.push(format!("the Response goes to {} in place of {consumer}", form.action));
    }
    if form.field("RelayState") != Some(RELAY_STATE) {
        wrong.push(format!(
            "RelayState is {:?} in place of {RELAY_STATE:?}",
            form.field("RelayState")
        ));
    }
    let message = form.field("SAMLResponse").unwrap_or_default();
    let plain: String = message.split_whitespace().collect();
    let xml = STANDARD.decode(plain).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    if xml.is_none() {
        wrong.push("SAMLResponse is not XML in base64".into());
    }
    xml
}

struct Said {
    code: &'static str,
    sub: Option<&'static str>,
    message: Option<u16>,
}

fn judge_response(
    setup: &Setup,
    ask: &Ask,
    xml: &str,
    consumer: &str,
    said: &Said,
    wrong: &mut Vec<String>,
) {
    let document = match Document::parse(xml) {
        Ok(document) => document,
        Err(error) => {
            wrong.push(format!("the Response is no XML: {error}"));
            return;
        }
    };
    let root = document.root_element();
    let mut hold = |what: &str, found: Option<&str>, wanted: Option<&str>| {
        if found != wanted {
            let show = |text: Option<&str>| {
                text.map_or_else(|| "nothing".to_owned(), |text| format!("{text:?}"))
            };
            wrong.push(format!("{what} is {} in place of {}", show(found), show(wanted)));
        }
    };
    hold("the message", Some(root.tag_name().name()), Some("Response"));
    hold("Version", root.attribute("Version"), Some("2.0"));
    hold("Destination", root.attribute("Destination"), Some(consumer));
    hold("InResponseTo", root.attribute("InResponseTo"), ask.answerable_id());
    let issuer = child(root, "Issuer").and_then(|node| node.text()).map(str::trim);
    hold("Issuer", issuer, Some(&setup.provider.entity_id));
    let status = child(root, "Status");
    let code = status.and_then(|status| child(status, "StatusCode"));
    let sub = code.and_then(|code| child(code, "StatusCode"));
    let urn = |name: &str| format!("urn:oasis:names:tc:SAML:2.0:status:{name}");
    let value = |node: Option<Node<'_, '_>>| {
        node.and_then(|node| node.attribute("Value").map(str::to_owned))
    };
    hold("StatusCode", value(code).as_deref(), Some(&urn(said.code)));
    hold("the StatusCode below it", value(sub).as_deref(), said.sub.map(urn).as_deref());
    let message = status.and_then(|status| child(status, "StatusMessage"));
    let message = message.and_then(|node| node.text()).map(str::trim);
    if let Some(number) = said.message {
        hold("StatusMessage", message, Some(&format!("ErrorCode nr{number:02}")));
    }
    let assertions = root.children().filter(|node| is(*node, "Assertion")).count();
    let wanted = usize::from(said.message.is_none());
    if assertions != wanted {
        wrong.push(format!("{assertions} assertions in place of {wanted}"));
    }
    if root.attribute("ID").is_none_or(str::is_empty) {
        wrong.push("the Response has no ID".into());
    }
    let instant = root.attribute("IssueInstant").unwrap_or_default();
    if chrono::DateTime::parse_from_rfc3339(instant).is_err() || !instant.ends_with('Z') {
        wrong.push(format!("IssueInstant is {instant:?}, which is no instant in UTC"));
    }
    if let Some(assertion) = child(root, "Assertion") {
        judge_assertion(setup, assertion, ask, consumer, wrong);
    }
}

fn judge_assertion(
    setup: &Setup,
    assertion: Node<'_, '_>,
    ask: &Ask,
    consumer: &str,
    wrong: &mut Vec<String>,
) {
    let find = |name: &str| assertion.descendants().find(|node| is(*node, name));
    if child(assertion, "Signature").is_none() {
        wrong.push("the Assertion is not signed".into());
    }
    let audience = find("Audience").and_then(|node| node.text()).map(str::trim);
    if audience != Some(setup.service.entity_id.as_str()) {
        wrong.push(format!("the Audience is {audience:?}"));
    }
    let data = find("SubjectConfirmationData");
    if data.and_then(|node| node.attribute("Recipient")) != Some(consumer) {
        wrong.push("the Recipient is not the consumer".into());
    }
    if data.and_then(|node| node.attribute("InResponseTo")) != ask.answerable_id() {
        wrong.push("the SubjectConfirmationData answer another request".into());
    }
    let class = find("AuthnContextClassRef").and_then(|node| node.text()).map(str::trim);
    let level = |class: &str| class.chars().last();
    let asked = ask.classes.first().and_then(|class| level(class));
    if class.and_then(level) < asked {
        wrong.push(format!("the class asserted is {class:?}, below what was asked for"));
    }
    let is_first = class.is_some_and(|class| class.ends_with("SpidL1"));
    let index = find("AuthnStatement").and_then(|node| node.attribute("SessionIndex"));
    if index.is_some() != is_first {
        wrong.push(format!("SessionIndex is {index:?} with the class {class:?}"));
    }
    let empty = |node: &Node<'_, '_>| node.text().unwrap_or_default().trim().is_empty();
    let mut values = assertion.descendants().filter(|node| is(*node, "AttributeValue"));
    if values.any(|node| empty(&node)) {
        wrong.push("an AttributeValue is empty".into());
    }
}

fn is(node: Node<'_, '_>, name: &str) -> bool {
    node.is_element() && node.tag_name().name() == name
}

fn child<'a, 'input>(node: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    node.children().find(|child| is(*child, name))
}
