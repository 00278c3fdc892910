//! Codes that people type: letters and digits of Crockford's base 32.

use std::fmt;

use crate::world::random::Random;

/// A code of `N` letters and digits, five random bits each; `N` is at most 25.
#[derive(Clone, Eq, PartialEq)]
pub struct Letters<const N: usize>(String);

impl<const N: usize> Letters<N> {
    /// Makes one.
    #[must_use]
    pub fn generate(random: &Random) -> Self {
        let value = u128::from_be_bytes(random.bytes::<16>());
        let digit = |place: usize| {
            let index = (value >> (5 * place)) & 31;
            char::from(DIGITS[usize::try_from(index).unwrap_or_default()])
        };
        Self((0..N).rev().map(digit).collect())
    }

    /// Reads what somebody typed: letters in either case, spaces and hyphens anywhere, `O` for
    /// zero, `I` and `L` for one. `None` if it cannot be a code.
    #[must_use]
    pub fn read(typed: &str) -> Option<Self> {
        let mut code = String::with_capacity(N);
        for letter in typed.chars().filter(|c| !c.is_whitespace() && !"-–—_.".contains(*c)) {
            let letter = match letter.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            let known = u8::try_from(letter).is_ok_and(|byte| DIGITS.contains(&byte));
            if !known || code.len() == N {
                return None;
            }
            code.push(letter);
        }
        (code.len() == N).then_some(Self(code))
    }

    /// The characters, for a digest or a blind index.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As it is printed: `XXXX-XXXX-XXXX-XXXX`, or in fives where fours do not fit.
    #[must_use]
    pub fn in_groups(&self) -> String {
        let group = if N.is_multiple_of(4) { 4 } else { 5 };
        let mut grouped = String::with_capacity(N + N / group);
        for (place, letter) in self.0.chars().enumerate() {
            if place > 0 && place % group == 0 {
                grouped.push('-');
            }
            grouped.push(letter);
        }
        grouped
    }
}

impl<const N: usize> fmt::Debug for Letters<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Letters")
    }
}

const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_code_is_printed_in_groups_and_read_back() {
        let code = Letters::<16>::generate(&Random::seeded(3));
        let printed = code.in_groups();
        assert_eq!(printed.split('-').map(str::len).collect::<Vec<_>>(), [4, 4, 4, 4]);
        for typed in
            [printed.clone(), printed.to_lowercase(), format!(" {} ", printed.replace('-', " "))]
        {
            assert_eq!(Letters::<16>::read(&typed), Some(code.clone()), "{typed}");
        }
        assert!(!format!("{code:?}").contains(&printed[..4]));
        let short = Letters::<10>::generate(&Random::seeded(3)).in_groups();
        assert_eq!(short.split('-').map(str::len).collect::<Vec<_>>(), [5, 5]);
    }

    #[test]
    fn letters_that_look_alike_are_read_as_one() {
        let plain = Letters::<16>::read("0000-1111-0101-1010").map(|code| code.0);
        assert_eq!(plain, Letters::<16>::read("OoO0-iIlL-0i0l-1O1o").map(|code| code.0));
        assert_eq!(plain.as_deref(), Some("0000111101011010"));
        for none in [
            "",
            "0000-1111-0101-101",
            "0000-1111-0101-10100",
            "0000-1111-0101-101U",
            "0000-1111-0101-101é",
        ] {
            assert_eq!(Letters::<16>::read(none), None, "{none}");
        }
    }

    #[test]
    fn codes_use_all_their_letters_and_do_not_come_twice() {
        let random = Random::seeded(4);
        let codes: Vec<String> =
            (0..500).map(|_| Letters::<16>::generate(&random).as_str().to_owned()).collect();
        assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), 500);
        for place in 0..16 {
            let letters: BTreeSet<u8> = codes.iter().map(|code| code.as_bytes()[place]).collect();
            assert_eq!(letters.len(), 32, "place {place}");
        }
    }

    proptest! {
        #[test]
        fn nothing_typed_makes_it_panic(typed in "\\PC{0,40}") {
            if let Some(code) = Letters::<10>::read(&typed) {
                prop_assert_eq!(Letters::<10>::read(&code.in_groups()), Some(code));
            }
        }
    }
}
