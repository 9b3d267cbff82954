//! A disk fault whose names are numbers, and what is refused in one.

use std::time::Duration;

use cluster_sim_storage::{DiskErrorKind, DiskModel, DiskOpKind, DiskPath, DiskRule, Rot};
use cluster_sim_types::{NodeId, Ratio};

use super::DiskFault;
use crate::fault::error::PlanError;
use crate::fault::family::Declared;

/// A fault of a node's disk.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Resolved {
    pub(super) node: NodeId,
    pub(super) what: What,
}

/// An action on a disk.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum What {
    Rule(DiskRule),
    Rot(DiskPath, Ratio, Rot),
    Rollback,
    Truncate(DiskPath, u64),
    Remove(DiskPath),
    AppendGarbage(DiskPath, u32),
    Reformat,
}

/// The most bytes of garbage, as of one write.
const MOST_GARBAGE: u32 = 1 << 20;

/// The bytes that profiles may leave on any disk, however small.
const MOST_DRAWN: u64 = 1 << 20;

/// Checks the values of a fault.
struct Checked<'a>(&'a Declared<'a>);

impl Checked<'_> {
    fn path(&self, path: &str) -> Result<DiskPath, PlanError> {
        DiskPath::parse(path).map_err(|kind| {
            let reason = kind.text();
            self.0.impossible(format_args!("the path {path:?} names nothing on a disk: {reason}"))
        })
    }

    /// A path of a file rather than of the whole disk.
    fn file(&self, path: &str) -> Result<DiskPath, PlanError> {
        match self.path(path)? {
            root if root.as_str().is_empty() => Err(self.0.impossible("it hits one file; name it, as in \"wal/0\"")),
            path => Ok(path),
        }
    }

    fn share(&self, share: Ratio) -> Result<Ratio, PlanError> {
        match share {
            Ratio::ZERO => Err(self.0.impossible("a share of 0 hits nothing; use more, up to 1 for all")),
            share => Ok(share),
        }
    }

    fn rot(&self, bits: u32, burst: u32) -> Result<Rot, PlanError> {
        match (bits, burst) {
            (_, 0 | 513..) => Err(self.0.impossible(format_args!("a burst has 1 to 512 bytes, not {burst}"))),
            (bits, burst) if bits == 0 || bits > burst * 8 => {
                Err(self.0.impossible(format_args!("1 to {} bits can flip in a burst of {burst} bytes, not {bits}", burst * 8)))
            }
            _ => Ok(Rot { bits, burst }),
        }
    }

    fn error(&self, error: DiskErrorKind) -> Result<DiskErrorKind, PlanError> {
        match error {
            DiskErrorKind::Io | DiskErrorKind::StorageFull | DiskErrorKind::TooManyOpenFiles | DiskErrorKind::NotPermitted => {
                Ok(error)
            }
            other => Err(self.0.impossible(format_args!(
                "no disk fails with {other:?} by itself; use Io, StorageFull, TooManyOpenFiles or NotPermitted"
            ))),
        }
    }

    fn full(&self, node: NodeId, free: u64) -> Result<DiskRule, PlanError> {
        let capacity = self.0.nodes.disk_bytes.get(&node).copied().unwrap_or(DiskModel::default().capacity);
        let most = capacity.max(MOST_DRAWN);
        if free > most {
            let reason = format_args!("{free} bytes are more than the whole disk has; use at most {most}");
            return Err(self.0.impossible(reason));
        }
        Ok(DiskRule::Full { free })
    }

    fn slow(&self, factor: u32, extra: Duration) -> Result<DiskRule, PlanError> {
        match (factor, extra) {
            (0, _) => Err(self.0.impossible("a factor of 0 would make the disk infinitely fast; use 1 or more")),
            (1, Duration::ZERO) => {
                Err(self.0.impossible("a factor of 1 and no extra time slow nothing down; use a larger factor or some extra time"))
            }
            _ => Ok(DiskRule::Slow { factor, extra }),
        }
    }

    fn limit(&self, operations: Option<u64>, bytes: Option<u64>) -> Result<DiskRule, PlanError> {
        match (operations, bytes) {
            (None, None) => Err(self.0.impossible("it limits nothing; give operations or bytes per second")),
            (Some(0), _) | (_, Some(0)) => {
                Err(self.0.impossible("a rate of 0 lets nothing pass; use 1 or more, or a stall in its place"))
            }
            _ => Ok(DiskRule::Limit { operations, bytes }),
        }
    }
}

/// Replaces names by numbers.
pub(super) fn resolve(fault: &DiskFault, names: &Declared<'_>) -> Result<Resolved, PlanError> {
    let check = Checked(names);
    let node = names.node(fault.node())?;
    let rule = |rule| Ok(What::Rule(rule));
    let what = match fault {
        DiskFault::Fail { operations, path, share, error, sticky, .. } => {
            if operations.contains(&DiskOpKind::Close) {
                return Err(names.impossible("a close cannot fail; leave out close"));
            }
            let (operations, path, share) = (operations.clone(), check.path(path)?, check.share(*share)?);
            rule(DiskRule::Fail { operations, path, share, error: check.error(*error)?, sticky: *sticky })
        }
        DiskFault::Full { free, .. } => rule(check.full(node, *free)?),
        DiskFault::FailSync { path, share, .. } => {
            rule(DiskRule::FailSync { path: check.path(path)?, share: check.share(*share)? })
        }
        DiskFault::LyingSync { path, .. } => rule(DiskRule::LieAboutSync { path: check.path(path)? }),
        DiskFault::BitRot { path, share, bits, burst, .. } => {
            Ok(What::Rot(check.path(path)?, check.share(*share)?, check.rot(*bits, *burst)?))
        }
        DiskFault::RotOnRead { path, share, bits, burst, .. } => {
            rule(DiskRule::RotOnRead { path: check.path(path)?, share: check.share(*share)?, rot: check.rot(*bits, *burst)? })
        }
        DiskFault::Misdirect { path, share, .. } => {
            rule(DiskRule::Misdirect { path: check.path(path)?, share: check.share(*share)? })
        }
        DiskFault::LostWrite { path, share, .. } => {
            rule(DiskRule::LoseWrites { path: check.path(path)?, share: check.share(*share)? })
        }
        DiskFault::StaleRead { path, share, .. } => {
            rule(DiskRule::ReadStale { path: check.path(path)?, share: check.share(*share)? })
        }
        DiskFault::Rollback { .. } => Ok(What::Rollback),
        DiskFault::Truncate { path, length, .. } => Ok(What::Truncate(check.file(path)?, *length)),
        DiskFault::Remove { path, .. } => Ok(What::Remove(check.file(path)?)),
        DiskFault::AppendGarbage { path, bytes, .. } if (1..=MOST_GARBAGE).contains(bytes) => {
            Ok(What::AppendGarbage(check.file(path)?, *bytes))
        }
        DiskFault::AppendGarbage { bytes, .. } => {
            Err(names.impossible(format_args!("garbage has 1 to {MOST_GARBAGE} bytes, not {bytes}")))
        }
        DiskFault::Slow { factor, extra, .. } => rule(check.slow(*factor, *extra)?),
        DiskFault::Stall { .. } => rule(DiskRule::Stall),
        DiskFault::Limit { operations_per_second, bytes_per_second, .. } => {
            rule(check.limit(*operations_per_second, *bytes_per_second)?)
        }
        DiskFault::Reformat { .. } => Ok(What::Reformat),
    };
    Ok(Resolved { node, what: what? })
}
