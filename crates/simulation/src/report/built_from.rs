//! [`BuiltFrom`]: the handle of a report to what it came from, so that its run can be repeated.

use std::any::Any;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

/// A shared handle to what a run was built from; empty for a report that was read from a file.
///
/// It is no part of what a report says: all are equal, and none is written.
#[derive(Clone, Default)]
pub struct BuiltFrom(Option<Arc<dyn Any + Send + Sync>>);

impl BuiltFrom {
    /// A handle to `source`, for the report of a run that is built from it.
    pub(crate) fn of(source: impl Any + Send + Sync) -> Self {
        Self(Some(Arc::new(source)))
    }

    /// The source that the run was built from, if it is a `T`.
    pub(crate) fn source<T: Any>(&self) -> Option<&T> {
        self.0.as_ref()?.downcast_ref()
    }

    /// Whether both are of one run, rather than of two runs of equal scenarios.
    pub(crate) fn is_same_run(&self, other: &Self) -> bool {
        matches!((&self.0, &other.0), (Some(one), Some(other)) if Arc::ptr_eq(one, other))
    }
}

/// A panic leaves nothing half done in what a handle only passes on.
impl UnwindSafe for BuiltFrom {}
impl RefUnwindSafe for BuiltFrom {}

impl PartialEq for BuiltFrom {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl fmt::Debug for BuiltFrom {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("BuiltFrom")
    }
}
