//! The report as a person reads it.

use std::fmt;

use super::{Outcome, Report};
use crate::explain::FailureSummary;

/// How many of the last events a failing report shows.
const EVENTS_SHOWN: usize = 20;

/// How many of the living tasks.
const TASKS_SHOWN: usize = 20;

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.told(None))
    }
}

/// A report with the words in which somebody else says how to see its run again, if somebody does.
pub(crate) struct ReportText<'r> {
    report: &'r Report,
    again: Option<&'r str>,
    /// Whether faults are told one by one.
    faults: bool,
    events: Events<'r>,
}

/// Which of the last events are told.
#[derive(Clone, Copy)]
enum Events<'r> {
    None,
    /// Those of the report, whatever node they are of.
    OfReport,
    /// Those that concern the nodes in question.
    OfEnding(&'r FailureSummary),
}

impl<'r> ReportText<'r> {
    /// The same without faults and events one by one.
    pub(crate) fn briefly(self) -> Self {
        Self { faults: false, events: Events::None, ..self }
    }

    /// The same with how the run ended, where that is known.
    pub(crate) fn ending(self, ending: Option<&'r FailureSummary>) -> Self {
        Self { events: ending.map_or(self.events, Events::OfEnding), ..self }
    }
}

impl fmt::Display for ReportText<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { report, again, faults, events } = *self;
        if let Some(divergence) = &report.divergence {
            writeln!(formatter, "FAIL  {}  seed={}  nondeterministic", report.scenario, report.seed())?;
            write!(formatter, "{divergence}")?;
            let own = divergence.again(report.seed());
            return writeln!(formatter, "      again: {}", again.unwrap_or(&own));
        }
        let word = if report.outcome == Outcome::Held { "PASS" } else { "FAIL" };
        writeln!(formatter, "{word}  {}  seed={}  digest={}", report.scenario, report.seed(), report.digest)?;
        report.write_findings(formatter)?;
        writeln!(formatter, "      ended at {} after {} steps", report.ended_at, thousands(report.steps))?;
        report.write_traffic(formatter)?;
        report.write_faults(formatter, faults)?;
        report.write_waiting(formatter)?;
        match events {
            Events::None => {}
            Events::OfReport => report.write_events(formatter)?,
            Events::OfEnding(ending) => write!(formatter, "{ending}")?,
        }
        match again {
            Some(again) if report.outcome != Outcome::Held => writeln!(formatter, "      again: {again}"),
            _ => report.write_again(formatter),
        }
    }
}

impl Report {
    /// This report as text, that says in those words how to see the run again.
    pub(crate) fn told<'r>(&'r self, again: Option<&'r str>) -> ReportText<'r> {
        ReportText { report: self, again, faults: true, events: Events::OfReport }
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
        for violation in &self.violations {
            writeln!(formatter, "      {violation}")?;
        }
        if let Some(panic) = &self.panic {
            writeln!(
                formatter,
                "      at {}  step {}  {}{} panicked: {}",
                panic.at,
                thousands(panic.step),
                panic.site,
                panic.task.as_ref().map(|task| format!(", task {task},")).unwrap_or_default(),
                panic.message
            )?;
        }
        if let Some(exhausted) = &self.exhausted {
            writeln!(formatter, "      {exhausted}")?;
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
        for record in self.faults.iter().filter(|_| each) {
            let by_hand = if record.by_hand { ", by hand" } else { "" };
            let effect = match (record.applied, record.effect) {
                (false, _) => "never struck: the chaos was over".to_owned(),
                (true, 0) => "no effect".to_owned(),
                (true, effect) => format!("effect {}", thousands(effect)),
            };
            writeln!(formatter, "        {}  {}  ({effect}{by_hand})", record.at, record.fault)?;
        }
        Ok(())
    }

    /// What the tasks waited for, unless a violation lists it already.
    fn write_waiting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_listed = |task: &String| self.violations.iter().any(|violation| violation.message.contains(task.as_str()));
        if self.waiting.first().is_none_or(is_listed) {
            return Ok(());
        }
        writeln!(formatter, "      tasks that live")?;
        self.waiting.iter().take(TASKS_SHOWN).try_for_each(|task| writeln!(formatter, "        {task}"))?;
        match self.waiting.len().saturating_sub(TASKS_SHOWN) {
            0 => Ok(()),
            more => writeln!(formatter, "        and {more} more"),
        }
    }

    fn write_events(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = &self.last_events[self.last_events.len().saturating_sub(EVENTS_SHOWN)..];
        if !shown.is_empty() {
            writeln!(formatter, "      last events")?;
        }
        shown.iter().try_for_each(|event| writeln!(formatter, "        {event}"))
    }
}

impl Report {
    /// How to see a run that did not hold once more; one that a test drove by hand is that test's own to repeat.
    fn write_again(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.outcome == Outcome::Held || self.by_hand {
            return Ok(());
        }
        writeln!(formatter, "      again: `scenario.run(Seed({}))` is this run alone", self.seed())
    }
}

/// A number with commas between groups of three digits.
pub(crate) fn thousands(number: u64) -> String {
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
    use super::*;

    #[test]
    fn numbers_are_grouped_by_three_digits() {
        assert_eq!([0, 999, 1_000, 18_224, 1_000_000].map(thousands), ["0", "999", "1,000", "18,224", "1,000,000"]);
    }
}
