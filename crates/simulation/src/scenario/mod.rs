//! [`Scenario`]: everything a run needs except the seed.
//!
//! Fills in a `Definition`, from which a [`Sim`](crate::Sim) is built ([`start`]). A run has two phases. In the fault phase, which
//! takes [`Scenario::duration`] or as long as a [`Scenario::script`], faults are applied and `always` checks are asked. `Sim::finish` then ends all faults, and the recovery
//! phase lasts until every `eventually` check has held for [`Scenario::stable_for`] and every client has returned, at most
//! [`Scenario::recovery_timeout`].

mod disks;
mod histories;
mod object_stores;
mod outline;
mod placement;
mod reactions;
mod rules;
mod size;
mod start;
mod variation;
mod views;

use std::num::NonZeroUsize;
use std::panic::Location;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use cluster_sim_node::{Boot, Machine, MainFactory, Node};
use cluster_sim_runtime::{Budget, Seed};
use cluster_sim_transport::{LinkModel, NodeSelector};
use cluster_sim_types::WallTime;

pub use outline::Outline;
pub use placement::Domain;
pub use size::ScenarioSize;

use crate::definition::{Arenas, Definition, Group, LinkClass, Member, PlanOfSeed, RestartPolicy};
use crate::fault::{CompiledProfile, FaultPlan, FaultProfile};
use crate::known_names::{listed, suggested};
use crate::sim::Script;

/// Everything a run needs except the seed: nodes, links, checks, faults, durations, budgets.
///
/// Immutable and `Sync` once built, and cheap to clone: any number of runs may share it. Each method takes the scenario and
/// returns the changed one. Errors in a scenario, such as two groups of one name, are found by its first run:
/// [`validate`](Self::validate) and the methods that begin with `try_` return them, the others panic with the same text.
///
/// A run has a fault phase, which takes [`duration`](Self::duration), and a recovery phase without faults, which ends once every
/// [`eventually`](Self::eventually) check has held for [`stable_for`](Self::stable_for), or after
/// [`recovery_timeout`](Self::recovery_timeout).
///
/// Methods that run a scenario many times, such as `sweep`, `check_determinism`, `shrink` and `replay`, are those of the trait
/// `cluster_sim::Explore`, which the prelude has.
#[derive(Debug, Clone)]
pub struct Scenario {
    pub(crate) definition: Arc<Definition>,
    /// Outside of the definition, so that a report which holds that holds no memory of runs.
    pub(crate) arenas: Arc<Arenas>,
    /// Drives the fault phase of each run; absent if the runs take their duration.
    pub(crate) script: Option<Script>,
}

impl Scenario {
    /// Makes an empty scenario.
    ///
    /// Defaults: 10 s of faults, at most 10 s of recovery, checks stable for 1 s, links of [`LinkModel::default`], the budget of
    /// [`Budget::default`].
    pub fn new(name: impl Into<String>) -> Self {
        Self { definition: Arc::new(Definition::new(name.into())), arenas: Arc::default(), script: None }
    }

    fn with(mut self, change: impl FnOnce(&mut Definition)) -> Self {
        let definition = Arc::make_mut(&mut self.definition);
        definition.checked = OnceLock::new();
        change(definition);
        self
    }

    /// Adds a group of `count` machines, named `group/0`, `group/1`, …; all members of a group are peers.
    ///
    /// `boot` makes the machine of a node, at the start of a run and after every crash.
    #[must_use]
    pub fn machines<M: Machine>(self, group: &str, count: u32, boot: impl Fn(&Boot) -> M + Send + Sync + 'static) -> Self {
        let members = (0..count).map(|index| Member::in_group(group, index)).collect();
        self.group(group, members, boot)
    }

    pub(crate) fn group<M: Machine>(
        self,
        group: &str,
        members: Vec<Member>,
        boot: impl Fn(&Boot) -> M + Send + Sync + 'static,
    ) -> Self {
        self.with(|definition| definition.groups.push(Group::of_machines(group, members, Arc::new(boot))))
    }

    /// Adds a group of `count` async nodes, named `group/0`, `group/1`, …
    ///
    /// All members of a group are peers.
    ///
    /// `main` runs on each node from the start of the run, and again after every crash, until it returns. Then all other tasks of
    /// the node are dropped, as at the end of a program; its last view stays visible.
    ///
    /// ```
    /// use cluster_sim::prelude::*;
    ///
    /// async fn count(node: Node) {
    ///     let mut ticks = node.interval(Duration::from_secs(1));
    ///     loop {
    ///         ticks.tick().await;
    ///         node.publish(|count: &mut u64| *count += 1);
    ///     }
    /// }
    ///
    /// Scenario::new("counting")
    ///     .nodes("counter", 2, count)
    ///     .always("no node counts past ten", |world| world.views::<u64>().all(|(_, count)| *count <= 10))
    ///     .duration(Duration::from_secs(5))
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

    /// Adds a group of `count` async nodes whose main functions must return.
    ///
    /// As [`nodes`](Self::nodes), but the run goes on until all have returned. If one has not when the
    /// [`recovery_timeout`](Self::recovery_timeout) is spent, or no event is pending before, the rule `every client ends` is
    /// broken, and its message lists what every live task waits for. A client that crashed starts again and must return in its
    /// last life; killed and absent ones do not count.
    ///
    /// ```
    /// use cluster_sim::prelude::*;
    ///
    /// async fn server(node: Node) {
    ///     let port = node.bind::<u64>("questions");
    ///     loop {
    ///         let question = port.recv().await;
    ///         port.send(question.from, question.message + 1);
    ///     }
    /// }
    ///
    /// async fn client(node: Node) {
    ///     let port = node.bind::<u64>("questions");
    ///     loop {
    ///         port.send(0, 41);
    ///         select! {
    ///             answer = port.recv() => return assert_eq!(answer.message, 42),
    ///             () = node.sleep(Duration::from_secs(1)) => {}
    ///         }
    ///     }
    /// }
    ///
    /// Scenario::new("asking").nodes("server", 1, server).clients("client", 3, client).run(Seed(7)).assert_ok();
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

    /// Places all nodes of a group in a region: links, cuts and faults of the region cover them then.
    ///
    /// In a [`SimulatedCluster`](crate::SimulatedCluster) the region is one of its own. Elsewhere the first use of a name declares the
    /// region. Once there is a region, groups that are placed in none stand in none: their nodes have [`Region::NONE`](cluster_sim_types::Region::NONE), and only
    /// classes between groups cover their links.
    ///
    /// Faults of links name all nodes of a region as `region:us-east`, those of a shard as `shard:0`, those of a group as
    /// `group:client`.
    ///
    /// # Panics
    /// If there is no group of that name yet: declare groups first.
    #[must_use]
    pub fn place(self, group: &str, region: &str) -> Self {
        self.change_members(group, |definition, members| {
            let region = definition.region(region);
            members.iter_mut().for_each(|member| member.region = Some(region));
        })
    }

    /// Restarts the nodes of a group that panic or return, as a supervisor does.
    ///
    /// A panic of such a node crashes it, with all of its tasks, and is noted in [`Report::restarts`](crate::Report::restarts) in
    /// place of a finding. Without a policy a panic ends the run as a finding, and a node that returned stays up with its last view.
    /// Clients that return have ended, as always. The end of the fault phase restarts those that are down at once.
    ///
    /// # Panics
    /// If there is no group of that name yet: declare groups first.
    #[must_use]
    pub fn restart_policy(self, group: &str, policy: RestartPolicy) -> Self {
        let index = self.group_index(group, "what names them");
        self.with(|definition| definition.groups[index].restart = Some(policy))
    }

    /// The names of all classes of links, in the order of their declaration.
    ///
    /// `default` covers all links that no other class covers.
    pub fn link_names(&self) -> Vec<&str> {
        let declared = self.definition.classes.iter().map(|class| class.name.as_str());
        let default = declared.clone().all(|name| name != "default").then_some("default");
        default.into_iter().chain(declared).collect()
    }

    /// The model of a class of links, by its name; `None` if there is no such class. Of several of one name, the last.
    ///
    /// ```
    /// use cluster_sim::prelude::*;
    ///
    /// let wan = LinkModel::constant(Duration::from_millis(80));
    /// let scenario = Scenario::new("far").nodes("store", 3, async |_| {}).links("store", "store", "wan", wan.clone());
    /// assert_eq!(scenario.link_model("wan"), Some(wan));
    /// assert_eq!(scenario.link_names(), ["default", "wan"]);
    /// ```
    pub fn link_model(&self, class: &str) -> Option<LinkModel> {
        let declared = self.definition.classes.iter().rfind(|known| known.name == class).map(|known| known.model.clone());
        declared.or_else(|| (class == "default").then(LinkModel::default))
    }

    pub(crate) fn regions(self, regions: Vec<String>) -> Self {
        self.with(|definition| definition.regions = regions)
    }

    /// Sets the model of the links from one group to another, as a class named `class`.
    ///
    /// The group `*` means all nodes. A link belongs to the last class declared that covers both its ends.
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
        NodeSelector::Group(self.group_index(name, "their links") as u16)
    }

    /// The index of a group, which is declared `before` that.
    ///
    /// # Panics
    /// If there is none of that name.
    fn group_index(&self, name: &str, before: &str) -> usize {
        let index = self.definition.groups.iter().position(|group| group.name == name);
        index.unwrap_or_else(|| {
            let known: Vec<String> = self.definition.groups.iter().map(|group| group.name.clone()).collect();
            let scenario = &self.definition.name;
            panic!(
                "no group {name:?} in scenario {scenario:?}; declare groups before {before}{}{}",
                suggested(name, &known),
                listed(&known)
            )
        })
    }

    /// Sets the model of all links that no class covers; the last call wins.
    #[must_use]
    pub fn default_links(self, model: LinkModel) -> Self {
        let class = LinkClass { name: "default".to_owned(), from: NodeSelector::Any, to: NodeSelector::Any, model };
        self.with(|definition| {
            // First in the list, so that every other class wins over it.
            let is_default =
                |known: &LinkClass| known.name == class.name && known.from == NodeSelector::Any && known.to == NodeSelector::Any;
            definition.classes.retain(|known| !is_default(known));
            definition.classes.insert(0, class);
        })
    }

    /// Adds the faults of a plan.
    #[must_use]
    pub fn faults(self, plan: FaultPlan) -> Self {
        self.with(|definition| definition.plan.extend(plan))
    }

    /// Adds the faults of a plan that is made for each seed: equal seeds must make equal plans.
    ///
    /// A case of a failing seed holds the plan itself, so it is minimized as any other. A plan that does not fit the scenario is a
    /// finding about its seed.
    ///
    /// ```
    /// use cluster_sim::prelude::*;
    ///
    /// let scenario = Scenario::new("storing").nodes("store", 3, async |_| {}).faults_from(|seed| {
    ///     let node = format!("store/{}", seed.0 % 3);
    ///     FaultPlan::new().at(Duration::from_secs(1), NodeFault::Crash { node, down_for: Some(Duration::from_millis(5)) })
    /// });
    /// assert_eq!(scenario.run(Seed(7)).faults[0].fault.nodes(), ["store/1"]);
    /// ```
    #[must_use]
    pub fn faults_from(self, plan: impl Fn(Seed) -> FaultPlan + Send + Sync + 'static) -> Self {
        self.with(|definition| definition.plans_of_seed.push(PlanOfSeed::new(plan)))
    }

    /// Draws further faults from a profile for each seed; the last call wins.
    #[must_use]
    pub fn chaos(self, profile: FaultProfile) -> Self {
        self.with(|definition| definition.profile = Some(Arc::new(CompiledProfile::new(profile))))
    }

    /// The profile from which each seed draws further faults, if there is one.
    pub fn fault_profile(&self) -> Option<&FaultProfile> {
        self.definition.profile.as_deref().map(CompiledProfile::profile)
    }

    /// Sets the length of the fault phase in virtual time. Default 10 s.
    #[must_use]
    pub fn duration(self, duration: Duration) -> Self {
        self.with(|definition| definition.duration = duration)
    }

    /// Sets how long the recovery phase may take in virtual time. Default 10 s.
    #[must_use]
    pub fn recovery_timeout(self, timeout: Duration) -> Self {
        self.with(|definition| definition.recovery_timeout = timeout)
    }

    /// Sets how long `eventually` checks must hold without a break. Default 1 s.
    ///
    /// At most the [`recovery_timeout`](Self::recovery_timeout).
    #[must_use]
    pub fn stable_for(self, duration: Duration) -> Self {
        self.with(|definition| definition.stable_for = duration)
    }

    /// Starts all nodes at time zero, instead of at offsets below 1 ms that depend on their names.
    #[must_use]
    pub fn start_together(self) -> Self {
        self.with(|definition| definition.start_spread = Duration::ZERO)
    }

    /// Sets what the wall clocks of all nodes show at the start of the run.
    ///
    /// By default 1970-01-01T00:00:00Z.
    /// A wall clock never shows a time before 1970, so one that a fault is to step back needs a later start.
    #[must_use]
    pub fn epoch(self, epoch: WallTime) -> Self {
        self.with(|definition| definition.epoch = epoch)
    }

    /// Sets the real time that one step may take before a sweep fails the seed. Default 30 s.
    ///
    /// The second run of a `check_determinism` must send a sign of life within this time. Only code
    /// outside the run reads the machine's clock; a run that is not part of a sweep, replay or comparison is not limited.
    #[must_use]
    pub fn step_timeout(self, timeout: Duration) -> Self {
        self.with(|definition| definition.step_timeout = timeout)
    }

    /// Sets the real time that a run may take before a sweep ends it and fails the seed. Default 10 minutes.
    ///
    /// The finding says how far the run came, and who has what in flight. As for [`step_timeout`](Self::step_timeout), only code
    /// outside the run reads the machine's clock, and a run that is not part of a sweep is not limited.
    #[must_use]
    pub fn seed_timeout(self, timeout: Duration) -> Self {
        self.with(|definition| definition.seed_timeout = timeout)
    }

    /// Sets how many seeds of a sweep run at once. Default: one for each core.
    ///
    /// Results do not depend on it. Use fewer where the clusters fill the machine's memory.
    #[must_use]
    pub fn threads(self, threads: NonZeroUsize) -> Self {
        self.with(|definition| definition.threads = Some(threads))
    }

    /// Bounds the steps, virtual time, tasks and messages in flight of a run; see [`Budget`].
    ///
    /// A run that spends its budget ends as [`Exhausted`](crate::Outcome::Exhausted), which is not a pass.
    #[must_use]
    pub fn budget(self, budget: Budget) -> Self {
        self.with(|definition| definition.budget = budget)
    }

    /// Starts a node, named as `edge/1`, or a whole group `after` the start of the run.
    ///
    /// All others start with the run. So a node joins later; it leaves with [`NodeFault::Kill`](crate::NodeFault::Kill). A node of a group that starts late can
    /// have a start of its own. Before its start a node is down: messages to it are lost as `node_down`. It also starts if its time comes in the recovery
    /// phase.
    ///
    /// ```
    /// use cluster_sim::prelude::*;
    ///
    /// let mut sim = Scenario::new("joining")
    ///     .nodes("store", 3, async |node| node.publish(|up: &mut bool| *up = true))
    ///     .start_at("store/2", Duration::from_secs(5))
    ///     .start(Seed(7));
    /// sim.run_for(Duration::from_secs(4));
    /// assert_eq!(sim.inspect(|world| world.views::<bool>().count()), 2);
    /// sim.run_for(Duration::from_secs(2));
    /// assert_eq!(sim.inspect(|world| world.views::<bool>().count()), 3);
    /// ```
    #[must_use]
    pub fn start_at(self, name: &str, after: Duration) -> Self {
        self.with(|definition| {
            definition.starts.insert(name.to_owned(), after);
        })
    }

    /// Leaves out a node, named as `edge/1`; all others keep their numbers, names and random choices.
    #[must_use]
    pub fn without(self, node: &str) -> Self {
        self.with(|definition| {
            definition.absent.insert(node.to_owned());
        })
    }

    /// The scenario's name.
    pub fn name(&self) -> &str {
        &self.definition.name
    }

    /// Names of all nodes, in order of their numbers.
    pub fn node_names(&self) -> Vec<&str> {
        self.definition.groups.iter().flat_map(|group| group.members.iter().map(|member| member.name.as_str())).collect()
    }
}
