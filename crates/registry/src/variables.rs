//! The environment variables of systems, as data.

use std::collections::BTreeMap;
use std::ffi::OsString;

use serde_json::Value;

use crate::error::{ScenarioError, ScenarioErrorKind};
use crate::field_spec::FieldSpec;

/// An environment variable that a system declares: a value for a field that scenarios leave out.
#[derive(Debug, Clone, PartialEq)]
pub struct Variable {
    /// Its name in the environment.
    pub name: &'static str,
    /// The values that it accepts.
    pub accepts: FieldSpec,
    /// Its purpose and its default, for the help.
    pub help: &'static str,
}

/// The variables that are set, by name. Empty by default, as on a machine that sets none.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Variables(BTreeMap<&'static str, Value>);

impl Variables {
    /// Reads the declared variables; `lookup` finds the text of one that is set.
    ///
    /// # Errors
    /// If a variable has a value that it does not accept.
    pub fn read(
        declared: impl IntoIterator<Item = Variable>,
        lookup: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, ScenarioError> {
        let set = declared.into_iter().filter_map(|variable| {
            let text = lookup(variable.name)?;
            Some(variable.value(&text.to_string_lossy()).map(|value| (variable.name, value)))
        });
        set.collect::<Result<_, _>>().map(Self)
    }

    /// The value of a variable, if it is set.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }
}

impl Variable {
    fn value(&self, text: &str) -> Result<Value, ScenarioError> {
        let refused = |kind| {
            let cure = format!("{}, or unset it", self.accepts);
            ScenarioError::new(kind, self.name, "environment", &format!("{text:?}"), &cure)
        };
        let value = self.accepts.parse(text).ok_or_else(|| refused(ScenarioErrorKind::WrongType))?;
        if self.accepts.accepts(&value) { Ok(value) } else { Err(refused(self.accepts.mistake())) }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    const COPIES: Variable = Variable { name: "COPIES", accepts: FieldSpec::Whole(1, 9), help: "" };
    const SHARE: Variable = Variable { name: "SHARE", accepts: FieldSpec::Rate, help: "" };
    const WORD: Variable = Variable { name: "WORD", accepts: FieldSpec::Described("a word"), help: "" };

    fn with(name: &str, text: &str) -> Result<Variables, ScenarioError> {
        Variables::read([COPIES, SHARE, WORD], |variable| (variable == name).then(|| text.into()))
    }

    #[test]
    fn only_declared_variables_that_are_set_have_a_value() {
        assert_eq!(with("COPIES", "7").unwrap().get("COPIES"), Some(&json!(7)));
        assert_eq!(with("SHARE", "0.5").unwrap().get("SHARE"), Some(&json!(0.5)));
        assert_eq!(with("WORD", "7").unwrap().get("WORD"), Some(&json!("7")));
        assert_eq!(with("COPIES", "7").unwrap().get("SHARE"), None);
        assert_eq!(with("OTHER", "7").unwrap(), Variables::default());
    }

    #[rstest]
    #[case("COPIES", "", ScenarioErrorKind::WrongType)]
    #[case("COPIES", "many", ScenarioErrorKind::WrongType)]
    #[case("COPIES", "-1", ScenarioErrorKind::WrongType)]
    #[case("COPIES", "1.5", ScenarioErrorKind::WrongType)]
    #[case("COPIES", "10", ScenarioErrorKind::OutOfRange)]
    #[case("SHARE", "1.5", ScenarioErrorKind::NoRate)]
    #[case("SHARE", "NaN", ScenarioErrorKind::WrongType)]
    fn a_value_that_does_not_fit_is_refused_with_the_cure(#[case] name: &str, #[case] text: &str, #[case] kind: ScenarioErrorKind) {
        let error = with(name, text).unwrap_err();
        assert_eq!((error.kind, error.file.as_str(), error.path.as_str()), (kind, name, "environment"));
        assert_eq!(error.value, format!("{text:?}"));
        assert!(error.cure.starts_with("use a ") && error.cure.ends_with(", or unset it"), "{error}");
    }
}
