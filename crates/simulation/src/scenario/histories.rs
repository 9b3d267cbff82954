//! Declares rules about what clients saw.

use std::fmt::Debug;

use cluster_sim_invariants::Model;
use cluster_sim_invariants::history::{Checker, HistoryRule, Linearizable};

use super::Scenario;

impl Scenario {
    /// Adds the rule that the calls of clients are linearizable by the model `M`.
    ///
    /// One object per key, each correct by the model, could have answered as the clients heard. Clients state their calls by
    /// `Node::invoke`, machines by the facts `CallFact`. Judged at the end of a run. A search that spends its bounds makes the
    /// rule `Unknown`, which is not a pass; for other bounds give [`history`](Self::history) a [`Linearizable`].
    ///
    /// ```
    /// use cluster_sim::check::history::models::{Register, RegisterAnswer, RegisterOp};
    /// use cluster_sim::prelude::*;
    ///
    /// /// Holds one value, and answers each client.
    /// async fn store(node: Node) {
    ///     let port = node.bind::<Option<u64>>("store");
    ///     let mut value = None;
    ///     loop {
    ///         let asked = port.recv().await;
    ///         value = asked.message.or(value);
    ///         port.send(asked.from, value);
    ///     }
    /// }
    ///
    /// async fn client(node: Node) {
    ///     let port = node.bind::<Option<u64>>("store");
    ///     for number in 0..10 {
    ///         let write = (number % 2 == 0).then_some(100 * u64::from(node.id()) + number);
    ///         let call = node.invoke(write.map_or(RegisterOp::Read, RegisterOp::Write));
    ///         port.send(NodeId(0), write);
    ///         // The only request in flight, so the answer is its own.
    ///         let answer = port.recv().await.message;
    ///         call.ok(if write.is_some() { RegisterAnswer::Written } else { RegisterAnswer::Value(answer) });
    ///     }
    /// }
    ///
    /// Scenario::new("one register")
    ///     .nodes("store", 1, store)
    ///     .clients("client", 3, client)
    ///     .linearizable::<Register<u64>>("the store answers as one register")
    ///     .run(Seed(7))
    ///     .assert_ok();
    /// ```
    #[must_use]
    pub fn linearizable<M>(self, name: &str) -> Self
    where
        M: Model<Op: Clone, Answer: Clone> + Default + 'static,
    {
        self.history(name, Linearizable::<M>::default)
    }

    /// Adds a rule about the calls of clients, which a [`Checker`] judges; `make` makes one for each run.
    ///
    /// The checker hears of all calls whose facts have its types. One that decides event by event ends the run at the answer that
    /// breaks it.
    #[must_use]
    pub fn history<O, A, C>(self, name: &str, make: impl Fn() -> C + Send + Sync + 'static) -> Self
    where
        O: Clone + Debug + 'static,
        A: Clone + Debug + 'static,
        C: Checker<O, A> + 'static,
    {
        self.observe(name, move || HistoryRule::new(make()))
    }
}
