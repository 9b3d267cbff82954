//! [`Specification`]: the rows that a system must prove, as the file `rows.toml` beside its manifest declares them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::systems;

/// The file that declares the rows, in the folder of the system.
pub const FILE: &str = "rows.toml";

/// The rows of one system.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Specification {
    /// The subject of the rows, as a title names it: `the edge cache`.
    pub subject: String,
    /// The word that begins each row, `EDGE-11`, and in lower case each test that proves one, `edge_11_…`.
    pub stem: String,
    /// The file of the table, from the root of the workspace.
    pub table: String,
    /// The folder in which the name of a test may leave out the stem, from the root of the workspace: `tests/stream_queue`.
    #[serde(default)]
    pub suite: Option<String>,
    /// The series of rows, in order.
    pub series: Vec<Series>,
}

/// Rows that are numbered from 1.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Series {
    /// The letter before the numbers; none for the first series.
    #[serde(default)]
    pub sign: String,
    /// The number of rows, at most 99.
    pub count: u32,
    /// The rest of the sentence that begins with `EDGE-01 to EDGE-42`: `are the rows of the specification`.
    pub about: String,
}

impl Specification {
    /// The specifications of all systems that have one, in order of folder.
    ///
    /// # Errors
    ///
    /// A folder or file could not be read, or a `rows.toml` is wrong.
    pub fn all(root: &Path) -> Result<Vec<Self>, SpecificationError> {
        let folders = systems::folders(root).map_err(|source| SpecificationError::Unreadable { path: root.into(), source })?;
        folders.iter().map(|folder| folder.join(FILE)).filter(|path| path.exists()).map(Self::read).collect()
    }

    fn read(path: PathBuf) -> Result<Self, SpecificationError> {
        match fs::read_to_string(&path) {
            Ok(text) => toml::from_str(&text).map_err(|source| SpecificationError::Wrong { path, source }),
            Err(source) => Err(SpecificationError::Unreadable { path, source }),
        }
    }

    /// Every row, in order.
    pub fn rows(&self) -> Vec<String> {
        self.series.iter().flat_map(|series| (1..=series.count).map(|number| self.row(&series.sign, number))).collect()
    }

    fn row(&self, sign: &str, number: u32) -> String {
        format!("{}-{}{number:02}", self.stem.to_uppercase(), sign.to_uppercase())
    }

    /// Splits the name of a test in a file into the rows that it proves and the words of its claim.
    ///
    /// The rows end at the first word that is not two digits, with or without the sign of a series before them.
    pub fn split<'n>(&self, file: &str, name: &'n str) -> (Vec<String>, Vec<&'n str>) {
        let words: Vec<&str> = name.split('_').filter(|word| !word.is_empty()).collect();
        let mut rest = match words.split_first() {
            Some((stem, rest)) if *stem == self.stem => rest,
            Some(_) if self.is_in_suite(file) => &words[..],
            _ => return (Vec::new(), words),
        };
        let mut rows = Vec::new();
        while let Some((sign, first)) = rest.first().and_then(|word| self.number(word)) {
            let last = match rest {
                [_, "to", last, ..] => self.number(last).filter(|(too, last)| *too == sign && *last > first).map(|(_, last)| last),
                _ => None,
            };
            rest = &rest[if last.is_some() { 3 } else { 1 }..];
            rows.extend((first..=last.unwrap_or(first)).map(|number| self.row(sign, number)));
        }
        if rows.is_empty() { (rows, words) } else { (rows, rest.to_vec()) }
    }

    fn is_in_suite(&self, file: &str) -> bool {
        let below = self.suite.as_deref().and_then(|suite| file.strip_prefix(suite));
        below.is_some_and(|below| below.starts_with('/'))
    }

    /// The sign and the number in `11` or `d06`.
    fn number(&self, word: &str) -> Option<(&str, u32)> {
        self.series.iter().find_map(|Series { sign, .. }| {
            let digits = word.strip_prefix(sign.as_str())?;
            let two = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
            two.then(|| (sign.as_str(), digits.parse().expect("two digits are a number")))
        })
    }

    /// The title of the table and what its rows are.
    pub(crate) fn head(&self) -> String {
        let Self { subject, series, .. } = self;
        let series = series
            .iter()
            .map(|Series { sign, count, about }| format!("{} to {} {about}", self.row(sign, 1), self.row(sign, *count)));
        format!(
            "# Rows of {subject} and the tests that prove them\n\nWritten by `cargo xtask rows` from the names of the tests; do not \
             edit. {}.\n\n| Row | Proven by |\n|---|---|\n",
            series.collect::<Vec<_>>().join(",\n")
        )
    }
}

/// The specifications could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SpecificationError {
    /// A file or folder cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// A file does not declare rows.
    #[error("{} does not declare rows: {source}", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// The mistake and its place.
        source: toml::de::Error,
    },
}
