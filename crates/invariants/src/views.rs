//! Iterates over the views of one type, a row of a group at a time.

use std::any::Any;
use std::cell::Cell;

use cluster_sim_types::{NodeId, VIEWS_PER_ROW, ViewGroup, ViewTable};

use crate::observed::Observed;
use crate::reads::{Reads, note_missing};

/// The views of type `V` of nodes that are up or paused, in order of id.
///
/// [`World::views`](crate::World::views) makes one.
#[must_use = "an iterator does nothing unless it is asked for its views"]
pub struct Views<'w, 'a, V: 'static> {
    observed: &'a dyn Observed,
    reads: &'w Cell<Reads>,
    /// The type that was asked for in vain.
    missing: &'w Cell<Option<&'static str>>,
    /// The index of the group to read next.
    group: usize,
    source: Source<'a, V>,
    /// The node after the row, and the node after the group.
    next: u32,
    end: u32,
    /// The node whose view comes first in the row.
    base: u32,
    /// The place in the row to read next, and the number of places that are filled.
    at: usize,
    filled: usize,
    row: [Option<&'a V>; VIEWS_PER_ROW],
    /// The number of views returned.
    returned: u64,
}

/// Where a row comes from.
enum Source<'a, V: 'static> {
    /// The nodes are asked one by one.
    Nodes,
    /// The table of a group that begins with this node.
    Table { table: &'a ViewTable<V>, group: &'a dyn Any, first: u32 },
}

impl<'w, 'a, V: 'static> Views<'w, 'a, V> {
    #[inline]
    pub(crate) fn new(observed: &'a dyn Observed, reads: &'w Cell<Reads>, missing: &'w Cell<Option<&'static str>>) -> Self {
        let row = [None; VIEWS_PER_ROW];
        Self {
            observed,
            reads,
            missing,
            group: 0,
            source: Source::Nodes,
            next: 0,
            end: 0,
            base: 0,
            at: 0,
            filled: 0,
            row,
            returned: 0,
        }
    }

    /// Reads the next row; false after the last.
    #[inline(never)]
    fn fill(&mut self) -> bool {
        while self.next >= self.end {
            let Some(group) = self.observed.view_group(self.group) else { return false };
            self.begin_group(group);
            self.group += 1;
        }
        self.base = self.next;
        self.at = 0;
        self.filled = ((self.end - self.next) as usize).min(VIEWS_PER_ROW);
        self.next += self.filled as u32;
        match &self.source {
            Source::Table { table, group, first } => (table.fill)(*group, (self.base - first) as usize, &mut self.row),
            Source::Nodes => {
                for (view, node) in self.row[..self.filled].iter_mut().zip(self.base..) {
                    *view = self.observed.view(NodeId(node)).and_then(|view| view.downcast_ref());
                }
            }
        }
        true
    }

    /// Begins to read a group; one whose views all have another type ends at once.
    fn begin_group(&mut self, ViewGroup { first, count, table }: ViewGroup<'a>) {
        (self.next, self.end) = (first.0, first.0 + count);
        self.source = match table {
            None => Source::Nodes,
            Some((table, group)) => match table.downcast_ref() {
                Some(table) => Source::Table { table, group, first: first.0 },
                None => {
                    // Machines never show a view of another type, so nothing was read that could change.
                    self.next = self.end;
                    return;
                }
            },
        };
        self.reads.update(|reads| reads.with_group(self.group));
    }
}

impl<'a, V: 'static> Iterator for Views<'_, 'a, V> {
    type Item = (NodeId, &'a V);

    #[inline]
    fn next(&mut self) -> Option<(NodeId, &'a V)> {
        loop {
            while self.at < self.filled {
                let at = self.at;
                self.at += 1;
                if let Some(view) = self.row[at % VIEWS_PER_ROW] {
                    self.returned += 1;
                    return Some((NodeId(self.base + at as u32), view));
                }
            }
            if !self.fill() {
                return None;
            }
        }
    }
}

impl<V: 'static> Drop for Views<'_, '_, V> {
    #[inline]
    fn drop(&mut self) {
        self.reads.update(|reads| reads.with_views(self.returned));
        if self.returned == 0 {
            note_missing::<V>(self.missing);
        }
    }
}
