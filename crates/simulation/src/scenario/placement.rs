//! Fault domains: the racks, zones and regions that the nodes of a group stand in, and that faults can take down as a whole.

use std::collections::BTreeMap;

use cluster_sim_types::{Region, Zone};

use super::Scenario;
use crate::definition::{Definition, Member, ScenarioError};

/// Where a node stands: in a rack of a zone of a region; each may be absent.
///
/// Names are those of the whole scenario: a zone lies in one region, and a rack in one zone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct Domain {
    region: Option<String>,
    zone: Option<String>,
    rack: Option<String>,
}

impl Domain {
    /// Stands in no region, no zone and no rack.
    pub fn new() -> Self {
        Self::default()
    }

    /// Stands in that region, which its first use declares.
    ///
    /// Links, cuts and faults of the region cover the node.
    pub fn region(self, name: impl Into<String>) -> Self {
        Self { region: Some(name.into()), ..self }
    }

    /// Stands in that zone, which its first use declares.
    pub fn zone(self, name: impl Into<String>) -> Self {
        Self { zone: Some(name.into()), ..self }
    }

    /// Stands in that rack, which its first use declares.
    pub fn rack(self, name: impl Into<String>) -> Self {
        Self { rack: Some(name.into()), ..self }
    }
}

impl Scenario {
    /// Spreads the nodes of a group over zones, in turn.
    ///
    /// Node 0 stands in the first, node 1 in the second, and so on. Faults name the nodes of a zone as `zone:a`, and can lose all of them at once. Nodes read theirs from
    /// [`Node::zone`](cluster_sim_node::Node::zone).
    ///
    /// ```
    /// use cluster_sim::fault::DomainFault;
    /// use cluster_sim::prelude::*;
    ///
    /// let lost = DomainFault::crash_all(["zone:b"], Duration::from_secs(1));
    /// let scenario = Scenario::new("storing")
    ///     .nodes("store", 6, async |node| node.sleep(Duration::from_secs(60)).await)
    ///     .zones("store", ["a", "b", "c"])
    ///     .racks("store", 2)
    ///     .faults(FaultPlan::new().at(Duration::from_secs(2), lost));
    /// let sim = scenario.start(Seed(7));
    /// assert_eq!(sim.nodes_named("zone:b").unwrap(), [NodeId(1), NodeId(4)]);
    /// assert_eq!(sim.nodes_named("rack:b/1").unwrap(), [NodeId(4)]);
    /// ```
    ///
    /// # Panics
    /// If there is no group of that name yet: declare groups first.
    #[must_use]
    pub fn zones(self, group: &str, zones: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let names: Vec<String> = zones.into_iter().map(Into::into).collect();
        if names.is_empty() {
            return self.refused(ScenarioError::NoDomains { group: group.to_owned(), kind: "zone" });
        }
        self.change_members(group, |definition, members| {
            let zones: Vec<Zone> = names.iter().map(|name| definition.domains.zone(name)).collect();
            members.iter_mut().zip(zones.iter().cycle()).for_each(|(member, zone)| member.zone = Some(*zone));
        })
    }

    /// Spreads the nodes of a group over that many racks in each of their zones, in turn.
    ///
    /// Call [`zones`](Self::zones) first if there are zones. Racks are named by zone and number, such as `rack:a/1`, and without
    /// zones by their number, such as `rack:1`. Groups share the racks of a zone.
    ///
    /// # Panics
    /// If there is no group of that name yet: declare groups first.
    #[must_use]
    pub fn racks(self, group: &str, per_zone: u16) -> Self {
        if per_zone == 0 {
            return self.refused(ScenarioError::NoDomains { group: group.to_owned(), kind: "rack" });
        }
        self.change_members(group, |definition, members| {
            let mut placed: BTreeMap<Option<Zone>, u16> = BTreeMap::new();
            for member in members {
                let next = placed.entry(member.zone).or_default();
                let name = match definition.domains.zone_of(member) {
                    Some(zone) => format!("{zone}/{next}"),
                    None => next.to_string(),
                };
                member.rack = Some(definition.domains.rack(&name));
                *next = (*next + 1) % per_zone;
            }
        })
    }

    /// Places each node of a group by its index, from 0: in a region, a zone, a rack, or some of these.
    ///
    /// The general form of [`place`](Self::place), [`zones`](Self::zones) and [`racks`](Self::racks); it replaces what they said
    /// about zones and racks, and about regions where it names one.
    ///
    /// ```
    /// use cluster_sim::prelude::*;
    /// use cluster_sim::scenario::Domain;
    ///
    /// let rack = |index| Domain::new().region("eu").zone(format!("eu-{}", index % 2)).rack(format!("r{index}"));
    /// let scenario = Scenario::new("storing").nodes("store", 4, async |_| {}).domains("store", rack);
    /// assert_eq!(scenario.start(Seed(7)).nodes_named("zone:eu-1").unwrap(), [NodeId(1), NodeId(3)]);
    /// ```
    ///
    /// # Panics
    /// If there is no group of that name yet: declare groups first.
    #[must_use]
    pub fn domains(self, group: &str, of: impl Fn(u32) -> Domain) -> Self {
        self.change_members(group, |definition, members| {
            for (member, index) in members.iter_mut().zip(0..) {
                let Domain { region, zone, rack } = of(index);
                member.region = region.map(|region| definition.region(&region)).or(member.region);
                member.zone = zone.map(|zone| definition.domains.zone(&zone));
                member.rack = rack.map(|rack| definition.domains.rack(&rack));
            }
        })
    }

    /// Changes the members of a group, which may declare domains.
    pub(super) fn change_members(self, group: &str, change: impl FnOnce(&mut Definition, &mut [Member])) -> Self {
        let index = self.group_index(group, "what names them");
        self.with(|definition| {
            let mut members = std::mem::take(&mut definition.groups[index].members);
            change(definition, &mut members);
            definition.groups[index].members = members;
        })
    }

    /// Remembers the first mistake that a method found, which every run refuses.
    pub(super) fn refused(self, error: ScenarioError) -> Self {
        self.with(|definition| {
            definition.refused.get_or_insert(error);
        })
    }
}

impl Definition {
    /// The region of that name; the first use declares it.
    pub(super) fn region(&mut self, name: &str) -> Region {
        let known = self.regions.iter().position(|known| known == name);
        let number = known.unwrap_or_else(|| {
            self.regions.push(name.to_owned());
            self.regions.len() - 1
        });
        Region(number as u16)
    }
}
