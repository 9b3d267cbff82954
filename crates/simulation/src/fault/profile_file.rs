//! A profile as a file: JSON, and what is wrong with one.

use std::fmt;

use super::FaultProfile;
use crate::known_names::suggested;

/// A profile in JSON that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidProfile {
    /// Line of the mistake, from 1.
    pub line: usize,
    /// Column of the mistake, from 1.
    pub column: usize,
    /// The value that is wrong, and what may stand there.
    pub message: String,
}

impl fmt::Display for InvalidProfile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, message } = self;
        write!(formatter, "the fault profile is invalid at line {line}, column {column}: {message}")
    }
}

impl std::error::Error for InvalidProfile {}

impl FaultProfile {
    /// Reads a profile in JSON; a field that is left out has its default.
    ///
    /// ```
    /// use cluster_sim::prelude::*;
    ///
    /// let text = r#"{ "mean_interval_ms": 500, "kinds": ["crash", "cut"], "max_down": 1, "spared_groups": ["client"] }"#;
    /// let profile = FaultProfile::from_json(text).expect("it is valid");
    /// assert_eq!(profile.mean_duration, FaultProfile::default().mean_duration);
    ///
    /// let error = FaultProfile::from_json(r#"{ "kinds": ["crahs"] }"#).expect_err("there is no such kind");
    /// assert!(error.to_string().contains("unknown variant `crahs`; did you mean \"crash\""));
    /// ```
    ///
    /// # Errors
    /// If it is no JSON, or has an unknown field, an unknown kind or a wrong value: with its place, and the name that may be meant.
    pub fn from_json(text: &str) -> Result<Self, InvalidProfile> {
        let mut reader = serde_json::Deserializer::from_str(text);
        let read = serde_path_to_error::deserialize(&mut reader);
        let profile: Self = read.map_err(|error| invalid(&error.path().to_string(), error.inner()))?;
        reader.end().map_err(|error| invalid("", &error))?;
        if profile.kinds.is_empty() && !profile.mean_interval.is_zero() {
            let message = "\"kinds\" is empty, so no fault is drawn; name some, or leave it out for the default ones".to_owned();
            return Err(InvalidProfile { line: 1, column: 1, message });
        }
        Ok(profile)
    }

    /// Writes the profile as JSON, with all that has a value.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a profile has names, numbers and lists only")
    }
}

/// Says why the value at a path of the profile is wrong.
fn invalid(path: &str, error: &serde_json::Error) -> InvalidProfile {
    let message = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let message = message.strip_suffix(&place).unwrap_or(&message);
    // Unknown names stand in the message already.
    let field = if message.starts_with("invalid ") && path != "." { format!("{path:?}: ") } else { String::new() };
    let message = with_suggestion(message).replace("expected u64", WHOLE).replace("expected u32", WHOLE);
    InvalidProfile { line: error.line(), column: error.column(), message: field + &message }
}

const WHOLE: &str = "expected a whole number from 0 on";

/// Puts the known name that is meant behind the unknown one: "unknown variant `a`, expected one of `b`, `c`".
fn with_suggestion(message: &str) -> String {
    let Some((unknown, expected)) = message.split_once(", expected ").filter(|_| message.starts_with("unknown ")) else {
        return message.to_owned();
    };
    let quoted = |text: &str| text.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<String>>();
    let meant = quoted(unknown).first().map_or_else(String::new, |name| suggested(name, &quoted(expected)));
    format!("{unknown}{meant}; expected {expected}")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::fault::FaultKind;

    fn refusal(text: &str) -> String {
        FaultProfile::from_json(text).unwrap_err().to_string()
    }

    #[test]
    fn a_profile_is_written_and_read() {
        let profile = FaultProfile::default().only(FaultKind::ALL).at_most_down(2).at_most_for(Duration::from_secs(3));
        for profile in [profile.sparing(["a"]).never_cutting(["b"]).beyond_claims(), FaultProfile::default()] {
            assert_eq!(FaultProfile::from_json(&profile.to_json()), Ok(profile));
        }
        assert_eq!(FaultProfile::from_json("{}"), Ok(FaultProfile::default()));
    }

    #[test]
    fn a_mistake_is_told_with_its_place_and_a_name() {
        let kind = refusal("{\n  \"kinds\": [\"crahs\"]\n}");
        let begins = "the fault profile is invalid at line 2, column 19: unknown variant `crahs`; did you mean \"crash\"; expected one of `cut`, ";
        assert!(kind.starts_with(begins), "{kind}");
        let field = refusal(r#"{"max_dwn": 1}"#);
        assert!(field.contains("unknown field `max_dwn`; did you mean \"max_down\"; expected one of"), "{field}");
        assert!(
            refusal(r#"{"max_down": -1}"#).contains("\"max_down\": invalid value: integer `-1`, expected a whole number from 0 on")
        );
        assert!(
            refusal(r#"{"mean_interval_ms": "1s"}"#)
                .contains("\"mean_interval_ms\": invalid type: string \"1s\", expected a whole number")
        );
        assert_eq!(refusal("{"), "the fault profile is invalid at line 1, column 1: EOF while parsing an object");
        assert!(!refusal(r#"{"kinds": ["meteor"]}"#).contains("did you mean"));
    }

    #[test]
    fn a_profile_is_an_object_that_draws_something() {
        for list in ["[]", "[5, 6]"] {
            let text = refusal(list);
            assert!(text.ends_with("invalid type: sequence, expected an object with named fields"), "{text}");
        }
        assert!(refusal(r#"{"kinds": []}"#).contains("\"kinds\" is empty, so no fault is drawn; name some"));
        assert!(FaultProfile::from_json(&FaultProfile::none().to_json()).is_ok());
        assert!(refusal("{} {}").contains("trailing characters"));
    }
}
