//! Link classes change separately during a run, and are as declared again in the recovery phase.

use cluster_sim::prelude::*;
use cluster_sim_testkit::faults::loss;
use cluster_sim_testkit::units::milliseconds;

/// Sends its clock to all nodes every 10 ms, and publishes the delay of the last message of each sender.
struct Beacon {
    all: Vec<NodeId>,
    last: Vec<Duration>,
}

impl Machine for Beacon {
    type Message = u64;
    type View = Vec<Duration>;

    fn step(&mut self, now: LocalInstant, input: Input<u64>, effects: &mut Effects<u64>) {
        match input {
            Input::Message { from, message } => self.last[from.index()] = now - LocalInstant::from_nanoseconds(message),
            _ => {
                effects.send_all(&self.all, now.as_nanoseconds());
                effects.set_timer(Timer(0), milliseconds(10));
            }
        }
    }

    fn view(&self) -> &Vec<Duration> {
        &self.last
    }
}

/// Two groups of one node; the link `there` takes 5 ms and the link `back` 6 ms.
fn two_ways() -> Scenario {
    let boot = |_: &Boot| Beacon { all: vec![NodeId(0), NodeId(1)], last: vec![Duration::ZERO; 2] };
    Scenario::new("two ways")
        .machines("one", 1, boot)
        .machines("other", 1, boot)
        .links("one", "other", "there", LinkModel::constant(milliseconds(5)))
        .links("other", "one", "back", LinkModel::constant(milliseconds(6)))
        .default_links(LinkModel::constant(milliseconds(7)))
        .start_together()
}

/// The delays in milliseconds of the last messages there, back, and from the first node to itself.
fn last(sim: &Sim) -> [u128; 3] {
    let took = |node: u32, from: usize| sim.inspect(|world| world.view::<Vec<Duration>>(NodeId(node)).unwrap()[from].as_millis());
    [took(1, 0), took(0, 1), took(0, 0)]
}

fn change(links: &str, delay: u64) -> Fault {
    NetworkFault::Links { links: links.to_owned(), model: LinkModel::constant(milliseconds(delay)) }.into()
}

/// n17.
#[test]
fn changing_a_link_class_leaves_the_others_unchanged() {
    let mut sim = two_ways().start(Seed(7));
    sim.run_for(milliseconds(100));
    assert_eq!(last(&sim), [5, 6, 7]);
    sim.inject(change("there", 50)).unwrap();
    sim.run_for(milliseconds(100));
    assert_eq!(last(&sim), [50, 6, 7]);
    sim.inject(change("default", 9)).unwrap();
    sim.run_for(milliseconds(100));
    assert_eq!(last(&sim), [50, 6, 9], "the default class covers the links of no other class");
    sim.inject(change("there", 5)).unwrap();
    sim.run_for(milliseconds(100));
    assert_eq!(last(&sim), [5, 6, 9]);
}

/// n1.
#[test]
fn a_message_in_flight_keeps_its_fate_when_its_class_changes() {
    let mut sim = two_ways().start(Seed(7));
    // The message sent at 100 ms is in flight on each link.
    sim.run_for(milliseconds(101));
    let gone = NetworkFault::Links { links: "there".to_owned(), model: LinkModel { loss: Ratio::ONE, ..LinkModel::instant() } };
    sim.inject(gone).unwrap();
    let delivered = |sim: &Sim| sim.inspect(|world| world.traffic().delivered);
    let before = delivered(&sim);
    sim.run_for(milliseconds(8));
    assert_eq!((delivered(&sim) - before, last(&sim)), (3 + 1, [5, 6, 7]), "one each way, one to each node itself");
    sim.run_for(milliseconds(100));
    assert_eq!(last(&sim)[0], 5, "nothing has arrived there since");
    assert!(sim.inspect(|world| world.traffic().dropped["loss"]) >= 10);
}

/// n17.
#[test]
fn links_are_as_declared_again_in_the_recovery_phase() {
    let scenario = |expected: u128| {
        let there =
            move |world: &World<'_>| world.view::<Vec<Duration>>(NodeId(1)).is_some_and(|last| last[0].as_millis() == expected);
        two_ways().eventually("the way there", there).duration(milliseconds(200)).recovery_timeout(Duration::from_secs(3))
    };
    let lossy = loss("there", "r", Ratio::ONE, None);
    let plan = FaultPlan::new().at(milliseconds(50), change("there", 50)).at(milliseconds(120), lossy);
    scenario(5).faults(plan.clone()).run(Seed(7)).assert_ok();
    assert_eq!(scenario(50).faults(plan).run(Seed(7)).outcome, Outcome::Violated, "50 ms end before the fault phase");
}

/// n3.
#[test]
fn a_loss_rule_applies_to_its_class_only() {
    let mut sim = two_ways().start(Seed(7));
    let rule = loss("back", "one way", Ratio::ONE, None);
    sim.inject(rule).unwrap();
    sim.run_for(milliseconds(200));
    assert_eq!(last(&sim), [5, 0, 7]);
}

/// n3.
#[test]
fn rules_of_one_name_on_two_classes_count_separately() {
    let rule = |links: &str| loss(links, "r", Ratio::ONE, None);
    let mut sim = two_ways().start(Seed(7));
    sim.inject(rule("there")).unwrap();
    sim.run_for(milliseconds(100));
    sim.inject(rule("back")).unwrap();
    sim.run_for(milliseconds(100));
    let report = sim.finish();
    let effects: Vec<u64> = report.faults.iter().map(|fault| fault.effect).collect();
    assert_eq!(effects.iter().sum::<u64>(), report.traffic.dropped["r"], "{effects:?}");
    assert!((19..=21).contains(&effects[0]) && (9..=11).contains(&effects[1]), "{effects:?}");
}

#[test]
fn the_last_declared_default_link_model_applies() {
    let mut sim = two_ways().default_links(LinkModel::constant(milliseconds(3))).start(Seed(7));
    sim.run_for(milliseconds(100));
    assert_eq!(last(&sim), [5, 6, 3]);
}
