//! [`Outline`]: what code that runs a scenario many times must know of it.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use cluster_sim_runtime::fold_bytes;

use super::Scenario;
use crate::definition::{Definition, Group};
use crate::fault::NodeNames;

/// The part of a scenario on which sweeps, replays and minimization depend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// Length of the fault phase, unless a script decides it.
    pub duration: Duration,
    /// Real time that one step may take.
    pub step_timeout: Duration,
    /// Real time that one run may take in a sweep.
    pub seed_timeout: Duration,
    /// Seeds of a sweep that run at once; absent for one per core.
    pub threads: Option<NonZeroUsize>,
    /// Whether a script drives the fault phase.
    pub is_scripted: bool,
    /// The names of all clients, in order of their numbers.
    pub clients: Vec<String>,
    /// The names of the other nodes that may be left out, in order of their numbers.
    pub servers: Vec<String>,
    /// The groups of several members of which none may be left out.
    pub kept_groups: Vec<String>,
    /// The nodes that it leaves out.
    pub absent: BTreeSet<String>,
    /// The names of nodes and sets, once a run has started.
    names: Option<Arc<NodeNames>>,
}

impl Outline {
    /// The nodes of a region, zone, rack, shard or group, named as in `zone:a`.
    ///
    /// Absent if there is no such set.
    pub fn members(&self, set: &str) -> Option<Vec<String>> {
        self.names.as_ref()?.members(set)
    }
}

impl Scenario {
    /// The part of this scenario on which sweeps and minimization depend.
    pub(crate) fn outline(&self) -> Outline {
        let Definition { duration, step_timeout, seed_timeout, threads, groups, absent, may_shrink, checked, .. } =
            &*self.definition;
        let (clients, others): (Vec<&Group>, Vec<&Group>) = groups.iter().partition(|group| group.must_end);
        let (servers, kept): (Vec<&Group>, Vec<&Group>) = others.into_iter().partition(|group| may_shrink.contains(&group.name));
        let names = |groups: Vec<&Group>| {
            groups.into_iter().flat_map(|group| group.members.iter().map(|member| member.name.clone())).collect()
        };
        Outline {
            duration: *duration,
            step_timeout: *step_timeout,
            seed_timeout: *seed_timeout,
            threads: *threads,
            is_scripted: self.script.is_some(),
            clients: names(clients),
            servers: names(servers),
            kept_groups: kept.into_iter().filter(|group| group.members.len() > 1).map(|group| group.name.clone()).collect(),
            absent: absent.clone(),
            names: checked.get().and_then(|checked| checked.as_ref().ok()).map(Arc::clone),
        }
    }

    /// Hash of the declaration, without the code in it.
    pub(crate) fn declaration_hash(&self) -> u64 {
        // Clears the cached check, which depends on earlier runs.
        let definition = Definition { checked: OnceLock::new(), ..Definition::clone(&self.definition) };
        fold_bytes(0, format!("{definition:?}{:?}", self.script).as_bytes())
    }
}
