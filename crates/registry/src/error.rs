//! Errors of input: the place, the value and the cure.

use std::fmt;

/// Characters of a value that an error quotes: enough to recognise it, short enough for one line.
const QUOTED_CHARACTERS_MAX: usize = 60;

/// Invalid input: the file, the place in it, the value there, and the cure.
///
/// Nothing was run and nothing was written. Prints as one line that finishes "could not run: …":
///
/// ```
/// use cluster_sim_registry::{ScenarioError, ScenarioErrorKind};
///
/// let error = ScenarioError::new(ScenarioErrorKind::NoRate, "lossy.json", "chaos.loss_rate", "1.5", "use a number from 0 to 1");
/// assert_eq!(error.to_string(), "lossy.json: at chaos.loss_rate: 1.5 is not a rate; use a number from 0 to 1");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: at {path}: {value} {kind}; {cure}")]
pub struct ScenarioError {
    /// The kind of mistake.
    pub kind: ScenarioErrorKind,
    /// The file, as the user named it; otherwise `command line` or the environment variable.
    pub file: String,
    /// The place in the file, such as `steps[1].at_secs`.
    ///
    /// If the text is not JSON, with `line:column`.
    pub path: String,
    /// The value there, as compact JSON or as a piece of the text, cut to 60 characters.
    pub value: String,
    /// How to correct it, as an imperative.
    pub cure: String,
}

impl ScenarioError {
    /// Builds an error; escapes line breaks in every part and cuts a long value.
    pub fn new(kind: ScenarioErrorKind, file: &str, path: &str, value: &str, cure: &str) -> Self {
        Self { kind, file: one_line(file), path: one_line(path), value: shortened(&one_line(value)), cure: one_line(cure) }
    }
}

/// The kind of mistake in an input. Prints as the middle of a sentence: *1.5* `is not a rate`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ScenarioErrorKind {
    /// No file and no builtin scenario has this name.
    Missing,
    /// The file exists but cannot be read as text.
    Unreadable,
    /// The report cannot be written to this path.
    Unwritable,
    /// The file is empty.
    Empty,
    /// The JSON ends before it is complete.
    Truncated,
    /// The text is not JSON.
    Syntax,
    /// A number beyond what a 64-bit float holds.
    NotFinite,
    /// One field is given twice.
    Duplicate,
    /// A field that the format does not have.
    UnknownField,
    /// A required field is missing.
    MissingField,
    /// A word that is not in a closed list of things of this kind: `system`, `step`.
    Unknown(&'static str),
    /// A word that is not in a closed list.
    UnknownWord,
    /// A value of the wrong JSON type.
    WrongType,
    /// A rate that is not from 0 to 1.
    NoRate,
    /// A percentage that is not from 0 to 100.
    NoPercentage,
    /// A value of the right type that the field does not accept.
    Misfit,
    /// A number outside its bounds.
    OutOfRange,
    /// A reference to something that the scenario does not have: `a node`.
    Foreign(&'static str),
    /// A step comes after the end of the run.
    AfterTheEnd,
}

impl fmt::Display for ScenarioErrorKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let middle = match self {
            Self::Unknown(what) => return write!(formatter, "is not a known {what}"),
            Self::Foreign(what) => return write!(formatter, "is not {what} of this scenario"),
            Self::Missing => "does not exist",
            Self::Unreadable => "cannot be read",
            Self::Unwritable => "cannot be written",
            Self::Empty => "is an empty file",
            Self::Truncated => "is where the text ends",
            Self::Syntax => "is not JSON",
            Self::NotFinite => "is not finite",
            Self::Duplicate => "is given twice",
            Self::UnknownField => "is the value of an unknown field",
            Self::MissingField => "is given",
            Self::UnknownWord => "is not known",
            Self::WrongType => "is of the wrong type",
            Self::NoRate => "is not a rate",
            Self::NoPercentage => "is not a percentage",
            Self::Misfit => "does not fit",
            Self::OutOfRange => "is out of range",
            Self::AfterTheEnd => "is after the end of the run",
        };
        formatter.write_str(middle)
    }
}

/// Escapes every character that could break a line.
fn one_line(text: &str) -> String {
    let breaks = |character: char| character.is_control() || matches!(character, '\u{2028}' | '\u{2029}');
    text.chars()
        .flat_map(|character| {
            let escaped = breaks(character).then(|| character.escape_default());
            let plain = escaped.is_none().then_some(character);
            escaped.into_iter().flatten().chain(plain)
        })
        .collect()
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(QUOTED_CHARACTERS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_always_one_line() {
        let error = ScenarioError::new(ScenarioErrorKind::Syntax, "a\nb.json", "x\ny", "x\r\n\u{2028}y", "fix it");
        assert_eq!(error.to_string(), r"a\nb.json: at x\ny: x\r\n\u{2028}y is not JSON; fix it");
    }

    #[test]
    fn a_long_value_is_cut_between_characters() {
        let error = ScenarioError::new(ScenarioErrorKind::WrongType, "a.json", "seed", &"ü".repeat(1_000), "use a number");
        assert_eq!(error.value, format!("{}…", "ü".repeat(60)));
    }
}
