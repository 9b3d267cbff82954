//! A request that is sent again takes effect once.

use std::fmt::Debug;
use std::hash::Hash;

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::wrong_answer;
use crate::history::checker::{Checker, Contradiction, Judgement};
use crate::history::history_event::HistoryEvent;
use crate::history::operation::{Completion, Moment};
use crate::history::record::History;

/// Checks that requests of one client and number take effect once and hear one reply.
///
/// Decided at the answer. A request that is sent again is another call with the client and number of the first. Found are: two
/// different replies to one request; two payloads accepted under one number; and in a list of effects, one that is listed twice,
/// one that no request asked for, one whose requests all failed or were refused, and one missing that was replied to before the
/// list was asked for. A client whose session the service forgot goes on under another name: its old numbers mean nothing any
/// longer.
#[derive(Debug, Clone)]
pub struct Idempotency<C, P, R> {
    requests: IndexMap<(C, u64), Request<P, R>, FxBuildHasher>,
    lists: u32,
    retries: u64,
    replies: u64,
}

/// Requests of clients to a service that knows retries.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdempotentOp<C, P> {
    /// Asks for something, for the first time or again.
    Request {
        /// The client.
        client: C,
        /// Its number for the request.
        number: u64,
        /// The thing asked for.
        payload: P,
    },
    /// Asks for the requests that took effect.
    Effects,
}

/// Answers that clients hear.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdempotentAnswer<C, R> {
    /// The reply to a request that took effect.
    Replied(R),
    /// The request has no effect.
    Refused,
    /// The client and number of each request that took effect, once per effect.
    Effects(Vec<(C, u64)>),
}

/// The replies and effects that are known of the requests under one number.
#[derive(Debug, Clone)]
struct Request<P, R> {
    /// The payload and reply that were accepted first, with when and by which operation.
    accepted: Option<(P, R, Moment, usize)>,
    /// Calls that took effect or may have.
    attempts: u32,
    /// The last list of effects that has it, and the operation that asked for the list.
    listed: u32,
    listed_by: usize,
}

// Written out: a derived one would ask for defaults of payloads and replies.
impl<P, R> Default for Request<P, R> {
    fn default() -> Self {
        Self { accepted: None, attempts: 0, listed: 0, listed_by: 0 }
    }
}

impl<C, P, R> Default for Idempotency<C, P, R> {
    fn default() -> Self {
        Self { requests: IndexMap::default(), lists: 0, retries: 0, replies: 0 }
    }
}

impl<C: Clone + Eq + Hash + Debug, P: Clone + PartialEq + Debug, R: Clone + PartialEq + Debug> Idempotency<C, P, R> {
    fn reply(&mut self, index: usize, id: (C, u64), payload: &P, reply: &R, at: Moment) -> Result<(), Contradiction> {
        self.replies += 1;
        let (client, number) = id.clone();
        let request = self.requests.entry(id).or_default();
        let Some((first_payload, first_reply, _, first)) = &request.accepted else {
            request.accepted = Some((payload.clone(), reply.clone(), at, index));
            return Ok(());
        };
        let message = if first_payload != payload {
            format!("request {number} of {client:?} was accepted as {first_payload:?} and as {payload:?}")
        } else if first_reply != reply {
            format!("request {number} of {client:?} was replied to by {first_reply:?} and by {reply:?}")
        } else {
            return Ok(());
        };
        Err(Contradiction { message, operations: vec![*first, index] })
    }

    /// Takes back a call that has no effect.
    fn refuse(&mut self, index: usize, client: &C, number: u64) -> Result<(), Contradiction> {
        let request = self.requests.entry((client.clone(), number)).or_default();
        request.attempts -= 1;
        if request.attempts > 0 || request.listed == 0 {
            return Ok(());
        }
        let message = format!("request {number} of {client:?} took effect and was refused");
        Err(Contradiction { message, operations: vec![index, request.listed_by] })
    }

    fn list(&mut self, index: usize, effects: &[(C, u64)], asked: Moment) -> Result<(), Contradiction> {
        self.lists += 1;
        for id in effects {
            let (client, number) = id;
            let message = match self.requests.get_mut(id) {
                None => format!("request {number} of {client:?} took effect and was never made"),
                Some(request) if request.attempts == 0 => format!("request {number} of {client:?} took effect and was refused"),
                Some(request) if request.listed == self.lists => format!("request {number} of {client:?} took effect twice"),
                Some(request) => {
                    (request.listed, request.listed_by) = (self.lists, index);
                    continue;
                }
            };
            return Err(Contradiction { message, operations: vec![index] });
        }
        for ((client, number), request) in &self.requests {
            let Some((.., at, first)) = &request.accepted else { continue };
            if *at < asked && request.listed < self.lists {
                let message = format!("request {number} of {client:?} was replied to and had no effect");
                return Err(Contradiction { message, operations: vec![*first, index] });
            }
        }
        Ok(())
    }
}

impl<C, P, R> Checker<IdempotentOp<C, P>, IdempotentAnswer<C, R>> for Idempotency<C, P, R>
where
    C: Clone + Eq + Hash + Debug,
    P: Clone + PartialEq + Debug,
    R: Clone + PartialEq + Debug,
{
    fn observe(&mut self, event: &HistoryEvent<'_, IdempotentOp<C, P>, IdempotentAnswer<C, R>>) -> Result<(), Contradiction> {
        match *event {
            HistoryEvent::Invoked { op: IdempotentOp::Request { client, number, .. }, .. } => {
                let made = self.requests.len();
                self.requests.entry((client.clone(), *number)).or_default().attempts += 1;
                self.retries += u64::from(made == self.requests.len());
            }
            HistoryEvent::Completed { index, op, invoked, outcome: Completion::Ok { answer, at }, .. } => match (op, answer) {
                (IdempotentOp::Request { client, number, payload }, IdempotentAnswer::Replied(reply)) => {
                    return self.reply(index, (client.clone(), *number), payload, reply, *at);
                }
                (IdempotentOp::Request { client, number, .. }, IdempotentAnswer::Refused) => {
                    return self.refuse(index, client, *number);
                }
                (IdempotentOp::Effects, IdempotentAnswer::Effects(effects)) => return self.list(index, effects, invoked),
                _ => return Err(wrong_answer(index, op, answer)),
            },
            HistoryEvent::Completed { index, op: IdempotentOp::Request { client, number, .. }, .. } => {
                return self.refuse(index, client, *number);
            }
            HistoryEvent::Invoked { .. } | HistoryEvent::Completed { .. } => {}
        }
        Ok(())
    }

    fn finish(&mut self, _: &History<IdempotentOp<C, P>, IdempotentAnswer<C, R>>) -> Judgement {
        let (requests, lists) = (self.requests.len(), u64::from(self.lists));
        let measured = json!({ "requests": requests, "retries": self.retries, "replies": self.replies, "lists": lists });
        Judgement { times_checked: self.replies + lists, measured, ..Judgement::default() }
    }
}
