//! Counts the messages and bytes of sessions.

use cluster_sim_types::{SessionTraffic, Volume};

#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) traffic: SessionTraffic,
}

impl Counts {
    pub(super) fn sent(&mut self, bytes: u32) {
        self.traffic.sent.add(bytes);
        self.traffic.in_flight.add(bytes);
    }

    pub(super) fn delivered(&mut self, bytes: u32) {
        self.move_to(bytes, |traffic| &mut traffic.delivered);
    }

    pub(super) fn lost(&mut self, bytes: u32) {
        self.move_to(bytes, |traffic| &mut traffic.lost);
    }

    fn move_to(&mut self, bytes: u32, place: impl FnOnce(&mut SessionTraffic) -> &mut Volume) {
        self.traffic.in_flight.remove(bytes);
        place(&mut self.traffic).add(bytes);
    }
}
