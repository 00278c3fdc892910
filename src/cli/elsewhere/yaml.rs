//! YAML, as PyYAML's safe loader reads it (YAML 1.1's words for yes and no), within bounds: one document, every name once, anchors
//! followed as long as what they come to stays small.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use crate::cli::elsewhere::value::{At, Place, Value, What};

/// Reads a text of YAML, the file called `file`.
///
/// # Errors
/// What is wrong with it, with line and column.
pub fn read(text: &str, file: &str) -> Result<Value, String> {
    let mut reader =
        Reader { parser: Parser::new_from_str(text), anchors: HashMap::new(), left: MOST_VALUES };
    let document =
        reader.document().map_err(|(at, why)| format!("{}: {why}", Place::new(file, at, "")))?;
    Ok(document.unwrap_or_else(|| Value { at: At::default(), what: What::Null }))
}

struct Reader<'a> {
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
    /// Values by anchor, and how many values each is.
    anchors: HashMap<usize, (Value, usize)>,
    left: usize,
}

type Wrong = (At, String);

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<(Event<'a>, At), Wrong> {
        match self.parser.next() {
            Some(Ok((event, span))) => Ok((event, at(span))),
            Some(Err(error)) => {
                let mark = error.marker();
                Err((At { line: mark.line(), column: mark.col() + 1 }, error.info().to_owned()))
            }
            None => Ok((Event::StreamEnd, At::default())),
        }
    }

    fn document(&mut self) -> Result<Option<Value>, Wrong> {
        let mut document = None;
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(document),
                (Event::DocumentStart(_), at) => {
                    if document.is_some() {
                        return Err((at, "a second document begins, and one is read".to_owned()));
                    }
                    let (event, at) = self.next()?;
                    document = Some(self.value(event, at, 0)?.0);
                }
                _ => {}
            }
        }
    }

    /// The value that `event` begins, and how many values it is.
    fn value(&mut self, event: Event<'a>, at: At, depth: usize) -> Result<(Value, usize), Wrong> {
        if depth > MOST_DEPTH {
            return Err((at, format!("values in values go deeper than {MOST_DEPTH}")));
        }
        let (what, anchor, size) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let what = match tag {
                    // A tag of the program's own, as SATOSA's !ENV, says that the value is elsewhere.
                    Some(tag) if tag.suffix != "str" => {
                        What::Name(format!("!{} {text}", tag.suffix))
                    }
                    None if style == ScalarStyle::Plain => plain(&text),
                    _ => What::Text(text.into_owned()),
                };
                (what, anchor, 1)
            }
            Event::SequenceStart(anchor, _) => {
                let (mut values, mut size) = (Vec::new(), 1);
                loop {
                    let (event, at) = self.next()?;
                    if event == Event::SequenceEnd {
                        break (What::List(values), anchor, size);
                    }
                    let (value, its) = self.value(event, at, depth + 1)?;
                    size += its;
                    values.push(value);
                }
            }
            Event::MappingStart(anchor, _) => {
                let (entries, size) = self.entries(depth)?;
                (What::Table(entries), anchor, size)
            }
            Event::Alias(anchor) => {
                let known = self.anchors.get(&anchor).cloned();
                // An anchor that is not closed yet would be its own part.
                let (value, size) =
                    known.ok_or_else(|| (at, "an alias of nothing that is complete".to_owned()))?;
                self.spend(size, at)?;
                return Ok((Value { at, ..value }, size));
            }
            _ => return Err((at, "a value should stand here".to_owned())),
        };
        self.spend(1, at)?;
        let value = Value { at, what };
        if anchor > 0 {
            self.anchors.insert(anchor, (value.clone(), size));
        }
        Ok((value, size))
    }

    fn entries(&mut self, depth: usize) -> Result<(Vec<(String, Value)>, usize), Wrong> {
        let mut entries: Vec<(String, Value)> = Vec::new();
        let mut merged: Vec<(String, Value)> = Vec::new();
        let mut size = 1;
        loop {
            let (event, at) = self.next()?;
            let name = match event {
                Event::MappingEnd => break,
                Event::Scalar(name, ..) => name.into_owned(),
                _ => return Err((at, "the name of an entry must be a text".to_owned())),
            };
            let (event, value_at) = self.next()?;
            let (value, its) = self.value(event, value_at, depth + 1)?;
            size += its + 1;
            match value.what {
                What::Table(more) if name == "<<" => merged.extend(more),
                _ if entries.iter().any(|(own, _)| *own == name) => {
                    return Err((at, format!("the name {name:?} is there twice")));
                }
                _ => entries.push((name, Value { at, ..value })),
            }
            if entries.len() > MOST_ENTRIES {
                return Err((at, format!("a table has more than {MOST_ENTRIES} entries")));
            }
        }
        for (name, value) in merged {
            if !entries.iter().any(|(own, _)| *own == name) {
                entries.push((name, value));
            }
        }
        Ok((entries, size))
    }

    fn spend(&mut self, size: usize, at: At) -> Result<(), Wrong> {
        self.left = self
            .left
            .checked_sub(size)
            .ok_or_else(|| (at, format!("there are more than {MOST_VALUES} values")))?;
        Ok(())
    }
}

fn at(span: Span) -> At {
    At { line: span.start.line(), column: span.start.col() + 1 }
}

/// What a plain text means (YAML 1.1's types for nothing, yes and no, numbers).
fn plain(text: &str) -> What {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return What::Null,
        _ => {}
    }
    for (words, flag) in [(["true", "yes", "on"], true), (["false", "no", "off"], false)] {
        let is_it = |word: &str| {
            let mut capital = word.to_owned();
            capital[..1].make_ascii_uppercase();
            text == word || text == capital || text == word.to_ascii_uppercase()
        };
        if words.into_iter().any(is_it) {
            return What::Bool(flag);
        }
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let is_whole = digits.bytes().all(|byte| byte.is_ascii_digit())
        && (digits == "0" || !digits.starts_with('0'));
    let is_float = digits.contains('.')
        && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && text.parse::<f64>().is_ok();
    match !digits.is_empty() && (is_whole || is_float) {
        true => What::Number(text.to_owned()),
        false => What::Text(text.to_owned()),
    }
}

const MOST_DEPTH: usize = 64;
const MOST_VALUES: usize = 200_000;
const MOST_ENTRIES: usize = 20_000;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(value: &Value) -> String {
        match &value.what {
            What::Null => "null".to_owned(),
            What::Bool(flag) => flag.to_string(),
            What::Number(number) => number.clone(),
            What::Text(text) | What::Name(text) => format!("{text:?}"),
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
    fn values_are_those_of_pyyaml() {
        let text = "a: &x {b: Yes, c: no, d: 'yes'}\ne: *x\nf:\n  <<: *x\n  c: ~\ng: [1, -2.5, 08, 1.2.3, '3', \"q\"]\nh: |\n  a\n  b\n";
        let value = read(text, "x.yaml").unwrap();
        let expected = "{a:{b:true,c:false,d:\"yes\"},e:{b:true,c:false,d:\"yes\"},f:{c:null,b:true,d:\"yes\"},g:[1,-2.5,\"08\",\"1.2.3\",\"3\",\"q\"],h:\"a\\nb\\n\"}";
        assert_eq!(shown(&value), expected);
    }

    #[test]
    fn what_is_wrong_has_its_place() {
        for (text, expected) in [
            ("a: 1\na: 2\n", "x.yaml:2:1: the name \"a\" is there twice"),
            ("a: *b\n", "x.yaml:1:"),
            ("a: &b [*b]\n", "x.yaml:1:8: an alias of nothing that is complete"),
            ("a: 1\n---\nb: 2\n", "x.yaml:2:1: a second document"),
            ("? [a]\n: 1\n", "x.yaml:1:3: the name of an entry must be a text"),
            ("a: [1\n", "x.yaml:"),
        ] {
            let said = read(text, "x.yaml").unwrap_err();
            assert!(said.starts_with(expected), "{text}: {said}");
        }
        let tagged = read("a: !ENV SECRET\nb: !!str 1\n", "x").unwrap();
        assert_eq!(shown(&tagged), "{a:\"!ENV SECRET\",b:\"1\"}");
        let bomb: String = (0..12)
            .map(|n| format!("x{n}: &x{n} [{}]\n", format!("*x{},", n - 1).repeat(10)))
            .skip(1)
            .collect();
        let bomb = format!("x0: &x0 [a, a, a, a, a, a, a, a, a, a]\n{bomb}");
        assert!(read(&bomb, "x").unwrap_err().contains("more than 200000 values"));
        assert!(read(&format!("a: {}", "[".repeat(5000)), "x").is_err());
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in "\\PC{0,60}", yaml in "[a-c&*:<!|>\\-?\\[\\]{},'\"# \n]{0,60}") {
            let _read = read(&text, "x");
            let _read = read(&yaml, "x");
        }
    }
}
