//! A window on a long text: finds where its parts end, and holds no more than one of them.

use std::io::Read;

use crate::saml::metadata::aggregate::error::AggregateError;
use crate::saml::metadata::aggregate::limits::Limits;
use crate::saml::xml::MAX_DEPTH;

/// What is read at a time.
const STEP: usize = 64 * 1024;

/// A window; places in it count from where it begins.
pub(super) struct Window<R> {
    from: R,
    buffer: Vec<u8>,
    start: usize,
    ended: bool,
    read: u64,
    offset: u64,
    line: u64,
    elements: usize,
    limits: Limits,
}

impl<R: Read> Window<R> {
    pub(super) fn new(from: R, limits: Limits) -> Self {
        let buffer = Vec::with_capacity(4 * STEP);
        let (start, ended, read, offset, line, elements) = (0, false, 0, 0, 1, 0);
        Self { from, buffer, start, ended, read, offset, line, elements, limits }
    }

    /// Where the window begins, in octets from the beginning.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// On which line it begins.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Whether the text goes on with `wanted` at `at`.
    pub(super) fn starts(&mut self, at: usize, wanted: &[u8]) -> Result<bool, AggregateError> {
        while self.here(at).len() < wanted.len() && self.more(at)? {}
        Ok(self.here(at).starts_with(wanted))
    }

    /// The octet at `at`; `None` after the last.
    pub(super) fn octet(&mut self, at: usize) -> Result<Option<u8>, AggregateError> {
        while self.here(at).is_empty() && self.more(at)? {}
        Ok(self.here(at).first().copied())
    }

    /// Where the first octet of those `wanted` stands, from `at` on.
    pub(super) fn find(
        &mut self,
        at: usize,
        wanted: impl Fn(u8) -> bool,
    ) -> Result<Option<usize>, AggregateError> {
        let mut from = at;
        loop {
            if let Some(found) = self.here(from).iter().position(|octet| wanted(*octet)) {
                return Ok(Some(from + found));
            }
            from += self.here(from).len();
            if !self.more(from)? {
                return Ok(None);
            }
        }
    }

    /// Appends the next `length` octets to `text`, which go from the window.
    pub(super) fn take(&mut self, length: usize, text: &mut String) -> Result<(), AggregateError> {
        let octets = &self.buffer[self.start..self.start + length];
        let part =
            std::str::from_utf8(octets).map_err(|_| AggregateError::NotUtf8 { line: self.line })?;
        text.push_str(part);
        self.line += lines(octets);
        self.offset += length as u64;
        self.start += length;
        Ok(())
    }

    /// Where the markup that begins with `open` at `at` ends; a comment or a CDATA section.
    fn section(
        &mut self,
        at: usize,
        open: usize,
        close: &[u8],
        within: &'static str,
    ) -> Result<usize, AggregateError> {
        let mut from = at + open;
        loop {
            let Some(found) = self.find(from, |octet| octet == close[0])? else {
                return Err(self.truncated(within));
            };
            if self.starts(found, close)? {
                return Ok(found + close.len());
            }
            from = found + 1;
        }
    }

    /// Where the comment at `at` ends.
    pub(super) fn comment(&mut self, at: usize) -> Result<usize, AggregateError> {
        self.section(at, 4, b"-->", "a comment")
    }

    /// Where the start tag at `at` ends, and whether it closes itself.
    pub(super) fn start_tag(&mut self, at: usize) -> Result<(usize, bool), AggregateError> {
        self.elements += 1;
        self.limit(self.elements, self.limits.elements, "elements")?;
        let mut from = at + 1;
        loop {
            let stop = self.find(from, |octet| matches!(octet, b'>' | b'"' | b'\''))?;
            let Some(stop) = stop else { return Err(self.truncated("a tag")) };
            match self.octet(stop)? {
                Some(b'>') => return Ok((stop + 1, self.octet(stop - 1)? == Some(b'/'))),
                Some(quote) => {
                    let close = self.find(stop + 1, |octet| octet == quote)?;
                    from = close.ok_or_else(|| self.truncated("an attribute"))? + 1;
                }
                None => return Err(self.truncated("a tag")),
            }
        }
    }

    /// Where the element at `at` ends.
    ///
    /// Only where it ends is found here. Whether it is well-formed its parser says, and then this is its end: a prefix of a text is
    /// an element in one way at most.
    pub(super) fn element(&mut self, at: usize) -> Result<usize, AggregateError> {
        let (mut here, mut depth) = (at, 0_usize);
        loop {
            if self.starts(here, b"<!--")? {
                here = self.comment(here)?;
            } else if self.starts(here, b"<![CDATA[")? {
                here = self.section(here, 9, b"]]>", "a CDATA section")?;
            } else if self.starts(here, b"<?")? {
                return Err(self.forbidden("a processing instruction"));
            } else if self.starts(here, b"<!")? {
                return Err(self.forbidden("a DOCTYPE"));
            } else if self.starts(here, b"</")? {
                let end = self.find(here, |octet| octet == b'>')?;
                here = end.ok_or_else(|| self.truncated("an end tag"))? + 1;
                depth = depth.saturating_sub(1);
            } else {
                let (end, is_closed) = self.start_tag(here)?;
                here = end;
                depth += usize::from(!is_closed);
                self.limit(depth, MAX_DEPTH, "levels of elements")?;
            }
            if depth == 0 {
                return Ok(here);
            }
            here = self
                .find(here, |octet| octet == b'<')?
                .ok_or_else(|| self.truncated("an element"))?;
        }
    }

    /// The name of the tag whose `<` is at `at`; at most 256 octets of it.
    pub(super) fn name(&mut self, at: usize) -> Result<String, AggregateError> {
        let is_end = |octet| matches!(octet, b' ' | b'\t' | b'\n' | b'\r' | b'/' | b'>');
        let end = self.find(at + 1, is_end)?.ok_or_else(|| self.truncated("a tag"))?;
        let name = &self.buffer[self.start + at + 1..self.start + end];
        if name.len() > 256 {
            return Err(self.too_many("octets of a name", 256));
        }
        let name = std::str::from_utf8(name);
        name.map(str::to_owned).map_err(|_| AggregateError::NotUtf8 { line: self.line })
    }

    pub(super) fn limit(
        &self,
        count: usize,
        limit: usize,
        what: &'static str,
    ) -> Result<(), AggregateError> {
        if count > limit { Err(self.too_many(what, limit)) } else { Ok(()) }
    }

    pub(super) fn forbidden(&self, what: &'static str) -> AggregateError {
        AggregateError::Forbidden { what, line: self.line }
    }

    pub(super) fn truncated(&self, within: &'static str) -> AggregateError {
        let line = self.line + lines(self.here(0));
        AggregateError::Truncated { within, line }
    }

    fn too_many(&self, what: &'static str, limit: usize) -> AggregateError {
        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
        AggregateError::TooMany { what, limit, line: self.line }
    }

    fn here(&self, at: usize) -> &[u8] {
        self.buffer.get(self.start + at..).unwrap_or_default()
    }

    /// Reads on; whether there was more. `at` is how far the part was looked at.
    fn more(&mut self, at: usize) -> Result<bool, AggregateError> {
        if self.ended {
            return Ok(false);
        }
        self.limit(at, self.limits.part, "octets of one part")?;
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        let before = self.buffer.len();
        self.buffer.resize(before + STEP, 0);
        let count = loop {
            match self.from.read(&mut self.buffer[before..]) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                done => break done?,
            }
        };
        self.buffer.truncate(before + count);
        self.read += count as u64;
        self.ended = count == 0;
        if self.read > self.limits.octets {
            let (limit, line) = (self.limits.octets, self.line);
            return Err(AggregateError::TooMany { what: "octets", limit, line });
        }
        Ok(count > 0)
    }
}

fn lines(octets: &[u8]) -> u64 {
    octets.iter().filter(|octet| **octet == b'\n').count() as u64
}
