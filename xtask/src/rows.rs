//! The tests that prove each row of a specification, by their names.
//!
//! A test proves the rows that begin its name: `edge_11_…` proves EDGE-11, `edge_12_13_…` EDGE-12 and EDGE-13, `edge_12_to_15_…`
//! the four from EDGE-12 to EDGE-15, `edge_d06_…` EDGE-D06. The [`Specification`] of the system says which rows there are, and in
//! which folder tests leave out the stem: there `s01_d02_…` proves SQ-S01 and SQ-D02.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::documents::write_whole;
use crate::sources::{Source, sources};
use crate::specification::{Specification, SpecificationError};
use crate::tokens::{test_functions, tokens};

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

/// The proofs in these sources, in their order.
pub fn proofs(specification: &Specification, sources: &[Source]) -> Vec<Proof> {
    sources.iter().flat_map(|source| proofs_in(specification, source)).collect()
}

/// The proofs in one source; none if it is not Rust.
fn proofs_in(specification: &Specification, source: &Source) -> Vec<Proof> {
    let tokens = tokens(&source.text).unwrap_or_default();
    let rows = |name: &str| specification.split(&source.path, name).0;
    let proof = |name: &str| Proof { file: source.path.clone(), function: name.to_owned(), rows: rows(name) };
    test_functions(&tokens).map(|name| proof(&name.text)).filter(|proof| !proof.rows.is_empty()).collect()
}

/// The rows that no test proves.
pub fn unproven(specification: &Specification, proofs: &[Proof]) -> Vec<String> {
    let proven: BTreeSet<&String> = proofs.iter().flat_map(|proof| &proof.rows).collect();
    specification.rows().into_iter().filter(|row| !proven.contains(row)).collect()
}

/// Rows in names of tests that the specification does not have, with the test.
pub fn unknown<'p>(specification: &Specification, proofs: &'p [Proof]) -> Vec<(String, &'p Proof)> {
    let rows = specification.rows();
    let claims = proofs.iter().flat_map(|proof| proof.rows.iter().map(move |row| (row.clone(), proof)));
    claims.filter(|(row, _)| !rows.contains(row)).collect()
}

/// The table as the file holds it: a line for each row, the tests that prove it in order of file.
pub fn table(specification: &Specification, proofs: &[Proof]) -> String {
    let mut proven: BTreeMap<&String, Vec<&Proof>> = BTreeMap::new();
    for proof in proofs {
        proof.rows.iter().for_each(|row| proven.entry(row).or_default().push(proof));
    }
    let mut table = specification.head();
    for row in specification.rows() {
        let tests = proven.get(&row).map(|tests| tests.iter().map(|proof| format!("`{proof}`")).collect::<Vec<_>>().join("<br>"));
        table.push_str(&format!("| {row} | {} |\n", tests.as_deref().unwrap_or("no test yet")));
    }
    table
}

/// Writes the table of each system that has rows, whole or not at all.
///
/// # Errors
///
/// A specification or a source could not be read, or a table not be written; the existing table is unchanged.
pub fn write(root: &Path) -> Result<Vec<Written>, RowsError> {
    let specifications = Specification::all(root)?;
    let sources = sources(root, "rs").map_err(|source| RowsError::File { path: root.into(), source })?;
    specifications.iter().map(|specification| write_table(root, specification, &sources)).collect()
}

fn write_table(root: &Path, specification: &Specification, sources: &[Source]) -> Result<Written, RowsError> {
    let proofs = proofs(specification, sources);
    let path = root.join(&specification.table);
    let folder = path.parent().expect("the table lies in a folder");
    let made = std::fs::create_dir_all(folder).and_then(|()| write_whole(&path, &table(specification, &proofs)));
    made.map_err(|source| RowsError::File { path: path.clone(), source })?;
    let (table, rows) = (specification.table.clone(), specification.rows().len());
    Ok(Written { table, rows, tests: proofs.len(), unproven: unproven(specification, &proofs) })
}

/// A summary of a written table. Prints as one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The file, from the root of the workspace.
    pub table: String,
    /// The number of rows.
    pub rows: usize,
    /// The number of tests that prove a row.
    pub tests: usize,
    /// The rows that no test proves.
    pub unproven: Vec<String>,
}

impl fmt::Display for Written {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, rows, tests, unproven } = self;
        write!(formatter, "wrote {table}: {} of {rows} rows proven by {tests} tests", rows - unproven.len())?;
        if unproven.is_empty() { Ok(()) } else { write!(formatter, "; without a test: {}", unproven.join(" ")) }
    }
}

/// A table could not be written.
#[derive(Debug, thiserror::Error)]
pub enum RowsError {
    /// The rows are unknown.
    #[error(transparent)]
    Specification(#[from] SpecificationError),
    /// The sources could not be read, or the table not be written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
}
