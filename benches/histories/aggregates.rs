//! Histories of correct services, one for each checker of aggregates.

use cluster_sim_invariants::history::aggregates::{IdempotentAnswer, IdempotentOp};
use cluster_sim_invariants::history::models::{
    BankAnswer, BankOp, CounterAnswer, CounterOp, LeaseAnswer, LeaseOp, MutexAnswer, MutexOp, QueueAnswer, QueueOp, SetAnswer,
    SetOp,
};
use cluster_sim_invariants::{History, Process, VirtualInstant};

use super::{Chance, Object, Shape, record};

/// The clients of each service.
const CLIENTS: u32 = 50;
/// One call in that many is never answered.
const OPEN: u64 = 100;

/// A service as two functions over its state: what a client asks, and what it hears.
struct Service<S, F, G> {
    state: S,
    ask: F,
    apply: G,
}

impl<S, O, A, F, G> Object for Service<S, F, G>
where
    F: FnMut(&mut S, u32, &mut Chance) -> O,
    G: FnMut(&mut S, &O) -> A,
{
    type Op = O;
    type Answer = A;

    fn ask(&mut self, client: u32, chance: &mut Chance) -> O {
        (self.ask)(&mut self.state, client, chance)
    }

    fn apply(&mut self, op: &O, _: &mut Chance) -> A {
        (self.apply)(&mut self.state, op)
    }
}

fn serve<S, O: Clone, A>(
    operations: usize,
    open: u64,
    state: S,
    ask: impl FnMut(&mut S, u32, &mut Chance) -> O,
    apply: impl FnMut(&mut S, &O) -> A,
) -> History<O, A> {
    record(&mut Service { state, ask, apply }, Shape { clients: CLIENTS, operations, open }, &mut Chance::new(3))
}

/// A source of identifiers.
pub(crate) fn identifiers(operations: usize) -> History<(), u64> {
    let apply = |last: &mut u64, (): &()| {
        *last += 1;
        *last
    };
    serve(operations, OPEN, 0, |_, _, _| (), apply)
}

/// A counter that is read every fourth time.
pub(crate) fn counter(operations: usize) -> History<CounterOp, CounterAnswer> {
    let ask = |_: &mut i64, _, chance: &mut Chance| match chance.below(4) {
        0 => CounterOp::Read,
        _ => CounterOp::Add(chance.below(9) as i64 - 4),
    };
    let apply = |sum: &mut i64, op: &CounterOp| match op {
        CounterOp::Add(amount) => {
            *sum += amount;
            CounterAnswer::Done
        }
        _ => CounterAnswer::Value(*sum),
    };
    serve(operations, OPEN, 0, ask, apply)
}

/// A set that grows; every other call asks for one element, and the last one for all.
pub(crate) fn set(operations: usize) -> History<SetOp<u32>, SetAnswer<u32>> {
    #[derive(Default)]
    struct Grown {
        asked: u32,
        elements: std::collections::BTreeSet<u32>,
    }
    let ask = |grown: &mut Grown, _, chance: &mut Chance| {
        if grown.asked > 0 && chance.one_in(2) {
            return SetOp::Contains(chance.below(grown.asked.into()) as u32);
        }
        grown.asked += 1;
        SetOp::Add(grown.asked - 1)
    };
    let apply = |grown: &mut Grown, op: &SetOp<u32>| match op {
        SetOp::Contains(element) => SetAnswer::Contains(grown.elements.contains(element)),
        SetOp::Add(element) => {
            grown.elements.insert(*element);
            SetAnswer::Done
        }
        _ => SetAnswer::Elements(grown.elements.iter().copied().collect()),
    };
    let mut service = Service { state: Grown::default(), ask, apply };
    let shape = Shape { clients: CLIENTS, operations: operations - 1, open: OPEN };
    let mut history = record(&mut service, shape, &mut Chance::new(3));
    read_last(&mut history, SetOp::Read, |op| service.apply(op, &mut Chance::new(0)));
    history
}

/// Adds a call after all others, by a process of its own.
fn read_last<O: Clone, A>(history: &mut History<O, A>, op: O, answer: impl FnOnce(&O) -> A) {
    let (process, at) = (Process(u32::MAX), VirtualInstant::from_nanoseconds(u64::MAX));
    let answer = answer(&op);
    history.invoke(process, at, op).expect("the process is free");
    history.ok(process, at, answer).expect("the process waits");
}

/// A queue.
pub(crate) fn queue(operations: usize) -> History<QueueOp<u32>, QueueAnswer<u32>> {
    #[derive(Default)]
    struct Queue {
        asked: u32,
        values: std::collections::VecDeque<u32>,
    }
    let ask = |queue: &mut Queue, _, chance: &mut Chance| {
        if chance.one_in(2) {
            return QueueOp::Dequeue;
        }
        queue.asked += 1;
        QueueOp::Enqueue(queue.asked)
    };
    let apply = |queue: &mut Queue, op: &QueueOp<u32>| match op {
        QueueOp::Dequeue => QueueAnswer::Value(queue.values.pop_front()),
        QueueOp::Enqueue(value) => {
            queue.values.push_back(*value);
            QueueAnswer::Done
        }
    };
    serve(operations, OPEN, Queue::default(), ask, apply)
}

/// The accounts of [`bank`], with what each has at first.
pub(crate) const ACCOUNTS: [(u8, i64); 4] = [(0, 100), (1, 100), (2, 100), (3, 100)];

/// A bank of four accounts, all of which every fourth call shows.
pub(crate) fn bank(operations: usize) -> History<BankOp<u8>, BankAnswer<u8>> {
    let ask = |_: &mut [i64; 4], _, chance: &mut Chance| match chance.below(4) {
        0 => BankOp::Read,
        _ => BankOp::Transfer { from: chance.below(4) as u8, to: chance.below(4) as u8, amount: chance.below(20) },
    };
    let apply = |balances: &mut [i64; 4], op: &BankOp<u8>| match *op {
        BankOp::Read => BankAnswer::Balances((0..).zip(*balances).collect()),
        BankOp::Transfer { from, amount, .. } if balances[usize::from(from)] < amount as i64 => BankAnswer::Refused,
        BankOp::Transfer { from, to, amount } => {
            balances[usize::from(from)] -= amount as i64;
            balances[usize::from(to)] += amount as i64;
            BankAnswer::Done
        }
    };
    serve(operations, OPEN, ACCOUNTS.map(|(_, balance)| balance), ask, apply)
}

/// A lock for which all clients ask; its holder frees it.
pub(crate) fn lock(operations: usize) -> History<MutexOp<u32>, MutexAnswer> {
    let ask = |holder: &mut Option<u32>, client, _: &mut Chance| match holder {
        Some(held) if *held == client => MutexOp::Release(client),
        _ => MutexOp::Acquire(client),
    };
    let apply = |holder: &mut Option<u32>, op: &MutexOp<u32>| match op {
        MutexOp::Acquire(client) if holder.is_none() => {
            *holder = Some(*client);
            MutexAnswer::Done
        }
        MutexOp::Release(client) if *holder == Some(*client) => {
            *holder = None;
            MutexAnswer::Done
        }
        _ => MutexAnswer::Refused,
    };
    serve(operations, 0, None, ask, apply)
}

/// A lease that lapses at every grant, and the resource that it fences.
pub(crate) fn lease(operations: usize) -> History<LeaseOp, LeaseAnswer> {
    #[derive(Default)]
    struct Lease {
        granted: u64,
        used: u64,
    }
    let ask = |lease: &mut Lease, _, chance: &mut Chance| match chance.below(3) {
        0 => LeaseOp::Acquire,
        back => LeaseOp::Use(Some(lease.granted.saturating_sub(back - 1))),
    };
    let apply = |lease: &mut Lease, op: &LeaseOp| match op {
        LeaseOp::Acquire => {
            lease.granted += 1;
            LeaseAnswer::Granted(lease.granted)
        }
        LeaseOp::Use(Some(token)) if *token >= lease.used => {
            lease.used = *token;
            LeaseAnswer::Done
        }
        _ => LeaseAnswer::Refused,
    };
    serve(operations, OPEN, Lease::default(), ask, apply)
}

/// A service whose clients send every fourth request again.
pub(crate) fn requests(operations: usize) -> History<IdempotentOp<u32, u32>, IdempotentAnswer<u32, u32>> {
    let ask = |numbers: &mut Vec<u64>, client: u32, chance: &mut Chance| {
        let number = &mut numbers[client as usize];
        *number += u64::from(*number == 0 || !chance.one_in(4));
        IdempotentOp::Request { client, number: *number, payload: *number as u32 }
    };
    let apply = |_: &mut Vec<u64>, op: &IdempotentOp<u32, u32>| match op {
        IdempotentOp::Request { client, payload, .. } => IdempotentAnswer::Replied(client ^ payload),
        IdempotentOp::Effects => unreachable!("no client asks for a list"),
    };
    serve(operations, OPEN, vec![0; CLIENTS as usize], ask, apply)
}
