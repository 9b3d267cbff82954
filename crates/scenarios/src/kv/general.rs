//! Scenario files of the key-value store.

use cluster_sim::Scenario;
use cluster_sim_kv::{Bug, Config, KvReplicaView, REPLICAS, Status};
use cluster_sim_registry::{Aim, Condition, FieldShape, GeneralFormat, GroupDeclaration, Parameters, Phases, Setup, Shape};

use super::planted::{LINEARIZABLE, SETTLED};
use super::{CLIENTS, cluster};
use crate::workload::{bug_field, bug_of, pause_field, style_field, style_of, time_field, whole_field};

/// The declaration of its files.
pub(super) fn format() -> GeneralFormat {
    let Config { operations, keys, pause, answer_timeout, attempts, heartbeat, election, .. } = Config::default();
    GeneralFormat {
        example: r#"{"format": 1, "system": "kv", "seed": 7, "faults": [
 {"at_ms": [300, 900], "fault": {"crash": {"node": "any:replica", "down_for_ms": 50}}}]}"#,
        groups: vec![
            GroupDeclaration {
                name: "replica",
                bounds: [REPLICAS; 2],
                count: REPLICAS,
                about: "The replicas, which keep one log.",
            },
            GroupDeclaration { name: "client", bounds: [1, 1_000], count: CLIENTS, about: "The clients, which read and write." },
        ],
        workload: vec![
            style_field(),
            whole_field("operations", [1, 1_000_000], operations, "The operations that a client calls for, one at a time."),
            whole_field("keys", [1, 1_000_000], keys, "The number of keys."),
            pause_field("pause_ms", pause, "The time between an answer and the next operation."),
            time_field("answer_timeout_ms", answer_timeout, "The time a client waits before it asks the next replica."),
            whole_field("attempts", [1, 1_000], u64::from(attempts), "How often a client asks before it gives an operation up."),
            FieldShape::with_default(
                "moves",
                Shape::share(),
                0.1,
                "The share of operations before which a client turns to another replica.",
            ),
            time_field("heartbeat_ms", heartbeat, "The time between two heartbeats of a primary."),
            time_field(
                "election_ms",
                election,
                "The shortest time without word from a primary after which a replica asks to lead.",
            ),
            bug_field(Bug::ALL),
        ],
        conditions: vec![Condition {
            name: "leading",
            about: "A replica leads and has executed that many operations; it is the node.",
            fields: vec![whole_field("executed", [0, 1_000_000], 0, "The operations that it has executed.")],
            group: "replica",
            aim: leading,
        }],
        checks: vec![LINEARIZABLE, SETTLED],
        measures: None,
        phases: Phases::default(),
        build,
    }
}

fn build(setup: &Setup<'_>) -> Scenario {
    let workload = setup.workload();
    let config = Config {
        operations: workload.whole("operations"),
        keys: workload.whole("keys"),
        pause: workload.millis("pause_ms"),
        answer_timeout: workload.millis("answer_timeout_ms"),
        attempts: workload.count("attempts"),
        moves: workload.share("moves"),
        heartbeat: workload.millis("heartbeat_ms"),
        election: workload.millis("election_ms"),
        bug: bug_of(Bug::ALL, &workload),
    };
    cluster(setup.name(), style_of(&workload), setup.count("client"), config)
}

fn leading(parameters: &Parameters<'_>) -> Aim {
    let executed = parameters.whole("executed");
    Box::new(move |change, world| {
        let view = world.view::<KvReplicaView>(change.node())?;
        (view.status == Status::Primary && view.applied as u64 >= executed).then(|| change.node())
    })
}
