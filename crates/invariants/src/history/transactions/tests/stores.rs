//! Histories of stores that are correct at a level, or broken in a known way.

use super::notation::{lists, registers};
use super::random::{Did, Numbers, Transaction, notation};
use super::serial::{Store, forbids_any};
use super::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Runs each transaction in one moment.
    Serial,
    /// That, but keeps what aborted transactions wrote.
    KeepsAborted,
    /// That, but transactions that only read see a state of up to ten commits ago.
    StaleReads,
    /// Reads and writes what others have not committed yet.
    Dirty,
    /// Reads what is committed at each step, and writes at the end.
    Committed,
    /// Reads one snapshot, and aborts what wrote a key that changed since.
    Snapshots,
    /// That, but overwrites such keys instead.
    LosesUpdates,
}

/// A transaction that runs.
struct Running {
    transaction: usize,
    step: usize,
    snapshot: Store,
    /// The number of commits before its start.
    start: usize,
}

struct Simulated {
    kind: Kind,
    numbers: Numbers,
    transactions: Vec<Transaction>,
    store: Store,
    /// The stores after each commit.
    past: Vec<Store>,
    /// The keys of each commit.
    written: Vec<Vec<char>>,
}

/// Runs transactions of four clients on a store.
fn transactions(kind: Kind, seed: u64) -> Vec<Transaction> {
    let store = Store::from(['x', 'y', 'z'].map(|key| (key, Vec::new())));
    let numbers = Numbers::new(seed);
    let mut run = Simulated { kind, numbers, transactions: Vec::new(), past: vec![store.clone()], store, written: Vec::new() };
    let mut running: [Option<Running>; 4] = Default::default();
    for time in 0..2_000 {
        let client = run.numbers.below(4);
        match running[client].take() {
            None => running[client] = Some(run.begin(client, time)),
            Some(mut current) if current.step < run.transactions[current.transaction].steps.len() => {
                run.step(&mut current);
                running[client] = Some(current);
            }
            Some(current) => run.end(&current, time),
        }
    }
    run.transactions
}

impl Simulated {
    fn begin(&mut self, process: usize, start: usize) -> Running {
        let count = 1 + self.numbers.below(4);
        let writes_nothing = self.numbers.is_one_in(3);
        let steps = (0..count).map(|step| {
            let key = ['x', 'y', 'z'][self.numbers.below(3)];
            let is_read = writes_nothing || self.numbers.is_one_in(2);
            if is_read { Did::Read(key, Vec::new()) } else { Did::Wrote(key, (start * 4 + step) as u32) }
        });
        let steps = steps.collect();
        self.transactions.push(Transaction { process, start, end: None, aborted: false, steps });
        let snapshot = self.store.clone();
        Running { transaction: self.transactions.len() - 1, step: 0, snapshot, start: self.written.len() }
    }

    fn step(&mut self, running: &mut Running) {
        let transaction = &mut self.transactions[running.transaction];
        let is_whole = matches!(self.kind, Kind::Serial | Kind::KeepsAborted | Kind::StaleReads);
        let mut seen = self.store.clone();
        let only_reads = transaction.steps.iter().all(|step| matches!(step, Did::Read(..)));
        if self.kind == Kind::StaleReads && only_reads {
            seen.clone_from(&self.past[self.past.len().saturating_sub(1 + self.numbers.below(10))]);
        }
        if is_whole {
            transaction.steps.iter_mut().for_each(|step| apply(step, &mut seen));
            running.step = transaction.steps.len();
            transaction.aborted = self.numbers.is_one_in(8);
            if !only_reads && (!transaction.aborted || self.kind == Kind::KeepsAborted) {
                self.commit(running.transaction, seen);
            }
            return;
        }
        let (before, rest) = transaction.steps.split_at_mut(running.step);
        running.step += 1;
        match self.kind {
            Kind::Dirty => apply(&mut rest[0], &mut self.store),
            Kind::Committed => {
                before.iter_mut().filter(|step| matches!(step, Did::Wrote(..))).for_each(|step| apply(step, &mut seen));
                apply(&mut rest[0], &mut seen);
            }
            _ => apply(&mut rest[0], &mut running.snapshot),
        }
    }

    fn end(&mut self, running: &Running, time: usize) {
        let transaction = &mut self.transactions[running.transaction];
        transaction.end = Some(time);
        let wrote = |step: &Did| if let Did::Wrote(key, _) = step { Some(*key) } else { None };
        let keys: Vec<char> = transaction.steps.iter().filter_map(wrote).collect();
        let mut next = self.store.clone();
        match self.kind {
            Kind::Committed => transaction.steps.iter_mut().for_each(|step| {
                if wrote(step).is_some() {
                    apply(step, &mut next)
                }
            }),
            Kind::Snapshots | Kind::LosesUpdates => {
                let is_taken = self.written[running.start..].iter().flatten().any(|key| keys.contains(key));
                transaction.aborted = is_taken && self.kind == Kind::Snapshots;
                if transaction.aborted {
                    return;
                }
                next.extend(keys.iter().map(|key| (*key, running.snapshot[key].clone())));
            }
            _ => return,
        }
        self.commit(running.transaction, next);
    }

    fn commit(&mut self, transaction: usize, store: Store) {
        let wrote = |step: &Did| if let Did::Wrote(key, _) = step { Some(*key) } else { None };
        self.written.push(self.transactions[transaction].steps.iter().filter_map(wrote).collect());
        self.past.push(store.clone());
        self.store = store;
    }
}

fn apply(step: &mut Did, store: &mut Store) {
    match step {
        Did::Wrote(key, value) => store.entry(*key).or_default().push(*value),
        Did::Read(key, list) => list.clone_from(&store[key]),
    }
}

/// A store with the strongest level that it keeps, and one that it breaks.
const STORES: &[(Kind, Option<Level>, Option<Level>)] = &[
    (Kind::Serial, Some(Level::StrictSerializable), None),
    (Kind::StaleReads, Some(Level::Serializable), Some(Level::StrictSerializable)),
    (Kind::Snapshots, Some(Level::StrongSnapshotIsolation), Some(Level::Serializable)),
    (Kind::Committed, Some(Level::ReadCommitted), Some(Level::SnapshotIsolation)),
    (Kind::LosesUpdates, None, Some(Level::SnapshotIsolation)),
    (Kind::Dirty, None, Some(Level::ReadCommitted)),
    (Kind::KeepsAborted, None, Some(Level::ReadCommitted)),
];

#[test]
fn each_store_keeps_its_level_and_breaks_the_next() {
    for &(kind, kept, broken) in STORES {
        let mut broken_registers = 0;
        for seed in 0..20 {
            let transactions = transactions(kind, seed);
            let of_lists = Transactions::list_append().analyze(&lists(&notation(&transactions, true))).unwrap();
            let of_registers = Transactions::read_write().analyze(&registers(&notation(&transactions, false))).unwrap();
            for anomalies in [&of_lists, &of_registers] {
                let is_kept = kept.is_none_or(|level| !forbids_any(level, anomalies));
                assert!(is_kept, "{kind:?}, seed {seed}: {:?} {:#?}", anomalies.counts, anomalies.examples.first());
                assert_eq!(anomalies.undecided, [], "{kind:?}, seed {seed}");
            }
            let is_broken = |anomalies: &Anomalies| broken.is_none_or(|level| forbids_any(level, anomalies));
            assert!(is_broken(&of_lists), "{kind:?}, seed {seed}: {:?}", of_lists.counts);
            broken_registers += usize::from(is_broken(&of_registers));
        }
        // A register does not show the order of versions that no transaction read and replaced.
        let least = if kind == Kind::Snapshots { 1 } else { 10 };
        assert!(broken_registers >= least, "{kind:?}: {broken_registers} of 20");
    }
}

#[test]
fn a_serial_store_keeps_both_assumptions_about_keys() {
    for seed in 0..20 {
        let history = registers(&notation(&transactions(Kind::Serial, seed), false));
        for order in [KeyOrder::Sequential, KeyOrder::Linearizable] {
            let anomalies = Transactions::read_write().key_order(order).analyze(&history).unwrap();
            assert_eq!(anomalies.counts.len(), 0, "{order:?}, seed {seed}: {:#?}", anomalies.examples.first());
        }
        let history = registers(&notation(&transactions(Kind::Committed, seed), false));
        let found = |order| Transactions::read_write().key_order(order).analyze(&history).unwrap();
        let [without, with] = [KeyOrder::Unknown, KeyOrder::Linearizable].map(|order| found(order).edges);
        assert!(with > without, "{without} and {with}");
    }
}
