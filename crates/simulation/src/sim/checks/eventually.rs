//! A check for the end of the run, asked throughout the recovery phase.

use cluster_sim_invariants::{Evidence, Touched, Verdict, World};

use super::test::LiveTest;
use super::view_types::ViewTypes;
use crate::definition::Test;
use crate::report::{CheckKind, CheckReport};

/// An `eventually` rule of one run.
pub(super) struct LiveEventually {
    test: LiveTest,
    /// Why it did not hold when it was asked last.
    evidence: Option<Evidence>,
}

impl LiveEventually {
    pub(super) fn new(name: &str, test: &Test) -> Self {
        Self { test: LiveTest::new(name, test), evidence: None }
    }

    /// Asks the rule, unless nothing that it read was touched since it was asked last.
    pub(super) fn ask(&mut self, world: &mut World<'_>, touched: Touched) {
        if self.test.skips(touched) {
            return;
        }
        self.evidence = match self.test.ask(world) {
            Verdict::Violated(evidence) => Some(evidence),
            Verdict::Holds => None,
            Verdict::Unknown(reason) => {
                self.test.unknown = Some(reason);
                None
            }
        };
    }

    /// Its name and its evidence, if it did not hold when it was asked last.
    pub(super) fn pending(&self) -> Option<(String, Evidence)> {
        self.evidence.clone().map(|evidence| (self.test.name.clone(), evidence))
    }

    pub(super) fn name(&self) -> &str {
        &self.test.name
    }

    pub(super) fn missing(&self, published: ViewTypes<'_>) -> Option<String> {
        self.test.missing(published)
    }

    pub(super) fn report(&self, published: ViewTypes<'_>) -> CheckReport {
        self.test.report(CheckKind::Eventually, published)
    }
}
