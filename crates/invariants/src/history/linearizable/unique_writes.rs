//! Judges an object in O(n log n) whose operations overwrite or show its state and leave no state twice: a register whose
//! written values differ.
//!
//! After Gibbons and Korach, "Testing Shared Memories" (1997): a write and the reads of its value belong together, for nothing
//! may stand between them. Such a cluster has a zone from the first end to the last start in it. If the end is first, the value
//! was there all that time (a *forward* zone), else the whole cluster fits into one moment anywhere in between (a *backward*
//! zone). The history is linearizable iff no read ended before its write began, no two forward zones overlap, and no backward
//! zone lies within a forward one.

use rustc_hash::FxHashMap;

use crate::history::model::{Access, Model};
use crate::history::operation::Operation;

/// The end of a call that has none.
const NEVER: i64 = i64::MAX;

/// Whether an order exists.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Judged {
    Possible,
    /// The operation whose answer no order explains, and an order that explains all before.
    Impossible {
        operation: usize,
        longest: Vec<usize>,
    },
}

/// Judges the operations of one object, by their indices in order; `None` if it is not of that kind.
pub(super) fn judge<M: Model>(model: &M, operations: &[Operation<M::Op, M::Answer>], indices: &[usize]) -> Option<Judged> {
    let accesses = Accesses::new(model, operations, indices)?;
    if accesses.zones(NEVER - 1).is_some() {
        return Some(Judged::Possible);
    }
    // The shortest prefix that has no order ends with the answer that cannot be explained.
    let mut ends: Vec<(i64, usize)> =
        accesses.calls.iter().filter(|call| call.end != NEVER).map(|call| (call.end, call.index)).collect();
    ends.sort_unstable();
    let explained = ends.partition_point(|(end, _)| accesses.zones(*end).is_some());
    let (end, operation) = ends[explained];
    let zones = accesses.zones(end - 1).expect("a prefix of a history that has an order has one");
    Some(Judged::Impossible { operation, longest: accesses.order(zones, end - 1) })
}

/// A call that wrote or read the value of a cluster.
#[derive(Debug)]
struct TimedAccess {
    index: usize,
    cluster: usize,
    is_write: bool,
    start: i64,
    end: i64,
}

/// The calls of an object, with their clusters numbered; the first is that of the state in which the object began.
#[derive(Debug)]
struct Accesses {
    calls: Vec<TimedAccess>,
    clusters: usize,
}

/// The zone of a cluster: its first end and its last start, and the start of its write.
#[derive(Debug, Clone, Copy)]
struct Zone {
    cluster: usize,
    first_end: i64,
    last_start: i64,
    /// `NEVER` without a write.
    written: i64,
}

impl Zone {
    fn is_forward(&self) -> bool {
        self.first_end < self.last_start
    }
}

impl Accesses {
    fn new<M: Model>(model: &M, operations: &[Operation<M::Op, M::Answer>], indices: &[usize]) -> Option<Self> {
        let mut clusters: FxHashMap<M::State, (usize, bool)> = FxHashMap::default();
        clusters.insert(model.initial(), (0, true));
        let mut calls = Vec::with_capacity(indices.len());
        for &index in indices {
            let Operation { op, invoked, .. } = &operations[index];
            let answer = operations[index].answer();
            let is_needless = answer.is_none() && model.changes_nothing(op, None);
            if is_needless || !operations[index].may_have_happened() {
                continue;
            }
            let (state, is_write) = match model.access(op, answer) {
                Access::Overwrites(state) => (state, true),
                Access::Shows(state) => (state, false),
                Access::Other => return None,
            };
            let number = clusters.len();
            let (cluster, is_written) = clusters.entry(state).or_insert((number, false));
            if is_write && std::mem::replace(is_written, true) {
                return None;
            }
            let end = operations[index].completed().map_or(NEVER, |end| i64::from(end.order));
            calls.push(TimedAccess { index, cluster: *cluster, is_write, start: i64::from(invoked.order), end });
        }
        Some(Self { calls, clusters: clusters.len() })
    }

    /// Returns the zones in an order that explains all answers up to an event; `None` if there is none.
    fn zones(&self, until: i64) -> Option<Vec<Zone>> {
        let unused = |cluster| Zone { cluster, first_end: NEVER, last_start: -1, written: NEVER };
        let mut zones: Vec<Zone> = (0..self.clusters).map(unused).collect();
        // The state in which the object began was written before all events.
        zones[0] = Zone { cluster: 0, first_end: -1, last_start: -2, written: -2 };
        for call in self.calls.iter().filter(|call| call.start <= until) {
            let end = if call.end <= until { call.end } else { NEVER };
            let zone = &mut zones[call.cluster];
            if call.is_write {
                zone.written = call.start;
            } else if end == NEVER {
                continue; // Its answer is to come.
            }
            zone.first_end = zone.first_end.min(end);
            zone.last_start = zone.last_start.max(call.start);
        }
        zones.retain(|zone| zone.first_end != NEVER);
        let is_read_too_early = |zone: &Zone| zone.first_end < zone.written;
        if zones.iter().any(is_read_too_early) {
            return None;
        }
        sorted(zones)
    }

    /// Returns the calls of all zones in their order: of each the write, then the reads as they ended.
    fn order(&self, zones: Vec<Zone>, until: i64) -> Vec<usize> {
        let mut ranks = vec![usize::MAX; self.clusters];
        for (rank, zone) in zones.iter().enumerate() {
            ranks[zone.cluster] = rank;
        }
        let is_in = |call: &&TimedAccess| {
            let is_answered = call.end <= until;
            ranks[call.cluster] != usize::MAX && (is_answered || call.is_write && call.start <= until)
        };
        let mut calls: Vec<&TimedAccess> = self.calls.iter().filter(is_in).collect();
        calls.sort_by_key(|call| (ranks[call.cluster], !call.is_write, call.end));
        calls.into_iter().map(|call| call.index).collect()
    }
}

/// Sorts zones so that each cluster can follow those before it; `None` if two contradict each other.
fn sorted(zones: Vec<Zone>) -> Option<Vec<Zone>> {
    let mut forward: Vec<Zone> = zones.iter().copied().filter(Zone::is_forward).collect();
    forward.sort_unstable_by_key(|zone| zone.first_end);
    if forward.windows(2).any(|pair| pair[1].first_end < pair[0].last_start) {
        return None;
    }
    let mut places = Vec::with_capacity(zones.len());
    for zone in zones {
        // The one moment at which all of a backward zone happens. One that begins in a forward zone and ends after it follows it,
        // as that begins before.
        let place = if zone.is_forward() {
            (zone.first_end, false)
        } else {
            let around = forward[..forward.partition_point(|other| other.first_end < zone.last_start)].last();
            match around {
                Some(other) if zone.first_end < other.last_start => return None,
                _ => (zone.last_start, true),
            }
        };
        places.push((place, zone.last_start, zone));
    }
    places.sort_unstable_by_key(|(place, last_start, _)| (*place, *last_start));
    Some(places.into_iter().map(|(.., zone)| zone).collect())
}
