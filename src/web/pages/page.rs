//! What makes a struct a page: its template and its words.

/// Gives `$page` a `render` that fills the template at `$path` with the page (`p`), the frame
/// (`f`), the words of every page (`c`) and the words of `texts::$words` (`t`). The page bears the template's name (`n`), so that
/// whoever looks at one knows which it is.
macro_rules! page {
    ($page:ident, $path:tt, $words:ident) => {
        $crate::web::pages::page::page!($page, $path, $words, |_| 0);
    };
    ($page:ident, $path:tt, $words:ident, $room:expr) => {
        impl $page {
            /// The whole page as HTML.
            ///
            /// # Errors
            ///
            /// The template engine's, which formatting into memory does not give in practice.
            pub fn render(
                &self,
                frame: &$crate::web::pages::frame::Frame,
            ) -> Result<String, askama::Error> {
                #[derive(askama::Template)]
                #[template(path = $path)]
                struct View<'a> {
                    n: &'static str,
                    p: &'a $page,
                    f: &'a $crate::web::pages::frame::Frame,
                    c: &'static $crate::texts::common::Words,
                    t: &'static $crate::texts::$words::Words,
                }
                let view = View {
                    n: $path.trim_end_matches(".html"),
                    p: self,
                    f: frame,
                    c: $crate::texts::common::words(frame.language),
                    t: $crate::texts::$words::words(frame.language),
                };
                // As much as the page has of its own, and room for what it carries.
                let room: fn(&$page) -> usize = $room;
                let hint = <View<'_> as askama::Template>::SIZE_HINT;
                let mut html = String::with_capacity(hint + room(self));
                askama::Template::render_into(&view, &mut html)?;
                Ok(html)
            }
        }
    };
}

pub(super) use page;
