//! What a run leaves behind for comparing: its events and facts, in windows, with a checkpoint at the end of each.

use std::collections::VecDeque;
use std::fmt::Write;
use std::ops::Range;

use cluster_sim_runtime::{Digest, Record, RecordKind, fold, fold_bytes};
use cluster_sim_types::{Fact, NodeId, VirtualInstant};
use serde::{Deserialize, Serialize};

use crate::sim::Sim;

/// How many entries a window has: 200 KB, and a fraction of a millisecond to compare.
pub(super) const WINDOW: usize = 4_096;

/// One thing that came about in a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    /// One of the events that the digest is made of.
    Event(Record),
    /// A node stated a fact; its `Debug` form stands at that place among the texts of its window.
    Fact { at: VirtualInstant, node: NodeId, text: Range<usize> },
    /// The run ended. When and how is the business of its report.
    End,
}

/// Everything up to here, as a number and a hash.
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
                // With its place among all entries, so that a fact that moves between two events is noticed.
                let place = fold(fold(self.facts, self.entries), at.as_nanoseconds());
                self.facts = fold_bytes(fold(place, u64::from(node.0)), texts[text.clone()].as_bytes());
            }
            Entry::End => self.facts = fold(self.facts, self.entries),
        }
    }

    /// How many entries came before it.
    pub(super) fn entries(&self) -> u64 {
        self.entries
    }
}

/// Entries that follow each other, and the checkpoint after the last.
#[derive(Debug, Default)]
pub(super) struct Window {
    pub(super) entries: Vec<Entry>,
    /// The texts of all its facts, one after the other: they cost no memory of their own each.
    pub(super) texts: String,
    pub(super) checkpoint: Checkpoint,
    /// The poll of the step in which it begins, if that began with one.
    pub(super) polled: Option<Record>,
}

impl Window {
    #[inline]
    fn push(&mut self, entry: Entry) {
        self.checkpoint.fold(&entry, &self.texts);
        self.entries.push(entry);
    }
}

/// The entries of a run that nobody took yet, cut into windows.
#[derive(Debug, Default)]
pub(super) struct WindowLog {
    open: Window,
    full: VecDeque<Window>,
    /// An emptied window, so that a long run fills the same memory again and again.
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

    /// Ends the trail: what is left is a window too.
    pub(super) fn end(&mut self) {
        self.open.push(Entry::End);
        self.cut();
    }

    /// The oldest full window.
    #[inline]
    pub(super) fn next_window(&mut self) -> Option<Window> {
        self.full.pop_front()
    }

    /// Takes back the memory of a window that is done with, and lets the run forget the tasks that ended in it.
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
