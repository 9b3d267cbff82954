//! The time that a request takes.

use std::time::Duration;

use cluster_sim_runtime::{Address, Choice, Kernel, Site, Stream};
use cluster_sim_types::{NodeId, VirtualInstant};

use super::operation::{ObjectOp, ObjectOpKind};
use super::rate::serves;
use super::rules::{Hits, ObjectRule};
use super::stores::{ObjectStores, Store};

const TIME: Stream = Stream::named("object store time");

/// A request that a store has received, before it takes effect.
#[derive(Debug)]
pub struct Admission {
    /// The time until it takes effect and its answer leaves.
    pub wait: Duration,
    /// Whether its prefix has more requests than the store serves.
    pub(super) is_throttled: bool,
    /// Tells its choices from those of other requests.
    pub(super) about: Address,
    pub(super) hits: Hits,
    /// Whether it waited for the end of a rule.
    pub(super) has_waited: bool,
}

impl ObjectStores {
    /// Receives a request of a client at the store of `node`.
    ///
    /// # Panics
    /// If the node has no store.
    pub fn admit(&mut self, kernel: &mut Kernel, node: NodeId, client: NodeId, op: &ObjectOp) -> Admission {
        let now = kernel.now();
        let store = self.store(node);
        let of_client = kernel.address(node).name(kernel.name(client)).number(u64::from(kernel.incarnation(client).0));
        let about = store.turns.count(address(of_client, op));
        let table = match op.kind() {
            ObjectOpKind::Get | ObjectOpKind::Head => &store.compiled.times.read,
            ObjectOpKind::List => &store.compiled.times.list,
            _ => &store.compiled.times.write,
        };
        let site = Site { choice: Choice::ObjectTime, stream: TIME, address: about, node, peer: client };
        let time = kernel.choose(site, |roll| table.sample(roll));
        let (extra, is_throttled) = store.of_prefix(now, op.key());
        let hits = Hits::of(&mut store.rules, kernel, (node, about), op);
        let wait = Duration::from_nanos(time) + extra + store.transfer(op.bytes());
        let wait = store.stretched(wait, &hits);
        Admission { wait, is_throttled, about, hits, has_waited: false }
    }

    /// Returns the time that bytes take to be read, beyond that of their request.
    ///
    /// # Panics
    /// If the node has no store.
    pub fn transfer(&mut self, node: NodeId, bytes: u64) -> Duration {
        self.store(node).transfer(bytes)
    }
}

impl Store {
    /// The time that bytes take.
    fn transfer(&self, bytes: u64) -> Duration {
        let each = self.compiled.model.times.per_mebibyte.as_nanos();
        Duration::from_nanos(u64::try_from((each * u128::from(bytes)) >> 20).unwrap_or(u64::MAX))
    }

    /// The time of a request under rules that slow it down; the slowest of several counts.
    fn stretched(&mut self, wait: Duration, hits: &Hits) -> Duration {
        let mut longest = wait;
        for hit in &hits.rules {
            let ObjectRule::Slow { factor, extra } = hit.rule else { continue };
            let longer = wait.saturating_mul(factor).saturating_add(extra);
            self.fired(hit.id, longer > longest);
            longest = longest.max(longer);
        }
        longest
    }

    /// The time that a key takes more, and whether there are too many requests like it.
    fn of_prefix(&mut self, now: VirtualInstant, key: &str) -> (Duration, bool) {
        let fits = |(prefix, _): &(&String, _)| key.starts_with(prefix.as_str());
        let Some((prefix, model)) = self.compiled.model.prefixes.iter().filter(fits).max_by_key(|(prefix, _)| prefix.len()) else {
            return (Duration::ZERO, false);
        };
        let Some(rate) = model.requests_per_second else { return (model.extra, false) };
        let is_served = serves(self.due.entry(prefix.clone()).or_default(), now, rate);
        (model.extra, !is_served)
    }
}

impl ObjectOp {
    /// The bytes that the request brings.
    pub(super) fn bytes(&self) -> u64 {
        match self {
            Self::Put { content, .. } | Self::PutPart { content, .. } => content.len() as u64,
            _ => 0,
        }
    }
}

/// The address of a request, among those of its client.
fn address(client: Address, op: &ObjectOp) -> Address {
    let about = client.number(op.kind() as u64).name(op.key());
    match op {
        ObjectOp::PutPart { part, .. } => about.number(u64::from(*part)),
        ObjectOp::List { after, .. } => about.name(after),
        ObjectOp::Copy { from, .. } => about.name(from),
        _ => about,
    }
}
