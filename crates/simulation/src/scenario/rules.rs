//! Declares the rules of a scenario.

use std::any::{Any, type_name};
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Arc;

use cluster_sim_invariants::{IntoVerdict, Invariant, World};
use cluster_sim_types::{Change, CoveragePoint, NodeId};

use super::Scenario;
use crate::definition::{Check, Keys, KeysOf};

impl Scenario {
    /// Adds an invariant: must hold after every step that changed a view or a node's health.
    ///
    /// The closure returns a `bool`, a `Result` or a [`Verdict`](cluster_sim_invariants::Verdict). A violation ends the run at that step. A check
    /// that holds without ever reading a view, a health or the traffic is `Unknown`, which is not a pass.
    ///
    /// The closure must be a function of what it reads. It is called again only once something that it read may have changed, and
    /// counts as checked at the steps between.
    #[must_use]
    pub fn always<V: IntoVerdict>(self, name: &str, test: impl Fn(&World<'_>) -> V + Send + Sync + 'static) -> Self {
        self.check(Check::Always { name: name.to_owned(), test: Arc::new(move |world| test(world).into_verdict()) })
    }

    /// Adds an invariant about one node: must hold of each view after every step that may change it.
    ///
    /// The closure gets the node and its view of type `V`, and is asked only about nodes that stepped or whose health changed, so
    /// it costs the same in a large cluster as in a small one. A violation names the node, before those that the closure's own
    /// [`Verdict`](cluster_sim_invariants::Verdict) names. Nodes whose view has another type are not asked about; a rule that never met a view of
    /// its type is `Unknown`. Otherwise as [`always`](Self::always).
    ///
    /// ```
    /// use cluster_sim::prelude::*;
    ///
    /// async fn count(node: Node) {
    ///     for number in 1..=3_u64 {
    ///         node.publish(|count: &mut u64| *count = number);
    ///         node.sleep(Duration::from_secs(1)).await;
    ///     }
    /// }
    ///
    /// let counting = Scenario::new("counting").nodes("counter", 2, count);
    /// counting.clone().always_each("no node counts past three", |_, count: &u64| *count <= 3).run(Seed(7)).assert_ok();
    ///
    /// let report = counting.always_each("no node counts past two", |_, count: &u64| *count <= 2).run(Seed(7));
    /// assert_eq!(report.suspects().len(), 1, "the node that counted on");
    /// ```
    #[must_use]
    pub fn always_each<V: 'static, R: IntoVerdict>(
        self,
        name: &str,
        test: impl Fn(NodeId, &V) -> R + Send + Sync + 'static,
    ) -> Self {
        let test = move |node, view: &dyn Any| Some(test(node, view.downcast_ref()?).into_verdict());
        self.check(Check::AlwaysEach { name: name.to_owned(), test: Arc::new(test), view_type: type_name::<V>() })
    }

    /// Adds an invariant over pairs of nodes: no two nodes may have one key at the same time.
    ///
    /// The closure gets a node and its view of type `V`, and returns the key that it has now, or `None`. It is asked only about
    /// nodes that stepped or whose health changed; a violation names both nodes and the key. A paused node keeps its key, as it
    /// keeps its view; a crash or a kill takes it away, and a key may move from one node to another within a step. So the rule is
    /// that of an [`always`](Self::always) over all views, at the cost of one of them. That no second node *ever* gets a key is a
    /// rule about the past: fold the keys in with [`observe`](Self::observe).
    ///
    /// Nodes whose view has another type are not asked about; a rule that never met a view of its type is `Unknown`.
    ///
    /// ```
    /// use cluster_sim::prelude::*;
    ///
    /// #[derive(Default)]
    /// struct Member {
    ///     term: u64,
    ///     leads: bool,
    /// }
    ///
    /// /// Takes every term for its own.
    /// async fn usurp(node: Node) {
    ///     for term in 1..=3 {
    ///         node.publish(|member: &mut Member| *member = Member { term, leads: true });
    ///         node.sleep(Duration::from_secs(1)).await;
    ///     }
    /// }
    ///
    /// let report = Scenario::new("election")
    ///     .nodes("member", 2, usurp)
    ///     .always_unique("at most one leader per term", |_, member: &Member| member.leads.then_some(member.term))
    ///     .run(Seed(7));
    /// assert_eq!(report.violations[0].message, "member/0 and member/1 both have 1");
    /// assert_eq!(report.suspects(), [NodeId(0), NodeId(1)]);
    /// ```
    #[must_use]
    pub fn always_unique<V: 'static, K: Hash + Eq + Debug + 'static>(
        self,
        name: &str,
        key: impl Fn(NodeId, &V) -> Option<K> + Send + Sync + 'static,
    ) -> Self {
        let key = Arc::new(key);
        let test = move || Box::new(KeysOf::new(Arc::clone(&key))) as Box<dyn Keys>;
        self.check(Check::AlwaysUnique { name: name.to_owned(), test: Arc::new(test) })
    }

    /// Adds a check for the end of the run: must hold once all faults are over.
    ///
    /// Must hold without a break for [`stable_for`](Self::stable_for), before the [`recovery_timeout`](Self::recovery_timeout) is
    /// spent. Otherwise as [`always`](Self::always).
    #[must_use]
    pub fn eventually<V: IntoVerdict>(self, name: &str, test: impl Fn(&World<'_>) -> V + Send + Sync + 'static) -> Self {
        self.check(Check::Eventually { name: name.to_owned(), test: Arc::new(move |world| test(world).into_verdict()) })
    }

    /// Adds a stateful rule or measurement; `make` makes one for each run.
    #[must_use]
    pub fn observe<I: Invariant>(self, name: &str, make: impl Fn() -> I + Send + Sync + 'static) -> Self {
        self.check(Check::Observer { name: name.to_owned(), make: Arc::new(move || Box::new(make())) })
    }

    /// Adds a point that some run of a sweep must reach, though not every run.
    ///
    /// Checked after every step that changed something, until it holds. The coverage of a sweep lists points
    /// that no run reached, if coverage is counted.
    #[must_use]
    pub fn sometimes(self, name: &str, test: impl Fn(&World<'_>) -> bool + Send + Sync + 'static) -> Self {
        self.check(Check::Sometimes { name: name.to_owned(), seen: Arc::new(move |_, world| test(world)) })
    }

    /// Adds a point in node code that some run must reach, by emitting a [`CoveragePoint`] of that name.
    ///
    /// ```
    /// use cluster_sim::node::CoveragePoint;
    /// use cluster_sim::prelude::*;
    ///
    /// async fn rolls(node: Node) {
    ///     if node.random().below(4) == 0 {
    ///         node.emit(CoveragePoint("rare branch"));
    ///     }
    ///     node.publish(|done: &mut bool| *done = true);
    /// }
    ///
    /// let scenario = Scenario::new("rolling").nodes("one", 1, rolls).reachable("rare branch").reachable("dead branch");
    /// let sweep = scenario.campaign(0..32).require_coverage().run();
    /// let coverage = sweep.coverage().expect("every seed was run");
    /// assert!(coverage.points["rare branch"] > 0);
    /// assert!(coverage.missing()[0].starts_with("point \"dead branch\" was never reached"));
    /// assert!(!sweep.is_ok());
    /// ```
    #[must_use]
    pub fn reachable(self, name: &str) -> Self {
        let point = name.to_owned();
        let seen = move |change: &Change, _: &World<'_>| change.fact::<CoveragePoint>().is_some_and(|reached| reached.0 == point);
        self.check(Check::Sometimes { name: name.to_owned(), seen: Arc::new(seen) })
    }

    fn check(self, check: Check) -> Self {
        self.with(|definition| definition.checks.push(check))
    }
}
