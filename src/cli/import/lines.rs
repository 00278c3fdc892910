//! A file of people, one after the other, each with the number of its first line.

use std::io::{self, BufRead, Read as _};

use crate::admin::command::NewPerson;
use crate::cli::arguments_people::FormatChoice;
use crate::cli::import::csv::{self, Header};

/// People as they are read.
pub struct Lines<R> {
    read: R,
    header: Option<Header>,
    format: FormatChoice,
    number: usize,
    /// Octets read so far.
    taken: u64,
}

/// One of them.
pub struct Line {
    /// The number of its first line, from 1.
    pub number: usize,
    /// The person, or why there is none, in words.
    pub person: Result<NewPerson, String>,
}

impl<R: BufRead> Lines<R> {
    /// Begins to read.
    pub fn new(read: R, format: FormatChoice) -> Self {
        Self { read, header: None, format, number: 0, taken: 0 }
    }

    /// How many octets were read.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// The next one; `None` at the end.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(&mut self) -> io::Result<Option<Line>> {
        loop {
            let Some((number, text)) = self.record()? else { return Ok(None) };
            let text = match text {
                Ok(text) if text.trim().is_empty() => continue,
                Ok(text) => text,
                Err(reason) => return Ok(Some(Line { number, person: Err(reason) })),
            };
            let person = match (self.format, &self.header) {
                (FormatChoice::Jsonl, _) => json(&text),
                (FormatChoice::Csv, Some(header)) => header.person(&text),
                (FormatChoice::Csv, None) => match Header::read(&text) {
                    Ok(header) => {
                        self.header = Some(header);
                        continue;
                    }
                    Err(reason) => {
                        // Under other columns every line would say something else than is meant.
                        io::copy(&mut self.read, &mut io::sink())?;
                        Err(reason)
                    }
                },
            };
            return Ok(Some(Line { number, person }));
        }
    }

    /// The next line, and those that belong to it.
    fn record(&mut self) -> io::Result<Option<(usize, Result<String, String>)>> {
        let Some(line) = self.line()? else { return Ok(None) };
        let number = self.number;
        let mut text = match line {
            Ok(text) => text,
            Err(reason) => return Ok(Some((number, Err(reason)))),
        };
        while self.format == FormatChoice::Csv && csv::goes_on(&text) {
            if text.len() > MOST_BYTES {
                return Ok(Some((number, Err(TOO_LONG.to_owned()))));
            }
            match self.line()? {
                Some(Ok(more)) => text = format!("{text}\n{more}"),
                Some(Err(reason)) => return Ok(Some((number, Err(reason)))),
                None => break,
            }
        }
        Ok(Some((number, Ok(text))))
    }

    /// One line without its end; a line that is too long is read to its end and not kept.
    fn line(&mut self) -> io::Result<Option<Result<String, String>>> {
        let mut bytes = Vec::new();
        let limit = MOST_BYTES as u64 + 1;
        let read = (&mut self.read).take(limit).read_until(b'\n', &mut bytes)?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        self.taken += read as u64;
        if bytes.len() > MOST_BYTES && !bytes.ends_with(b"\n") {
            loop {
                bytes.clear();
                let more = (&mut self.read).take(limit).read_until(b'\n', &mut bytes)?;
                self.taken += more as u64;
                if more == 0 || bytes.ends_with(b"\n") {
                    return Ok(Some(Err(TOO_LONG.to_owned())));
                }
            }
        }
        while matches!(bytes.last(), Some(b'\n' | b'\r')) {
            bytes.pop();
        }
        let text = String::from_utf8(bytes).map_err(|_| "the line is not UTF-8".to_owned());
        Ok(Some(text))
    }
}

fn json(text: &str) -> Result<NewPerson, String> {
    serde_json::from_str(text)
        .map_err(|error| error.to_string().replace(" at line 1 column", " at character"))
}

const MOST_BYTES: usize = 64 * 1024;
const TOO_LONG: &str = "the line has more than 64 KiB";

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8], format: FormatChoice) -> Vec<(usize, Result<String, String>)> {
        let mut lines = Lines::new(text, format);
        let mut all = Vec::new();
        while let Some(line) = lines.read().unwrap() {
            all.push((line.number, line.person.map(|person| person.username)));
        }
        assert_eq!(
            lines.taken(),
            if lines.header.is_none() && format == FormatChoice::Csv {
                lines.taken()
            } else {
                text.len() as u64
            }
        );
        all
    }

    #[test]
    fn each_line_has_its_number_and_no_line_takes_the_next_with_it() {
        let long = format!("{{\"username\":\"{}\"}}", "x".repeat(MOST_BYTES));
        let text = format!("\r\n{{\"username\":\"ada\"}}\r\n{long}\n\nno\n{{\"username\":\"bo\"}}");
        let all = read(text.as_bytes(), FormatChoice::Jsonl);
        let numbers: Vec<usize> = all.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, [2, 3, 5, 6]);
        assert_eq!(all[0].1.as_deref(), Ok("ada"));
        assert!(all[1].1.as_ref().unwrap_err().contains("64 KiB"));
        assert!(all[2].1.is_err());
        assert_eq!(all[3].1.as_deref(), Ok("bo"));
        let mixed = read(b"{\"username\":\"\xff\"}\n{\"username\":\"c\"}\n", FormatChoice::Jsonl);
        assert!(mixed[0].1.as_ref().unwrap_err().contains("UTF-8"));
        assert_eq!(mixed[1].1.as_deref(), Ok("c"));
    }

    #[test]
    fn a_record_in_quotes_may_take_several_lines() {
        let text = b"username,address\nada,\"via X\n1\"\n\nbo,\nco\n";
        let all = read(text, FormatChoice::Csv);
        let numbers: Vec<usize> = all.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, [2, 5, 6]);
        assert_eq!(all[1].1.as_deref(), Ok("bo"));
        assert!(all[2].1.is_err());
        let all = read(b"user,address\nada,x\nbo,y\n", FormatChoice::Csv);
        assert_eq!(all.len(), 1, "nothing is read under columns that are not known");
        let open = read(b"username\n\"ada\nbo\n", FormatChoice::Csv);
        assert!(open[0].1.as_ref().unwrap_err().contains("not closed"));
    }
}
