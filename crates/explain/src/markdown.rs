//! Verdicts as compact Markdown, for pull requests.

use std::fmt::Write;

use cluster_sim_simulation::text::{RunVerdict, printable};
use cluster_sim_simulation::{FaultLine, FaultRecord, Report};

/// The number of last events shown.
const EVENTS_SHOWN: usize = 20;

/// Writes the verdict of a run as Markdown: the sentence, the faults, and the last events folded.
///
/// `replay` is the command that reruns it, if there is one.
pub fn markdown(report: &Report, replay: Option<&str>) -> String {
    let verdict = RunVerdict::of(report, &[]);
    let mut text = format!("**{}** {} · seed {}", verdict.word, code(&report.scenario), code(&report.seed().to_string()));
    if report.divergence.is_none() {
        text += &format!(" · digest {}", code(&report.digest.to_string()));
    }
    text += &format!("\n\n> {}\n", escaped(&verdict.sentence).replace('\n', "\n> "));
    for violation in report.violations.iter().skip(1) {
        text += &format!("> {}  \n", escaped(&violation.to_string()).replace('\n', " "));
    }
    if !report.tables.is_empty() {
        let lines = report.tables.values().map(ToString::to_string).collect::<Vec<_>>().join("\n\n");
        let lines = printable(&lines);
        let fence = fence(&lines);
        text += &format!("\n{fence}text\n{lines}\n{fence}\n");
    }
    if !report.faults.is_empty() {
        text += "\n| at | fault | effect |\n|---:|---|---|\n";
        for line in report.fault_lines() {
            text += &match line {
                FaultLine::Fault(fault) => row(fault, report),
                FaultLine::LeftOut(count) => format!("| | and {count} more | |\n"),
            };
        }
    }
    if let Some(replay) = replay {
        text += &format!("\nRerun: {}\n", code(replay));
    }
    let shown = &report.last_events[report.last_events.len().saturating_sub(EVENTS_SHOWN)..];
    if !shown.is_empty() {
        let lines = shown.iter().chain(&report.views).map(String::as_str).collect::<Vec<_>>().join("\n");
        let lines = printable(&lines);
        let fence = fence(&lines);
        write!(text, "\n<details><summary>last events</summary>\n\n{fence}text\n{lines}\n{fence}\n\n</details>\n")
            .expect("a string can be written to");
    }
    text
}

fn row(record: &FaultRecord, report: &Report) -> String {
    let by_test = if record.by_hand { ", by the test" } else { "" };
    let effect = record.effect_text(report.ended_at);
    // A row is one line.
    let fault = escaped(&record.fault.to_string().replace('\n', " "));
    format!("| {} | {fault}{by_test} | {effect} |\n", record.at)
}

/// Escapes what Markdown, HTML, a terminal or a pipeline would interpret.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in printable(text).chars() {
        match character {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' => safe.extend(['\\', character]),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            _ => safe.push(character),
        }
    }
    safe
}

/// A code span.
fn code(text: &str) -> String {
    let mark = "`".repeat(longest_run(text) + 1);
    // A space separates the marks from backticks of the text.
    let space = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{mark}{space}{}{space}{mark}", text.replace('\n', " "))
}

/// A fence longer than any run of backticks in the text.
fn fence(text: &str) -> String {
    "`".repeat(longest_run(text).max(2) + 1)
}

/// The length of the longest run of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|character| character != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped_for_markdown_and_html() {
        assert_eq!(escaped("a|b <script> *c* [d](e)"), "a\\|b &lt;script&gt; \\*c\\* \\[d\\](e)");
        assert_eq!(code("a `b` c"), "``a `b` c``");
        assert_eq!(code("`b`"), "`` `b` ``");
        assert_eq!(fence("a ```` b"), "`````");
        assert_eq!(fence("none"), "```");
    }
}
