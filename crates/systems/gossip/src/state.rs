//! The state of a node, shared by both styles.

use std::collections::BTreeMap;

use cluster_sim_node::{Incarnation, LocalInstant, NodeId};

use crate::bug::Bug;
use crate::config::Config;
use crate::message::{GossipMessage, Newest};

/// More silent rounds than this are a silence for [`Bug::RestoresCheckpoint`].
const SILENT_ROUNDS: u32 = 4;
/// Late rounds after which [`Bug::ForgetsAfterPauses`] forgets.
const LATE_ROUNDS: u32 = 3;
/// Restarts after which [`Bug::StrikesOffFlapping`] ignores a peer.
const RESTARTS: u32 = 2;
/// Rounds without a message after which [`Bug::StaysSilent`] sends nothing more.
const LONELY_ROUNDS: u32 = 8;
/// Rounds by which a message may be behind for [`Bug::IgnoresLowerRounds`].
const ROUNDS_BEHIND: u64 = 5;

/// The newest value that a node knows in this life. All other fields serve planted bugs.
#[derive(Debug)]
pub(crate) struct GossipState {
    config: Config,
    newest: Newest,
    life: Incarnation,
    /// The round that began last.
    round: u64,
    /// Whether the node has stopped sending.
    is_silent: bool,
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
    pub(crate) fn new(config: Config, life: Incarnation) -> Self {
        Self {
            config,
            newest: Newest::default(),
            life,
            round: 0,
            is_silent: false,
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
            Some(Bug::RestoresCheckpoint | Bug::StaysSilent) => {
                self.silent_rounds += 1;
                self.is_silent |= self.config.bug == Some(Bug::StaysSilent) && self.silent_rounds > LONELY_ROUNDS;
            }
            _ => {}
        }
        self.round = round;
        let before = self.newest;
        self.newest.merge(self.config.news(round, index, before).unwrap_or_default());
        if self.config.bug == Some(Bug::SendsNewsLate) { before } else { self.newest }
    }

    /// Returns those of `peers` that the node sends to.
    pub(crate) fn receivers<'a>(&self, peers: &'a [NodeId]) -> &'a [NodeId] {
        match self.config.bug {
            Some(Bug::StaysSilent) if self.is_silent => &[],
            Some(Bug::SkipsFirstPeer) if self.life > Incarnation(0) => peers.get(1..).unwrap_or_default(),
            _ => peers,
        }
    }

    /// Merges the value of a message.
    pub(crate) fn receive(&mut self, from: NodeId, message: GossipMessage) {
        match self.config.bug {
            Some(Bug::IgnoresLowerRounds) if message.round + ROUNDS_BEHIND < self.round => {}
            Some(Bug::StaysSilent) => {
                self.newest.merge(message.newest);
                self.silent_rounds = 0;
            }
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
