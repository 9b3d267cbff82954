//! Windows of a run's events and facts, each with a checkpoint at its end.

use std::collections::VecDeque;
use std::fmt::Write;
use std::ops::Range;

use cluster_sim_runtime::{Digest, Record, RecordKind, fold, fold_bytes};
use cluster_sim_simulation::Sim;
use cluster_sim_simulation::driver::DriveSim;
use cluster_sim_types::{Fact, NodeId, VirtualInstant};

use serde::{Deserialize, Serialize};

/// Entries per window: about 200 KB, compared in a fraction of a millisecond.
pub(super) const WINDOW: usize = 4_096;

/// One entry of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    /// An event, as in the digest.
    Event(Record),
    /// A fact; `text` is the range of its `Debug` form in the texts of its window.
    Fact { at: VirtualInstant, node: NodeId, text: Range<usize> },
    /// The end of the run; the report says when and how.
    End,
}

/// Number and hash of all entries up to here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Checkpoint {
    entries: u64,
    events: Digest,
    facts: u64,
}

impl Checkpoint {
    #[inline]
    fn fold(&mut self, entry: &Entry, texts: &str) {
        self.entries += 1;
        match entry {
            Entry::Event(record) => self.events.fold(record),
            Entry::Fact { at, node, text } => {
                // Includes the position among all entries, so that a fact that moves between two events changes the hash.
                let place = fold(fold(self.facts, self.entries), at.as_nanoseconds());
                self.facts = fold_bytes(fold(place, u64::from(node.0)), texts[text.clone()].as_bytes());
            }
            Entry::End => self.facts = fold(self.facts, self.entries),
        }
    }

    /// Number of entries before this checkpoint.
    pub(super) fn entries(&self) -> u64 {
        self.entries
    }
}

/// Consecutive entries, and the checkpoint after the last.
#[derive(Debug, Default)]
pub(super) struct Window {
    pub(super) entries: Vec<Entry>,
    /// Texts of all facts, concatenated to save allocations.
    pub(super) texts: String,
    pub(super) checkpoint: Checkpoint,
    /// The last poll before the window.
    pub(super) polled: Option<Record>,
}

impl Window {
    #[inline]
    fn push(&mut self, entry: Entry) {
        self.checkpoint.fold(&entry, &self.texts);
        self.entries.push(entry);
    }
}

/// Entries of a run that were not taken yet, cut into windows.
#[derive(Debug, Default)]
pub(super) struct WindowLog {
    open: Window,
    full: VecDeque<Window>,
    /// An emptied window: a long run reuses its memory.
    spare: Window,
}

impl WindowLog {
    #[inline]
    pub(super) fn event(&mut self, record: Record) {
        self.open.push(Entry::Event(record));
        self.cut_if_full();
    }

    pub(super) fn fact(&mut self, at: VirtualInstant, node: NodeId, fact: &dyn Fact) {
        let from = self.open.texts.len();
        write!(self.open.texts, "{fact:?}").expect("a fact can be printed");
        let text = from..self.open.texts.len();
        self.open.push(Entry::Fact { at, node, text });
        self.cut_if_full();
    }

    #[inline]
    fn cut_if_full(&mut self) {
        if self.open.entries.len() == WINDOW {
            self.cut();
        }
    }

    fn cut(&mut self) {
        let checkpoint = self.open.checkpoint;
        let poll = |entry: &Entry| match entry {
            Entry::Event(record) if record.kind == RecordKind::Poll => Some(*record),
            _ => None,
        };
        let polled = self.open.entries.iter().rev().find_map(poll).or(self.open.polled);
        let next = Window { checkpoint, polled, ..std::mem::take(&mut self.spare) };
        self.full.push_back(std::mem::replace(&mut self.open, next));
    }

    /// Ends the log; the remaining entries become the last window.
    pub(super) fn end(&mut self) {
        self.open.push(Entry::End);
        self.cut();
    }

    /// Takes the oldest full window.
    #[inline]
    pub(super) fn next_window(&mut self) -> Option<Window> {
        self.full.pop_front()
    }

    /// Reuses the memory of a compared window, and drops the names of tasks that ended in it.
    pub(super) fn recycle(&mut self, mut window: Window, sim: &mut Sim) {
        for entry in &window.entries {
            if let Entry::Event(Record { kind: RecordKind::TaskEnd, label, .. }) = entry {
                sim.forget_task(*label);
            }
        }
        window.entries.clear();
        window.texts.clear();
        self.spare = window;
    }
}
