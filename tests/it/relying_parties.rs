//! `[[relying-party]]`: each of the twelve kinds is described by its settings, and what is wrong is said by its key.

use ponte::config::check;
use ponte::config::settings::Settings;
use ponte::saml::upstream::metadata::kind::MetadataProfile;
use ponte::saml::upstream::metadata::write;

use crate::support::keys::{IDP, SP, STRANGER};

/// A folder with the files that the settings may name.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (file, octets) in [
        ("aggregated.crt", &STRANGER.pair.certificate),
        ("open.pem", &SP.pair.key),
        ("open.crt", &SP.pair.certificate),
        ("none.pem", &b"nothing".to_vec()),
    ] {
        std::fs::write(folder.path().join(file), octets).unwrap();
    }
    folder
}

fn read(lines: &str) -> Result<Settings, String> {
    let folder = folder();
    let text = format!(
        "[server]\nbase-url = \"https://idp.example.org\"\n[idp]\n\
         organization = {{ name.it = \"Ente di esempio\", url.it = \"https://www.example.org\" }}\n\
         [keys]\nseal = \"keys/seal.key\"\nsigning = [{{ key = \"keys/signing.key\", certificate = \"keys/signing.crt\" }}]\n\
         [[relying-party]]\n{lines}\n"
    );
    check::read(&text, &folder.path().join("ponte.toml"), &[]).map_err(|error| error.to_string())
}

const PUBLIC: &str = "contact.email = \"spid@example.org\"\ncontact.ipa-code = \"c_h501\"\n";
const TAX: &str = "contact.email = \"spid@example.org\"\ncontact.vat-number = \"IT97735020584\"\n";
const BOTH: &str = "contact.fiscal-code = \"97735020584\"\n";
const CARD: &str = "contact.municipality = \"H501\"\n";
const INVOICED: &str = "invoicing = { name = \"Ente\", vat-number = \"IT97735020584\", street = \"Via Liszt\", postal-code = \"00144\", \
    town = \"Roma\", country = \"IT\", email = \"fatture@example.org\" }\n";
const AGGREGATED: &str =
    "aggregated.company = \"Comune di Esempio\"\naggregated.email = \"ente@example.org\"\n";
const OF_A_BODY: &str = "aggregated.ipa-code = \"c_h501\"\n";
const OF_A_COMPANY: &str = "aggregated.vat-number = \"IT97735020584\"\n";
const VALIDATION: &str = "validation = \"aggregated.crt\"\n";

/// What a good table of the kind has, besides its id and its profile.
fn good(profile: MetadataProfile) -> String {
    let operator = format!("{PUBLIC}contact.vat-number = \"IT97735020584\"\n{BOTH}");
    let private = format!("{AGGREGATED}{OF_A_COMPANY}{INVOICED}");
    match profile {
        MetadataProfile::SpidPublic | MetadataProfile::Ficep => PUBLIC.to_owned(),
        MetadataProfile::SpidPrivate => format!("{TAX}{INVOICED}"),
        MetadataProfile::SpidAgPublicFull => format!("{TAX}{AGGREGATED}{OF_A_BODY}"),
        MetadataProfile::SpidAgPublicLite => format!("{TAX}{AGGREGATED}{OF_A_BODY}{VALIDATION}"),
        MetadataProfile::SpidAgPrivateFull => format!("{TAX}{private}"),
        MetadataProfile::SpidAgPrivateLite => format!("{TAX}{private}{VALIDATION}"),
        MetadataProfile::SpidOpPublicFull => operator,
        MetadataProfile::SpidOpPublicLite => {
            format!("{operator}{AGGREGATED}{OF_A_BODY}{VALIDATION}")
        }
        MetadataProfile::CiePublic => format!("{PUBLIC}{CARD}{}", ATTRIBUTES),
        MetadataProfile::CiePrivate => {
            format!("{TAX}{BOTH}{CARD}contact.nace2 = \"62.01\"\n{}", ATTRIBUTES)
        }
        MetadataProfile::Saml2 => String::new(),
    }
}

const ATTRIBUTES: &str =
    "attributes = [\"name\", \"familyName\", \"dateOfBirth\", \"fiscalNumber\"]\n";

fn table(profile: MetadataProfile, more: &str) -> String {
    let id = profile.activity().unwrap_or("ente");
    format!("id = \"{id}\"\nprofile = \"{}\"\n{more}", profile.name())
}

#[test]
fn each_of_the_twelve_kinds_is_described_by_its_settings() {
    for profile in MetadataProfile::ALL {
        let settings = read(&table(profile, &good(profile)));
        let settings = settings.unwrap_or_else(|error| panic!("{}: {error}", profile.name()));
        let description = settings.relying_parties[0].description.as_ref().unwrap();
        assert_eq!(description.profile, profile);
        let xml = write::write(description, "_m", &IDP.signer, &[]).unwrap();
        if let Some(activity) = profile.activity() {
            let whole = format!("entityID=\"https://idp.example.org/sp/{activity}\"");
            assert!(xml.contains(&whole), "{xml}");
            assert!(xml.contains("spid:entityType=\"spid:aggregator\""), "{xml}");
            assert!(xml.contains("<md:Company>Ente di esempio</md:Company>"), "{xml}");
        }
        let is_theirs = xml.contains(
            "<md:OrganizationName xml:lang=\"it\">Comune di Esempio</md:OrganizationName>",
        );
        assert_eq!(is_theirs, profile.has_aggregated(), "{xml}");
        assert_eq!(xml.contains("spid:validation"), profile.is_lite(), "{xml}");
    }
}

#[test]
fn what_is_missing_or_wrong_is_said_by_its_key() {
    let ag = MetadataProfile::SpidAgPublicFull;
    for (table, said) in [
        (table(ag, TAX), "relying-party[1].aggregated"),
        (
            table(ag, &format!("{AGGREGATED}{OF_A_BODY}contact.email = \"spid@example.org\"\n")),
            "relying-party[1].contact.vat-number",
        ),
        (table(ag, &format!("{TAX}{AGGREGATED}")), "relying-party[1].aggregated.ipa-code"),
        (
            table(ag, &format!("{TAX}{AGGREGATED}aggregated.ipa-code = \"c h501\"\n")),
            "relying-party[1].aggregated.ipa-code",
        ),
        (
            table(ag, &good(ag)).replacen("id = \"pub-ag-full\"", "id = \"ente\"", 1),
            "an address without query that contains pub-ag-full",
        ),
        (table(ag, &format!("{}{VALIDATION}", good(ag))), "relying-party[1].validation"),
        (
            table(MetadataProfile::SpidAgPublicLite, &format!("{TAX}{AGGREGATED}{OF_A_BODY}")),
            "relying-party[1].validation",
        ),
        (
            table(
                MetadataProfile::SpidAgPrivateFull,
                &format!("{TAX}{AGGREGATED}{OF_A_BODY}{INVOICED}"),
            ),
            "relying-party[1].aggregated.ipa-code",
        ),
        (table(MetadataProfile::SpidOpPublicFull, PUBLIC), "relying-party[1].contact.vat-number"),
        (
            table(MetadataProfile::SpidPublic, &format!("{PUBLIC}{INVOICED}")),
            "relying-party[1].invoicing",
        ),
        (
            table(MetadataProfile::CiePrivate, &format!("{TAX}{BOTH}{CARD}{ATTRIBUTES}")),
            "relying-party[1].contact.nace2",
        ),
        (
            table(
                MetadataProfile::SpidPrivate,
                &format!(
                    "{INVOICED}contact.email = \"a@example.org\"\ncontact.vat-number = \"IT1\"\n"
                ),
            ),
            "relying-party[1].contact.vat-number",
        ),
    ] {
        let error = read(&table).err().unwrap_or_else(|| panic!("taken: {table}"));
        assert!(error.contains(said), "{said}: {error}");
    }
}

/// The key for which assertions are encrypted, and its certificate: both, of each other, in plain SAML alone.
#[test]
fn a_decryption_key_goes_with_its_certificate_in_plain_saml() {
    let saml = |lines: &str| read(&table(MetadataProfile::Saml2, lines));
    let pair = "decryption-key = \"open.pem\"\ndecryption-certificate = \"open.crt\"\n";
    let settings = saml(pair).unwrap();
    let entity = &settings.relying_parties[0];
    assert_eq!(entity.decryption.len(), 1);
    assert_eq!(entity.description.as_ref().unwrap().encryption.len(), 1);
    for (lines, said) in [
        ("decryption-key = \"open.pem\"\n".to_owned(), "decryption-certificate"),
        ("decryption-certificate = \"open.crt\"\n".to_owned(), "decryption-certificate"),
        (pair.replace("open.crt", "aggregated.crt"), "the certificate of decryption-key"),
        (pair.replace("open.pem", "none.pem"), "an RSA key of 2048 bits"),
        (pair.replace("open.pem", "missing.pem"), "a file that can be read"),
        (pair.replace("open.crt", "none.pem"), "a file of a certificate"),
    ] {
        let error = saml(&lines).unwrap_err();
        assert!(error.contains(said), "{said}: {error}");
    }
    let error = read(&table(MetadataProfile::SpidPublic, &format!("{PUBLIC}{pair}"))).unwrap_err();
    assert!(error.contains("relying-party[1].decryption-key"), "{error}");
}
