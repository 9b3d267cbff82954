//! Moments of node code at which nodes crash: visits of named points, messages, operations of the disk.

use std::time::Duration;

use cluster_sim_types::{Incarnation, NodeId};

/// The failpoints of a run, and the crashes that wait at them or for other moments of a node.
///
/// A visit is no event and leaves no record, so runs in which nothing aims at a point are equal with and without it. A run that
/// declares none counts no visits.
#[derive(Debug, Default)]
pub struct Failpoints {
    points: Vec<Point>,
    aims: Vec<Aim>,
    /// Whether a crash was ever aimed at another moment than a point.
    aims_beyond: bool,
    /// Whether each visit is a change of its step.
    reports_visits: bool,
    crashes: Vec<PointCrash>,
    undeclared: Option<(NodeId, &'static str)>,
}

#[derive(Debug)]
struct Point {
    name: String,
    visits: u64,
}

/// The moments of a node that a crash can wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrashMoment {
    /// A visit of the failpoint at this position.
    Point(usize),
    /// A message that reaches the node's code.
    Message,
    /// An operation that the node submits to its disk.
    Operation,
}

/// A crash that waits for a moment.
#[derive(Debug)]
struct Aim {
    node: NodeId,
    moment: CrashMoment,
    /// At which visit the crash comes, counted since it was aimed.
    visit: u32,
    /// The visits until the crash; 0 once it came.
    visits_left: u32,
    down_for: Option<Duration>,
    has_ended: bool,
}

/// The number of a crash that waits for a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AimId(usize);

/// A node that crashed at a moment of its code, whose memory is not dropped yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PointCrash {
    /// The node.
    pub node: NodeId,
    /// The life that ended.
    pub life: Incarnation,
    /// The time until it restarts; absent for until the fault phase ends.
    pub down_for: Option<Duration>,
}

impl Failpoints {
    /// Declares the points of the run.
    pub fn declare(&mut self, names: impl IntoIterator<Item = String>) {
        self.points.extend(names.into_iter().map(|name| Point { name, visits: 0 }));
    }

    /// Reports each visit as a change of its step from now on.
    pub fn report_visits(&mut self) {
        self.reports_visits = true;
    }

    /// Returns the position of a declared point.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.points.iter().position(|point| point.name == name)
    }

    /// Lists the declared points, each with the number of its visits.
    pub fn visits(&self) -> impl Iterator<Item = (&str, u64)> {
        self.points.iter().map(|point| (&*point.name, point.visits))
    }

    /// Lets a node crash at the n-th such moment from now on.
    ///
    /// # Panics
    /// If there is no such point.
    pub(super) fn aim(&mut self, node: NodeId, moment: CrashMoment, visit: u32, down_for: Option<Duration>) -> AimId {
        match moment {
            CrashMoment::Point(point) => assert!(point < self.points.len(), "a fault names declared points"),
            CrashMoment::Message | CrashMoment::Operation => self.aims_beyond = true,
        }
        self.aims.push(Aim { node, moment, visit, visits_left: visit.max(1), down_for, has_ended: false });
        AimId(self.aims.len() - 1)
    }

    /// Whether a crash still waits.
    pub fn waits(&self, aim: AimId) -> bool {
        let aim = &self.aims[aim.0];
        aim.visits_left > 0 && !aim.has_ended
    }

    /// Whether a crash came.
    pub fn came(&self, aim: AimId) -> bool {
        self.aims[aim.0].visits_left == 0
    }

    /// Says how many of its moments came to a crash that still waits, as in `2 of 5 visits came`.
    pub fn seen_text(&self, aim: AimId) -> Option<String> {
        let Aim { moment, visit, visits_left, .. } = self.aims[aim.0];
        let moments = match moment {
            CrashMoment::Point(_) => "visits",
            CrashMoment::Message => "messages",
            CrashMoment::Operation => "operations",
        };
        (visits_left > 0).then(|| format!("{} of {visit} {moments} came", visit.saturating_sub(visits_left)))
    }

    /// Ends the wait of a crash. Returns its node.
    pub(super) fn end(&mut self, aim: AimId) -> NodeId {
        let aim = &mut self.aims[aim.0];
        aim.has_ended = true;
        aim.node
    }

    /// Whether a crash was ever aimed at a moment that is no declared point.
    #[inline]
    pub fn aims_beyond_points(&self) -> bool {
        self.aims_beyond
    }

    /// Notes that a crash may come at another moment than a declared point.
    pub(super) fn aim_beyond_points(&mut self) {
        self.aims_beyond = true;
    }

    /// Whether a crash of the node waits for such a moment.
    pub(super) fn is_aimed(&self, node: NodeId, moment: CrashMoment) -> bool {
        self.aims.iter().any(|aim| aim.node == node && aim.moment == moment && aim.visits_left > 0 && !aim.has_ended)
    }

    /// Returns the first visit of a point that is not declared, and forgets it.
    pub fn take_undeclared(&mut self) -> Option<(NodeId, &'static str)> {
        self.undeclared.take()
    }

    /// Takes the nodes whose crash is to be completed.
    pub(super) fn take_crashes(&mut self) -> Vec<PointCrash> {
        std::mem::take(&mut self.crashes)
    }

    /// Whether code of a life that is over may still run in the present step.
    pub(crate) fn has_crashed(&self) -> bool {
        !self.crashes.is_empty()
    }

    /// Whether the run declares any point.
    #[inline]
    pub(super) fn is_declared(&self) -> bool {
        !self.points.is_empty()
    }

    /// Counts a visit of a node.
    pub(super) fn visit(&mut self, node: NodeId, name: &'static str) -> Visit {
        let Some(point) = self.position(name) else {
            self.undeclared.get_or_insert((node, name));
            return Visit { is_reported: true, crash: None };
        };
        self.points[point].visits += 1;
        Visit { is_reported: self.reports_visits, crash: self.reach(node, CrashMoment::Point(point)) }
    }

    /// Counts a moment of a node. Returns how long the node is down, if it crashes there.
    pub(super) fn reach(&mut self, node: NodeId, moment: CrashMoment) -> Option<Option<Duration>> {
        let mut crash = None;
        for aim in &mut self.aims {
            if aim.node == node && aim.moment == moment && aim.visits_left > 0 && !aim.has_ended {
                aim.visits_left -= 1;
                // Of several that come at one visit, the first says how long the node is down.
                crash = crash.or((aim.visits_left == 0).then_some(aim.down_for));
            }
        }
        crash
    }

    /// Notes that a node crashed, for [`take_crashes`](Self::take_crashes).
    pub(super) fn note_crash(&mut self, crash: PointCrash) {
        self.crashes.push(crash);
    }
}

/// The result of a visit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Visit {
    /// Whether it is a change of its step.
    pub(super) is_reported: bool,
    /// How long the node is down, if it crashes there.
    pub(super) crash: Option<Option<Duration>>,
}
