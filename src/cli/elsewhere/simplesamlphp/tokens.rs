//! PHP's text in its pieces (the language reference's lexical structure), as far as values need it.

use crate::cli::elsewhere::value::At;

/// A piece.
#[derive(Clone, Debug)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Where it begins, for people.
    pub at: At,
    /// Its first octet.
    pub from: usize,
    /// The octet after its last.
    pub to: usize,
}

/// What a piece is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Kind {
    /// `$name`, without `$`.
    Variable(String),
    /// A name: `array`, `true`, `\SAML2\Constants::BINDING_HTTP_POST`.
    Name(String),
    /// A text, as it reads.
    Text(String),
    /// A text with variables in it.
    Template,
    /// A number, in decimal.
    Number(String),
    /// `=>`.
    Arrow,
    /// One character that stands for itself.
    Mark(char),
    /// The end.
    End,
}

/// Takes a text apart.
///
/// # Errors
/// Where it cannot be, and why.
pub fn read(text: &str) -> Result<Vec<Token>, (At, String)> {
    let mut reader = Reader { text, at: 0, line: 1, line_begin: 0, tokens: Vec::new() };
    let head = text.trim_start_matches('\u{feff}');
    let skipped = text.len() - head.len();
    let bare = head.trim_start();
    if !bare.get(..5).is_some_and(|tag| tag.eq_ignore_ascii_case("<?php")) {
        return Err((At { line: 1, column: 1 }, "the file does not begin with <?php".to_owned()));
    }
    reader.go(skipped + (head.len() - bare.len()) + 5);
    while reader.token()? {
        if reader.tokens.len() > MOST_TOKENS {
            return Err((
                reader.place(reader.at),
                format!("the file has more than {MOST_TOKENS} pieces"),
            ));
        }
    }
    Ok(reader.tokens)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    line_begin: usize,
    tokens: Vec<Token>,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Goes on by `octets`.
    fn go(&mut self, octets: usize) {
        let passed = self.text.get(self.at..self.at + octets).unwrap_or_default();
        for (place, _) in passed.match_indices('\n') {
            self.line += 1;
            self.line_begin = self.at + place + 1;
        }
        self.at += octets;
    }

    /// The place of an octet of this line.
    fn place(&self, octet: usize) -> At {
        let before = self.text.get(self.line_begin..octet).unwrap_or_default();
        At { line: self.line, column: before.chars().count() + 1 }
    }

    fn push(&mut self, kind: Kind, octets: usize) {
        let (at, from) = (self.place(self.at), self.at);
        self.go(octets);
        self.tokens.push(Token { kind, at, from, to: self.at });
    }

    /// Reads one piece; false at the end.
    fn token(&mut self) -> Result<bool, (At, String)> {
        let rest = self.rest();
        let blank = rest.len() - rest.trim_start().len();
        self.go(blank);
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            self.push(Kind::End, 0);
            return Ok(false);
        };
        let here = self.place(self.at);
        if let Some(after) = rest.strip_prefix("?>") {
            if !after.trim().is_empty() {
                return Err((here, "something stands after ?>".to_owned()));
            }
            self.push(Kind::Mark(';'), 0);
            self.go(rest.len());
            self.push(Kind::End, 0);
            return Ok(false);
        }
        if let Some(inside) = rest.strip_prefix("/*") {
            let end =
                inside.find("*/").ok_or_else(|| (here, "a comment is not closed".to_owned()))?;
            self.go(end + 4);
            return Ok(true);
        }
        if rest.starts_with("//") || (first == '#' && !rest.starts_with("#[")) {
            let line = rest.find('\n').unwrap_or(rest.len());
            self.go(rest.find("?>").map_or(line, |end| end.min(line)));
            return Ok(true);
        }
        if rest.starts_with("=>") {
            self.push(Kind::Arrow, 2);
        } else if rest.starts_with("<<<") {
            self.heredoc(here)?;
        } else if first == '\'' || first == '"' {
            self.quoted(first, here)?;
        } else if first.is_ascii_digit() {
            self.number(here)?;
        } else if first == '$' && rest[1..].starts_with(is_first) {
            let length = rest[1..].find(|c| !is_inside(c)).unwrap_or(rest.len() - 1);
            self.push(Kind::Variable(rest[1..=length].to_owned()), length + 1);
        } else if is_first(first) || first == '\\' {
            self.name();
        } else {
            self.push(Kind::Mark(first), first.len_utf8());
        }
        Ok(true)
    }

    fn name(&mut self) {
        let rest = self.rest();
        let part = |text: &str| text.find(|c| !is_inside(c) && c != '\\').unwrap_or(text.len());
        let mut length = part(rest);
        if rest[length..].starts_with("::") && rest[length + 2..].starts_with(is_first) {
            length += 2 + part(&rest[length + 2..]);
        }
        self.push(Kind::Name(rest[..length].to_owned()), length.max(1));
    }

    fn number(&mut self, here: At) -> Result<(), (At, String)> {
        let rest = self.rest();
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
        let mut length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        // A dot with blanks or another dot joins texts.
        if let Some(dot) = rest[..length].find('.')
            && !rest[dot + 1..length].starts_with(|c: char| c.is_ascii_digit())
        {
            length = dot;
        }
        let bare: String = rest[..length].chars().filter(|c| *c != '_').collect();
        let lower = bare.to_ascii_lowercase();
        let whole = |digits: &str, radix| i64::from_str_radix(digits, radix).ok();
        let number = if let Some(digits) = lower.strip_prefix("0x") {
            whole(digits, 16).map(|number| number.to_string())
        } else if let Some(digits) = lower.strip_prefix("0b") {
            whole(digits, 2).map(|number| number.to_string())
        } else if lower.len() > 1 && lower.starts_with('0') && !lower.contains('.') {
            whole(lower.trim_start_matches("0o"), 8).map(|number| number.to_string())
        } else if lower.bytes().all(|byte| byte.is_ascii_digit()) {
            whole(&lower, 10).map(|number| number.to_string())
        } else {
            let is_float = lower.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
                && lower.parse::<f64>().is_ok();
            is_float.then_some(lower)
        };
        let number = number.ok_or_else(|| (here, "a number that is not read here".to_owned()))?;
        self.push(Kind::Number(number), length);
        Ok(())
    }

    fn quoted(&mut self, quote: char, here: At) -> Result<(), (At, String)> {
        let inside = &self.rest()[1..];
        let mut escaped = false;
        let end = inside.find(|c| {
            let ends = c == quote && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        let end = end.ok_or_else(|| (here, "a text is not closed".to_owned()))?;
        let kind = match quote {
            '\'' => Kind::Text(single(&inside[..end])),
            _ => double(&inside[..end], true).map_or(Kind::Template, Kind::Text),
        };
        self.push(kind, end + 2);
        Ok(())
    }

    /// `<<<NAME`, lines, and the name again, by whose indentation the lines are shortened.
    fn heredoc(&mut self, here: At) -> Result<(), (At, String)> {
        let bad = |why: &str| (here, why.to_owned());
        let rest = self.rest();
        let head_end = rest.find('\n').ok_or_else(|| bad("a text is not closed"))?;
        let head = rest[3..head_end].trim();
        let bare = head.trim_matches(|c| c == '\'' || c == '"');
        let is_name = bare.starts_with(is_first) && bare.chars().all(is_inside);
        if !is_name {
            return Err(bad("a text that begins with <<< and no name"));
        }
        let mut lines = Vec::new();
        let mut length = head_end + 1;
        loop {
            let line_rest = rest.get(length..).filter(|rest| !rest.is_empty());
            let line_rest = line_rest.ok_or_else(|| bad("a text is not closed"))?;
            let line = line_rest.split_once('\n').map_or(line_rest, |(line, _)| line);
            let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
            let after = line[indent..].strip_prefix(bare);
            if after.is_some_and(|after| !after.starts_with(is_inside)) {
                let text: Option<Vec<&str>> = lines
                    .iter()
                    .map(|line: &&str| {
                        let blank = line.trim_start_matches([' ', '\t']).is_empty();
                        line.get(indent..)
                            .filter(|_| line[..indent].trim().is_empty())
                            .or_else(|| blank.then_some(""))
                    })
                    .collect();
                let text = text
                    .ok_or_else(|| bad("a line of a text is less indented than its end"))?
                    .join("\n");
                let kind = match head.starts_with('\'') {
                    true => Kind::Text(text),
                    false => double(&text, false).map_or(Kind::Template, Kind::Text),
                };
                self.push(kind, length + indent + bare.len());
                return Ok(());
            }
            lines.push(line.trim_end_matches('\r'));
            length += line.len() + 1;
        }
    }
}

/// What stands in single quotes: only `\'` and `\\` mean something else.
fn single(inside: &str) -> String {
    let mut text = String::with_capacity(inside.len());
    let mut chars = inside.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some(next @ ('\\' | '\''))) => {
                text.push(*next);
                chars.next();
            }
            _ => text.push(c),
        }
    }
    text
}

/// What stands in double quotes; `None` if there are variables in it, or octets that are no text.
fn double(inside: &str, in_quotes: bool) -> Option<String> {
    let mut octets: Vec<u8> = Vec::with_capacity(inside.len());
    let mut rest = inside;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        if (c == '$' && after.starts_with(|c| is_first(c) || c == '{'))
            || (c == '{' && after.starts_with('$'))
        {
            return None;
        }
        if c != '\\' {
            octets.extend_from_slice(&rest.as_bytes()[..c.len_utf8()]);
            rest = after;
            continue;
        }
        let Some(next) = after.chars().next() else {
            octets.push(b'\\');
            break;
        };
        let further = &after[next.len_utf8()..];
        let plain = match next {
            'n' => Some(b'\n'),
            't' => Some(b'\t'),
            'r' => Some(b'\r'),
            'v' => Some(0x0b),
            'e' => Some(0x1b),
            'f' => Some(0x0c),
            '\\' => Some(b'\\'),
            '$' => Some(b'$'),
            '"' if in_quotes => Some(b'"'),
            _ => None,
        };
        if let Some(octet) = plain {
            octets.push(octet);
            rest = further;
            continue;
        }
        let digits = |text: &str, most: usize, radix| {
            text.chars().take(most).take_while(|c| c.is_digit(radix)).count()
        };
        let hex = digits(further, 2, 16);
        let octal = digits(after, 3, 8);
        if matches!(next, 'x' | 'X') && hex > 0 {
            octets.push(u8::from_str_radix(&further[..hex], 16).ok()?);
            rest = &further[hex..];
        } else if octal > 0 {
            octets.push((u32::from_str_radix(&after[..octal], 8).ok()? & 0xff) as u8);
            rest = &after[octal..];
        } else if next == 'u' && further.starts_with('{') {
            let end = further.find('}')?;
            let code = u32::from_str_radix(&further[1..end], 16).ok().and_then(char::from_u32)?;
            octets.extend_from_slice(code.encode_utf8(&mut [0; 4]).as_bytes());
            rest = &further[end + 1..];
        } else {
            octets.push(b'\\');
            rest = after;
        }
    }
    String::from_utf8(octets).ok()
}

/// Whether a name may begin with it.
fn is_first(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || !c.is_ascii()
}

/// Whether it may stand in a name.
fn is_inside(c: char) -> bool {
    is_first(c) || c.is_ascii_digit()
}

const MOST_TOKENS: usize = 2_000_000;
