//! Runs the checks of a scenario during one run.

mod each;
mod eventually;
mod test;
mod unique;
mod view_types;

use std::any::Any;
use std::mem::{ManuallyDrop, replace, take};

use cluster_sim_invariants::history::HistoryPicture;
use cluster_sim_invariants::{Evidence, EvidenceTable, Invariant, Observed, Touched, Verdict, Violation, World};
use cluster_sim_runtime::Lone;
use cluster_sim_types::{CallLogs, Change, NodeId, VirtualInstant};
use serde_json::Value;

use crate::definition::{Check, Seen, TimedObserver};
use crate::report::{CheckKind, CheckReport, CheckWork};
use crate::sim::world::WorldView;
use each::LiveEach;
use eventually::LiveEventually;
use test::LiveTest;
use unique::LiveUnique;
use view_types::ViewTypes;

/// A check with state.
struct LiveObserver {
    name: String,
    invariant: Box<dyn Invariant>,
    unknown: Option<String>,
    calls: u64,
    views_read: u64,
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
    each: Vec<LiveEach>,
    unique: Vec<LiveUnique>,
    eventually: Vec<LiveEventually>,
    /// The nodes that were touched since the `eventually` rules were asked last.
    touched: Touched,
    observers: Vec<LiveObserver>,
    points: Vec<LivePoint>,
    /// The points that were not hit yet.
    points_left: usize,
    /// The nodes that the present step changed, kept for its memory.
    changed: Vec<NodeId>,
    /// Whether facts count as calls of observers: not where every check does without them.
    counts_facts: bool,
    /// The check that is running, to name it if it panics.
    asking: Option<Asked>,
}

/// A check, by its kind and index.
#[derive(Clone, Copy)]
enum Asked {
    Always(usize),
    Each(usize),
    Unique(usize),
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
    /// Read where a verdict is noted rather than kept for it: most checks hold.
    #[inline(always)]
    pub(super) fn of(world: &WorldView<'_>) -> Self {
        let kernel = &world.engine.core.kernel;
        Self { at: kernel.now(), step: kernel.steps() }
    }

    pub(super) fn violation(self, rule: &str, evidence: Evidence) -> Violation {
        Violation { rule: rule.to_owned(), at: self.at, step: self.step, nodes: evidence.nodes, message: evidence.message }
    }
}

impl LiveChecks {
    pub(super) fn new(checks: &[Check]) -> Self {
        let mut live = Self {
            always: Vec::new(),
            each: Vec::new(),
            unique: Vec::new(),
            eventually: Vec::new(),
            touched: Touched::default(),
            observers: Vec::new(),
            points: Vec::new(),
            points_left: 0,
            changed: Vec::new(),
            counts_facts: true,
            asking: None,
        };
        for check in checks {
            match check {
                Check::Always { name, test } => live.always.push(LiveTest::new(name, test)),
                Check::AlwaysEach { name, test, view_type } => live.each.push(LiveEach::new(name, test, view_type)),
                Check::AlwaysUnique { name, test } => live.unique.push(LiveUnique::new(name, test)),
                Check::Eventually { name, test } => live.eventually.push(LiveEventually::new(name, test)),
                Check::Observer { name, make } => {
                    live.observers.push(LiveObserver {
                        name: name.clone(),
                        invariant: make(),
                        unknown: None,
                        calls: 0,
                        views_read: 0,
                    });
                }
                Check::Sometimes { name, seen } => {
                    live.points.push(LivePoint { name: name.clone(), seen: seen.clone(), is_hit: false });
                    live.points_left += 1;
                }
            }
        }
        live
    }

    /// Gives the rules of histories their logs; returns whether every check does without the facts of calls.
    ///
    /// The report is then the same with these facts as without them. A coverage point is looked for after each fact
    /// and may read the clock, so that a scenario with points keeps them.
    pub(super) fn read_calls(&mut self, logs: &mut CallLogs) -> bool {
        let mut all = self.points.is_empty();
        for observer in &mut self.observers {
            all &= observer.invariant.reads_calls(logs);
        }
        self.counts_facts = !all;
        all
    }

    /// Runs every check over what a step changed; adds violations to `violations`.
    #[inline(never)]
    pub(super) fn after_step(&mut self, lone: Lone, listed: &[Change], observed: &WorldView<'_>, violations: &mut Vec<Violation>) {
        match lone {
            Lone::View(node) => self.ask_apart(&[Change::View(node)], node, observed, violations),
            Lone::Disk(node) => self.ask_apart(&[Change::Disk(node)], node, observed, violations),
            Lone::DiskAndView(node) => self.after_disk_and_view(node, observed, violations),
            Lone::Nothing => {
                let mut nodes = take(&mut self.changed);
                list_changed(listed, &mut nodes);
                self.ask(listed, &nodes, observed, violations);
                self.changed = nodes;
            }
        }
    }

    /// As [`after_step`](Self::after_step), after a step that changed the view of one node and nothing else.
    #[inline(always)]
    pub(super) fn after_view(&mut self, node: NodeId, observed: &WorldView<'_>, violations: &mut Vec<Violation>) {
        self.ask(&[Change::View(node)], &[node], observed, violations);
    }

    /// As [`after_step`](Self::after_step), after a step in which a node took the answer of its disk.
    #[inline(never)]
    pub(super) fn after_disk_and_view(&mut self, node: NodeId, observed: &WorldView<'_>, violations: &mut Vec<Violation>) {
        // These two own nothing, so nothing is dropped.
        let changes = ManuallyDrop::new([Change::Disk(node), Change::View(node)]);
        self.ask(&*changes, &[node], observed, violations);
    }

    /// As [`ask`](Self::ask) about one node, not inlined.
    #[inline(never)]
    fn ask_apart(&mut self, changes: &[Change], node: NodeId, observed: &WorldView<'_>, violations: &mut Vec<Violation>) {
        self.ask(changes, &[node], observed, violations);
    }

    /// Runs every check over the changes of a step, which may have changed the views and healths of `nodes`.
    #[inline(always)]
    fn ask(&mut self, changes: &[Change], nodes: &[NodeId], observed: &WorldView<'_>, violations: &mut Vec<Violation>) {
        let mut world = World::after_step(observed, nodes);
        let is_counted = |change: &&Change| self.counts_facts || !matches!(change, Change::Fact(..));
        let counted = changes.iter().filter(is_counted).count() as u64;
        for (index, observer) in self.observers.iter_mut().enumerate() {
            self.asking = Some(Asked::Observer(index));
            let read_before = world.views_read();
            observer.calls += counted;
            let mut is_violated = false;
            for change in changes {
                let verdict = observer.invariant.observe(change, &world);
                if !matches!(verdict, Verdict::Holds) {
                    // All changes of a step show one world, so what is wrong with it is told once.
                    let is_repeated = matches!(verdict, Verdict::Violated(_)) && replace(&mut is_violated, true);
                    if !is_repeated {
                        note_verdict(verdict, &observer.name, &mut observer.unknown, Now::of(observed), violations);
                    }
                }
            }
            observer.views_read += world.views_read() - read_before;
        }
        if !nodes.is_empty() {
            // Asked here, so that a scenario without such rules pays no call.
            if !self.always.is_empty() {
                self.ask_always(nodes, observed, &mut world, violations);
            }
            if !(self.each.is_empty() && self.unique.is_empty()) {
                self.ask_about_views(nodes, observed, violations);
            }
        }
        if self.points_left > 0 {
            self.check_points(changes, &world);
        }
        self.asking = None;
    }

    #[inline(never)]
    fn ask_always(&mut self, nodes: &[NodeId], observed: &WorldView<'_>, world: &mut World<'_>, violations: &mut Vec<Violation>) {
        let mut touched = Touched::default();
        nodes.iter().for_each(|node| touched.add(*node, observed.group_of(*node)));
        world.take_reads();
        for (index, rule) in self.always.iter_mut().enumerate() {
            self.asking = Some(Asked::Always(index));
            let verdict = rule.ask_after_step(world, touched);
            if !matches!(verdict, Verdict::Holds) {
                note_verdict(verdict, &rule.name, &mut rule.unknown, Now::of(observed), violations);
            }
        }
    }

    /// Asks the rules about single views, with one look-up of each view for all of them.
    #[inline(never)]
    fn ask_about_views(&mut self, nodes: &[NodeId], observed: &WorldView<'_>, violations: &mut Vec<Violation>) {
        if nodes.len() > 1 {
            self.unique.iter_mut().for_each(|rule| rule.release(nodes));
        }
        for node in nodes {
            let view = observed.view(*node);
            if let Some(view) = view {
                for (index, rule) in self.each.iter_mut().enumerate() {
                    self.asking = Some(Asked::Each(index));
                    if let Some(verdict) = rule.ask(*node, view) {
                        note_verdict(verdict, &rule.name, &mut rule.unknown, Now::of(observed), violations);
                    }
                }
            }
            for (index, rule) in self.unique.iter_mut().enumerate() {
                self.asking = Some(Asked::Unique(index));
                if let Some(verdict) = rule.ask(*node, view, observed) {
                    note_verdict(verdict, &rule.name, &mut None, Now::of(observed), violations);
                }
            }
        }
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

    /// Notes what changed in the recovery phase, for the next question to the `eventually` rules.
    #[inline(never)]
    pub(super) fn note_touched(&mut self, lone: Lone, changes: &[Change], observed: &WorldView<'_>) {
        let listed = changes.iter().filter(|change| !matches!(change, Change::Fact(..))).map(Change::node);
        let lone = match lone {
            Lone::Nothing => None,
            Lone::View(node) | Lone::Disk(node) | Lone::DiskAndView(node) => Some(node),
        };
        lone.into_iter().chain(listed).for_each(|node| self.touched.add(node, observed.group_of(node)));
    }

    /// The `eventually` rules that do not hold now, each with its evidence.
    pub(super) fn pending(&mut self, world: &mut World<'_>) -> Vec<(String, Evidence)> {
        let touched = take(&mut self.touched);
        let mut pending = Vec::new();
        for (index, rule) in self.eventually.iter_mut().enumerate() {
            self.asking = Some(Asked::Eventually(index));
            rule.ask(world, touched);
            pending.extend(rule.pending());
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

    /// Adds to the pending rules that read nothing which views they asked for in vain.
    pub(super) fn explain_missing(&self, pending: &mut [(String, Evidence)], observed: &WorldView<'_>) {
        let published = ViewTypes::of(observed);
        for (name, evidence) in pending {
            let rule = self.eventually.iter().find(|rule| rule.name() == name);
            if let Some(missing) = rule.and_then(|rule| rule.missing(published)) {
                let separator = if evidence.message.is_empty() { "" } else { "; " };
                evidence.message = format!("{}{separator}{missing}", evidence.message);
            }
        }
    }

    pub(super) fn reports(&self, observed: &WorldView<'_>) -> Vec<CheckReport> {
        let published = ViewTypes::of(observed);
        let always = self.always.iter().map(|check| check.report(CheckKind::Always, published));
        let each = self.each.iter().map(|check| check.report(published));
        let unique = self.unique.iter().map(|check| check.report(published));
        let eventually = self.eventually.iter().map(|check| check.report(published));
        let observers = self.observers.iter().map(|observer| {
            let times_checked = observer.invariant.times_checked();
            let blind = (times_checked == 0).then(|| "it never had anything to judge".to_owned());
            CheckReport {
                name: observer.name.clone(),
                kind: CheckKind::Observer,
                times_checked,
                unknown: observer.unknown.clone().or(blind),
                work: CheckWork { calls: observer.calls, skips: 0, views_read: observer.views_read },
            }
        });
        let points = self.points.iter().map(|point| CheckReport {
            name: point.name.clone(),
            kind: CheckKind::Sometimes,
            times_checked: u64::from(point.is_hit),
            unknown: None,
            work: CheckWork::default(),
        });
        always.chain(each).chain(unique).chain(eventually).chain(observers).chain(points).collect()
    }

    pub(super) fn measured(&self) -> impl Iterator<Item = (String, Value)> + '_ {
        self.observers
            .iter()
            .map(|observer| (observer.name.clone(), observer.invariant.measured()))
            .filter(|(_, value)| !value.is_null())
    }

    /// Calls and answers of clients around the violations of observers, by their names.
    pub(super) fn histories(&self) -> impl Iterator<Item = (String, HistoryPicture)> + '_ {
        self.observers.iter().filter_map(|observer| Some((observer.name.clone(), observer.invariant.history()?)))
    }

    /// The tables that observers show beside their violations, by their names.
    pub(super) fn tables(&self) -> impl Iterator<Item = (String, EvidenceTable)> + '_ {
        self.observers.iter().filter_map(|observer| Some((observer.name.clone(), observer.invariant.table()?)))
    }

    /// The observer of that name, as its type.
    pub(super) fn observer<I: Invariant>(&self, name: &str) -> Option<&I> {
        let observer = self.observers.iter().find(|observer| observer.name == name)?;
        let invariant: &dyn Any = &*observer.invariant;
        let measured = invariant.downcast_ref().map(TimedObserver::inner);
        measured.unwrap_or(invariant).downcast_ref()
    }

    /// The check that was running when it panicked, if one was.
    pub(super) fn asking(&self) -> Option<&str> {
        Some(match self.asking? {
            Asked::Always(index) => &self.always[index].name,
            Asked::Each(index) => &self.each[index].name,
            Asked::Unique(index) => &self.unique[index].name,
            Asked::Eventually(index) => self.eventually[index].name(),
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

/// The nodes of which a step may have changed the view or the health, each once, in order of id.
pub(super) fn changed_nodes(changes: &[Change]) -> Vec<NodeId> {
    let mut nodes = Vec::new();
    list_changed(changes, &mut nodes);
    nodes
}

/// Lists the nodes of which a step may have changed the view or the health, each once, in order of id.
#[inline(never)]
fn list_changed(changes: &[Change], nodes: &mut Vec<NodeId>) {
    nodes.clear();
    nodes.extend(changes.iter().filter(|change| !matches!(change, Change::Fact(..) | Change::Failpoint(..))).map(Change::node));
    nodes.sort_unstable();
    nodes.dedup();
}
