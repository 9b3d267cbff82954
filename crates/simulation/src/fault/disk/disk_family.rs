//! The family of disk faults: names, parts, durations.

use std::slice;
use std::time::Duration;

use cluster_sim_runtime::Engine;
use cluster_sim_types::Ratio;

use super::act::{self, DiskInForce};
use super::resolve::{Resolved, resolve};
use super::{DiskFault, disk_draws};
use crate::event::seconds;
use crate::fault::draw::Drawn;
use crate::fault::error::PlanError;
use crate::fault::family::{Applied, Declared, Family, Kind, SpanKind, data_name};

impl Family for DiskFault {
    type Resolved = Resolved;
    type InForce = DiskInForce;

    const DRAWN: &'static [Drawn] = disk_draws::DRAWN;

    fn kind(&self) -> Kind {
        let (name, span, counts) = match self {
            Self::Fail { .. } => ("disk error", Some(SpanKind::Node), Some(["operation failed", "operations failed"])),
            Self::Full { .. } => ("disk full", Some(SpanKind::Node), Some(["operation refused", "operations refused"])),
            Self::FailSync { .. } => ("sync error", Some(SpanKind::Node), Some(["sync failed", "syncs failed"])),
            Self::LyingSync { .. } => ("lying sync", Some(SpanKind::Node), Some(["sync ignored", "syncs ignored"])),
            Self::BitRot { .. } => ("bit rot", None, Some(["sector rotten", "sectors rotten"])),
            Self::RotOnRead { .. } => ("rot on read", Some(SpanKind::Node), Some(["read rotten", "reads rotten"])),
            Self::Misdirect { .. } => {
                ("misdirect", Some(SpanKind::Node), Some(["operation misdirected", "operations misdirected"]))
            }
            Self::LostWrite { .. } => ("lost write", Some(SpanKind::Node), Some(["write lost", "writes lost"])),
            Self::StaleRead { .. } => ("stale read", Some(SpanKind::Node), Some(["read stale", "reads stale"])),
            Self::Rollback { .. } => ("rollback", Some(SpanKind::Node), None),
            Self::Truncate { .. } => ("truncate file", None, None),
            Self::Remove { .. } => ("remove file", None, None),
            Self::AppendGarbage { .. } => ("append garbage", None, None),
            Self::Slow { .. } => ("slow disk", Some(SpanKind::Node), Some(["operation slowed", "operations slowed"])),
            Self::Stall { .. } => ("disk stall", Some(SpanKind::Node), Some(["operation stalled", "operations stalled"])),
            Self::Limit { .. } => ("disk limit", Some(SpanKind::Node), Some(["operation queued", "operations queued"])),
            Self::Reformat { .. } => ("reformat", Some(SpanKind::Down), None),
        };
        Kind { name, span, counts }
    }

    fn parts(&self) -> Vec<(&'static str, String)> {
        let mut parts = vec![("node", self.node().clone())];
        match self {
            Self::Fail { operations, path, share, error, sticky, .. } => {
                let names: Vec<String> = operations.iter().map(data_name).collect();
                let operations = if names.is_empty() { String::new() } else { names.join("/") + " " };
                let sticky = if *sticky { ", sticky" } else { "" };
                parts.extend([("share", share_text(*share)), ("files", files_text(path)), ("operations", operations)]);
                parts.push(("error", data_name(error) + sticky));
            }
            Self::Full { free, .. } => parts.push(("free", free.to_string())),
            Self::LyingSync { path, .. } => parts.push(("files", files_text(path))),
            Self::FailSync { path, share, .. }
            | Self::Misdirect { path, share, .. }
            | Self::LostWrite { path, share, .. }
            | Self::StaleRead { path, share, .. } => {
                parts.extend([("share", share_text(*share)), ("files", files_text(path))]);
            }
            Self::BitRot { path, share, bits, burst, .. } | Self::RotOnRead { path, share, bits, burst, .. } => {
                parts.extend([("share", share_text(*share)), ("files", files_text(path))]);
                parts.extend([("bits", bits), ("burst", burst)].map(|(name, number)| (name, number.to_string())));
            }
            Self::Truncate { path, length, .. } => parts.extend([("path", path.clone()), ("length", length.to_string())]),
            Self::Remove { path, .. } => parts.push(("path", path.clone())),
            Self::AppendGarbage { path, bytes, .. } => parts.extend([("path", path.clone()), ("bytes", bytes.to_string())]),
            Self::Slow { factor, extra, .. } => {
                let factor = (*factor != 1).then(|| format!("{factor} times"));
                let extra = (!extra.is_zero()).then(|| format!("{} more", seconds(*extra)));
                parts.push(("by", factor.into_iter().chain(extra).collect::<Vec<_>>().join(", ")));
            }
            Self::Limit { operations_per_second, bytes_per_second, .. } => {
                let operations = operations_per_second.map(|rate| format!("{rate} operations/s"));
                let bytes = bytes_per_second.map(|rate| format!("{rate} bytes/s"));
                parts.push(("rate", operations.into_iter().chain(bytes).collect::<Vec<_>>().join(", ")));
            }
            Self::Rollback { .. } | Self::Stall { .. } | Self::Reformat { .. } => {}
        }
        parts
    }

    fn sides(&self) -> [&[String]; 2] {
        [slice::from_ref(self.node()), &[]]
    }

    fn duration(&self) -> Option<Duration> {
        self.clone().duration_mut().copied()
    }

    fn duration_mut(&mut self) -> Option<&mut Duration> {
        match self {
            Self::Fail { duration, .. }
            | Self::Full { duration, .. }
            | Self::FailSync { duration, .. }
            | Self::LyingSync { duration, .. }
            | Self::RotOnRead { duration, .. }
            | Self::Misdirect { duration, .. }
            | Self::LostWrite { duration, .. }
            | Self::StaleRead { duration, .. }
            | Self::Rollback { duration, .. }
            | Self::Slow { duration, .. }
            | Self::Stall { duration, .. }
            | Self::Limit { duration, .. }
            | Self::Reformat { down_for: duration, .. } => duration.as_mut(),
            Self::BitRot { .. } | Self::Truncate { .. } | Self::Remove { .. } | Self::AppendGarbage { .. } => None,
        }
    }

    /// Errors that do not stick, one bit of rot, one of two ways to be slow.
    fn simpler(&self) -> Vec<Self> {
        match self.clone() {
            Self::Fail { node, operations, path, share, error, sticky: true, duration } => {
                vec![Self::Fail { node, operations, path, share, error, sticky: false, duration }]
            }
            Self::BitRot { node, path, share, bits: 2.., burst } => vec![Self::BitRot { node, path, share, bits: 1, burst }],
            Self::RotOnRead { node, path, share, bits: 2.., burst, duration } => {
                vec![Self::RotOnRead { node, path, share, bits: 1, burst, duration }]
            }
            Self::Slow { node, factor: factor @ 2.., extra, duration } if !extra.is_zero() => {
                let one = Self::Slow { node: node.clone(), factor, extra: Duration::ZERO, duration };
                vec![one, Self::Slow { node, factor: 1, extra, duration }]
            }
            Self::Limit { node, operations_per_second: Some(operations), bytes_per_second: Some(bytes), duration } => {
                let with = |operations_per_second, bytes_per_second| {
                    let node = node.clone();
                    Self::Limit { node, operations_per_second, bytes_per_second, duration }
                };
                vec![with(Some(operations), None), with(None, Some(bytes))]
            }
            _ => Vec::new(),
        }
    }

    fn resolve(&self, names: &Declared<'_>) -> Result<Resolved, PlanError> {
        resolve(self, names)
    }

    fn apply(fault: Resolved, engine: &mut Engine) -> Applied<DiskInForce> {
        act::apply(fault, engine)
    }

    fn is_in_force(in_force: &DiskInForce, engine: &Engine) -> bool {
        in_force.is_in_force(engine)
    }

    fn effect(in_force: &DiskInForce, engine: &Engine) -> u64 {
        in_force.counts(engine).effective
    }

    fn fired(in_force: &DiskInForce, engine: &Engine) -> u64 {
        in_force.counts(engine).fired
    }

    fn effect_of_end(in_force: &DiskInForce, engine: &Engine) -> u64 {
        in_force.effect_of_end(engine)
    }

    fn outcome(in_force: &DiskInForce, engine: &Engine) -> Option<String> {
        let is_idle = matches!(in_force, DiskInForce::Rule(..)) && in_force.counts(engine).fired == 0;
        is_idle.then(|| "the disk had no operation that it hits".to_owned())
    }

    fn end(in_force: DiskInForce, engine: &mut Engine) {
        in_force.end(engine, true);
    }

    /// Nodes restart when the faults of nodes end, after this.
    fn end_all(in_force: Vec<DiskInForce>, engine: &mut Engine) {
        in_force.into_iter().for_each(|in_force| in_force.end(engine, false));
    }
}

fn share_text(share: Ratio) -> String {
    if share == Ratio::ONE { "all".to_owned() } else { format!("{share} of the") }
}

fn files_text(path: &str) -> String {
    if path.trim_matches('/').is_empty() { "all files".to_owned() } else { path.to_owned() }
}
