//! A profile as text: the rule that takes over, then a table.

use std::fmt;
use std::time::Duration;

use super::{Profile, ProfilePart, ProfileSubject};
use crate::report::{CheckKind, thousands};

impl fmt::Display for Profile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(part) = self.dominant_rule() {
            self.write_dominant(formatter, part)?;
        }
        let (runs, steps) = (counted(self.runs, "run"), counted(self.steps, "step"));
        writeln!(formatter, "profile  {runs}, {}, {steps}, {} a step", Milliseconds(self.time), each(self.time, self.steps))?;
        let rows: Vec<[String; 6]> = self.by_time().into_iter().map(|part| self.row(part)).collect();
        write_table(formatter, &rows)
    }
}

impl Profile {
    fn write_dominant(&self, formatter: &mut fmt::Formatter<'_>, part: &ProfilePart) -> fmt::Result {
        let ProfileSubject::Rule { name, kind } = &part.subject else { return Ok(()) };
        // Rounded down: a rule beside others does not take 100 %.
        let percent = self.permille(part) / 10;
        writeln!(formatter, "rule {name:?}: {percent} % of the time")?;
        let views = part.views_read / part.calls.max(1);
        let calls = counted(part.calls, "call");
        if views > 1 {
            writeln!(formatter, "      {calls}, {} views read at each", thousands(views))?;
        } else {
            writeln!(formatter, "      {calls}, {} each", each(part.time, part.calls))?;
        }
        writeln!(formatter, "      {}", cure(*kind))
    }

    fn row(&self, part: &ProfilePart) -> [String; 6] {
        let permille = self.permille(part);
        let share = format!("{}.{} %", permille / 10, permille % 10);
        let time = Milliseconds(part.time).to_string();
        let count = |count: u64| if count == 0 { String::new() } else { thousands(count) };
        let subject = match &part.subject {
            ProfileSubject::Rule { name, kind } => format!("{} {name:?}", method(*kind)),
            ProfileSubject::Nodes { group } => format!("nodes of {group:?}, with what they send"),
            ProfileSubject::Rest => "everything else: engine, deliveries, faults".to_owned(),
        };
        [share, time, count(part.calls), count(part.skips), count(part.views_read), subject]
    }
}

/// Writes rows of five numbers, which are aligned right, and a text.
fn write_table(formatter: &mut fmt::Formatter<'_>, rows: &[[String; 6]]) -> fmt::Result {
    let head = ["share", "time", "calls", "skips", "views read", "what"].map(str::to_owned);
    let rows = || std::iter::once(&head).chain(rows);
    let width = |column: usize| rows().map(|row| row[column].len()).max().unwrap_or(0);
    let widths: [usize; 5] = std::array::from_fn(width);
    for row in rows() {
        for (cell, width) in row.iter().zip(widths) {
            write!(formatter, "  {cell:>width$}")?;
        }
        writeln!(formatter, "  {}", row[5])?;
    }
    Ok(())
}

/// The method of a scenario that declares such a rule.
fn method(kind: CheckKind) -> &'static str {
    match kind {
        CheckKind::Always => "always",
        CheckKind::AlwaysEach => "always_each",
        CheckKind::AlwaysUnique => "always_unique",
        CheckKind::Eventually => "eventually",
        CheckKind::Observer => "observe",
        CheckKind::Sometimes => "sometimes",
        CheckKind::Trigger => "when",
        CheckKind::Failpoint => "failpoints",
    }
}

/// A way to make a rule of this kind cheaper.
fn cure(kind: CheckKind) -> &'static str {
    match kind {
        CheckKind::Always => {
            "a rule costs what it reads: write one about each node as `always_each`, one about a key that one node has as \
             `always_unique`, one about a node against others over `world.changed`"
        }
        CheckKind::AlwaysEach | CheckKind::AlwaysUnique => {
            "it is called for each node that stepped: let the node keep in its view what the rule computes"
        }
        CheckKind::Eventually => {
            "it is called in the recovery phase whenever a view that it reads may have changed: let it end at the first node that is \
             behind, let machines declare `view_unchanged`, or shorten `stable_for`"
        }
        CheckKind::Observer | CheckKind::Trigger | CheckKind::Failpoint => {
            "it is called for each change: let it return at once for those that it does not need, and fold in the others"
        }
        CheckKind::Sometimes => {
            "it is called at each change until it holds: emit a `CoveragePoint` in the code of the node, and declare it `reachable`"
        }
    }
}

fn counted(count: u64, noun: &str) -> String {
    format!("{} {noun}{}", thousands(count), if count == 1 { "" } else { "s" })
}

/// The time of one of several, in microseconds.
fn each(time: Duration, count: u64) -> String {
    let nanoseconds = u64::try_from(time.as_nanos() / u128::from(count.max(1))).unwrap_or(u64::MAX);
    format!("{}.{} µs", thousands(nanoseconds / 1000), nanoseconds % 1000 / 100)
}

/// A duration in milliseconds, to the microsecond.
struct Milliseconds(Duration);

impl fmt::Display for Milliseconds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let microseconds = u64::try_from(self.0.as_micros()).unwrap_or(u64::MAX);
        write!(formatter, "{}.{:03} ms", thousands(microseconds / 1000), microseconds % 1000)
    }
}
