//! Fencing tokens rise, and the resource refuses old ones.

use rustc_hash::FxHashMap;
use serde_json::json;

use super::wrong_answer;
use crate::history::checker::{Checker, Contradiction, Judgement};
use crate::history::history_event::HistoryEvent;
use crate::history::models::{LeaseAnswer, LeaseOp};
use crate::history::operation::{Completion, Process};
use crate::history::record::History;

/// Checks that the fencing tokens of a lease rise with each grant, and that no stale one is accepted.
///
/// The token of a grant is higher than those granted before; no use has one below those accepted before.
/// A grant or a use is before another if it ended before the other was asked for; of two at once either may be first, but two
/// grants never have one token. An accepted use without a token is found too. Decided at the answer.
#[derive(Debug, Clone, Default)]
pub struct Fencing {
    /// The operation that was granted each token.
    grants: FxHashMap<u64, usize>,
    /// The highest tokens granted and used, with their operations.
    highest: Highest,
    /// Those when each open call was asked for.
    before: FxHashMap<Process, Highest>,
    uses: u64,
    refused_uses: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Highest {
    granted: Option<(u64, usize)>,
    used: Option<(u64, usize)>,
}

impl Fencing {
    fn grant(&mut self, index: usize, token: u64, before: Highest) -> Result<(), Contradiction> {
        self.highest.granted = self.highest.granted.max(Some((token, index)));
        if let Some(first) = self.grants.insert(token, index) {
            return Err(Contradiction { message: format!("token {token} was granted twice"), operations: vec![first, index] });
        }
        match before.granted.filter(|(highest, _)| *highest > token) {
            None => Ok(()),
            Some((highest, first)) => {
                let message = format!("token {token} was granted after token {highest}");
                Err(Contradiction { message, operations: vec![first, index] })
            }
        }
    }

    fn accept(&mut self, index: usize, token: Option<u64>, before: Highest) -> Result<(), Contradiction> {
        self.uses += 1;
        let Some(token) = token else {
            return Err(Contradiction { message: "the resource was used without a token".to_owned(), operations: vec![index] });
        };
        self.highest.used = self.highest.used.max(Some((token, index)));
        match before.used.filter(|(highest, _)| *highest > token) {
            None => Ok(()),
            Some((highest, first)) => {
                let message = format!("the resource accepted token {token} after token {highest}");
                Err(Contradiction { message, operations: vec![first, index] })
            }
        }
    }
}

impl Checker<LeaseOp, LeaseAnswer> for Fencing {
    fn observe(&mut self, event: &HistoryEvent<'_, LeaseOp, LeaseAnswer>) -> Result<(), Contradiction> {
        match *event {
            HistoryEvent::Invoked { process, .. } => drop(self.before.insert(process, self.highest)),
            HistoryEvent::Completed { index, process, op, outcome, .. } => {
                let before = self.before.remove(&process).unwrap_or_default();
                let Completion::Ok { answer, .. } = outcome else { return Ok(()) };
                match (op, answer) {
                    (LeaseOp::Acquire, LeaseAnswer::Granted(token)) => return self.grant(index, *token, before),
                    (LeaseOp::Use(token), LeaseAnswer::Done) => return self.accept(index, *token, before),
                    (LeaseOp::Use(_), LeaseAnswer::Refused) => self.refused_uses += 1,
                    (LeaseOp::Acquire, LeaseAnswer::Refused) => {}
                    (LeaseOp::Renew(_) | LeaseOp::Release(_), LeaseAnswer::Done | LeaseAnswer::Refused) => {}
                    _ => return Err(wrong_answer(index, op, answer)),
                }
            }
        }
        Ok(())
    }

    fn finish(&mut self, _: &History<LeaseOp, LeaseAnswer>) -> Judgement {
        let measured = json!({ "grants": self.grants.len(), "uses": self.uses, "refused_uses": self.refused_uses });
        Judgement { times_checked: self.grants.len() as u64 + self.uses, measured, ..Judgement::default() }
    }
}
