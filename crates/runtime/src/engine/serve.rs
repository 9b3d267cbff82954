//! A node that was busy handles the first of the inputs that waited for it.

use cluster_sim_types::NodeId;

use super::kernel::Input;
use super::{Core, Engine, Stepped, Wake};

impl Engine {
    /// Handles inputs that waited for a node until one of them is a step of it.
    pub(super) fn serve(&mut self, node: NodeId) -> Stepped {
        while let Some(input) = self.core.kernel.next_input(node) {
            // One that is void meanwhile, such as a timer that the node cancelled, takes no time.
            if self.handle(node, input) {
                return Stepped::Node(node);
            }
        }
        Stepped::Between
    }

    /// Handles an input as the event that brought it. Returns whether its node took a step.
    fn handle(&mut self, node: NodeId, input: Input) -> bool {
        let Core { kernel, devices } = &mut *self.core;
        match input {
            Input::Device(device, number) => {
                let Some(wake) = devices.fire(device, kernel, number) else { return false };
                self.step_host(wake.node(), Wake::Device(device, wake.number()));
                true
            }
            Input::Timer(slot, sequence) => {
                let Some((node, token)) = kernel.surface_in_turn(slot, sequence) else { return false };
                self.step_host(node, Wake::Timer(token));
                true
            }
            Input::Task(task) => self.poll_waiting(task),
            Input::Stop => {
                let steps = kernel.steps();
                self.tell_stop(node);
                self.core.kernel.steps() > steps
            }
        }
    }
}
