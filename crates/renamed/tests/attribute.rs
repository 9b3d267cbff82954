//! The macros of cluster-sim where its crate has another name, and where other names hide those of the language.

/// As a helper crate hands it on.
mod helper {
    pub(crate) use sim as simulator;
}

mod renamed {
    use sim::prelude::*;

    async fn sleeps(node: Node) {
        select! {
            () = node.sleep(Duration::from_secs(1)) => {}
            () = node.sleep(Duration::from_secs(2)) => unreachable!("the other one is shorter"),
        }
        failpoint!(node, "slept");
    }

    #[sim::test(crate = "sim", seeds = 2)]
    fn a_scenario_is_swept() -> Scenario {
        Scenario::new("sleeping").nodes("node", 1, sleeps)
    }

    #[sim::test(crate = "sim", seeds = 2, max_time = "1h", minimize = false)]
    fn a_seed_is_run(seed: Seed) -> Report {
        Scenario::new("sleeping").nodes("node", 1, sleeps).run(seed)
    }

    #[sim::test(crate = "crate::helper::simulator", seeds = 2, minimize_runs = 10, minimize_time = "1s")]
    fn a_trial_is_run_by_a_crate_that_is_handed_on(trial: Trial) -> Report {
        trial.run(&Scenario::new("sleeping").nodes("node", 1, sleeps))
    }

    #[test]
    fn a_plain_test_stands_beside_the_prelude() {
        a_scenario_is_swept();
    }
}

/// Names that hide those of the language and of this crate's dependencies.
mod hidden {
    #![expect(dead_code, unused_macros, non_camel_case_types, reason = "they only hide other names")]

    use ::sim::prelude::{select, Node, Scenario, Seed};

    mod core {}
    mod std {}
    mod cluster_sim {}
    mod sim {}
    struct Some;
    struct None;
    struct Ok;
    struct Err;
    struct u64;
    struct usize;
    struct bool;
    enum Option {}
    enum Result {}
    trait Future {}
    trait Into {}
    trait Iterator {}
    macro_rules! panic {
        () => {};
    }
    macro_rules! env {
        () => {};
    }

    async fn sleeps(node: Node) {
        select! {
            () = node.sleep(::core::time::Duration::from_secs(1)) => {}
            () = node.sleep(::core::time::Duration::from_secs(2)) => {}
        }
    }

    // Named as a variable in the expansion could be.
    #[::sim::test(crate = "::sim", seeds = 2, threads = 1)]
    fn test() -> Scenario {
        let _ = Seed(0);
        Scenario::new("sleeping").nodes("node", 1, sleeps)
    }
}
