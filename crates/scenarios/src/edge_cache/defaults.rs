//! Defaults from the environment for fields that a scenario file leaves out.

use cluster_sim_registry::{FieldSpec, Variable, Variables};
use serde_json::Value;

use super::fields::CAPACITY_MAX;

/// Messages that a subscription holds unless the file or the environment sets another number (EDGE-40).
pub const SOURCE_FANOUT_CAPACITY: u32 = 1024;

/// The variable that sets the capacity of the source's fan-out (EDGE-40).
pub(super) const CAPACITY: Variable = Variable {
    name: "EDGE_CONSISTENCY_SOURCE_FANOUT_CAPACITY",
    accepts: FieldSpec::Whole(1, CAPACITY_MAX),
    help: "messages that an edge cache's router may fall behind its source before the oldest are skipped, for scenarios that do not set \
           source_fanout_capacity [default: 1024]; the report repeats it",
};

/// Values for fields that a file leaves out and the environment may set; the report repeats them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Defaults {
    /// Messages that the router's subscription to the source holds (EDGE-40).
    pub source_fanout_capacity: u32,
}

impl Default for Defaults {
    fn default() -> Self {
        Self { source_fanout_capacity: SOURCE_FANOUT_CAPACITY }
    }
}

impl Defaults {
    /// The defaults under these variables.
    pub fn of(variables: &Variables) -> Self {
        let number = |value: &Value| value.as_u64().and_then(|number| u32::try_from(number).ok());
        let capacity = variables.get(CAPACITY.name).map(|value| number(value).expect("the variable accepts what the field does"));
        capacity.map_or_else(Self::default, |source_fanout_capacity| Self { source_fanout_capacity })
    }
}

#[cfg(test)]
mod tests {
    use cluster_sim_registry::{ScenarioError, ScenarioErrorKind};
    use rstest::rstest;

    use super::*;

    fn with(text: Option<&str>) -> Result<Defaults, ScenarioError> {
        let variables = Variables::read([CAPACITY], |name| {
            assert_eq!(name, "EDGE_CONSISTENCY_SOURCE_FANOUT_CAPACITY");
            text.map(Into::into)
        });
        variables.map(|variables| Defaults::of(&variables))
    }

    #[test]
    fn edge_40_the_capacity_is_1024_unless_set() {
        assert_eq!(with(None).unwrap().source_fanout_capacity, 1024);
        assert_eq!(with(Some("7")).unwrap().source_fanout_capacity, 7);
        assert_eq!(u64::from(with(Some("16777216")).unwrap().source_fanout_capacity), CAPACITY_MAX);
    }

    #[rstest]
    #[case("", ScenarioErrorKind::WrongType)]
    #[case("many", ScenarioErrorKind::WrongType)]
    #[case("-1", ScenarioErrorKind::WrongType)]
    #[case("0", ScenarioErrorKind::OutOfRange)]
    #[case("16777217", ScenarioErrorKind::OutOfRange)]
    #[case("99999999999", ScenarioErrorKind::OutOfRange)]
    fn edge_40_a_capacity_that_does_not_fit_is_refused(#[case] text: &str, #[case] kind: ScenarioErrorKind) {
        let error = with(Some(text)).unwrap_err();
        assert_eq!((error.kind, error.file.as_str()), (kind, CAPACITY.name));
        assert_eq!(error.cure, "use a whole number from 1 to 16777216, or unset it");
    }
}
