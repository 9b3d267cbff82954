//! Refused files: one line with place, value and cure, and whether the schema sees the mistake too.

use rstest::rstest;
use serde_json::{Value, json};

use crate::{read, read_value, validator};

/// Puts a value into a small file, at a path such as `/workload/keys`.
fn with(pointer: &str, value: Value) -> Value {
    let mut file = json!({
        "format": 1,
        "system": "kv",
        "seed": 7,
        "duration_secs": 1,
        "topology": {"groups": {"client": {"count": 2}}, "links": [], "default_links": {}},
        "workload": {"keys": 2},
        "faults": [{"at_ms": 5, "fault": {"crash": {"node": "replica/0"}}}],
    });
    let (object, name) = pointer.rsplit_once('/').unwrap();
    match file.pointer_mut(object).unwrap() {
        Value::Array(items) => items[name.parse::<usize>().unwrap()] = value,
        object => object[name] = value,
    }
    file
}

#[rstest]
#[case::unknown_field("/sed", json!(7), "sed", "7", "did you mean seed? use one of $schema, format, system, name, seed, ")]
#[case::unknown_parameter("/workload/key", json!(7), "workload.key", "7", "did you mean keys? use one of style, operations, keys, ")]
#[case::unknown_group("/topology/groups/replicas", json!({}), "topology.groups.replicas", "{}", "did you mean replica? use one of replica, client")]
#[case::later_format("/format", json!(2), "format", "2", "use 1")]
#[case::text_for_number("/workload/keys", json!("2"), "workload.keys", "\"2\"", "use a whole number from 1 to 1000000")]
#[case::fraction("/workload/keys", json!(2.5), "workload.keys", "2.5", "use a whole number from 1 to 1000000")]
#[case::no_keys("/workload/keys", json!(0), "workload.keys", "0", "use a whole number from 1 to 1000000")]
#[case::share("/workload/moves", json!(1.5), "workload.moves", "1.5", "use a number from 0 to 1")]
#[case::too_many("/topology/groups/client/count", json!(5_000), "topology.groups.client.count", "5000", "use a whole number from 1 to 1000")]
#[case::list_for_object("/topology", json!([]), "topology", "[]", "use an object with any of groups, default_links, links")]
#[case::unknown_bug("/workload/bug", json!("reads-from-backpu"), "workload.bug", "\"reads-from-backpu\"", "use null or one of reads-as-deposed-primary, ")]
#[case::name_of_a_folder("/name", json!("../up"), "name", "\"../up\"", "use a name of up to 64 letters, ")]
#[case::unknown_rule("/checks", json!(["linear"]), "checks[0]", "\"linear\"", "use one of the store answers as one register per key, ")]
#[case::no_rule("/checks", json!([]), "checks", "[]", "use a list with at least 1 of it: ")]
#[case::unknown_fault("/faults/0/fault", json!({"crush": {}}), "faults[0].fault", "{\"crush\":{}}", "did you mean crash? use a kind of fault, such as ")]
#[case::unknown_part("/faults/0/fault", json!({"crash": {"node": "replica/0", "for": 1}}), "faults[0].fault.crash.for", "1", "use one of node, down_for_ms, down_for_ns")]
#[case::no_node("/faults/0/fault", json!({"kill": {}}), "faults[0].fault.kill.node", "nothing", "add it: use the name of a node, such as store/0")]
#[case::two_times("/faults/0/at_ns", json!(5), "faults[0].at_ns", "5", "keep one of at_ms, at_ns, when")]
#[case::no_time("/faults/0", json!({"fault": "heal_all"}), "faults[0].at_ms", "nothing", "add it, or at_ns, or when: use a whole number from 0 to ")]
#[case::pair_of_three("/faults/0/at_ms", json!([1, 2, 3]), "faults[0].at_ms", "[1,2,3]", "use a whole number from 0 to 1000000000000, or a list of two, ")]
#[case::unknown_condition("/faults/0", json!({"when": "leadign", "fault": "heal_all"}), "faults[0].when", "\"leadign\"", "did you mean leading? use a condition, such as ")]
#[case::unknown_profile("/fault_profile", json!({"max_dwn": 1}), "fault_profile.max_dwn", "1", "did you mean max_down? use one of ")]
fn a_mistake_is_told_in_one_line_and_seen_by_the_schema(
    #[case] pointer: &str,
    #[case] value: Value,
    #[case] path: &str,
    #[case] shown: &str,
    #[case] cure: &str,
) {
    let file = with(pointer, value);
    assert_refused(&file, path, shown, cure);
    assert!(!validator(Some("kv")).is_valid(&file) && !validator(None).is_valid(&file));
}

#[rstest]
#[case::unknown_node("/faults/0/fault", json!({"kill": {"node": "replica/3"}}), "faults[0].fault.kill.node", "\"replica/3\"", "use one of replica/0, replica/1, replica/2, client/0, client/1, any:replica, any:client")]
#[case::misspelt_node("/faults/0/fault", json!({"kill": {"node": "replcia/0"}}), "faults[0].fault.kill.node", "\"replcia/0\"", "did you mean replica/0? use one of ")]
#[case::it_without_condition("/faults/0/fault", json!({"kill": {"node": "it"}}), "faults[0].fault.kill.node", "\"it\"", "use one of replica/0, ")]
#[case::unknown_zone("/faults/0/fault", json!({"kill_all": {"nodes": ["zone:a"]}}), "faults[0].fault.kill_all.nodes[0]", "\"zone:a\"", "use one of replica/0, ")]
#[case::unknown_links("/faults/0/fault", json!({"loss": {"links": "lan", "rule": "r", "ratio": 0.5}}), "faults[0].fault.loss.links", "\"lan\"", "use one of default")]
#[case::descending("/faults/0/at_ms", json!([9, 1]), "faults[0].at_ms", "[9,1]", "use a whole number from 0 to 1000000000000, or a list of two, ")]
#[case::too_late("/faults/0/at_ms", json!(1_001), "faults[0].at_ms", "1001", "use at most 1000, or a longer duration_secs")]
#[case::both_sides("/faults/0/fault", json!({"cut": {"from": ["replica/0"], "to": ["replica/0"]}}), "faults[0].fault", "{\"cut\":{\"both_ways\":true,", "fault 0 (cut) ")]
#[case::links_of_no_group("/topology/links", json!([{"from": "store", "to": "*", "name": "wan", "model": {}}]), "topology.links[0].from", "\"store\"", "use * or one of replica, client")]
#[case::no_window("/topology/default_links", json!({"reorder": 0.5}), "topology.default_links", "{\"reorder\":0.5}", "")]
fn what_no_schema_can_say_is_refused_by_the_reader(
    #[case] pointer: &str,
    #[case] value: Value,
    #[case] path: &str,
    #[case] shown: &str,
    #[case] cure: &str,
) {
    let file = with(pointer, value);
    assert_refused(&file, path, shown, cure);
    assert!(validator(Some("kv")).is_valid(&file), "the schema sees it too: move it to the other test");
}

fn assert_refused(file: &Value, path: &str, shown: &str, cure: &str) {
    let error = read_value(file).err().unwrap_or_else(|| panic!("it is read: {file}"));
    assert_eq!((error.file.as_str(), error.path.as_str()), ("my.json", path), "{error}");
    assert!(error.value.starts_with(shown), "{error}\nshows\n{shown}");
    assert!(error.cure.starts_with(cure), "{error}\nhas the cure\n{cure}");
    assert_eq!(error.to_string().lines().count(), 1);
}

#[test]
fn a_field_that_is_missing_is_named() {
    assert_refused(&json!({"system": "kv"}), "format", "nothing", "add it: use 1");
}

#[test]
fn a_system_without_files_gets_the_names_of_those_with_files() {
    let error = read(r#"{"format": 1, "system": "ledgre"}"#).err().unwrap();
    assert_eq!((error.path.as_str(), error.value.as_str()), ("system", "\"ledgre\""));
    let cure = "did you mean ledger? use one of edge-cache, kv, ledger";
    assert!(error.cure.starts_with(cure) && error.cure.ends_with(", or leave it out for edge-cache"), "{error}");
}
