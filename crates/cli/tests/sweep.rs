//! Many seeds of one scenario: what is shown, which seeds these are, exit codes, and what an interrupt leaves.

mod common;

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

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
fn the_canary_is_found_with_seed_rule_and_the_line_that_shows_it_again() {
    let place = Place::new();
    let first = failing(500)[0];
    let finished = sweep(&place, "canary", &["--seeds", "500"]);
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(1), ""), "{finished:?}");
    let text = finished.stdout;
    let begins = format!("{first} of seeds 0..500 of canary held\nFAIL  canary  seed={first:#x}  digest=");
    assert!(text.starts_with(&begins) && text.contains(RULE), "{text}");
    // The lines do what they say.
    for word in ["again", "replay"] {
        let (_, line) = text.split_once(&format!("      {word}: cluster-sim ")).expect("it says how to see it again");
        let again = place.run(&line.lines().next().unwrap().split_whitespace().collect::<Vec<_>>());
        assert_eq!(again.code, Some(1), "{again:?}");
        assert!(again.stdout.contains(&format!("seed={first:#x}")) && again.stdout.contains(RULE), "{again:?}");
    }
}

#[test]
fn what_is_shown_hangs_on_neither_threads_nor_processes() {
    let place = Place::new();
    let shown = |more: &[&str]| {
        let finished = sweep(&place, "canary", &[&["--seeds", "100..600", "--failures", "2"], more].concat());
        assert_eq!((finished.code, finished.stderr.as_str()), (Some(1), ""), "{finished:?}");
        finished.stdout
    };
    let alone = shown(&["--threads", "1"]);
    let failed = failing(600).into_iter().filter(|seed| *seed >= 100).count();
    let head = format!("{} of seeds 100..600 of canary held, {failed} failed in one way\n", 500 - failed);
    assert!(alone.starts_with(&head), "{head}{alone}");
    for more in [&["--threads", "4"][..], &["--isolate"], &["--isolate", "--threads", "3"]] {
        assert_eq!(shown(more), alone, "{more:?}");
    }
}

#[rstest]
fn seeds_that_all_hold_end_with_0(#[values(&[][..], &["--isolate"])] more: &[&str]) {
    let finished = sweep(&Place::new(), "gossip", &[&["--seeds", "0x10..0x20"], more].concat());
    let expected = (Some(0), "16 of seeds 16..32 of gossip held\n", "");
    assert_eq!((finished.code, finished.stdout.as_str(), finished.stderr.as_str()), expected);
}

#[test]
fn a_file_is_swept_too_and_nothing_is_written() {
    let place = Place::new();
    place.file("my.json", std::fs::read(example()).expect("the example is there"));
    let finished = sweep(&place, "my.json", &["--seeds", "2"]);
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(0), "2 of seeds 0..2 of edge-cache held\n"), "{finished:?}");
    assert_eq!(place.names(), ["my.json"]);
}

#[test]
fn without_seeds_they_begin_with_the_git_revision_and_are_said_first() {
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
    let said = format!("sweeping gossip from seeds {seeds}: 1024 from git revision {}\n", &revision[..12]);
    assert_eq!(finished.stderr, said);
    assert_eq!(finished.stdout, format!("1024 of seeds {seeds} of gossip held\n"));
}

#[test]
fn without_a_revision_they_begin_with_0_and_it_says_why() {
    let finished = sweep(&Place::new(), "gossip", &[]);
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(0), "1024 of seeds 0..1024 of gossip held\n"));
    let said = "sweeping gossip from seeds 0..1024: 1024 from 0, the same each time, since there is no git revision here (fatal: ";
    assert!(finished.stderr.starts_with(said), "{finished:?}");
    assert!(finished.stderr.ends_with("; --seeds names others\n"), "{finished:?}");
}

#[rstest]
#[case(&["--seeds", "5..5"], "\"5..5\" is no range of seeds with one in it; use the first seed and the one after the last")]
#[case(&["--failures", "0"], "invalid value '0' for '--failures <K>'")]
#[case(&["--fail-on", "nothing=1"], "\"nothing\" is not known; use one of")]
fn what_does_not_fit_ends_with_2_and_names_value_and_cure(#[case] more: &[&str], #[case] says: &str) {
    let finished = sweep(&Place::new(), "gossip", more);
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(2), ""), "{finished:?}");
    assert!(finished.stderr.contains(says), "{finished:?}");
}

#[rstest]
fn a_threshold_is_a_rule_of_every_seed(#[values(&[][..], &["--isolate"])] more: &[&str]) {
    let finished = sweep(&Place::new(), "gossip", &[&["--seeds", "8", "--fail-on", "learned=0", "--failures", "2"], more].concat());
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(finished.stdout.starts_with("0 of seeds 0..8 of gossip held, 8 failed in one way\n"), "{finished:?}");
    assert!(finished.stdout.contains("--fail-on learned=0: learned is "), "{finished:?}");
}

/// Starts a sweep that takes long, and interrupts it as soon as it printed so many lines: the first says which seeds, the others come from
/// nodes.
fn interrupted(after: usize, more: &[&str]) -> Finished {
    let place = Place::new();
    let mut command = Command::new(env!("CARGO_BIN_EXE_cluster-sim"));
    command.current_dir(place.path(".")).args(["sweep", "--scenario", "edge-cache", "--failures", "9"]).args(more);
    command.env("RUST_LOG", "cluster_sim_edge_cache=debug").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.process_group(0);
    let mut process = command.spawn().expect("the command is there");
    let mut stderr = BufReader::new(process.stderr.take().expect("it is a pipe"));
    let mut said = String::new();
    (0..after).for_each(|_| assert!(stderr.read_line(&mut said).is_ok_and(|length| length > 0), "it says something"));
    // As a terminal does: to the command and whatever it started in its group.
    let kill = Command::new("kill").args(["-INT", "--", &format!("-{}", process.id())]).status().expect("kill is there");
    assert!(kill.success());
    stderr.read_to_string(&mut said).expect("it says text");
    let mut finished = Finished::from(process.wait_with_output().expect("it ends"));
    finished.stderr = said;
    finished
}

#[test]
fn an_interrupt_ends_with_130_and_what_failed_so_far() {
    // Every seed is over that limit, and the one under way is waited for.
    let finished = interrupted(2, &["--threads", "1", "--fail-on", "stale_reads=0"]);
    assert_eq!(finished.code, Some(130), "{finished:?}");
    assert!(finished.stdout.starts_with("0 of seeds 0..1024 of edge-cache held, "), "{finished:?}");
    assert!(finished.stdout.contains("interrupted before all were run\nFAIL  edge-cache  seed=0x0  digest="), "{finished:?}");
}

#[test]
fn an_interrupt_of_processes_ends_with_130() {
    let finished = interrupted(1, &["--threads", "2", "--isolate"]);
    assert_eq!(finished.code, Some(130), "{finished:?}");
    assert!(finished.stdout.contains(" of seeds 0..1024 of edge-cache held, "), "{finished:?}");
    assert!(finished.stdout.contains("interrupted before all were run"), "{finished:?}");
}

#[test]
fn a_worker_is_no_command_for_people() {
    let help = Place::new().run(&["--help"]);
    assert!(help.stdout.contains("  sweep ") && !help.stdout.contains("worker"), "{}", help.stdout);
}

#[test]
fn a_worker_whose_leader_is_gone_ends() {
    let place = Place::new();
    let mut worker = place.command(&["worker", "--scenario", "canary"]);
    // Millions of seeds, and nobody who waits for them.
    let output = worker.write_stdin("cluster-sim worker: {\"from\":0,\"to\":100000000}\n").output().expect("it is there");
    let finished = Finished::from(output);
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""), "{finished:?}");
    assert!(finished.stdout.starts_with("\ncluster-sim worker: {\"reached\":{"), "{}", finished.stdout);
}

#[test]
fn a_sweep_that_held_is_a_verdict_for_pipelines_too_and_what_is_missing_is_an_error() {
    let place = Place::new();
    let sweep = |seeds: &str| sweep(&place, "gossip", &["--seeds", seeds, "--require-coverage", "--junit", "verdicts.xml"]);
    let verdicts = || std::fs::read_to_string(place.path("verdicts.xml")).expect("it was written");
    let covered = "<testcase name=\"the sweep goes through what it is meant to\" classname=\"gossip\">";
    let finished = sweep("60");
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(
        finished.stdout.contains("        fault crash: ") && finished.stdout.contains("        lost to cuts: "),
        "{finished:?}"
    );
    assert!(verdicts().contains(covered) && verdicts().contains("failures=\"0\" errors=\"0\""), "{}", verdicts());
    // One seed draws faults that come to nothing.
    let finished = (0..60).map(|seed| sweep(&format!("{seed}..{}", seed + 1))).find(|finished| finished.code == Some(4));
    let finished = finished.expect("in some seed a kind of fault has no effect");
    let (_, missing) = finished.stdout.split_once("missing: ").expect("it says what is missing");
    let missing = missing.lines().next().unwrap().replace('"', "&quot;");
    assert!(missing.ends_with("and none had an effect") || missing.ends_with("and none struck"), "{missing}");
    assert!(verdicts().contains(&missing) && verdicts().contains("errors=\"1\""), "{missing}{}", verdicts());
}
