//! All kinds of faults as they stand in a scenario file.
//!
//! The names are those of the simulator's own data; a time may also be in milliseconds, and a time or an amount may be chosen by each seed.

use super::fault_fields::kind;
use super::link_shapes::{impairment, link_model, times};
use super::{clock_and_disk_shapes, object_store_shapes};
use crate::shape::{FieldShape, ObjectShape, Shape, Tag};

/// The shape of a fault.
pub(super) fn fault() -> Shape {
    let mut kinds = of_network();
    kinds.extend(of_nodes());
    kinds.extend(clock_and_disk_shapes::of_clocks());
    kinds.extend(clock_and_disk_shapes::of_disks());
    kinds.extend(of_processes());
    kinds.extend(object_store_shapes::of_object_stores());
    Shape::Tagged("kind of fault", kinds)
}

fn of_network() -> Vec<Tag> {
    let new = ObjectShape::default;
    let alone = |name, about| Tag { name, fields: None, about };
    let rule = FieldShape::required("rule", Shape::Text("a name", 100), "The name under which its losses are counted.");
    let model = FieldShape::required("model", Shape::Object(link_model()), "The new model.");
    let ratio = FieldShape::required("ratio", Shape::share(), "The share of messages that is lost; 0 ends the rule.");
    let by = || FieldShape::required("by", Shape::Object(impairment()), "What happens to messages.");
    vec![
        kind("cut", new().sides().both_ways().duration(), "Drops all messages between two sides."),
        alone("heal_all", "Ends every cut."),
        kind(
            "flap",
            new()
                .sides()
                .both_ways()
                .time(times!("cut_for"), 1, true, "How long the links are cut at a time.")
                .time(times!("open_for"), 1, true, "How long they carry messages in between.")
                .duration(),
            "Cuts all links between two sides again and again.",
        ),
        kind("loss", new().links().and(rule).and(ratio).duration(), "Loses a share of the messages of a class of links."),
        kind("links", new().links().and(model), "Replaces the model of a class of links."),
        kind("impair", new().sides().both_ways().and(by()).duration(), "Impairs all links between two sides."),
        kind("impair_links", new().links().and(by()).duration(), "Impairs a class of links."),
        kind("hold", new().sides().both_ways().duration(), "Holds all messages between two sides until it ends."),
        alone("release_all", "Releases all held messages."),
        kind("reset_sessions", new().sides(), "Resets all sessions between two sides."),
    ]
}

fn of_nodes() -> Vec<Tag> {
    let new = ObjectShape::default;
    let point = FieldShape::required("point", Shape::Text("a failpoint", 200), "The failpoint.");
    vec![
        kind("crash", new().node().down_for(), "Crashes a node, which restarts."),
        kind(
            "crash_loop",
            new()
                .node()
                .time(times!("down_for"), 1, true, "How long the node is down at a time.")
                .time(times!("up_for"), 1, true, "How long it is up in between.")
                .duration(),
            "Crashes a node again and again.",
        ),
        kind(
            "crash_at",
            new().node().and(point).first("visit", "The visit at which it crashes, from 1.").down_for().duration(),
            "Crashes a node at a failpoint.",
        ),
        kind("restart", new().node(), "Restarts a node that is down."),
        kind("kill", new().node(), "Kills a node for good."),
        kind("pause", new().node().duration(), "Pauses a node."),
        kind("resume", new().node(), "Resumes a paused node."),
        kind("crash_all", new().nodes().down_for(), "Crashes several nodes at once."),
        kind("kill_all", new().nodes(), "Kills several nodes at once."),
        kind("pause_all", new().nodes().duration(), "Pauses several nodes at once."),
        kind(
            "rolling_restart",
            new().nodes().time(times!("down_for"), 0, true, "How long each node is down.").time(
                times!("pause"),
                0,
                true,
                "The time between two nodes.",
            ),
            "Restarts several nodes one after the other.",
        ),
    ]
}

fn of_processes() -> Vec<Tag> {
    let new = ObjectShape::default;
    vec![
        kind(
            "graceful_stop",
            new().node().time(times!("deadline"), 0, true, "How long the node has to stop.").down_for(),
            "Asks a node to stop, and crashes it after a deadline.",
        ),
        kind(
            "slow",
            new().node().time(times!("step_time"), 1, true, "The time that each step takes.").duration(),
            "Makes each step of a node take time.",
        ),
        kind(
            "cancel_tasks",
            new().node().share("share", "The share of polls before which a task is dropped.").duration(),
            "Drops spawned tasks of an async node.",
        ),
        kind("equal_random", new().nodes().duration(), "Gives several nodes equal random numbers."),
        kind(
            "poison_message",
            new().node().first("message", "The message, counted from 1.").down_for().duration(),
            "Crashes a node once, by the next message that it gets or a later one.",
        ),
        kind(
            "crash_in_io",
            new().node().first("operation", "The operation, counted from 1.").down_for().duration(),
            "Crashes a node in the middle of an operation of its disk.",
        ),
        kind(
            "random_crash_in_io",
            new().node().share("share", "The share of operations in which it crashes.").down_for().duration(),
            "Crashes a node in the middle of operations of its disk.",
        ),
    ]
}
