//! The producer in another process: this program, started again to make the same call.

use std::time::Duration;

use super::DeterminismError;
use super::protocol::{Disconnected, ProducerHandle, ProducerMessage, VerifierHandle, VerifierOrder};
use crate::child::{Call, ChildError, ChildExit, ChildProcess, FromChild, Parent, this_program};

/// A producer in another process; dropping it kills the process.
pub(super) struct ProducerProcess {
    child: ChildProcess<ProducerMessage>,
    step_timeout: Duration,
}

impl ProducerProcess {
    /// Starts this program so that its thread `thread` makes call `number`, and waits until it does.
    pub(super) fn start(thread: &str, number: u64, call: &Call, step_timeout: Duration) -> Result<Self, DeterminismError> {
        let command = this_program(thread, number)?;
        let child = ChildProcess::start(command(), call, step_timeout, &|| true)?;
        Ok(Self { child: child.expect("nothing cancels it"), step_timeout })
    }
}

impl ProducerHandle for ProducerProcess {
    fn recv(&mut self) -> Result<ProducerMessage, DeterminismError> {
        let message = self.child.recv(self.step_timeout, &|| true)?;
        Ok(message.expect("nothing cancels it"))
    }

    fn request(&mut self, order: VerifierOrder) {
        self.child.send(&order);
    }

    fn join(mut self) -> Result<(), DeterminismError> {
        match self.recv() {
            Ok(message) => Err(ChildError::garbled(&message).into()),
            Err(DeterminismError::Child(ChildError::Exited { exit: ChildExit::Status(0), .. })) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn abandon(self) {}

    fn explain(self, error: DeterminismError) -> DeterminismError {
        error
    }
}

impl VerifierHandle for Parent {
    fn send(&mut self, message: ProducerMessage) -> Result<(), Disconnected> {
        Self::send(*self, &FromChild::Sent(message))
    }

    fn recv_order(&mut self) -> Result<VerifierOrder, Disconnected> {
        self.recv()
    }
}
