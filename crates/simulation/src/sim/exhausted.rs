//! Names the links or tasks that used up the budget of a run.

use cluster_sim_runtime::{BusyTask, Exhausted, LiveTasks, TaskName};
use cluster_sim_transport::Flow;
use cluster_sim_types::NodeId;

use super::Sim;
use crate::report::thousands;

/// The lines that a report shows.
const LINES: usize = 5;

/// Characters of a message that a line shows.
const EXAMPLE: usize = 80;

impl Sim {
    /// Names the links or tasks that used up the budget, most first; empty if no budget is spent, or nothing is known about it.
    pub(super) fn exhausted_by(&self) -> Vec<String> {
        match self.engine.core.kernel.exhausted() {
            Some(Exhausted::MessagesInFlight(_)) => self.flows(|flow| flow.messages, "messages"),
            Some(Exhausted::SegmentsInFlight(_)) => self.flows(|flow| flow.segments, "segments"),
            Some(Exhausted::BytesInFlight(_)) => self.flows(|flow| flow.bytes, "bytes"),
            Some(Exhausted::StepsAtOneInstant(_)) => self.busy_tasks(),
            Some(Exhausted::LiveTasks(_)) => self.live_tasks(),
            Some(Exhausted::FiresAtOneInstant(_)) => self.triggers.endless_text().into_iter().collect(),
            Some(Exhausted::RealTime) => self.last_step().into_iter().chain(self.flows(|flow| flow.messages, "messages")).collect(),
            _ => Vec::new(),
        }
    }

    /// Lists the flows with most of what `amount` counts.
    fn flows(&self, amount: impl Fn(&Flow) -> u64, unit: &str) -> Vec<String> {
        let mut flows: Vec<Flow> = self.network().flows().into_iter().filter(|flow| amount(flow) > 0).collect();
        flows.sort_by_key(|flow| std::cmp::Reverse(amount(flow)));
        let all = flows.iter().map(&amount).sum();
        listed(&flows, |flow| {
            let [from, to] = [flow.from, flow.to].map(|node| self.node_name(node));
            let amount = of_all(amount(flow), all);
            let example = flow.example.as_ref().map(|text| format!(", such as {}", shortened(text))).unwrap_or_default();
            format!("{from} -> {to} on port {}: {amount} {unit} in flight{example}", flow.port)
        })
    }

    fn busy_tasks(&self) -> Vec<String> {
        let (all, busy) = self.engine.core.kernel.busy_tasks();
        listed(&busy, |BusyTask { node, task, tasks, steps, after }| {
            let own = self.task_text(*node, task.as_ref(), *tasks);
            let (last_node, last) = after;
            let after = if (last_node, last) == (node, task) {
                "itself".to_owned()
            } else {
                let name = last.as_ref().map(|task| format!(", task {}", task.name)).unwrap_or_default();
                format!("{}{name}", self.node_name(*last_node))
            };
            format!("{own}: {} steps, mostly after {after}", of_all(*steps, all))
        })
    }

    fn live_tasks(&self) -> Vec<String> {
        let (all, live) = self.engine.core.kernel.live_tasks();
        listed(&live, |LiveTasks { node, task, count }| {
            format!("{}: {} live tasks", self.task_text(*node, Some(task), *count), of_all(*count as u64, all as u64))
        })
    }

    /// Names the code whose step was the last one, if the heartbeat ended the run.
    fn last_step(&self) -> Option<String> {
        let (node, task) = self.engine.core.kernel.ended_in()?;
        Some(format!("the last step was of {}", self.task_text(*node, task.as_ref(), 1)))
    }

    /// Names the tasks of a node that were spawned at one place, by the first of them.
    fn task_text(&self, node: NodeId, task: Option<&TaskName>, count: usize) -> String {
        let node = self.node_name(node);
        match task {
            None => node.to_string(),
            Some(task) if count > 1 => {
                format!("{node}, {} tasks such as {task}", thousands(count as u64))
            }
            Some(task) => format!("{node}, task {task}"),
        }
    }
}

/// The first lines about a list, and how many more there are.
fn listed<T>(all: &[T], line: impl FnMut(&T) -> String) -> Vec<String> {
    let mut lines: Vec<String> = all.iter().take(LINES).map(line).collect();
    match all.len().saturating_sub(LINES) {
        0 => {}
        more => lines.push(format!("and {} more", thousands(more as u64))),
    }
    lines
}

/// A part of a whole: `10 of 20`.
fn of_all(part: u64, all: u64) -> String {
    format!("{} of {}", thousands(part), thousands(all))
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(EXAMPLE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
