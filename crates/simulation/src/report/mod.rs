//! The report of one run.

mod built_from;
mod divergence;
mod failure_summary;
mod finding;
mod normalize;
mod panic_finding;
mod printable;
mod signature;
mod text;
mod verdict;

use std::collections::BTreeMap;

use cluster_sim_invariants::history::HistoryPicture;
use cluster_sim_invariants::{EvidenceTable, Violation};
use cluster_sim_metrics::Signature;
use cluster_sim_runtime::{Digest, Exhausted, SeedSchedule};
use cluster_sim_types::{NodeId, Traffic, VirtualInstant};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use built_from::BuiltFrom;
pub use divergence::{Difference, DifferingEvent, Divergence, DivergenceKind, OtherRun};
pub use failure_summary::FailureSummary;
pub use finding::Finding;
pub use normalize::without_numbers;
pub use panic_finding::{PanicFinding, PanicSite};
pub use printable::printable;
pub use text::{FaultLine, ReportText, thousands};
pub use verdict::RunVerdict;

use crate::fault::{AfterStep, Fault, ScheduledFault};

/// The number of the report's JSON form; a reader refuses others by name.
const FORMAT: u32 = 2;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// Everything held.
    Held,
    /// A rule was broken.
    Violated,
    /// A node's code or a check panicked.
    Panicked,
    /// A budget was spent.
    Exhausted,
    /// Two runs of one seed differed, or something came in from beyond the simulation.
    Nondeterministic,
    /// A check had nothing to look at.
    Unknown,
    /// A recorded case no longer has an effect.
    Stale,
    /// Faults went beyond what the system claims to survive, so that nothing is proved about it.
    AssumptionExceeded,
}

impl Outcome {
    /// The verdict in one word: `PASS`, `FAIL`, `UNKNOWN`, `NONDETERMINISTIC` or `EXCEEDED`.
    ///
    /// It is the same in every report.
    ///
    /// A run that spent a budget proves neither, so it is `UNKNOWN`.
    pub fn verdict_word(self) -> &'static str {
        match self {
            Self::Held => "PASS",
            Self::Violated | Self::Panicked | Self::Stale => "FAIL",
            Self::Exhausted | Self::Unknown => "UNKNOWN",
            Self::Nondeterministic => "NONDETERMINISTIC",
            Self::AssumptionExceeded => "EXCEEDED",
        }
    }

    /// The exit code of a command that ends with this outcome.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Held => 0,
            Self::Violated | Self::Panicked | Self::Stale => 1,
            Self::Nondeterministic => 3,
            Self::Exhausted | Self::Unknown | Self::AssumptionExceeded => 4,
        }
    }
}

/// Result of one check in one run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckReport {
    /// Its name.
    pub name: String,
    /// Which kind of check.
    pub kind: CheckKind,
    /// How often it could have fired.
    pub times_checked: u64,
    /// Why it cannot tell, if so.
    pub unknown: Option<String>,
    /// How much it looked at.
    #[serde(default, skip_serializing_if = "CheckWork::is_none")]
    pub work: CheckWork,
}

/// How much a check looked at in one run; equal in equal runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckWork {
    /// Calls of its closure or its `observe`.
    ///
    /// Without those for facts, where every rule judges histories at the end.
    pub calls: u64,
    /// Steps at which it was not called, because nothing changed that it had read.
    pub skips: u64,
    /// Views that it read.
    pub views_read: u64,
}

impl CheckWork {
    fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// Which kind of check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckKind {
    /// After every step.
    Always,
    /// Of each node by itself, after every step that may have changed its view.
    AlwaysEach,
    /// Of no two nodes at once, after every step that may have changed a view.
    AlwaysUnique,
    /// In the end.
    Eventually,
    /// Folding in what changed.
    Observer,
    /// Must come about in some run, though not in each. Its times_checked are 1 in a run in which it did, else 0.
    Sometimes,
    /// A trigger. Its times_checked say how often it fired.
    Trigger,
    /// A declared failpoint. Its times_checked say how often it was visited.
    Failpoint,
}

/// The moment at which faults went beyond what a scenario claims to survive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssumptionExceeded {
    /// When, in nanoseconds.
    #[serde(rename = "at_ns")]
    pub at: VirtualInstant,
    /// At which step.
    pub step: u64,
    /// The nodes that were down.
    pub nodes: Vec<NodeId>,
    /// How many were down, and the claim.
    pub message: String,
    /// The names of these nodes, and the last fault of one of them.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cause: String,
}

/// Record of one fault.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FaultRecord {
    /// When it was applied, or was to be, in nanoseconds.
    #[serde(rename = "at_ns")]
    pub at: VirtualInstant,
    /// The fault.
    pub fault: Fault,
    /// Whether it was taken by code rather than from a plan.
    pub by_hand: bool,
    /// The trigger that fired it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<String>,
    /// The moment within its instant at which a trigger fired it; absent for its beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<AfterStep>,
    /// Whether it was applied; false for one that was scheduled after the fault phase had ended.
    pub applied: bool,
    /// Its effect: messages dropped, or 1 where a node or a class of links changed; 0 means no effect.
    pub effect: u64,
    /// The operations that a fault of a disk hit, with or without an effect; 0 for all other faults.
    #[serde(default, skip_serializing_if = "is_default")]
    pub fired: u64,
    /// When it ended, in nanoseconds since the start.
    ///
    /// A cut ends when it heals, a pause when the node resumes or dies, a crash when it restarts or is killed, a rule or model when it is
    /// replaced; the end of the fault phase ends all of them. `None` for a fault that was still in force when the run ended, was not
    /// applied, or has no duration (`Kill`, `Restart`, `Resume`, `HealAll`).
    #[serde(rename = "ended_at_ns", default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<VirtualInstant>,
    /// Why a fault of a node had no effect, such as `it was down`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The nodes that a fault of several nodes hit, as those of `zone:a`; empty for other faults.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<String>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl FaultRecord {
    /// The record of a fault that is planned for an instant.
    pub(crate) fn planned(at: VirtualInstant, fault: Fault) -> Self {
        let (by_hand, applied, effect, fired) = (false, false, 0, 0);
        let (trigger, after, ended_at, reason, nodes) = Default::default();
        Self { at, fault, by_hand, trigger, after, applied, effect, fired, ended_at, reason, nodes }
    }

    /// The fault as a plan schedules it.
    pub fn scheduled(&self) -> ScheduledFault {
        ScheduledFault { at: self.at, after: self.after, fault: self.fault.clone() }
    }

    /// Names the test or the trigger that applied it, as the end of a list; empty for a plan.
    pub(crate) fn origin_text(&self) -> String {
        match &self.trigger {
            Some(trigger) => format!(", when {trigger:?}"),
            None if self.by_hand => ", by the test".to_owned(),
            None => String::new(),
        }
    }

    /// Describes the effect: `36 messages dropped`, `applied`, `no effect`, or why it was not applied.
    ///
    /// `run_ended_at` is the end of the run: a fault scheduled later was not applied because of it.
    pub fn effect_text(&self, run_ended_at: VirtualInstant) -> String {
        match (self.applied, self.effect) {
            (false, _) if self.at > run_ended_at => "not applied: run ended".to_owned(),
            (false, _) => "not applied: fault phase ended".to_owned(),
            (true, effect) => {
                let mut text = self.fault.effect_text(effect, thousands);
                if self.fired > effect {
                    text += &format!(" of {} hit", thousands(self.fired));
                }
                if let (1.., true, Some(crashed_at)) = (effect, self.fault.waits_to_crash(), self.ended_at) {
                    return format!("crashed at {crashed_at}");
                }
                let effect = text;
                if !self.nodes.is_empty() {
                    return format!("{effect}: {}", self.nodes.join(" "));
                }
                self.reason.as_ref().map_or_else(|| effect.clone(), |reason| format!("{effect}: {reason}"))
            }
        }
    }
}

/// A node that panicked or returned, and was restarted by the policy of its group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeRestart {
    /// When its life ended, in nanoseconds.
    #[serde(rename = "at_ns")]
    pub at: VirtualInstant,
    /// The node's declared name.
    pub node: String,
    /// The task that panicked, and where it was spawned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// The message of the panic; absent if its main function returned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub panic: Option<String>,
    /// When it was to start again, in nanoseconds; absent once the policy restarts it no more.
    #[serde(rename = "restarts_at_ns", default, skip_serializing_if = "Option::is_none")]
    pub restarts_at: Option<VirtualInstant>,
}

impl std::fmt::Display for NodeRestart {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}  {} ", self.at, self.node)?;
        match (&self.panic, &self.task) {
            (None, _) => write!(formatter, "returned")?,
            (Some(message), None) => write!(formatter, "panicked: {message}")?,
            (Some(message), Some(task)) => write!(formatter, "panicked in {task}: {message}")?,
        }
        match self.restarts_at {
            Some(at) => write!(formatter, "  (restarts at {at})"),
            None => write!(formatter, "  (restarts no more)"),
        }
    }
}

/// The report of one run. A failing report fails the test through [`Report::assert_ok`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[must_use = "a failing report must be looked at: call `assert_ok`"]
pub struct Report {
    /// The number of this form.
    pub format: u32,
    /// The scenario's name.
    pub scenario: String,
    /// The seeds that decided the run.
    pub seeds: SeedSchedule,
    /// Whether a test steered the run, so that scenario and seed alone do not reproduce it.
    pub by_hand: bool,
    /// How it ended.
    pub outcome: Outcome,
    /// The rules that were broken, in order.
    pub violations: Vec<Violation>,
    /// The panic that ended it.
    pub panic: Option<PanicFinding>,
    /// The budget that ended it.
    pub exhausted: Option<Exhausted>,
    /// The links or tasks that used it up, most first.
    ///
    /// Messages in flight by sender, receiver and port; tasks that step while time does not advance; live tasks by their spawn.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exhausted_by: Vec<String>,
    /// The first moment at which faults went beyond a claim; rules that broke from then on are no findings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exceeded: Option<AssumptionExceeded>,
    /// A source of nondeterminism from outside the simulation, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leak: Option<String>,
    /// The live tasks and what each waits for, if a rule of the end did not hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<String>,
    /// The nodes that nothing of the simulation could have woken any more, each with a task.
    ///
    /// A task may wait for ever on purpose, so this is no finding by itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outside_waits: Vec<String>,
    /// Where it parted from a second run of the same seed; then nothing else here means anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub divergence: Option<Box<Divergence>>,
    /// The results of the checks.
    pub checks: Vec<CheckReport>,
    /// The records of all faults, planned and manual.
    pub faults: Vec<FaultRecord>,
    /// The nodes that panicked or returned and were restarted by a policy, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub restarts: Vec<NodeRestart>,
    /// The fate of every message.
    pub traffic: Traffic,
    /// Measurements of the observers, by their names.
    pub measured: BTreeMap<String, Value>,
    /// Calls and answers of clients around a violation, by the rules about histories that found one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub histories: BTreeMap<String, HistoryPicture>,
    /// Values of several nodes side by side, by the rules whose violations they show.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tables: BTreeMap<String, EvidenceTable>,
    /// How many operations each client began, by the name of the client; see `NodeInfo::operations`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub operations: BTreeMap<String, u64>,
    /// Steps taken.
    pub steps: u64,
    /// When the run ended, in nanoseconds.
    #[serde(rename = "ended_at_ns")]
    pub ended_at: VirtualInstant,
    /// The running hash of everything that happened.
    pub digest: Digest,
    /// The last events of a run that did not pass, oldest first, each with its instant.
    pub last_events: Vec<String>,
    /// The last views of the nodes that the first violation names, each with the view before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub views: Vec<String>,
    /// A handle to what the run was built from; neither written nor compared.
    #[doc(hidden)]
    #[serde(skip)]
    pub origin: BuiltFrom,
}

impl Report {
    /// The report of a run that did nothing yet.
    pub(crate) fn blank(scenario: &str, seeds: SeedSchedule) -> Self {
        Self {
            format: FORMAT,
            scenario: scenario.to_owned(),
            seeds,
            by_hand: true,
            outcome: Outcome::Held,
            violations: Vec::new(),
            panic: None,
            exhausted: None,
            exhausted_by: Vec::new(),
            exceeded: None,
            leak: None,
            waiting: Vec::new(),
            outside_waits: Vec::new(),
            divergence: None,
            checks: Vec::new(),
            faults: Vec::new(),
            restarts: Vec::new(),
            traffic: Traffic::default(),
            measured: BTreeMap::new(),
            histories: BTreeMap::new(),
            tables: BTreeMap::new(),
            operations: BTreeMap::new(),
            steps: 0,
            ended_at: VirtualInstant::ZERO,
            digest: Digest::default(),
            last_events: Vec::new(),
            views: Vec::new(),
            origin: BuiltFrom::default(),
        }
    }

    /// The report of two runs that parted: that they did, and nothing else.
    pub(crate) fn nondeterministic(scenario: &str, seeds: SeedSchedule, divergence: Divergence) -> Self {
        let outcome = Outcome::Nondeterministic;
        Self { by_hand: false, outcome, divergence: Some(Box::new(divergence)), ..Self::blank(scenario, seeds) }
    }

    /// The seed the run began with.
    pub fn seed(&self) -> cluster_sim_runtime::Seed {
        self.seeds.at(VirtualInstant::ZERO)
    }

    /// Everything in it but the last events, as data.
    pub(crate) fn as_data(&self) -> Value {
        // Through text, so that it equals a report that was read from another process.
        let text = serde_json::to_string(self).expect("a report is plain data with text keys");
        let mut data: Value = serde_json::from_str(&text).expect("what was written as JSON is JSON");
        // They only tell once more what the events were, and only if something did not hold.
        let fields = data.as_object_mut().expect("a report is an object");
        fields.remove("last_events");
        fields.remove("views");
        // Other code of the process may set a panic hook between two runs, and the second then has none.
        if let Some(panic) = fields.get_mut("panic").and_then(Value::as_object_mut) {
            panic.remove("location");
        }
        data
    }

    /// The readable line that a snapshot gates: what happened in numbers, and a short hash of it.
    pub fn signature(&self) -> Signature {
        signature::of(self)
    }

    /// Passes if everything held.
    ///
    /// # Panics
    /// With the report as text, if it did not.
    #[track_caller]
    pub fn assert_ok(&self) {
        assert!(self.outcome == Outcome::Held, "{self}");
    }

    /// The nodes that the first violation names.
    pub fn suspects(&self) -> &[NodeId] {
        self.violations.first().map_or(&[], |violation| &violation.nodes)
    }
}
