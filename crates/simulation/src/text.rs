//! Texts for code that shows a run to a reader: sentences, verdicts, numbers.
//!
//! For our own crates: no name of this module is part of the API of `cluster-sim`.

pub use crate::event::{Parts, SENTENCES, sentence_of, text_of};
pub use crate::known_names::{closest, listed, suggested};
pub use crate::report::{ReportText, RunVerdict, printable, thousands, without_numbers};

use crate::recording::{Event, Span};
use crate::report::Report;

/// The name of the template of an event, and the parts that fill it in.
pub fn parts_of<'e>(event: &'e Event, spans: &'e [Span]) -> (&'static str, Parts<'e>) {
    event.sentence(spans)
}

/// A report as text, with the command that reruns it.
pub trait ShowReport {
    /// This report as text; `rerun` replaces its own hint.
    fn text<'r>(&'r self, rerun: Option<&'r str>) -> ReportText<'r>;
}

impl ShowReport for Report {
    fn text<'r>(&'r self, rerun: Option<&'r str>) -> ReportText<'r> {
        self.text(rerun)
    }
}
