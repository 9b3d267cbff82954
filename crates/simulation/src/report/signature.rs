//! The signature of a report, for snapshots.

use cluster_sim_metrics::Signature;

use super::Report;

/// The counts and the digest of a run, in a fixed order.
pub(super) fn of(report: &Report) -> Signature {
    let traffic = &report.traffic;
    let mut signature = Signature::new()
        .with("outcome", format!("{:?}", report.outcome).to_lowercase())
        .with("steps", report.steps)
        .with("sent", traffic.sent)
        .with("copied", traffic.copied)
        .with("delivered", traffic.delivered)
        .with("in_flight", traffic.in_flight)
        .with("lost", traffic.lost())
        .with("violations", report.violations.len())
        .with("faults", report.faults.iter().filter(|fault| fault.applied).count())
        .with("effective", report.faults.iter().filter(|fault| fault.effect > 0).count());
    signature = signature.with("digest", report.digest);
    signature
}
