//! The cost of judging a history, beside naive checkers over histories that these can still judge.
//!
//! Ratios are of one run; seconds are processor time of one thread.

mod histories;
#[expect(dead_code, reason = "only the other benches measure events")]
mod measure;
mod naive;

use std::time::Duration;

use clap::{Parser, ValueEnum};
use cluster_sim_invariants::history::aggregates::{
    Availability, Conservation, CounterBounds, Fencing, Idempotency, IdempotentOp, MutualExclusion, SetFull, TotalQueue, UniqueIds,
};
use cluster_sim_invariants::history::models::Keyed;
use cluster_sim_invariants::history::models::{LeaseAnswer, LeaseOp, Register, Registers, Text};
use cluster_sim_invariants::history::{
    Bounds, Checker, Linearization, Operation, SessionOp, Sessions, ValueSessions, check, check_linearizable,
};
use cluster_sim_invariants::{History, Model, VirtualInstant};

use histories::{aggregates, key_value, register, sessions};
use measure::clock::timed;
use naive::{Outcome, contradicting_pairs, find_order};

/// Steps after which the naive search gives up.
const STEPS: u64 = 2_000_000;

/// Measures what it costs to judge a history.
#[derive(Debug, Parser)]
struct Checkers {
    /// Measure this part; may be given several times [default: all]
    #[arg(long, value_name = "PART", value_enum)]
    part: Vec<Part>,
    /// Operations of each history of the part `linear`
    #[arg(long, value_name = "COUNT", default_value_t = 10_000_000)]
    operations: usize,
    /// Operations of the histories that naive checkers of pairs judge too
    #[arg(long, value_name = "COUNT", default_value_t = 10_000)]
    naive_operations: usize,
    /// Passed by `cargo bench` to every bench
    #[arg(long, hide = true)]
    bench: bool,
}

/// A part of the bench.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Searches for an order, on histories as those that Porcupine is tried on
    Search,
    /// A million operations on a thousand registers
    Large,
    /// Sessions and aggregates, event by event
    Linear,
}

fn main() {
    let Checkers { part: parts, operations, naive_operations, .. } = Checkers::parse();
    let is_asked = |part| parts.is_empty() || parts.contains(&part);
    println!("{:<34} {:>11} {:>10} {:>8}  naive", "history", "operations", "ms", "ns/op");
    if is_asked(Part::Search) {
        search();
    }
    if is_asked(Part::Large) {
        large();
    }
    if is_asked(Part::Linear) {
        judge_sessions(operations, naive_operations);
        judge_aggregates(operations, naive_operations);
    }
}

fn show(name: &str, operations: usize, time: Duration, naive: &str) {
    let (ms, ns) = (time.as_secs_f64() * 1e3, time.as_nanos() as f64 / operations as f64);
    println!("{name:<34} {operations:>11} {ms:>10.2} {ns:>8.1}  {naive}");
}

/// Judges histories by search; returns how many have an order.
fn judge_all<M: Model>(model: &M, histories: &[History<M::Op, M::Answer>]) -> usize {
    let has_order = |history: &&History<_, _>| match check_linearizable(model, history, Bounds::default()) {
        Linearization::Possible => true,
        Linearization::Impossible(_) => false,
        Linearization::Unknown { key, reason } => panic!("{key:?}: {reason}"),
    };
    histories.iter().filter(has_order).count()
}

fn search() {
    let etcd = register::etcd();
    let small = |operations| register::etcd_of(102, operations);
    show_search("102 of etcd", &Register::default(), &etcd, small);
    let log = [key_value::key_value(50, 2_000)];
    let small = |operations| (0..20).map(|clients| key_value::key_value(5 + clients % 5, operations)).collect();
    show_search("key-value log of 50 clients", &Keyed::new(Text), &log, small);
}

/// Shows the cost of whole histories, and compares on short ones that the naive search can judge.
fn show_search<M: Model>(
    name: &str,
    model: &M,
    histories: &[History<M::Op, M::Answer>],
    small: impl Fn(usize) -> Vec<History<M::Op, M::Answer>>,
) {
    let operations = histories.iter().map(|history| history.operations().len()).sum();
    let (orders, time) = timed(|| judge_all(model, histories));
    show(name, operations, time, &format!("{orders} of {} have an order", histories.len()));
    for length in [10, 20, 40, 80] {
        let histories = small(length);
        let ended = |history: &History<_, _>| find_order(model, history, STEPS) != Outcome::GaveUp;
        let (ended, given_up): (Vec<_>, Vec<_>) = histories.into_iter().partition(ended);
        let (found, naive) = timed(|| {
            let has_order = |history: &&History<_, _>| find_order(model, history, STEPS) == Outcome::Order;
            ended.iter().filter(has_order).count()
        });
        let (orders, ours) = timed(|| judge_all(model, &ended));
        assert_eq!(orders, found, "both checkers agree");
        let ratio = naive.as_secs_f64() / ours.as_secs_f64();
        let remark = format!("{ratio:.1} times as long; gave up {} of {}", given_up.len(), ended.len() + given_up.len());
        show(&format!("  {length} operations each"), ended.len() * length, ours, &remark);
    }
}

fn large() {
    const OPERATIONS: usize = 1_000_000;
    for (name, distinct) in [("1,000 registers, unique writes", 0), ("1,000 registers, 8 values", 8)] {
        let history = register::registers(OPERATIONS, 1_000, distinct);
        let (verdict, time) = timed(|| check_linearizable(&Registers::default(), &history, Bounds::default()));
        assert_eq!(verdict, Linearization::Possible);
        let counted = allocation_counter::measure(|| {
            check_linearizable(&Registers::default(), &history, Bounds::default());
        });
        let small = register::registers(200, 10, distinct);
        let (outcome, naive) = timed(|| find_order(&Registers::default(), &small, STEPS));
        let ((), ours) =
            timed(|| (0..10).for_each(|_| assert_eq!(judge_all(&Registers::default(), std::slice::from_ref(&small)), 1)));
        let ratio = naive.as_secs_f64() * 10.0 / ours.as_secs_f64();
        let peak = counted.bytes_max as f64 / f64::from(1 << 20);
        let remark = format!("{ratio:.0} times as long for 200 operations ({outcome:?}); ours takes {peak:.0} MiB");
        show(name, OPERATIONS, time, &remark);
    }
}

/// Whether two operations contradict each other.
type Contradicts<O, A> = dyn Fn(&Operation<O, A>, &Operation<O, A>) -> bool;

/// Shows the cost of a checker that reads a history once, at two lengths, and its ratio to one that compares all pairs.
fn show_linear<O, A, C: Checker<O, A>>(
    name: &str,
    operations: [usize; 2],
    history: impl Fn(usize) -> History<O, A>,
    checker: impl Fn() -> C,
    contradicts: Option<&Contradicts<O, A>>,
) {
    let judge = |history: &History<O, A>| {
        let judgement = check(&mut checker(), history);
        assert!(judgement.findings.is_empty(), "{}", judgement.findings[0].message);
        assert!(judgement.times_checked > 0);
    };
    let small = history(operations[1]);
    let remark = contradicts.map_or_else(String::new, |contradicts| {
        let (pairs, naive) = timed(|| contradicting_pairs(&small, contradicts));
        assert_eq!(pairs, 0, "both checkers agree");
        let ((), ours) = timed(|| judge(&small));
        format!("{:.0} times as long for {} operations", naive.as_secs_f64() / ours.as_secs_f64(), operations[1])
    });
    drop(small);
    let history = history(operations[0]);
    let ((), time) = timed(|| judge(&history));
    show(name, operations[0], time, &remark);
}

fn judge_sessions(operations: usize, naive: usize) {
    let counts = [operations, naive];
    let is_older = |first: &Operation<SessionOp<u32>, u64>, second: &Operation<_, _>| {
        let key = |op: &SessionOp<u32>| match *op {
            SessionOp::Read(key) | SessionOp::Write(key) => key,
        };
        first.process == second.process && key(&first.op) == key(&second.op) && second.answer() < first.answer()
    };
    show_linear("sessions by version", counts, sessions::versions, Sessions::default, Some(&is_older));
    show_linear("sessions by value", counts, sessions::values, ValueSessions::default, None);
}

fn judge_aggregates(operations: usize, naive: usize) {
    let counts = [operations, naive];
    let is_equal = |first: &Operation<(), u64>, second: &Operation<(), u64>| first.answer() == second.answer();
    show_linear("unique ids", counts, aggregates::identifiers, UniqueIds::default, Some(&is_equal));
    show_linear("counter bounds", counts, aggregates::counter, CounterBounds::default, None);
    show_linear("set", counts, aggregates::set, SetFull::default, None);
    show_linear("queue", counts, aggregates::queue, TotalQueue::default, None);
    show_linear("bank", counts, aggregates::bank, || Conservation::new(aggregates::ACCOUNTS), None);
    show_linear("mutual exclusion", counts, aggregates::lock, MutualExclusion::default, None);
    show_linear("fencing tokens", counts, aggregates::lease, Fencing::default, Some(&is_lower_token));
    let differs = |first: &Operation<IdempotentOp<u32, u32>, _>, second: &Operation<_, _>| match (&first.op, &second.op) {
        (IdempotentOp::Request { client, number, .. }, IdempotentOp::Request { client: other, number: same, .. }) => {
            (client, number) == (other, same) && first.answer() != second.answer()
        }
        _ => false,
    };
    show_linear("idempotency", counts, aggregates::requests, Idempotency::default, Some(&differs));
    let availability = || {
        let at = |second: u64| VirtualInstant::from_nanoseconds(second * 1_000_000_000);
        Availability::default().disturbed(at(1), at(2)).answers_within(Duration::from_secs(3_600))
    };
    show_linear("availability", counts, aggregates::identifiers, availability, None);
}

/// Whether a token is lower than one of a call that ended before.
fn is_lower_token(first: &Operation<LeaseOp, LeaseAnswer>, second: &Operation<LeaseOp, LeaseAnswer>) -> bool {
    if first.completed() > Some(second.invoked) {
        return false;
    }
    match (first.op, first.answer(), second.op, second.answer()) {
        (LeaseOp::Acquire, Some(LeaseAnswer::Granted(before)), LeaseOp::Acquire, Some(LeaseAnswer::Granted(after))) => {
            after <= before
        }
        (LeaseOp::Use(before), Some(LeaseAnswer::Done), LeaseOp::Use(after), Some(LeaseAnswer::Done)) => after < before,
        _ => false,
    }
}
