//! No two clients hold a lock at one instant.

use std::fmt::Debug;
use std::hash::Hash;
use std::time::Duration;

use cluster_sim_types::VirtualInstant;
use rustc_hash::FxHashMap;
use serde_json::json;

use super::wrong_answer;
use crate::history::checker::{Checker, Contradiction, Judgement};
use crate::history::history_event::HistoryEvent;
use crate::history::models::{LeaseAnswer, LeaseOp, MutexAnswer, MutexOp};
use crate::history::operation::{Completion, Moment};
use crate::history::record::History;

/// Checks that no lock is granted while another client holds it for certain.
///
/// Decided at the second grant. A client holds the lock from the moment at which it hears so until it asks for the release, or
/// until the lock expires; a release beside its call may have ended that already, so nothing is certain then. The checker judges
/// a [`Mutex`](crate::history::models::Mutex), whose clients name themselves, and a [`Lease`](crate::history::models::Lease),
/// whose holders are known by their tokens; there a holder that uses a fenced resource does no harm, which
/// [`Fencing`](super::Fencing) judges.
#[derive(Debug, Clone)]
pub struct MutualExclusion<C> {
    expires_after: Option<Duration>,
    held: Option<Hold<C>>,
    releases: FxHashMap<C, Releases>,
    grants: u64,
    refused: u64,
}

/// The releases that a client asked for.
#[derive(Debug, Clone, Copy, Default)]
struct Releases {
    open: u32,
    last_end: Option<Moment>,
}

/// A client that holds the lock for certain.
#[derive(Debug, Clone)]
struct Hold<C> {
    holder: C,
    /// The operation that was granted.
    index: usize,
    /// When the lock expires.
    until: Option<VirtualInstant>,
}

impl<C> Default for MutualExclusion<C> {
    /// A lock that never expires.
    fn default() -> Self {
        Self { expires_after: None, held: None, releases: FxHashMap::default(), grants: 0, refused: 0 }
    }
}

impl<C: Clone + Eq + Hash + Debug> MutualExclusion<C> {
    /// A lock that expires that long after its holder asked for it, or for its renewal.
    ///
    /// The service may count from later on, never from earlier: so the lock is certain to be held until then.
    #[must_use]
    pub fn expires_after(self, duration: Duration) -> Self {
        Self { expires_after: Some(duration), ..self }
    }

    fn until(&self, asked: Moment) -> Option<VirtualInstant> {
        let duration = u64::try_from(self.expires_after?.as_nanos()).unwrap_or(u64::MAX);
        Some(VirtualInstant::from_nanoseconds(asked.at.as_nanoseconds().saturating_add(duration)))
    }

    fn grant(&mut self, holder: C, index: usize, asked: Moment, heard: Moment) -> Result<(), Contradiction> {
        self.grants += 1;
        let until = self.until(asked);
        // A release beside the call may have come after the grant: then the client heard of a lock that was free again.
        let releases = self.releases.get(&holder).copied().unwrap_or_default();
        let was_released = releases.open > 0 || releases.last_end.is_some_and(|end| end > asked);
        if was_released || until.is_some_and(|until| until <= heard.at) {
            return Ok(());
        }
        let before = self.held.take().filter(|before| before.until.is_none_or(|until| heard.at < until));
        let finding = before.map(|before| Contradiction {
            message: format!("{holder:?} was granted the lock while {:?} held it", before.holder),
            operations: vec![before.index, index],
        });
        self.held = Some(Hold { holder, index, until });
        finding.map_or(Ok(()), Err)
    }

    fn renew(&mut self, holder: &C, asked: Moment) {
        let until = self.until(asked);
        if let Some(held) = self.held.as_mut().filter(|held| held.holder == *holder) {
            held.until = until;
        }
    }

    fn ask_release(&mut self, holder: &C) {
        self.end_hold(holder);
        self.releases.entry(holder.clone()).or_default().open += 1;
    }

    fn end_release<A>(&mut self, holder: &C, outcome: &Completion<A>) {
        let releases = self.releases.entry(holder.clone()).or_default();
        releases.open -= 1;
        if let Completion::Ok { at, .. } = outcome {
            releases.last_end = Some(*at);
        }
    }

    fn end_hold(&mut self, holder: &C) {
        self.held.take_if(|held| held.holder == *holder);
    }

    fn judgement(&self) -> Judgement {
        let measured = json!({ "grants": self.grants, "refused": self.refused });
        Judgement { times_checked: self.grants, measured, ..Judgement::default() }
    }
}

impl<C: Clone + Eq + Hash + Debug> Checker<MutexOp<C>, MutexAnswer> for MutualExclusion<C> {
    fn observe(&mut self, event: &HistoryEvent<'_, MutexOp<C>, MutexAnswer>) -> Result<(), Contradiction> {
        match *event {
            HistoryEvent::Invoked { op: MutexOp::Release(client), .. } => self.ask_release(client),
            HistoryEvent::Completed { op: MutexOp::Release(client), outcome, .. } => self.end_release(client, outcome),
            HistoryEvent::Completed { index, op: MutexOp::Acquire(client), invoked, outcome, .. } => match outcome {
                Completion::Ok { answer: MutexAnswer::Done, at } => return self.grant(client.clone(), index, invoked, *at),
                Completion::Ok { answer: MutexAnswer::Refused, .. } => self.refused += 1,
                Completion::Fail { .. } | Completion::Open => {}
            },
            HistoryEvent::Invoked { .. } => {}
        }
        Ok(())
    }

    fn finish(&mut self, _: &History<MutexOp<C>, MutexAnswer>) -> Judgement {
        self.judgement()
    }
}

impl Checker<LeaseOp, LeaseAnswer> for MutualExclusion<u64> {
    fn observe(&mut self, event: &HistoryEvent<'_, LeaseOp, LeaseAnswer>) -> Result<(), Contradiction> {
        match *event {
            HistoryEvent::Invoked { op: LeaseOp::Release(token), .. } => self.ask_release(token),
            HistoryEvent::Completed { index, op: op @ LeaseOp::Release(token), outcome, .. } => {
                self.end_release(token, outcome);
                if let Completion::Ok { answer: answer @ LeaseAnswer::Granted(_), .. } = outcome {
                    return Err(wrong_answer(index, op, answer));
                }
            }
            HistoryEvent::Completed { index, op, invoked, outcome: Completion::Ok { answer, at }, .. } => match (op, answer) {
                (LeaseOp::Acquire, LeaseAnswer::Granted(token)) => return self.grant(*token, index, invoked, *at),
                (LeaseOp::Acquire, LeaseAnswer::Refused) => self.refused += 1,
                (LeaseOp::Renew(token), LeaseAnswer::Done) => self.renew(token, invoked),
                // It is over, says the service.
                (LeaseOp::Renew(token), LeaseAnswer::Refused) => self.end_hold(token),
                (LeaseOp::Use(_), LeaseAnswer::Done | LeaseAnswer::Refused) => {}
                _ => return Err(wrong_answer(index, op, answer)),
            },
            HistoryEvent::Invoked { .. } | HistoryEvent::Completed { .. } => {}
        }
        Ok(())
    }

    fn finish(&mut self, _: &History<LeaseOp, LeaseAnswer>) -> Judgement {
        self.judgement()
    }
}
