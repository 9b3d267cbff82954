//! [`FailureSummary`]: how a run failed, for a terminal.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Report;

/// The end of a failing run: verdict, faults in force, last events and views.
///
/// Events and views are those of the nodes that the verdict names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureSummary {
    /// The verdict in one sentence.
    pub verdict: String,
    /// The faults in force at the instant of the verdict, each with its start.
    pub in_force: Vec<String>,
    /// The values of several nodes that show the contradiction, as the lines of a table.
    ///
    /// Empty if the rule that was broken first has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub side_by_side: Vec<String>,
    /// The last events of the nodes that the verdict names, each with its instant; oldest first.
    ///
    /// These are events of such a node, messages to it, and changes of links; if the verdict names no node, those of all nodes.
    /// Added are up to 3 events of each of the 2 other nodes that these last heard from, up to the send of what they heard, since
    /// the cause of a wrong message lies there. At most 20 in all. Events of timers and tasks are left out, unless one is the very
    /// last event of the run.
    pub last_events: Vec<String>,
    /// The last views of the nodes that the verdict names, each with the view before it.
    ///
    /// Only views whose text is known: see [`Scenario::show_views`](crate::Scenario::show_views).
    pub views: Vec<String>,
}

/// Writes the table, the faults in force, the last events and the views, each list under its title; empty lists are left out.
impl fmt::Display for FailureSummary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lists = [
            ("side by side", &self.side_by_side),
            ("in force", &self.in_force),
            ("last events", &self.last_events),
            ("views", &self.views),
        ];
        for (title, lines) in lists {
            if !lines.is_empty() {
                writeln!(formatter, "      {title}")?;
            }
            lines.iter().try_for_each(|line| writeln!(formatter, "        {line}"))?;
        }
        Ok(())
    }
}

impl Report {
    /// Takes the last events and views from the summary of a recording of this run.
    pub(crate) fn take_summary(&mut self, summary: &FailureSummary) {
        self.last_events.clone_from(&summary.last_events);
        self.views.clone_from(&summary.views);
    }
}
