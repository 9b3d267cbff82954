//! Waits until all nodes have converged.

use std::fmt;
use std::time::Duration;

use cluster_sim_invariants::World;
use cluster_sim_types::NodeId;

use super::SimulatedCluster;

impl SimulatedCluster {
    /// Runs until `behind` names no node, at most for `timeout` of virtual time.
    ///
    /// Returns the virtual time it took.
    ///
    /// `behind` returns the nodes that have not converged; [`World::nodes_where`] finds them by their views.
    ///
    /// # Errors
    /// If the time is spent or the run is over; names the nodes that are behind and the cuts in force.
    pub fn await_convergence_blocking(
        &mut self,
        timeout: Duration,
        mut behind: impl FnMut(&World<'_>) -> Vec<NodeId>,
    ) -> Result<Duration, NotConverged> {
        let started = self.sim.now();
        if self.sim.run_until(timeout, |world| behind(world).is_empty()) {
            return Ok(self.sim.now() - started);
        }
        let behind = self.sim.inspect(|world| behind(world).into_iter().map(|node| world.name(node).to_owned()).collect());
        let cuts = self.sim.living_cuts();
        Err(NotConverged { waited: self.sim.now() - started, behind, cuts, run_is_over: self.sim.is_over() })
    }

    /// As [`await_convergence_blocking`](Self::await_convergence_blocking), for an async test.
    ///
    /// Never waits for real time.
    ///
    /// # Errors
    /// As [`await_convergence_blocking`](Self::await_convergence_blocking).
    #[expect(clippy::unused_async, reason = "async tests await convergence, as they would that of a real cluster")]
    pub async fn await_convergence(
        &mut self,
        timeout: Duration,
        behind: impl FnMut(&World<'_>) -> Vec<NodeId>,
    ) -> Result<Duration, NotConverged> {
        self.await_convergence_blocking(timeout, behind)
    }
}

/// Some nodes have not converged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotConverged {
    /// Virtual time waited.
    pub waited: Duration,
    /// Names of the nodes that are behind.
    pub behind: Vec<String>,
    /// Names of the cuts in force.
    pub cuts: Vec<String>,
    /// Whether the run was over before the timeout; its report says why.
    pub run_is_over: bool,
}

impl fmt::Display for NotConverged {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "not converged after {:.3}s: {} behind", self.waited.as_secs_f64(), self.behind.join(", "))?;
        match self.cuts.as_slice() {
            [] => write!(formatter, "; no cut is in force")?,
            cuts => write!(formatter, "; in force: {}", cuts.join(", "))?,
        }
        if self.run_is_over {
            write!(formatter, "; a finding ended the run, `finish` says which")?;
        }
        Ok(())
    }
}

impl std::error::Error for NotConverged {}
