//! The committed digests of every bench, which prove that a faster bench does the same work.

use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::cells::Cell;

const HEAD: &str = "# What each bench does at full scale, as one hash: a line that changes is a bench that does something else.
# A cell of the floor has one line for both kinds of node: futures do what state machines do, event by event.
# Written by `cargo bench --bench NAME -- --bless`.
";

/// The table of digests, from which one bench reads its part.
#[derive(Debug)]
pub(crate) struct Committed {
    path: PathBuf,
    /// The bench, with its kind or source of delays.
    bench: String,
}

impl Committed {
    /// Selects the digests of `bench` in the table at `path`.
    pub(crate) fn new(path: &str, bench: impl Into<String>) -> Self {
        Self { path: PathBuf::from(path), bench: bench.into() }
    }

    /// Reads the digests of all benches; none if the file does not exist.
    ///
    /// # Panics
    /// If the file is not TOML.
    fn read(&self) -> Table {
        let text = fs::read_to_string(&self.path).unwrap_or_default();
        text.parse().unwrap_or_else(|error| panic!("{} is not a table of digests: {error}", self.path.display()))
    }

    /// Compares the digest of a cell with the committed one.
    ///
    /// # Errors
    /// If they differ, with both and the cure.
    pub(crate) fn compare(&self, cell: Cell, digest: &str) -> Result<(), String> {
        let name = cell.name();
        let known = self.read().get(&self.bench).and_then(|bench| bench.get(&name)).and_then(Value::as_str).map(str::to_owned);
        let committed = match known {
            Some(known) if known == digest => return Ok(()),
            Some(known) => format!("has {known}"),
            None => "has none".to_owned(),
        };
        let path = self.path.display();
        Err(format!(
            "{} {name} has digest {digest}, {path} {committed}; if the change is intended, run it again with --bless",
            self.bench
        ))
    }

    /// Writes the digest of a cell into the table; the file is written whole or not at all.
    ///
    /// # Panics
    /// If the file cannot be written.
    pub(crate) fn bless(&self, cell: Cell, digest: &str) {
        let mut all = self.read();
        let bench = all.entry(&self.bench).or_insert_with(|| Value::Table(Table::new()));
        let bench = bench.as_table_mut().unwrap_or_else(|| panic!("{} of the digests is not a table", self.bench));
        bench.insert(cell.name(), Value::String(digest.to_owned()));
        write_whole(&self.path, &format!("{HEAD}\n{all}"));
    }
}

/// Writes a temporary file beside `path` and renames it.
fn write_whole(path: &Path, text: &str) {
    let beside = path.with_extension("written");
    let written = fs::write(&beside, text).and_then(|()| fs::rename(&beside, path));
    written.unwrap_or_else(|error| panic!("{} cannot be written: {error}", path.display()));
}
