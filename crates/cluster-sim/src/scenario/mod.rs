//! Everything a run needs except the seed.

mod arenas;
mod checks;
mod groups;
mod variation;
mod views;

use std::collections::BTreeSet;
use std::fmt;
use std::num::NonZeroUsize;
use std::panic::Location;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use cluster_sim_invariants::{IntoVerdict, Invariant, World};
use cluster_sim_node::{Machine, MainFactory, Node, NodeInfo};
use cluster_sim_runtime::{Budget, Decisions};
use cluster_sim_transport::{InvalidLink, LinkModel, NodeSelector};
use cluster_sim_types::{Change, CoveragePoint};

use arenas::Arenas;
pub(crate) use checks::{Check, Seen, Test};
pub(crate) use groups::{Group, Member};

use variation::Script;

use crate::fault::{CompiledProfile, FaultPlan, FaultProfile, PlanError};

/// A class of links and the groups or regions between which it holds.
#[derive(Debug, Clone)]
pub(crate) struct LinkClass {
    pub(crate) name: String,
    pub(crate) from: NodeSelector,
    pub(crate) to: NodeSelector,
    pub(crate) model: LinkModel,
}

/// Everything a run needs except the seed: who runs, over which links, what must hold, what goes wrong, for how long.
///
/// Immutable and `Sync` once built: any number of runs may hold it at once. Built by methods that each take and give the scenario.
#[derive(Debug, Clone)]
pub struct Scenario(pub(crate) Arc<Definition>);

#[derive(Debug, Clone)]
pub(crate) struct Definition {
    pub(crate) name: String,
    pub(crate) groups: Vec<Group>,
    pub(crate) regions: Vec<String>,
    pub(crate) classes: Vec<LinkClass>,
    pub(crate) checks: Vec<Check>,
    pub(crate) plan: FaultPlan,
    pub(crate) profile: Option<Arc<CompiledProfile>>,
    pub(crate) duration: Duration,
    pub(crate) recovery_timeout: Duration,
    pub(crate) stable_for: Duration,
    pub(crate) start_spread: Duration,
    pub(crate) budget: Budget,
    pub(crate) absent: BTreeSet<String>,
    pub(crate) step_timeout: Duration,
    /// How many seeds of a sweep run at once; as many as the machine has cores where nobody says.
    pub(crate) threads: Option<NonZeroUsize>,
    /// What decides in place of the seed.
    pub(crate) with_decisions: Option<Arc<Decisions>>,
    pub(crate) script: Option<Script>,
    /// Whether all this fits together, found out by the first run.
    pub(crate) checked: OnceLock<Result<(), ScenarioError>>,
    pub(crate) arenas: Arenas,
    /// How views of known types are shown as text.
    pub(crate) view_texts: views::ViewTexts,
}

impl Scenario {
    /// A scenario of that name with nothing in it: 10 s long, then up to 10 s of calm, links of the default model.
    pub fn new(name: impl Into<String>) -> Self {
        Self(Arc::new(Definition {
            name: name.into(),
            groups: Vec::new(),
            regions: Vec::new(),
            classes: Vec::new(),
            checks: Vec::new(),
            plan: FaultPlan::new(),
            profile: None,
            duration: Duration::from_secs(10),
            recovery_timeout: Duration::from_secs(10),
            stable_for: Duration::from_secs(1),
            start_spread: Duration::from_millis(1),
            budget: Budget::default(),
            absent: BTreeSet::new(),
            step_timeout: Duration::from_secs(30),
            threads: None,
            with_decisions: None,
            script: None,
            checked: OnceLock::new(),
            arenas: Arenas::default(),
            view_texts: views::ViewTexts::default(),
        }))
    }

    fn with(mut self, change: impl FnOnce(&mut Definition)) -> Self {
        let definition = Arc::make_mut(&mut self.0);
        definition.checked = OnceLock::new();
        change(definition);
        self
    }

    /// Adds a group of `count` machines, named `group/0`, `group/1`, …; each has the others of the group as peers.
    ///
    /// `boot` makes the machine of a seat, at the start of a run and again after every crash.
    #[must_use]
    pub fn machines<M: Machine>(self, group: &str, count: u32, boot: impl Fn(&NodeInfo) -> M + Send + Sync + 'static) -> Self {
        let members = (0..count).map(|index| Member::in_group(group, index)).collect();
        self.group(group, members, boot)
    }

    pub(crate) fn group<M: Machine>(
        self,
        group: &str,
        members: Vec<Member>,
        boot: impl Fn(&NodeInfo) -> M + Send + Sync + 'static,
    ) -> Self {
        self.with(|definition| definition.groups.push(Group::of_machines(group, members, Arc::new(boot))))
    }

    /// Adds a group of `count` async nodes, named `group/0`, `group/1`, …; each has the others of the group as peers.
    ///
    /// `main` runs on each of them, from the start of the run and again after every crash, until it returns: then whatever else the node
    /// spawned is dropped with it, as at the end of a program. Its last view stays to be seen.
    ///
    /// ```
    /// use cluster_sim::prelude::*;
    ///
    /// async fn count(node: Node) {
    ///     let mut ticks = node.interval(Duration::from_secs(1));
    ///     loop {
    ///         ticks.tick().await;
    ///         node.view(|count: &mut u64| *count += 1);
    ///     }
    /// }
    ///
    /// Scenario::new("counting")
    ///     .nodes("counter", 2, count)
    ///     .always("nobody counts past ten", |world| world.views::<u64>().all(|(_, count)| *count <= 10))
    ///     .lasting(Duration::from_secs(5))
    ///     .run(Seed(7))
    ///     .assert_ok();
    /// ```
    #[must_use]
    #[track_caller]
    pub fn nodes<F>(self, group: &str, count: u32, main: impl Fn(Node) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + 'static,
    {
        let members = (0..count).map(|index| Member::in_group(group, index)).collect();
        self.group_of_nodes(group, members, main)
    }

    /// Adds a group of `count` async nodes as [`nodes`](Self::nodes) does, each of which must come to its end: its `main` has returned before
    /// the [`recovery_timeout`](Self::recovery_timeout) is spent, and the run goes on until all have.
    ///
    /// Where one does not, the rule `every client ends` is broken, and says what every task of the run waits for. One that crashed begins
    /// anew and must end in its last life; one that was killed, or has an empty seat, does not count.
    ///
    /// ```
    /// use cluster_sim::prelude::*;
    ///
    /// async fn answers(node: Node) {
    ///     let port = node.bind::<u64>("questions");
    ///     loop {
    ///         let asked = port.receive().await;
    ///         port.send(asked.from, asked.message + 1);
    ///     }
    /// }
    ///
    /// async fn asks(node: Node) {
    ///     let port = node.bind::<u64>("questions");
    ///     loop {
    ///         port.send(0, 41);
    ///         select! {
    ///             answer = port.receive() => return assert_eq!(answer.message, 42),
    ///             () = node.sleep(Duration::from_secs(1)) => {}
    ///         }
    ///     }
    /// }
    ///
    /// Scenario::new("asking").nodes("server", 1, answers).clients("client", 3, asks).run(Seed(7)).assert_ok();
    /// ```
    #[must_use]
    #[track_caller]
    pub fn clients<F>(self, group: &str, count: u32, main: impl Fn(Node) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + 'static,
    {
        let members = (0..count).map(|index| Member::in_group(group, index)).collect();
        self.group_of_nodes(group, members, main).with(|definition| {
            let clients = definition.groups.pop().expect("a group was added just before");
            definition.groups.push(clients.into_clients());
        })
    }

    #[track_caller]
    pub(crate) fn group_of_nodes<F>(
        self,
        group: &str,
        members: Vec<Member>,
        main: impl Fn(Node) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + 'static,
    {
        let site = Location::caller();
        let main: MainFactory = Arc::new(move |node| Box::pin(main(node)));
        self.with(|definition| definition.groups.push(Group::of_nodes(group, members, main, site)))
    }

    pub(crate) fn regions(self, regions: Vec<String>) -> Self {
        self.with(|definition| definition.regions = regions)
    }

    /// Declares the model of the links from one group to another, as a class of that name. Later classes win over earlier ones; a group
    /// called `*` stands for every node.
    ///
    /// # Panics
    /// If there is no group of that name yet: declare groups first.
    #[must_use]
    pub fn links(self, from: &str, to: &str, class: &str, model: LinkModel) -> Self {
        let [from, to] = [from, to].map(|group| self.select_group(group));
        self.link_class(LinkClass { name: class.to_owned(), from, to, model })
    }

    pub(crate) fn link_class(self, class: LinkClass) -> Self {
        self.with(|definition| definition.classes.push(class))
    }

    fn select_group(&self, name: &str) -> NodeSelector {
        if name == "*" {
            return NodeSelector::Any;
        }
        let index = self.0.groups.iter().position(|group| group.name == name);
        let index =
            index.unwrap_or_else(|| panic!("no group {name:?} in scenario {:?}; declare groups before their links", self.0.name));
        NodeSelector::Group(index as u16)
    }

    /// Declares the model of all links for which no class is declared; the last one declared counts.
    #[must_use]
    pub fn default_links(self, model: LinkModel) -> Self {
        let class = LinkClass { name: "default".to_owned(), from: NodeSelector::Any, to: NodeSelector::Any, model };
        self.with(|definition| {
            // The class of everything comes first, so that every other one wins over it.
            let is_default =
                |known: &LinkClass| known.name == class.name && known.from == NodeSelector::Any && known.to == NodeSelector::Any;
            definition.classes.retain(|known| !is_default(known));
            definition.classes.insert(0, class);
        })
    }

    /// Says what must hold after every step that changed a view or a health. The closure answers with a bool, a `Result` or a
    /// [`Verdict`](crate::Verdict).
    ///
    /// A check that holds and never looked at a view, a health or the traffic is `Unknown`, not held.
    #[must_use]
    pub fn always<V: IntoVerdict>(self, name: &str, test: impl Fn(&World<'_>) -> V + Send + Sync + 'static) -> Self {
        self.check(Check::Always { name: name.to_owned(), test: Arc::new(move |world| test(world).into_verdict()) })
    }

    /// Says what must hold in the end: after all faults are over, for as long as [`stable_for`](Self::stable_for), before the
    /// [`recovery_timeout`](Self::recovery_timeout) is spent.
    #[must_use]
    pub fn eventually<V: IntoVerdict>(self, name: &str, test: impl Fn(&World<'_>) -> V + Send + Sync + 'static) -> Self {
        self.check(Check::Eventually { name: name.to_owned(), test: Arc::new(move |world| test(world).into_verdict()) })
    }

    /// Adds a rule or measurement with a memory; `make` makes a fresh one for each run.
    #[must_use]
    pub fn observe<I: Invariant>(self, name: &str, make: impl Fn() -> I + Send + Sync + 'static) -> Self {
        self.check(Check::Observer { name: name.to_owned(), make: Arc::new(move || Box::new(make())) })
    }

    /// Says what must come about in some run, though not in each: a point that shows that the test gets where it is meant to.
    ///
    /// Asked after every step that changed something, until it held once. What never held in all runs of a sweep is missing from its
    /// [`coverage`](crate::Sweep::coverage), where that is counted.
    #[must_use]
    pub fn sometimes(self, name: &str, test: impl Fn(&World<'_>) -> bool + Send + Sync + 'static) -> Self {
        self.check(Check::Sometimes { name: name.to_owned(), seen: Arc::new(move |_, world| test(world)) })
    }

    /// Declares a point in the code of nodes that must be reached in some run. A node says that it got there by emitting
    /// [`CoveragePoint`](crate::CoveragePoint) with that name.
    ///
    /// ```
    /// use cluster_sim::CoveragePoint;
    /// use cluster_sim::prelude::*;
    ///
    /// async fn rolls(node: Node) {
    ///     if node.draw().below(4) == 0 {
    ///         node.emit(CoveragePoint("the seldom way"));
    ///     }
    ///     node.view(|done: &mut bool| *done = true);
    /// }
    ///
    /// let scenario = Scenario::new("rolling").nodes("one", 1, rolls).reachable("the seldom way").reachable("no way");
    /// let sweep = scenario.campaign(0..32).require_coverage().run();
    /// let coverage = sweep.coverage().expect("every seed was run");
    /// assert!(coverage.points["the seldom way"] > 0);
    /// assert_eq!(coverage.missing(), ["point \"no way\" was never reached"]);
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

    /// Adds the faults of a plan.
    #[must_use]
    pub fn faults(self, plan: FaultPlan) -> Self {
        self.with(|definition| definition.plan.extend(plan))
    }

    /// Has each seed draw further faults from a profile.
    #[must_use]
    pub fn chaos(self, profile: FaultProfile) -> Self {
        self.with(|definition| definition.profile = Some(Arc::new(CompiledProfile::new(profile))))
    }

    /// How long things may go wrong. Default 10 s.
    #[must_use]
    pub fn duration(self, duration: Duration) -> Self {
        self.with(|definition| definition.duration = duration)
    }

    /// How long after that the run may take until everything that must hold in the end does. Default 10 s.
    #[must_use]
    pub fn recovery_timeout(self, timeout: Duration) -> Self {
        self.with(|definition| definition.recovery_timeout = timeout)
    }

    /// For how long it must have held without a break. Default 1 s.
    #[must_use]
    pub fn stable_for(self, duration: Duration) -> Self {
        self.with(|definition| definition.stable_for = duration)
    }

    /// Starts all nodes at the same instant, instead of each at an offset below 1 ms that hangs on its name.
    #[must_use]
    pub fn start_together(self) -> Self {
        self.with(|definition| definition.start_spread = Duration::ZERO)
    }

    /// For how much real time a step may go on before a sweep calls it stuck, and the second run of [`check_determinism`](Self::check_determinism) may give no sign
    /// of life. Default 30 s.
    ///
    /// Only these look at the machine's clock, from outside; a run by itself never does.
    #[must_use]
    pub fn step_timeout(self, timeout: Duration) -> Self {
        self.with(|definition| definition.step_timeout = timeout)
    }

    /// How many seeds of a sweep run at once. Default: as many as the machine has cores.
    ///
    /// No result hangs on it. A sweep of a cluster that fills the memory of the machine wants fewer.
    #[must_use]
    pub fn threads(self, threads: NonZeroUsize) -> Self {
        self.with(|definition| definition.threads = Some(threads))
    }

    /// Bounds what a run may use up.
    #[must_use]
    pub fn budget(self, budget: Budget) -> Self {
        self.with(|definition| definition.budget = budget)
    }

    /// Leaves the seat of a node empty. All others keep their numbers, names and chances.
    #[must_use]
    pub fn without(self, node: &str) -> Self {
        self.with(|definition| {
            definition.absent.insert(node.to_owned());
        })
    }

    /// The scenario's name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The declared names of all nodes, in order of their numbers.
    pub fn node_names(&self) -> Vec<&str> {
        self.0.groups.iter().flat_map(|group| group.members.iter().map(|member| member.name.as_str())).collect()
    }
}

/// A scenario that cannot be run; nothing was.
#[derive(Debug, Clone, PartialEq)]
pub enum ScenarioError {
    /// There is no node in it.
    NoNodes,
    /// Two groups have one name.
    DuplicateGroup {
        /// The name.
        group: String,
    },
    /// A seat is to stay empty that is not there.
    UnknownAbsent {
        /// The node as named.
        node: String,
    },
    /// A class of links cannot be.
    Links {
        /// The class.
        class: String,
        /// Why not.
        error: InvalidLink,
    },
    /// The fault plan does not fit.
    Plan(PlanError),
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoNodes => write!(formatter, "there are no nodes in it; add a group with `Scenario::machines`"),
            Self::DuplicateGroup { group } => write!(formatter, "two groups are called {group:?}; give each a name of its own"),
            Self::UnknownAbsent { node } => {
                write!(
                    formatter,
                    "node {node:?} is to be left out, but the scenario has no such node; name it by group and index, as in \"edge/1\""
                )
            }
            Self::Links { class, error } => write!(formatter, "the links {class:?} are invalid: {error}"),
            Self::Plan(error) => write!(formatter, "{error}"),
        }
    }
}

impl std::error::Error for ScenarioError {}
