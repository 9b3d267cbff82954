//! The reader of scenario files, with the law that holds for what it takes and refuses. A fuzzer calls it too.

use cluster_sim_registry::Variables;
use cluster_sim_scenarios::builtin;

/// Any bytes are a scenario that has nodes, or are refused with a place, a value and a cure of one line each.
///
/// Returns whether they are one.
pub(crate) fn scenario_file(bytes: &[u8]) -> bool {
    match builtin().read(&String::from_utf8_lossy(bytes), "my.json", &Variables::default()) {
        Ok(prepared) => {
            assert!(!prepared.scenario().name().is_empty());
            true
        }
        Err(error) => {
            let parts = [&error.file, &error.path, &error.value, &error.cure];
            assert!(parts.iter().all(|part| !part.contains('\n')), "{error:?}");
            assert!(!error.cure.is_empty() && error.to_string().contains(&error.cure), "{error:?}");
            false
        }
    }
}
