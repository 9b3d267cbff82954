use cluster_sim_registry::NodeStyle;
use cluster_sim_registry::ScenarioErrorKind::{self, *};
use rstest::rstest;
use serde_json::{Value, json};

use super::*;

/// The scenario file of the format's first users (EDGE-42).
const EXAMPLE: &str = include_str!("../../scenarios/edge-cache.json");

fn parse(text: &str) -> Result<EdgeCacheFile, crate::ScenarioError> {
    EdgeCacheFile::parse(text, "a.json", &Defaults::default())
}

/// The example with one value replaced; a path that ends in a new name adds it.
fn with(pointer: &str, value: Value) -> String {
    let mut root: Value = serde_json::from_str(EXAMPLE).unwrap();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match root.pointer_mut(parent).unwrap() {
        Value::Object(fields) => drop(fields.insert(name.to_owned(), value)),
        Value::Array(items) => items[name.parse::<usize>().unwrap()] = value,
        other => panic!("{pointer} leads into {other}"),
    }
    root.to_string()
}

fn without(pointer: &str) -> String {
    let mut root: Value = serde_json::from_str(EXAMPLE).unwrap();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    root.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name).unwrap();
    root.to_string()
}

#[test]
fn edge_24_to_39_every_field_of_the_example_is_read_as_written() {
    let file = parse(EXAMPLE).unwrap();
    assert_eq!((file.seed, file.duration_secs, file.edge_count, file.client_count), (42, Seconds(30.0), 3, 16));
    assert_eq!(file.mutation_rate_per_sec, 10.0);
    let chaos = Chaos {
        delay_ms: 50,
        loss_rate: 0.05,
        reorder_rate: 0.1,
        partition_duration_ms: 500,
        burst_lag_ms: None,
        source_lag_policy: SourceLagPolicy::ObserveAndContinue,
    };
    assert_eq!(file.chaos, chaos);
    let steps = [
        TimedStep { at_secs: Seconds(10.0), step: Step::DropInvalidationsPercent { percent: 80.0 } },
        TimedStep { at_secs: Seconds(20.0), step: Step::PartitionEdge { edge_id: 1, duration_ms: Some(2000) } },
    ];
    assert_eq!(file.steps, steps);
}

#[test]
fn edge_d23_omitted_fields_have_their_defaults() {
    let file = parse(EXAMPLE).unwrap();
    assert_eq!((file.format, file.system, file.source_fanout_capacity), (1, SystemName::EdgeCache, 1024));
    assert_eq!((file.key_count, file.key_distribution, file.apply_mode), (128, Keys::Zipf(0.99), ApplyMode::LastArrival));
    assert_eq!((file.reads_per_client_per_sec, file.writes_per_client_per_sec), (20.0, 0.5));
    assert_eq!((file.roam_interval_ms, file.client_delay_ms, file.client), (250, 1, NodeStyle::Machine));
}

#[rstest]
#[case::rate_36("/steps/0/step", json!({"IncreaseMutationRate": {"rate_per_sec": 2.5}}), Step::IncreaseMutationRate { rate_per_sec: 2.5 })]
#[case::drop_37("/steps/0/step", json!({"DropInvalidationsPercent": {"percent": 100}}), Step::DropInvalidationsPercent { percent: 100.0 })]
#[case::partition_38("/steps/0/step", json!({"PartitionEdge": {"edge_id": 2, "duration_ms": 7}}), Step::PartitionEdge { edge_id: 2, duration_ms: Some(7) })]
#[case::partition_d14("/steps/0/step", json!({"PartitionEdge": {"edge_id": 0}}), Step::PartitionEdge { edge_id: 0, duration_ms: Some(500) })]
#[case::kill_39("/steps/0/step", json!({"KillEdgeNode": {"edge_id": 0}}), Step::KillEdgeNode { edge_id: 0 })]
fn edge_35_to_39_every_step_is_read(#[case] pointer: &str, #[case] value: Value, #[case] step: Step) {
    assert_eq!(parse(&with(pointer, value)).unwrap().steps[0].step, step);
}

#[test]
fn the_style_of_the_clients_is_read_and_written() {
    let file = parse(&with("/client", json!("async"))).unwrap();
    assert_eq!(file.client, NodeStyle::Async);
    assert_eq!(serde_json::to_value(&file).unwrap()["client"], "async");
}

#[rstest]
#[case(json!(18446744073709551615_u64), u64::MAX)]
#[case(json!("0x2a"), 42)]
#[case(json!("42"), 42)]
fn edge_24_a_seed_is_a_number_or_a_text(#[case] written: Value, #[case] seed: u64) {
    assert_eq!(parse(&with("/seed", written)).unwrap().seed, seed);
}

#[test]
fn edge_40_the_capacity_comes_from_the_file_before_the_environment() {
    let defaults = Defaults { source_fanout_capacity: 7 };
    let capacity = |text: &str| EdgeCacheFile::parse(text, "a.json", &defaults).unwrap().source_fanout_capacity;
    assert_eq!(capacity(EXAMPLE), 7);
    assert_eq!(capacity(&with("/source_fanout_capacity", json!(9))), 9);
}

#[test]
fn edge_d19_a_written_file_parses_to_the_same_scenario() {
    let defaults = Defaults { source_fanout_capacity: 7 };
    let text = with("/steps/1/step", json!({"PartitionEdge": {"edge_id": 1}}));
    let file = EdgeCacheFile::parse(&text, "a.json", &defaults).unwrap();
    let written = serde_json::to_string(&file).unwrap();
    assert_eq!(parse(&written).unwrap(), file);
    assert_eq!(serde_json::to_string(&parse(&written).unwrap()).unwrap(), written);
    assert!(written.contains(r#""duration_ms":500"#) && written.contains(r#""at_secs":10,"#), "{written}");
}

/// A case for each mistake: the text, and every part of the error.
#[rstest]
#[case::empty("", Empty, "1:1", "\"\"", "fill it")]
#[case::blank(" \n\t", Empty, "1:1", "\"\"", "fill it")]
#[case::truncated(
    r#"{"seed":42,"chaos":{"delay_ms":50"#,
    Truncated,
    "chaos (1:33)",
    "…2,\"chaos\":{\"delay_ms\":50",
    "complete the JSON"
)]
#[case::syntax("{\"seed\":42,\n \"chaos\" 5}", Syntax, "2:10", "5", "fix the JSON (expected `:`)")]
#[case::not_json("seed: 42", Syntax, "1:1", "seed", "fix the JSON")]
#[case::trailing("{} }", Syntax, "1:4", "}", "fix the JSON (trailing characters)")]
#[case::trailing_comma("{\"seed\":42,}", Syntax, "1:12", "}", "fix the JSON (trailing comma)")]
#[case::too_large(r#"{"chaos":{"loss_rate":1e999}}"#, NotFinite, "chaos.loss_rate (1:27)", "1e999", "use a finite number")]
#[case::not_a_number(r#"{"chaos":{"loss_rate":NaN}}"#, NotFinite, "chaos.loss_rate (1:23)", "NaN", "use a finite number")]
#[case::infinity(
    r#"{"mutation_rate_per_sec":Infinity}"#,
    NotFinite,
    "mutation_rate_per_sec (1:26)",
    "Infinity",
    "use a finite number"
)]
#[case::twice(r#"{"seed":1,"seed":2}"#, Duplicate, "seed (1:16)", "\"seed\"", "keep one of the two")]
#[case::twice_inside(
    r#"{"chaos":{"delay_ms":1,"delay_ms":1}}"#,
    Duplicate,
    "chaos.delay_ms (1:33)",
    "\"delay_ms\"",
    "keep one of the two"
)]
fn edge_d17_a_text_that_is_not_a_scenario_is_refused(
    #[case] text: &str,
    #[case] kind: ScenarioErrorKind,
    #[case] path: &str,
    #[case] value: &str,
    #[case] cure: &str,
) {
    expect(text, kind, path, value, cure);
}

#[rstest]
#[case::top("/sede", json!(1), UnknownField, "sede", "1", "did you mean seed? use one of format, system, seed")]
#[case::chaos("/chaos/los_rate", json!(0.5), UnknownField, "chaos.los_rate", "0.5", "did you mean loss_rate? use one of delay_ms, loss_rate")]
#[case::timed("/steps/0/at_ms", json!(5), UnknownField, "steps[0].at_ms", "5", "use at_secs or step")]
#[case::payload("/steps/0/step/DropInvalidationsPercent/share", json!(1), UnknownField, "steps[0].step.DropInvalidationsPercent.share", "1", "use percent")]
#[case::step("/steps/0/step", json!({"Explode": {}}), Unknown("step"), "steps[0].step", r#"{"Explode":{}}"#, "use one of IncreaseMutationRate")]
#[case::step_name("/steps/0/step", json!("Explode"), Unknown("step"), "steps[0].step", "\"Explode\"", "use one of IncreaseMutationRate")]
#[case::step_bare("/steps/0/step", json!("KillEdgeNode"), WrongType, "steps[0].step.KillEdgeNode", "\"KillEdgeNode\"", "use {\"edge_id\":1}")]
#[case::step_pair("/steps/0/step", json!({"KillEdgeNode": {"edge_id": 1}, "PartitionEdge": {"edge_id": 1}}), Misfit, "steps[0].step", "{\"KillEdgeNode\":{\"edge_id\":1},\"PartitionEdge\":{\"edge_id\":1}}", "use one of {\"Incr")]
#[case::policy("/chaos/source_lag_policy", json!("Panic"), Unknown("policy"), "chaos.source_lag_policy", "\"Panic\"", "use one of ObserveAndContinue, ResyncFromSource, FailRun")]
#[case::mode("/apply_mode", json!("first"), UnknownWord, "apply_mode", "\"first\"", "use last_arrival or version_gated")]
#[case::client("/client", json!("thread"), UnknownWord, "client", "\"thread\"", "use machine or async")]
#[case::client_kind("/client", json!(1), WrongType, "client", "1", "use one of machine, async")]
#[case::keys("/key_distribution", json!("normal"), Misfit, "key_distribution", "\"normal\"", "use \"uniform\" or \"zipf:\"")]
#[case::system("/system", json!("raft"), Unknown("system"), "system", "\"raft\"", "use edge-cache")]
#[case::format("/format", json!(2), OutOfRange, "format", "2", "use a whole number from 1 to 1")]
#[case::seed("/seed", json!("lucky"), Misfit, "seed", "\"lucky\"", "use a whole number from 0 to")]
#[case::seed_negative("/seed", json!(-1), WrongType, "seed", "-1", "use a whole number from 0 to")]
#[case::text("/chaos/loss_rate", json!("high"), WrongType, "chaos.loss_rate", "\"high\"", "use a number from 0 to 1")]
#[case::null("/edge_count", json!(null), WrongType, "edge_count", "null", "use a whole number from 1 to 1000000")]
#[case::fraction("/edge_count", json!(2.5), WrongType, "edge_count", "2.5", "use a whole number from 1 to 1000000")]
#[case::object("/chaos", json!(5), WrongType, "chaos", "5", "use an object with at least delay_ms")]
#[case::list_for_object("/chaos", json!([50, 0.1, 0.1]), WrongType, "chaos", "[50,0.1,0.1]", "use an object with at least delay_ms")]
#[case::list_for_step("/steps/0", json!([1, {}]), WrongType, "steps[0]", "[1,{}]", "use an object with at_secs and step")]
#[case::object_for_list("/steps", json!({}), WrongType, "steps", "{}", "use a list of objects with at_secs and step")]
#[case::rate_above("/chaos/loss_rate", json!(1.5), NoRate, "chaos.loss_rate", "1.5", "use a number from 0 to 1")]
#[case::rate_below("/chaos/reorder_rate", json!(-0.1), NoRate, "chaos.reorder_rate", "-0.1", "use a number from 0 to 1")]
#[case::percent("/steps/0/step/DropInvalidationsPercent/percent", json!(100.5), NoPercentage, "steps[0].step.DropInvalidationsPercent.percent", "100.5", "use a number from 0 to 100")]
#[case::edge("/steps/1/step/PartitionEdge/edge_id", json!(3), Foreign("an edge"), "steps[1].step.PartitionEdge.edge_id", "3", "use an edge_id from 0 to 2")]
#[case::edge_large("/steps/1/step", json!({"KillEdgeNode": {"edge_id": 4_000_000_000_u32}}), Foreign("an edge"), "steps[1].step.KillEdgeNode.edge_id", "4000000000", "use an edge_id from 0 to 2")]
#[case::late("/steps/1/at_secs", json!(30.5), AfterTheEnd, "steps[1].at_secs", "30.5", "use seconds from 0 to 30")]
#[case::early("/steps/1/at_secs", json!(-1), OutOfRange, "steps[1].at_secs", "-1.0", "use a number from 0 to")]
#[case::no_duration("/duration_secs", json!(0), OutOfRange, "duration_secs", "0", "use a number from 0.001 to")]
#[case::no_edges("/edge_count", json!(0), OutOfRange, "edge_count", "0", "use a whole number from 1 to 1000000")]
#[case::no_clients("/client_count", json!(0), OutOfRange, "client_count", "0", "use a whole number from 1 to 1000000")]
#[case::no_keys("/key_count", json!(0), OutOfRange, "key_count", "0", "use a whole number from 1 to 1000000")]
#[case::no_capacity("/source_fanout_capacity", json!(0), OutOfRange, "source_fanout_capacity", "0", "use a whole number from 1 to")]
#[case::many_edges("/edge_count", json!(1_000_001), OutOfRange, "edge_count", "1000001", "use a whole number from 1 to 1000000")]
#[case::endless_edges("/edge_count", json!(5_000_000_000_u64), OutOfRange, "edge_count", "5000000000", "use a whole number from 1 to 1000000")]
#[case::mutation("/mutation_rate_per_sec", json!(-1), OutOfRange, "mutation_rate_per_sec", "-1.0", "use a number from 0 to 1000000")]
#[case::new_rate("/steps/0/step", json!({"IncreaseMutationRate": {"rate_per_sec": -5.5}}), OutOfRange, "steps[0].step.IncreaseMutationRate.rate_per_sec", "-5.5", "use a number from 0 to")]
#[case::reads("/reads_per_client_per_sec", json!(1e9), OutOfRange, "reads_per_client_per_sec", "1000000000.0", "use a number from 0 to")]
#[case::delay("/chaos/delay_ms", json!(86_400_001), OutOfRange, "chaos.delay_ms", "86400001", "use a whole number from 0 to")]
#[case::negative_delay("/chaos/delay_ms", json!(-5), OutOfRange, "chaos.delay_ms", "-5", "use a whole number from 0 to")]
#[case::no_stall("/chaos/burst_lag_ms", json!(0), OutOfRange, "chaos.burst_lag_ms", "0", "use null or a whole number from 1 to")]
#[case::no_partition("/chaos/partition_duration_ms", json!(0), OutOfRange, "chaos.partition_duration_ms", "0", "use a whole number from 1 to")]
fn edge_d17_a_wrong_value_is_refused(
    #[case] pointer: &str,
    #[case] written: Value,
    #[case] kind: ScenarioErrorKind,
    #[case] path: &str,
    #[case] value: &str,
    #[case] cure: &str,
) {
    expect(&with(pointer, written), kind, path, value, cure);
}

#[rstest]
#[case("/seed", "seed", "add it: use a whole number")]
#[case("/duration_secs", "duration_secs", "add it: use a number")]
#[case("/edge_count", "edge_count", "add it: use a whole number")]
#[case("/client_count", "client_count", "add it: use a whole number")]
#[case("/mutation_rate_per_sec", "mutation_rate_per_sec", "add it: use a number")]
#[case("/chaos", "chaos", "add it: use an object")]
#[case("/chaos/loss_rate", "chaos.loss_rate", "add it: use a number from 0 to 1")]
#[case("/steps/0/at_secs", "steps[0].at_secs", "add it: use a number")]
#[case("/steps/1/step/PartitionEdge/edge_id", "steps[1].step.PartitionEdge.edge_id", "add it: use a whole number")]
fn edge_d17_a_missing_field_is_named_by_its_own_path(#[case] pointer: &str, #[case] path: &str, #[case] cure: &str) {
    expect(&without(pointer), MissingField, path, "nothing", cure);
}

#[rstest]
fn edge_33_and_34_optional_fields_may_be_left_out(
    #[values("/steps", "/chaos/partition_duration_ms", "/chaos/burst_lag_ms", "/chaos/source_lag_policy")] pointer: &str,
) {
    assert!(parse(&without(pointer)).is_ok());
}

#[test]
fn edge_d17_a_scenario_that_exceeds_memory_is_refused() {
    let mut root: Value = serde_json::from_str(EXAMPLE).unwrap();
    (root["edge_count"], root["key_count"]) = (json!(984), json!(100_000));
    assert!(parse(&root.to_string()).is_ok());
    root["edge_count"] = json!(1_984);
    let cure = "use at most 50000 keys with 2000 edges and clients";
    expect(&root.to_string(), OutOfRange, "key_count", "100000", cure);
}

#[test]
fn edge_d17_a_file_built_in_code_is_checked() {
    let mut file = parse(EXAMPLE).unwrap();
    file.chaos.loss_rate = f64::NAN;
    let error = check::check(&file, "in code").unwrap_err();
    assert_eq!((error.kind, error.path.as_str()), (NoRate, "chaos.loss_rate"));
}

fn expect(text: &str, kind: ScenarioErrorKind, path: &str, value: &str, cure: &str) {
    let error = parse(text).unwrap_err();
    assert_eq!(
        (error.kind, error.file.as_str(), error.path.as_str(), error.value.as_str()),
        (kind, "a.json", path, value),
        "{error}"
    );
    assert!(error.cure.starts_with(cure), "{error}");
    let line = error.to_string();
    assert!(!line.contains('\n'), "{line}");
    for part in ["a.json", path, value, cure] {
        assert!(line.contains(part), "{line} names {part}");
    }
}
