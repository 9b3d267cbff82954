//! Reads EDN, in which Jepsen writes histories: the part of it that histories have.

use super::datum::{DEPTH, Datum};
use super::error::FileError;

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
        let mut entries = Vec::new();
        while !self.closes('}')? {
            let key = self.value()?;
            if self.closes('}')? {
                return Err(self.error("a key without a value"));
            }
            entries.push((key, self.value()?));
        }
        self.depth -= 1;
        entries.shrink_to_fit();
        Ok(Edn::Map(entries))
    }

    fn list(&mut self, close: char) -> Result<Edn, FileError> {
        self.enter()?;
        let mut values = Vec::new();
        while !self.closes(close)? {
            match self.value()? {
                Edn::Datum(value) => values.push(value),
                // A map as a value, as a bank's balances: a list of pairs.
                Edn::Map(entries) => values.push(pairs(entries)),
            }
        }
        self.depth -= 1;
        values.shrink_to_fit();
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
        let mut text = String::new();
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
                Datum::Int(number.parse().map_err(|_| self.error(format!("{word} is no whole number of 64 bits")))?)
            }
            _ => Datum::Text(word.strip_prefix(':').unwrap_or(word).to_owned()),
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
}

pub(super) fn pairs(entries: Vec<(Edn, Edn)>) -> Datum {
    let datum = |edn| match edn {
        Edn::Datum(datum) => datum,
        Edn::Map(entries) => pairs(entries),
    };
    Datum::List(entries.into_iter().map(|(key, value)| Datum::List(vec![datum(key), datum(value)])).collect())
}
