//! Scenario files of the stream queue.

use std::time::Duration;

use cluster_sim::Scenario;
use cluster_sim_registry::{
    Aim, Condition, FieldShape, GeneralFormat, GroupDeclaration, ObjectShape, Parameters, Phases, Setup, Shape,
};
use cluster_sim_stream_queue::{Acks, BrokerFact, BrokerView, Bug, Config, ConsumerLoad, ProducerLoad};
use serde_json::{Value, json};

use super::queue::{Queue, RULES, brokers, load, orders, reads};
use crate::workload::{bug_field, bug_of, pause_field, time_field, whole_field};

/// The declaration of its files.
pub(super) fn format() -> GeneralFormat {
    GeneralFormat {
        example: r#"{"format": 1, "system": "stream-queue", "seed": 7,
 "faults": [{"when": {"leading": {"records": 100}}, "fault": {"crash": {"node": "it", "down_for_ms": 700}}}]}"#,
        groups: vec![
            GroupDeclaration {
                name: "broker",
                bounds: [1, 9],
                count: 3,
                about: "The brokers, each with a replica of the partition.",
            },
            GroupDeclaration { name: "s3", bounds: [1, 1], count: 1, about: "The object store, which takes closed segments." },
            GroupDeclaration { name: "producer", bounds: [1, 100], count: 2, about: "The producers." },
        ],
        workload: workload(),
        conditions: vec![Condition {
            name: "leading",
            about: "The leader of the partition has applied that many records; it is the node.",
            fields: vec![whole_field("records", [0, 1_000_000], 0, "The offset that the leader has reached.")],
            group: "broker",
            aim: leading,
        }],
        checks: RULES.to_vec(),
        measures: None,
        phases: Phases {
            duration: Duration::from_secs(4),
            stable_for: Duration::from_millis(500),
            recovery_timeout: Duration::from_secs(60),
        },
        build,
    }
}

fn workload() -> Vec<FieldShape> {
    let Config {
        segment_bytes,
        segment_age,
        retained_segments,
        offload_every,
        checkpoint_entries,
        queue,
        read_bytes,
        heartbeat,
        election,
        suspect_after,
        ..
    } = brokers(1);
    let consumers = Shape::List(Box::new(Shape::Object(consumer())), 0, 100);
    vec![
        whole_field("segment_bytes", [256, 1 << 30], segment_bytes, "The bytes from which on a segment is closed."),
        time_field("segment_age_ms", segment_age, "The age from which on a segment is closed."),
        whole_field("retained_segments", [0, 10_000], retained_segments as u64, "The shipped segments that a broker keeps."),
        time_field("offload_every_ms", offload_every, "The time between two looks for segments to ship and to trim."),
        whole_field("checkpoint_entries", [1, 1_000_000], checkpoint_entries, "The entries of the log between two checkpoints."),
        whole_field("queue", [1, 1_000_000], queue.into(), "The requests that may wait for the partition."),
        whole_field("read_bytes", [1, 1 << 30], read_bytes.into(), "The most bytes that one read answers."),
        time_field("heartbeat_ms", heartbeat, "The time between two heartbeats of a leader."),
        time_field("election_ms", election, "The shortest time without a leader after which a broker wants to lead."),
        time_field("suspect_after_ms", suspect_after, "The time without word after which a broker suspects another."),
        FieldShape::object("producers", producers(), "What each producer publishes."),
        FieldShape::with_default("consumers", consumers, json!([{"name": "consumer"}]), "The groups of nodes that consume."),
        bug_field(Bug::ALL),
    ]
}

fn producers() -> ObjectShape {
    let ProducerLoad { batches, records, value_bytes, pause, .. } = load(15);
    let acks = Shape::word("promise", &["all", "local", "none"]);
    ObjectShape::new([
        whole_field("batches", [0, 1_000_000], batches, "The batches of one life, one after the other."),
        whole_field("records", [1, 10_000], records.into(), "The records of a batch."),
        whole_field("value_bytes", [0, 1 << 20], value_bytes.into(), "The most bytes of a value."),
        FieldShape::with_default("acks", acks, "all", "The promise that they ask for."),
        pause_field("pause_ms", pause, "The time between an answer and the next batch."),
    ])
}

fn consumer() -> ObjectShape {
    let ConsumerLoad { limit, pause, commit_every, .. } = reads(None);
    let or_null = |shape| Shape::OrNull(Box::new(shape));
    let from = or_null(Shape::Whole(0, u64::MAX));
    ObjectShape::new([
        FieldShape::required("name", Shape::Name("a group of nodes"), "The name of these nodes."),
        whole_field("count", [1, 100], 1, "How many nodes there are."),
        FieldShape::with_default(
            "group",
            or_null(Shape::Name("a consumer group")),
            "billing",
            "Their consumer group; null for none.",
        ),
        FieldShape::with_default("from", from, Value::Null, "The offset at which they begin, in place of the group's."),
        whole_field("limit", [1, 100_000], limit.into(), "The most records of one read."),
        pause_field("pause_ms", pause, "The time between two reads."),
        whole_field("commit_every", [1, 1_000_000], commit_every, "The reads from one commit to the next."),
    ])
}

fn build(setup: &Setup<'_>) -> Scenario {
    let workload = setup.workload();
    let config = Config {
        segment_bytes: workload.whole("segment_bytes"),
        segment_age: workload.millis("segment_age_ms"),
        retained_segments: workload.count("retained_segments") as usize,
        offload_every: workload.millis("offload_every_ms"),
        checkpoint_entries: workload.whole("checkpoint_entries"),
        queue: workload.count("queue"),
        read_bytes: workload.count("read_bytes"),
        heartbeat: workload.millis("heartbeat_ms"),
        election: workload.millis("election_ms"),
        suspect_after: workload.millis("suspect_after_ms"),
        bug: bug_of(Bug::ALL, &workload),
        ..brokers(setup.count("broker"))
    };
    let producers = workload.object("producers");
    let load = ProducerLoad {
        records: producers.count("records"),
        value_bytes: producers.count("value_bytes"),
        acks: match producers.text("acks") {
            "local" => Acks::Local,
            "none" => Acks::None,
            _ => Acks::All,
        },
        pause: producers.millis("pause_ms"),
        ..load(producers.whole("batches"))
    };
    let queue = Queue::new(setup.name(), config).producers(setup.count("producer"), load);
    let queue = workload.objects("consumers").into_iter().fold(queue, |queue, consumer| {
        let load = ConsumerLoad {
            from: consumer.whole_if_given("from"),
            limit: consumer.count("limit"),
            pause: consumer.millis("pause_ms"),
            commit_every: consumer.whole("commit_every"),
            ..reads(consumer.text_if_given("group"))
        };
        queue.consumers(consumer.text("name"), consumer.count("count"), load)
    });
    queue.with_rules()
}

fn leading(parameters: &Parameters<'_>) -> Aim {
    let records = parameters.whole("records");
    Box::new(move |change, world| {
        let Some(BrokerFact::Applied { partition, base, .. }) = change.fact() else { return None };
        let view = world.view::<BrokerView>(change.node())?.partitions.get(partition)?;
        (*partition == orders() && *base >= records && view.role == "leader").then(|| change.node())
    })
}
