//! What a card is worth: capped by the account's proofing and by the installation, as everything else is.

use ponte::assurance::level::Level;
use ponte::store::accounts;
use ponte::store::port::{Committed, Durability};
use ponte::store::record::Batch;

use crate::smart_card::walking::class_of;
use crate::support::agent::Agent;
use crate::support::card_house::CardHouse;
use crate::support::cards::Browser;

/// An account of the person's own word reaches SpidL1, card or no card; one that was proofed reaches SpidL3.
#[test]
fn a_card_is_worth_no_more_than_the_proofing() {
    let it = CardHouse::new();
    it.house.inhabitant("anna");
    let env = &it.house.env;
    let seen = it.house.block_on(accounts::by_username(env.records(), "anna", env.clock.now()));
    let seen = seen.unwrap().unwrap();
    let mut account = seen.value.clone();
    account.identities[0].proofing = None;
    let mut batch = Batch::new();
    accounts::update(env.records(), &mut batch, &seen, &account).unwrap();
    let done = batch.commit(&*env.store, Durability::Durable, env.clock.now());
    assert_eq!(it.house.block_on(done).unwrap(), Committed::Done);
    let browser = Browser::with(&it.cns(7));
    let page = it.log_in(&mut Agent::new(), 2, &browser);
    assert!(page.form_with_button("decision", "accept").is_none(), "{}", page.body);
    assert!(page.body.contains("nr20"), "{}", page.body);
    let mut agent = Agent::new();
    let page = it.log_in(&mut agent, 1, &browser);
    assert_eq!(class_of(&it, &mut agent, &page), "https://www.spid.gov.it/SpidL1");
}

/// Nor than the house answers.
#[test]
fn a_card_is_worth_no_more_than_the_ceiling() {
    let it = CardHouse::with(|_| {}, |making| making.settings.levels.ceiling = Level::Loa3);
    it.house.inhabitant("anna");
    let mut agent = Agent::new();
    let page = it.log_in(&mut agent, 2, &Browser::with(&it.cns(7)));
    assert_eq!(class_of(&it, &mut agent, &page), "https://www.spid.gov.it/SpidL2");
}
