//! What tokens tell of a person, as names and values: nested claims joined by dots, the protocol's own left out (spec/oidc.md §1.6).

use serde_json::{Map, Value};

/// Claims that are of the token and not of the person.
const OF_THE_TOKEN: [&str; 19] = [
    "acr",
    "amr",
    "at_hash",
    "aud",
    "auth_time",
    "azp",
    "c_hash",
    "client_id",
    "events",
    "exp",
    "iat",
    "iss",
    "jti",
    "nbf",
    "nonce",
    "s_hash",
    "sid",
    "sub",
    "typ",
];

/// Names and values, in order: `address.postal_code` for a nested one, a name several times for several values. Truth and numbers become
/// text; `null` and empty text say nothing.
#[must_use]
pub fn said(claims: &Map<String, Value>) -> Vec<(String, String)> {
    let mut said = Vec::new();
    for (name, value) in claims {
        if !OF_THE_TOKEN.contains(&name.as_str()) {
            flatten(name, value, &mut said);
        }
    }
    said
}

fn flatten(name: &str, value: &Value, said: &mut Vec<(String, String)>) {
    match value {
        Value::Null => {}
        Value::String(text) if text.trim().is_empty() => {}
        Value::String(text) => said.push((name.to_owned(), text.clone())),
        Value::Bool(_) | Value::Number(_) => said.push((name.to_owned(), value.to_string())),
        Value::Array(values) => {
            for value in values {
                flatten(name, value, said);
            }
        }
        Value::Object(members) => {
            for (member, value) in members {
                flatten(&format!("{name}.{member}"), value, said);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_of_the_person_is_told() {
        let claims = json!({
            "iss": "https://op.example.org", "sub": "a", "acr": "b", "nonce": "c",
            "https://attributes.eid.gov.it/fiscal_number": "TINIT-RSSMRA80A01H501U",
            "given_name": "Mario",
            "email_verified": true,
            "address": {"postal_code": "00100", "country_code": "IT", "region": null},
            "document_details": {"issuer": {"name": "Comune"}},
            "phone_number": ["1", "2"],
            "nickname": " ",
        });
        let expected = [
            ("https://attributes.eid.gov.it/fiscal_number", "TINIT-RSSMRA80A01H501U"),
            ("given_name", "Mario"),
            ("email_verified", "true"),
            ("address.postal_code", "00100"),
            ("address.country_code", "IT"),
            ("document_details.issuer.name", "Comune"),
            ("phone_number", "1"),
            ("phone_number", "2"),
        ];
        let said = said(claims.as_object().unwrap());
        let said: Vec<(&str, &str)> = said.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(said, expected);
    }
}
