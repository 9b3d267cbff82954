//! Every finding fails the report and names its cause.

use cluster_sim::Invariant;
use cluster_sim::check::Change;
use cluster_sim::prelude::*;
use cluster_sim::report::{PanicFinding, PanicSite};
use cluster_sim_testkit::panics::panic_of;
use cluster_sim_testkit::units::{instant, milliseconds};

use crate::worker::{Memory, workers};

/// Counts the changes it sees; reports a violation or panics at a given one.
struct Tally {
    seen: u64,
    limit: u64,
    panics: bool,
}

impl Invariant for Tally {
    fn observe(&mut self, change: &Change, _: &World<'_>) -> Verdict {
        self.seen += 1;
        if self.seen <= self.limit {
            return Verdict::Holds;
        }
        assert!(!self.panics, "the tally is over its limit");
        Verdict::violated([change.node()], format!("{} changes", self.seen))
    }

    fn times_checked(&self) -> u64 {
        self.seen
    }
}

fn most_ticks(world: &World<'_>) -> usize {
    world.views::<Memory>().map(|(_, memory)| memory.ticks.len()).max().unwrap_or(0)
}

fn few_ticks(world: &World<'_>) -> Result<(), String> {
    match most_ticks(world) {
        0..=20 => Ok(()),
        many => Err(format!("a worker ticked {many} times")),
    }
}

#[test]
fn a_violated_always_check_ends_the_run_and_names_the_seed() {
    let report = workers().always("few ticks", few_ticks).run(Seed(617));
    assert_eq!((report.outcome, report.ended_at), (Outcome::Violated, instant(210)));
    let [violation] = &report.violations[..] else { panic!("one rule broke: {report}") };
    assert_eq!((violation.rule.as_str(), violation.at), ("few ticks", instant(210)));
    let complaint = panic_of(|| report.assert_ok());
    for part in ["few ticks", "a worker ticked 21 times", "0.210000s", "seed=0x269", &report.digest.to_string(), "last events"] {
        assert!(complaint.contains(part), "{part} is missing:\n{complaint}");
    }
    workers().always("few ticks", |world| most_ticks(world) <= 100).run(Seed(617)).assert_ok();
}

#[test]
fn a_violated_observer_ends_the_run_and_names_its_nodes() {
    let tally = |limit| workers().observe("tally", move || Tally { seen: 0, limit, panics: false }).run(Seed(617));
    let report = tally(50);
    assert_eq!((report.outcome, report.suspects().len()), (Outcome::Violated, 1));
    assert_eq!((report.violations[0].rule.as_str(), report.violations[0].message.as_str()), ("tally", "51 changes"));
    let complaint = panic_of(|| report.assert_ok());
    for part in ["tally: 51 changes", "seed=0x269", &report.violations[0].at.to_string()] {
        assert!(complaint.contains(part), "{part} is missing:\n{complaint}");
    }
    tally(1_000_000).assert_ok();
}

#[test]
fn an_eventually_check_never_true_is_a_violation() {
    let never = |world: &World<'_>| match most_ticks(world) {
        0..=10_000 => Err("too few ticks"),
        _ => Ok(()),
    };
    let report = workers().eventually("many ticks", never).recovery_timeout(milliseconds(500)).run(Seed(617));
    assert_eq!((report.outcome, report.ended_at), (Outcome::Violated, instant(1_500)));
    let complaint = panic_of(|| report.assert_ok());
    for part in ["many ticks: still pending after recovery_timeout: too few ticks", "1.500000s", "seed=0x269"] {
        assert!(complaint.contains(part), "{part} is missing:\n{complaint}");
    }
}

/// Panics at `at`: while it boots, in its first step, or at a message.
struct Fragile {
    at: &'static str,
    view: (),
}

impl Fragile {
    fn boot(boot: &Boot, at: &'static str) -> Self {
        assert!(at != "boot" || boot.index() == 0, "cannot boot");
        Self { at: if boot.index() == 1 { at } else { "" }, view: () }
    }
}

impl Machine for Fragile {
    type Message = ();
    type View = ();

    fn step(&mut self, _: LocalInstant, input: Input<()>, effects: &mut Effects<()>) {
        effects.send(NodeId(1), ());
        match input {
            Input::Start => assert!(self.at != "start", "cannot start"),
            Input::Message { .. } => assert!(self.at != "message", "cannot listen"),
            Input::Call(()) => panic!("cannot be called"),
            _ => {}
        }
    }

    fn view(&self) -> &() {
        &self.view
    }
}

fn fragile(at: &'static str) -> Scenario {
    Scenario::new("fragile").machines("node", 2, move |boot: &Boot| Fragile::boot(boot, at)).duration(milliseconds(50))
}

#[test]
fn a_panic_in_a_node_is_a_finding() {
    for (at, message) in [("boot", "cannot boot"), ("start", "cannot start"), ("message", "cannot listen")] {
        let report = fragile(at).run(Seed(617));
        assert_eq!(report.outcome, Outcome::Panicked, "{at}");
        let PanicFinding { site, message: said, at: when, .. } = report.panic.clone().expect("a panic was found");
        assert_eq!((site.to_string().as_str(), said.as_str()), ("node/1", message));
        assert_eq!(site, PanicSite::Node { name: "node/1".to_owned(), group: "node".to_owned() });
        let complaint = panic_of(|| report.assert_ok());
        for part in ["node/1 panicked", message, "seed=0x269", &when.to_string()] {
            assert!(complaint.contains(part), "{part} is missing:\n{complaint}");
        }
    }
    fragile("never").run(Seed(617)).assert_ok();
}

#[test]
fn a_panic_in_a_call_or_a_manual_restart_is_a_finding() {
    let mut sim = fragile("never").start(Seed(7));
    sim.run_for(milliseconds(10));
    sim.call(0, ()).unwrap();
    assert!(sim.is_over());
    assert_eq!(sim.finish().panic.expect("a panic was found").site.to_string(), "node/0");
}

#[test]
fn a_panic_in_a_check_is_a_finding() {
    let scenarios = [
        workers().always("shaky", |world| -> bool { panic!("saw {} ticks", most_ticks(world)) }),
        workers().observe("shaky", || Tally { seen: 0, limit: 10, panics: true }),
        workers().eventually("shaky", |world| -> bool { panic!("saw {} ticks", most_ticks(world)) }),
    ];
    for scenario in scenarios {
        let report = scenario.run(Seed(617));
        assert_eq!(report.outcome, Outcome::Panicked);
        assert_eq!(report.panic.clone().expect("a panic was found").site, PanicSite::Check { name: "shaky".to_owned() });
        assert!(panic_of(|| report.assert_ok()).contains("check \"shaky\" panicked"));
    }
}

#[test]
fn a_panic_in_the_final_verdict_of_an_observer_is_a_finding() {
    struct Judge;
    impl Invariant for Judge {
        fn observe(&mut self, _: &Change, _: &World<'_>) -> Verdict {
            Verdict::Holds
        }
        fn times_checked(&self) -> u64 {
            1
        }
        fn finish(&mut self, _: &World<'_>) -> Verdict {
            panic!("cannot judge")
        }
    }
    let report = workers().observe("judge", || Judge).run(Seed(617));
    assert_eq!(report.outcome, Outcome::Panicked);
    assert_eq!(report.panic.expect("a panic was found").site, PanicSite::Check { name: "judge".to_owned() });
}

/// Never checks anything.
struct Blind;

impl Invariant for Blind {
    fn observe(&mut self, _: &Change, _: &World<'_>) -> Verdict {
        Verdict::Holds
    }

    fn times_checked(&self) -> u64 {
        0
    }
}

#[test]
fn a_check_that_read_no_node_is_unknown() {
    for blind in [
        workers().always("blind", |_| true),
        workers().eventually("blind", |_| true),
        workers().always("blind", |world| world.views::<String>().all(|_| false)),
        workers().observe("blind", || Blind),
    ] {
        let report = blind.run(Seed(7));
        assert_eq!((report.outcome, report.outcome.exit_code()), (Outcome::Unknown, 4), "{report}");
        assert!(panic_of(|| report.assert_ok()).contains("unknown: blind"), "{report}");
    }
    // A check that read a node once counts, even if there was none at first.
    workers().always("sees", |world| most_ticks(world) < 1_000).run(Seed(7)).assert_ok();
}

#[test]
fn violated_unknown_and_held_have_different_exit_codes() {
    let codes = [
        Outcome::Held,
        Outcome::Violated,
        Outcome::Panicked,
        Outcome::Stale,
        Outcome::Nondeterministic,
        Outcome::Exhausted,
        Outcome::Unknown,
    ];
    assert_eq!(codes.map(Outcome::exit_code), [0, 1, 1, 1, 3, 4, 4]);
}

/// No step follows a finding, and the finding does not change.
#[test]
fn an_ended_run_does_not_change() {
    let broken = || {
        let mut sim = workers().always("few ticks", few_ticks).start(Seed(7));
        sim.run_for(milliseconds(1_000));
        assert!(sim.is_over());
        sim
    };
    let mut sim = broken();
    let digest = sim.digest();
    assert!(!sim.crash(0) && !sim.pause(0) && !sim.kill(1));
    assert!(sim.call(0, 1_u64).is_err());
    drop(sim.partition([0], [1]));
    sim.heal_all();
    sim.run_for(milliseconds(1_000));
    assert_eq!(sim.digest(), digest);
    assert_eq!(sim.finish(), broken().finish());
}

/// Sends to a node that does not exist.
struct Lost;

impl Machine for Lost {
    type Message = ();
    type View = ();

    fn step(&mut self, _now: LocalInstant, _input: Input<()>, effects: &mut Effects<()>) {
        effects.send(NodeId(9), ());
    }

    fn view(&self) -> &() {
        &()
    }
}

#[test]
fn a_message_to_an_unknown_node_is_a_finding_about_its_sender() {
    let report = Scenario::new("lost").machines("lost", 2, |_: &Boot| Lost).start_together().run(Seed(7));
    let finding = report.panic.as_ref().expect("it is a finding");
    assert!(matches!(&finding.site, PanicSite::Node { group, .. } if group == "lost"), "{finding:?}");
    assert_eq!(finding.message, "it sends to n9, but the cluster has n0 to n1");
}
