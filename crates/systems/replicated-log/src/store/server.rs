//! A server: a replica of the log, its journal, and its store.

use std::collections::BTreeMap;

use bytes::Bytes;
use cluster_sim_node::{ClockReadings, DiskOp, Entropy, Label, LocalInstant, NodeId, Protocol, ProtocolEvent, ProtocolIdentity};

use super::config::Config;
use super::fact::StoreFact;
use super::journal::{JournalNews, ServerJournal};
use super::message::{Outgoing, StoreMessage, label_of};
use super::operation::StoreKey;
use super::sessions::{Command, Effect, Store};
use crate::replica::{Identity, LogEvent, LogView, Outbox, Refused, Replica, Role};

/// A server, as a protocol without IO.
#[derive(Debug)]
pub struct Server {
    config: Config,
    id: NodeId,
    entropy: Entropy,
    journal: ServerJournal,
    /// Absent until the journal was read.
    replica: Option<Replica>,
    store: Store,
    /// The clients that wait for entries, by index, each with the term of its entry and its question.
    waiting: BTreeMap<u64, (u64, NodeId, u64)>,
    /// The clients that wait for reads, by token.
    reads: BTreeMap<u64, (NodeId, u64, StoreKey)>,
    tokens: u64,
    /// The last snapshot, with its index, until the log is cut to it.
    snapshot: Option<(u64, Bytes)>,
    /// When it reads its disk again.
    retry: Option<LocalInstant>,
    /// How often it has read its disk in this life.
    readings: u64,
    out: Outbox,
    view: ServerView,
}

/// Whether a server takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Status {
    /// It reads its disk, or waits to do so again.
    #[default]
    Reading,
    /// It takes part.
    Replica,
    /// Its journal has lost what it vouched for, so it must not take part any more.
    ///
    /// A new server with an empty disk has to take its place in the configuration.
    Damaged,
}

/// The state of a server that rules may read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServerView {
    /// Whether it takes part.
    pub status: Status,
    /// Its replica, as of the last event.
    pub replica: LogView,
    /// The hash of all effects of its store.
    pub digest: u64,
}

impl Protocol for Server {
    type Config = Config;
    type Message = StoreMessage;
    type View = ServerView;

    fn boot(config: Config, identity: ProtocolIdentity) -> Self {
        let ProtocolIdentity { id, entropy, .. } = identity;
        Self {
            config,
            id,
            entropy,
            journal: ServerJournal::new(),
            replica: None,
            store: Store::default(),
            waiting: BTreeMap::new(),
            reads: BTreeMap::new(),
            tokens: 0,
            snapshot: None,
            retry: None,
            readings: 0,
            out: Outbox::default(),
            view: ServerView::default(),
        }
    }

    fn handle(&mut self, clocks: ClockReadings, event: ProtocolEvent<StoreMessage>, outbox: &mut Outgoing) {
        let now = clocks.now;
        match event {
            ProtocolEvent::Start => {}
            ProtocolEvent::Tick if self.retry.take_if(|retry| *retry <= now).is_some() => self.journal.read(),
            ProtocolEvent::Tick => self.tell(now, LogEvent::Tick, outbox),
            ProtocolEvent::Disk(result) => {
                if let Some(news) = self.journal.on_result(result) {
                    self.on_journal(now, news, outbox);
                }
            }
            ProtocolEvent::Message { from, message } => self.on_message(now, from, message, outbox),
        }
        if let Some(replica) = &self.replica
            && self.view.replica != *replica.view()
        {
            self.view.replica.clone_from(replica.view());
        }
        self.view.digest = self.store.digest;
    }

    fn deadline(&self) -> Option<LocalInstant> {
        self.retry.or_else(|| self.replica.as_ref()?.deadline())
    }

    fn next_operation(&mut self) -> Option<DiskOp> {
        self.journal.next_operation()
    }

    fn view(&self) -> ServerView {
        self.view.clone()
    }

    fn label(message: &StoreMessage) -> Label {
        label_of(message)
    }
}

impl Server {
    fn on_journal(&mut self, now: LocalInstant, news: JournalNews, outbox: &mut Outgoing) {
        match news {
            JournalNews::Synced(records) => self.tell(now, LogEvent::Synced(records), outbox),
            JournalNews::Ready(log) => {
                self.readings += 1;
                let voters = (0..self.config.servers).map(NodeId).collect();
                let key = self.entropy.roll("replica", self.readings).below(u64::MAX);
                let identity = Identity { id: self.id, voters, entropy: Entropy::from_key(key), applied: 0 };
                self.replica = Replica::new(self.config.log, identity, log);
                self.view.status = if self.replica.is_some() { Status::Replica } else { Status::Damaged };
                self.tell(now, LogEvent::Start, outbox);
            }
            JournalNews::Failed => {
                // Of what was not synced nothing is known any more: it begins anew with what the disk has.
                self.forget(outbox);
                self.retry = Some(now + self.config.log.heartbeat);
            }
            JournalNews::Damaged => {
                self.forget(outbox);
                self.view.status = Status::Damaged;
            }
        }
    }

    fn forget(&mut self, outbox: &mut Outgoing) {
        (self.replica, self.store, self.snapshot) = (None, Store::default(), None);
        let waiting = std::mem::take(&mut self.waiting).into_values().map(|(_, client, question)| (client, question));
        let reads = std::mem::take(&mut self.reads).into_values().map(|(client, question, _)| (client, question));
        for (client, question) in waiting.chain(reads) {
            outbox.send(client, StoreMessage::Refused { question, leader: None });
        }
        (self.view.status, self.view.replica) = (Status::Reading, LogView::default());
    }

    fn on_message(&mut self, now: LocalInstant, from: NodeId, message: StoreMessage, outbox: &mut Outgoing) {
        match message {
            StoreMessage::Log(message) => self.tell(now, LogEvent::Message { from, message }, outbox),
            StoreMessage::Ask { question, command } => {
                let bytes = postcard::to_stdvec(&command).expect("a command can be encoded");
                self.tell(now, LogEvent::Propose(bytes.into()), outbox);
                match self.out.proposed.take() {
                    Some(Ok(position)) => drop(self.waiting.insert(position.index, (position.term, from, question))),
                    refused => refuse(from, question, refused.and_then(Result::err), outbox),
                }
            }
            StoreMessage::Read { question, key } if self.replica.is_some() => {
                self.tokens += 1;
                self.reads.insert(self.tokens, (from, question, key));
                self.tell(now, LogEvent::Read { token: self.tokens }, outbox);
            }
            StoreMessage::Read { question, .. } => refuse(from, question, None, outbox),
            StoreMessage::Transfer { question, to } => {
                self.tell(now, LogEvent::Transfer(to), outbox);
                match self.replica.as_ref().map(|replica| replica.view()) {
                    Some(view) if view.role == Role::Leader => outbox.send(from, StoreMessage::Done { question }),
                    view => outbox.send(from, StoreMessage::Refused { question, leader: view.and_then(|view| view.leader) }),
                }
            }
            StoreMessage::Change { question, change } => {
                self.tell(now, LogEvent::Change(change), outbox);
                match self.out.change.take() {
                    Some(Err(Refused::NoChange)) => outbox.send(from, StoreMessage::Done { question }),
                    // Begun, or another one is under way: the operator asks again until it is in force.
                    result => refuse(from, question, result.and_then(Result::err), outbox),
                }
            }
            _ => {}
        }
    }

    /// Tells the replica of an event, and carries out what it asks for.
    fn tell(&mut self, now: LocalInstant, event: LogEvent, outbox: &mut Outgoing) {
        let mut next = Some(event);
        while let (Some(event), Some(replica)) = (next.take(), &mut self.replica) {
            replica.handle(now, event, &mut self.out);
            for (payload, is_first) in self.out.records.drain(..) {
                self.journal.append(payload, is_first);
            }
            outbox.sends.extend(self.out.sends.drain(..).map(|(to, message)| (to, StoreMessage::Log(message))));
            self.out.facts.drain(..).for_each(|fact| outbox.emit(fact));
            if let Some((index, snapshot)) = self.out.install.take() {
                self.store = Store::restore(&snapshot).expect("a server made it");
                self.waiting.clear();
                self.snapshot = None;
                next = Some(LogEvent::Installed { index });
            }
            self.execute(outbox);
            self.answer_reads(outbox);
            next = next.or_else(|| self.snapshot());
        }
    }

    fn execute(&mut self, outbox: &mut Outgoing) {
        for committed in std::mem::take(&mut self.out.committed) {
            let index = committed.position.index;
            let command = committed.command.and_then(|bytes| postcard::from_bytes::<Command>(&bytes).ok());
            let effect =
                command.map(|command| self.store.execute(index, command, self.config.sessions_max, self.id, self.config.log.bug));
            let request = match (command, effect) {
                (Some(Command::Run { request, .. }), Some(Effect::Answered(_, true))) => Some(request),
                _ => None,
            };
            outbox.emit(StoreFact::Executed { index, digest: self.store.digest, request });
            if let Some((term, client, question)) = self.waiting.remove(&index) {
                let message = match effect {
                    // Another leader's entry has the index of the one that the client waits for.
                    _ if term != committed.position.term => StoreMessage::Refused { question, leader: None },
                    Some(Effect::Opened) => StoreMessage::Opened { question, session: index },
                    Some(Effect::Answered(answer, _)) => StoreMessage::Answer { question, answer },
                    Some(Effect::Expired) => StoreMessage::Expired { question },
                    Some(Effect::Over) | None => continue,
                };
                outbox.send(client, message);
            }
        }
    }

    fn answer_reads(&mut self, outbox: &mut Outgoing) {
        for (token, result) in std::mem::take(&mut self.out.reads) {
            let Some((client, question, key)) = self.reads.remove(&token) else { continue };
            match result {
                Ok(_) => outbox.send(client, StoreMessage::Answer { question, answer: self.store.read(key) }),
                Err(refused) => refuse(client, question, Some(refused), outbox),
            }
        }
    }

    /// Takes a snapshot once enough entries were executed since the last one, and cuts the log to it half as many later.
    ///
    /// So a server that is a little behind needs no snapshot.
    fn snapshot(&mut self) -> Option<LogEvent> {
        let view = self.replica.as_ref()?.view();
        let entries = self.config.snapshot_entries;
        if self.snapshot.is_none() && view.applied >= view.base + entries && !view.is_installing {
            self.snapshot = Some((view.applied, self.store.snapshot(self.config.log.bug)));
        }
        let (index, state) = self.snapshot.take_if(|(index, _)| view.applied >= *index + entries / 2)?;
        Some(LogEvent::Compact { index, state })
    }
}

fn refuse(client: NodeId, question: u64, refused: Option<Refused>, outbox: &mut Outgoing) {
    let leader = match refused {
        Some(Refused::NotLeader(leader)) => leader,
        _ => None,
    };
    outbox.send(client, StoreMessage::Refused { question, leader });
}
