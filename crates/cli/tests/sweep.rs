//! Many seeds of one scenario: output, default seeds, exit codes.

mod common;

use std::process::Command;

use cluster_sim::Outcome;
use cluster_sim_scenarios::canary::{RULE, scenario};
use common::{Finished, Place, example};
use rstest::rstest;

fn sweep(place: &Place, scenario: &str, more: &[&str]) -> Finished {
    place.run(&[&["sweep", "--scenario", scenario], more].concat())
}

/// The seeds below `end` from which the canary breaks its rule, run one by one.
fn failing(end: u64) -> Vec<u64> {
    (0..end).filter(|seed| scenario().run(cluster_sim::Seed(*seed)).outcome == Outcome::Violated).collect()
}

#[test]
fn the_canary_is_found_with_seed_rule_and_rerun_command() {
    let place = Place::new();
    let first = failing(500)[0];
    let finished = sweep(&place, "canary", &["--seeds", "500"]);
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(1), ""), "{finished:?}");
    let text = finished.stdout;
    let begins = format!("{first} of seeds 0..500 of canary passed\nFAIL  canary  seed={first:#x}  digest=");
    assert!(text.starts_with(&begins) && text.contains(RULE), "{text}");
    // Both commands reproduce the failure.
    for command in ["run", "replay"] {
        let (_, line) = text.split_once(&format!(": cluster-sim {command} ")).expect("the output has such a line");
        let arguments = line.lines().next().unwrap().split_whitespace();
        let again = place.run(&[command].into_iter().chain(arguments).collect::<Vec<_>>());
        assert_eq!(again.code, Some(1), "{again:?}");
        assert!(again.stdout.contains(&format!("seed={first:#x}")) && again.stdout.contains(RULE), "{again:?}");
    }
}

#[test]
fn the_output_depends_on_neither_threads_nor_processes() {
    let place = Place::new();
    let output = |more: &[&str]| {
        let finished = sweep(&place, "canary", &[&["--seeds", "100..600", "--max-failures", "2"], more].concat());
        assert_eq!((finished.code, finished.stderr.as_str()), (Some(1), ""), "{finished:?}");
        finished.stdout
    };
    let alone = output(&["--threads", "1"]);
    let failed = failing(600).into_iter().filter(|seed| *seed >= 100).count();
    let head = format!("{} of seeds 100..600 of canary passed, {failed} failed in one way\n", 500 - failed);
    assert!(alone.starts_with(&head), "{head}{alone}");
    for more in [&["--threads", "4"][..], &["--isolate"], &["--isolate", "--threads", "3"]] {
        assert_eq!(output(more), alone, "{more:?}");
    }
}

#[rstest]
fn seeds_that_all_pass_exit_with_0(#[values(&[][..], &["--isolate"])] more: &[&str]) {
    let finished = sweep(&Place::new(), "gossip", &[&["--seeds", "0x10..0x20"], more].concat());
    let expected = (Some(0), "16 of seeds 16..32 of gossip passed\n", "");
    assert_eq!((finished.code, finished.stdout.as_str(), finished.stderr.as_str()), expected);
}

#[test]
fn a_passing_sweep_of_a_file_writes_nothing() {
    let place = Place::new();
    place.file("my.json", std::fs::read(example()).expect("the example is there"));
    let finished = sweep(&place, "my.json", &["--seeds", "2"]);
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(0), "2 of seeds 0..2 of edge-cache passed\n"), "{finished:?}");
    assert_eq!(place.names(), ["my.json"]);
}

#[test]
fn default_seeds_begin_with_the_git_revision_and_are_printed_first() {
    let place = Place::new();
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=a", "-c", "user.email=a@b.c"]).args(arguments).current_dir(place.path("."));
        let output = git.output().expect("git is there");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("git writes text")
    };
    git(&["init", "--quiet"]);
    git(&["commit", "--quiet", "--allow-empty", "--message", "a"]);
    let revision = git(&["rev-parse", "HEAD"]);
    let first = u64::from_str_radix(&revision[..16], 16).expect("a revision is made of hexadecimal digits");
    let finished = sweep(&place, "gossip", &[]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let seeds = format!("{first:#x}..{:#x}", first + 1024);
    let expected = format!("sweeping gossip from seeds {seeds}: 1024 from git revision {}\n", &revision[..12]);
    assert_eq!(finished.stderr, expected);
    assert_eq!(finished.stdout, format!("1024 of seeds {seeds} of gossip passed\n"));
}

#[test]
fn without_a_revision_default_seeds_begin_with_0_for_a_reason() {
    let finished = sweep(&Place::new(), "gossip", &[]);
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(0), "1024 of seeds 0..1024 of gossip passed\n"));
    let begins = "sweeping gossip from seeds 0..1024: 1024 from 0, since there is no git revision here (fatal: ";
    assert!(finished.stderr.starts_with(begins), "{finished:?}");
    assert!(finished.stderr.ends_with("; --seeds selects others\n"), "{finished:?}");
}

#[test]
fn a_git_hash_is_one_seed() {
    let finished = sweep(&Place::new(), "gossip", &["--seeds", "00000000000002690000000000000000deadbeef"]);
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(0), "1 of seeds 617..618 of gossip passed\n"), "{finished:?}");
}

#[rstest]
#[case::sweep(&["sweep", "gossip", "--seeds", "4", "--threads", "1000000"])]
#[case::digests(&["digests", "--seeds", "1", "--threads", "1000000"])]
fn too_many_threads_are_capped_with_a_word(#[case] arguments: &[&str]) {
    let finished = Place::new().run(arguments);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stderr.starts_with("cluster-sim: --threads 1000000 are too many; running "), "{finished:?}");
}

#[rstest]
#[case(&["--seeds", "5..5"], "\"5..5\" is no range of seeds with one in it; use the first seed and the one after the last")]
#[case(&["--max-failures", "0"], "invalid value '0' for '--max-failures <K>'")]
#[case(&["--max", "nothing=1"], "\"nothing\" is not known; use one of")]
fn invalid_flags_exit_with_2_and_name_value_and_cure(#[case] more: &[&str], #[case] message: &str) {
    let finished = sweep(&Place::new(), "gossip", more);
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(2), ""), "{finished:?}");
    assert!(finished.stderr.contains(message), "{finished:?}");
}

#[rstest]
fn a_limit_is_a_rule_of_every_seed(#[values(&[][..], &["--isolate"])] more: &[&str]) {
    let finished = sweep(&Place::new(), "gossip", &[&["--seeds", "8", "--max", "learned=0", "--max-failures", "2"], more].concat());
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(finished.stdout.starts_with("0 of seeds 0..8 of gossip passed, 8 failed in one way\n"), "{finished:?}");
    assert!(finished.stdout.contains("--max learned=0: learned is "), "{finished:?}");
}

#[test]
fn the_help_does_not_show_the_worker_command() {
    let help = Place::new().run(&["--help"]);
    assert!(help.stdout.contains("  sweep ") && !help.stdout.contains("worker"), "{}", help.stdout);
}

#[test]
fn a_worker_ends_when_its_stdin_closes() {
    let place = Place::new();
    let mut worker = place.command(&["worker", "--scenario", "canary"]);
    // Millions of seeds, and stdin closes at once.
    let output = worker.write_stdin("cluster-sim child 1: {\"from\":0,\"to\":100000000}\n").output().expect("it is there");
    let finished = Finished::from(output);
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""), "{finished:?}");
    assert!(finished.stdout.starts_with("\ncluster-sim child 1: {\"reached\":{"), "{}", finished.stdout);
}

#[test]
fn junit_has_a_verdict_on_required_coverage() {
    let place = Place::new();
    let sweep = |seeds: &str| sweep(&place, "gossip", &["--seeds", seeds, "--require-coverage", "--junit", "verdicts.xml"]);
    let verdicts = || std::fs::read_to_string(place.path("verdicts.xml")).expect("it was written");
    let covered = "<testcase name=\"the sweep reaches its required coverage\" classname=\"gossip\"/>";
    let finished = sweep("60");
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(
        finished.stdout.contains("        fault crash: ") && finished.stdout.contains("        lost to cuts: "),
        "{finished:?}"
    );
    assert!(verdicts().contains(covered) && verdicts().contains("failures=\"0\" errors=\"0\""), "{}", verdicts());
    // Some seed alone draws a fault without effect.
    let finished =
        (0..60).map(|seed| sweep(&format!("{seed}..{}", seed + 1))).find(|finished| finished.stdout.contains(" faults of kind "));
    let finished = finished.expect("in one of the seeds a kind of fault has no effect");
    let (_, missing) = finished.stdout.split_once("missing: ").expect("the output names the missing coverage");
    let missing = missing.lines().next().unwrap().replace('"', "&quot;");
    assert!(missing.contains(" and none had an effect; ") || missing.contains(" and none was applied; "), "{missing}");
    assert!(verdicts().contains(&missing) && verdicts().contains("errors=\"1\""), "{missing}{}", verdicts());
}
