//! A page as a browser without a screen reads it: its language, its words, its forms.

/// A form of a page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Form {
    pub(crate) action: String,
    pub(crate) is_post: bool,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) buttons: Vec<(String, String)>,
}

impl Form {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|field| field.0 == name).map(|field| field.1.as_str())
    }
}

struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
}

impl Tag {
    fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|one| one.0 == name).map(|one| one.1.as_str())
    }
}

/// The language that the page declares.
pub(crate) fn language(html: &str) -> Option<String> {
    tags(html).into_iter().find(|tag| tag.name == "html")?.get("lang").map(str::to_owned)
}

/// The words of the page, scripts and styles left out, white space made one blank.
pub(crate) fn words(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        text.push_str(&rest[..start]);
        text.push(' ');
        rest = &rest[start..];
        let lower = rest.get(..7).unwrap_or(rest).to_ascii_lowercase();
        let end = if lower.starts_with("<script") {
            rest.find("</script>").map(|at| at + 9)
        } else if lower.starts_with("<style") {
            rest.find("</style>").map(|at| at + 8)
        } else if rest.starts_with("<!--") {
            rest.find("-->").map(|at| at + 3)
        } else {
            rest.find('>').map(|at| at + 1)
        };
        rest = end.map_or("", |end| &rest[end..]);
    }
    text.push_str(rest);
    unescape(&text).split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(crate) fn forms(html: &str) -> Vec<Form> {
    let mut forms: Vec<Form> = Vec::new();
    let mut is_open = false;
    for tag in tags(html) {
        match tag.name.as_str() {
            "form" => {
                is_open = true;
                let method = tag.get("method").unwrap_or_default();
                forms.push(Form {
                    action: tag.get("action").unwrap_or_default().to_owned(),
                    is_post: method.eq_ignore_ascii_case("post"),
                    ..Form::default()
                });
            }
            "/form" => is_open = false,
            "input" | "button" | "select" | "textarea" if is_open => {
                let (Some(form), Some(name)) = (forms.last_mut(), tag.get("name")) else {
                    continue;
                };
                let pair = (name.to_owned(), tag.get("value").unwrap_or_default().to_owned());
                let kind = tag.get("type").unwrap_or_default().to_ascii_lowercase();
                if tag.name == "button" || kind == "submit" {
                    form.buttons.push(pair);
                } else {
                    form.fields.push(pair);
                }
            }
            _ => {}
        }
    }
    forms
}

fn tags(html: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
            continue;
        }
        let end = rest.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(rest.len());
        let name = rest[..end].trim_end_matches('/').to_ascii_lowercase();
        let mut tag = Tag { name, attributes: Vec::new() };
        rest = &rest[end..];
        loop {
            rest = rest.trim_start();
            if rest.is_empty() || rest.starts_with('>') {
                break;
            }
            let end = rest.find(|c: char| c.is_whitespace() || c == '=' || c == '>');
            let end = end.unwrap_or(rest.len());
            if end == 0 {
                rest = &rest[1..];
                continue;
            }
            let name = rest[..end].to_ascii_lowercase();
            rest = rest[end..].trim_start();
            let mut value = String::new();
            if let Some(after) = rest.strip_prefix('=') {
                let after = after.trim_start();
                let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
                let (raw, left) = match quote {
                    Some(quote) => {
                        let inner = &after[1..];
                        let end = inner.find(quote).unwrap_or(inner.len());
                        (&inner[..end], inner.get(end + 1..).unwrap_or_default())
                    }
                    None => {
                        let end = after.find(|c: char| c.is_whitespace() || c == '>');
                        after.split_at(end.unwrap_or(after.len()))
                    }
                };
                value = unescape(raw);
                rest = left;
            }
            tag.attributes.push((name, value));
        }
        tags.push(tag);
    }
    tags
}

fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let Some(end) = rest.find(';').filter(|end| *end <= 10) else {
            out.push('&');
            rest = &rest[1..];
            continue;
        };
        let decoded = match &rest[1..end] {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            "nbsp" => Some('\u{a0}'),
            "agrave" => Some('à'),
            "egrave" => Some('è'),
            "eacute" => Some('é'),
            "igrave" => Some('ì'),
            "ograve" => Some('ò'),
            "ugrave" => Some('ù'),
            name => name
                .strip_prefix("#x")
                .or_else(|| name.strip_prefix("#X"))
                .map(|hex| u32::from_str_radix(hex, 16))
                .or_else(|| name.strip_prefix('#').map(str::parse))
                .and_then(Result::ok)
                .and_then(char::from_u32),
        };
        match decoded {
            Some(c) => out.push(c),
            None => out.push_str(&rest[..=end]),
        }
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    out
}
