//! The measured figures as Markdown tables in `docs/benchmarks.md`.

use std::fs;
use std::path::Path;

use super::BenchError;
use super::cells::{Cell, Unit};
use super::programs::{Kind, Peer, Program};
use super::results::{Cost, Results};
use crate::documents::write_whole;

/// The file that holds the tables, from the root of the workspace.
pub const PLACE: &str = "docs/benchmarks.md";

/// The line before the tables.
pub const BEGIN: &str = "<!-- begin: written by cargo xtask bench -->";

/// The line after them.
pub const END: &str = "<!-- end: written by cargo xtask bench -->";

/// The tables, without the lines around them.
pub fn of(results: &Results) -> String {
    let all = || Cell::all().filter(|cell| results.cells.contains_key(cell.name()));
    let (shared, ours): (Vec<Cell>, Vec<Cell>) = all().partition(|cell| cell.is_shared);
    let mut tables = Vec::new();
    if !shared.is_empty() {
        tables.push(Table::new(&shared).with_floor(results).with_product(results).with_peers(results).with_memory(results).text());
    }
    if !ours.is_empty() {
        tables.push(Table::new(&ours).with_product(results).with_memory(results).text());
    }
    tables.push(legend(results));
    tables.join("\n")
}

/// A table under construction: a column for each cell.
struct Table<'a> {
    cells: &'a [Cell],
    rows: Vec<(String, Vec<String>)>,
}

impl<'a> Table<'a> {
    fn new(cells: &'a [Cell]) -> Self {
        Self { cells, rows: Vec::new() }
    }

    /// Adds a row, unless all its entries are empty.
    fn row(mut self, title: &str, entry: impl Fn(Cell) -> Option<String>) -> Self {
        let entries: Vec<Option<String>> = self.cells.iter().map(|cell| entry(*cell)).collect();
        if entries.iter().any(Option::is_some) {
            self.rows.push((title.to_owned(), entries.into_iter().map(Option::unwrap_or_default).collect()));
        }
        self
    }

    fn with_floor(self, results: &Results) -> Self {
        let cost = |kind| move |cell| results.cost(cell, Program::Floor(kind)).map(|cost| figure(cell, cost));
        self.row("floor, machines", cost(Kind::Machines)).row("floor, async", cost(Kind::Async))
    }

    fn with_product(mut self, results: &Results) -> Self {
        for (kind, name) in [(Kind::Machines, "machines"), (Kind::Async, "async")] {
            let cost = |cell| results.cost(cell, Program::Product(kind));
            let times = |cell| {
                let ratio = cost(cell)?.ratio_to.get(&Program::Floor(kind).to_string())?;
                Some(short(*ratio))
            };
            self =
                self.row(&format!("**cluster-sim, {name}**"), |cell| cost(cell).map(|cost| format!("**{}**", figure(cell, cost))));
            self = self.row("times the floor", times);
        }
        self
    }

    /// The cost of each peer as a multiple of our machines and of our async nodes.
    fn with_peers(mut self, results: &Results) -> Self {
        for peer in [Peer::Tokio, Peer::Madsim, Peer::Turmoil] {
            let version = results.versions.peers.get(peer.name()).map_or("", String::as_str);
            let title = match peer {
                Peer::Tokio => format!("tokio {version}, paused clock"),
                Peer::Madsim | Peer::Turmoil => format!("{} {version}", peer.name()),
            };
            self = self.row(&title, |cell| {
                let ratios = &results.cost(cell, Program::Peer(peer))?.ratio_to;
                let ratio = |kind| ratios.get(&Program::Product(kind).to_string()).copied().map(short);
                Some(format!("{} / {}", ratio(Kind::Machines)?, ratio(Kind::Async)?))
            });
        }
        self
    }

    fn with_memory(self, results: &Results) -> Self {
        let pair = |cell, of: fn(Cell, &super::programs::Footprint) -> String| {
            let [machines, asynchronous] = [Kind::Machines, Kind::Async].map(|kind| results.footprint(cell, kind));
            Some(format!("{} / {}", of(cell, machines?), of(cell, asynchronous?)))
        };
        let allocations = |cell: Cell, footprint: &super::programs::Footprint| match cell.unit {
            Unit::Event => format!("{:.2}", footprint.allocations_per_event),
            Unit::Simulation | Unit::Rate => format!("{:.0}", footprint.allocations_per_run),
        };
        let peak = |_: Cell, footprint: &super::programs::Footprint| short(footprint.peak_bytes as f64 / 1024.0);
        self.row("allocations", move |cell| pair(cell, allocations)).row("most memory, KiB", move |cell| pair(cell, peak))
    }

    fn text(&self) -> String {
        let line = |title: &str, entries: &[String]| format!("| {title} | {} |\n", entries.join(" | "));
        let titles: Vec<String> = self.cells.iter().map(|cell| cell.title.to_owned()).collect();
        let rule = "---:|".repeat(self.cells.len());
        let rows: String = self.rows.iter().map(|(title, entries)| line(title, entries)).collect();
        format!("{}|---|{rule}\n{rows}", line("", &titles))
    }
}

/// The cost of a cell in its unit.
fn figure(cell: Cell, cost: &Cost) -> String {
    match cell.unit {
        Unit::Event => format!("{} ns", short(cost.nanoseconds_per_event)),
        Unit::Simulation => format!("{} us", short(cost.microseconds_per_run)),
        Unit::Rate => format!("{} /s", short(1e6 / cost.microseconds_per_run)),
    }
}

/// A number of about three significant digits: two decimals below 10, one below 100, none above.
fn short(number: f64) -> String {
    match number {
        _ if number < 10.0 => format!("{number:.2}"),
        _ if number < 100.0 => format!("{number:.1}"),
        _ if number < 1_000.0 => format!("{number:.0}"),
        _ => {
            let unit = 10_f64.powi(number.log10().floor() as i32 - 2);
            grouped(((number / unit).round() * unit) as u64)
        }
    }
}

/// A whole number with a comma between thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).expect("digits are ASCII")).collect();
    groups.join(",")
}

fn legend(results: &Results) -> String {
    let Results { command, versions, .. } = results;
    let mut lines = vec![
        format!("Measured by `{command}` at {} with {}; medians.", versions.commit, versions.rustc),
        "An event is one delivered message or one fired timer; its time is processor time of the one thread. \
         `startup` is the time of a simulation of three nodes that wait once; `short seeds` is how many simulations of about \
         200 messages one core runs in a second."
            .to_owned(),
        "The floor is the workload written as plain Rust, without links, hosts, faults or checks. \
         Ratios compare measurements of one round. \
         A peer's figures are its cost divided by that of our machines / of our async nodes. \
         Allocations are per event after warm-up, or per simulation: machines / async nodes."
            .to_owned(),
    ];
    let shorter: Vec<String> = Cell::all().filter_map(|cell| cut_short(results, cell)).collect();
    if !shorter.is_empty() {
        lines.push(format!("Measured over less virtual time, since the whole span takes minutes: {}.", shorter.join(", ")));
    }
    lines.join("\n") + "\n"
}

/// Names the cell if a peer was measured over less virtual time than the product.
fn cut_short(results: &Results, cell: Cell) -> Option<String> {
    let whole = results.cost(cell, Program::Product(Kind::Machines))?.virtual_seconds;
    let part = results.cost(cell, Program::Peer(Peer::Turmoil))?.virtual_seconds;
    (part < whole).then(|| format!("{} on turmoil {part} s of {whole} s", cell.name()))
}

/// The page with these tables between its two marker lines; nothing if it has no such lines.
pub fn put_into(page: &str, tables: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{tables}{END}{after}"))
}

/// Writes the tables into the page at [`PLACE`].
///
/// # Errors
///
/// The page cannot be read or written, or has no marker lines; an existing page is unchanged.
pub fn write(root: &Path, results: &Results) -> Result<(), BenchError> {
    let path = root.join(PLACE);
    let page = fs::read_to_string(&path).map_err(|source| BenchError::File { path: path.clone(), source })?;
    let page = put_into(&page, &of(results)).ok_or_else(|| BenchError::NoPlace { path: path.clone() })?;
    write_whole(&path, &page).map_err(|source| BenchError::File { path, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_the_digits_that_count() {
        let numbers = [0.034, 2.5, 18.64, 219.4, 1_335.4, 758_644.0, 22_370.0];
        assert_eq!(numbers.map(short), ["0.03", "2.50", "18.6", "219", "1,340", "759,000", "22,400"]);
    }

    #[test]
    fn the_tables_go_between_their_lines_and_nothing_else_changes() {
        let page = format!("# A\n{BEGIN}\nold\n{END}\nmore\n");
        assert_eq!(put_into(&page, "new\n"), Some(format!("# A\n{BEGIN}\nnew\n{END}\nmore\n")));
        assert_eq!(put_into("# A\n", "new\n"), None);
    }
}
