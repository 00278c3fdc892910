//! What another identity provider's word is worth, and what to ask it for: the levels of one upstream.
//!
//! Pure, and only ever downward: what is reached is never above what the table gives, nor above the ceiling.

use crate::assurance::class_ref::{ClassRef, Vocabulary};
use crate::assurance::level::Level;
use crate::assurance::requirement::Comparison;

/// The levels of one upstream, as configuration has them (spec/oidc.md §5.2).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UpstreamLevels {
    /// What each class or `acr` is worth, the first that fits; what is not in it is worth nothing by its name.
    pub table: Vec<(String, Level)>,
    /// Whether `amr` counts where no class of the table was said.
    pub amr: Amr,
    /// The most that its word is ever worth.
    pub ceiling: Level,
    /// What its word is worth if it names no class at all; none: nothing.
    pub otherwise: Option<Level>,
    /// How a level is asked for.
    pub asking: Asking,
}

/// How far authentication methods (`amr`, RFC 8176) are believed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Amr {
    /// Not at all.
    #[default]
    Ignored,
    /// What each method says; summaries (`mfa`, `mca`) say nothing.
    Methods,
    /// Summaries too.
    Summaries,
}

/// How a level is asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Asking {
    /// One class, and whatever is stronger (SPID).
    Minimum,
    /// One class (CIE, where `minimum` comes to the highest whatever is asked).
    Exact,
    /// Every class that will do, the weakest first (several `acr_values`).
    EachThatDoes,
    /// No class: whatever the upstream does by itself.
    Nothing,
}

/// What an upstream said of how somebody logged in.
#[derive(Clone, Copy, Debug, Default)]
pub struct Said<'a> {
    /// The `AuthnContextClassRef` or `acr`.
    pub class: Option<&'a str>,
    /// The `amr`.
    pub methods: &'a [String],
}

/// What to ask an upstream for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Wanted {
    /// Classes, in order of preference; empty asks for none.
    pub classes: Vec<String>,
    /// How they bind.
    pub comparison: Comparison,
}

impl UpstreamLevels {
    /// The three of `vocabulary`, asked for so; no ceiling below the highest, no default.
    #[must_use]
    pub fn of(vocabulary: Vocabulary, asking: Asking) -> Self {
        let classes = ClassRef::ALL.into_iter().filter(|class| class.vocabulary() == vocabulary);
        Self {
            table: classes.map(|class| (class.uri().to_owned(), class.level())).collect(),
            amr: Amr::Ignored,
            ceiling: Level::Loa4,
            otherwise: None,
            asking,
        }
    }

    /// Every class that we know, each at the least level at which it is true.
    #[must_use]
    pub fn of_all(asking: Asking) -> Self {
        let all = ClassRef::ALL.into_iter();
        let table = all.map(|class| (class.uri().to_owned(), class.level())).collect();
        Self { table, ..Self::of(Vocabulary::Spid, asking) }
    }

    /// The level of what was said; `None` if it shows nothing.
    ///
    /// The table first; then the methods, if they count here; a default only where no class was named at
    /// all, since one that is not in the table must not pass for more than it says.
    #[must_use]
    pub fn reached(&self, said: &Said<'_>) -> Option<Level> {
        let by_class = said.class.and_then(|class| self.worth(class));
        let by_methods = || of_methods(said.methods, self.amr);
        let named = said.class.is_some_and(|class| !class.is_empty());
        let level = by_class.or_else(by_methods);
        let level = level.or_else(|| self.otherwise.filter(|_| !named));
        level.map(|level| level.min(self.ceiling))
    }

    /// The most that its word can come to.
    #[must_use]
    pub fn most(&self) -> Option<Level> {
        let table = self.table.iter().map(|(_, level)| *level);
        let methods = (self.amr != Amr::Ignored).then_some(Level::Loa4);
        table.chain(self.otherwise).chain(methods).max().map(|most| most.min(self.ceiling))
    }

    /// What to ask for so that `needed` is reached; `None` if it never is.
    #[must_use]
    pub fn ask(&self, needed: Level) -> Option<Wanted> {
        if self.most().is_none_or(|most| most < needed) {
            return None;
        }
        let mut enough: Vec<&(String, Level)> =
            self.table.iter().filter(|(_, level)| *level >= needed).collect();
        enough.sort_by_key(|(_, level)| *level);
        let comparison = match self.asking {
            Asking::Minimum => Comparison::Minimum,
            Asking::Exact | Asking::EachThatDoes | Asking::Nothing => Comparison::Exact,
        };
        let most = match self.asking {
            Asking::Minimum | Asking::Exact => 1,
            Asking::EachThatDoes => enough.len(),
            Asking::Nothing => 0,
        };
        let classes = enough.into_iter().take(most).map(|(class, _)| class.clone()).collect();
        Some(Wanted { classes, comparison })
    }

    fn worth(&self, class: &str) -> Option<Level> {
        self.table.iter().find(|(known, _)| known == class).map(|(_, level)| *level)
    }
}

/// What methods come to (spec/oidc.md §5.2): `user` is presence only, `kba` never raises, `rba`, `geo` and
/// `wia` show nothing, and a value that nobody knows is passed over.
fn of_methods(methods: &[String], believed: Amr) -> Option<Level> {
    if believed == Amr::Ignored {
        return None;
    }
    let any = |known: &[&str]| methods.iter().any(|method| known.contains(&method.as_str()));
    let knowledge = any(&["pwd", "pin"]);
    let possession = any(&["otp", "sms", "tel", "hwk", "swk", "sc", "pop"]);
    let inherence = any(&["face", "fpt", "iris", "retina", "vbm"]);
    let in_hardware = any(&["sc", "hwk"]);
    let several = [knowledge, possession, inherence].into_iter().filter(|is_there| *is_there);
    match several.count() {
        _ if in_hardware && (any(&["pin"]) || inherence) => Some(Level::Loa4),
        2.. => Some(Level::Loa3),
        _ if believed == Amr::Summaries && any(&["mfa", "mca"]) => Some(Level::Loa3),
        1 => Some(Level::Loa2),
        _ => any(&["kba"]).then_some(Level::Loa2),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn spid() -> UpstreamLevels {
        UpstreamLevels::of(Vocabulary::Spid, Asking::Minimum)
    }

    fn class(class: &str) -> Said<'_> {
        Said { class: Some(class), methods: &[] }
    }

    #[test]
    fn what_was_said_counts_and_never_what_was_hoped() {
        let mut levels = UpstreamLevels { otherwise: Some(Level::Loa3), ..spid() };
        assert_eq!(levels.reached(&class("https://www.spid.gov.it/SpidL1")), Some(Level::Loa2));
        assert_eq!(levels.reached(&class("https://www.spid.gov.it/SpidL3")), Some(Level::Loa4));
        // Abolished (Avviso 5), or nobody's: not worth the default of those who say nothing.
        assert_eq!(levels.reached(&class("urn:oasis:names:tc:SAML:2.0:ac:classes:SpidL2")), None);
        assert_eq!(levels.reached(&Said::default()), Some(Level::Loa3));
        levels.ceiling = Level::Loa2;
        assert_eq!(levels.reached(&class("https://www.spid.gov.it/SpidL3")), Some(Level::Loa2));
        assert_eq!(levels.reached(&Said::default()), Some(Level::Loa2));
        assert_eq!(levels.ask(Level::Loa3), None);
    }

    /// TS-13: CIE is asked for exactly the level, SPID for it or more.
    #[test]
    fn each_upstream_is_asked_in_its_own_way() {
        let asked = |asking, needed| UpstreamLevels::of(Vocabulary::Spid, asking).ask(needed);
        let of = |levels: &[&str], comparison| {
            let classes = levels.iter().map(|l| format!("https://www.spid.gov.it/{l}")).collect();
            Some(Wanted { classes, comparison })
        };
        assert_eq!(asked(Asking::Minimum, Level::Loa3), of(&["SpidL2"], Comparison::Minimum));
        assert_eq!(asked(Asking::Minimum, Level::Loa1), of(&["SpidL1"], Comparison::Minimum));
        assert_eq!(asked(Asking::Exact, Level::Loa3), of(&["SpidL2"], Comparison::Exact));
        let both = of(&["SpidL2", "SpidL3"], Comparison::Exact);
        assert_eq!(asked(Asking::EachThatDoes, Level::Loa3), both);
        assert_eq!(asked(Asking::Nothing, Level::Loa3), of(&[], Comparison::Exact));
    }

    #[test]
    fn methods_come_to_a_level() {
        let of = |methods: &[&str], believed| {
            let methods: Vec<String> = methods.iter().map(|one| (*one).to_owned()).collect();
            of_methods(&methods, believed)
        };
        for (methods, expected) in [
            (&["pwd"][..], Some(Level::Loa2)),
            (&["otp"], Some(Level::Loa2)),
            (&["kba"], Some(Level::Loa2)),
            (&["pwd", "kba"], Some(Level::Loa2)),
            (&["pwd", "pin"], Some(Level::Loa2)),
            (&["otp", "kba"], Some(Level::Loa2)),
            (&["pwd", "otp"], Some(Level::Loa3)),
            (&["fpt", "swk"], Some(Level::Loa3)),
            (&["sc", "pwd"], Some(Level::Loa3)),
            (&["hwk", "pin"], Some(Level::Loa4)),
            (&["sc", "face"], Some(Level::Loa4)),
            (&["user"], None),
            (&["user", "geo", "rba", "wia", "new"], None),
            (&[], None),
        ] {
            assert_eq!(of(methods, Amr::Methods), expected, "{methods:?}");
            assert_eq!(of(methods, Amr::Ignored), None);
        }
        assert_eq!(of(&["mfa"], Amr::Methods), None);
        assert_eq!(of(&["mfa"], Amr::Summaries), Some(Level::Loa3));
        assert_eq!(of(&["mfa", "sc", "pin"], Amr::Summaries), Some(Level::Loa4));
    }

    fn level() -> impl Strategy<Value = Level> {
        prop::sample::select(Level::ALL.to_vec())
    }

    fn levels() -> impl Strategy<Value = UpstreamLevels> {
        let asking = [Asking::Minimum, Asking::Exact, Asking::EachThatDoes, Asking::Nothing];
        let table = prop::collection::btree_map("[abc]", level(), 0..4);
        let amr = prop::sample::select(vec![Amr::Ignored, Amr::Methods, Amr::Summaries]);
        let asking = prop::sample::select(asking.to_vec());
        (table, amr, level(), prop::option::of(level()), asking).prop_map(
            |(table, amr, ceiling, otherwise, asking)| UpstreamLevels {
                table: table.into_iter().collect(),
                amr,
                ceiling,
                otherwise,
                asking,
            },
        )
    }

    proptest! {
        /// Asserted ≤ min(table, ceiling).
        #[test]
        fn a_word_is_worth_no_more_than_table_and_ceiling(
            levels in levels(),
            class in prop::option::of("[abcd]"),
            methods in prop::collection::vec(
                prop::sample::select(vec!["pwd", "otp", "mfa", "sc", "pin", "face", "user", "x"]),
                0..4,
            ),
        ) {
            let methods: Vec<String> = methods.into_iter().map(str::to_owned).collect();
            let said = Said { class: class.as_deref(), methods: &methods };
            let reached = levels.reached(&said);
            let row = levels.table.iter().find(|(known, _)| Some(known) == class.as_ref());
            prop_assert!(reached <= Some(levels.ceiling));
            if let Some((_, level)) = row {
                prop_assert_eq!(reached, Some((*level).min(levels.ceiling)));
            } else if class.is_some() && levels.amr == Amr::Ignored {
                prop_assert_eq!(reached, None);
            }
            prop_assert!(reached <= levels.most());
            for needed in Level::ALL {
                let Some(wanted) = levels.ask(needed) else {
                    prop_assert!(reached < Some(needed));
                    continue;
                };
                for class in wanted.classes {
                    let worth = levels.worth(&class).map(|level| level.min(levels.ceiling));
                    prop_assert!(worth >= Some(needed));
                }
            }
        }
    }
}
