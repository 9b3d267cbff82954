//! The part `topology` of a file: how many nodes, where they stand, their disks and their links.

use std::time::Duration;

use cluster_sim::Scenario;
use cluster_sim::disk::DiskModel;
use cluster_sim::net::Distribution;
use serde_json::Value;

use super::declaration::GroupDeclaration;
use super::link_shapes::{link_model, to_link_model};
use crate::shape::{FieldShape, ObjectShape, Shape};

/// The longest operation of a disk in microseconds, some 11 days.
const US_MAX: u64 = 1_000_000_000_000;
/// The most zones of a group.
const ZONES_MAX: usize = 1_000;

/// The shape of the topology of a system with these groups.
pub(super) fn topology(groups: &[GroupDeclaration]) -> ObjectShape {
    let groups = ObjectShape::new(groups.iter().map(|group| FieldShape::object(group.name, of_group(group), group.about)));
    ObjectShape::new([
        FieldShape::object("groups", groups, "The groups of nodes."),
        FieldShape::optional("default_links", Shape::Object(link_model()), "The model of all links that no class covers."),
        FieldShape::with_default(
            "links",
            Shape::list(Shape::Object(class_of_links()), 0),
            Vec::<Value>::new(),
            "Classes of links; a link belongs to the last one that covers both its ends.",
        ),
    ])
}

fn of_group(group: &GroupDeclaration) -> ObjectShape {
    let [least, most] = group.bounds.map(u64::from);
    let zones = Shape::List(Box::new(Shape::Name("a zone")), 1, ZONES_MAX);
    ObjectShape::new([
        FieldShape::with_default("count", Shape::Whole(least, most), group.count, "How many nodes it has."),
        FieldShape::optional("region", Shape::Name("a region"), "The region in which its nodes stand."),
        FieldShape::optional("zones", zones, "The zones over which its nodes are spread in turn."),
        FieldShape::optional(
            "racks_per_zone",
            Shape::Whole(1, 1_000),
            "The racks of each zone over which its nodes are spread in turn.",
        ),
        FieldShape::optional("disk", Shape::Object(disk()), "The disk of each node."),
    ])
}

fn disk() -> ObjectShape {
    let time = |name, about| FieldShape::optional(name, Shape::Span(0, US_MAX), about);
    ObjectShape::new([
        FieldShape::with_default(
            "crash",
            Shape::word("rule of crashes", &["strict_posix", "ext4_ordered", "xfs_like"]),
            "strict_posix",
            "What a crash does to what was not synced.",
        ),
        time("read_us", "The time that a read takes, or the shortest and the longest."),
        time("write_us", "The time that a write takes, or the shortest and the longest."),
        time("sync_us", "The time that a sync takes, or the shortest and the longest."),
        FieldShape::optional("capacity_bytes", Shape::Whole(0, 1 << 50), "The bytes that all files together may have."),
    ])
}

fn class_of_links() -> ObjectShape {
    let group = "A group, or * for all nodes.";
    ObjectShape::new([
        FieldShape::required("from", Shape::Text("a group or *", 64), group),
        FieldShape::required("to", Shape::Text("a group or *", 64), group),
        FieldShape::required("name", Shape::Name("a class of links"), "The name of the class, for faults and reports."),
        FieldShape::required("model", Shape::Object(link_model()), "The model of its links."),
    ])
}

/// Adds the topology of a file to a scenario that has all groups.
///
/// # Errors
/// The place of the first part that does not go together with the rest, and the reason.
pub(super) fn with_topology(mut scenario: Scenario, topology: &Value, groups: &[String]) -> Result<Scenario, (String, String)> {
    for (group, value) in topology["groups"].as_object().into_iter().flatten() {
        // A group without nodes may be missing.
        if groups.contains(group) {
            scenario = in_places(scenario, group, value);
            if let Some(disk) = value.get("disk") {
                scenario = scenario.disks_of(group, disk_model(disk));
            }
        }
    }
    if let Some(model) = topology.get("default_links") {
        let model = to_link_model(model).map_err(|reason| ("topology.default_links".to_owned(), reason))?;
        scenario = scenario.default_links(model);
    }
    for (index, class) in topology["links"].as_array().into_iter().flatten().enumerate() {
        let text = |name: &str| class[name].as_str().unwrap_or_default();
        for end in ["from", "to"] {
            if text(end) != "*" && !groups.iter().any(|group| group == text(end)) {
                let known = groups.join(", ");
                return Err((format!("topology.links[{index}].{end}"), format!("use * or one of {known}")));
            }
        }
        let model = to_link_model(&class["model"]).map_err(|reason| (format!("topology.links[{index}].model"), reason))?;
        scenario = scenario.links(text("from"), text("to"), text("name"), model);
    }
    Ok(scenario)
}

fn in_places(mut scenario: Scenario, group: &str, value: &Value) -> Scenario {
    if let Some(region) = value.get("region").and_then(Value::as_str) {
        scenario = scenario.place(group, region);
    }
    if let Some(zones) = value.get("zones").and_then(Value::as_array) {
        scenario = scenario.zones(group, zones.iter().filter_map(Value::as_str));
    }
    if let Some(racks) = value.get("racks_per_zone").and_then(Value::as_u64) {
        scenario = scenario.racks(group, u16::try_from(racks).expect("the file was checked: a zone has at most 1,000 racks"));
    }
    scenario
}

fn disk_model(value: &Value) -> DiskModel {
    let mut model = match value["crash"].as_str() {
        Some("ext4_ordered") => DiskModel::ext4_ordered(),
        Some("xfs_like") => DiskModel::xfs_like(),
        _ => DiskModel::strict_posix(),
    };
    let micros = |value: &Value| Duration::from_micros(value.as_u64().unwrap_or(0));
    let time = |name: &str| {
        value.get(name).map(|value| match value.as_array().map(Vec::as_slice) {
            Some([from, to]) => Distribution::uniform(micros(from), micros(to)),
            _ => Distribution::constant(micros(value)),
        })
    };
    let times = &mut model.times;
    for (part, name) in [(&mut times.read, "read_us"), (&mut times.write, "write_us"), (&mut times.sync, "sync_us")] {
        if let Some(time) = time(name) {
            *part = time;
        }
    }
    if let Some(capacity) = value.get("capacity_bytes").and_then(Value::as_u64) {
        model.capacity = capacity;
    }
    model
}
