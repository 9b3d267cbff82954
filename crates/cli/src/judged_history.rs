//! The verdict of the command `check` on a history.

use std::collections::BTreeSet;
use std::fmt::Write;

use cluster_sim::check::history::{Completion, History, HistoryPicture, Judgement};

use crate::UNKNOWN;

/// A history that was judged.
#[derive(Debug)]
pub(crate) struct JudgedHistory {
    rule: String,
    operations: usize,
    processes: usize,
    open: usize,
    failed: usize,
    judgement: Judgement,
    /// The operations around the first contradiction.
    pub(crate) picture: Option<HistoryPicture>,
}

impl JudgedHistory {
    pub(crate) fn new<O, A>(rule: &str, history: &History<O, A>, judgement: Judgement, picture: Option<HistoryPicture>) -> Self {
        let operations = history.operations();
        Self {
            rule: rule.to_owned(),
            operations: operations.len(),
            processes: operations.iter().map(|operation| operation.process).collect::<BTreeSet<_>>().len(),
            open: history.open().count(),
            failed: operations.iter().filter(|operation| matches!(operation.outcome, Completion::Fail { .. })).count(),
            judgement,
            picture,
        }
    }

    /// Why the history could not be judged, with the flags of the command as the cure.
    fn unknown(&self) -> Option<String> {
        let nothing = (self.judgement.times_checked == 0).then_some("no operation has an answer that could be wrong");
        let reason = self.judgement.unknown.as_deref().or(nothing)?;
        Some(reason.replace("`Bounds::steps`", "--max-steps").replace("`Bounds::memory`", "--max-memory"))
    }

    /// The word and the exit code of the verdict.
    fn verdict(&self) -> (&'static str, u8) {
        match (self.judgement.findings.is_empty(), self.unknown()) {
            (false, _) => ("FAIL", 1),
            (true, Some(_)) => ("UNKNOWN", UNKNOWN),
            (true, None) => ("PASS", 0),
        }
    }

    pub(crate) fn exit_code(&self) -> u8 {
        self.verdict().1
    }

    /// The verdict, why, and how much was judged.
    pub(crate) fn summary(&self, file: &str, model: &str) -> String {
        let mut text = format!("{}  {file}  {model}: {}\n", self.verdict().0, self.rule);
        // Writing to a string cannot fail.
        let findings = &self.judgement.findings;
        for finding in findings.iter().take(SHOWN) {
            let _ = writeln!(text, "      {}", finding.message);
        }
        if findings.len() > SHOWN {
            let _ = writeln!(text, "      and {} more", findings.len() - SHOWN);
        }
        if let (true, Some(reason)) = (findings.is_empty(), self.unknown()) {
            let _ = writeln!(text, "      {reason}");
        }
        let _ = writeln!(
            text,
            "      {} operations of {} processes, {} of them open, {} failed",
            self.operations, self.processes, self.open, self.failed
        );
        text
    }
}

/// Contradictions that a summary names.
const SHOWN: usize = 10;
