//! Recovery codes: each stands in once for a second factor.

use crate::enrolment::letters::Letters;
use crate::world::random::Random;

/// One code: 50 random bits, as ten letters and digits.
pub type RecoveryCode = Letters<10>;

/// How many a person gets at a time.
pub const COUNT: usize = 10;

/// Makes a person's codes; they take the place of all before.
#[must_use]
pub fn generate(random: &Random) -> Vec<RecoveryCode> {
    (0..COUNT).map(|_| RecoveryCode::generate(random)).collect()
}

/// What is left of the digests once the code of this `digest` was used; `None` if it is not one of
/// them. Store it before going on, so that the code cannot be used twice.
#[must_use]
pub fn spend(left: &[String], digest: &str) -> Option<Vec<String>> {
    let place = left.iter().position(|one| one == digest)?;
    let mut left = left.to_vec();
    left.remove(place);
    Some(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_is_spent_once() {
        let left = ["a", "b", "c"].map(str::to_owned).to_vec();
        let then = spend(&left, "b").unwrap();
        assert_eq!(then, ["a", "c"]);
        assert_eq!(spend(&then, "b"), None);
        assert_eq!(spend(&[], "b"), None);
    }

    #[test]
    fn a_set_has_ten_codes_of_which_no_two_are_the_same() {
        let codes = generate(&Random::seeded(5));
        let mut texts: Vec<&str> = codes.iter().map(RecoveryCode::as_str).collect();
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), COUNT);
    }
}
