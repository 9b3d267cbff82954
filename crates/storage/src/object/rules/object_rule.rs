//! A rule as data, and while it is in force.

use std::collections::BTreeSet;
use std::time::Duration;

use cluster_sim_runtime::Address;
use cluster_sim_types::{Ratio, VirtualInstant};
use serde::{Deserialize, Serialize};

use crate::disk::RuleCounts;
use crate::object::object_answer::ObjectErrorKind;
use crate::object::operation::{ObjectOp, ObjectOpKind};

/// The requests that a rule is about.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectScope {
    /// The kinds of requests; empty for all but [`ObjectOpKind::Delete`], the deletion of one key of many.
    pub operations: BTreeSet<ObjectOpKind>,
    /// How their keys begin.
    pub prefix: String,
    /// How many of them.
    pub share: Ratio,
}

/// The damage to the bytes that a read answers with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ObjectDamage {
    /// The session ends within the bytes, so the client sees that some are missing.
    Break,
    /// The bytes end early, as if that were all.
    Truncate,
    /// One bit is another one.
    FlipBit,
    /// The entity tag is another one.
    WrongTag,
    /// The bytes are those of the range one byte later.
    ShiftRange,
}

/// A fault of an object store while the rule is in force.
#[derive(Debug, Clone, PartialEq)]
pub enum ObjectRule {
    /// Requests are refused.
    Fail {
        /// With one of these.
        errors: Vec<ObjectErrorKind>,
        /// The time that clients are asked to wait.
        retry_after: Option<Duration>,
    },
    /// Requests are done and their answers lost.
    LoseAnswer {
        /// The time after which a write is done, or done a second time.
        after: Duration,
        /// Whether it is done twice, the first time at once.
        twice: bool,
        /// The answer in place of the lost one; absent if the session breaks.
        error: Option<ObjectErrorKind>,
    },
    /// Writes succeed and change nothing.
    LoseWrite,
    /// Reads answer with wrong bytes.
    Damage(ObjectDamage),
    /// Reads and lists show the store as it was that long before, but not before the rule.
    Lag(Duration),
    /// Pages of lists have at most that many entries.
    ShortPages(u32),
    /// Objects that are deleted come back after that time, if their keys are free then.
    Resurrect(Duration),
    /// Requests take longer.
    Slow {
        /// By what their time is multiplied; at least 1.
        factor: u32,
        /// Time added after that.
        extra: Duration,
    },
    /// Requests wait until the rule ends.
    Stall,
    /// At most that many requests are served in a second; others are refused with `SlowDown`.
    Throttle(u64),
}

/// Names a rule that is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObjectRuleId(pub(in crate::object) u64);

/// A rule in force.
#[derive(Debug)]
pub(in crate::object) struct RuleInForce {
    pub(in crate::object) id: ObjectRuleId,
    pub(in crate::object) scope: ObjectScope,
    pub(in crate::object) rule: ObjectRule,
    /// Tells its choices from those of other rules.
    pub(in crate::object) address: Address,
    pub(in crate::object) since: VirtualInstant,
    pub(in crate::object) counts: RuleCounts,
    /// When the next request would be due if they came evenly, of a limit.
    pub(in crate::object) due: VirtualInstant,
}

impl ObjectScope {
    /// Whether it has the request.
    pub(in crate::object) fn has(&self, op: &ObjectOp) -> bool {
        let is_of_kind = self.operations.is_empty() || self.operations.contains(&op.kind());
        is_of_kind && op.keys().any(|key| key.starts_with(&self.prefix))
    }

    /// Whether it has the deletion of a key, as one of many.
    pub(in crate::object) fn has_deletion(&self, key: &str) -> bool {
        self.operations.contains(&ObjectOpKind::Delete) && key.starts_with(&self.prefix)
    }
}

impl ObjectRule {
    /// Names its kind, to address choices by.
    pub(in crate::object) const fn name(&self) -> &'static str {
        match self {
            Self::Fail { .. } => "fail",
            Self::LoseAnswer { .. } => "lose answer",
            Self::LoseWrite => "lose write",
            Self::Damage(_) => "damage",
            Self::Lag(_) => "lag",
            Self::ShortPages(_) => "short pages",
            Self::Resurrect(_) => "resurrect",
            Self::Slow { .. } => "slow",
            Self::Stall => "stall",
            Self::Throttle(_) => "throttle",
        }
    }

    /// Whether it can do its thing to a request of that kind.
    pub(in crate::object) const fn fits(&self, op: &ObjectOp) -> bool {
        match self {
            Self::Fail { .. } | Self::LoseAnswer { .. } | Self::Slow { .. } | Self::Stall | Self::Throttle(_) => true,
            Self::LoseWrite => !op.kind().is_read(),
            Self::Damage(_) => matches!(op.kind(), ObjectOpKind::Get),
            Self::Lag(_) => op.kind().is_read(),
            Self::ShortPages(_) => matches!(op.kind(), ObjectOpKind::List),
            Self::Resurrect(_) => matches!(op.kind(), ObjectOpKind::DeleteMany),
        }
    }
}
