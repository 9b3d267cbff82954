//! The values that a field of a scenario file accepts.

use std::fmt;

use serde_json::{Number, Value};

use crate::error::ScenarioErrorKind;

/// The values that a field accepts. Prints as the cure for any other: `use a number from 0 to 1`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FieldSpec {
    /// A number from 0 to 1.
    Rate,
    /// A number from 0 to 100.
    Percentage,
    /// A whole number within bounds, both included.
    Whole(u64, u64),
    /// A whole number within bounds, both included, or null.
    WholeOrNull(u64, u64),
    /// Any finite number within bounds, both included.
    Number(f64, f64),
    /// A word of a closed list: its kind, such as `policy`, and the list in words.
    ///
    /// Checked where it is decoded.
    Word(&'static str, &'static str),
    /// Values described in words, checked where they are decoded.
    Described(&'static str),
}

impl FieldSpec {
    /// Whether the field accepts `value`; always true where it is checked by decoding.
    pub fn accepts(self, value: &Value) -> bool {
        let within = |least: f64, most: f64| value.as_f64().is_some_and(|number| number >= least && number <= most);
        let whole = |least: u64, most: u64| value.as_u64().is_some_and(|number| number >= least && number <= most);
        match self {
            Self::Rate => within(0.0, 1.0),
            Self::Percentage => within(0.0, 100.0),
            Self::Whole(least, most) => whole(least, most),
            Self::WholeOrNull(least, most) => value.is_null() || whole(least, most),
            Self::Number(least, most) => within(least, most),
            Self::Word(..) | Self::Described(_) => true,
        }
    }

    /// The kind of error for a value of the right type that the field does not accept.
    pub fn mistake(self) -> ScenarioErrorKind {
        match self {
            Self::Rate => ScenarioErrorKind::NoRate,
            Self::Percentage => ScenarioErrorKind::NoPercentage,
            Self::Word(..) | Self::Described(_) => ScenarioErrorKind::Misfit,
            Self::Whole(..) | Self::WholeOrNull(..) | Self::Number(..) => ScenarioErrorKind::OutOfRange,
        }
    }

    /// The kind of error for a word that is not in the list of the field.
    pub(crate) fn unknown(self) -> ScenarioErrorKind {
        match self {
            Self::Word(what, _) => ScenarioErrorKind::Unknown(what),
            _ => ScenarioErrorKind::UnknownWord,
        }
    }

    /// Reads a value of the field's type from plain text; `None` if the text is not of that type.
    pub(crate) fn parse(self, text: &str) -> Option<Value> {
        match self {
            Self::Whole(..) | Self::WholeOrNull(..) => text.parse::<u64>().ok().map(Value::from),
            Self::Rate | Self::Percentage | Self::Number(..) => {
                text.parse::<f64>().ok().and_then(Number::from_f64).map(Value::from)
            }
            Self::Word(..) | Self::Described(_) => Some(Value::from(text)),
        }
    }
}

impl fmt::Display for FieldSpec {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rate => write!(formatter, "use a number from 0 to 1"),
            Self::Percentage => write!(formatter, "use a number from 0 to 100"),
            Self::Whole(least, most) => write!(formatter, "use a whole number from {least} to {most}"),
            Self::WholeOrNull(least, most) => write!(formatter, "use null or a whole number from {least} to {most}"),
            Self::Number(least, most) => write!(formatter, "use a number from {least} to {most}"),
            Self::Word(_, text) | Self::Described(text) => write!(formatter, "use {text}"),
        }
    }
}

/// The last name of a path, without an index: `steps[1].step` gives `step`, `steps[1]` gives `steps`.
pub fn last_name(path: &str) -> &str {
    let last = path.rsplit('.').next().unwrap_or(path);
    last.split('[').next().unwrap_or(last)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case(FieldSpec::Rate, &[json!(0), json!(1), json!(0.5)], &[json!(-0.1), json!(1.01), json!(null), json!("1")])]
    #[case(FieldSpec::Percentage, &[json!(0), json!(100.0)], &[json!(100.1), json!(-1), json!(null)])]
    #[case(FieldSpec::Whole(1, 9), &[json!(1), json!(9)], &[json!(0), json!(10), json!(1.5), json!(-1), json!(null)])]
    #[case(FieldSpec::WholeOrNull(1, 9), &[json!(1), json!(null)], &[json!(0), json!(10), json!("x")])]
    #[case(FieldSpec::Number(0.5, 2.0), &[json!(0.5), json!(2)], &[json!(0.4), json!(2.1), json!(null)])]
    fn bounds_are_included(#[case] spec: FieldSpec, #[case] good: &[Value], #[case] bad: &[Value]) {
        good.iter().for_each(|value| assert!(spec.accepts(value), "{spec:?} accepts {value}"));
        bad.iter().for_each(|value| assert!(!spec.accepts(value), "{spec:?} refuses {value}"));
    }

    #[rstest]
    #[case("seed", "seed")]
    #[case("chaos.loss_rate", "loss_rate")]
    #[case("steps[1]", "steps")]
    #[case("steps[1].step.PartitionEdge.edge_id", "edge_id")]
    fn a_path_ends_with_a_name(#[case] path: &str, #[case] name: &str) {
        assert_eq!(last_name(path), name);
    }
}
