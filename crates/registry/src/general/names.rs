//! The nodes, sets of nodes and classes of links that the faults of a file may name.

use std::collections::BTreeSet;

use cluster_sim::Scenario;
use cluster_sim_simulation::text::closest;
use serde_json::Value;

use super::settled::Choices;
use crate::shape::Reference;

/// Names a node of a group that the seed chooses.
const ANY: &str = "any:";
/// Names all nodes of a group but the one of the condition.
const OTHERS: &str = "others:";
/// Names the node of the condition.
const IT: &str = "it";
/// Names that a cure lists; the others are counted.
const NAMES_LISTED: usize = 12;

/// The names of a scenario.
#[derive(Debug, Clone)]
pub(super) struct Names {
    nodes: Vec<String>,
    pub(super) groups: Vec<String>,
    places: BTreeSet<String>,
    links: Vec<String>,
}

impl Names {
    /// The names of a scenario with this topology.
    pub(super) fn of(scenario: &Scenario, topology: &Value) -> Self {
        let nodes: Vec<String> = scenario.node_names().into_iter().map(str::to_owned).collect();
        let mut groups: Vec<String> = nodes.iter().filter_map(|node| Some(node.rsplit_once('/')?.0.to_owned())).collect();
        groups.dedup();
        let declared = topology["groups"].as_object().into_iter().flatten().map(|(_, group)| group);
        let places = declared.flat_map(|group| {
            let region = group.get("region").and_then(Value::as_str).map(|region| format!("region:{region}"));
            let zones = group.get("zones").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
            region.into_iter().chain(zones.map(|zone| format!("zone:{zone}")))
        });
        let places = places.collect();
        let links = scenario.link_names().into_iter().map(str::to_owned).collect();
        Self { nodes, groups, places, links }
    }

    /// The cure for a name that means nothing here; nothing for one that is known. `is_aimed` if a condition names a node.
    pub(super) fn cure(&self, reference: Reference, name: &str, is_aimed: bool) -> Option<String> {
        let mut known: Vec<String> = match reference {
            Reference::Links => self.links.clone(),
            Reference::Node | Reference::Nodes => {
                let any = self.groups.iter().map(|group| format!("{ANY}{group}"));
                self.nodes.iter().cloned().chain(any).collect()
            }
        };
        if reference == Reference::Nodes {
            known.extend(self.groups.iter().map(|group| format!("group:{group}")));
            known.extend(self.places.iter().cloned());
            known.push("*".to_owned());
            if is_aimed {
                known.extend(self.groups.iter().map(|group| format!("{OTHERS}{group}")));
            }
            // Which racks there are depends on the zones: the scenario itself refuses an unknown one.
            if name.starts_with("rack:") {
                return None;
            }
        }
        if is_aimed && reference != Reference::Links {
            known.push(IT.to_owned());
        }
        if known.iter().any(|known| known == name) {
            return None;
        }
        let meant =
            closest(name, known.iter().map(String::as_str)).map_or_else(String::new, |name| format!("did you mean {name}? "));
        let more = known.len().saturating_sub(NAMES_LISTED);
        known.truncate(NAMES_LISTED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        Some(format!("{meant}use one of {}{more}", known.join(", ")))
    }

    /// The nodes or sets that a name stands for, at a place of a fault; `it` is the node of the condition.
    pub(super) fn meant(&self, path: &str, name: &str, it: Option<&str>, choices: Choices) -> Vec<String> {
        let members = |group: &str| -> Vec<String> {
            let is_member = |node: &&String| node.rsplit_once('/').is_some_and(|(of, _)| of == group);
            self.nodes.iter().filter(is_member).cloned().collect()
        };
        if let Some(group) = name.strip_prefix(ANY) {
            let mut members = members(group);
            let last = (members.len() as u64).saturating_sub(1);
            return vec![members.swap_remove(choices.choose(path, 0, last) as usize)];
        }
        match (it, name.strip_prefix(OTHERS)) {
            (Some(it), _) if name == IT => vec![it.to_owned()],
            (Some(it), Some(group)) => members(group).into_iter().filter(|node| node != it).collect(),
            _ => vec![name.to_owned()],
        }
    }

    /// The first node of a group; absent if it has none.
    pub(super) fn first_of(&self, group: &str) -> Option<&str> {
        self.nodes.iter().map(String::as_str).find(|node| node.rsplit_once('/').is_some_and(|(of, _)| of == group))
    }
}
