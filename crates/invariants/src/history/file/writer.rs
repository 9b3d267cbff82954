//! Writes a history while it happens.

use std::io::{self, Write};
use std::marker::PhantomData;

use cluster_sim_types::{CallFact, NodeId, VirtualInstant};
use serde::Serialize;

use super::jsonl;
use crate::history::operation::{Completion, Moment};
use crate::history::processes::{Processes, name_of};

/// Writes the calls of nodes as JSON lines, as they state them; keeps none in memory but the open ones.
///
/// The observer of a real cluster hands it the facts. A file whose process was killed can be read, but for a last line that is
/// cut.
#[derive(Debug)]
pub struct HistoryWriter<O, A, W> {
    writer: W,
    processes: Processes,
    events: u32,
    types: PhantomData<fn(O) -> A>,
}

impl<O: Serialize + 'static, A: Serialize + Clone + 'static, W: Write> HistoryWriter<O, A, W> {
    /// Writes to `writer`, a line for each event; give it a buffer if calls are many.
    pub fn new(writer: W) -> Self {
        Self { writer, processes: Processes::default(), events: 0, types: PhantomData }
    }

    /// Writes a fact of the node of that name.
    ///
    /// `at` counts from any one instant and never runs backwards.
    ///
    /// # Errors
    ///
    /// If the writer fails, or the fact fits no fact before it ([`io::ErrorKind::InvalidData`], with the reason).
    pub fn write(&mut self, node: NodeId, name: &str, at: VirtualInstant, fact: &CallFact<O, A>) -> io::Result<()> {
        let invalid = |error| io::Error::new(io::ErrorKind::InvalidData, error);
        let at = Moment { at, order: self.events };
        self.events += 1;
        match fact {
            CallFact::Invoked { call, op } => {
                let (process, new) = self.processes.begin(node, *call).map_err(invalid)?;
                jsonl::write_start(&mut self.writer, process, op, at, new.map(|number| name_of(name, number)))
            }
            CallFact::Ok { call, answer } => self.complete(node, *call, &Completion::Ok { answer: answer.clone(), at }),
            CallFact::Fail { call } => self.complete(node, *call, &Completion::Fail { at }),
            CallFact::Open { call } => self.processes.end(node, *call, true).map(drop).map_err(invalid),
        }
    }

    /// Leaves all calls of a node open: its life ended.
    pub fn end_life(&mut self, node: NodeId) {
        self.processes.end_life(node);
    }

    /// Flushes the writer and returns it.
    ///
    /// # Errors
    ///
    /// If that fails.
    pub fn into_inner(mut self) -> io::Result<W> {
        self.writer.flush()?;
        Ok(self.writer)
    }

    fn complete(&mut self, node: NodeId, call: u64, outcome: &Completion<A>) -> io::Result<()> {
        let process = self.processes.end(node, call, false);
        let process = process.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        jsonl::write_end(&mut self.writer, process, outcome)
    }
}
