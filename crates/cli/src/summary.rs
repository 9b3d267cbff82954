//! The summary of a run for the terminal.

use std::fmt::Write;

use cluster_sim::{Fault, FaultRecord, Outcome, Seed, VirtualInstant};
use cluster_sim_scenarios::Artifact;

/// Summarises a run in a screenful: verdict, findings, traffic, metrics, timeline and faults.
pub(crate) fn summary(name: &str, artifact: &Artifact) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_summary(&mut text, name, artifact);
    text
}

/// The one word that begins a summary.
fn verdict_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Held => "PASS",
        Outcome::Violated | Outcome::Panicked | Outcome::Stale => "FAIL",
        Outcome::Exhausted | Outcome::Unknown => "UNKNOWN",
        Outcome::Nondeterministic => "NONDETERMINISTIC",
    }
}

fn write_summary(text: &mut String, name: &str, artifact: &Artifact) -> std::fmt::Result {
    let verdict = verdict_word(artifact.outcome);
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
        table(text, artifact.faults.iter().map(|fault| (format!("{}  {}", fault.at, fault.fault), effect(fault))))?;
    }
    Ok(())
}

/// The effect of a fault in words.
fn effect(record: &FaultRecord) -> String {
    match (record.applied, record.effect, &record.fault) {
        (false, ..) => "not applied: fault phase ended".to_owned(),
        (true, 0, _) => "no effect".to_owned(),
        (true, 1, Fault::Cut { .. } | Fault::Loss { .. }) => "1 message dropped".to_owned(),
        (true, dropped, Fault::Cut { .. } | Fault::Loss { .. }) => format!("{dropped} messages dropped"),
        (true, ..) => "applied".to_owned(),
    }
}

/// Writes rows of two columns, the second one aligned.
fn table(text: &mut String, rows: impl Iterator<Item = (String, String)>) -> std::fmt::Result {
    let rows: Vec<_> = rows.collect();
    let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    rows.iter().try_for_each(|(name, value)| writeln!(text, "  {name:width$}  {value}"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use cluster_sim::Ratio;
    use rstest::rstest;

    use super::*;

    fn record(fault: Fault, applied: bool, effect: u64) -> FaultRecord {
        FaultRecord { at: VirtualInstant::ZERO, fault, by_hand: false, applied, effect }
    }

    fn loss() -> Fault {
        Fault::Loss { links: "lan".to_owned(), rule: "loss".to_owned(), ratio: Ratio::ONE, duration: None }
    }

    #[rstest]
    #[case(loss(), true, 0, "no effect")]
    #[case(loss(), true, 1, "1 message dropped")]
    #[case(loss(), true, 803, "803 messages dropped")]
    #[case(Fault::Pause { node: "a/0".to_owned(), duration: Some(Duration::from_secs(1)) }, true, 1, "applied")]
    #[case(loss(), false, 0, "not applied: fault phase ended")]
    fn the_effect_of_a_fault_is_a_phrase(#[case] fault: Fault, #[case] applied: bool, #[case] count: u64, #[case] expected: &str) {
        assert_eq!(effect(&record(fault, applied, count)), expected);
    }

    #[rstest]
    #[case(Outcome::Held, "PASS")]
    #[case(Outcome::Violated, "FAIL")]
    #[case(Outcome::Panicked, "FAIL")]
    #[case(Outcome::Stale, "FAIL")]
    #[case(Outcome::Exhausted, "UNKNOWN")]
    #[case(Outcome::Unknown, "UNKNOWN")]
    #[case(Outcome::Nondeterministic, "NONDETERMINISTIC")]
    fn every_outcome_has_one_verdict_word(#[case] outcome: Outcome, #[case] word: &str) {
        assert_eq!(verdict_word(outcome), word);
    }
}
