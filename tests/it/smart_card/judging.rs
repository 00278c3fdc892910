//! Each refusal by itself, beside a card that is good.

use chrono::TimeDelta;
use ponte::factors::card::judge::Rules;
use ponte::factors::card::standing::Unknown;

use crate::smart_card::walking::class_of;
use crate::support::agent::Agent;
use crate::support::card_house::{CRL, CardHouse, OCSP};
use crate::support::cards::{Answer, Authority, Browser, MessageDigestName, Spec, Status};

/// The page that comes of a card with this specification, and that of a good one.
fn page_of(it: &CardHouse, issuer: &Authority, change: impl FnOnce(&mut Spec)) -> String {
    let mut spec = Spec::cns(0x2002, it.house.now());
    change(&mut spec);
    let page = it.log_in(&mut Agent::new(), 3, &Browser::with(&issuer.issue(&spec)));
    if page.form_with_button("decision", "accept").is_some() {
        return "in".to_owned();
    }
    assert_eq!(page.status, 403, "{}", page.body);
    let (_, rest) = page.body.split_once("<h1>").unwrap();
    rest.split("</h1>").next().unwrap().replace("&#39;", "'").replace("&#x27;", "'")
}

/// TS-02, IC-03, IC-05: one thing is changed at a time, and each has a page of its own.
#[test]
fn ic_05_each_refusal_has_its_own_page() {
    let it = CardHouse::new();
    it.house.inhabitant("anna");
    let now = it.house.now();
    let region = it.region.clone();
    let stranger = Authority::new("Regione Esempio");
    let title = |change: &dyn Fn(&mut Spec)| page_of(&it, &region, change);
    let good = |it: &CardHouse| assert_eq!(page_of(it, &it.region, |_| {}), "in");
    good(&it);
    let signature: &dyn Fn(&mut Spec) = &|spec| (spec.signs, spec.authenticates) = (true, false);
    assert_eq!(title(signature), "Hai scelto il certificato di firma");
    // One that does both is for logging in too.
    assert_eq!(title(&|spec| spec.signs = true), "in");
    let other = "Questo certificato non serve per entrare";
    assert_eq!(title(&|spec| spec.purpose = Some("serverAuth")), other);
    assert_eq!(title(&|spec| spec.authenticates = false), other);
    assert_eq!(title(&|spec| spec.purpose = None), "in");
    // The same name, another key.
    let unknown = "Chi ha rilasciato la carta non è riconosciuto qui";
    assert_eq!(page_of(&it, &stranger, |_| {}), unknown);
    let weak = "La carta è troppo vecchia per essere sicura";
    assert_eq!(title(&|spec| spec.digest = MessageDigestName::Sha1), weak);
    let second = TimeDelta::seconds(1);
    assert_eq!(title(&|spec| spec.from = now + second), "Il certificato non è ancora valido");
    assert_eq!(title(&|spec| spec.from = now), "in");
    assert_eq!(title(&|spec| spec.to = now), "Il certificato è scaduto");
    assert_eq!(title(&|spec| spec.to = now + second), "in");
    let no_code = "Nel certificato non c’è un codice fiscale corretto";
    for name in ["RSSMRA80A01H501X/74.x", "Mario Rossi", "RSSMRA80A01H501U74", "/RSSMRA80A01H501U"]
    {
        assert_eq!(title(&|spec| name.clone_into(&mut spec.common_name)), no_code, "{name}");
    }
    // The other field is not looked at.
    let elsewhere: &dyn Fn(&mut Spec) = &|spec| {
        "Mario Rossi".clone_into(&mut spec.common_name);
        spec.name_serial = Some("TINIT-RSSMRA80A01H501U".into());
    };
    assert_eq!(title(elsewhere), no_code);
    good(&it);
}

/// An authority whose own certificate has ended vouches for nobody.
#[test]
fn an_authority_that_has_ended_is_none() {
    let it = CardHouse::new();
    let now = it.house.now();
    for (to, is_ours) in [(now + TimeDelta::seconds(1), true), (now, false)] {
        let authority = Authority::good("Vecchia", now - TimeDelta::days(9), to);
        let all = ponte::world::authorities::Authorities::from_pem(&authority.pem()).unwrap();
        let card = authority.issue(&Spec::cns(5, now)).certificate.to_der().unwrap();
        assert_eq!(all.issuer_of(&card, now).unwrap().is_ok(), is_ours);
        // What is in the file itself is nobody's card.
        let own = authority.certificate.to_der().unwrap();
        assert!(all.issuer_of(&own, now).unwrap().is_err());
    }
    // A card is no authority, though it is in the file.
    let card = it.region.issue(&Spec::cns(5, now));
    let all = ponte::world::authorities::Authorities::from_pem(&card.certificate.to_pem().unwrap());
    let as_authority = Authority { key: card.key.clone(), certificate: card.certificate };
    let below = as_authority.issue(&Spec::cns(6, now)).certificate.to_der().unwrap();
    assert!(all.unwrap().issuer_of(&below, now).unwrap().is_err());
}

/// IC-01, TS-02: CNS by issuer and policy; what is CNS-like is worth SpidL2, unless its issuer is named, and nothing
/// where only CNS are taken.
#[test]
fn ic_01_cns_and_cns_like_are_told_apart() {
    let like = |it: &CardHouse| it.provider.issue(&Spec::cns(0x31, it.house.now()));
    let no_policy = |it: &CardHouse| {
        it.region.issue(&Spec { policy: Some("1.3.76.16.9.9"), ..Spec::cns(0x32, it.house.now()) })
    };
    let wanted = "Qui serve una CNS";
    for make in [&like as &dyn Fn(&CardHouse) -> _, &no_policy] {
        let it = CardHouse::new();
        it.house.inhabitant("anna");
        let browser = Browser::with(&make(&it));
        let page = it.log_in(&mut Agent::new(), 3, &browser);
        assert!(page.body.contains(wanted), "{}", page.body);
        let mut agent = Agent::new();
        let page = it.log_in(&mut agent, 2, &browser);
        assert_eq!(class_of(&it, &mut agent, &page), "https://www.spid.gov.it/SpidL2");
        let cns_only = Rules { cns_only: true, ..Rules::default() };
        let strict = CardHouse::with(|it| it.rules = cns_only, |_| {});
        strict.house.inhabitant("anna");
        let page = strict.log_in(&mut Agent::new(), 2, &Browser::with(&make(&strict)));
        assert!(page.body.contains(wanted), "{}", page.body);
        // The control.
        let page = strict.log_in(&mut Agent::new(), 3, &Browser::with(&strict.cns(7)));
        assert!(page.form_with_button("decision", "accept").is_some());
    }
    let named = CardHouse::with(|it| it.as_cns = true, |_| {});
    named.house.inhabitant("anna");
    let mut agent = Agent::new();
    let page = named.log_in(&mut agent, 3, &Browser::with(&like(&named)));
    assert_eq!(class_of(&named, &mut agent, &page), "https://www.spid.gov.it/SpidL3");
}

/// Responders: good, revoked, and whatever is not to be believed, which is as if nobody had answered.
#[test]
fn a_responders_word_counts_if_it_is_the_authoritys() {
    const STANDING: &str = "Non sappiamo se la carta è ancora valida";
    let place = format!("{OCSP}region");
    let stranger = Authority::new("Regione Esempio");
    let hour = TimeDelta::hours(1);
    for (what, expected) in [
        ("good", "in"),
        ("revoked", "Il certificato è stato revocato o sospeso"),
        ("unknown there", STANDING),
        ("stranger", STANDING),
        ("too old", STANDING),
        ("of the future", STANDING),
        ("of another certificate", STANDING),
        ("nonsense", STANDING),
        ("down", STANDING),
    ] {
        let it = CardHouse::new();
        it.house.inhabitant("anna");
        let now = it.house.now();
        let region = it.region.clone();
        let minute = TimeDelta::minutes(1);
        let question = || {
            let other = region.issue(&Spec::cns(0x77, now)).certificate.to_der().unwrap();
            let own = region.certificate.to_der().unwrap();
            let own = ponte::world::certificate::Certificate::from_der(&own).unwrap();
            ponte::world::revocation::question(&other, &own).unwrap()
        };
        let answer = match what {
            "good" => Answer::Word(region.clone(), Status::Good, now - minute, now + hour),
            "revoked" => Answer::Word(region.clone(), Status::Revoked, now - minute, now + hour),
            "unknown there" => {
                Answer::Word(region.clone(), Status::Unknown, now - minute, now + hour)
            }
            "stranger" => Answer::Word(stranger.clone(), Status::Good, now - minute, now + hour),
            "too old" => Answer::Word(region.clone(), Status::Good, now - hour, now),
            "of the future" => {
                Answer::Word(region.clone(), Status::Good, now + hour, now + hour * 2)
            }
            "of another certificate" => {
                Answer::Octets(region.answer(&question(), Status::Good, now - minute, now + hour))
            }
            "nonsense" => Answer::Octets(b"no".to_vec()),
            _ => Answer::Down,
        };
        it.net.say(&place, answer);
        assert_eq!(page_of(&it, &it.region.clone(), |_| {}), expected, "{what}");
    }
}

/// Lists: whole ones of the authority, of this time; a card of unknown standing is worth SpidL2 where that is settled,
/// and never SpidL3.
#[test]
fn a_list_counts_if_it_is_whole_and_of_this_time() {
    let (hour, minute) = (TimeDelta::hours(1), TimeDelta::minutes(1));
    let place = format!("{CRL}region");
    for (what, expected) in [
        ("empty", "in"),
        ("others", "in"),
        ("revoked", "Il certificato è stato revocato o sospeso"),
        ("a part", "Non sappiamo se la carta è ancora valida"),
        ("stale", "Non sappiamo se la carta è ancora valida"),
        ("stranger", "Non sappiamo se la carta è ancora valida"),
        ("down", "Non sappiamo se la carta è ancora valida"),
    ] {
        let it = CardHouse::with(|it| (it.ocsp, it.crl) = (false, true), |_| {});
        it.house.inhabitant("anna");
        let now = it.house.now();
        let stranger = Authority::new("Regione Esempio");
        let list = |authority: &Authority, revoked: &[u32], to, critical| {
            Answer::Octets(authority.list(revoked, now - minute, to, critical))
        };
        it.net.say(
            &place,
            match what {
                "empty" => list(&it.region, &[], now + hour, false),
                "others" => list(&it.region, &[1, 0x2003, 0x9_2002], now + hour, false),
                "revoked" => list(&it.region, &[1, 0x2002], now + hour, false),
                "a part" => list(&it.region, &[], now + hour, true),
                "stale" => list(&it.region, &[], now, false),
                "stranger" => list(&stranger, &[], now + hour, false),
                _ => Answer::Down,
            },
        );
        assert_eq!(page_of(&it, &it.region.clone(), |_| {}), expected, "{what}");
    }
    let rules = Rules { unknown: Unknown::UpToSpidL2, ..Rules::default() };
    let it = CardHouse::with(|it| it.rules = rules, |_| {});
    it.house.inhabitant("anna");
    it.net.say(&format!("{OCSP}region"), Answer::Down);
    let browser = Browser::with(&it.cns(9));
    let mut agent = Agent::new();
    let page = it.log_in(&mut agent, 2, &browser);
    assert_eq!(class_of(&it, &mut agent, &page), "https://www.spid.gov.it/SpidL2");
    let page = it.log_in(&mut Agent::new(), 3, &browser);
    assert!(page.form_with_button("decision", "accept").is_none(), "{}", page.body);
}

/// What authorities said is kept as long as it is good: neither a list nor an answer is fetched for each login, and the
/// responder comes before the list. No address but the settings' is ever asked.
#[test]
fn what_authorities_said_is_kept() {
    let it = CardHouse::with(|it| it.crl = true, |_| {});
    it.house.inhabitant("anna");
    let now = it.house.now();
    let list = it.region.list(&[], now - TimeDelta::minutes(1), now + TimeDelta::hours(6), false);
    it.net.say(&format!("{CRL}region"), Answer::Octets(list));
    let browser = Browser::with(&it.cns(9));
    let log_in = || {
        let page = it.log_in(&mut Agent::new(), 3, &browser);
        page.form_with_button("decision", "accept").is_some()
    };
    assert!(log_in() && log_in());
    assert_eq!(*it.net.asked.lock().unwrap(), [format!("{OCSP}region")]);
    // The responder goes out of order: the list serves, and is fetched once.
    it.net.say(&format!("{OCSP}region"), Answer::Down);
    it.house.wait(301);
    assert!(log_in() && log_in());
    let asked = it.net.asked.lock().unwrap().clone();
    assert_eq!(asked[1..], [format!("{OCSP}region"), format!("{CRL}region")]);
    // Nobody answers any more: what the list says is good until its end, and no longer.
    it.net.say(&format!("{CRL}region"), Answer::Down);
    it.house.wait(3600);
    assert!(log_in());
    it.house.wait(6 * 3600);
    assert!(!log_in());
}
