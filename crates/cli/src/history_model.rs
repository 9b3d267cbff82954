//! The models that the command line knows, and the forms of files.

use std::collections::BTreeSet;
use std::io::Cursor;

use clap::ValueEnum;
use cluster_sim::check::history::file::{Datum, FileError, FileModel, jsonl, read_foreign};
use cluster_sim::check::history::models::{Register, Text};
use cluster_sim::check::history::{Bounds, Completion, History, HistoryPicture, Judgement, Linearizable, check};
use serde::de::DeserializeOwned;

/// The model that a history is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum HistoryModel {
    /// A register: read, write, cas
    CasRegister,
    /// A text: get, put, append
    Text,
}

/// A history that was judged.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) model: String,
    pub(crate) rule: &'static str,
    pub(crate) operations: usize,
    pub(crate) processes: usize,
    pub(crate) open: usize,
    pub(crate) failed: usize,
    pub(crate) judgement: Judgement,
    /// The operations around the first contradiction.
    pub(crate) picture: Option<HistoryPicture>,
}

impl Checked {
    /// Why the history could not be judged.
    pub(crate) fn unknown(&self) -> Option<&str> {
        let nothing = (self.judgement.times_checked == 0).then_some("no operation has an answer that could be wrong");
        self.judgement.unknown.as_deref().or(nothing)
    }
}

impl HistoryModel {
    /// Reads a history in the operations of this model, and judges it.
    ///
    /// # Errors
    /// [`FileError`] with the first line that is no event of such a history.
    pub(crate) fn check(self, text: &str, bounds: Bounds) -> Result<Checked, FileError> {
        match self {
            Self::CasRegister => self.linearize(&Register::<Datum>::default(), text, bounds),
            Self::Text => self.linearize(&Text, text, bounds),
        }
    }

    fn linearize<M>(self, model: &M, text: &str, bounds: Bounds) -> Result<Checked, FileError>
    where
        M: FileModel<Op: DeserializeOwned, Answer: DeserializeOwned> + Clone,
    {
        let history = read(model, text)?;
        let judgement = check(&mut Linearizable::new(model.clone()).bounds(bounds), &history);
        let picture = HistoryPicture::of(&history, &judgement, |op, answer| model.describe(op, answer));
        Ok(self.checked("linearizable", &history, judgement, picture))
    }

    fn checked<O, A>(
        self,
        rule: &'static str,
        history: &History<O, A>,
        judgement: Judgement,
        picture: Option<HistoryPicture>,
    ) -> Checked {
        let operations = history.operations();
        Checked {
            model: self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned()),
            rule,
            operations: operations.len(),
            processes: operations.iter().map(|operation| operation.process).collect::<BTreeSet<_>>().len(),
            open: history.open().count(),
            failed: operations.iter().filter(|operation| matches!(operation.outcome, Completion::Fail { .. })).count(),
            judgement,
            picture,
        }
    }
}

/// Reads JSON lines as the toolkit writes them, and otherwise what Jepsen and Porcupine write.
fn read<M>(model: &M, text: &str) -> Result<History<M::Op, M::Answer>, FileError>
where
    M: FileModel<Op: DeserializeOwned, Answer: DeserializeOwned>,
{
    // A map of EDN begins with a keyword, one of JSON with a quote.
    let inside = text.trim_start().strip_prefix('{').map(str::trim_start);
    match inside.is_some_and(|inside| inside.starts_with('"')) {
        true => jsonl::read(Cursor::new(text)),
        false => read_foreign(model, text),
    }
}
