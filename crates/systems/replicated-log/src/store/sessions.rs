//! The state machine: registers, and the sessions through which each command has one effect (§6.3).

use std::collections::BTreeMap;

use bytes::Bytes;
use cluster_sim_invariants::history::models::RegisterOp;
use cluster_sim_node::NodeId;
use serde::{Deserialize, Serialize};

use super::operation::{StoreAnswer, StoreKey, StoreOp, StoreValue};
use crate::bug::Bug;

/// A command in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// Open a session. Its name is the index of the entry, so all replicas give it the same.
    Open,
    /// Execute an operation, once.
    Run {
        /// The request; retries repeat it.
        request: Request,
        /// The operation: not a read, which needs no entry.
        op: StoreOp,
    },
}

/// The identity of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Request {
    /// The session: the index of the entry that opened it.
    pub session: u64,
    /// The number within it. A client has one request at a time, so all lower ones are over.
    pub number: u64,
}

/// The effect of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// A session was opened.
    Opened,
    /// The answer, and whether it was executed for it: a retry gets the answer of the first time.
    Answered(StoreAnswer, bool),
    /// The session was evicted, or never was: it is unknown whether this request has been executed.
    Expired,
    /// The client has gone on to a later request, and hears no answer to this one.
    Over,
}

/// A session as all replicas have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Session {
    /// The last request, and its answer.
    number: u64,
    answer: StoreAnswer,
    /// The index of the last entry of this session. All replicas evict by it, as none may go by its own clock.
    used: u64,
}

/// The state that executing a log from its beginning gives. It depends on the entries alone.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Store {
    values: BTreeMap<StoreKey, StoreValue>,
    sessions: BTreeMap<u64, Session>,
    /// The hash of all effects so far.
    pub(crate) digest: u64,
}

impl Store {
    /// Executes the command of an entry; at most `sessions_max` sessions remain.
    ///
    /// `id` is for [`Bug::ApplyNondeterminism`] alone.
    pub(crate) fn execute(&mut self, index: u64, command: Command, sessions_max: usize, id: NodeId, bug: Option<Bug>) -> Effect {
        let effect = match command {
            Command::Open => self.open(index, sessions_max),
            Command::Run { request, op } => {
                let differs = bug == Some(Bug::ApplyNondeterminism) && id.0 % 2 == 1;
                self.run(index, request, op, differs)
            }
        };
        let (kind, about) = match effect {
            Effect::Opened => (1, index),
            Effect::Answered(answer, is_new) => (2 + u64::from(is_new), hash_of(answer)),
            Effect::Expired => (4, index),
            Effect::Over => (5, index),
        };
        self.digest = mix(mix(mix(self.digest, index), kind), about);
        effect
    }

    /// Evicts the session that was used least recently, if there are too many.
    fn open(&mut self, index: u64, sessions_max: usize) -> Effect {
        self.sessions.insert(index, Session { number: 0, answer: StoreAnswer::Written, used: index });
        if self.sessions.len() > sessions_max {
            let oldest = self.sessions.iter().min_by_key(|(_, session)| session.used).map(|(name, _)| *name);
            oldest.map(|name| self.sessions.remove(&name));
        }
        Effect::Opened
    }

    fn run(&mut self, index: u64, request: Request, op: StoreOp, differs: bool) -> Effect {
        let Some(session) = self.sessions.get_mut(&request.session) else { return Effect::Expired };
        session.used = index;
        match request.number.cmp(&session.number) {
            std::cmp::Ordering::Less => return Effect::Over,
            std::cmp::Ordering::Equal => return Effect::Answered(session.answer, false),
            std::cmp::Ordering::Greater => {}
        }
        let answer = apply(&mut self.values, op, differs);
        (session.number, session.answer) = (request.number, answer);
        Effect::Answered(answer, true)
    }

    pub(crate) fn read(&self, key: StoreKey) -> StoreAnswer {
        StoreAnswer::Value(self.values.get(&key).copied())
    }

    /// Returns the snapshot: with the sessions, as a retry may come after it was installed (§6.3).
    pub(crate) fn snapshot(&self, bug: Option<Bug>) -> Bytes {
        let sessions = if bug == Some(Bug::SessionsNotInSnapshot) {
            // They stay open, and have forgotten their last request.
            self.sessions.iter().map(|(name, session)| (*name, Session { number: 0, ..*session })).collect()
        } else {
            self.sessions.clone()
        };
        let all = Self { sessions, values: self.values.clone(), digest: self.digest };
        postcard::to_stdvec(&all).expect("the state can be encoded").into()
    }

    /// Reads a snapshot; `None` if it is of other code.
    pub(crate) fn restore(snapshot: &[u8]) -> Option<Self> {
        postcard::from_bytes(snapshot).ok()
    }
}

fn apply(values: &mut BTreeMap<StoreKey, StoreValue>, (key, op): StoreOp, differs: bool) -> StoreAnswer {
    match op {
        RegisterOp::Read => return StoreAnswer::Value(values.get(&key).copied()),
        RegisterOp::CompareAndSet(expected, _) if values.get(&key) != Some(&expected) || differs => return StoreAnswer::Mismatch,
        RegisterOp::Write(value) | RegisterOp::CompareAndSet(_, value) => drop(values.insert(key, value)),
    }
    StoreAnswer::Written
}

fn hash_of(answer: StoreAnswer) -> u64 {
    match answer {
        StoreAnswer::Written => 1,
        StoreAnswer::Mismatch => 2,
        StoreAnswer::Value(value) => 3 + value.map_or(0, |value| u64::from(value.client.0) << 32 ^ value.number),
    }
}

fn mix(hash: u64, word: u64) -> u64 {
    (hash ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)
}

#[cfg(test)]
mod tests {
    use cluster_sim_node::Incarnation;

    use super::*;

    const KEY: StoreKey = StoreKey(1);

    fn value(number: u64) -> StoreValue {
        StoreValue { client: NodeId(9), life: Incarnation(0), number }
    }

    fn write(session: u64, number: u64) -> Command {
        Command::Run { request: Request { session, number }, op: (KEY, RegisterOp::Write(value(number))) }
    }

    /// Executes commands from the index 1 on, with room for two sessions, and returns the last effect.
    fn executed(store: &mut Store, first: u64, commands: &[Command]) -> Effect {
        let effects = (first..).zip(commands).map(|(index, command)| store.execute(index, *command, 2, NodeId(0), None));
        effects.last().expect("there are commands")
    }

    #[test]
    fn a_retry_gets_its_answer_again_and_has_no_second_effect() {
        let mut store = Store::default();
        let swap = |number, expected| Command::Run {
            request: Request { session: 1, number },
            op: (KEY, RegisterOp::CompareAndSet(expected, value(number))),
        };
        assert_eq!(executed(&mut store, 1, &[Command::Open, write(1, 1)]), Effect::Answered(StoreAnswer::Written, true));
        assert_eq!(executed(&mut store, 3, &[swap(2, value(1))]), Effect::Answered(StoreAnswer::Written, true));
        assert_eq!(executed(&mut store, 4, &[swap(2, value(1))]), Effect::Answered(StoreAnswer::Written, false), "not a mismatch");
        assert_eq!(store.read(KEY), StoreAnswer::Value(Some(value(2))));
    }

    #[test]
    fn an_earlier_request_than_the_last_is_over() {
        let mut store = Store::default();
        assert_eq!(executed(&mut store, 1, &[Command::Open, write(1, 2), write(1, 1)]), Effect::Over);
        assert_eq!(store.read(KEY), StoreAnswer::Value(Some(value(2))));
    }

    #[test]
    fn the_session_used_least_recently_is_evicted() {
        let mut store = Store::default();
        // The first session is used after the second was opened, so the third evicts the second.
        let opened = [Command::Open, Command::Open, write(1, 1), Command::Open];
        assert_eq!(executed(&mut store, 1, &opened), Effect::Opened);
        assert_eq!(executed(&mut store, 5, &[write(2, 1)]), Effect::Expired);
        assert_eq!(executed(&mut store, 6, &[write(1, 2)]), Effect::Answered(StoreAnswer::Written, true));
        assert_eq!(executed(&mut store, 7, &[write(8, 1)]), Effect::Expired, "a session that never was");
    }

    #[test]
    fn a_snapshot_keeps_values_sessions_and_digest() {
        let mut store = Store::default();
        executed(&mut store, 1, &[Command::Open, write(1, 1)]);
        let restored = Store::restore(&store.snapshot(None));
        assert_eq!(restored.as_ref(), Some(&store));
        let retry = executed(&mut restored.expect("it was read"), 3, &[write(1, 1)]);
        assert_eq!(retry, Effect::Answered(StoreAnswer::Written, false));
        assert_eq!(Store::restore(b"\xff"), None);
    }

    #[test]
    fn the_digest_depends_on_every_effect_and_its_index() {
        let digest = |first, commands: &[Command]| {
            let mut store = Store::default();
            executed(&mut store, first, commands);
            store.digest
        };
        let all = [
            digest(1, &[Command::Open]),
            digest(2, &[Command::Open]),
            digest(1, &[Command::Open, write(1, 1)]),
            digest(1, &[Command::Open, write(2, 1)]),
            digest(1, &[Command::Open, write(1, 1), write(1, 1)]),
        ];
        let different: std::collections::BTreeSet<u64> = all.into_iter().collect();
        assert_eq!(different.len(), all.len());
    }
}
