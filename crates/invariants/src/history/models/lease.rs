//! A lease whose grants carry fencing tokens, and the resource that it protects.

use serde::{Deserialize, Serialize};

use crate::history::model::Model;

/// A lease whose tokens rise from grant to grant, and the resource that it protects.
///
/// The resource accepts no token below one that it accepted before.
/// A model knows no time, so by default the lease may lapse between any two operations.
#[derive(Debug, Clone, Copy)]
pub struct Lease {
    lapses: bool,
}

impl Default for Lease {
    /// A lease that may lapse at any time.
    fn default() -> Self {
        Self { lapses: true }
    }
}

impl Lease {
    /// A lease that ends when it is released, and not before.
    pub fn without_lapse() -> Self {
        Self { lapses: false }
    }
}

/// Requests of clients to a lease, or of the resource that it protects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeaseOp {
    /// Asks for the lease.
    Acquire,
    /// Asks that the lease of that token lasts longer.
    Renew(u64),
    /// Ends the lease of that token.
    Release(u64),
    /// Uses the resource, with that token or without one.
    Use(Option<u64>),
}

/// Answers that clients hear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeaseAnswer {
    /// The lease was granted with that token.
    Granted(u64),
    /// It was renewed or released; the resource was used.
    Done,
    /// It is held, or not by that token; the resource refuses the token.
    Refused,
}

/// The state of a [`Lease`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct LeaseState {
    holder: Holder,
    /// The least token that the next grant can have.
    next: u64,
    /// The highest token that the resource accepted; 0 before the first.
    used: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
enum Holder {
    #[default]
    Free,
    /// Held, or lapsed since, with that token.
    Token(u64),
    /// Held, or lapsed since, with a token that no client heard of.
    Unheard,
}

impl LeaseState {
    /// Whether the lease can be that of a token.
    fn may_be(&self, token: u64) -> bool {
        match self.holder {
            Holder::Free => false,
            Holder::Token(held) => held == token,
            Holder::Unheard => token.saturating_add(1) >= self.next,
        }
    }

    fn is_free(&self) -> bool {
        self.holder == Holder::Free
    }
}

impl Lease {
    fn acquire(self, state: LeaseState, answer: Option<&LeaseAnswer>) -> Option<LeaseState> {
        let can_grant = state.is_free() || self.lapses;
        match answer {
            Some(LeaseAnswer::Granted(token)) => {
                let next = token.saturating_add(1);
                (can_grant && *token >= state.next).then_some(LeaseState { holder: Holder::Token(*token), next, ..state })
            }
            Some(LeaseAnswer::Refused) => (!state.is_free()).then_some(state),
            Some(LeaseAnswer::Done) => None,
            None if can_grant => Some(LeaseState { holder: Holder::Unheard, next: state.next.saturating_add(1), ..state }),
            None => Some(state),
        }
    }

    /// Renews or releases the lease of a token; `holder` has it afterwards.
    fn keep(self, state: LeaseState, token: u64, holder: Holder, answer: Option<&LeaseAnswer>) -> Option<LeaseState> {
        let kept = LeaseState { holder, next: state.next.max(token.saturating_add(1)), ..state };
        match answer {
            Some(LeaseAnswer::Done) => state.may_be(token).then_some(kept),
            // It was refused although it is the last one: so it has lapsed.
            Some(LeaseAnswer::Refused) if state.holder == Holder::Token(token) => {
                self.lapses.then_some(LeaseState { holder: Holder::Free, ..state })
            }
            Some(LeaseAnswer::Refused) => Some(state),
            Some(LeaseAnswer::Granted(_)) => None,
            None if state.holder == Holder::Token(token) => Some(kept),
            None => Some(state),
        }
    }
}

impl Model for Lease {
    type Op = LeaseOp;
    type Answer = LeaseAnswer;
    type State = LeaseState;
    type Key = ();

    fn key(&self, _: &LeaseOp) {}

    fn initial(&self) -> LeaseState {
        LeaseState::default()
    }

    fn step(&self, state: &LeaseState, op: &LeaseOp, answer: Option<&LeaseAnswer>) -> Option<LeaseState> {
        match *op {
            LeaseOp::Acquire => self.acquire(*state, answer),
            LeaseOp::Renew(token) => self.keep(*state, token, Holder::Token(token), answer),
            LeaseOp::Release(token) => self.keep(*state, token, Holder::Free, answer),
            LeaseOp::Use(token) => {
                let accepted = token.filter(|token| *token >= state.used);
                let fits = match answer {
                    None => true,
                    Some(LeaseAnswer::Done) => accepted.is_some(),
                    Some(LeaseAnswer::Refused) => accepted.is_none(),
                    Some(LeaseAnswer::Granted(_)) => false,
                };
                fits.then_some(LeaseState { used: accepted.unwrap_or(state.used), ..*state })
            }
        }
    }

    fn changes_nothing(&self, op: &LeaseOp, answer: Option<&LeaseAnswer>) -> bool {
        matches!((op, answer), (LeaseOp::Acquire | LeaseOp::Use(_), Some(LeaseAnswer::Refused)) | (LeaseOp::Use(None), _))
    }
}
