//! The operations of clients, by number, so that minimization can leave out some.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cluster_sim_types::NodeId;

/// The operations that a client does: all of them, except in a minimized case.
#[derive(Debug, Clone, Default)]
pub struct Operations {
    /// Those that it does; absent for all.
    only: Option<Arc<BTreeSet<u64>>>,
    log: Option<Arc<OperationLog>>,
}

/// The operations that the clients of a run began.
#[derive(Debug, Default)]
pub struct OperationLog(Mutex<Begun>);

#[derive(Debug, Default)]
struct Begun {
    by_client: BTreeMap<NodeId, Numbers>,
    /// Each since they were last taken, in order; absent unless they are kept.
    latest: Option<Vec<(NodeId, u64)>>,
}

/// A set of numbers, as its ranges: from the first of each to the last one, both in it.
///
/// Most clients count, so their numbers are one range.
#[derive(Debug, Default)]
struct Numbers(BTreeMap<u64, u64>);

impl Operations {
    /// Notes in `log` what the client begins; does only the operations `only`, or all.
    pub fn new(only: Option<BTreeSet<u64>>, log: &Arc<OperationLog>) -> Self {
        Self { only: only.map(Arc::new), log: Some(Arc::clone(log)) }
    }

    /// Iterates over those of `numbers` that the client does.
    pub(crate) fn among<I: IntoIterator<Item = u64>>(&self, node: NodeId, numbers: I) -> impl Iterator<Item = u64> + use<I> {
        let Self { only, log } = self.clone();
        let done = numbers.into_iter().filter(move |number| only.as_ref().is_none_or(|only| only.contains(number)));
        done.inspect(move |number| {
            if let Some(log) = &log {
                log.note(node, *number);
            }
        })
    }
}

impl OperationLog {
    /// Returns how many operations each client began, in all of its lives; one that it repeats counts once.
    pub fn counts(&self) -> BTreeMap<NodeId, u64> {
        self.begun().by_client.iter().map(|(client, numbers)| (*client, numbers.count())).collect()
    }

    /// Keeps each operation that a client begins from now on, for [`take_latest`](Self::take_latest).
    pub fn keep_latest(&self) {
        self.begun().latest.get_or_insert_default();
    }

    /// Takes the operations that clients began since the last call, in order; none unless they are kept.
    pub fn take_latest(&self) -> Vec<(NodeId, u64)> {
        self.begun().latest.as_mut().map(std::mem::take).unwrap_or_default()
    }

    fn note(&self, node: NodeId, number: u64) {
        let mut begun = self.begun();
        begun.by_client.entry(node).or_default().insert(number);
        if let Some(latest) = &mut begun.latest {
            latest.push((node, number));
        }
    }

    fn begun(&self) -> MutexGuard<'_, Begun> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Numbers {
    fn insert(&mut self, number: u64) {
        let mut first = number;
        if let Some((from, to)) = self.0.range(..=number).next_back() {
            if *to >= number {
                return;
            }
            if to + 1 == number {
                first = *from;
            }
        }
        let following = number.checked_add(1).and_then(|next| self.0.remove(&next));
        self.0.insert(first, following.unwrap_or(number));
    }

    fn count(&self) -> u64 {
        self.0.iter().map(|(from, to)| (to - from).saturating_add(1)).fold(0, u64::saturating_add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_any_size_take_little_memory() {
        let mut numbers = Numbers::default();
        (0..1_000).chain(500..2_000).for_each(|number| numbers.insert(number));
        (1..=3).for_each(|id: u64| numbers.insert(id << 62));
        numbers.insert(u64::MAX);
        assert_eq!((numbers.count(), numbers.0.len()), (2_004, 5));
    }

    #[test]
    fn what_was_left_out_is_not_noted() {
        let log = Arc::default();
        let client = Operations::new(Some(BTreeSet::from([3, 5 << 32])), &log);
        log.keep_latest();
        let (one, other) = (NodeId(1), NodeId(2));
        assert_eq!(client.among(one, 0..10).count(), 1);
        assert_eq!(client.among(one, 0..5).count(), 1);
        assert_eq!(client.among(other, (1..9).map(|id| id << 32)).count(), 1);
        assert_eq!(log.counts(), BTreeMap::from([(one, 1), (other, 1)]));
        assert_eq!(log.take_latest(), [(one, 3), (one, 3), (other, 5 << 32)]);
        assert_eq!(log.take_latest(), []);
    }

    #[test]
    fn each_number_counts_once_in_any_order() {
        for sequence in 0..6_u32.pow(6) {
            let (mut ranges, mut set) = (Numbers::default(), BTreeSet::new());
            for digit in 0..6 {
                let number = u64::from(sequence / 6_u32.pow(digit) % 6);
                ranges.insert(number);
                set.insert(number);
            }
            let apart = set.iter().filter(|number| !set.contains(&(*number + 1))).count();
            assert_eq!((ranges.count(), ranges.0.len()), (set.len() as u64, apart), "{set:?} in {ranges:?}");
        }
    }
}
