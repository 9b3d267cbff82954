//! Cuts a text of events into parts of whole lines, so that a file is never in memory as a whole.

use std::io::{self, BufRead, Read};

use super::error::FileError;

/// The longest part, in bytes: an event over many lines, or a line with many events.
const LONGEST: usize = 64 << 20;

/// Reads a text in parts of whole lines, in each of which all brackets are closed.
pub(super) struct Parts<R> {
    reader: R,
    part: Vec<u8>,
    /// The lines of the parts before.
    lines: usize,
    /// The bytes of the parts up to now.
    bytes: usize,
}

/// Some lines of a text.
#[derive(Debug)]
pub(super) struct Part<'t> {
    /// The number of the first line, from 1.
    pub(super) line: usize,
    pub(super) text: &'t str,
    /// The bytes of the text up to the end of this part.
    pub(super) read: usize,
    /// The bytes of memory that the part takes.
    pub(super) buffer: usize,
}

impl<R: BufRead> Parts<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, part: Vec::new(), lines: 0, bytes: 0 }
    }

    /// Returns the next line; `None` at the end.
    pub(super) fn next_line(&mut self) -> Result<Option<Part<'_>>, FileError> {
        self.next_part(&mut Nesting::default(), |_| true)
    }

    /// Returns the next lines in which all values end; `None` at the end.
    pub(super) fn next_values(&mut self, nesting: &mut Nesting) -> Result<Option<Part<'_>>, FileError> {
        self.next_part(nesting, Nesting::is_between_values)
    }

    fn next_part(&mut self, nesting: &mut Nesting, ends: fn(&Nesting) -> bool) -> Result<Option<Part<'_>>, FileError> {
        self.part.clear();
        let (first, mut line) = (self.lines + 1, self.lines + 1);
        loop {
            let begin = self.part.len();
            let failed = |error: io::Error| FileError::syntax(line, format!("cannot be read: {error}"));
            let room = (LONGEST + 1 - begin) as u64;
            let length = self.reader.by_ref().take(room).read_until(b'\n', &mut self.part).map_err(failed)?;
            if self.part.len() > LONGEST {
                return Err(FileError::syntax(first, format!("an event longer than {LONGEST} bytes: write one event a line")));
            }
            nesting.pass(&self.part[begin..]);
            if length == 0 || ends(nesting) {
                break;
            }
            line += 1;
        }
        if self.part.is_empty() {
            return Ok(None);
        }
        self.lines = line;
        self.bytes += self.part.len();
        let text = str::from_utf8(&self.part).map_err(|_| FileError::syntax(first, "no text in UTF-8: convert it"))?;
        Ok(Some(Part { line: first, text, read: self.bytes, buffer: self.part.capacity() }))
    }
}

/// How deep in brackets a place of a text in EDN is.
#[derive(Debug, Default)]
pub(super) struct Nesting {
    depth: i64,
    /// The depth between two events: 1 within a list around all of them. `None` before the first letter.
    outside: Option<i64>,
    in_text: bool,
    is_escaped: bool,
    in_comment: bool,
}

impl Nesting {
    fn pass(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match byte {
                b'\n' if self.in_comment => self.in_comment = false,
                _ if self.in_comment => {}
                _ if self.in_text => match (byte, std::mem::take(&mut self.is_escaped)) {
                    (b'\\', false) => self.is_escaped = true,
                    (b'"', false) => self.in_text = false,
                    _ => {}
                },
                b';' => self.in_comment = true,
                other if other.is_ascii_whitespace() || *other == b',' => {}
                other => self.pass_sign(*other),
            }
        }
    }

    fn pass_sign(&mut self, byte: u8) {
        let is_first = self.outside.is_none();
        if is_first {
            self.outside = Some(i64::from(matches!(byte, b'[' | b'(')));
        }
        match byte {
            b'"' => self.in_text = true,
            b'[' | b'(' | b'{' => self.depth += 1,
            b']' | b')' | b'}' => self.depth -= 1,
            _ => {}
        }
    }

    fn is_between_values(&self) -> bool {
        !self.in_text && self.depth <= self.outside.unwrap_or(0)
    }
}
