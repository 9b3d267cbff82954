//! Applies disk faults, and ends them.

use cluster_sim_runtime::Engine;
use cluster_sim_storage::{DiskSnapshot, Disks, RuleCounts, RuleId};
use cluster_sim_types::{Health, Incarnation, NodeId};

use super::resolve::{Resolved, What};
use crate::fault::family::Applied;

/// A fault of a disk in force.
#[derive(Debug)]
pub(crate) enum DiskInForce {
    /// A rule of the device.
    Rule(NodeId, RuleId),
    /// The disk will be as it was.
    Rollback(NodeId, DiskSnapshot),
    /// The node is down after that incarnation, or before its first one, with an empty disk.
    Reformatted(NodeId, Option<Incarnation>),
}

/// Applies a fault.
pub(super) fn apply(Resolved { node, what }: Resolved, engine: &mut Engine) -> Applied<DiskInForce> {
    if what == What::Reformat {
        return reformat(node, engine);
    }
    let no_file = "it had no such file";
    let (disks, kernel) = engine.core.device::<Disks>();
    match what {
        What::Rule(rule) => Applied::in_force(DiskInForce::Rule(node, disks.add_rule(kernel, node, rule))),
        What::Rollback => Applied::in_force(DiskInForce::Rollback(node, disks.snapshot(node))),
        What::Rot(path, share, rot) => {
            let rotten = disks.rot(kernel, node, &path, share, rot);
            Applied { effect: rotten, ..Applied::once(false) }.unless("it had no synced byte there, or chance spared all")
        }
        What::Truncate(path, length) => match disks.cut(kernel, node, &path, length) {
            Some(was_longer) => Applied::once(was_longer).unless("the file was not longer"),
            None => Applied::once(false).unless(no_file),
        },
        What::Remove(path) => Applied::once(disks.lose_file(kernel, node, &path)).unless(no_file),
        What::AppendGarbage(path, bytes) => {
            Applied::once(disks.append_garbage(kernel, node, &path, bytes).is_some()).unless(no_file)
        }
        What::Reformat => unreachable!("it is handled above"),
    }
}

fn reformat(node: NodeId, engine: &mut Engine) -> Applied<DiskInForce> {
    let crashed = engine.crash(node);
    let (disks, kernel) = engine.core.device::<Disks>();
    let emptied = disks.reformat(kernel, node);
    let life = (!kernel.is_held_by_crash(node)).then(|| kernel.incarnation(node));
    if crashed {
        return Applied::if_changed(true, DiskInForce::Reformatted(node, life));
    }
    Applied::once(emptied).unless("it was down, and its disk was empty")
}

impl DiskInForce {
    /// Whether nothing else has ended it.
    pub(super) fn is_in_force(&self, engine: &Engine) -> bool {
        let kernel = &engine.core.kernel;
        match *self {
            Self::Rule(node, _) | Self::Rollback(node, _) => kernel.health(node) != Health::Killed,
            Self::Reformatted(node, Some(life)) => kernel.health(node) == Health::Down && kernel.incarnation(node) == life,
            Self::Reformatted(node, None) => kernel.is_held_by_crash(node),
        }
    }

    /// Counts the operations that it hit so far.
    pub(super) fn counts(&self, engine: &Engine) -> RuleCounts {
        match *self {
            Self::Rule(node, rule) => engine.core.devices.find::<Disks>().rule_counts(node, rule),
            Self::Rollback(..) | Self::Reformatted(..) => RuleCounts::default(),
        }
    }

    /// The effect that ending it now will have.
    pub(super) fn effect_of_end(&self, engine: &Engine) -> u64 {
        let Self::Rollback(node, snapshot) = self else { return 0 };
        let is_up = matches!(engine.core.kernel.health(*node), Health::Up | Health::Paused);
        u64::from(is_up || engine.core.devices.find::<Disks>().differs(*node, snapshot))
    }

    /// Ends it; nodes that it had down restart now if `restarts`.
    pub(super) fn end(self, engine: &mut Engine, restarts: bool) {
        let node = match self {
            Self::Rule(node, rule) => {
                let (disks, kernel) = engine.core.device::<Disks>();
                return disks.end_rule(kernel, node, rule);
            }
            Self::Rollback(node, snapshot) => {
                let crashed = engine.crash(node);
                let (disks, kernel) = engine.core.device::<Disks>();
                disks.set_back(kernel, node, snapshot);
                if !crashed {
                    return;
                }
                node
            }
            Self::Reformatted(node, _) => node,
        };
        if restarts {
            engine.restart(node);
        }
    }
}
