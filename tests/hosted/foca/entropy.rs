//! foca draws from the generator that it is given, and from nothing else.

use cluster_sim::prelude::*;
use cluster_sim::report::{DivergenceKind, RecordKind};

use super::glue::Swim;
use super::{setup, swim, swim_async};

#[test]
fn two_runs_of_a_seed_are_equal() {
    swim(100, setup()).check_determinism(Seed(0)).assert_ok();
    swim_async(100, setup()).check_determinism(Seed(10)).assert_ok();
}

#[test]
fn a_node_with_the_generator_of_its_thread_is_named() {
    let setup = setup();
    let scenario = Scenario::new("swim with entropy")
        .machines("node", 4, move |boot: &Boot| Swim::boot(boot, &setup, boot.rng("foca", 0)))
        .machines("leaky", 1, |boot: &Boot| Swim::boot(boot, &super::setup(), rand::rng()))
        .duration(Duration::from_secs(10));
    let check = scenario.check_determinism(Seed(7));
    let event = check.divergence().and_then(|divergence| divergence.event.as_ref()).expect("the runs differ");
    assert_eq!((event.node.as_str(), event.kind), ("leaky/0", DivergenceKind::Event(RecordKind::Send)), "{check}");
}
