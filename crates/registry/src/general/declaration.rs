//! The declaration of a system for scenario files of the general format.

use std::time::Duration;

use cluster_sim::Scenario;
use cluster_sim::check::{Change, World};
use cluster_sim::node::NodeId;

use serde_json::Value;

use super::parameters::{Parameters, Setup};
use crate::shape::FieldShape;

/// The scenario files of a system in the general format, as data and one function.
#[derive(Debug, Clone)]
pub struct GeneralFormat {
    /// The smallest file of some use, as JSON.
    pub example: &'static str,
    /// The groups of nodes, in the order of their numbers.
    pub groups: Vec<GroupDeclaration>,
    /// The system's own parameters.
    pub workload: Vec<FieldShape>,
    /// The conditions at which faults may aim.
    pub conditions: Vec<Condition>,
    /// The rules that its scenarios check, in their order.
    pub checks: Vec<&'static str>,
    /// The measurements in the report of a run; `None` for none.
    pub measures: Option<Measures>,
    /// The lengths of the phases of a run, unless a file gives others.
    pub phases: Phases,
    /// Makes the nodes and the rules; everything else of a file is added to the scenario that it returns.
    pub build: fn(&Setup<'_>) -> Scenario,
}

/// The observer whose measurements a report holds.
#[derive(Debug, Clone, Copy)]
pub struct Measures {
    /// The rule that measures.
    pub observer: &'static str,
    /// Its measurements before the run.
    pub empty: fn() -> Value,
    /// The numbers that the signature of a report shows, in its order.
    pub signature: &'static [&'static str],
}

/// A group of nodes of a system.
#[derive(Debug, Clone, Copy)]
pub struct GroupDeclaration {
    /// Its name.
    pub name: &'static str,
    /// The least and the most nodes.
    pub bounds: [u32; 2],
    /// The nodes that it has unless a file says otherwise.
    pub count: u32,
    /// One sentence about it.
    pub about: &'static str,
}

/// The lengths of the phases of a run.
#[derive(Debug, Clone, Copy)]
pub struct Phases {
    /// The fault phase.
    pub duration: Duration,
    /// How long the rules of the end must hold.
    pub stable_for: Duration,
    /// The longest recovery phase.
    pub recovery_timeout: Duration,
}

impl Default for Phases {
    /// 2 s of faults, at most 10 s of recovery, and rules that hold for 200 ms.
    fn default() -> Self {
        Self { duration: Duration::from_secs(2), stable_for: Duration::from_millis(200), recovery_timeout: Duration::from_secs(10) }
    }
}

/// Finds the node at which a fault aims; asked about every change of a run until it answers.
pub type Aim = Box<dyn Fn(&Change, &World<'_>) -> Option<NodeId> + Send + Sync>;

/// A condition of a system that faults may wait for, such as a node that begins to lead.
#[derive(Debug, Clone)]
pub struct Condition {
    /// Its name.
    pub name: &'static str,
    /// One sentence: when it holds, and which node it names.
    pub about: &'static str,
    /// Its parameters.
    pub fields: Vec<FieldShape>,
    /// The group of the node that it names.
    pub group: &'static str,
    /// Makes the test of a run from the parameters.
    pub aim: fn(&Parameters<'_>) -> Aim,
}
