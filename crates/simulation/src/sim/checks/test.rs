//! A check written as a closure over the whole world.

use cluster_sim_invariants::{Reads, Touched, Verdict, World};

use crate::definition::Test;
use crate::report::{CheckKind, CheckReport, CheckWork};

/// An `always` or `eventually` rule of one run.
pub(super) struct LiveTest {
    pub(super) name: String,
    test: Test,
    times_checked: u64,
    pub(super) unknown: Option<String>,
    /// The reads of its last call, and whether that counted as checked; absent before the first.
    last: Option<(Reads, bool)>,
    work: CheckWork,
}

impl LiveTest {
    pub(super) fn new(name: &str, test: &Test) -> Self {
        Self { name: name.to_owned(), test: test.clone(), times_checked: 0, unknown: None, last: None, work: CheckWork::default() }
    }

    /// Asks the rule after a step that touched these nodes, or skips it: if they are none of those that it read when it was last
    /// asked, it would read the same again and hold again.
    #[inline]
    pub(super) fn ask_after_step(&mut self, world: &mut World<'_>, touched: Touched) -> Verdict {
        if let Some((reads, counted)) = self.last
            && !reads.meet(touched)
        {
            self.times_checked += u64::from(counted);
            self.work.skips += 1;
            return Verdict::Holds;
        }
        self.ask(world)
    }

    /// Asks the rule. `Holds` without a read of the world proves nothing and becomes `Unknown`.
    pub(super) fn ask(&mut self, world: &mut World<'_>) -> Verdict {
        let verdict = (self.test)(world);
        let reads = world.take_reads();
        self.work.calls += 1;
        self.work.views_read += reads.views();
        let counted = !(reads.is_empty() && verdict == Verdict::Holds);
        self.last = Some((reads, counted));
        if !counted {
            return Verdict::Unknown("it looked at nothing".to_owned());
        }
        self.times_checked += 1;
        verdict
    }

    pub(super) fn report(&self, kind: CheckKind) -> CheckReport {
        // Once it has read something, an earlier check that read nothing does not count.
        let unknown =
            if self.times_checked == 0 { self.unknown.clone().or_else(|| Some("it was never checked".to_owned())) } else { None };
        CheckReport { name: self.name.clone(), kind, times_checked: self.times_checked, unknown, work: self.work }
    }
}
