//! Visits of failpoints by node code, and other moments at which faults let it crash.

use std::time::Duration;

use cluster_sim_types::{Change, Health, NodeId};

use super::Kernel;
use crate::engine::failpoints::{AimId, CrashMoment, PointCrash, Visit};
use crate::engine::record::RecordKind;
use crate::random::Address;

impl Kernel {
    /// Counts a visit of a failpoint. Returns whether the node crashes there.
    ///
    /// Then its life is over: its handles are inert, and the caller runs no more of its code. The driver completes the crash after
    /// the step, with [`Engine::complete_crashes`](crate::Engine::complete_crashes).
    #[inline]
    pub fn visit_failpoint(&mut self, node: NodeId, name: &'static str) -> bool {
        self.failpoints.is_declared() && self.visit_declared(node, name)
    }

    #[inline(never)]
    fn visit_declared(&mut self, node: NodeId, name: &'static str) -> bool {
        let Visit { is_reported, crash } = self.failpoints.visit(node, name);
        if is_reported {
            self.change(Change::Failpoint(node, name));
        }
        self.crash_here(node, crash)
    }

    /// Ends the life of a node within its step, if it is to crash. The argument says how long it is down then.
    fn crash_here(&mut self, node: NodeId, crash: Option<Option<Duration>>) -> bool {
        let Some(down_for) = crash else { return false };
        let life = self.incarnation(node);
        self.failpoints.note_crash(PointCrash { node, life, down_for });
        self.set_health(node, Health::Down, RecordKind::Crash);
        self.tasks.leave_life();
        true
    }

    /// Lets a node crash at the n-th such moment from now on.
    ///
    /// # Panics
    /// If it is a failpoint that is not declared.
    pub fn aim(&mut self, node: NodeId, moment: CrashMoment, visit: u32, down_for: Option<Duration>) -> AimId {
        let aim = self.failpoints.aim(node, moment, visit, down_for);
        self.update_gate(node);
        aim
    }

    /// Ends the wait of a crash for its moment.
    pub fn end_aim(&mut self, aim: AimId) {
        let node = self.failpoints.end(aim);
        self.update_gate(node);
    }

    /// Counts a message that reaches the code of a node. Returns whether the node crashes of it, as at a failpoint.
    ///
    /// The message is then lost with the life.
    #[inline]
    pub fn crashes_of_message(&mut self, node: NodeId) -> bool {
        self.failpoints.aims_beyond_points() && self.reach(node, CrashMoment::Message)
    }

    /// Counts an operation that a node submitted to its disk. Returns whether the node crashes there, as at a failpoint.
    ///
    /// `address` is that of the operation.
    #[inline]
    pub fn crashes_in_operation(&mut self, node: NodeId, address: Address) -> bool {
        self.failpoints.aims_beyond_points() && (self.reach(node, CrashMoment::Operation) || self.crashes_at_random(node, address))
    }

    #[cold]
    #[inline(never)]
    fn crashes_at_random(&mut self, node: NodeId, address: Address) -> bool {
        let crash = if self.condition(node).is_alive() { self.io_crash(node, address) } else { None };
        self.crash_here(node, crash)
    }

    #[cold]
    #[inline(never)]
    fn reach(&mut self, node: NodeId, moment: CrashMoment) -> bool {
        // Code of a life that is over may still run; that is of no account.
        let crash = if self.condition(node).is_alive() { self.failpoints.reach(node, moment) } else { None };
        let crashes = self.crash_here(node, crash);
        self.update_gate(node);
        crashes
    }
}

#[cfg(test)]
mod tests {
    use cluster_sim_types::Incarnation;

    use super::*;
    use crate::engine::{Arena, Budget};
    use crate::random::{Seed, SeedSchedule};

    fn kernel(points: &[&str]) -> Kernel {
        let mut kernel = Kernel::new(SeedSchedule::new(Seed(7)), Budget::default(), Arena::default());
        kernel.failpoints.declare(points.iter().map(|name| (*name).to_owned()));
        for name in ["a/0", "a/1"] {
            let node = kernel.add_node(name.into());
            kernel.begin_life(node, Incarnation(0));
        }
        kernel.forget_changes();
        kernel
    }

    const NODES: [NodeId; 2] = [NodeId(0), NodeId(1)];

    #[test]
    fn a_visit_changes_nothing_but_its_count() {
        let mut kernel = kernel(&["sync"]);
        let digest = kernel.digest();
        assert!(!kernel.visit_failpoint(NODES[0], "sync") && !kernel.visit_failpoint(NODES[1], "sync"));
        assert_eq!(kernel.failpoints.visits().collect::<Vec<_>>(), [("sync", 2)]);
        assert!(!kernel.has_changes() && kernel.digest() == digest);
        kernel.failpoints.report_visits();
        assert!(!kernel.visit_failpoint(NODES[1], "sync"));
        assert!(matches!(kernel.changes(), [Change::Failpoint(NodeId(1), "sync")]) && kernel.digest() == digest);
    }

    #[test]
    fn a_node_crashes_at_its_own_nth_visit_of_the_point() {
        let mut kernel = kernel(&["sync", "write"]);
        let aim = kernel.aim(NODES[0], CrashMoment::Point(0), 2, None);
        assert!(!kernel.visit_failpoint(NODES[0], "write") && !kernel.visit_failpoint(NODES[1], "sync"));
        assert!(!kernel.visit_failpoint(NODES[0], "sync") && kernel.failpoints.waits(aim));
        assert!(kernel.visit_failpoint(NODES[0], "sync") && kernel.failpoints.came(aim));
        assert_eq!(kernel.health(NODES[0]), Health::Down);
        assert_eq!(kernel.failpoints.take_crashes(), [PointCrash { node: NODES[0], life: Incarnation(0), down_for: None }]);
    }

    #[test]
    fn a_crash_that_no_longer_waits_does_not_come() {
        let mut kernel = kernel(&["sync"]);
        let aim = kernel.aim(NODES[0], CrashMoment::Point(0), 1, None);
        kernel.end_aim(aim);
        assert!(!kernel.visit_failpoint(NODES[0], "sync"));
        assert!(!kernel.failpoints.waits(aim) && !kernel.failpoints.came(aim));
    }

    #[test]
    fn a_node_crashes_of_its_nth_message_or_operation() {
        for (moment, other) in [(CrashMoment::Message, CrashMoment::Operation), (CrashMoment::Operation, CrashMoment::Message)] {
            let mut kernel = kernel(&[]);
            let aim = kernel.aim(NODES[0], moment, 2, None);
            assert_eq!(kernel.is_gated(NODES[0]), moment == CrashMoment::Message, "messages take a short way otherwise");
            assert!(!kernel.reach(NODES[0], other) && !kernel.reach(NODES[1], moment) && !kernel.reach(NODES[0], moment));
            assert!(kernel.failpoints.waits(aim) && kernel.reach(NODES[0], moment) && kernel.failpoints.came(aim));
            assert_eq!((kernel.health(NODES[0]), kernel.reach(NODES[0], moment)), (Health::Down, false));
        }
    }

    #[test]
    fn an_undeclared_point_is_told_if_any_is_declared() {
        let mut declared = kernel(&["sync"]);
        assert!(!declared.visit_failpoint(NODES[1], "snyc"));
        assert_eq!(declared.failpoints.take_undeclared(), Some((NODES[1], "snyc")));
        assert!(declared.has_changes(), "so that the driver looks");
        let mut none = kernel(&[]);
        assert!(!none.visit_failpoint(NODES[1], "snyc") && !none.has_changes());
        assert_eq!(none.failpoints.take_undeclared(), None);
    }
}
