//! Graceful stops: a node is asked, finishes by its deadline or crashes at it, and restarts.
//!
//! The code of the node is told at once: a machine by [`Wake::Stop`](super::Wake::Stop), tasks by the end of their wait for it. A
//! machine that is paused or busy is told once it takes inputs again, while its deadline goes on. It finishes by
//! [`Kernel::finish_stop`](super::Kernel::finish_stop), an async node by the return of its main function. Its life then ends at that
//! instant as [`LifeEnd::Stopped`]. A crash or kill in between takes the place of the stop.

use std::time::Duration;

use cluster_sim_types::{Health, NodeId};

use super::kernel::{DueStop, Input, StopEnd};
use super::{Engine, LifeEnd, RecordKind, Stepped, Wake};

impl Engine {
    /// Asks a node to stop within that time, and to restart when it was down for `down_for`. True if it was alive.
    ///
    /// False too if it was asked before.
    pub fn ask_to_stop(&mut self, node: NodeId, within: Duration, down_for: Option<Duration>) -> bool {
        let kernel = &mut self.core.kernel;
        let asks = matches!(kernel.health(node), Health::Up | Health::Paused) && !kernel.is_stopping(node);
        if asks {
            kernel.begin_stop(node, within, down_for);
            if kernel.has_returned(node) {
                kernel.finish_stop(node);
            } else {
                self.tell_stop(node);
            }
        }
        asks
    }

    /// Tells the code of a node that it was asked to stop, unless it knows or cannot take that now.
    pub(super) fn tell_stop(&mut self, node: NodeId) {
        let kernel = &mut self.core.kernel;
        if kernel.tasks.runs_on(node) {
            kernel.tell_stop(node);
        } else if kernel.health(node) == Health::Up && kernel.has_untold_stop(node) {
            if kernel.takes(node) {
                kernel.tell_stop(node);
                self.step_host(node, Wake::Stop);
            } else {
                kernel.wait_for(node, Input::Stop);
            }
        }
    }

    /// Handles what is due about a node itself: its stop, or an input that waited while it was busy.
    pub(super) fn node_due(&mut self, node: NodeId) -> Stepped {
        match self.core.kernel.due_stop(node) {
            Some(DueStop::Restart) => {
                self.restart(node);
            }
            Some(DueStop::Down(end)) => {
                let down_for = self.core.kernel.end_stop(node, end);
                match end {
                    StopEnd::Stopped => self.end_life(node, Health::Down, RecordKind::Stop, LifeEnd::Stopped),
                    StopEnd::Overdue => self.end_life(node, Health::Down, RecordKind::Crash, LifeEnd::Crashed),
                }
                self.core.kernel.restart_stopped(node, down_for);
            }
            None => return self.serve(node),
        }
        Stepped::Life
    }
}
