//! [`Domains`]: the zones and racks that nodes stand in, which can be lost as a whole.

use std::collections::BTreeMap;

use cluster_sim_types::{Rack, Region, Zone};

use super::error::ScenarioError;
use super::groups::Member;

/// The names of all zones and racks, in the order of their numbers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Domains {
    zones: Vec<String>,
    racks: Vec<String>,
}

impl Domains {
    /// The zone of that name; the first use declares it.
    pub(crate) fn zone(&mut self, name: &str) -> Zone {
        Zone(number_of(&mut self.zones, name))
    }

    /// The rack of that name; the first use declares it.
    pub(crate) fn rack(&mut self, name: &str) -> Rack {
        Rack(number_of(&mut self.racks, name))
    }

    /// The name of the zone that a node stands in.
    pub(crate) fn zone_of(&self, member: &Member) -> Option<&str> {
        member.zone.map(|zone| self.zones[usize::from(zone.0)].as_str())
    }

    /// The name of the rack that a node stands in.
    pub(crate) fn rack_of(&self, member: &Member) -> Option<&str> {
        member.rack.map(|rack| self.racks[usize::from(rack.0)].as_str())
    }

    /// Checks that every zone lies in one region, and every rack in one zone.
    pub(super) fn check<'m>(
        &self,
        members: impl Iterator<Item = &'m Member>,
        region_name: impl Fn(Option<Region>) -> String,
    ) -> Result<(), ScenarioError> {
        let (mut regions, mut zones) = (BTreeMap::new(), BTreeMap::new());
        let split =
            |kind: &str, name: &str, within: [String; 2]| ScenarioError::SplitDomain { domain: format!("{kind}:{name}"), within };
        for member in members {
            if let Some(zone) = self.zone_of(member) {
                let first = *regions.entry(zone).or_insert(member.region);
                if first != member.region {
                    return Err(split("zone", zone, [first, member.region].map(&region_name)));
                }
            }
            if let Some(rack) = self.rack_of(member) {
                let place = |member: &Member| match self.zone_of(member) {
                    Some(zone) => format!("zone:{zone}"),
                    None => region_name(member.region),
                };
                let first = *zones.entry(rack).or_insert(member);
                if (first.zone, first.region) != (member.zone, member.region) {
                    return Err(split("rack", rack, [first, member].map(place)));
                }
            }
        }
        Ok(())
    }
}

/// The position of a name in a list, which gets it if it is new.
fn number_of(names: &mut Vec<String>, name: &str) -> u16 {
    let known = names.iter().position(|known| known == name);
    known.unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    }) as u16
}
