//! What is wrong with an input, and what to do about it.

use std::fmt;

/// Characters of a value that an error quotes before it cuts: enough to recognise it, short enough for one line.
const QUOTED_CHARACTERS_MAX: usize = 60;

/// An input that cannot be run: which file, where in it, what it says there, and the cure.
///
/// Nothing was run and nothing was written. Prints as one line that finishes "could not run: …":
///
/// ```
/// use cluster_sim_scenarios::{ScenarioError, ScenarioErrorKind};
///
/// let error = ScenarioError::new(ScenarioErrorKind::NoRate, "lossy.json", "chaos.loss_rate", "1.5", "use a number from 0 to 1");
/// assert_eq!(error.to_string(), "lossy.json: at chaos.loss_rate: 1.5 is no rate; use a number from 0 to 1");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: at {path}: {value} {kind}; {cure}")]
pub struct ScenarioError {
    /// What kind of mistake it is.
    pub kind: ScenarioErrorKind,
    /// The file, as the user named it; for a mistake elsewhere the flag or variable.
    pub file: String,
    /// Where in the file: a path such as `steps[1].step.PartitionEdge.edge_id`, with `line:column` where the text is no JSON.
    pub path: String,
    /// What stands there, as compact JSON or as the piece of text, cut to 60 characters.
    pub value: String,
    /// What to do about it.
    pub cure: String,
}

impl ScenarioError {
    /// An error of four parts; line breaks in any of them are escaped, a long value is cut.
    pub fn new(kind: ScenarioErrorKind, file: &str, path: &str, value: &str, cure: &str) -> Self {
        Self { kind, file: one_line(file), path: one_line(path), value: shortened(&one_line(value)), cure: one_line(cure) }
    }
}

/// What kind of mistake an input holds. Prints as the middle of the sentence: *1.5* `is no rate`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ScenarioErrorKind {
    /// There is no such file and no ready scenario of that name.
    Missing,
    /// The file is there but cannot be read as text.
    Unreadable,
    /// A place where the report cannot be written.
    Unwritable,
    /// The file has no content.
    Empty,
    /// The JSON ends before it is complete.
    Truncated,
    /// The text is no JSON.
    Syntax,
    /// A number beyond what a 64-bit float holds.
    NotFinite,
    /// One field is given twice.
    Duplicate,
    /// A field that the format does not have.
    UnknownField,
    /// A field that the format requires is not there.
    MissingField,
    /// A system that no ready scenario is of.
    UnknownSystem,
    /// A step that the format does not have.
    UnknownStep,
    /// A lag policy that the format does not have.
    UnknownPolicy,
    /// Any other word out of a closed list.
    UnknownWord,
    /// A value of the wrong JSON type.
    WrongType,
    /// A rate that is not from 0 to 1.
    NoRate,
    /// A percentage that is not from 0 to 100.
    NoPercentage,
    /// A value of the right type that the field does not take.
    Misfit,
    /// A number beyond its bounds.
    OutOfRange,
    /// A step names an edge that the scenario does not have.
    UnknownEdge,
    /// A step comes after the end of the run.
    AfterTheEnd,
}

impl fmt::Display for ScenarioErrorKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Missing => "does not exist",
            Self::Unreadable => "cannot be read",
            Self::Unwritable => "cannot be written",
            Self::Empty => "is no scenario, it is empty",
            Self::Truncated => "is where the text ends",
            Self::Syntax => "is no JSON",
            Self::NotFinite => "is not finite",
            Self::Duplicate => "is given twice",
            Self::UnknownField => "stands in an unknown field",
            Self::MissingField => "is given",
            Self::UnknownSystem => "is no known system",
            Self::UnknownStep => "is no known step",
            Self::UnknownPolicy => "is no known policy",
            Self::UnknownWord => "is not known",
            Self::WrongType => "is of the wrong type",
            Self::NoRate => "is no rate",
            Self::NoPercentage => "is no percentage",
            Self::Misfit => "does not fit",
            Self::OutOfRange => "is out of range",
            Self::UnknownEdge => "is no edge of this scenario",
            Self::AfterTheEnd => "is after the end of the run",
        })
    }
}

/// The text with everything that could break a line escaped.
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
    fn an_error_is_one_line_whatever_it_quotes() {
        let error = ScenarioError::new(ScenarioErrorKind::Syntax, "a\nb.json", "x\ny", "x\r\n\u{2028}y", "mend it");
        assert_eq!(error.to_string(), r"a\nb.json: at x\ny: x\r\n\u{2028}y is no JSON; mend it");
    }

    #[test]
    fn a_long_value_is_cut_between_characters() {
        let error = ScenarioError::new(ScenarioErrorKind::WrongType, "a.json", "seed", &"ü".repeat(1_000), "use a number");
        assert_eq!(error.value, format!("{}…", "ü".repeat(60)));
    }
}
