//! The router: forwards writes from the source to the edges.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use cluster_sim_node::{Boot, Effects, Incarnation, Input, Label, LocalInstant, Machine, NodeId, Timer};

use crate::bug::Bug;
use crate::config::{Config, LagPolicy, Layout};
use crate::fact::EdgeFact;
use crate::message::{EdgeMessage, label};

/// Begin the next stall.
const BURST: Timer = Timer(0);
/// End the stall.
const DRAIN: Timer = Timer(1);

/// The window in which one stall begins.
const BURST_WINDOW: Duration = Duration::from_secs(1);

/// Forwards every published version to every edge.
///
/// Sends to dead edges too: the network accounts for those.
///
/// With `burst_lag` it stalls once in each second k, at k seconds + roll("burst", k) within one second (EDGE-D13). During a stall
/// its subscription fills; once full, each new message drops the oldest, as in a broadcast channel (EDGE-40). At the end of the
/// stall it forwards the remaining messages at once, in order. A stall that would begin during another is merged into it, so that
/// even a lag of several seconds ends.
#[derive(Debug)]
pub struct Router {
    config: Arc<Config>,
    edges: Vec<NodeId>,
    /// The second of the next stall.
    second: u32,
    /// The number of stalls that skipped messages.
    lags: u32,
    view: RouterView,
}

/// The view of the router.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RouterView {
    /// Whether the router is stalled.
    pub stalled: bool,
    /// The messages in the subscription, oldest first; empty unless stalled.
    pub waiting: VecDeque<EdgeMessage>,
    /// Messages skipped in the current stall.
    pub skipped: u64,
}

impl Router {
    /// Creates the router of an edge cache.
    pub fn boot(config: &Arc<Config>, layout: Layout, boot: &Boot) -> Self {
        let omits_last_edge = config.bug == Some(Bug::RestartsLeaveOutEdge) && boot.incarnation() > Incarnation(2);
        let edges = (0..layout.edges - u32::from(omits_last_edge)).map(|index| layout.edge(index)).collect();
        Self { config: Arc::clone(config), edges, second: 0, lags: 0, view: RouterView::default() }
    }

    /// Sets the timer of the next stall.
    fn arm_burst(&self, now: Duration, effects: &mut Effects<EdgeMessage>) {
        if self.config.burst_lag.is_some_and(|lag| !lag.is_zero()) {
            let begins = BURST_WINDOW * self.second + effects.roll("burst", u64::from(self.second)).within(BURST_WINDOW);
            effects.set_timer(BURST, begins.saturating_sub(now));
        }
    }

    fn stall(&mut self, now: Duration, effects: &mut Effects<EdgeMessage>) {
        self.second += 1;
        self.arm_burst(now, effects);
        if let Some(lag) = self.config.burst_lag
            && !self.view.stalled
        {
            self.view.stalled = true;
            effects.set_timer(DRAIN, lag);
        }
    }

    fn forward(&mut self, message: EdgeMessage, effects: &mut Effects<EdgeMessage>) {
        if !self.view.stalled {
            effects.send_all(&self.edges, message);
            effects.view_unchanged();
            return;
        }
        if self.view.waiting.len() >= self.config.source_fanout_capacity {
            self.view.waiting.pop_front();
            self.view.skipped += 1;
        }
        self.view.waiting.push_back(message);
    }

    fn drain(&mut self, effects: &mut Effects<EdgeMessage>) {
        self.view.stalled = false;
        let skipped = std::mem::take(&mut self.view.skipped);
        if skipped > 0 {
            tracing::debug!(skipped, "lagged");
            effects.emit(EdgeFact::Lagged { skipped });
        }
        while let Some(message) = self.view.waiting.pop_front() {
            effects.send_all(&self.edges, message);
        }
        if skipped > 0 {
            // Sent after the drained messages, so that on FIFO links no old version overtakes the snapshot.
            let is_skipped = self.config.bug == Some(Bug::ResyncsOnce) && self.lags > 0;
            if self.config.source_lag_policy == LagPolicy::ResyncFromSource && !is_skipped {
                effects.send_all(&self.edges, EdgeMessage::Resync { lag: self.lags });
            }
            self.lags += 1;
        }
    }
}

impl Machine for Router {
    type Message = EdgeMessage;
    type View = RouterView;

    fn step(&mut self, now: LocalInstant, input: Input<EdgeMessage>, effects: &mut Effects<EdgeMessage>) {
        let now = now.since_zero();
        match input {
            Input::Message { message: message @ EdgeMessage::Publish { .. }, .. } => self.forward(message, effects),
            Input::Timer(DRAIN) => self.drain(effects),
            Input::Timer(BURST) => self.stall(now, effects),
            Input::Start => self.arm_burst(now, effects),
            _ => effects.view_unchanged(),
        }
    }

    fn view(&self) -> &RouterView {
        &self.view
    }

    fn label(message: &EdgeMessage) -> Label {
        label(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Bench, LAYOUT, config, milliseconds};

    fn router(source_fanout_capacity: usize, source_lag_policy: LagPolicy, burst_lag_ms: Option<u64>) -> Bench<Router> {
        let burst_lag = burst_lag_ms.map(milliseconds);
        Bench::new(Layout::ROUTER, Config { source_fanout_capacity, source_lag_policy, burst_lag, ..config() }, Router::boot)
    }

    fn publish(version: u32) -> EdgeMessage {
        EdgeMessage::Publish { key: 0, version, committed_at_ns: 0 }
    }

    /// Returns a router in its first stall, and the instant at which the stall ends.
    fn stalled(capacity: usize, policy: LagPolicy) -> (Bench<Router>, Duration) {
        let mut router = router(capacity, policy, Some(100));
        let begins = router.roll("burst", 0).within(BURST_WINDOW);
        router.run_until(begins);
        assert!(router.view().stalled);
        (router, begins + milliseconds(100))
    }

    fn versions(router: &Bench<Router>) -> Vec<(NodeId, u32)> {
        let version = |message| match message {
            EdgeMessage::Publish { version, .. } => Some(version),
            _ => None,
        };
        router.sent().into_iter().filter_map(|(to, message)| Some((to, version(message)?))).collect()
    }

    fn to_all(versions: &[u32]) -> Vec<(NodeId, u32)> {
        versions.iter().flat_map(|version| (0..LAYOUT.edges).map(|index| (LAYOUT.edge(index), *version))).collect()
    }

    #[test]
    fn edge_01_published_versions_go_to_every_edge_at_once() {
        let mut router = router(1024, LagPolicy::ObserveAndContinue, None);
        router.deliver(milliseconds(3), Layout::SOURCE, publish(1));
        assert_eq!(versions(&router), to_all(&[1]));
    }

    #[test]
    fn edge_d13_without_burst_lag_the_router_never_stalls() {
        for burst_lag in [None, Some(0)] {
            let mut router = router(1, LagPolicy::ObserveAndContinue, burst_lag);
            router.run_until(Duration::from_secs(60));
            assert!(router.armed().is_empty() && !router.view().stalled);
        }
    }

    #[test]
    fn edge_d13_each_second_has_one_stall_at_a_random_instant() {
        let mut router = router(1, LagPolicy::ObserveAndContinue, Some(1));
        for second in 0..20 {
            let begins = BURST_WINDOW * second + router.roll("burst", u64::from(second)).within(BURST_WINDOW);
            router.run_until(begins - Duration::from_nanos(1));
            assert!(!router.view().stalled, "second {second}");
            router.run_until(begins);
            assert!(router.view().stalled, "second {second}");
            router.run_until(begins + milliseconds(1));
        }
    }

    #[test]
    fn edge_d13_a_stall_longer_than_a_second_still_ends() {
        let mut router = router(1, LagPolicy::ObserveAndContinue, Some(5_000));
        let begins = router.roll("burst", 0).within(BURST_WINDOW);
        router.run_until(begins + milliseconds(4_999));
        assert!(router.view().stalled);
        router.run_until(begins + milliseconds(5_000));
        assert!(!router.view().stalled);
    }

    #[test]
    fn edge_d13_a_stall_delays_messages_and_keeps_their_order() {
        let (mut router, over) = stalled(3, LagPolicy::ObserveAndContinue);
        for version in 1..=3 {
            router.deliver(over - milliseconds(50), Layout::SOURCE, publish(version));
        }
        assert!(router.sent().is_empty());
        router.run_until(over);
        assert_eq!(versions(&router), to_all(&[1, 2, 3]));
        assert_eq!(*router.view(), RouterView::default());
    }

    #[test]
    fn edge_40_a_full_subscription_skips_the_oldest() {
        let (mut router, over) = stalled(3, LagPolicy::ObserveAndContinue);
        for version in 1..=5 {
            router.deliver(over - milliseconds(50), Layout::SOURCE, publish(version));
        }
        router.run_until(over);
        assert_eq!(versions(&router), to_all(&[3, 4, 5]));
        assert_eq!(router.facts(), [EdgeFact::Lagged { skipped: 2 }]);
    }

    #[test]
    fn edge_40_an_exactly_full_subscription_skips_nothing() {
        let (mut router, over) = stalled(3, LagPolicy::ResyncFromSource);
        for version in 1..=3 {
            router.deliver(over - milliseconds(50), Layout::SOURCE, publish(version));
        }
        router.run_until(over);
        assert!(router.facts().is_empty());
        assert_eq!(router.sent().len(), to_all(&[1, 2, 3]).len());
    }

    #[test]
    fn edge_d12_resync_from_source_notifies_every_edge_after_the_drain() {
        let (mut router, over) = stalled(1, LagPolicy::ResyncFromSource);
        for version in 1..=2 {
            router.deliver(over - milliseconds(50), Layout::SOURCE, publish(version));
        }
        router.run_until(over);
        assert_eq!(versions(&router), to_all(&[2]));
        let resyncs = router.sent().split_off(LAYOUT.edges as usize);
        let expected: Vec<_> = (0..LAYOUT.edges).map(|index| (LAYOUT.edge(index), EdgeMessage::Resync { lag: 0 })).collect();
        assert_eq!(resyncs, expected);
    }

    #[test]
    fn edge_d12_other_policies_do_not_notify_the_edges() {
        for policy in [LagPolicy::ObserveAndContinue, LagPolicy::FailRun] {
            let (mut router, over) = stalled(1, policy);
            for version in 1..=2 {
                router.deliver(over - milliseconds(50), Layout::SOURCE, publish(version));
            }
            router.run_until(over);
            assert_eq!(router.sent().len(), LAYOUT.edges as usize, "{policy:?}");
            assert_eq!(router.facts(), [EdgeFact::Lagged { skipped: 1 }], "{policy:?}");
        }
    }
}
