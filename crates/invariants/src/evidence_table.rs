//! Values of several nodes, side by side.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Values of several nodes side by side, for a contradiction that no sentence can show.
///
/// Prints with aligned columns, a row a line.
///
/// ```
/// use cluster_sim_invariants::EvidenceTable;
///
/// let mut logs = EvidenceTable::new(["offset", "store/0", "store/1"]);
/// logs.push(["7", "red", "red"]);
/// logs.push(["8", "green", "blue"]);
/// assert_eq!(logs.to_string(), "offset  store/0  store/1\n7       red      red\n8       green    blue");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct EvidenceTable {
    /// The title of each column.
    pub columns: Vec<String>,
    /// The rows, each with as many cells as there are columns.
    pub rows: Vec<Vec<String>>,
}

impl EvidenceTable {
    /// Creates a table without rows.
    pub fn new(columns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { columns: columns.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    /// Appends a row of as many cells as there are columns.
    ///
    /// A shorter one is filled up with empty cells, and a longer one is cut off.
    pub fn push(&mut self, cells: impl IntoIterator<Item = impl Into<String>>) {
        let mut cells: Vec<String> = cells.into_iter().map(Into::into).collect();
        cells.resize(self.columns.len(), String::new());
        self.rows.push(cells);
    }
}

impl fmt::Display for EvidenceTable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = || std::iter::once(&self.columns).chain(&self.rows);
        let width = |column: usize| lines().filter_map(|line| Some(line.get(column)?.chars().count())).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        for (number, line) in lines().enumerate() {
            let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
            let text = cells.collect::<Vec<_>>().join("  ");
            write!(formatter, "{}{}", if number > 0 { "\n" } else { "" }, text.trim_end())?;
        }
        Ok(())
    }
}
