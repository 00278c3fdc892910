//! Tables of words: one row a word, one column a language.

/// Makes the struct of a page's words, its two filled values, and `words(language)`.
macro_rules! table {
    ($($(#[$note:meta])* $key:ident: $it:literal, $en:literal;)+) => {
        /// The words, in one language.
        #[derive(Debug)]
        pub struct Words {
            $($(#[$note])* #[doc = $en] pub $key: &'static str,)+
        }

        /// The words in `language`.
        #[must_use]
        pub fn words(language: $crate::texts::language::Language) -> &'static Words {
            match language {
                $crate::texts::language::Language::It => &IT,
                $crate::texts::language::Language::En => &EN,
            }
        }

        /// Every row: its key, the Italian, the English.
        pub const ROWS: &[(&str, &str, &str)] = &[$((stringify!($key), $it, $en)),+];

        static IT: Words = Words { $($key: $it),+ };
        static EN: Words = Words { $($key: $en),+ };
    };
}

pub(super) use table;
