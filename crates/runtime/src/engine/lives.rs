//! The lives of a node: boot, crash, restart, kill, pause, resume.
//!
//! - **Crash** drops the host's state and all tasks of the node, cancels its timers, and notifies the devices, which drop what
//!   waits for it. Messages in flight stay in flight; the network decides their fate on arrival. The life is over before anything
//!   is dropped, so handles in destructors are inert.
//! - **Restart** boots the next life.
//! - **Kill** is a crash without a restart.
//! - **Pause** loses nothing: timers that come due and tasks that are woken wait, and devices keep inputs in bounded inboxes.
//!   **Resume** makes all of it due at once.
//!
//! Each of these does nothing and returns false if the node's health does not allow it.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use cluster_sim_types::{Health, NodeId};

use super::kernel::Hold;
use super::{Core, Engine, LifeEnd, NewLife, Place, PointCrash, RecordKind, Wake};
use crate::executor::{drop_node_state, drop_tasks};

impl Engine {
    #[cold]
    pub(super) fn boot(&mut self, node: NodeId) {
        let incarnation = self.core.kernel.next_incarnation(node);
        let entropy = self.core.kernel.begin_life(node, incarnation);
        let Core { kernel, devices } = &mut *self.core;
        devices.each().for_each(|device| device.life_began(kernel, node, incarnation));
        self.running = Some(node);
        let Place { group, place } = self.places[node.index()];
        self.groups[group as usize].hosts.boot(place as usize, NewLife { incarnation, entropy }, &self.core);
        self.step_host(node, Wake::Start);
    }

    /// Ends a node's life and drops its memory. True if it was alive.
    ///
    /// Before the first boot, holds that boot back until a restart; true if the boot was to come.
    pub fn crash(&mut self, node: NodeId) -> bool {
        let alive = matches!(self.core.kernel.health(node), Health::Up | Health::Paused);
        if alive {
            self.end_life(node, Health::Down, RecordKind::Crash, LifeEnd::Crashed);
        }
        alive || self.core.kernel.hold_boot(node, Hold::Crash)
    }

    /// Ends a node for good. True if it was not killed before.
    pub fn kill(&mut self, node: NodeId) -> bool {
        let exists = self.core.kernel.health(node) != Health::Killed;
        if exists {
            self.end_life(node, Health::Killed, RecordKind::Kill, LifeEnd::Killed);
        }
        exists
    }

    /// Drops the memory of the nodes that crashed at failpoints in the last step, and returns them.
    ///
    /// Their lives ended at the points; their code was running then.
    pub fn complete_crashes(&mut self) -> Vec<PointCrash> {
        let crashes = self.core.kernel.failpoints.take_crashes();
        crashes.iter().for_each(|crash| self.drop_life(crash.node, LifeEnd::Crashed));
        crashes
    }

    pub(super) fn end_life(&mut self, node: NodeId, health: Health, kind: RecordKind, end: LifeEnd) {
        self.core.kernel.set_health(node, health, kind);
        self.drop_life(node, end);
    }

    /// Drops the memory of a life that is over.
    fn drop_life(&mut self, node: NodeId, end: LifeEnd) {
        // Dropping runs code of the node. Its life is over by now, so its handles are inert.
        self.running = Some(node);
        let Place { group, place } = self.places[node.index()];
        let hosts = &mut self.groups[group as usize].hosts;
        let panic = catch_unwind(AssertUnwindSafe(|| hosts.crash(place as usize))).err();
        if panic.is_some() {
            self.core.kernel.keep_panic_place();
        }
        let panic = panic.or(drop_tasks(&mut self.core, Some(node))).or(drop_node_state(&mut self.core, node));
        let Core { kernel, devices } = &mut *self.core;
        devices.end_life(kernel, node, end);
        kernel.forget_waiting(node);
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
        self.running = None;
    }

    /// Begins the next life of a crashed node. True if it was down after a crash.
    ///
    /// A node that crashed before its first boot boots now if that was due before, else when it is due. A node before its first
    /// boot that did not crash is left to that boot.
    pub fn restart(&mut self, node: NodeId) -> bool {
        if let Some(is_due) = self.core.kernel.release_boot(node, Hold::Crash) {
            if is_due {
                self.boot(node);
            }
            return true;
        }
        let down = self.core.kernel.health(node) == Health::Down && self.core.kernel.has_lived(node);
        if down {
            self.boot(node);
        }
        down
    }

    /// Pauses a node with all of its state. True if it was up.
    ///
    /// Before the first boot, holds that boot back until a resume; true if the boot was to come.
    pub fn pause(&mut self, node: NodeId) -> bool {
        let up = self.core.kernel.health(node) == Health::Up;
        if up {
            self.core.kernel.set_health(node, Health::Paused, RecordKind::Pause);
        }
        up || self.core.kernel.hold_boot(node, Hold::Pause)
    }

    /// Resumes a paused node; all that waited is due now. True if it was paused.
    pub fn resume(&mut self, node: NodeId) -> bool {
        if let Some(is_due) = self.core.kernel.release_boot(node, Hold::Pause) {
            if is_due {
                self.boot(node);
            }
            return true;
        }
        let paused = self.core.kernel.health(node) == Health::Paused;
        if paused {
            self.core.kernel.set_health(node, Health::Up, RecordKind::Resume);
            self.tell_stop(node);
            self.core.kernel.resume_tasks(node);
            for device in self.core.devices.each() {
                device.node_resumed(&mut self.core.kernel, node);
            }
        }
        paused
    }
}
