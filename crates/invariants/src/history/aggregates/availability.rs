//! A service answers while nothing disturbs it, and soon after.

use std::time::Duration;

use cluster_sim_types::{Ratio, VirtualInstant};
use serde_json::{Value, json};

use super::quantiles::quantiles_ns;
use crate::history::checker::{Checker, Contradiction, Judgement};
use crate::history::operation::{Completion, Moment, Operation};
use crate::history::record::History;

/// Checks how many calls are answered, how fast, and how soon after a disturbance; decided at the end.
///
/// Without a limit it only measures. A call is *quiet* if no disturbance overlaps it. An open quiet call is *stuck* once it is
/// older than the time within which calls are answered, and *pending* before, or without such a limit; the fraction answered is
/// that of the quiet calls which are not pending. A call that was refused for certain counts as not answered. Ages count until the
/// [end](History::end) of the recording, which in a run is that of the run. A disturbance after which no client waits for an
/// answer needs no recovery.
#[derive(Debug, Clone, Default)]
pub struct Availability {
    disturbances: Vec<(VirtualInstant, VirtualInstant)>,
    least_answered: Option<Ratio>,
    answers_within: Option<Duration>,
    recovers_within: Option<Duration>,
}

impl Availability {
    /// Excuses calls that overlap this time.
    #[must_use]
    pub fn disturbed(mut self, from: VirtualInstant, until: VirtualInstant) -> Self {
        self.disturbances.push((from, until));
        self.disturbances.sort_unstable();
        self
    }

    /// Demands that this share of the quiet calls is answered.
    #[must_use]
    pub fn least_answered(self, share: Ratio) -> Self {
        Self { least_answered: Some(share), ..self }
    }

    /// Demands that each quiet call is answered within this time.
    #[must_use]
    pub fn answers_within(self, limit: Duration) -> Self {
        Self { answers_within: Some(limit), ..self }
    }

    /// Demands that within this time after each disturbance a call is answered that was made after it.
    #[must_use]
    pub fn recovers_within(self, limit: Duration) -> Self {
        Self { recovers_within: Some(limit), ..self }
    }

    /// Whether a disturbance overlaps a call that lasts until then.
    fn is_disturbed(&self, from: VirtualInstant, until: VirtualInstant) -> bool {
        // Disturbances are few, and calls many: the first that ends after the call began decides in most cases.
        self.disturbances.iter().any(|(start, end)| *start <= until && from < *end)
    }

    fn count<O, A>(&self, history: &History<O, A>, end: VirtualInstant) -> Counts {
        let mut counts = Counts { recovered: vec![None; self.disturbances.len()], ..Counts::default() };
        for (index, Operation { invoked, outcome, .. }) in history.operations().iter().enumerate() {
            let completed = history.operations()[index].completed();
            let until = completed.map_or(end, |at| at.at);
            if self.is_disturbed(invoked.at, until) {
                counts.disturbed += 1;
                counts.disturbed_answered += u64::from(matches!(outcome, Completion::Ok { .. }));
            } else {
                counts.add_quiet(index, *invoked, outcome, end, self.answers_within);
            }
            if let Completion::Ok { at, .. } = outcome {
                for ((_, healed), recovered) in self.disturbances.iter().zip(&mut counts.recovered) {
                    if *healed <= invoked.at && recovered.is_none_or(|first| *at < first) {
                        *recovered = Some(*at);
                    }
                }
            }
            counts.last_wait = counts.last_wait.max(Some(until));
        }
        counts
    }

    fn findings(&self, counts: &Counts, end: VirtualInstant) -> Vec<Contradiction> {
        let mut findings = Vec::new();
        let decided = counts.answered + counts.failed + counts.stuck.len() as u64;
        if let Some(share) = self.least_answered {
            let needed = u128::from(decided) * u128::from(share.parts_per_billion());
            if u128::from(counts.answered) * 1_000_000_000 < needed {
                let message = format!("{} of {decided} calls were answered, fewer than {share}", counts.answered);
                findings.push(Contradiction { message, operations: counts.stuck.iter().copied().take(1).collect() });
            }
        }
        if let Some(limit) = self.answers_within {
            if let Some(stuck) = counts.stuck.first() {
                let message = format!("{} calls were not answered within {limit:?}", counts.stuck.len());
                findings.push(Contradiction { message, operations: vec![*stuck] });
            }
            if let Some((latency, slowest)) = counts.slowest.filter(|(latency, _)| *latency > limit) {
                let message = format!("a call was answered after {latency:?}, more than {limit:?}");
                findings.push(Contradiction { message, operations: vec![slowest] });
            }
        }
        for ((_, healed), recovered) in self.disturbances.iter().zip(&counts.recovered) {
            let Some(limit) = self.recovers_within else { break };
            let (took, what) = match recovered {
                Some(at) => (at.at.saturating_since(*healed), "until then none was answered"),
                None if counts.last_wait <= Some(*healed) => continue,
                None => (end.saturating_since(*healed), "no call was answered after it"),
            };
            if took > limit {
                let message = format!("{took:?} after the disturbance that ended at {healed}, more than {limit:?}: {what}");
                findings.push(Contradiction { message, operations: Vec::new() });
            }
        }
        findings
    }
}

#[derive(Debug, Default)]
struct Counts {
    answered: u64,
    failed: u64,
    pending: u64,
    stuck: Vec<usize>,
    disturbed: u64,
    disturbed_answered: u64,
    latencies_ns: Vec<u64>,
    slowest: Option<(Duration, usize)>,
    /// The last instant at which a client waited for an answer.
    last_wait: Option<VirtualInstant>,
    /// The first answer to a call made after each disturbance.
    recovered: Vec<Option<Moment>>,
}

impl Counts {
    fn add_quiet<A>(
        &mut self,
        index: usize,
        invoked: Moment,
        outcome: &Completion<A>,
        end: VirtualInstant,
        limit: Option<Duration>,
    ) {
        match outcome {
            Completion::Ok { at, .. } => {
                let latency = at.at.saturating_since(invoked.at);
                self.answered += 1;
                self.latencies_ns.push(latency.as_nanos() as u64);
                self.slowest = self.slowest.max(Some((latency, index)));
            }
            Completion::Fail { .. } => self.failed += 1,
            Completion::Open if limit.is_some_and(|limit| end.saturating_since(invoked.at) > limit) => self.stuck.push(index),
            Completion::Open => self.pending += 1,
        }
    }
}

impl<O, A> Checker<O, A> for Availability {
    fn judges_events(&self) -> bool {
        false
    }

    fn finish(&mut self, history: &History<O, A>) -> Judgement {
        let Some(end) = history.end().filter(|_| !history.operations().is_empty()) else { return Judgement::default() };
        let counts = self.count(history, end);
        let findings = self.findings(&counts, end);
        let recovery = |((_, healed), recovered): (&(_, VirtualInstant), &Option<Moment>)| {
            recovered.map_or(Value::Null, |at| json!(at.at.saturating_since(*healed).as_nanos() as u64))
        };
        let recovery_ns: Vec<Value> = self.disturbances.iter().zip(&counts.recovered).map(recovery).collect();
        let times_checked = counts.answered + counts.failed + counts.stuck.len() as u64;
        let measured = json!({
            "quiet": {
                "answered": counts.answered,
                "failed": counts.failed,
                "stuck": counts.stuck.len(),
                "pending": counts.pending,
                "latency_ns": quantiles_ns(counts.latencies_ns),
            },
            "disturbed": { "calls": counts.disturbed, "answered": counts.disturbed_answered },
            "recovery_ns": recovery_ns,
        });
        Judgement { findings, times_checked, measured, ..Judgement::default() }
    }
}
