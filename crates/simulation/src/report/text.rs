//! The report as text.

use std::fmt;

use super::printable::indented;
use super::{FailureSummary, FaultRecord, Outcome, Report, printable};

/// The number of last events that a failing report shows.
const EVENTS_SHOWN: usize = 20;

/// The number of faults at the beginning, and as many at the end, of a list that has more than both.
const FAULTS_SHOWN: usize = 50;

/// A line of a list of faults.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FaultLine<'r> {
    /// A fault.
    Fault(&'r FaultRecord),
    /// The number of faults that are not listed here.
    LeftOut(usize),
}

/// The number of nodes that wait for something outside of the simulation.
const OUTSIDE_WAITS_SHOWN: usize = 5;
/// The number of live tasks.
const TASKS_SHOWN: usize = 20;

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.text(None))
    }
}

/// A report as text, with the command that reruns it, if its caller knows one.
pub struct ReportText<'r> {
    report: &'r Report,
    rerun: Option<&'r str>,
    /// Whether faults are listed one by one.
    faults: bool,
    events: Events<'r>,
}

/// The last events that are shown.
#[derive(Clone, Copy)]
enum Events<'r> {
    None,
    /// Those of the report.
    OfReport,
    /// Those of the summary of a recorded run.
    OfSummary(&'r FailureSummary),
}

impl<'r> ReportText<'r> {
    /// Leaves out the list of faults and the last events.
    pub fn brief(self) -> Self {
        Self { faults: false, events: Events::None, ..self }
    }

    /// Shows the end of the run from its summary, where there is one.
    pub fn with_summary(self, summary: Option<&'r FailureSummary>) -> Self {
        Self { events: summary.map_or(self.events, Events::OfSummary), ..self }
    }
}

/// A report as text, with messages of nodes and rules as these wrote them.
struct Unescaped<'r>(&'r ReportText<'r>);

impl fmt::Display for ReportText<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&printable(&Unescaped(self).to_string()))
    }
}

impl fmt::Display for Unescaped<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ReportText { report, rerun, faults, events } = *self.0;
        write!(formatter, "{}", report.verdict_lines(&report.scenario))?;
        if let Some(divergence) = &report.divergence {
            let own = divergence.rerun(report.seed());
            return writeln!(formatter, "      rerun: {}", rerun.unwrap_or(&own));
        }
        writeln!(formatter, "      ended at {} after {} steps", report.ended_at, thousands(report.steps))?;
        report.write_traffic(formatter)?;
        report.write_faults(formatter, faults)?;
        report.write_restarts(formatter, faults)?;
        report.write_waiting(formatter)?;
        report.write_outside_waits(formatter)?;
        match events {
            Events::None => {}
            Events::OfReport => report.write_events(formatter)?,
            Events::OfSummary(summary) => write!(formatter, "{summary}")?,
        }
        match rerun {
            Some(rerun) if report.outcome != Outcome::Held => writeln!(formatter, "      rerun: {rerun}"),
            _ => report.write_rerun(formatter),
        }
    }
}

/// The first lines of every text about a run: [`Report::verdict_lines`].
#[derive(Debug, Clone, Copy)]
pub struct VerdictLines<'r> {
    report: &'r Report,
    name: &'r str,
}

impl fmt::Display for VerdictLines<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { report, name } = *self;
        write!(formatter, "{}  {name}  seed={}", report.outcome.verdict_word(), report.seed())?;
        if let Some(divergence) = &report.divergence {
            return write!(formatter, "\n{divergence}");
        }
        writeln!(formatter, "  digest={}", report.digest)?;
        report.write_findings(formatter)
    }
}

impl Report {
    /// The verdict in a word, a name for the run, seed and digest, then a line for each finding.
    ///
    /// If two runs of the seed differ, their difference instead of a digest and findings.
    pub fn verdict_lines<'r>(&'r self, name: &'r str) -> VerdictLines<'r> {
        VerdictLines { report: self, name }
    }

    /// This report as text, with the command that reruns it.
    pub(crate) fn text<'r>(&'r self, rerun: Option<&'r str>) -> ReportText<'r> {
        ReportText { report: self, rerun, faults: true, events: Events::OfReport }
    }

    fn write_traffic(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let traffic = &self.traffic;
        write!(
            formatter,
            "      messages: {} sent, {} copied, {} delivered, {} in flight, {} lost",
            thousands(traffic.sent),
            thousands(traffic.copied),
            thousands(traffic.delivered),
            thousands(traffic.in_flight),
            thousands(traffic.lost())
        )?;
        let causes: Vec<String> = traffic.dropped.iter().map(|(cause, count)| format!("{cause} {}", thousands(*count))).collect();
        if !causes.is_empty() {
            write!(formatter, " ({})", causes.join(", "))?;
        }
        writeln!(formatter)
    }
}

impl Report {
    fn write_findings(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(exceeded) = &self.exceeded {
            writeln!(
                formatter,
                "      at {}  step {}  assumption exceeded: {}",
                exceeded.at,
                thousands(exceeded.step),
                exceeded.message
            )?;
            if !exceeded.cause.is_empty() {
                writeln!(formatter, "        {}; plan fewer or smaller faults, or claim more", exceeded.cause)?;
            }
        }
        for (place, violation) in self.violations.iter().enumerate() {
            writeln!(formatter, "      {}", indented(&violation.to_string()))?;
            let is_first = self.violations[..place].iter().all(|before| before.rule != violation.rule);
            if let Some(table) = self.tables.get(&violation.rule).filter(|_| is_first) {
                table.to_string().lines().try_for_each(|line| writeln!(formatter, "        {}", indented(line)))?;
            }
        }
        if let Some(panic) = &self.panic {
            writeln!(
                formatter,
                "      at {}  step {}  {}{} panicked: {}",
                panic.at,
                thousands(panic.step),
                panic.site,
                panic.task.as_ref().map(|task| format!(", task {task},")).unwrap_or_default(),
                indented(&panic.message)
            )?;
            if let Some(location) = &panic.location {
                writeln!(formatter, "        in {location}")?;
            }
        }
        if let Some(exhausted) = &self.exhausted {
            writeln!(formatter, "      {exhausted}")?;
            self.exhausted_by.iter().try_for_each(|line| writeln!(formatter, "        {}", indented(line)))?;
        }
        if let Some(leak) = &self.leak {
            writeln!(formatter, "      not deterministic: {leak}")?;
        }
        for check in &self.checks {
            if let Some(reason) = &check.unknown {
                writeln!(formatter, "      unknown: {}: {reason}", check.name)?;
            }
        }
        Ok(())
    }

    fn write_faults(&self, formatter: &mut fmt::Formatter<'_>, each: bool) -> fmt::Result {
        let effective = self.faults.iter().filter(|fault| fault.effect > 0).count();
        if !self.faults.is_empty() {
            writeln!(formatter, "      faults: {} ({effective} had an effect)", self.faults.len())?;
        }
        for line in self.fault_lines().into_iter().filter(|_| each) {
            match line {
                FaultLine::Fault(record) => {
                    let by_hand = record.origin_text();
                    let effect = record.effect_text(self.ended_at);
                    writeln!(formatter, "        {}  {}  ({effect}{by_hand})", record.at, record.fault)?;
                }
                FaultLine::LeftOut(count) => writeln!(formatter, "        and {} more", thousands(count as u64))?,
            }
        }
        Ok(())
    }

    /// The first restarts by policy; their number alone in a brief text.
    fn write_restarts(&self, formatter: &mut fmt::Formatter<'_>, each: bool) -> fmt::Result {
        if self.restarts.is_empty() {
            return Ok(());
        }
        writeln!(formatter, "      restarts by policy: {}", thousands(self.restarts.len() as u64))?;
        let shown = if each { FAULTS_SHOWN } else { 0 };
        self.restarts
            .iter()
            .take(shown)
            .try_for_each(|restart| writeln!(formatter, "        {}", indented(&restart.to_string())))?;
        match self.restarts.len().saturating_sub(shown) {
            more @ 1.. if each => writeln!(formatter, "        and {} more", thousands(more as u64)),
            _ => Ok(()),
        }
    }

    /// The faults as texts list them: of many, the first ones and the last that were applied.
    pub fn fault_lines(&self) -> Vec<FaultLine<'_>> {
        let all = &self.faults;
        if all.len() <= 2 * FAULTS_SHOWN {
            return all.iter().map(FaultLine::Fault).collect();
        }
        let end = all.iter().rposition(|record| record.applied).map_or(0, |last| last + 1).max(FAULTS_SHOWN);
        let start = end.saturating_sub(FAULTS_SHOWN).max(FAULTS_SHOWN);
        let left_out = |count: usize| (count > 0).then_some(FaultLine::LeftOut(count));
        let mut lines: Vec<FaultLine<'_>> = all[..FAULTS_SHOWN].iter().map(FaultLine::Fault).collect();
        lines.extend(left_out(start - FAULTS_SHOWN));
        lines.extend(all[start..end].iter().map(FaultLine::Fault));
        lines.extend(left_out(all.len() - end));
        lines
    }

    /// The live tasks with what they wait for, unless a violation lists them already.
    fn write_waiting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_listed = |task: &String| self.violations.iter().any(|violation| violation.message.contains(task.as_str()));
        if self.waiting.first().is_none_or(is_listed) {
            return Ok(());
        }
        writeln!(formatter, "      live tasks")?;
        self.waiting.iter().take(TASKS_SHOWN).try_for_each(|task| writeln!(formatter, "        {task}"))?;
        match self.waiting.len().saturating_sub(TASKS_SHOWN) {
            0 => Ok(()),
            more => writeln!(formatter, "        and {more} more"),
        }
    }

    /// The nodes that wait for something outside of the simulation, unless the live tasks are listed.
    fn write_outside_waits(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.outside_waits.is_empty() || !self.waiting.is_empty() {
            return Ok(());
        }
        writeln!(formatter, "      nodes that nothing of the simulation will wake")?;
        self.outside_waits.iter().take(OUTSIDE_WAITS_SHOWN).try_for_each(|wait| writeln!(formatter, "        {wait}"))?;
        match self.outside_waits.len().saturating_sub(OUTSIDE_WAITS_SHOWN) {
            0 => Ok(()),
            more => writeln!(formatter, "        and {more} more"),
        }
    }

    fn write_events(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = &self.last_events[self.last_events.len().saturating_sub(EVENTS_SHOWN)..];
        if !shown.is_empty() {
            writeln!(formatter, "      last events")?;
        }
        shown.iter().try_for_each(|event| writeln!(formatter, "        {event}"))?;
        if !self.views.is_empty() {
            writeln!(formatter, "      views")?;
        }
        self.views.iter().try_for_each(|view| writeln!(formatter, "        {view}"))
    }

    /// How to rerun a failing run; one that a test steered is that test's to repeat.
    fn write_rerun(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.outcome == Outcome::Held || self.by_hand {
            return Ok(());
        }
        writeln!(formatter, "      rerun: `scenario.run(Seed({}))`", self.seed())
    }
}

/// A number with commas between groups of three digits.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use cluster_sim_types::{Ratio, VirtualInstant};
    use rstest::rstest;

    use super::*;
    use cluster_sim_runtime::{Seed, SeedSchedule};

    use crate::fault::{Fault, NetworkFault, NodeFault};

    fn loss() -> Fault {
        NetworkFault::Loss { links: "lan".to_owned(), rule: "loss".to_owned(), ratio: Ratio::ONE, duration: None }.into()
    }

    #[rstest]
    #[case(loss(), true, 0, "no effect")]
    #[case(loss(), true, 1, "1 message dropped")]
    #[case(loss(), true, 1803, "1,803 messages dropped")]
    #[case(NodeFault::Kill { node: "a/0".to_owned() }.into(), true, 1, "applied")]
    #[case(loss(), false, 0, "not applied: fault phase ended")]
    fn the_effect_of_a_fault_is_a_phrase(#[case] fault: Fault, #[case] applied: bool, #[case] effect: u64, #[case] text: &str) {
        let record = FaultRecord { applied, effect, ..FaultRecord::planned(VirtualInstant::ZERO, fault) };
        assert_eq!(record.effect_text(VirtualInstant::ZERO), text);
    }

    #[test]
    fn a_fault_scheduled_after_the_run_names_the_end_of_the_run() {
        let at = VirtualInstant::from_nanoseconds(2);
        let record = FaultRecord::planned(at, loss());
        assert_eq!(record.effect_text(VirtualInstant::from_nanoseconds(1)), "not applied: run ended");
        assert_eq!(record.effect_text(at), "not applied: fault phase ended");
    }

    /// A report of `count` faults, of which the first `applied` were applied.
    fn report_of(count: usize, applied: usize) -> Report {
        let mut report = Report::blank("many", SeedSchedule::new(Seed(1)));
        let record = |index: usize| {
            let at = VirtualInstant::from_nanoseconds(index as u64);
            FaultRecord { applied: index < applied, ..FaultRecord::planned(at, loss()) }
        };
        report.faults = (0..count).map(record).collect();
        report
    }

    #[rstest]
    #[case(100, 100, (100, vec![]))]
    #[case(101, 101, (100, vec![1]))]
    #[case(1_000_000, 1_000_000, (100, vec![999_900]))]
    #[case(1_000_000, 2_000, (100, vec![1_900, 998_000]))]
    #[case(1_000, 70, (70, vec![930]))]
    #[case(1_000, 0, (50, vec![950]))]
    fn a_long_list_of_faults_shows_both_ends_of_what_was_applied(
        #[case] count: usize,
        #[case] applied: usize,
        #[case] expected: (usize, Vec<usize>),
    ) {
        let report = report_of(count, applied);
        let left_out = |line: &FaultLine<'_>| match line {
            FaultLine::LeftOut(count) => Some(*count),
            FaultLine::Fault(_) => None,
        };
        let lines = report.fault_lines();
        let left_out: Vec<usize> = lines.iter().filter_map(left_out).collect();
        assert_eq!((lines.len() - left_out.len(), left_out.clone()), expected);
        let text = report.to_string();
        assert!(left_out.iter().all(|count| text.contains(&format!("        and {} more\n", thousands(*count as u64)))), "{text}");
        assert!(text.contains(&format!("faults: {count} (")), "it still counts all");
        if applied > 0 {
            let last = VirtualInstant::from_nanoseconds(applied as u64 - 1);
            assert!(lines.contains(&FaultLine::Fault(&report.faults[applied - 1])), "the last one at {last}");
        }
    }

    #[rstest]
    #[case(Outcome::Held, "PASS")]
    #[case(Outcome::Violated, "FAIL")]
    #[case(Outcome::Panicked, "FAIL")]
    #[case(Outcome::Stale, "FAIL")]
    #[case(Outcome::Exhausted, "UNKNOWN")]
    #[case(Outcome::Unknown, "UNKNOWN")]
    #[case(Outcome::Nondeterministic, "NONDETERMINISTIC")]
    fn every_outcome_has_one_of_four_verdicts(#[case] outcome: Outcome, #[case] word: &str) {
        assert_eq!(outcome.verdict_word(), word);
    }

    #[test]
    fn numbers_are_grouped_by_three_digits() {
        assert_eq!([0, 999, 1_000, 18_224, 1_000_000].map(thousands), ["0", "999", "1,000", "18,224", "1,000,000"]);
    }
}
