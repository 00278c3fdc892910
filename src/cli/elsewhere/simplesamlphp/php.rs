//! PHP's arrays, read and never run: what assignments of literals come to. All else is named with its place, and has no value.
//!
//! Texts in quotes (heredocs too), numbers, true, false, null, `array()` and `[]` with `=>`, texts joined by dots, comments, and
//! names of constants of which the reader is told the meaning.

use std::collections::BTreeMap;

use crate::cli::elsewhere::simplesamlphp::tokens::{self, Kind, Token};
use crate::cli::elsewhere::value::{At, Value, What};

/// What a file says.
#[derive(Debug, Default)]
pub struct Script {
    /// Variables by name, without `$`, as they are at its end.
    pub variables: BTreeMap<String, Value>,
    /// What was not read: where it begins, and its first words.
    pub unread: Vec<(At, String)>,
}

/// Reads the text of a file; `constant` says what the name of a constant means.
///
/// # Errors
/// Where the text is no PHP that can be taken apart, and why.
pub fn read(
    text: &str,
    constant: fn(&str) -> Option<&'static str>,
) -> Result<Script, (At, String)> {
    let tokens = tokens::read(text)?;
    let mut reader =
        Reader { text, tokens, next: 0, depth: 0, constant, script: Script::default() };
    while reader.peek() != &Kind::End {
        reader.statement()?;
    }
    Ok(reader.script)
}

struct Reader<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
    constant: fn(&str) -> Option<&'static str>,
    script: Script,
}

/// A step of the way to an element.
enum Step {
    Named(String),
    Appended,
}

impl Reader<'_> {
    fn peek(&self) -> &Kind {
        self.tokens.get(self.next).map_or(&Kind::End, |token| &token.kind)
    }

    fn at(&self) -> At {
        let token = self.tokens.get(self.next).or_else(|| self.tokens.last());
        token.map(|token| token.at).unwrap_or_default()
    }

    fn take(&mut self, kind: &Kind) -> bool {
        let is_it = self.peek() == kind;
        self.next += usize::from(is_it);
        is_it
    }

    fn mark(&mut self, c: char) -> bool {
        self.take(&Kind::Mark(c))
    }

    fn statement(&mut self) -> Result<(), (At, String)> {
        if self.mark(';') {
            return Ok(());
        }
        let begin = self.next;
        let unread = self.script.unread.len();
        match self.assignment()? {
            true => Ok(()),
            false => {
                self.script.unread.truncate(unread);
                self.next = begin;
                let is_plain = matches!(self.peek(), Kind::Name(name) if PLAIN.contains(&name.to_ascii_lowercase().as_str()));
                let at = self.at();
                let words = self.skip(true)?;
                if !is_plain {
                    self.script.unread.push((at, words));
                }
                Ok(())
            }
        }
    }

    /// `$name[…] = value;`; false if it is something else.
    fn assignment(&mut self) -> Result<bool, (At, String)> {
        let Kind::Variable(name) = self.peek().clone() else { return Ok(false) };
        self.next += 1;
        let mut path = Vec::new();
        while self.mark('[') {
            if self.mark(']') {
                path.push(Step::Appended);
                continue;
            }
            let value = self.value()?;
            match key(&value.what) {
                Some(key) if self.mark(']') => path.push(Step::Named(key)),
                _ => return Ok(false),
            }
        }
        if !self.mark('=') {
            return Ok(false);
        }
        let value = self.value()?;
        if !self.mark(';') && self.peek() != &Kind::End {
            return Ok(false);
        }
        let at = value.at;
        let variable = self.script.variables.entry(name).or_insert(Value { at, what: What::Null });
        put(variable, &path, value);
        Ok(true)
    }

    /// A value; what is none is skipped and named.
    fn value(&mut self) -> Result<Value, (At, String)> {
        let (begin, at) = (self.next, self.at());
        if self.depth >= MOST_DEPTH {
            return Err((at, format!("arrays in arrays go deeper than {MOST_DEPTH}")));
        }
        self.depth += 1;
        let unread = self.script.unread.len();
        let read = self.joined();
        self.depth -= 1;
        let ends =
            matches!(self.peek(), Kind::Mark(';' | ',' | ']' | ')') | Kind::Arrow | Kind::End);
        match read? {
            Some(what) if ends => Ok(Value { at, what }),
            _ => {
                self.script.unread.truncate(unread);
                self.next = begin;
                let words = self.skip(false)?;
                self.script.unread.push((at, words.clone()));
                Ok(Value { at, what: What::Name(words) })
            }
        }
    }

    fn joined(&mut self) -> Result<Option<What>, (At, String)> {
        let Some(mut first) = self.single()? else { return Ok(None) };
        while self.mark('.') {
            let Some(second) = self.single()? else { return Ok(None) };
            match (text_of(first), text_of(second)) {
                (Some(one), Some(other)) => first = What::Text(one + &other),
                _ => return Ok(None),
            }
        }
        Ok(Some(first))
    }

    fn single(&mut self) -> Result<Option<What>, (At, String)> {
        let kind = self.peek().clone();
        self.next += 1;
        Ok(Some(match kind {
            Kind::Text(text) => What::Text(text),
            Kind::Number(number) => What::Number(number),
            Kind::Mark('-') => match self.peek().clone() {
                Kind::Number(number) => {
                    self.next += 1;
                    What::Number(if number == "0" { number } else { format!("-{number}") })
                }
                _ => return Ok(None),
            },
            Kind::Mark('[') => return self.array(']').map(Some),
            Kind::Name(name) => match name.to_ascii_lowercase().as_str() {
                "true" => What::Bool(true),
                "false" => What::Bool(false),
                "null" => What::Null,
                "array" if self.mark('(') => return self.array(')').map(Some),
                _ => match (self.constant)(&name) {
                    Some(text) => What::Text(text.to_owned()),
                    None => return Ok(None),
                },
            },
            _ => return Ok(None),
        }))
    }

    /// What stands between the brackets; names and places as PHP gives them.
    fn array(&mut self, end: char) -> Result<What, (At, String)> {
        let mut entries: Vec<(String, Value)> = Vec::new();
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        let mut last: Option<i64> = None;
        while !self.mark(end) {
            if self.peek() == &Kind::End {
                return Err((
                    self.at(),
                    format!("the file ends within an array: there is no {end:?}"),
                ));
            }
            let first = self.value()?;
            let (name, value) = match self.take(&Kind::Arrow) {
                true => {
                    let value = self.value()?;
                    match key(&first.what) {
                        Some(name) => (name, value),
                        None => {
                            let words = "a name in an array that is neither a text nor a number";
                            self.script.unread.push((first.at, words.to_owned()));
                            (format!("({})", first.what.kind()), value)
                        }
                    }
                }
                // Behind a negative number too (PHP manual, Arrays).
                false => (last.map_or(0, |last| last.saturating_add(1)).to_string(), first),
            };
            if let Some(number) = whole(&name) {
                last = last.max(Some(number));
            }
            match places.get(&name) {
                Some(place) => entries[*place].1 = value,
                None => {
                    places.insert(name.clone(), entries.len());
                    entries.push((name, value));
                }
            }
            if !self.mark(',') && self.peek() != &Kind::Mark(end) {
                return Err((self.at(), format!("a comma or {end:?} should stand here")));
            }
        }
        Ok(list_or_table(entries))
    }

    /// Goes on to the end of a statement or of a value, whatever it is; its first words.
    fn skip(&mut self, statement: bool) -> Result<String, (At, String)> {
        let begin = self.tokens.get(self.next).map_or(self.text.len(), |token| token.from);
        let mut open: Vec<char> = Vec::new();
        let mut end = begin;
        loop {
            let at = self.at();
            let kind = self.peek().clone();
            let closes = match kind {
                Kind::End if open.is_empty() => break,
                Kind::End => return Err((at, "the file ends within brackets".to_owned())),
                Kind::Mark(c @ ('(' | '[' | '{')) => {
                    open.push(c);
                    None
                }
                Kind::Mark(c @ (')' | ']' | '}')) => Some(c),
                Kind::Mark(';') if open.is_empty() => {
                    self.next += usize::from(statement);
                    break;
                }
                Kind::Mark(',') | Kind::Arrow if open.is_empty() && !statement => break,
                _ => None,
            };
            if let Some(c) = closes {
                match (open.pop(), c) {
                    (Some('('), ')') | (Some('['), ']') | (Some('{'), '}') => {}
                    (None, _) if !statement => break,
                    _ => return Err((at, format!("{c:?} closes nothing that is open"))),
                }
            }
            end = self.tokens.get(self.next).map_or(end, |token| token.to);
            self.next += 1;
            if closes == Some('}') && open.is_empty() && statement {
                break;
            }
        }
        let words = self.text.get(begin..end).unwrap_or_default();
        let mut words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        if words.chars().count() > MOST_WORDS {
            words = words.chars().take(MOST_WORDS).chain("…".chars()).collect();
        }
        Ok(words)
    }
}

fn list_or_table(entries: Vec<(String, Value)>) -> What {
    let is_list = entries.iter().enumerate().all(|(number, (name, _))| *name == number.to_string());
    match is_list {
        true => What::List(entries.into_iter().map(|(_, value)| value).collect()),
        false => What::Table(entries),
    }
}

/// The name that a value makes in an array: PHP makes numbers of texts that look so, which have the same form here.
fn key(what: &What) -> Option<String> {
    match what {
        What::Text(text) => Some(text.clone()),
        What::Number(number) => number.parse::<i64>().ok().map(|number| number.to_string()),
        _ => None,
    }
}

/// The number that a name in an array is: PHP takes a text for one that is written as the number would be, and no other
/// (`06`, `+6` and `-0` are texts).
fn whole(name: &str) -> Option<i64> {
    name.parse().ok().filter(|number: &i64| number.to_string() == name)
}

fn text_of(what: What) -> Option<String> {
    match what {
        What::Text(text) => Some(text),
        What::Number(number) if number.parse::<i64>().is_ok() => Some(number),
        _ => None,
    }
}

/// Puts `value` where the steps lead.
fn put(into: &mut Value, path: &[Step], value: Value) {
    let Some((step, rest)) = path.split_first() else {
        *into = value;
        return;
    };
    let mut entries = match std::mem::replace(&mut into.what, What::Null) {
        What::Table(entries) => entries,
        What::List(values) => values
            .into_iter()
            .enumerate()
            .map(|(number, value)| (number.to_string(), value))
            .collect(),
        _ => Vec::new(),
    };
    let name = match step {
        Step::Named(name) => name.clone(),
        Step::Appended => {
            let numbers = entries.iter().filter_map(|(name, _)| whole(name));
            numbers.max().map_or(0, |most| most.saturating_add(1)).max(0).to_string()
        }
    };
    let at = value.at;
    let place = entries.iter().position(|(own, _)| *own == name).unwrap_or_else(|| {
        entries.push((name, Value { at, what: What::Null }));
        entries.len() - 1
    });
    put(&mut entries[place].1, rest, value);
    into.what = list_or_table(entries);
}

/// Statements that say nothing of values.
const PLAIN: [&str; 3] = ["declare", "namespace", "use"];
const MOST_DEPTH: usize = 64;
const MOST_WORDS: usize = 60;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn meaning(name: &str) -> Option<&'static str> {
        name.ends_with("Constants::A").then_some("urn:a")
    }

    fn variable(text: &str) -> (Value, Vec<(At, String)>) {
        let mut script =
            read(text, meaning).unwrap_or_else(|(at, why)| panic!("{text}: {at:?}: {why}"));
        (script.variables.remove("x").unwrap(), script.unread)
    }

    fn shown(value: &Value) -> String {
        match &value.what {
            What::Null => "null".to_owned(),
            What::Bool(flag) => flag.to_string(),
            What::Number(number) => number.clone(),
            What::Text(text) => format!("{text:?}"),
            What::Name(name) => format!("<{name}>"),
            What::List(values) => {
                format!("[{}]", values.iter().map(shown).collect::<Vec<_>>().join(","))
            }
            What::Table(entries) => {
                let each = entries.iter().map(|(name, value)| format!("{name}:{}", shown(value)));
                format!("{{{}}}", each.collect::<Vec<_>>().join(","))
            }
        }
    }

    #[test]
    fn literals_are_what_they_are() {
        for (text, expected) in [
            ("<?php $x = 'a\\'b\\n';", "\"a'b\\\\n\""),
            ("<?php $x = \"a\\n\\x41\\u{e8}\\$b\";", "\"a\\nAè$b\""),
            (
                "<?php // no\n # no\n /* no */ $x = array(1, -2, 0x1F, 1.5, TRUE, null);",
                "[1,-2,31,1.5,true,null]",
            ),
            ("<?php $x = ['a' => 1, 5 => 2, 'b', 'a' => 3, '6' => 'c'];", "{a:3,5:2,6:\"c\"}"),
            (
                "<?php $x = ['06' => 1, 'b', '+7' => 2, '-0' => 3, 'c'];",
                "{06:1,0:\"b\",+7:2,-0:3,1:\"c\"}",
            ),
            ("<?php $x = ['-2' => 1, 'b', 5 => 2, 'c'];", "{-2:1,-1:\"b\",5:2,6:\"c\"}"),
            ("<?php $x = 'a' . \"b\" . 3 . \\SAML2\\Constants::A;", "\"ab3urn:a\""),
            ("<?php $x['a']['b'] = 1; $x['a'][] = 2; $x['c'] = []; ?>\n", "{a:{b:1,0:2},c:[]}"),
            ("<?php $x = <<<'E'\n a\n  b$c\n E;\n", "\"a\\n b$c\""),
            ("<?php $x = <<<E\na\\tb\nE;\n", "\"a\\tb\""),
        ] {
            let (value, unread) = variable(text);
            assert_eq!((shown(&value).as_str(), unread.len()), (expected, 0), "{text}: {unread:?}");
        }
    }

    #[test]
    fn what_is_computed_is_named_and_nothing_else_is_lost() {
        let (value, unread) = variable(
            "<?php\nuse A\\B;\nif (true) { $x = 1; }\n$x = ['a' => getenv('K'), 'b' => 2, 'c' => 60 * 60,\n 'd' => [f(1, [2])[0], 'e'], &$y, \"a $z\", Constants::B];\nrequire 'other.php';\n",
        );
        let expected = "{a:<getenv('K')>,b:2,c:<60 * 60>,d:[<f(1, [2])[0]>,\"e\"],0:<&$y>,1:<\"a $z\">,2:<Constants::B>}";
        assert_eq!(shown(&value), expected);
        let places: Vec<(usize, usize)> =
            unread.iter().map(|(at, _)| (at.line, at.column)).collect();
        assert_eq!(places, [(3, 1), (4, 14), (4, 44), (5, 10), (5, 30), (5, 35), (5, 43), (6, 1)]);
        assert_eq!(unread[7].1, "require 'other.php'");
    }

    #[test]
    fn what_cannot_be_taken_apart_says_where() {
        for (text, at) in [
            ("$x = 1;", (1, 1)),
            ("<?php $x = [1, 2", (1, 17)),
            ("<?php $x = 'a", (1, 12)),
            ("<?php\n$x = [1 2];", (2, 7)),
            ("<?php $x = ];", (1, 12)),
            ("<?php /* a", (1, 7)),
            ("<?php $x = <<<E\na\n", (1, 12)),
        ] {
            let read = read(text, meaning);
            let found = read.as_ref().err().map(|(at, _)| (at.line, at.column));
            let unread = read
                .as_ref()
                .ok()
                .and_then(|script| script.unread.first())
                .map(|(at, _)| (at.line, at.column));
            assert_eq!(found.or(unread), Some(at), "{text}: {read:?}");
        }
        let deep = format!("<?php $x = {}{};", "[".repeat(5000), "]".repeat(5000));
        assert!(read(&deep, meaning).unwrap_err().1.contains("deeper"));
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in "\\PC{0,60}", code in "[$x='\"\\[\\]().,;=>a1{}<?/*#\\\\ \n-]{0,60}") {
            let _read = read(&text, meaning);
            let _read = read(&format!("<?php {code}"), meaning);
            let _read = read(&format!("<?php $x = {code};"), meaning);
        }
    }
}
