//! What a sender remembers of each receiver: the link between them.

use cluster_sim_runtime::Address;
use cluster_sim_vocabulary::{NodeId, VirtualInstant};
use rustc_hash::FxHashMap;

use super::repeats::{EPOCH_NANOSECONDS, Repeats};

/// A sender's links become worth sweeping for forgotten ones at this number.
const SWEEP_FROM: usize = 64;

/// One direction between two nodes, from the first message on.
#[derive(Debug)]
pub(super) struct Link {
    to: NodeId,
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
    /// What tells this message from all others on the link: its label, the epoch, and how often that label was sent before.
    #[inline]
    pub(super) fn address_of(&mut self, label: u64, now: VirtualInstant) -> Address {
        if self.is_silent(now) {
            self.repeats = Repeats::default();
        }
        self.last_send = now;
        let labelled = self.address.number(label);
        labelled.number(self.repeats.number(labelled.key(), now))
    }

    fn is_silent(&self, now: VirtualInstant) -> bool {
        now.as_nanoseconds() - self.last_send.as_nanoseconds() > EPOCH_NANOSECONDS
    }

    fn is_forgotten(&self, now: VirtualInstant) -> bool {
        self.is_silent(now) && self.last_arrival < now
    }
}

/// The links of one sender, in the order of their first messages.
#[derive(Debug, Default)]
pub(super) struct Peers {
    links: Vec<Link>,
    /// Where the link to each receiver lies.
    places: FxHashMap<u32, usize>,
    /// The place after that of the last message: who broadcasts again does so in the same order.
    expected: usize,
    sweep_at: usize,
}

impl Peers {
    /// The link to `to`; `classify` is asked for the class of one that is new.
    #[inline]
    pub(super) fn link(&mut self, to: NodeId, now: VirtualInstant, classify: impl FnOnce() -> (Address, u16)) -> &mut Link {
        let place = match self.links.get(self.expected) {
            Some(link) if link.to == to => self.expected,
            _ => self.place(to, now, classify),
        };
        self.expected = place + 1;
        &mut self.links[place]
    }

    fn place(&mut self, to: NodeId, now: VirtualInstant, classify: impl FnOnce() -> (Address, u16)) -> usize {
        if let Some(place) = self.places.get(&to.0) {
            return *place;
        }
        if self.links.len() > self.sweep_at.max(SWEEP_FROM) {
            self.sweep(now);
        }
        let (address, class) = classify();
        self.links.push(Link {
            to,
            address,
            class,
            last_arrival: VirtualInstant::ZERO,
            last_send: now,
            repeats: Repeats::default(),
        });
        let place = self.links.len() - 1;
        self.places.insert(to.0, place);
        place
    }

    /// Drops the links that are forgotten anyhow; whether and when this happens changes no fate.
    fn sweep(&mut self, now: VirtualInstant) {
        self.links.retain(|link| !link.is_forgotten(now));
        self.places = self.links.iter().enumerate().map(|(place, link)| (link.to.0, place)).collect();
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
    fn sweeping_a_link_changes_no_fate() {
        let (mut kept, mut swept) = (Peers::default(), Peers::default());
        for peers in [&mut kept, &mut swept] {
            link(peers, 1, at(0)).address_of(7, at(0));
        }
        swept.sweep(at(20_000));
        assert_eq!((kept.links.len(), swept.links.len()), (1, 0));
        let [one, other] = [&mut kept, &mut swept].map(|peers| link(peers, 1, at(20_000)).address_of(7, at(20_000)));
        assert_eq!(one, other);
    }

    #[test]
    fn links_that_carry_nothing_are_forgotten() {
        let mut peers = Peers::default();
        for to in 0..10_000 {
            link(&mut peers, to, at(u64::from(to) * 1_000)).address_of(7, at(u64::from(to) * 1_000));
        }
        assert!(peers.links.len() <= 2 * SWEEP_FROM, "{} links", peers.links.len());
    }
}
