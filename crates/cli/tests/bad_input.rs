//! Bad input of every kind: exit code 2, one line with file, place, value and cure, and no file changed.

mod common;

use std::fs;

use common::{Finished, Place, example};
use rstest::rstest;
use serde_json::{Value, json};

const OLD_REPORT: &str = "an older report\n";

/// Asserts exit code 2 and one line of exactly these four parts.
fn assert_refused(finished: &Finished, file: &str, path: &str, value: &str, cure: &str) {
    assert_eq!(finished.code, Some(2), "{finished:?}");
    assert_eq!(finished.stdout, "", "nothing was run");
    assert_eq!(finished.stderr.lines().count(), 1, "one line: {}", finished.stderr);
    let start = format!("cluster-sim: could not run: {file}: at {path}: {value} ");
    assert!(finished.stderr.starts_with(&start), "{}\nstarts with\n{start}", finished.stderr);
    let (_, printed) = finished.stderr.rsplit_once("; ").unwrap();
    assert!(printed.starts_with(cure), "{printed}\nstarts with\n{cure}");
}

/// Runs a scenario file of this content over an older report, which must survive.
fn refuse(content: &[u8], path: &str, value: &str, cure: &str) {
    let place = Place::new();
    place.file("bad.json", content);
    let report = place.file("report.json", OLD_REPORT);
    let finished = place.run(&["run", "--scenario", "bad.json", "--out", "report.json"]);
    assert_refused(&finished, "bad.json", path, value, cure);
    assert_eq!(fs::read_to_string(report).unwrap(), OLD_REPORT);
    assert_eq!(place.names(), ["bad.json", "report.json"]);
}

#[rstest]
#[case::empty("", "1:1", "\"\"", "fill it with a scenario")]
#[case::blank("\n \n", "1:1", "\"\"", "fill it with a scenario")]
#[case::truncated(r#"{"seed":42,"chaos":{"delay_ms":50"#, "chaos (1:33)", "…2,\"chaos\":{\"delay_ms\":50", "complete the JSON")]
#[case::not_json("seed = 42", "1:1", "seed", "fix the JSON")]
#[case::trailing("{\"seed\":42,\n}", "2:1", "}", "fix the JSON (trailing comma)")]
#[case::rate_too_large(r#"{"chaos":{"loss_rate":1e999}}"#, "chaos.loss_rate (1:27)", "1e999", "use a finite number")]
#[case::rate_not_a_number(r#"{"chaos":{"loss_rate":NaN}}"#, "chaos.loss_rate (1:23)", "NaN", "use a finite number")]
#[case::rate_infinite(r#"{"chaos":{"loss_rate":-Infinity}}"#, "chaos.loss_rate (1:24)", "-Infinity", "use a finite number")]
#[case::twice(r#"{"seed":1,"seed":2}"#, "seed (1:16)", "\"seed\"", "keep one of the two")]
#[case::not_an_object("[]", "$", "[]", "use an object with at least seed")]
fn edge_d17_a_file_that_is_not_a_scenario_is_refused(
    #[case] content: &str,
    #[case] path: &str,
    #[case] value: &str,
    #[case] cure: &str,
) {
    refuse(content.as_bytes(), path, value, cure);
}

#[rstest]
#[case::unknown_field("/chaos", "los_rate", json!(0.5), "chaos.los_rate", "0.5", "did you mean loss_rate? use one of delay_ms, loss_rate, reorder_rate")]
#[case::unknown_field_of_two_lines("", "a\nb", json!("\n"), r"a\nb", r#""\n""#, "use one of format, system, seed")]
#[case::unknown_step("/steps/0", "step", json!({"Explode": {}}), "steps[0].step", r#"{"Explode":{}}"#, "use one of IncreaseMutationRate, Drop")]
#[case::unknown_policy("/chaos", "source_lag_policy", json!("Panic"), "chaos.source_lag_policy", "\"Panic\"", "use one of ObserveAndContinue, Resync")]
#[case::unknown_system("", "system", json!("raft"), "system", "\"raft\"", "use one of edge-cache")]
#[case::unknown_format("", "format", json!(2), "format", "2", "use a whole number from 1 to 1")]
#[case::unknown_mode("", "apply_mode", json!("first"), "apply_mode", "\"first\"", "use last_arrival or version_gated")]
#[case::unknown_keys("", "key_distribution", json!("normal"), "key_distribution", "\"normal\"", "use \"uniform\" or")]
#[case::text_for_number("", "edge_count", json!("3"), "edge_count", "\"3\"", "use a whole number from 1 to 1000000")]
#[case::fraction_for_count("", "edge_count", json!(2.5), "edge_count", "2.5", "use a whole number from 1 to 1000000")]
#[case::number_for_object("", "chaos", json!(5), "chaos", "5", "use an object with at least delay_ms")]
#[case::list_for_object("", "chaos", json!([50, 0.1, 0.1]), "chaos", "[50,0.1,0.1]", "use an object with at least delay_ms")]
#[case::null_for_number("", "client_count", json!(null), "client_count", "null", "use a whole number from 1 to 1000000")]
#[case::rate_above_one("/chaos", "loss_rate", json!(1.5), "chaos.loss_rate", "1.5", "use a number from 0 to 1")]
#[case::rate_below_zero("/chaos", "reorder_rate", json!(-0.1), "chaos.reorder_rate", "-0.1", "use a number from 0 to 1")]
#[case::percent_over_100("/steps/0/step/DropInvalidationsPercent", "percent", json!(100.5), "steps[0].step.DropInvalidationsPercent.percent", "100.5", "use a number from 0 to 100")]
#[case::edge_out_of_range("/steps/1/step/PartitionEdge", "edge_id", json!(3), "steps[1].step.PartitionEdge.edge_id", "3", "use an edge_id from 0 to 2")]
#[case::killed_edge_out_of_range("/steps/1", "step", json!({"KillEdgeNode": {"edge_id": 9}}), "steps[1].step.KillEdgeNode.edge_id", "9", "use an edge_id from 0 to 2")]
#[case::step_after_the_end("/steps/1", "at_secs", json!(30.5), "steps[1].at_secs", "30.5", "use seconds from 0 to 30")]
#[case::no_duration("", "duration_secs", json!(0), "duration_secs", "0", "use a number from 0.001 to")]
#[case::no_edges("", "edge_count", json!(0), "edge_count", "0", "use a whole number from 1 to 1000000")]
#[case::no_clients("", "client_count", json!(0), "client_count", "0", "use a whole number from 1 to 1000000")]
#[case::no_keys("", "key_count", json!(0), "key_count", "0", "use a whole number from 1 to 1000000")]
#[case::no_capacity("", "source_fanout_capacity", json!(0), "source_fanout_capacity", "0", "use a whole number from 1 to")]
#[case::endless_edges("", "edge_count", json!(1_000_001), "edge_count", "1000001", "use a whole number from 1 to 1000000")]
#[case::negative_rate("", "mutation_rate_per_sec", json!(-2.5), "mutation_rate_per_sec", "-2.5", "use a number from 0 to")]
#[case::negative_count("", "edge_count", json!(-3), "edge_count", "-3", "use a whole number from 1 to 1000000")]
fn edge_d17_an_invalid_value_is_refused(
    #[case] object: &str,
    #[case] field: &str,
    #[case] written: Value,
    #[case] path: &str,
    #[case] value: &str,
    #[case] cure: &str,
) {
    let mut scenario: Value = serde_json::from_slice(&fs::read(example()).unwrap()).unwrap();
    scenario.pointer_mut(object).unwrap()[field] = written;
    refuse(scenario.to_string().as_bytes(), path, value, cure);
}

#[test]
fn edge_d17_a_missing_field_is_refused() {
    refuse(br#"{"seed":42}"#, "duration_secs", "nothing", "add it: use a number");
}

#[test]
fn a_missing_file_is_refused() {
    let place = Place::new();
    let report = place.file("report.json", OLD_REPORT);
    let finished = place.run(&["run", "--scenario", "nowhere.json", "--out", "report.json"]);
    assert_refused(&finished, "nowhere.json", "SCENARIO", "\"nowhere.json\"", "name a scenario file, or one of edge-cache, ");
    assert_eq!(fs::read_to_string(report).unwrap(), OLD_REPORT);
}

#[test]
fn a_misspelt_scenario_gets_the_name_that_may_be_meant() {
    let place = Place::new();
    let finished = place.run(&["run", "edge-cahce"]);
    assert_refused(
        &finished,
        "edge-cahce",
        "SCENARIO",
        "\"edge-cahce\"",
        "did you mean edge-cache? name a scenario file, or one of ",
    );
}

#[test]
fn a_file_may_begin_with_a_byte_order_mark() {
    let place = Place::new();
    let content = fs::read(example()).expect("the example is there");
    place.file("marked.json", [b"\xef\xbb\xbf", content.as_slice()].concat());
    let finished = place.run(&["run", "marked.json"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
}

#[rstest]
#[case::folder(None)]
#[case::not_text(Some(&b"\xff\xfe{\x00"[..]))]
fn an_unreadable_file_is_refused(#[case] content: Option<&[u8]>) {
    let place = Place::new();
    match content {
        None => fs::create_dir(place.path("bad.json")).unwrap(),
        Some(bytes) => drop(place.file("bad.json", bytes)),
    }
    let report = place.file("report.json", OLD_REPORT);
    let finished = place.run(&["run", "--scenario", "bad.json", "--out", "report.json"]);
    assert_refused(&finished, "bad.json", "SCENARIO", "\"bad.json\"", "name a file with JSON in UTF-8");
    assert_eq!(fs::read_to_string(report).unwrap(), OLD_REPORT);
}

#[rstest]
#[case::folder("folder", "folder", "it is a folder")]
#[case::under_a_file("file/report.json", "file", "name a file in a folder that you may write to")]
#[case::far_under_a_file("file/a/b.json", "file/a", "name a file in a folder that you may write to")]
#[case::read_only("read_only.json", "read_only.json", "it is marked as read-only")]
#[case::no_name("..", "..", "name a file")]
#[case::the_scenario("scenario.json", "scenario.json", "it is the scenario itself")]
fn an_unwritable_report_path_is_refused_before_the_run(#[case] out: &str, #[case] value: &str, #[case] cure: &str) {
    let place = Place::new();
    fs::create_dir(place.path("folder")).unwrap();
    place.file("file", OLD_REPORT);
    let read_only = place.file("read_only.json", OLD_REPORT);
    let mut permissions = fs::metadata(&read_only).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&read_only, permissions).unwrap();
    let scenario = place.file("scenario.json", fs::read(example()).unwrap());

    // Every step would be logged: a single line of stderr shows that none ran.
    let command = place.command(&["run", "--scenario", "scenario.json", "--out", out]).env("RUST_LOG", "debug").output();
    let finished = Finished::from(command.unwrap());

    assert_refused(&finished, out, "--out", &format!("{value:?}"), cure);
    assert_eq!(fs::read_to_string(place.path("file")).unwrap(), OLD_REPORT);
    assert_eq!(fs::read_to_string(read_only).unwrap(), OLD_REPORT);
    assert_eq!(fs::read(scenario).unwrap(), fs::read(example()).unwrap());
    assert_eq!(place.names(), ["file", "folder", "read_only.json", "scenario.json"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_accepts_no_files_is_refused_before_the_run() {
    // Not even root can create files there.
    let arguments = ["run", "--scenario", "edge-cache", "--out", "/proc/report.json"];
    let output = Place::new().command(&arguments).env("RUST_LOG", "debug").output().unwrap();
    let cure = "name a file in a folder that you may write to";
    assert_refused(&Finished::from(output), "/proc/report.json", "--out", "\"/proc\"", cure);
}

#[cfg(unix)]
#[test]
fn a_folder_without_permission_is_refused_before_the_run() {
    use std::os::unix::fs::PermissionsExt;

    let place = Place::new();
    let folder = place.path("closed");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(folder.join("probe"), "").is_ok() {
        // Root may write anywhere; there is nothing to refuse.
        return;
    }
    let finished = place.run(&["run", "--scenario", "edge-cache", "--out", "closed/report.json"]);
    assert_refused(&finished, "closed/report.json", "--out", "\"closed\"", "name a file in a folder that you may write to");
}

#[cfg(unix)]
#[test]
fn a_full_disk_leaves_only_the_old_report() {
    let place = Place::new();
    let report = place.file("report.json", OLD_REPORT);
    // No file may grow past one block; ignoring SIGXFSZ makes the write fail instead of killing the process.
    let limited = "trap '' XFSZ; ulimit -f 1; exec \"$0\" \"$@\"";
    let arguments = ["-c", limited, env!("CARGO_BIN_EXE_cluster-sim"), "run", "--scenario", "edge-cache", "--out", "report.json"];
    let output = std::process::Command::new("sh").current_dir(place.path("")).args(arguments).output().unwrap();
    let finished = Finished::from(output);
    assert_eq!(finished.code, Some(2), "{finished:?}");
    assert!(finished.stdout.starts_with("PASS  edge-cache") && !finished.stdout.contains("\nreport  "), "{finished:?}");
    assert!(finished.stderr.contains("make room or name another file ("), "{}", finished.stderr);
    assert_eq!(fs::read_to_string(report).unwrap(), OLD_REPORT);
    assert_eq!(place.names(), ["report.json"]);
}

#[rstest]
#[case("EDGE_CONSISTENCY_SOURCE_FANOUT_CAPACITY", "0", "use a whole number from 1 to 16777216")]
#[case("EDGE_CONSISTENCY_SOURCE_FANOUT_CAPACITY", "many", "use a whole number from 1 to 16777216")]
#[case("EDGE_CONSISTENCY_SOURCE_FANOUT_CAPACITY", "", "use a whole number from 1 to 16777216")]
#[case("RUST_LOG", "cluster_sim=loud", "use targets and levels such as cluster_sim=debug")]
fn edge_40_and_41_an_invalid_variable_is_refused(#[case] variable: &str, #[case] value: &str, #[case] cure: &str) {
    let place = Place::new();
    let report = place.file("report.json", OLD_REPORT);
    let output = place.command(&["run", "--scenario", "edge-cache", "--out", "report.json"]).env(variable, value).output().unwrap();
    assert_refused(&Finished::from(output), variable, "environment", &format!("{value:?}"), cure);
    assert_eq!(fs::read_to_string(report).unwrap(), OLD_REPORT);
}

#[test]
fn edge_d18_a_limit_on_an_unknown_metric_is_refused_before_the_run() {
    let place = Place::new();
    let finished = place.run(&["run", "--scenario", "edge-cache", "--out", "report.json", "--max", "stale=1"]);
    assert_refused(&finished, "command line", "--max", "\"stale\"", "use one of ");
    assert!(finished.stderr.contains("monotonic_violations"), "{}", finished.stderr);
    assert_eq!(place.names(), [""; 0]);
}

#[rstest]
#[case::no_command(&[])]
#[case::unknown_flag(&["run", "--scenario", "edge-cache", "--out", "report.json", "--fast"])]
#[case::seed(&["run", "--scenario", "edge-cache", "--out", "report.json", "--seed", "lucky"])]
#[case::limit(&["run", "--scenario", "edge-cache", "--out", "report.json", "--max", "stale_reads"])]
#[case::threads(&["digests", "--threads", "0"])]
fn bad_usage_exits_with_2(#[case] arguments: &[&str]) {
    let place = Place::new();
    let finished = place.run(arguments);
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(2), ""), "{finished:?}");
    assert!(!finished.stderr.is_empty());
    assert_eq!(place.names(), [""; 0]);
}

#[rstest]
fn no_scenario_is_refused_with_an_example(#[values("run", "sweep")] command: &str) {
    let finished = Place::new().run(&[command]);
    assert_refused(&finished, "command line", "SCENARIO", "nothing", "name a builtin scenario (see `cluster-sim list`)");
}

#[rstest]
fn two_scenarios_are_refused(#[values("run", "sweep")] command: &str) {
    let finished = Place::new().run(&[command, "gossip", "--scenario", "echo"]);
    assert_refused(&finished, "command line", "SCENARIO", "\"gossip\"", "leave out either it or --scenario");
}

#[rstest]
#[case::twice(&["run", "gossip", "--twice"], "--twice", "--check-determinism")]
#[case::whole(&["replay", "reproducer.json", "--whole"], "--whole", "--original")]
#[case::failures(&["sweep", "gossip", "--failures", "3"], "--failures", "--max-failures")]
fn a_renamed_flag_is_refused_with_its_new_name(#[case] arguments: &[&str], #[case] old: &str, #[case] new: &str) {
    let place = Place::new();
    let finished = place.run(arguments);
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(2), ""), "{finished:?}");
    let begins = format!("error: unexpected argument '{old}' found; it is named '{new}'\n");
    assert!(finished.stderr.starts_with(&begins), "{finished:?}");
    assert_eq!(place.names(), [""; 0]);
}
