//! Builds a run from a scenario.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cluster_sim_node::{NodeInfo, OperationLog, Operations};
use cluster_sim_runtime::{Engine, SeedSchedule, note_panic_places, take_panic_place};
use cluster_sim_storage::{Disks, ObjectStores};
use cluster_sim_transport::Network;
use cluster_sim_types::{NodeId, Rack, Shard, VirtualInstant, Zone};

use super::checks::LiveChecks;
use super::claims::LiveClaims;
use super::clients::Clients;
use super::faults::FaultState;
use super::restarts::Restarts;
use super::triggers::LiveTriggers;
use super::{Script, Sim};
use crate::definition::{Arenas, Definition, Group, Member, ScenarioError};
use crate::fault::{Claim, Declared, FaultDomain, FaultPlan, NodeNames, Target};
use crate::report::{BuiltFrom, PanicFinding, PanicSite, Report};

/// All that a run is built from besides its seeds; its report holds it.
pub(crate) struct Source {
    pub(crate) definition: Arc<Definition>,
    pub(crate) script: Option<Script>,
}

impl Sim {
    /// Builds a run; with `keep` it records its decisions.
    pub(crate) fn build(
        definition: Arc<Definition>,
        arenas: Arc<Arenas>,
        script: Option<Script>,
        seeds: SeedSchedule,
        keep: bool,
    ) -> Result<Self, ScenarioError> {
        // A place that an earlier panic of this thread left there is not of this run.
        note_panic_places();
        drop(take_panic_place());
        let (nodes, network) = names_of(&definition)?;
        let names = Declared::new(&nodes, &network);
        // A plan that the scenario declares is refused; one that a function made of the seed is a finding about that seed.
        let (plan, invalid) = match draw_plan(&definition, &seeds).resolve(names) {
            Ok(plan) => (plan, None),
            Err(error) if definition.plans_of_seed.is_empty() => return Err(ScenarioError::Plan(error)),
            Err(error) => {
                definition.plan.clone().resolve(names).map_err(ScenarioError::Plan)?;
                (Vec::new(), Some(format!("`faults_from` made a plan of the seed that cannot be applied: {error}")))
            }
        };
        let mut engine = Engine::in_arena(seeds.clone(), definition.budget, arenas.take());
        engine.core.kernel.set_choices(definition.choices(keep));
        engine.core.kernel.set_epoch(definition.epoch);
        engine.register(network);
        engine.register(Disks::new(definition.disks.clone()));
        engine.register(ObjectStores::default());
        let operations = Arc::default();
        let mut first = 0;
        for (number, group) in definition.groups.iter().enumerate() {
            add_group(&mut engine, &definition, &operations, (group, number as u16, first));
            first += group.members.len() as u32;
        }
        let faults = FaultState::new(plan, &mut engine.core.kernel);
        let mut checks = LiveChecks::new(&definition.checks);
        let triggers = LiveTriggers::new(&definition.triggers);
        let times_faults = !triggers.is_empty() || faults.next_waiting().is_some();
        let claims = LiveClaims::new(&definition, &nodes);
        let is_followed = times_faults || !claims.is_empty() || !definition.failpoints.is_empty();
        // Triggers read facts, and claims are judged after each change.
        let is_logged = checks.read_calls(&mut engine.core.kernel.calls) && !is_followed;
        engine.core.kernel.calls.set_open(is_logged);
        engine.core.kernel.failpoints.declare(definition.failpoints.iter().cloned());
        if times_faults {
            // Also where a plan replaces the triggers: a moment is counted by the changes of its run.
            engine.core.kernel.failpoints.report_visits();
        }
        let mut report = Report::blank(&definition.name, seeds);
        report.origin = BuiltFrom::of(Source { definition: Arc::clone(&definition), script: script.clone() });
        let control = Arc::clone(engine.core.devices.find::<Network>().fabric.control());
        let end = VirtualInstant::ZERO + definition.budget.virtual_time;
        let stop_at = faults.next_waiting().map_or(end, |at| at.min(end));
        let clients = Clients::of(&definition.groups);
        let over = invalid.is_some();
        report.panic = invalid.map(|message| {
            let (site, at, step) = (PanicSite::Test, VirtualInstant::ZERO, 0);
            PanicFinding { site, task: None, location: None, message, at, step }
        });
        let (observer, slot, hidden) = (None, None, None);
        Ok(Self {
            definition,
            arenas,
            nodes,
            script,
            engine,
            control,
            end,
            stop_at,
            checks,
            faults,
            triggers,
            claims,
            is_followed,
            restarts: Restarts::default(),
            clients,
            operations,
            report,
            observer,
            slot,
            hidden,
            over,
        })
    }
}

/// Checks everything that can keep a run from starting.
pub(crate) fn validate(definition: &Definition) -> Result<(), ScenarioError> {
    let (nodes, network) = names_of(definition)?;
    // A profile draws only faults that name what there is.
    definition.plan.clone().resolve(Declared::new(&nodes, &network)).map(drop).map_err(ScenarioError::Plan)
}

/// The nodes and the links of a scenario, if these are valid.
fn names_of(definition: &Definition) -> Result<(Arc<NodeNames>, Network), ScenarioError> {
    let nodes = definition.checked.get_or_init(|| check(definition)).clone()?;
    Ok((nodes, new_network(definition)?))
}

/// The names that faults may use for nodes, and for those of a region, zone, rack, shard or group.
fn all_names(definition: &Definition) -> NodeNames {
    let mut names = NodeNames { failpoints: definition.failpoints.clone(), ..NodeNames::default() };
    let members = definition.groups.iter().flat_map(|group| group.members.iter().map(move |member| (group, member)));
    for (node, (group, member)) in (0..).map(NodeId).zip(members) {
        let (region, shard) = definition.place_of(member);
        let region = definition.regions.get(usize::from(region.0)).map(|region| format!("region:{region}"));
        let has_shard = !definition.regions.is_empty() && shard != Shard::NONE;
        let shard = has_shard.then(|| format!("shard:{}", shard.0));
        let zone = definition.domains.zone_of(member).map(|zone| format!("zone:{zone}"));
        let rack = definition.domains.rack_of(member).map(|rack| format!("rack:{rack}"));
        let sets = [Some(format!("group:{}", group.name)), region, shard, zone, rack];
        names.add(&member.name, node, sets.into_iter().flatten());
        if definition.serves_objects(&group.name) {
            names.object_stores.insert(node);
        }
        names.disk_bytes.insert(node, definition.disk_of(&group.name).unwrap_or(&definition.disks).capacity());
    }
    // A region is known even before anything stands in it.
    definition.regions.iter().for_each(|region| names.add_set(format!("region:{region}")));
    names
}

/// Checks the scenario, and returns the numbers of its nodes by name.
fn check(definition: &Definition) -> Result<Arc<NodeNames>, ScenarioError> {
    if let Some(error) = &definition.refused {
        return Err(error.clone());
    }
    definition.check_domains()?;
    let names = all_names(definition);
    let nodes = &names.nodes;
    if nodes.is_empty() {
        return Err(ScenarioError::NoNodes);
    }
    let mut groups = BTreeSet::new();
    if let Some(group) = definition.groups.iter().find(|group| !groups.insert(&group.name)) {
        return Err(ScenarioError::DuplicateGroup { group: group.name.clone() });
    }
    let mut spared = definition.profile.iter().flat_map(|profile| profile.spared_groups());
    if let Some(group) = spared.find(|group| !groups.contains(group) && names.set(group).is_none()) {
        return Err(ScenarioError::UnknownSparedGroup { group: group.clone(), known: groups.into_iter().cloned().collect() });
    }
    let is_unknown = |claim: &&Claim| !groups.contains(&claim.set) && names.set(&claim.set).is_none();
    if let Some(claim) = definition.claims.iter().find(is_unknown) {
        let (set, known) = (claim.set.clone(), groups.into_iter().cloned().collect());
        return Err(ScenarioError::UnknownClaimedGroup { set, known });
    }
    for claim in &definition.claims {
        check_domains_of(claim, &names)?;
        check_bound_of(claim, definition, &names)?;
    }
    check_profile(definition, &names)?;
    if let Some(group) = definition.may_shrink.iter().find(|group| !groups.contains(group)) {
        let (group, known) = (group.clone(), groups.into_iter().cloned().collect());
        return Err(ScenarioError::UnknownShrinkableGroup { group, known });
    }
    if let Some((group, _)) = definition.disks_of.iter().find(|(group, _)| !groups.contains(group)) {
        return Err(ScenarioError::UnknownDiskGroup { group: group.clone(), known: groups.into_iter().cloned().collect() });
    }
    if let Some(name) = definition.starts.keys().find(|name| !nodes.contains_key(*name) && !groups.contains(name)) {
        let known = groups.into_iter().chain(nodes.keys()).cloned().collect();
        return Err(ScenarioError::UnknownStart { name: name.clone(), known });
    }
    match definition.absent.iter().find(|node| !nodes.contains_key(*node)) {
        Some(node) => Err(ScenarioError::UnknownAbsent { node: node.clone(), known: nodes.keys().cloned().collect() }),
        None => Ok(Arc::new(names)),
    }
}

/// Checks that each node that a claim is about stands in a domain, if it counts domains.
fn check_domains_of(claim: &Claim, names: &NodeNames) -> Result<(), ScenarioError> {
    let Some(domain) = claim.domain else { return Ok(()) };
    let domains = names.domains(domain);
    let mut about = names.group_or_set(&claim.set).unwrap_or_default().iter();
    let Some(node) = about.find(|node| !domains.contains_key(node)) else { return Ok(()) };
    let node = names.name_of(*node).unwrap_or_default().to_owned();
    Err(ScenarioError::NoClaimedDomain { set: claim.set.clone(), node, domain })
}

/// Checks that a run can exceed a claim.
fn check_bound_of(claim: &Claim, definition: &Definition, names: &NodeNames) -> Result<(), ScenarioError> {
    let domains = claim.domain.map(|kind| names.domains(kind));
    let count = |cohort: &Vec<NodeId>| {
        let places = |domains: &BTreeMap<NodeId, usize>| cohort.iter().map(|node| domains.get(node)).collect::<BTreeSet<_>>().len();
        domains.as_ref().map_or(cohort.len(), places)
    };
    let largest = definition.cohorts_of(claim, names).iter().map(count).max().unwrap_or_default();
    let impossible = |reason| ScenarioError::ImpossibleClaim { claim: claim.to_string(), reason };
    claim.mistake(largest).map_or(Ok(()), |reason| Err(impossible(reason)))
}

/// Checks that a profile which is to draw faults has a kind that it can draw here.
fn check_profile(definition: &Definition, names: &NodeNames) -> Result<(), ScenarioError> {
    let Some(profile) = &definition.profile else { return Ok(()) };
    let has_domains =
        [FaultDomain::Rack, FaultDomain::Zone, FaultDomain::Region].iter().any(|kind| !names.domains(*kind).is_empty());
    let idle = profile.profile().idle_reason(!definition.failpoints.is_empty(), has_domains, !names.object_stores.is_empty());
    idle.map_or(Ok(()), |reason| Err(ScenarioError::IdleProfile { reason }))
}

/// The scenario's plan, extended by what its functions make of the seed, and by what the seed draws from the profile.
fn draw_plan(definition: &Definition, seeds: &SeedSchedule) -> FaultPlan {
    let mut plan = definition.plan.clone();
    let seed = seeds.at(VirtualInstant::ZERO);
    definition.plans_of_seed.iter().for_each(|made| plan.extend(made.of(seed)));
    if let Some(profile) = &definition.profile {
        let nodes: Vec<Target<'_>> = targets(definition).collect();
        let mut links = vec!["default"];
        links.extend(definition.classes.iter().map(|class| class.name.as_str()).filter(|name| *name != "default"));
        let failpoints: Vec<&str> = definition.failpoints.iter().map(String::as_str).collect();
        let drawn = profile.draw(seed, &nodes, (&links, &failpoints), (definition.duration, &plan, &definition.claims));
        plan.extend(drawn);
    }
    plan
}

/// The nodes that a profile may hit.
fn targets(definition: &Definition) -> impl Iterator<Item = Target<'_>> {
    definition.groups.iter().flat_map(move |group| {
        let members = group.members.iter();
        members.map(move |member| {
            let (region, shard) = definition.place_of(member);
            let starts = definition.start_of(&member.name, &group.name);
            let region = definition.regions.get(usize::from(region.0)).map(String::as_str);
            let [zone, rack] = [definition.domains.zone_of(member), definition.domains.rack_of(member)];
            let serves_objects = definition.serves_objects(&group.name);
            Target { name: &member.name, group: &group.name, region, shard, zone, rack, serves_objects, starts }
        })
    })
}

fn new_network(definition: &Definition) -> Result<Network, ScenarioError> {
    let mut network = Network::new();
    for class in &definition.classes {
        network
            .fabric
            .add_class(&class.name, class.from, class.to, &class.model)
            .map_err(|error| ScenarioError::Links { class: class.name.clone(), error })?;
    }
    Ok(network)
}

/// The nodes of a group by shard, which are peers.
enum Cohorts {
    /// All members are of one shard, as in most groups.
    One(Arc<[NodeId]>),
    ByShard(BTreeMap<Shard, Arc<[NodeId]>>),
}

impl Cohorts {
    fn of(definition: &Definition, group: &Group, first: u32) -> Self {
        let ids = (first..).map(NodeId).zip(&group.members);
        if group.members.iter().all(|member| member.shard == group.members[0].shard) {
            return Self::One(ids.map(|(id, _)| id).collect());
        }
        let mut cohorts: BTreeMap<Shard, Vec<NodeId>> = BTreeMap::new();
        ids.for_each(|(id, member)| cohorts.entry(definition.place_of(member).1).or_default().push(id));
        Self::ByShard(cohorts.into_iter().map(|(shard, nodes)| (shard, nodes.into())).collect())
    }

    fn members(&self, shard: Shard) -> Arc<[NodeId]> {
        match self {
            Self::One(nodes) => Arc::clone(nodes),
            Self::ByShard(cohorts) => Arc::clone(&cohorts[&shard]),
        }
    }
}

/// Adds the nodes of a group, numbered from `first` on.
fn add_group(engine: &mut Engine, definition: &Definition, log: &Arc<OperationLog>, group: (&Group, u16, u32)) {
    let (group, number, first) = group;
    let cohorts = Cohorts::of(definition, group, first);
    let names: Vec<Arc<str>> = group.members.iter().map(|member| member.name.as_str().into()).collect();
    let info = |(member, index): (&Member, u32)| {
        let (region, shard) = definition.place_of(member);
        let cohort = cohorts.members(shard);
        let name = Arc::clone(&names[index as usize]);
        NodeInfo::new(NodeId(first + index), name, index, cohort)
            .placed(region, shard)
            .within(member.zone.unwrap_or(Zone::NONE), member.rack.unwrap_or(Rack::NONE))
            .doing(Operations::new(definition.operations.get(&member.name).cloned(), log))
    };
    let nodes = group.members.iter().zip(0..).map(info).collect();
    // A client that returns has done its work.
    let catches_return = group.restart.is_some() && !group.must_end;
    let hosts = (group.hosts)(nodes, engine, catches_return);
    engine.add_group(hosts);
    let disk = definition.disk_of(&group.name);
    let objects = definition.object_stores.iter().find(|(name, _)| *name == group.name);
    for (member, name) in group.members.iter().zip(names) {
        let spread = (!definition.absent.contains(&member.name)).then_some(definition.start_spread);
        let after = definition.start_of(&member.name, &group.name);
        let node = engine.add_late_node(name, after, spread);
        if let Some(disk) = disk {
            engine.core.devices.find_mut::<Disks>().set_model(node, disk.clone());
        }
        if let Some((_, model)) = objects {
            engine.core.devices.find_mut::<ObjectStores>().add(node, model.clone());
        }
        let network = engine.core.devices.find_mut::<Network>();
        network.fabric.place(node, number, definition.place_of(member).0.0);
        if spread.is_none() {
            network.fabric.mark_absent(node);
        }
    }
}
