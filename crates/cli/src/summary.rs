//! The summary of a run for the terminal.

use std::fmt::Write;

use cluster_sim::Report;
use cluster_sim::report::FaultLine;
use cluster_sim_registry::Artifact;

/// Summarises a run in a screenful: verdict, findings, traffic, metrics, timeline and faults.
pub(crate) fn summary(name: &str, report: &Report, artifact: &Artifact) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_summary(&mut text, name, report, artifact);
    text
}

fn write_summary(text: &mut String, name: &str, report: &Report, artifact: &Artifact) -> std::fmt::Result {
    write!(text, "{}", report.verdict_lines(name))?;
    if report.divergence.is_some() {
        return Ok(());
    }
    let ended_at = report.ended_at;
    writeln!(text, "      {ended_at} of virtual time, {} steps", report.steps)?;
    let traffic = &report.traffic;
    writeln!(text, "traffic")?;
    let counts =
        [("sent", traffic.sent), ("copied", traffic.copied), ("delivered", traffic.delivered), ("in flight", traffic.in_flight)];
    let lost = traffic.dropped.iter().map(|(rule, count)| (format!("lost: {rule}"), *count));
    let rows = counts.into_iter().map(|(name, count)| (name.to_owned(), count)).chain(lost);
    table(text, rows.map(|(name, count)| (name, count.to_string())))?;

    let metrics = artifact.metrics();
    if !metrics.is_empty() {
        writeln!(text, "metrics")?;
        table(
            text,
            metrics.into_iter().map(|(name, value)| (name, value.map_or_else(|| "none".to_owned(), |value| value.to_string()))),
        )?;
    }
    if !artifact.timeline.is_empty() {
        writeln!(text, "timeline")?;
        let rows = artifact.timeline.iter().map(|entry| (format!("{}s  {}", entry.at_secs, entry.step), entry.effect.clone()));
        table(text, rows)?;
    }
    if !report.faults.is_empty() {
        writeln!(text, "faults")?;
        let row = |line: FaultLine<'_>| match line {
            FaultLine::Fault(fault) => (format!("{}  {}", fault.at, fault.fault), fault.effect_text(ended_at)),
            FaultLine::LeftOut(count) => (format!("and {count} more"), String::new()),
        };
        table(text, report.fault_lines().into_iter().map(row))?;
    }
    Ok(())
}

/// Writes rows of two columns, the second one aligned.
fn table(text: &mut String, rows: impl Iterator<Item = (String, String)>) -> std::fmt::Result {
    // A row is one line.
    let rows: Vec<_> = rows.map(|(name, value)| (name.replace('\n', "\\n"), value.replace('\n', "\\n"))).collect();
    let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    rows.iter().try_for_each(|(name, value)| writeln!(text, "  {name:width$}  {value}"))
}
