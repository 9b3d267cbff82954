//! Runs the checks of a scenario during one run.

use std::any::Any;

use cluster_sim_invariants::{Invariant, Verdict, Violation, World};
use cluster_sim_types::{Change, VirtualInstant};
use serde_json::Value;

use crate::definition::{Check, Seen, Test};
use crate::report::{CheckKind, CheckReport};

/// A check written as a closure.
struct LiveTest {
    name: String,
    test: Test,
    times_checked: u64,
    unknown: Option<String>,
}

impl LiveTest {
    /// Runs the check. `Holds` without a read of the world proves nothing and becomes `Unknown`.
    fn ask(&mut self, world: &World<'_>) -> Verdict {
        let before = world.observations_read();
        let verdict = (self.test)(world);
        if world.observations_read() == before && verdict == Verdict::Holds {
            return Verdict::Unknown("it looked at nothing".to_owned());
        }
        self.times_checked += 1;
        verdict
    }

    fn report(&self, kind: CheckKind) -> CheckReport {
        // Once it has read something, an earlier check that read nothing does not count.
        let unknown =
            if self.times_checked == 0 { self.unknown.clone().or_else(|| Some("it was never checked".to_owned())) } else { None };
        CheckReport { name: self.name.clone(), kind, times_checked: self.times_checked, unknown }
    }
}

/// A check with state.
struct LiveObserver {
    name: String,
    invariant: Box<dyn Invariant>,
    unknown: Option<String>,
}

/// A coverage point, and whether this run hit it.
struct LivePoint {
    name: String,
    seen: Seen,
    is_hit: bool,
}

/// All checks of one run.
pub(super) struct LiveChecks {
    always: Vec<LiveTest>,
    eventually: Vec<LiveTest>,
    observers: Vec<LiveObserver>,
    points: Vec<LivePoint>,
    /// The points that were not hit yet.
    points_left: usize,
    /// The check that is running, to name it if it panics.
    asking: Option<Asked>,
}

/// A check, by its kind and index.
#[derive(Clone, Copy)]
enum Asked {
    Always(usize),
    Eventually(usize),
    Observer(usize),
    Point(usize),
}

/// The instant and the step at which a check runs.
#[derive(Clone, Copy)]
pub(super) struct Now {
    pub(super) at: VirtualInstant,
    pub(super) step: u64,
}

impl Now {
    pub(super) fn violation(self, rule: &str, evidence: cluster_sim_invariants::Evidence) -> Violation {
        Violation { rule: rule.to_owned(), at: self.at, step: self.step, nodes: evidence.nodes, message: evidence.message }
    }
}

impl LiveChecks {
    pub(super) fn new(checks: &[Check]) -> Self {
        let mut live = Self {
            always: Vec::new(),
            eventually: Vec::new(),
            observers: Vec::new(),
            points: Vec::new(),
            points_left: 0,
            asking: None,
        };
        for check in checks {
            let new_test =
                |name: &String, test: &Test| LiveTest { name: name.clone(), test: test.clone(), times_checked: 0, unknown: None };
            match check {
                Check::Always { name, test } => live.always.push(new_test(name, test)),
                Check::Eventually { name, test } => live.eventually.push(new_test(name, test)),
                Check::Observer { name, make } => {
                    live.observers.push(LiveObserver { name: name.clone(), invariant: make(), unknown: None });
                }
                Check::Sometimes { name, seen } => {
                    live.points.push(LivePoint { name: name.clone(), seen: seen.clone(), is_hit: false });
                    live.points_left += 1;
                }
            }
        }
        live
    }

    /// Runs every check over what a step changed; adds violations to `violations`.
    #[inline(always)]
    pub(super) fn after_step(&mut self, changes: &[Change], world: &World<'_>, now: Now, violations: &mut Vec<Violation>) {
        for (index, observer) in self.observers.iter_mut().enumerate() {
            self.asking = Some(Asked::Observer(index));
            for change in changes {
                let verdict = observer.invariant.observe(change, world);
                if !matches!(verdict, Verdict::Holds) {
                    note_verdict(verdict, &observer.name, &mut observer.unknown, now, violations);
                }
            }
        }
        if !self.always.is_empty() && changes.iter().any(|change| !matches!(change, Change::Fact(..))) {
            for (index, check) in self.always.iter_mut().enumerate() {
                self.asking = Some(Asked::Always(index));
                let verdict = check.ask(world);
                if !matches!(verdict, Verdict::Holds) {
                    note_verdict(verdict, &check.name, &mut check.unknown, now, violations);
                }
            }
        }
        if self.points_left > 0 {
            self.check_points(changes, world);
        }
        self.asking = None;
    }

    #[inline(never)]
    fn check_points(&mut self, changes: &[Change], world: &World<'_>) {
        for (index, point) in self.points.iter_mut().enumerate().filter(|(_, point)| !point.is_hit) {
            self.asking = Some(Asked::Point(index));
            point.is_hit = changes.iter().any(|change| (point.seen)(change, world));
            self.points_left -= usize::from(point.is_hit);
        }
    }

    /// Whether any check is an `eventually`.
    pub(super) fn has_eventually(&self) -> bool {
        !self.eventually.is_empty()
    }

    /// The `eventually` checks that do not hold now, each with its evidence.
    pub(super) fn pending(&mut self, world: &World<'_>) -> Vec<(String, cluster_sim_invariants::Evidence)> {
        let mut pending = Vec::new();
        for (index, check) in self.eventually.iter_mut().enumerate() {
            self.asking = Some(Asked::Eventually(index));
            match check.ask(world) {
                Verdict::Holds => {}
                Verdict::Violated(evidence) => pending.push((check.name.clone(), evidence)),
                Verdict::Unknown(reason) => check.unknown = Some(reason),
            }
        }
        self.asking = None;
        pending
    }

    /// Takes the final verdict of every observer.
    pub(super) fn finish(&mut self, world: &World<'_>, now: Now) -> Vec<Violation> {
        let mut violations = Vec::new();
        for (index, observer) in self.observers.iter_mut().enumerate() {
            self.asking = Some(Asked::Observer(index));
            note_verdict(observer.invariant.finish(world), &observer.name, &mut observer.unknown, now, &mut violations);
        }
        self.asking = None;
        violations
    }

    pub(super) fn reports(&self) -> Vec<CheckReport> {
        let always = self.always.iter().map(|check| check.report(CheckKind::Always));
        let eventually = self.eventually.iter().map(|check| check.report(CheckKind::Eventually));
        let observers = self.observers.iter().map(|observer| {
            let times_checked = observer.invariant.times_checked();
            let blind = (times_checked == 0).then(|| "it never had anything to judge".to_owned());
            CheckReport {
                name: observer.name.clone(),
                kind: CheckKind::Observer,
                times_checked,
                unknown: observer.unknown.clone().or(blind),
            }
        });
        let points = self.points.iter().map(|point| CheckReport {
            name: point.name.clone(),
            kind: CheckKind::Sometimes,
            times_checked: u64::from(point.is_hit),
            unknown: None,
        });
        always.chain(eventually).chain(observers).chain(points).collect()
    }

    pub(super) fn measured(&self) -> impl Iterator<Item = (String, Value)> + '_ {
        self.observers
            .iter()
            .map(|observer| (observer.name.clone(), observer.invariant.measured()))
            .filter(|(_, value)| !value.is_null())
    }

    /// The observer of that name, as its type.
    pub(super) fn observer<I: Invariant>(&self, name: &str) -> Option<&I> {
        let observer = self.observers.iter().find(|observer| observer.name == name)?;
        let invariant: &dyn Any = &*observer.invariant;
        invariant.downcast_ref()
    }

    /// The check that was running when it panicked, if one was.
    pub(super) fn asking(&self) -> Option<&str> {
        Some(match self.asking? {
            Asked::Always(index) => &self.always[index].name,
            Asked::Eventually(index) => &self.eventually[index].name,
            Asked::Observer(index) => &self.observers[index].name,
            Asked::Point(index) => &self.points[index].name,
        })
    }
}

#[cold]
fn note_verdict(verdict: Verdict, name: &str, unknown: &mut Option<String>, now: Now, violations: &mut Vec<Violation>) {
    match verdict {
        Verdict::Holds => {}
        Verdict::Violated(evidence) => violations.push(now.violation(name, evidence)),
        Verdict::Unknown(reason) => *unknown = Some(reason),
    }
}
