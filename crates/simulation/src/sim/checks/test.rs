//! A check written as a closure over the whole world.

use cluster_sim_invariants::{Reads, Touched, Verdict, World};

use super::view_types::ViewTypes;
use crate::definition::Test;
use crate::report::{CheckKind, CheckReport, CheckWork};

/// Why a rule that read nothing and holds is unknown.
const LOOKED_AT_NOTHING: &str = "it looked at nothing";

/// An `always` or `eventually` rule of one run.
pub(super) struct LiveTest {
    pub(super) name: String,
    test: Test,
    times_checked: u64,
    pub(super) unknown: Option<String>,
    /// The reads of its last call, and whether that counted as checked; absent before the first.
    last: Option<(Reads, bool)>,
    /// The type of the views that it asked for in vain in that call, if it read nothing.
    missing: Option<&'static str>,
    work: CheckWork,
}

impl LiveTest {
    pub(super) fn new(name: &str, test: &Test) -> Self {
        let (name, test, work) = (name.to_owned(), test.clone(), CheckWork::default());
        Self { name, test, times_checked: 0, unknown: None, last: None, missing: None, work }
    }

    /// Asks the rule after a step that touched these nodes, or skips it: if they are none of those that it read when it was last
    /// asked, it would read the same again and hold again.
    #[inline]
    pub(super) fn ask_after_step(&mut self, world: &mut World<'_>, touched: Touched) -> Verdict {
        if self.skips(touched) { Verdict::Holds } else { self.ask(world) }
    }

    /// Whether the rule read none of these nodes when it was asked last, so that it would come to the same verdict. Counts the skip.
    #[inline]
    pub(super) fn skips(&mut self, touched: Touched) -> bool {
        let Some((reads, counted)) = self.last else { return false };
        if reads.meet(touched) {
            return false;
        }
        self.times_checked += u64::from(counted);
        self.work.skips += 1;
        true
    }

    /// Asks the rule. `Holds` without a read of the world proves nothing and becomes `Unknown`.
    pub(super) fn ask(&mut self, world: &mut World<'_>) -> Verdict {
        world.take_missing();
        let verdict = (self.test)(world);
        let reads = world.take_reads();
        self.work.calls += 1;
        self.work.views_read += reads.views();
        let counted = !(reads.is_empty() && verdict == Verdict::Holds);
        self.last = Some((reads, counted));
        if reads.is_empty() {
            self.missing = world.take_missing();
        }
        if !counted {
            return Verdict::Unknown(LOOKED_AT_NOTHING.to_owned());
        }
        self.times_checked += 1;
        verdict
    }

    /// Says which views the rule asked for in vain when it was asked last, if it read nothing then.
    pub(super) fn missing(&self, published: ViewTypes<'_>) -> Option<String> {
        self.last.filter(|(reads, _)| reads.is_empty())?;
        self.missing.map(|asked| published.without(asked))
    }

    pub(super) fn report(&self, kind: CheckKind, published: ViewTypes<'_>) -> CheckReport {
        // Once it has read something, an earlier check that read nothing does not count.
        let unknown = (self.times_checked == 0).then(|| match self.unknown.as_deref() {
            None => "it was never checked".to_owned(),
            Some(LOOKED_AT_NOTHING) => {
                let missing = self.missing(published).unwrap_or_else(|| "it read no view, health or traffic".to_owned());
                format!("{LOOKED_AT_NOTHING}: {missing}")
            }
            Some(reason) => reason.to_owned(),
        });
        CheckReport { name: self.name.clone(), kind, times_checked: self.times_checked, unknown, work: self.work }
    }
}
