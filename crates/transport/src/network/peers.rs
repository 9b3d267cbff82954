//! What a sender remembers of each receiver: the link between them.

use cluster_sim_runtime::{Address, fold};
use cluster_sim_vocabulary::{NodeId, VirtualInstant};
use rustc_hash::FxHashMap;

/// How long a link that carries nothing is remembered, in nanoseconds of virtual time.
///
/// After it the repeats of its labels count from zero again, under the second of the send. Bounded memory follows: clients that roam
/// over a thousand edges do not leave a thousand links each behind.
const MEMORY_NANOSECONDS: u64 = 2_000_000_000;

/// How many different labels a link tells apart at once.
const LABELS: usize = 16;

/// A sender's links become worth sweeping for forgotten ones at this number.
const SWEEP_FROM: usize = 64;

/// One direction between two nodes, from the first message on.
#[derive(Debug)]
pub(super) struct Link {
    /// The two names, as an address.
    pub(super) address: Address,
    /// Which class of links it belongs to.
    pub(super) class: u16,
    /// When its last message in order arrives.
    pub(super) last_arrival: VirtualInstant,
    last_send: VirtualInstant,
    repeats: Repeats,
}

impl Link {
    /// What tells this message from all others on the link: its label, and how often that was sent before.
    #[inline]
    pub(super) fn address_of(&mut self, label: u64, now: VirtualInstant) -> Address {
        if now.as_nanoseconds() - self.last_send.as_nanoseconds() > MEMORY_NANOSECONDS {
            self.repeats.forget();
        }
        self.last_send = now;
        let repeat = self.repeats.count(label, now);
        self.address.number(label).number(repeat)
    }

    fn is_forgotten(&self, now: VirtualInstant) -> bool {
        now.as_nanoseconds() - self.last_send.as_nanoseconds() > MEMORY_NANOSECONDS && self.last_arrival < now
    }
}

/// How often each of the last few labels was sent.
///
/// Bounded: the label that was first seen longest ago gives way. From then on a label that is new to the table is told apart by the
/// second in which it is sent too, so that a retry whose earlier sends were forgotten is not bound to their fate for ever.
#[derive(Debug, Default)]
struct Repeats {
    /// The low halves of the labels: two on one link that share theirs are taken for one, once in 2^32 and in every run alike.
    labels: [u32; LABELS],
    counts: [u32; LABELS],
    known: u8,
    next: u8,
    forgot: bool,
}

impl Repeats {
    #[inline]
    fn count(&mut self, label: u64, now: VirtualInstant) -> u64 {
        let label = label as u32;
        // All slots are compared, known or not: a loop of fixed length compares many at once.
        let matching = (0..LABELS).fold(0_u32, |found, slot| found | u32::from(self.labels[slot] == label) << slot);
        let matching = matching & ((1 << self.known) - 1);
        if matching != 0 {
            let count = &mut self.counts[matching.trailing_zeros() as usize];
            *count = count.wrapping_add(1);
            return u64::from(*count);
        }
        let first = if self.forgot { fold(1, now.as_nanoseconds() / 1_000_000_000) as u32 } else { 0 };
        self.labels[usize::from(self.next)] = label;
        self.counts[usize::from(self.next)] = first;
        self.next = (self.next + 1) % LABELS as u8;
        if usize::from(self.known) < LABELS {
            self.known += 1;
        } else {
            self.forgot = true;
        }
        u64::from(first)
    }

    fn forget(&mut self) {
        *self = Self { forgot: true, ..Self::default() };
    }
}

/// The links of one sender.
#[derive(Debug, Default)]
pub(super) struct Peers {
    links: FxHashMap<u32, Link>,
    sweep_at: usize,
}

impl Peers {
    /// The link to `to`; `classify` is asked for the class of one that is new.
    #[inline]
    pub(super) fn link(&mut self, to: NodeId, now: VirtualInstant, classify: impl FnOnce() -> (Address, u16)) -> &mut Link {
        if self.links.len() > self.sweep_at.max(SWEEP_FROM) && !self.links.contains_key(&to.0) {
            self.sweep(now);
        }
        self.links.entry(to.0).or_insert_with(|| {
            let (address, class) = classify();
            // A link that was swept must go on as one that was only forgotten: it counts under the second from the start. At the very
            // beginning nothing can have been forgotten.
            let forgot = now.as_nanoseconds() > MEMORY_NANOSECONDS;
            Link {
                address,
                class,
                last_arrival: VirtualInstant::ZERO,
                last_send: now,
                repeats: Repeats { forgot, ..Repeats::default() },
            }
        })
    }

    /// Drops the links that are forgotten anyhow; whether and when this happens changes no fate.
    fn sweep(&mut self, now: VirtualInstant) {
        #[expect(clippy::disallowed_methods, reason = "which links go is decided link by link, in any order")]
        self.links.retain(|_, link| !link.is_forgotten(now));
        self.sweep_at = self.links.len() * 2;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(milliseconds: u64) -> VirtualInstant {
        VirtualInstant::ZERO + Duration::from_millis(milliseconds)
    }

    fn link(peers: &mut Peers, to: u32, now: VirtualInstant) -> &mut Link {
        peers.link(NodeId(to), now, || (Address::new().number(u64::from(to)), 0))
    }

    #[test]
    fn equal_labels_are_told_apart_by_how_often_they_were_sent() {
        let mut peers = Peers::default();
        let link = link(&mut peers, 1, at(0));
        let addresses = [7, 7, 8, 7].map(|label| link.address_of(label, at(1)));
        for (index, address) in addresses.iter().enumerate() {
            assert!(!addresses[index + 1..].contains(address), "message {index}");
        }
    }

    #[test]
    fn another_label_in_between_changes_nothing() {
        let (mut one, mut other) = (Peers::default(), Peers::default());
        let (one, other) = (link(&mut one, 1, at(0)), link(&mut other, 1, at(0)));
        one.address_of(8, at(1));
        assert_eq!([7, 7].map(|label| one.address_of(label, at(1))), [7, 7].map(|label| other.address_of(label, at(1))));
    }

    #[test]
    fn an_evicted_label_starts_anew_under_the_second_of_its_send() {
        let mut peers = Peers::default();
        let link = link(&mut peers, 1, at(0));
        let first = link.address_of(7, at(0));
        let after_eviction = |link: &mut Link, now| {
            (100..100 + LABELS as u64).for_each(|label| {
                link.address_of(label, now);
            });
            link.address_of(7, now)
        };
        let second = after_eviction(link, at(900));
        let third = after_eviction(link, at(1_900));
        assert!(first != second && second != third, "a retry is not doomed for ever");
    }

    #[test]
    fn sweeping_a_link_changes_no_fate() {
        let (mut kept, mut swept) = (Peers::default(), Peers::default());
        for peers in [&mut kept, &mut swept] {
            link(peers, 1, at(0)).address_of(7, at(0));
        }
        swept.sweep(at(5_000));
        assert_eq!((kept.links.len(), swept.links.len()), (1, 0));
        let [one, other] = [&mut kept, &mut swept].map(|peers| link(peers, 1, at(5_000)).address_of(7, at(5_000)));
        assert_eq!(one, other);
    }

    #[test]
    fn links_that_carry_nothing_are_forgotten() {
        let mut peers = Peers::default();
        for to in 0..10_000 {
            link(&mut peers, to, at(u64::from(to) * 100)).address_of(7, at(u64::from(to) * 100));
        }
        assert!(peers.links.len() <= 2 * SWEEP_FROM, "{} links", peers.links.len());
    }
}
