//! The shape of the edge cache's scenario files, for their schema: the fields of [`EdgeCacheFile`](super::EdgeCacheFile).

use cluster_sim_registry::{FieldShape, FieldSpec, ObjectShape, Shape, Tag, profile_shape};
use serde_json::{Value, json};

use super::fields::field_spec;

/// The longest text of a key distribution.
const DISTRIBUTION_LONGEST: usize = 64;

/// The shape of a file.
pub(super) fn file() -> ObjectShape {
    let optional = |name, default: Value, about| FieldShape::with_default(name, by_spec(name), default, about);
    let required = |name, about| FieldShape::required(name, by_spec(name), about);
    let style = Shape::word("style", &["machine", "async"]);
    let mode = Shape::word("mode", &["last_arrival", "version_gated"]);
    ObjectShape::new([
        optional("format", json!(1), "The version of this format."),
        FieldShape::with_default("system", Shape::word("system", &["edge-cache"]), "edge-cache", "The system of the scenario."),
        FieldShape::required("seed", Shape::Seed, "The seed of all randomness in the run."),
        required("duration_secs", "The length of the run in virtual time."),
        required("edge_count", "The edges."),
        required("client_count", "The clients."),
        required("mutation_rate_per_sec", "The writes per second that the source makes by itself."),
        FieldShape::required("chaos", Shape::Object(chaos()), "Delay, loss and reordering on the links to the edges."),
        FieldShape::with_default("steps", Shape::list(Shape::Object(timed_step()), 0), json!([]), "The steps of the run."),
        FieldShape::optional(
            "source_fanout_capacity",
            by_spec("source_fanout_capacity"),
            "The messages that the router's subscription holds; 1024 unless the environment sets another number.",
        ),
        optional("key_count", json!(128), "The keys in the cache."),
        FieldShape::with_default(
            "key_distribution",
            Shape::Text("\"uniform\", or \"zipf:\" and an exponent from 0 to 10,", DISTRIBUTION_LONGEST),
            "zipf:0.99",
            "How often each key is read and written.",
        ),
        optional("reads_per_client_per_sec", json!(20.0), "The reads per second of each client."),
        optional("writes_per_client_per_sec", json!(0.5), "The writes per second of each client."),
        optional("roam_interval_ms", json!(250), "How long a client stays at one edge; 0 means forever."),
        optional("client_delay_ms", json!(1), "The one-way delay between a client and an edge or the source."),
        FieldShape::with_default("apply_mode", mode, "last_arrival", "How an edge applies updates."),
        FieldShape::with_default("client", style, "machine", "How the clients are written; both styles behave alike."),
        FieldShape::optional("max_steps", Shape::Whole(1, u64::MAX), "The steps after which a run ends as unknown."),
        FieldShape::optional("fault_profile", Shape::Object(profile_shape()), "The profile from which seeds draw further faults."),
    ])
}

/// The shape of a field with bounds.
fn by_spec(name: &str) -> Shape {
    match field_spec(name) {
        FieldSpec::Rate => Shape::share(),
        FieldSpec::Percentage => Shape::Number(0.0, 100.0),
        FieldSpec::Whole(least, most) => Shape::Whole(least, most),
        FieldSpec::WholeOrNull(least, most) => Shape::OrNull(Box::new(Shape::Whole(least, most))),
        FieldSpec::Number(least, most) => Shape::Number(least, most),
        FieldSpec::Word(..) | FieldSpec::Described(_) => panic!("field {name:?} has no bounds: give its shape"),
    }
}

fn chaos() -> ObjectShape {
    let required = |name, about| FieldShape::required(name, by_spec(name), about);
    let policies = Shape::word("policy", &["ObserveAndContinue", "ResyncFromSource", "FailRun"]);
    ObjectShape::new([
        required("delay_ms", "The one-way delay from the router to an edge."),
        required("loss_rate", "The share of messages to edges that is lost."),
        required("reorder_rate", "The share of messages to edges that is delayed by up to twice the delay more."),
        FieldShape::with_default(
            "partition_duration_ms",
            by_spec("partition_duration_ms"),
            500,
            "The length of a PartitionEdge step without a duration.",
        ),
        FieldShape::with_default(
            "burst_lag_ms",
            by_spec("burst_lag_ms"),
            Value::Null,
            "The length of the router's stalls; null for none.",
        ),
        FieldShape::with_default("source_lag_policy", policies, "ObserveAndContinue", "The policy when the router falls behind."),
    ])
}

fn timed_step() -> ObjectShape {
    let field = |name, about| FieldShape::required(name, by_spec(name), about);
    let edge = || field("edge_id", "The index of the edge, from 0.");
    let tag = |name, fields: Vec<FieldShape>, about| Tag { name, fields: Some(ObjectShape::new(fields)), about };
    let duration = FieldShape::optional("duration_ms", by_spec("duration_ms"), "The length; by default that of the chaos.");
    let steps = vec![
        tag("IncreaseMutationRate", vec![field("rate_per_sec", "Writes per second.")], "Sets the rate of the source's writes."),
        tag("DropInvalidationsPercent", vec![field("percent", "From 0 to 100.")], "Drops a share of messages to edges."),
        tag("PartitionEdge", vec![edge(), duration], "Cuts an edge off from source and router for a while."),
        tag("KillEdgeNode", vec![edge()], "Kills an edge."),
    ];
    ObjectShape::new([
        field("at_secs", "Seconds since the start of the run."),
        FieldShape::required("step", Shape::Tagged("step", steps), "The step."),
    ])
}
