//! The summary of a run for the terminal.

use std::fmt::Write;

use cluster_sim::{Seed, VirtualInstant};
use cluster_sim_registry::Artifact;

/// Summarises a run in a screenful: verdict, findings, traffic, metrics, timeline and faults.
pub(crate) fn summary(name: &str, artifact: &Artifact) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_summary(&mut text, name, artifact);
    text
}

fn write_summary(text: &mut String, name: &str, artifact: &Artifact) -> std::fmt::Result {
    let verdict = artifact.outcome.verdict_word();
    let ended_at = VirtualInstant::from_nanoseconds(artifact.ended_at_ns);
    if let Some(divergence) = &artifact.divergence {
        writeln!(text, "{verdict}  {name}  seed={}", Seed(artifact.seed))?;
        return write!(text, "{divergence}");
    }
    writeln!(text, "{verdict}  {name}  seed={}  digest={}", Seed(artifact.seed), artifact.digest)?;
    writeln!(text, "      {ended_at} of virtual time, {} steps", artifact.steps)?;

    for violation in &artifact.violations {
        writeln!(text, "      {violation}")?;
    }
    if let Some(panic) = &artifact.panic {
        writeln!(text, "      at {}  step {}  {} panicked: {}", panic.at, panic.step, panic.site, panic.message)?;
    }
    if let Some(exhausted) = &artifact.exhausted {
        writeln!(text, "      {exhausted}")?;
    }
    for check in &artifact.checks {
        if let Some(reason) = &check.unknown {
            writeln!(text, "      unknown: {}: {reason}", check.name)?;
        }
    }
    let traffic = &artifact.traffic;
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
    if !artifact.faults.is_empty() {
        writeln!(text, "faults")?;
        table(text, artifact.faults.iter().map(|fault| (format!("{}  {}", fault.at, fault.fault), fault.effect_text(ended_at))))?;
    }
    Ok(())
}

/// Writes rows of two columns, the second one aligned.
fn table(text: &mut String, rows: impl Iterator<Item = (String, String)>) -> std::fmt::Result {
    let rows: Vec<_> = rows.collect();
    let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    rows.iter().try_for_each(|(name, value)| writeln!(text, "  {name:width$}  {value}"))
}
