//! Small random histories: those of a serial store, with more or less of them changed.

use std::collections::BTreeMap;
use std::fmt::Write;

/// SplitMix64: equal numbers on every run.
pub(super) struct Numbers(u64);

impl Numbers {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0xd134_2543_de82_ef95))
    }

    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ mixed >> 31) % bound as u64) as usize
    }

    pub(super) fn is_one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }
}

/// A step: the key, and the value if it writes one, else what it reads.
pub(super) enum Did {
    Wrote(char, u32),
    Read(char, Vec<u32>),
}

pub(super) struct Transaction {
    pub(super) process: usize,
    pub(super) start: usize,
    /// Absent while it is open.
    pub(super) end: Option<usize>,
    pub(super) aborted: bool,
    pub(super) steps: Vec<Did>,
}

/// Writes transactions in the notation for lists, or for registers, which hold the last value of the list.
pub(super) fn notation(transactions: &[Transaction], as_lists: bool) -> String {
    let mut text = String::new();
    for Transaction { process, start, end, aborted, steps } in transactions {
        let sign = if *aborted { "!" } else { "" };
        let end = end.map_or_else(|| "?".to_owned(), |end| format!("{end}{sign}"));
        write!(text, "{process} {start}-{end}").unwrap();
        for step in steps {
            match step {
                Did::Wrote(key, value) => write!(text, " {key}{}{value}", if as_lists { '+' } else { '=' }),
                Did::Read(key, list) => {
                    let shown = if as_lists { list } else { &list[list.len().saturating_sub(1)..] };
                    let values: Vec<String> = shown.iter().map(u32::to_string).collect();
                    write!(text, " {key}:{}", values.join(","))
                }
            }
            .unwrap();
        }
        text.push('\n');
    }
    text
}

/// Draws up to four transactions over two keys, and one that reads both keys to their end when all else has ended.
pub(super) fn random_transactions(seed: u64) -> Vec<Transaction> {
    let mut numbers = Numbers::new(seed);
    let mut transactions = random_steps(&mut numbers);
    // The odds that a read or an order is changed: never, or one in this many.
    let noise = [0, 0, 8, 2][numbers.below(4)];
    let changes = |numbers: &mut Numbers| noise > 0 && numbers.is_one_in(noise);
    let keeps_time = numbers.is_one_in(2);
    let ranks: Vec<usize> = transactions
        .iter()
        .map(|transaction| if keeps_time { transaction.start + numbers.below(2) * 4 } else { numbers.below(100) })
        .collect();
    let mut lists: BTreeMap<char, Vec<(usize, u32)>> = [('x', Vec::new()), ('y', Vec::new())].into();
    let mut order: Vec<usize> = (0..transactions.len()).collect();
    order.sort_by_key(|index| ranks[*index]);
    for &index in &order {
        let transaction = &transactions[index];
        let is_lost = transaction.end.is_none() && numbers.is_one_in(2) || transaction.aborted && !changes(&mut numbers);
        for step in transaction.steps.iter().filter(|_| !is_lost) {
            if let Did::Wrote(key, value) = step {
                lists.get_mut(key).unwrap().push((index, *value));
            }
        }
    }
    for list in lists.values_mut().filter(|list| list.len() > 1) {
        if changes(&mut numbers) {
            let place = numbers.below(list.len() - 1);
            list.swap(place, place + 1);
        }
    }
    for (position, &index) in order.iter().enumerate() {
        let mut own = 0;
        for step in &mut transactions[index].steps {
            match step {
                Did::Wrote(_, value) => own = *value,
                Did::Read(key, read) => {
                    let list = &lists[key];
                    let is_before =
                        |(writer, value): &&(usize, u32)| order[..position].contains(writer) || *writer == index && *value <= own;
                    let serial = list.iter().filter(is_before).count();
                    let length = if changes(&mut numbers) { numbers.below(list.len() + 1) } else { serial };
                    *read = list[..length].iter().map(|(_, value)| *value).collect();
                }
            }
        }
    }
    let end = |key: char| Did::Read(key, lists[&key].iter().map(|(_, value)| *value).collect());
    transactions.push(Transaction { process: 99, start: 100, end: Some(101), aborted: false, steps: vec![end('x'), end('y')] });
    transactions
}

/// Draws transactions whose reads are still empty, with values that ascend from step to step.
fn random_steps(numbers: &mut Numbers) -> Vec<Transaction> {
    let mut transactions: Vec<Transaction> = Vec::new();
    let count = 1 + numbers.below(4);
    let mut running: [Option<usize>; 3] = [None; 3];
    let mut lives = [0; 3];
    let mut value = 0;
    for time in 1..40 {
        let client = numbers.below(3);
        let Some(index) = running[client].take() else {
            if transactions.len() < count {
                running[client] = Some(transactions.len());
                let mut step = |numbers: &mut Numbers| {
                    value += 1;
                    let key = if numbers.is_one_in(2) { 'x' } else { 'y' };
                    if numbers.is_one_in(2) { Did::Wrote(key, value) } else { Did::Read(key, Vec::new()) }
                };
                let steps = (0..1 + numbers.below(3)).map(|_| step(numbers)).collect();
                let process = client + 3 * lives[client];
                transactions.push(Transaction { process, start: time, end: None, aborted: false, steps });
            }
            continue;
        };
        match numbers.below(10) {
            0 => lives[client] += 1,
            end => {
                transactions[index].end = Some(time);
                transactions[index].aborted = end == 1;
            }
        }
    }
    transactions
}
