//! Simpler faults of a process, for minimization.

use std::time::Duration;

use super::ProcessFault;
use crate::fault::node::BRIEF;

impl ProcessFault {
    /// A shorter time down, a nearer deadline, shorter steps, the first message or operation.
    pub(super) fn simpler_faults(&self) -> Vec<Self> {
        let shorter = self.with_brief_time();
        let earlier = match self.clone() {
            Self::PoisonMessage { node, message: 2.., down_for, duration } => {
                Some(Self::PoisonMessage { node, message: 1, down_for, duration })
            }
            Self::GracefulStop { node, deadline, down_for } if deadline > BRIEF => {
                Some(Self::GracefulStop { node, deadline: BRIEF, down_for })
            }
            Self::CrashInIo { node, operation: 2.., down_for, duration } => {
                Some(Self::CrashInIo { node, operation: 1, down_for, duration })
            }
            _ => None,
        };
        earlier.into_iter().chain(shorter).collect()
    }

    /// The fault with a time down, or a time of steps, of a millisecond.
    fn with_brief_time(&self) -> Option<Self> {
        let is_long = |time: Option<Duration>| time.is_none_or(|time| time > BRIEF);
        match self.clone() {
            Self::GracefulStop { node, deadline, down_for } if down_for.is_some() && is_long(down_for) => {
                Some(Self::GracefulStop { node, deadline, down_for: Some(BRIEF) })
            }
            Self::PoisonMessage { node, message, down_for, duration } if is_long(down_for) => {
                Some(Self::PoisonMessage { node, message, down_for: Some(BRIEF), duration })
            }
            Self::CrashInIo { node, operation, down_for, duration } if is_long(down_for) => {
                Some(Self::CrashInIo { node, operation, down_for: Some(BRIEF), duration })
            }
            Self::RandomCrashInIo { node, share, down_for, duration } if is_long(down_for) => {
                Some(Self::RandomCrashInIo { node, share, down_for: Some(BRIEF), duration })
            }
            Self::Slow { node, step_time, duration } if step_time > BRIEF => Some(Self::Slow { node, step_time: BRIEF, duration }),
            _ => None,
        }
    }
}
