//! A cluster without a simulator: a test delivers each message, syncs each disk, and moves the one clock.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use cluster_sim_node::{Entropy, EntryLog, JournalRecord, LocalInstant, NodeId};
use cluster_sim_replicated_log::rules::{At, Elections, FreshReads, LogRule, NoRegress, OneLog, Quorums};
use cluster_sim_replicated_log::{
    Body, Bug, Committed, Identity, LogConfig, LogEvent, LogFact, LogMessage, LogView, Members, Outbox, Refused, Replica, Role,
};

pub(crate) const ERROR: Duration = Duration::from_millis(30);

/// The servers with these numbers, as a configuration.
pub(crate) fn members(servers: impl IntoIterator<Item = u32>) -> Members {
    servers.into_iter().map(NodeId).collect()
}

/// One replica with its disk and its host.
pub(crate) struct Server {
    pub(crate) replica: Replica,
    /// The records of its journal, of which the first `synced` are durable.
    records: Vec<Vec<u8>>,
    synced: usize,
    /// How many records there were when this life began.
    at_boot: usize,
    /// Whether a test syncs its disk; else each record is durable at once.
    pub(crate) is_slow: bool,
    /// Whether a test takes snapshots; else each is taken at once.
    pub(crate) is_installing: bool,
    pub(crate) committed: Vec<Committed>,
    pub(crate) installed: Option<(u64, Bytes)>,
    pub(crate) reads: Vec<(u64, Result<u64, Refused>)>,
    pub(crate) out: Outbox,
}

pub(crate) struct Cluster {
    config: LogConfig,
    voters: Members,
    pub(crate) now: LocalInstant,
    pub(crate) servers: Vec<Server>,
    /// The messages on their way, in the order in which they were sent.
    pub(crate) network: VecDeque<(u32, u32, LogMessage)>,
    /// The messages of rules that were broken.
    pub(crate) broken: Vec<String>,
    rules: (Elections, OneLog, NoRegress, Quorums, FreshReads),
}

impl Cluster {
    /// Boots servers of which the first `voters` are the configuration.
    pub(crate) fn with_voters(servers: u32, voters: u32, bug: Option<Bug>) -> Self {
        Self::boot(servers, voters, LogConfig { clock_error: Some(ERROR), bug, ..LogConfig::default() })
    }

    pub(crate) fn with_config(servers: u32, config: LogConfig) -> Self {
        Self::boot(servers, servers, config)
    }

    fn boot(servers: u32, voters: u32, config: LogConfig) -> Self {
        let rules = (
            Elections::default(),
            OneLog::default(),
            NoRegress::default(),
            Quorums::default(),
            FreshReads::with_clock_error(ERROR),
        );
        let mut cluster = Self {
            config,
            voters: members(0..voters),
            now: LocalInstant::ZERO,
            servers: Vec::new(),
            network: VecDeque::new(),
            broken: Vec::new(),
            rules,
        };
        for id in 0..servers {
            let server = cluster.server(id, Vec::new());
            cluster.servers.push(server);
            cluster.handle(id, LogEvent::Start);
        }
        cluster
    }

    pub(crate) fn new(servers: u32) -> Self {
        Self::with_voters(servers, servers, None)
    }

    /// Boots three servers with or without a bug.
    pub(crate) fn three(bug: Option<Bug>) -> Self {
        Self::with_voters(3, 3, bug)
    }

    fn server(&self, id: u32, records: Vec<Vec<u8>>) -> Server {
        let journal: Vec<JournalRecord> =
            (1..).zip(&records).map(|(sequence, payload)| JournalRecord { sequence, payload: payload.clone() }).collect();
        let log = EntryLog::read(&journal).expect("a replica wrote it");
        let voters = if id < self.voters.as_slice().len() as u32 { self.voters.clone() } else { members([]) };
        let identity = Identity { id: NodeId(id), voters, entropy: Entropy::from_key(u64::from(id)), applied: 0 };
        let replica = Replica::new(self.config, identity, log).expect("a replica wrote it");
        let count = records.len();
        Server {
            replica,
            records,
            synced: count,
            at_boot: count,
            is_slow: false,
            is_installing: false,
            committed: Vec::new(),
            installed: None,
            reads: Vec::new(),
            out: Outbox::default(),
        }
    }

    pub(crate) fn at(&mut self, id: u32) -> &mut Server {
        &mut self.servers[id as usize]
    }

    pub(crate) fn view(&self, id: u32) -> &LogView {
        self.servers[id as usize].replica.view()
    }

    /// Gives a replica an event, and does what a host does.
    pub(crate) fn handle(&mut self, id: u32, event: LogEvent) {
        let now = self.now;
        let server = &mut self.servers[id as usize];
        server.replica.handle(now, event, &mut server.out);
        server.records.extend(server.out.records.drain(..).map(|(payload, _)| payload));
        server.committed.append(&mut server.out.committed);
        server.reads.append(&mut server.out.reads);
        let sends = std::mem::take(&mut server.out.sends);
        let (facts, installed) = (std::mem::take(&mut server.out.facts), server.out.install.take());
        self.network.extend(sends.into_iter().map(|(to, message)| (id, to.0, message)));
        facts.iter().for_each(|fact| self.judge(id, fact));
        let server = &mut self.servers[id as usize];
        let is_done = server.is_slow || server.synced == server.records.len();
        if let Some((index, state)) = installed {
            server.installed = Some((index, state));
            if !server.is_installing {
                self.handle(id, LogEvent::Installed { index });
            }
        }
        if !is_done {
            self.sync(id);
        }
    }

    fn judge(&mut self, id: u32, fact: &LogFact) {
        let name = format!("server/{id}");
        let at = At { group: 0, node: NodeId(id), name: &name };
        let (elections, one_log, no_regress, quorums, reads) = &mut self.rules;
        let found = [
            elections.on_fact(at, fact),
            one_log.on_fact(at, fact),
            no_regress.on_fact(at, fact),
            quorums.on_fact(at, fact),
            reads.on_fact(at, fact),
        ];
        self.broken.extend(found.into_iter().filter_map(Result::err));
        if let Some(broken) = self.not_on_disk(id, fact) {
            self.broken.push(broken);
        }
    }

    /// The rule on disks, over the records that are durable.
    fn not_on_disk(&self, id: u32, fact: &LogFact) -> Option<String> {
        let LogFact::Promised { term, vote, matched, .. } = fact else { return None };
        let durable = self.server(id, self.servers[id as usize].records[..self.servers[id as usize].synced].to_vec());
        let view = durable.replica.view();
        let is_kept = view.term > *term || (view.term == *term && (vote.is_none() || view.vote == *vote));
        (!is_kept || view.last < *matched).then(|| format!("server/{id} promised {fact:?}, and its disk has {view:?}"))
    }

    /// Makes all records of a server durable.
    pub(crate) fn sync(&mut self, id: u32) {
        let server = self.at(id);
        server.synced = server.records.len();
        let records = (server.synced - server.at_boot) as u64;
        self.handle(id, LogEvent::Synced(records));
    }

    /// Crashes a server, and boots it with what was durable.
    pub(crate) fn restart(&mut self, id: u32) {
        let synced = self.at(id).synced;
        let records = self.at(id).records[..synced].to_vec();
        let is_slow = self.at(id).is_slow;
        *self.at(id) = Server { is_slow, ..self.server(id, records) };
        self.handle(id, LogEvent::Start);
    }

    /// Moves the clock.
    pub(crate) fn pass(&mut self, time: Duration) {
        self.now = self.now + time;
    }

    /// Moves the clock to the deadline of a server, at which it stands for election or sends heartbeats.
    pub(crate) fn tick(&mut self, id: u32) {
        self.now = self.now.max(self.servers[id as usize].replica.deadline().expect("it waits for something"));
        self.handle(id, LogEvent::Tick);
    }

    /// Takes the first message that fits from the network.
    pub(crate) fn take(&mut self, from: u32, to: u32, fits: impl Fn(&Body) -> bool) -> LogMessage {
        let place =
            self.network.iter().position(|(sender, receiver, message)| (*sender, *receiver) == (from, to) && fits(&message.body));
        let place = place.unwrap_or_else(|| panic!("{from} sent {to} no such message: {:?}", self.network));
        self.network.remove(place).expect("it was found").2
    }

    /// Gives a server a message.
    pub(crate) fn give(&mut self, from: u32, to: u32, message: &LogMessage) {
        self.handle(to, LogEvent::Message { from: NodeId(from), message: message.clone() });
    }

    /// Delivers all messages between servers of which `reach` is true, also those that are sent meanwhile; drops the others.
    pub(crate) fn deliver(&mut self, reach: impl Fn(u32) -> bool) {
        while let Some((from, to, message)) = self.network.pop_front() {
            if reach(from) && reach(to) {
                self.give(from, to, &message);
            }
        }
    }

    /// Lets a server win an election.
    pub(crate) fn elect(&mut self, id: u32, reach: impl Fn(u32) -> bool + Copy) {
        self.pass(self.config.election * 3);
        self.tick(id);
        self.deliver(reach);
        assert_eq!(self.view(id).role, Role::Leader, "{:?}", self.view(id));
    }

    /// Lets a server stand until it leads; its first entry is on its way then.
    pub(crate) fn stand_until_leader(&mut self, id: u32, reach: impl Fn(u32) -> bool) {
        for _ in 0..200 {
            match self.network.pop_front() {
                Some((from, to, message)) if reach(from) && reach(to) => self.give(from, to, &message),
                Some(_) => {}
                None => self.tick(id),
            }
            if self.view(id).role == Role::Leader {
                return;
            }
        }
        panic!("{:?}", self.view(id));
    }

    pub(crate) fn propose(&mut self, id: u32, command: &str) {
        self.handle(id, LogEvent::Propose(command.to_owned().into()));
        let proposed = self.at(id).out.proposed.take();
        assert!(matches!(proposed, Some(Ok(_))), "{proposed:?}");
    }

    /// Sends heartbeats, and delivers all.
    pub(crate) fn heartbeat(&mut self, id: u32, reach: impl Fn(u32) -> bool) {
        self.tick(id);
        self.deliver(reach);
    }

    /// Sends heartbeats and delivers all, until one server sends another a snapshot, which stays on its way; returns it.
    pub(crate) fn heartbeat_until_snapshot(&mut self, from: u32, to: u32) -> LogMessage {
        for _ in 0..20 {
            self.tick(from);
            let is_it =
                |(_, receiver, message): &&(u32, u32, LogMessage)| *receiver == to && matches!(message.body, Body::Snapshot { .. });
            if let Some((_, _, message)) = self.network.iter().find(is_it) {
                return message.clone();
            }
            self.deliver(|_| true);
        }
        panic!("server {to} needs no snapshot: {:?}", self.view(to));
    }

    /// The commands that a host was given.
    pub(crate) fn commands(&self, id: u32) -> Vec<String> {
        let commands = self.servers[id as usize].committed.iter().filter_map(|committed| committed.command.as_ref());
        commands.map(|command| String::from_utf8_lossy(command).into_owned()).collect()
    }

    #[track_caller]
    pub(crate) fn assert_sound(&self) {
        assert!(self.broken.is_empty(), "{:#?}", self.broken);
    }

    /// Asserts that some rule was broken with such a message.
    #[track_caller]
    pub(crate) fn assert_broken(&self, part: &str) {
        assert!(self.broken.iter().any(|message| message.contains(part)), "{part:?} in {:#?}", self.broken);
    }
}
