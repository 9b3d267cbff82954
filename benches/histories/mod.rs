//! Histories of clients that share one object, the same in every run.

pub(crate) mod aggregates;
pub(crate) mod key_value;
pub(crate) mod register;
pub(crate) mod sessions;

use cluster_sim_invariants::{History, Process, VirtualInstant};

/// Nanoseconds between two events of a history.
const STEP: u64 = 1_000;

/// Random numbers of a seed (SplitMix64).
#[derive(Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns a number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((u128::from(mixed ^ (mixed >> 31)) * u128::from(bound)) >> 64) as u64
    }

    /// Returns true once in `calls`; never for 0.
    pub(crate) fn one_in(&mut self, calls: u64) -> bool {
        calls > 0 && self.below(calls) == 0
    }
}

/// The object that clients share, and what they ask of it.
pub(crate) trait Object {
    type Op;
    type Answer;

    /// Returns the next request of a client.
    fn ask(&mut self, client: u32, chance: &mut Chance) -> Self::Op;

    /// Applies a request.
    fn apply(&mut self, op: &Self::Op, chance: &mut Chance) -> Self::Answer;
}

/// How many clients make how many calls.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) clients: u32,
    pub(crate) operations: usize,
    /// One call in that many is never answered; every other of these takes no effect. 0 for none.
    pub(crate) open: u64,
}

/// A call on its way.
enum Call<O, A> {
    Asked(O),
    Applied(A),
}

/// The process that a client is, and its call.
type Client<T> = (u32, Option<Call<<T as Object>::Op, <T as Object>::Answer>>);

/// Records the calls of clients: each event moves one client on, which calls, whose call takes effect, or which hears.
pub(crate) fn record<T: Object>(object: &mut T, shape: Shape, chance: &mut Chance) -> History<T::Op, T::Answer>
where
    T::Op: Clone,
{
    let mut history = History::default();
    let mut clients: Vec<Client<T>> = (0..shape.clients).map(|client| (client, None)).collect();
    let mut at = 0;
    let mut busy = 0;
    while history.operations().len() < shape.operations || busy > 0 {
        at += STEP;
        let instant = VirtualInstant::from_nanoseconds(at);
        let client = chance.below(shape.clients.into()) as usize;
        let (process, call) = &mut clients[client];
        *call = match call.take() {
            None if history.operations().len() == shape.operations => None,
            None => {
                let op = object.ask(client as u32, chance);
                history.invoke(Process(*process), instant, op.clone()).expect("the process is free");
                busy += 1;
                Some(Call::Asked(op))
            }
            Some(Call::Asked(op)) if !chance.one_in(2 * shape.open) => Some(Call::Applied(object.apply(&op, chance))),
            Some(Call::Applied(answer)) if !chance.one_in(2 * shape.open) => {
                history.ok(Process(*process), instant, answer).expect("the process waits");
                busy -= 1;
                None
            }
            // The client waits no longer and goes on as another process.
            Some(_) => {
                *process += shape.clients;
                busy -= 1;
                None
            }
        };
    }
    history
}
