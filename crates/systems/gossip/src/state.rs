//! The state of a node, shared by both styles.

use std::collections::BTreeMap;

use cluster_sim_node::{LocalInstant, NodeId};

use crate::bug::Bug;
use crate::config::Config;
use crate::message::{GossipMessage, Newest};

/// More silent rounds than this are a silence for [`Bug::RestoresCheckpoint`].
const SILENT_ROUNDS: u32 = 4;
/// Late rounds after which [`Bug::ForgetsAfterPauses`] forgets.
const LATE_ROUNDS: u32 = 3;
/// Restarts after which [`Bug::StrikesOffFlapping`] ignores a peer.
const RESTARTS: u32 = 2;

/// The newest value that a node knows in this life. All other fields serve planted bugs.
#[derive(Debug)]
pub(crate) struct GossipState {
    config: Config,
    newest: Newest,
    /// The start of the last round.
    round_at: LocalInstant,
    /// The number of late rounds.
    late_rounds: u32,
    /// The rounds since the last message, and the value known at the end of the first silence.
    silent_rounds: u32,
    checkpoint: Option<Newest>,
    /// The last round received from each peer, and how often it went back.
    rounds: BTreeMap<NodeId, (u64, u32)>,
}

impl GossipState {
    /// Creates the state of a node that knows nothing.
    pub(crate) fn new(config: Config) -> Self {
        Self {
            config,
            newest: Newest::default(),
            round_at: LocalInstant::ZERO,
            late_rounds: 0,
            silent_rounds: 0,
            checkpoint: None,
            rounds: BTreeMap::new(),
        }
    }

    pub(crate) fn newest(&self) -> &Newest {
        &self.newest
    }

    /// Merges the node's own new value, if it has one in this round, and returns the value to send.
    pub(crate) fn begin_round(&mut self, round: u64, index: u32, now: LocalInstant) -> Newest {
        match self.config.bug {
            Some(Bug::ForgetsAfterPauses) => {
                if now.saturating_since(self.round_at) > self.config.interval * 3 {
                    self.late_rounds += 1;
                    if self.late_rounds == LATE_ROUNDS {
                        self.newest = Newest::default();
                    }
                }
                self.round_at = now;
            }
            Some(Bug::RestoresCheckpoint) => self.silent_rounds += 1,
            _ => {}
        }
        self.newest.merge(self.config.news(round, index, self.newest).unwrap_or_default());
        self.newest
    }

    /// Merges the value of a message.
    pub(crate) fn receive(&mut self, from: NodeId, message: GossipMessage) {
        match self.config.bug {
            Some(Bug::TieByArrival) if message.newest >> 32 == self.newest.0 >> 32 => self.newest = Newest(message.newest),
            Some(Bug::RestoresCheckpoint) => {
                if self.silent_rounds > SILENT_ROUNDS {
                    self.newest = *self.checkpoint.get_or_insert(self.newest);
                }
                self.newest.merge(message.newest);
                self.silent_rounds = 0;
            }
            Some(Bug::StrikesOffFlapping) => {
                if !self.is_ignored(from, message.round) {
                    self.newest.merge(message.newest);
                }
            }
            _ => self.newest.merge(message.newest),
        }
    }

    fn is_ignored(&mut self, peer: NodeId, round: u64) -> bool {
        let (last, restarts) = self.rounds.entry(peer).or_default();
        *restarts += u32::from(round < *last);
        *last = round;
        *restarts >= RESTARTS
    }
}
