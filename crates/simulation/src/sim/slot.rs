//! [`ReportSlot`]: where the report of a run is found after a test that panicked has dropped the run.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use super::Sim;
use crate::report::{PanicFinding, PanicSite, Report};

/// Holds the report of a run once the run has ended, finished by its test or not.
pub type ReportSlot = Rc<RefCell<Option<Report>>>;

impl Sim {
    /// Leaves a copy of the report in `slot` when the run ends.
    pub(crate) fn leave_report_in(&mut self, slot: ReportSlot) {
        self.slot = Some(slot);
    }

    pub(super) fn fill_slot(&mut self) {
        if let Some(slot) = self.slot.take() {
            slot.replace(Some(self.report.clone()));
        }
    }

    /// Notes that the test broke off here. A rule broken before is the finding then.
    fn break_off(&mut self) {
        if !self.over {
            let (at, step) = (self.now(), self.steps());
            self.report.panic =
                Some(PanicFinding { site: PanicSite::Test, task: None, location: None, message: String::new(), at, step });
            self.over = true;
        }
        self.complete();
    }
}

impl Drop for Sim {
    /// Ends a run that its test did not finish, if its report is asked for: the test may be unwinding.
    fn drop(&mut self) {
        if self.slot.is_some() {
            // A panic here would abort the process of a test that already unwinds.
            let _ = catch_unwind(AssertUnwindSafe(|| self.break_off()));
        }
    }
}
