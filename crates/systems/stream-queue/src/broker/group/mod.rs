//! One replica of a partition: its replication log, committed entries, and the work that they give.
//!
//! | file | contents |
//! |---|---|
//! | `mod.rs` | the replica: events in, work out |
//! | `asks.rs`, `fetch.rs` | requests of clients to the leader, and their reads |
//! | `apply.rs` | committed entries take effect |
//! | `job.rs`, `local_log.rs` | work for the disk, and the log there |
//! | `ship.rs` | segments go to the object store, and from the disk |
//! | `snapshot.rs`, `catch_up.rs` | the replica takes the state of another, and fetches its records |
//! | `worker.rs` | work beside the events |

mod apply;
mod asks;
mod catch_up;
mod fetch;
mod job;
mod local_log;
mod ship;
mod snapshot;
mod worker;

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use cluster_sim_node::{Entropy, EntryLog, Journal, JournalError, JournalOptions, LocalInstant, Receiver, select};
use cluster_sim_replicated_log::{Committed, EntryId, Identity, LogConfig, LogEvent, Outbox, Refused, Replica, Role};

use super::ask::{Ask, answer};
use super::peers::GroupMessage;
use super::view::{BrokerView, PartitionView, role_text};
use super::{Broker, GroupInput, Readable};
use crate::bug::Bug;
use crate::fact::{BrokerFact, GroupFact};
use crate::format::TopicPartition;
use crate::message::QueueError;
use crate::offload::Archive;
use crate::partition::{Command, PartitionState, Shipped};

use asks::Asks;
use job::{Job, JobDone};
use local_log::LocalLog;
use ship::{Offloaded, archive_of};
use worker::Worker;

/// The pause before a disk that failed is read again.
pub(super) const REOPEN_AFTER: Duration = Duration::from_millis(100);

/// The journals of the replication logs are below this directory.
pub(super) const LOG_DIRECTORY: &str = "log";

/// Returns the directory of the journal of a partition's replication log, on the disk of each broker.
pub fn journal_directory(partition: TopicPartition) -> String {
    format!("{LOG_DIRECTORY}/{partition}")
}

/// A replica from the reading of its disk to the next failure of it.
pub(super) struct Group {
    broker: Arc<Broker>,
    partition: TopicPartition,
    replica: Replica,
    out: Outbox,
    /// Records for the journal that wait, and how many of this replica are durable.
    records: Vec<(Vec<u8>, bool)>,
    durable: u64,
    journal: Option<Journal>,
    journaling: Worker<(Journal, Result<u64, JournalError>)>,
    /// The state that all committed entries so far have led to; the disk may be behind it.
    state: PartitionState,
    committed: Vec<Committed>,
    local: Option<LocalLog>,
    applying: Worker<(LocalLog, JobDone)>,
    offloading: Worker<Offloaded>,
    /// When to look for segments to ship and to trim.
    offload_at: LocalInstant,
    /// The segments in the object store.
    archive: Archive,
    /// The segment that this replica stored last, and the term in which it proposed that.
    stored: Option<(u64, Shipped)>,
    /// Segments to be deleted at the next occasion.
    to_trim: Vec<Shipped>,
    /// A snapshot of another replica that waits for the present work to end.
    to_install: Option<(u64, PartitionState)>,
    asks: Asks,
    view: PartitionView,
    /// The view as it was shown last.
    shown: PartitionView,
    /// The term in which it leads and has told so.
    leads: Option<u64>,
    /// The entry of the last checkpoint that was begun.
    checkpoint_index: u64,
    /// The offset up to which segments are stored as the last checkpoint on the disk says, and whether the next one should say more.
    checkpoint_shipped: u64,
    is_checkpoint_due: bool,
    readable: Readable,
}

/// The reason why a replica has to read its disk again.
pub(super) struct Failure {
    cause: String,
    /// The records of the journal that a sync confirmed: those after it were promised to no other broker.
    confirmed: Option<u64>,
}

impl Failure {
    pub(super) fn new(error: impl ToString) -> Self {
        Self { cause: error.to_string(), confirmed: None }
    }
}

/// Runs the replica of a partition for ever, and reads its disk again after each failure.
pub(super) async fn run(broker: Arc<Broker>, partition: TopicPartition, mut inbox: Receiver<GroupInput>) {
    let mut confirmed = None;
    let mut view = PartitionView::default();
    loop {
        let failure = match Group::open(&broker, partition, confirmed, view.clone()).await {
            Ok(mut group) => {
                let failure = group.serve(&mut inbox).await;
                group.asks.refuse_all(&QueueError::Disk { cause: failure.cause.clone() });
                view = group.view;
                failure
            }
            Err(failure) => failure,
        };
        confirmed = failure.confirmed.or(confirmed);
        view.reopened += 1;
        view.error = Some(failure.cause.clone());
        publish(&broker, partition, &view);
        refuse_for(&broker, &mut inbox, &failure.cause).await;
    }
}

/// Waits before the disk is read again, and refuses the requests that come meanwhile.
async fn refuse_for(broker: &Broker, inbox: &mut Receiver<GroupInput>, cause: &str) {
    let until = broker.node.now() + REOPEN_AFTER;
    loop {
        select! { biased;
            () = broker.node.sleep_until(until) => return,
            input = inbox.recv() => {
                if let Some(GroupInput::Ask(Ask { reply, .. })) = input {
                    answer(reply, Err(QueueError::Disk { cause: cause.to_owned() }));
                }
            }
        }
    }
}

/// States where the log goes on, and the segments that its state lists: their entries may never take effect here again.
fn tell_opened(broker: &Broker, partition: TopicPartition, end: u64, state: &PartitionState) {
    broker.node.emit(BrokerFact::Opened { partition, end });
    for &Shipped { base, end, epoch, .. } in state.manifest() {
        broker.node.emit(BrokerFact::Listed { partition, base, end, epoch });
    }
}

fn publish(broker: &Broker, partition: TopicPartition, view: &PartitionView) {
    broker.node.publish(|published: &mut BrokerView| {
        published.partitions.entry(partition).or_default().clone_from(view);
    });
}

impl Group {
    /// Reads the disk. Of the journal it keeps the confirmed records, if it was open before in this life.
    async fn open(
        broker: &Arc<Broker>,
        partition: TopicPartition,
        confirmed: Option<u64>,
        view: PartitionView,
    ) -> Result<Self, Failure> {
        let (local, checkpoint) = LocalLog::open(broker, partition).await.map_err(Failure::new)?;
        let directory = journal_directory(partition);
        let options = JournalOptions::default();
        let (mut journal, mut recovered) = Journal::open(&broker.node.disk(), &directory, options).await.map_err(Failure::new)?;
        if let Some(confirmed) = confirmed.filter(|confirmed| *confirmed + 1 < journal.next()) {
            journal.truncate_after(confirmed).await.map_err(Failure::new)?;
            recovered.records.retain(|record| record.sequence <= confirmed);
        }
        let log = EntryLog::read(&recovered.records).map_err(Failure::new)?;
        let identity = Identity {
            id: broker.node.id(),
            voters: broker.config.brokers.iter().copied().collect(),
            entropy: Entropy::from_key(broker.node.roll(&format!("log of {partition}"), 0).0),
            applied: checkpoint.index.min(log.last()),
        };
        let replica =
            Replica::new(log_config(&broker.config), identity, log).ok_or_else(|| Failure::new("the journal is of other code"))?;
        let checkpoint_shipped = checkpoint.state.shipped();
        let index = Arc::new(local.wal.index().clone());
        let readable = Readable { index, manifest: Arc::new(checkpoint.state.clone()) };
        broker.readable.lock().insert(partition, readable.clone());
        tell_opened(broker, partition, local.end(), &checkpoint.state);
        let view = PartitionView {
            applied: checkpoint.index,
            start: local.start(),
            end: local.end(),
            // Nothing may be left to apply, which would tell them.
            shipped: checkpoint_shipped,
            segments: local.wal.index().segments().len(),
            state_hash: checkpoint.state.hash(),
            error: None,
            ..view
        };
        Ok(Self {
            broker: Arc::clone(broker),
            partition,
            replica,
            out: Outbox::default(),
            records: Vec::new(),
            durable: 0,
            journal: Some(journal),
            journaling: Worker::idle(),
            state: checkpoint.state,
            committed: Vec::new(),
            local: Some(local),
            applying: Worker::idle(),
            offloading: Worker::idle(),
            offload_at: broker.node.now() + broker.config.offload_every,
            archive: archive_of(broker, partition),
            stored: None,
            to_trim: Vec::new(),
            to_install: None,
            asks: Asks::default(),
            view,
            shown: PartitionView::default(),
            leads: None,
            checkpoint_index: checkpoint.index,
            checkpoint_shipped,
            is_checkpoint_due: false,
            readable,
        })
    }

    /// Handles events until the disk fails.
    async fn serve(&mut self, inbox: &mut Receiver<GroupInput>) -> Failure {
        self.handle(LogEvent::Start);
        loop {
            self.begin_work();
            self.publish();
            let node = self.broker.node.clone();
            let (tick, offload) = (self.replica.deadline(), self.offload_at);
            select! { biased;
                (journal, result) = self.journaling.done() => {
                    let confirmed = journal.synced();
                    match result {
                        Ok(records) => {
                            self.journal = Some(journal);
                            self.durable += records;
                            self.handle(LogEvent::Synced(self.durable));
                            self.asks.answer_local(self.replica.view().stable);
                        }
                        Err(error) => return Failure { cause: error.to_string(), confirmed: Some(confirmed) },
                    }
                }
                (local, done) = self.applying.done() => {
                    if let Err(failure) = self.on_applied(local, done) {
                        return Failure { confirmed: self.confirmed().await, ..failure };
                    }
                }
                offloaded = self.offloading.done() => self.on_offloaded(offloaded),
                input = inbox.recv() => match input {
                    Some(GroupInput::Log { from, message }) => self.handle(LogEvent::Message { from, message }),
                    Some(GroupInput::Ask(ask)) => self.ask(ask),
                    None => return Failure::new("the broker ends"),
                },
                () = wait_until(&self.broker, tick) => self.handle(LogEvent::Tick),
                () = node.sleep_until(offload), if self.offloading.is_idle() => self.look_for_offload(),
            }
        }
    }

    /// Ends the work of the journal and returns what is confirmed then.
    async fn confirmed(&mut self) -> Option<u64> {
        let journal = match self.journal.take() {
            Some(journal) => journal,
            None => self.journaling.done().await.0,
        };
        Some(journal.synced())
    }

    /// Hands an event to the replica, and carries out what it asks for.
    pub(super) fn handle(&mut self, event: LogEvent) {
        self.replica.handle(self.broker.node.now(), event, &mut self.out);
        self.carry_out();
    }

    fn carry_out(&mut self) {
        let partition = self.partition;
        for (to, message) in self.out.sends.drain(..) {
            self.broker.peers.send(to, GroupMessage { partition, message });
        }
        self.records.append(&mut self.out.records);
        self.committed.append(&mut self.out.committed);
        for fact in self.out.facts.drain(..) {
            self.broker.node.emit(GroupFact { partition, fact });
        }
        if let Some((index, state)) = self.out.install.take() {
            self.on_snapshot(index, &state);
        }
        for (token, result) in std::mem::take(&mut self.out.reads) {
            self.on_read(token, result);
        }
        self.note_role();
    }

    /// States once when it is elected, and refuses the commands that wait once it no longer leads.
    fn note_role(&mut self) {
        let view = self.replica.view();
        let (role, term) = (role_text(view.role), view.term);
        if view.role == Role::Leader && (self.view.role, self.view.term) != (role, term) {
            self.broker.node.emit(BrokerFact::Elected { partition: self.partition, term });
        }
        if self.view.role == role_text(Role::Leader) && view.role != Role::Leader {
            self.asks.refuse_proposed();
        }
        (self.view.role, self.view.term, self.view.commit) = (role, term, view.commit);
    }

    /// Appends a command to the log, if this replica leads.
    pub(super) fn propose_command(&mut self, command: &Command) -> Result<EntryId, Refused> {
        self.handle(LogEvent::Propose(command.encode()));
        self.out.proposed.take().unwrap_or(Err(Refused::NotLeader(None)))
    }

    /// Begins the work that waits, where there is none under way.
    fn begin_work(&mut self) {
        if !self.records.is_empty()
            && let Some(journal) = self.journal.take()
        {
            self.journaling.begin(persist(journal, std::mem::take(&mut self.records)));
        }
        if let Some(local) = self.local.take() {
            match self.next_job() {
                Job::Nothing => self.local = Some(local),
                job => self.applying.begin(job.run(local)),
            }
        }
    }

    /// Shows the view where it changed: rules look at each view that is shown.
    fn publish(&mut self) {
        if self.shown != self.view {
            publish(&self.broker, self.partition, &self.view);
            self.shown.clone_from(&self.view);
        }
    }

    pub(super) fn now_ms(&self) -> u64 {
        self.broker.node.wall().as_nanoseconds() / 1_000_000
    }

    /// Whether it leads and serves: all entries of earlier terms have taken effect.
    pub(super) fn is_leading(&self) -> bool {
        self.leads == Some(self.replica.view().term) && self.replica.view().role == Role::Leader
    }
}

/// Writes records, syncs them once, and removes those that a snapshot makes needless.
async fn persist(mut journal: Journal, records: Vec<(Vec<u8>, bool)>) -> (Journal, Result<u64, JournalError>) {
    let result = write(&mut journal, records).await;
    (journal, result)
}

async fn write(journal: &mut Journal, records: Vec<(Vec<u8>, bool)>) -> Result<u64, JournalError> {
    let count = records.len() as u64;
    let mut needless = None;
    for (payload, is_first_needed) in records {
        let sequence = journal.append(payload).await?;
        if is_first_needed {
            needless = Some(sequence);
        }
    }
    journal.sync().await?;
    if let Some(sequence) = needless {
        journal.remove_before(sequence).await?;
    }
    Ok(count)
}

fn log_config(config: &crate::config::Config) -> LogConfig {
    let bug =
        config.bug.filter(|bug| *bug == Bug::AcknowledgesBeforeSync).map(|_| cluster_sim_replicated_log::Bug::AckBeforeDurable);
    LogConfig { heartbeat: config.heartbeat, election: config.election, bug, ..LogConfig::default() }
}

async fn wait_until(broker: &Broker, deadline: Option<LocalInstant>) {
    match deadline {
        Some(deadline) => broker.node.sleep_until(deadline).await,
        None => pending().await,
    }
}
