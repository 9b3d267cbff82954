//! The tests that prove each row of a specification, by their names.
//!
//! A test proves the rows that begin its name: `edge_11_…` proves EDGE-11, `edge_12_13_…` EDGE-12 and EDGE-13, `edge_12_to_15_…`
//! the four from EDGE-12 to EDGE-15, `edge_d06_…` EDGE-D06. The numbers end at the first word that is not two digits, with or
//! without a `d` before them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::path::Path;

use crate::documents::write_whole;
use crate::sources::{Source, sources};
use crate::tokens::{test_functions, tokens};

/// The file of the table, from the root of the workspace.
pub const TABLE: &str = "docs/edge-cache-rows.md";

/// Every row of the edge cache's specification: EDGE-01 to EDGE-42 are the user's, EDGE-D01 to EDGE-D23 derived.
pub fn required() -> Vec<String> {
    let named = (1..=42).map(|row| format!("EDGE-{row:02}"));
    named.chain((1..=23).map(|row| format!("EDGE-D{row:02}"))).collect()
}

/// A test and the rows it proves.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Proof {
    /// The path from the root of the workspace, with `/`.
    pub file: String,
    /// The name of the function, without modules.
    pub function: String,
    /// The rows, written as in the specification.
    pub rows: Vec<String>,
}

impl fmt::Display for Proof {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}::{}", self.file, self.function)
    }
}

/// The proofs in the sources of a workspace, in order of file.
///
/// # Errors
///
/// A source could not be read.
pub fn proofs(root: &Path) -> io::Result<Vec<Proof>> {
    Ok(sources(root, "rs")?.iter().flat_map(proofs_in).collect())
}

/// The proofs in one source; none if it is not Rust.
pub fn proofs_in(source: &Source) -> Vec<Proof> {
    let tokens = tokens(&source.text).unwrap_or_default();
    let proof = |name: &str| Proof { file: source.path.clone(), function: name.to_owned(), rows: rows_of(name) };
    test_functions(&tokens).map(|name| proof(&name.text)).filter(|proof| !proof.rows.is_empty()).collect()
}

/// The rows that begin a name.
fn rows_of(name: &str) -> Vec<String> {
    let Some(numbers) = name.strip_prefix("edge_") else { return Vec::new() };
    let words: Vec<&str> = numbers.split('_').collect();
    let mut rows = Vec::new();
    let mut rest = words.as_slice();
    while let Some((derived, first)) = rest.first().and_then(|word| number(word)) {
        let last = match rest {
            [_, "to", last, ..] => number(last).filter(|(too, last)| *too == derived && *last > first).map(|(_, last)| last),
            _ => None,
        };
        rest = &rest[if last.is_some() { 3 } else { 1 }..];
        let prefix = if derived { "EDGE-D" } else { "EDGE-" };
        rows.extend((first..=last.unwrap_or(first)).map(|row| format!("{prefix}{row:02}")));
    }
    rows
}

/// The number in `11` or `d06`, and whether it has a `d`.
fn number(word: &str) -> Option<(bool, u32)> {
    let digits = word.strip_prefix('d').unwrap_or(word);
    let two = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
    two.then(|| (digits != word, digits.parse().expect("two digits are a number")))
}

/// The required rows that no test proves.
pub fn unproven(proofs: &[Proof]) -> Vec<String> {
    let proven: BTreeSet<&String> = proofs.iter().flat_map(|proof| &proof.rows).collect();
    required().into_iter().filter(|row| !proven.contains(row)).collect()
}

/// Rows in names of tests that the specification does not have, with the test.
pub fn unknown(proofs: &[Proof]) -> Vec<(String, &Proof)> {
    let required = required();
    let claims = proofs.iter().flat_map(|proof| proof.rows.iter().map(move |row| (row.clone(), proof)));
    claims.filter(|(row, _)| !required.contains(row)).collect()
}

/// The table as the file holds it: a line for each row, the tests that prove it in order of file.
pub fn table(proofs: &[Proof]) -> String {
    let mut proven: BTreeMap<&String, Vec<&Proof>> = BTreeMap::new();
    for proof in proofs {
        proof.rows.iter().for_each(|row| proven.entry(row).or_default().push(proof));
    }
    let mut table = HEAD.to_owned();
    for row in required() {
        let tests = proven.get(&row).map(|tests| tests.iter().map(|proof| format!("`{proof}`")).collect::<Vec<_>>().join("<br>"));
        table.push_str(&format!("| {row} | {} |\n", tests.as_deref().unwrap_or("no test yet")));
    }
    table
}

const HEAD: &str = "# Rows of the edge cache and the tests that prove them

Written by `cargo xtask rows` from the names of the tests; do not edit. EDGE-01 to EDGE-42 are the rows of the specification,
EDGE-D01 to EDGE-D23 are derived from them.

| Row | Proven by |
|---|---|
";

/// Writes the table whole or not at all.
///
/// # Errors
///
/// A source could not be read, or the table not be written; an existing table is unchanged.
pub fn write(root: &Path) -> io::Result<Written> {
    let proofs = proofs(root)?;
    let path = root.join(TABLE);
    let folder = path.parent().expect("the table lies in a folder");
    std::fs::create_dir_all(folder)?;
    write_whole(&path, &table(&proofs))?;
    Ok(Written { tests: proofs.len(), unproven: unproven(&proofs) })
}

/// A summary of the written table. Prints as one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The number of tests that prove a row.
    pub tests: usize,
    /// The rows that no test proves.
    pub unproven: Vec<String>,
}

impl fmt::Display for Written {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let required = required().len();
        write!(formatter, "{} of {required} rows proven by {} tests", required - self.unproven.len(), self.tests)?;
        if self.unproven.is_empty() { Ok(()) } else { write!(formatter, "; without a test: {}", self.unproven.join(" ")) }
    }
}
