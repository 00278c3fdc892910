//! The ways by which a person may come in, and which of them are shown.

use chrono::{DateTime, Utc};

use crate::assurance::factor::Factor;
use crate::assurance::plan::{first_factors, to_ask_of_upstream};
use crate::flow::env::Env;
use crate::flow::reply::{Access, Notice, Show};
use crate::flow::upstream::reply::Offer;
use crate::login::request::LoginRequest;
use crate::login::transaction::Transaction;
use crate::login::ways::Ways;
use crate::partners::upstream::{Upstream, Upstreams};
use crate::saml::partner::WaysIn;
use crate::world::random::Random;

/// The ways in, as they are settled and as they stand now.
#[must_use]
pub(in crate::flow) fn ways(env: &Env, settled: &WaysIn) -> Ways {
    Ways {
        own: settled.own,
        upstreams: env.upstreams.snapshot().ways(settled.upstreams.as_deref()),
        accounts: settled.accounts,
        shown: settled.shown.clone(),
        chosen: None,
    }
}

/// The upstreams that can show as much as `request` wants, with their identity providers in random order, so that none
/// is favoured (IC-15).
#[must_use]
pub(in crate::flow) fn offers(env: &Env, request: &LoginRequest, now: DateTime<Utc>) -> Vec<Offer> {
    let upstreams = env.upstreams.snapshot();
    let open = request.policy(&env.settings.levels).offered.contains(&Factor::Upstream);
    let may =
        |upstream: &&Upstream| open && request.requirement.upstream && reaches(request, upstream);
    let ways = request.open_upstreams();
    let found = ways.filter_map(|way| upstreams.find(&way.upstream).map(|found| &**found));
    found
        .filter(may)
        .filter_map(|upstream| offer(env, &upstreams, upstream, request, now))
        .collect()
}

fn offer(
    env: &Env,
    upstreams: &Upstreams,
    upstream: &Upstream,
    request: &LoginRequest,
    now: DateTime<Utc>,
) -> Option<Offer> {
    let mut providers = upstreams.providers(upstream, now);
    providers.retain(|one| request.purpose.is_none_or(|it| one.purposes.contains(&it)));
    shuffle(&mut providers, &env.random);
    (!providers.is_empty()).then(|| Offer {
        upstream: upstream.id.clone(),
        name: upstream.name.clone(),
        look: upstream.look,
        guide: upstream.guide.clone(),
        providers,
    })
}

fn reaches(request: &LoginRequest, upstream: &Upstream) -> bool {
    let needed =
        upstream.levels.most().and_then(|most| to_ask_of_upstream(&request.requirement, most));
    needed.is_some_and(|needed| upstream.levels.ask(needed).is_some())
}

/// Each order as likely as any other (Fisher and Yates).
fn shuffle<T>(all: &mut [T], random: &Random) {
    for last in (1..all.len()).rev() {
        let drawn = u64::from_be_bytes(random.bytes::<8>());
        // The remainder is uneven by less than one part in 10^17.
        let other = usize::try_from(drawn % (last as u64 + 1)).unwrap_or_default();
        all.swap(last, other);
    }
}

/// The page on which a login begins.
pub(in crate::flow) fn access(
    env: &Env,
    transaction: &Transaction,
    username: &str,
    notice: Option<Notice>,
    now: DateTime<Utc>,
) -> Show {
    let request = &transaction.request;
    let first = first_factors(&request.requirement, &request.policy(&env.settings.levels));
    let own = first.contains(&Factor::Password);
    let offers =
        if first.contains(&Factor::Upstream) { offers(env, request, now) } else { Vec::new() };
    let username = username.to_owned();
    if offers.is_empty() && own {
        return Show::Password { username, notice };
    }
    let by_card = env.cards.is_some() && first.contains(&Factor::SmartCard);
    if offers.is_empty() && by_card {
        return Show::Card;
    }
    Show::Access(Box::new(Access {
        own,
        username,
        notice,
        offers,
        shown: request.ways.shown.clone(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// IC-15: every order comes up, about as often as any other.
    #[test]
    fn identity_providers_are_shown_in_random_order() {
        let random = Random::seeded(1);
        let mut counts = std::collections::HashMap::new();
        for _ in 0..6000 {
            let mut all = [1, 2, 3];
            shuffle(&mut all, &random);
            *counts.entry(all).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 6);
        assert!(counts.values().all(|count| (850..1150).contains(count)), "{counts:?}");
    }
}
