//! Local clocks, changes of the seed during a run, and interleaved runs.

use cluster_sim::prelude::*;
use cluster_sim::report::Digest;
use cluster_sim::scenario::SeedSchedule;
use cluster_sim_testkit::faults::{crash, pause};
use cluster_sim_testkit::units::{instant, milliseconds};

use crate::worker::{Memory, memory, workers};

/// p1.
#[test]
fn local_time_counts_from_the_boot_of_each_incarnation() {
    let plan = FaultPlan::new().at(milliseconds(123), crash("worker/1", milliseconds(100)));
    let mut sim = workers().faults(plan).start(Seed(7));
    sim.run_for(milliseconds(300));
    let first = |node| memory(&sim, node).unwrap().ticks[0].since_zero();
    assert_eq!((first(0), first(1)), (milliseconds(10), milliseconds(10)));
    assert_eq!(memory(&sim, 1).unwrap().ticks.len(), 7, "it is up since 223 ms");
}

/// A scenario with random starts, delays, losses and faults.
fn random() -> Scenario {
    let lossy = LinkModel { loss: Ratio::new(0.2).unwrap(), ..LinkModel::default() };
    let profile = FaultProfile { mean_interval: milliseconds(200), mean_duration: milliseconds(50), ..FaultProfile::default() };
    workers().default_links(lossy).chaos(profile).always("at most two workers exist", |world| world.views::<Memory>().count() <= 2)
}

/// The digest at each millisecond of a second.
fn digests(sim: &mut Sim) -> Vec<Digest> {
    (0..1_000).map(|_| step(sim)).collect()
}

fn step(sim: &mut Sim) -> Digest {
    sim.run_for(milliseconds(1));
    sim.digest()
}

#[test]
fn interleaved_runs_are_as_each_is_alone() {
    let (one, other) = (random(), workers());
    let alone = [digests(&mut one.start(Seed(3))), digests(&mut other.start(Seed(4)))];
    let (mut one, mut other) = (one.start(Seed(3)), other.start(Seed(4)));
    let interleaved: (Vec<Digest>, Vec<Digest>) = (0..1_000).map(|_| (step(&mut one), step(&mut other))).unzip();
    assert_eq!(interleaved, (alone[0].clone(), alone[1].clone()));
}

#[test]
fn one_seed_gives_one_run_and_another_seed_another() {
    let run = |seed| digests(&mut random().start(Seed(seed)));
    assert_eq!(run(3), run(3));
    assert_ne!(run(3).last(), run(4).last());
    assert_eq!(random().run(Seed(3)), random().run(Seed(3)));
}

#[test]
fn a_seed_scheduled_from_an_instant_changes_only_what_follows() {
    let plain = digests(&mut random().start(Seed(3)));
    let reseeded = |seed| {
        let mut sim = random().start(Seed(3));
        sim.reseed_at(instant(500), Seed(seed));
        digests(&mut sim)
    };
    let (one, other) = (reseeded(5), reseeded(6));
    assert_eq!((&one[..499], &other[..499]), (&plain[..499], &plain[..499]));
    assert!(one[499..].iter().zip(&plain[499..]).all(|(one, plain)| one != plain));
    assert_ne!(one.last(), other.last());
    let mut seeds = SeedSchedule::new(Seed(3));
    seeds.reseed_at(instant(500), Seed(5));
    assert_eq!(digests(&mut random().try_start(seeds).unwrap()), one, "said before the start or after it");
}

/// Changes the seed of a running simulation at its present instant.
#[test]
fn reseeding_a_running_simulation_changes_what_follows() {
    let futures = [3, 4].map(|seed| {
        let mut sim = random().start(Seed(3));
        sim.run_for(milliseconds(500));
        let past = sim.digest();
        let now = sim.now();
        sim.reseed_at(now, Seed(seed));
        sim.run_for(milliseconds(500));
        (past, sim.digest())
    });
    assert_eq!(futures[0].0, futures[1].0);
    assert_ne!(futures[0].1, futures[1].1);
    assert_eq!(
        futures[0].1,
        *digests(&mut random().start(Seed(3))).last().unwrap(),
        "reseeding with the same seed changes nothing"
    );
}

#[test]
fn a_report_names_every_seed_of_its_run() {
    let mut sim = workers().start(Seed(3));
    sim.reseed_at(instant(500), Seed(5));
    sim.run_for(milliseconds(1_000));
    let report = sim.finish();
    assert_eq!((report.seed(), report.seeds.at(instant(499)), report.seeds.at(instant(500))), (Seed(3), Seed(3), Seed(5)));
}

/// The kept records are those that the digest covers.
#[test]
fn the_records_of_a_run_fold_into_its_digest() {
    let mut sim = random().start(Seed(3));
    sim.keep_records();
    sim.run_for(milliseconds(1_000));
    let mut digest = Digest::default();
    sim.records().iter().for_each(|record| digest.fold(record));
    assert!(sim.records().len() > 300);
    assert_eq!(digest, sim.digest());
}

/// p3.
#[test]
fn inspecting_and_running_in_pieces_changes_nothing() {
    let plan = FaultPlan::new().at(milliseconds(105), pause("worker/1", milliseconds(100)));
    let scenario = random().faults(plan);
    let mut whole = scenario.start(Seed(3));
    whole.run_for(milliseconds(1_000));
    let mut pieces = scenario.start(Seed(3));
    for nanoseconds in [1, 999_999, 123_456_789, 375_543_211] {
        pieces.run_for(Duration::from_nanos(nanoseconds));
        pieces.inspect(|world| assert_eq!(world.nodes().count(), 2));
    }
    pieces.run_until(milliseconds(500), |_| false);
    assert_eq!((pieces.now(), pieces.digest()), (whole.now(), whole.digest()));
}
