//! Names of nodes, tasks, causes and links, which records give as numbers.

use std::sync::Arc;

use cluster_sim_runtime::{Record, RecordKind};
use cluster_sim_storage::Disks;
use cluster_sim_types::{LossCause, NodeId, VirtualInstant};

use super::Sim;
use crate::event::{EventKind, Names, text_of};
use crate::report::PanicSite;

/// The name in place of a node for events of no node.
const CLUSTER: &str = "cluster";

impl Names for Sim {
    fn shared_name(&self, node: NodeId) -> Arc<str> {
        if node.0 < self.engine.core.kernel.node_count() { Arc::clone(self.engine.core.kernel.name(node)) } else { CLUSTER.into() }
    }

    fn task_named(&self, path: u64) -> Option<String> {
        self.engine.core.kernel.task_named(path).map(|task| task.name)
    }

    fn cause(&self, number: u32, to: NodeId) -> LossCause {
        self.network().fabric.cause(number, to)
    }

    fn disk_path(&self, key: u64) -> Arc<str> {
        let known = self.engine.core.devices.find::<Disks>().path(key).map(Arc::clone);
        known.unwrap_or_else(|| format!("file {key:016x}").into())
    }

    fn lengths_at_crash(&self, at: VirtualInstant, node: NodeId, key: u64) -> Option<[u64; 2]> {
        self.engine.core.devices.find::<Disks>().lengths_at_crash(at, node, key)
    }

    fn class_name(&self, number: u32) -> &str {
        self.network().fabric.class_name(number)
    }
}

impl Sim {
    /// The declared name of a node; `cluster` for none.
    pub(crate) fn node_name(&self, node: NodeId) -> &str {
        if node.0 < self.engine.core.kernel.node_count() { self.engine.core.kernel.name(node) } else { CLUSTER }
    }

    /// The site of a panic in the code of a node.
    pub(crate) fn panic_site(&self, node: NodeId) -> PanicSite {
        let mut first = 0;
        let group = self.definition.groups.iter().find(|group| {
            first += group.members.len() as u32;
            node.0 < first
        });
        let group = group.map(|group| group.name.clone()).unwrap_or_default();
        PanicSite::Node { name: self.node_name(node).to_owned(), group }
    }

    /// The view of a node as text, if the text of its type is known.
    pub(crate) fn view_text(&self, node: NodeId) -> Option<String> {
        let view = self.engine.view(node)?;
        self.definition.view_texts.text(view)
    }

    /// Formats a record as its instant and its sentence; messages show label and length.
    pub(crate) fn describe(&self, record: &Record) -> String {
        let task = match record.kind {
            RecordKind::Timer => self.task_named(record.label),
            // The run forgets the name when the task ends; the number of its path remains.
            RecordKind::Spawn | RecordKind::Poll | RecordKind::TaskEnd => {
                Some(self.task_named(record.label).unwrap_or_else(|| format!("task {:016x}", record.label)))
            }
            _ => None,
        };
        let event = EventKind::decode(record, self);
        format!("{}  {}", record.at, text_of(&event, self.node_name(record.node), task.as_deref()))
    }
}
