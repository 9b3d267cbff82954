//! What a node makes of what it hears, whichever way it is written.

use std::collections::BTreeMap;

use cluster_sim_node::{LocalInstant, NodeId};

use crate::bug::Bug;
use crate::config::Config;
use crate::rumour::{Newest, Rumour};

/// Rounds without a word of anybody are a silence to [`Bug::RestoresCheckpoint`] if there are more.
const SILENT_ROUNDS: u32 = 4;
/// So many late rounds make [`Bug::ForgetsAfterPauses`] forget, and so many restarts make [`Bug::StrikesOffFlapping`] strike off.
const LATE_ROUNDS: u32 = 3;
const RESTARTS: u32 = 2;

/// The newest that a node has heard of in this life. All but that is only kept by one that is broken.
#[derive(Debug)]
pub(crate) struct Knowledge {
    config: Config,
    newest: Newest,
    /// When it last spoke.
    spoke_at: LocalInstant,
    /// How many of its rounds came late.
    late_rounds: u32,
    /// Its rounds since it last heard anybody, and what it knew at the end of its first silence.
    silent_rounds: u32,
    checkpoint: Option<Newest>,
    /// The round that each peer was in when it was last heard, and how often it went back.
    rounds: BTreeMap<NodeId, (u64, u32)>,
}

impl Knowledge {
    /// What a node knows that has heard of nothing yet.
    pub(crate) fn new(config: Config) -> Self {
        Self {
            config,
            newest: Newest::default(),
            spoke_at: LocalInstant::ZERO,
            late_rounds: 0,
            silent_rounds: 0,
            checkpoint: None,
            rounds: BTreeMap::new(),
        }
    }

    pub(crate) fn newest(&self) -> &Newest {
        &self.newest
    }

    /// Takes in its own news of that round, if it has any, and answers with the newest there is to be told.
    pub(crate) fn speak(&mut self, news: Option<u64>, now: LocalInstant) -> Newest {
        match self.config.bug {
            Some(Bug::ForgetsAfterPauses) => {
                if now.saturating_since(self.spoke_at) > self.config.interval * 3 {
                    self.late_rounds += 1;
                    if self.late_rounds == LATE_ROUNDS {
                        self.newest = Newest::default();
                    }
                }
                self.spoke_at = now;
            }
            Some(Bug::RestoresCheckpoint) => self.silent_rounds += 1,
            _ => {}
        }
        self.newest.hear(news.unwrap_or_default());
        self.newest
    }

    /// Takes in what a peer says.
    pub(crate) fn hear(&mut self, from: NodeId, rumour: Rumour) {
        match self.config.bug {
            Some(Bug::TieByArrival) if rumour.newest >> 32 == self.newest.0 >> 32 => self.newest = Newest(rumour.newest),
            Some(Bug::RestoresCheckpoint) => {
                if self.silent_rounds > SILENT_ROUNDS {
                    self.newest = *self.checkpoint.get_or_insert(self.newest);
                }
                self.newest.hear(rumour.newest);
                self.silent_rounds = 0;
            }
            Some(Bug::StrikesOffFlapping) => {
                if !self.strikes_off(from, rumour.round) {
                    self.newest.hear(rumour.newest);
                }
            }
            _ => self.newest.hear(rumour.newest),
        }
    }

    fn strikes_off(&mut self, peer: NodeId, round: u64) -> bool {
        let (last, restarts) = self.rounds.entry(peer).or_default();
        *restarts += u32::from(round < *last);
        *last = round;
        *restarts >= RESTARTS
    }
}
