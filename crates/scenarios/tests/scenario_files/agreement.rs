//! Reader and schema agree, over files that are drawn from the declaration and every single mistake in them.

use cluster_sim_registry::{ScenarioErrorKind, Shape};
use cluster_sim_scenarios::builtin;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::drawn::{Numbers, drawn};
use crate::mutated::for_each_mistake;
use crate::{general_systems, read_value, validator};

/// The groups of a system, which its faults name.
fn groups(system: &str) -> Vec<&'static str> {
    let registry = builtin();
    let (_, format) = registry.general_formats().find(|(name, _)| *name == system).expect("it has files");
    format.groups.iter().map(|group| group.name).collect()
}

/// A file of a system, drawn from its declaration.
fn file(system: &str, number: u64) -> (Shape, Value) {
    let shape = Shape::Object(builtin().file_shape(system).expect("it has files"));
    let file = drawn(&shape, &groups(system), &mut Numbers(number));
    (shape, file)
}

/// Whether JSON Schema cannot say it: parts that do not go together, and names.
fn is_beyond_the_schema(kind: ScenarioErrorKind) -> bool {
    matches!(kind, ScenarioErrorKind::Misfit | ScenarioErrorKind::Foreign(_) | ScenarioErrorKind::AfterTheEnd)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn what_the_declaration_draws_reader_and_schema_accept(number: u64, which in 0_usize..100) {
        let systems = general_systems();
        let system = systems[which % systems.len()];
        let (shape, file) = file(system, number);
        prop_assert_eq!(shape.check(&file, "", "my.json"), Ok(()), "{}", file);
        prop_assert!(validator(Some(system)).is_valid(&file), "{file}");
        if let Err(error) = read_value(&file) {
            prop_assert!(is_beyond_the_schema(error.kind), "{error}: {file}");
        }
    }
}

/// One mistake of many in a file that was right: none may run.
#[test]
fn reader_and_schema_refuse_every_single_mistake() {
    let mut mistakes = 0;
    for system in general_systems() {
        let validator = validator(Some(system));
        for number in 0..200 {
            let (shape, file) = file(system, number);
            for_each_mistake(&shape, &file, &mut |what, wrong| {
                mistakes += 1;
                assert!(!validator.is_valid(&wrong), "the schema accepts {what}: {wrong}");
                assert!(shape.check(&wrong, "", "my.json").is_err(), "the reader accepts {what}: {wrong}");
            });
        }
    }
    assert!(mistakes > 20_000, "{mistakes} mistakes");
}

#[test]
fn a_mistake_keeps_the_whole_file_from_running() {
    for system in general_systems() {
        let shape = Shape::Object(builtin().file_shape(system).expect("it has files"));
        let file = json!({"format": 1, "system": system, "faults": [{"at_ms": 5, "fault": "heal_all"}], "checks": [rule(system)]});
        assert!(read_value(&file).is_ok(), "{file}");
        for_each_mistake(&shape, &file, &mut |what, wrong| {
            assert!(read_value(&wrong).is_err(), "the reader accepts {what}: {wrong}");
        });
    }
}

fn rule(system: &str) -> &'static str {
    builtin().general_formats().find(|(name, _)| *name == system).expect("it has files").1.checks[0]
}
