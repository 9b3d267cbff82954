//! Reads EDN, in which Jepsen writes histories: the part of it that histories have.

use super::datum::{DEPTH, Datum};
use super::error::{FileError, shortened};
use super::memory::{ALLOCATION, Growing, Spent, give_back, take};

/// A value of EDN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Edn {
    Datum(Datum),
    /// A map in the order of the text.
    Map(Vec<(Edn, Edn)>),
}

/// Reads the values of a text one after the other.
pub(super) struct EdnReader<'t> {
    text: &'t str,
    at: usize,
    /// The line of `at`, from 1.
    pub(super) line: usize,
    depth: usize,
}

impl<'t> EdnReader<'t> {
    /// Reads a text that begins at that line.
    pub(super) fn new(text: &'t str, line: usize) -> Self {
        Self { text, at: 0, line, depth: 0 }
    }

    /// Skips a bracket around all values, which some files have; `true` if there was one.
    pub(super) fn skip_opening(&mut self) -> bool {
        self.skip_space();
        let is_there = matches!(self.peek(), Some('[' | '('));
        if is_there {
            self.advance();
        }
        is_there
    }

    /// Whether something comes before the end of the text.
    pub(super) fn is_more(&mut self) -> bool {
        self.skip_space();
        self.peek().is_some()
    }

    /// Reads the next value; `None` at the end of the text.
    pub(super) fn next(&mut self) -> Result<Option<Edn>, FileError> {
        self.skip_space();
        self.peek().map(|_| self.value()).transpose()
    }

    /// Skips the bracket that closes all values; `true` if it was there.
    ///
    /// # Errors
    ///
    /// If something comes after it.
    pub(super) fn skip_closing(&mut self) -> Result<bool, FileError> {
        self.skip_space();
        if !matches!(self.peek(), Some(']' | ')')) {
            return Ok(false);
        }
        self.advance();
        self.check_end()?;
        Ok(true)
    }

    /// Refuses what comes after the end of the history.
    pub(super) fn check_end(&mut self) -> Result<(), FileError> {
        self.skip_space();
        self.peek().map_or(Ok(()), |other| Err(self.error(format!("{other:?} after the end of the history"))))
    }

    fn value(&mut self) -> Result<Edn, FileError> {
        self.skip_space();
        let Some(first) = self.peek() else { return Err(self.error("the file ends where a value is expected")) };
        match first {
            '{' => self.map(),
            '[' => self.list(']'),
            '(' => self.list(')'),
            '"' => self.string().map(|text| Edn::Datum(Datum::Text(text))),
            '#' => self.tagged(),
            ']' | ')' | '}' => Err(self.error(format!("{first:?} closes nothing"))),
            _ => self.word(),
        }
    }

    fn map(&mut self) -> Result<Edn, FileError> {
        self.enter()?;
        let mut entries = Growing::new();
        while !self.closes('}')? {
            let key = self.value()?;
            if self.closes('}')? {
                return Err(self.error("a key without a value"));
            }
            let value = self.value()?;
            entries.push((key, value)).map_err(|spent| self.too_much(spent))?;
        }
        self.depth -= 1;
        entries.finish().map(|entries| Edn::Map(entries.into_vec())).map_err(|spent| self.too_much(spent))
    }

    fn list(&mut self, close: char) -> Result<Edn, FileError> {
        self.enter()?;
        let mut values = Growing::new();
        while !self.closes(close)? {
            let value = self.value()?.datum().map_err(|spent| self.too_much(spent))?;
            values.push(value).map_err(|spent| self.too_much(spent))?;
        }
        self.depth -= 1;
        let values = values.finish().map_err(|spent| self.too_much(spent))?;
        Ok(Edn::Datum(Datum::List(values)))
    }

    /// A set, or a value with a tag, as Jepsen prints its records.
    fn tagged(&mut self) -> Result<Edn, FileError> {
        self.advance();
        if self.peek() == Some('{') {
            return self.list('}');
        }
        let tag = self.take_word();
        if tag.is_empty() {
            return Err(self.error("a `#` without a tag"));
        }
        self.depth += 1;
        self.check_depth()?;
        let value = self.value();
        self.depth -= 1;
        value
    }

    fn string(&mut self) -> Result<String, FileError> {
        self.advance();
        let length = self.text_length();
        take(length + ALLOCATION).map_err(|spent| self.too_much(spent))?;
        let mut text = String::with_capacity(length);
        loop {
            match self.advance() {
                None => return Err(self.error("the file ends within a text")),
                Some('"') => return Ok(text),
                Some('\\') => match self.advance() {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some('r') => text.push('\r'),
                    Some(same @ ('"' | '\\')) => text.push(same),
                    other => return Err(self.error(format!("unknown escape {other:?} in a text"))),
                },
                Some(other) => text.push(other),
            }
        }
    }

    /// Returns the bytes up to the quote that ends a text, or to the end of the file.
    fn text_length(&self) -> usize {
        let rest = &self.text.as_bytes()[self.at..];
        let mut is_escaped = false;
        let ends = |byte: &u8| {
            let was_escaped = is_escaped;
            is_escaped = *byte == b'\\' && !was_escaped;
            *byte == b'"' && !was_escaped
        };
        rest.iter().position(ends).unwrap_or(rest.len())
    }

    fn word(&mut self) -> Result<Edn, FileError> {
        let word = self.take_word();
        let datum = match word {
            "" => return Err(self.error(format!("unexpected {:?}", self.peek()))),
            "nil" => Datum::Nil,
            "true" => Datum::Bool(true),
            "false" => Datum::Bool(false),
            _ if word.starts_with(|first: char| first.is_ascii_digit() || "+-".contains(first)) && word.len() > 1
                || word.chars().all(|digit| digit.is_ascii_digit()) =>
            {
                let number = word.strip_suffix('N').unwrap_or(word);
                Datum::Int(number.parse().map_err(|_| self.error(format!("{} is no whole number of 64 bits", shortened(&word))))?)
            }
            _ => {
                take(word.len() + ALLOCATION).map_err(|spent| self.too_much(spent))?;
                Datum::Text(word.strip_prefix(':').unwrap_or(word).to_owned())
            }
        };
        Ok(Edn::Datum(datum))
    }

    /// Takes letters up to the next space, bracket or quote.
    fn take_word(&mut self) -> &'t str {
        let rest = &self.text[self.at..];
        let ends = |letter: char| letter.is_whitespace() || ",;\"()[]{}".contains(letter);
        let word = &rest[..rest.find(ends).unwrap_or(rest.len())];
        self.at += word.len();
        word
    }

    fn closes(&mut self, close: char) -> Result<bool, FileError> {
        self.skip_space();
        match self.peek() {
            None => Err(self.error(format!("the file ends before {close:?}"))),
            Some(next) if next == close => {
                self.advance();
                Ok(true)
            }
            Some(_) => Ok(false),
        }
    }

    fn enter(&mut self) -> Result<(), FileError> {
        self.advance();
        self.depth += 1;
        self.check_depth()
    }

    fn check_depth(&self) -> Result<(), FileError> {
        if self.depth > DEPTH { Err(self.error(format!("more than {DEPTH} lists in lists"))) } else { Ok(()) }
    }

    fn skip_space(&mut self) {
        while let Some(next) = self.peek() {
            if next == ';' {
                while self.peek().is_some_and(|next| next != '\n') {
                    self.advance();
                }
            } else if next.is_whitespace() || next == ',' {
                self.advance();
            } else {
                return;
            }
        }
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn advance(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        self.line += usize::from(next == '\n');
        Some(next)
    }

    fn error(&self, problem: impl Into<String>) -> FileError {
        FileError::syntax(self.line, problem)
    }

    /// The error of a value that takes more memory than it may; who gave it room says how much that is.
    pub(super) fn too_much(&self, _: Spent) -> FileError {
        self.error("more memory than the file pays for")
    }
}

impl Edn {
    /// Turns it into a value; a map, such as the balances of a bank, becomes a list of pairs.
    pub(super) fn datum(self) -> Result<Datum, Spent> {
        let entries = match self {
            Self::Datum(datum) => return Ok(datum),
            Self::Map(entries) => entries,
        };
        if entries.is_empty() {
            return Ok(Datum::List(Box::default()));
        }
        let mapped = entries.len() * size_of::<(Self, Self)>() + ALLOCATION;
        let mut pairs = Growing::new();
        for (key, value) in entries {
            let mut pair = Growing::new();
            pair.push(key.datum()?)?;
            pair.push(value.datum()?)?;
            pairs.push(Datum::List(pair.finish()?))?;
        }
        give_back(mapped);
        pairs.finish().map(Datum::List)
    }
}
