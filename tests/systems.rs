//! Each system is as it declares itself: its rules, limits, files and bugs.

use std::collections::BTreeSet;

use cluster_sim::Seed;
use cluster_sim_scenarios::{Registry, Variables, each_system};
use cluster_sim_testkit::own_system::OwnSystem;

/// Asserts that the scenarios of a system check the rules that it names, and no others.
fn assert_rules(registry: &Registry) {
    let system = registry.systems().next().expect("it has one");
    let declared: BTreeSet<String> = system.rules().into_iter().map(str::to_owned).collect();
    let mut checked = BTreeSet::new();
    for scenario in registry.scenarios() {
        let prepared = scenario.prepare(&Variables::default()).expect("it is fit to run");
        checked.extend(prepared.scenario().run(Seed(0)).checks.into_iter().map(|check| check.name));
    }
    assert_eq!(declared, checked, "rules of {}", system.name());
    for bug in registry.bugs() {
        assert!(declared.contains(bug.expected.rule), "{bug:?}");
    }
}

/// Asserts that each limit is on a number that some scenario of the system measures.
fn assert_limits(registry: &Registry) {
    let prepared = registry.scenarios().map(|scenario| scenario.prepare(&Variables::default()).expect("it is fit to run"));
    let measured: BTreeSet<String> = prepared.flat_map(|prepared| prepared.metric_names()).collect();
    for limit in registry.limits() {
        assert!(measured.contains(limit.metric()), "{limit} is on none of {measured:?}");
    }
}

/// Asserts that the smallest file of a system runs, and that its report repeats a file of the same run.
fn assert_files(registry: &Registry) {
    let dialects = registry.file_formats().map(|(name, format)| (name, format.example));
    for (name, example) in dialects.chain(registry.general_formats().map(|(name, format)| (name, format.example))) {
        let read = |text: &str| registry.read(text, name, &Variables::default()).unwrap_or_else(|error| panic!("{error}"));
        let artifact = read(example).run();
        assert_eq!(artifact.scenario["system"], name);
        assert_eq!(read(&artifact.scenario.to_string()).run(), artifact, "{name}");
    }
}

macro_rules! systems {
    ($($module:ident::$system:ident,)*) => {
        $(mod $module {
            fn registry() -> super::Registry {
                super::Registry::new().with(cluster_sim_scenarios::$module::$system)
            }

            #[test]
            fn its_scenarios_check_the_rules_that_it_names() {
                super::assert_rules(&registry());
            }

            #[test]
            fn its_limits_are_on_numbers_that_it_measures() {
                super::assert_limits(&registry());
            }

            #[test]
            fn its_smallest_file_runs_and_its_report_repeats_it() {
                super::assert_files(&registry());
            }
        })*
    };
}

each_system!(systems);

#[test]
fn a_system_of_a_user_is_as_it_declares_itself() {
    let registry = Registry::new().with(OwnSystem);
    assert_rules(&registry);
    assert_limits(&registry);
    assert_files(&registry);
    assert!(registry.limits().next().is_some() && registry.file_formats().next().is_some());
}

#[test]
#[should_panic(expected = "two systems are named \"tally\"")]
fn two_systems_of_one_name_are_refused() {
    let _ = Registry::new().with(OwnSystem).with(OwnSystem);
}
