//! The values that the fields of an edge cache's scenario accept (EDGE-D17).

use cluster_sim_registry::{FieldSpec, last_name};

/// More edges, clients or keys than this are treated as a typing error.
const COUNT_MAX: u64 = 1_000_000;
/// One year: a longer run is treated as a typing error.
const SECONDS_MAX: f64 = 31_536_000.0;
/// One day: no link, stall or cut of this system needs longer.
const MILLISECONDS_MAX: u64 = 86_400_000;
/// One microsecond between two writes; the clock counts nanoseconds.
const RATE_PER_SECOND_MAX: f64 = 1_000_000.0;
/// The most messages that a subscription may hold.
///
/// With more, memory would run out before the subscription is full.
pub const CAPACITY_MAX: u64 = 16_777_216;

/// The values that the field at a path accepts. A field name means the same in every object.
pub(crate) fn field_spec(path: &str) -> FieldSpec {
    match last_name(path) {
        "$" => FieldSpec::Described(
            "an object with at least seed, duration_secs, edge_count, client_count, mutation_rate_per_sec, chaos",
        ),
        "format" => FieldSpec::Whole(1, 1),
        "system" => FieldSpec::Word("system", "\"edge-cache\", or leave it out"),
        "seed" => FieldSpec::Described("a whole number from 0 to 18446744073709551615, or a text such as \"0x2a\""),
        "duration_secs" => FieldSpec::Number(0.001, SECONDS_MAX),
        "at_secs" => FieldSpec::Number(0.0, SECONDS_MAX),
        "edge_count" | "client_count" | "key_count" => FieldSpec::Whole(1, COUNT_MAX),
        "edge_id" => FieldSpec::Whole(0, COUNT_MAX - 1),
        "source_fanout_capacity" => FieldSpec::Whole(1, CAPACITY_MAX),
        "mutation_rate_per_sec" | "rate_per_sec" | "reads_per_client_per_sec" | "writes_per_client_per_sec" => {
            FieldSpec::Number(0.0, RATE_PER_SECOND_MAX)
        }
        "loss_rate" | "reorder_rate" => FieldSpec::Rate,
        "percent" => FieldSpec::Percentage,
        "delay_ms" | "roam_interval_ms" | "client_delay_ms" => FieldSpec::Whole(0, MILLISECONDS_MAX),
        "partition_duration_ms" => FieldSpec::Whole(1, MILLISECONDS_MAX),
        "duration_ms" | "burst_lag_ms" => FieldSpec::WholeOrNull(1, MILLISECONDS_MAX),
        "source_lag_policy" => FieldSpec::Word("policy", "one of ObserveAndContinue, ResyncFromSource, FailRun"),
        "apply_mode" => FieldSpec::Described("one of last_arrival, version_gated"),
        "client" => FieldSpec::Described("one of machine, async"),
        "key_distribution" => FieldSpec::Described("\"uniform\" or \"zipf:\" and an exponent from 0 to 10, such as \"zipf:0.99\""),
        "chaos" => FieldSpec::Described("an object with at least delay_ms, loss_rate, reorder_rate"),
        "steps" if path.ends_with(']') => FieldSpec::Described("an object with at_secs and step"),
        "steps" => FieldSpec::Described("a list of objects with at_secs and step"),
        "step" => FieldSpec::Word(
            "step",
            "one of {\"IncreaseMutationRate\":{…}}, {\"DropInvalidationsPercent\":{…}}, {\"PartitionEdge\":{…}}, {\"KillEdgeNode\":{…}}",
        ),
        "IncreaseMutationRate" => FieldSpec::Described("{\"rate_per_sec\":20.0}"),
        "DropInvalidationsPercent" => FieldSpec::Described("{\"percent\":80.0}"),
        "PartitionEdge" => FieldSpec::Described("{\"edge_id\":1,\"duration_ms\":2000}"),
        "KillEdgeNode" => FieldSpec::Described("{\"edge_id\":1}"),
        _ => FieldSpec::Described("a field of the format"),
    }
}
