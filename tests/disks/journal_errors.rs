//! The journal of a machine on a bad disk: it tells of errors, refuses work after a failed sync, and does not open over damage.

use cluster_sim::node::{DiskErrorKind, JournalError, JournalOptions, MachineJournal};
use cluster_sim::prelude::*;

use crate::program::ms;

/// The disk as a machine and its journal saw it in the present life.
#[derive(Debug, Clone, Default, PartialEq)]
struct Heard {
    /// The records that were there when it booted, or why there are none.
    found: Option<Result<usize, JournalError>>,
    errors: Vec<JournalError>,
    /// The result of an append right after each error.
    appends: Vec<Result<u64, JournalError>>,
    /// The numbers of the records that it knows to be durable.
    synced: Vec<u64>,
}

/// Appends a record every 10 ms.
struct Writer {
    journal: Option<MachineJournal<u64>>,
    heard: Heard,
}

const WRITE: Timer = Timer(0);

impl Writer {
    fn boot(boot: &Boot) -> Self {
        let options = JournalOptions::default().segment_bytes(2_000);
        let recovered = MachineJournal::recover(boot.disk(), "wal", options);
        let found = recovered.as_ref().map(|(_, recovered)| recovered.records.len()).map_err(Clone::clone);
        let heard = Heard { found: Some(found), ..Heard::default() };
        Self { journal: recovered.ok().map(|(journal, _)| journal), heard }
    }
}

impl Machine for Writer {
    type Message = ();
    type View = Heard;

    fn step(&mut self, _: LocalInstant, input: Input<()>, effects: &mut Effects<()>) {
        let Some(journal) = &mut self.journal else { return };
        match input {
            Input::Start => journal.start(effects),
            Input::Timer(_) => {
                if let Ok(number) = journal.append(effects, [7; 600])
                    && journal.sync(effects).is_ok()
                {
                    journal.keep_until_synced(number);
                }
            }
            Input::Disk(tag, result) => {
                if let Err(error) = journal.on_disk(effects, tag, &result) {
                    self.heard.errors.push(error);
                    let append = journal.append(effects, [8; 600]);
                    append.iter().for_each(|number| journal.keep_until_synced(*number));
                    self.heard.appends.push(append);
                }
                self.heard.synced.extend(std::iter::from_fn(|| journal.take_synced()));
                return;
            }
            _ => {}
        }
        effects.set_timer(WRITE, ms(10));
    }

    fn view(&self) -> &Heard {
        &self.heard
    }
}

/// Runs a machine under a fault from 100 to 150 ms and a crash from 200 to 210 ms; returns its view just before the crash and at 400 ms.
fn heard(fault: DiskFault) -> [Heard; 2] {
    let crash = NodeFault::Crash { node: "a/0".to_owned(), down_for: Some(ms(10)) };
    let plan = FaultPlan::new().at(ms(100), fault).at(ms(200), crash);
    let scenario = Scenario::new("writer").machines("a", 1, Writer::boot).start_together().faults(plan).duration(ms(400));
    let mut sim = scenario.start(Seed(7));
    let heard = [199, 200].map(|length| {
        sim.run_for(ms(length));
        sim.inspect(|world| world.view::<Heard>(NodeId(0)).cloned().unwrap_or_default())
    });
    sim.finish().assert_ok();
    heard
}

#[test]
fn a_failed_sync_is_the_end_of_a_machines_journal() {
    let (node, path, duration) = ("a/0".to_owned(), "/".to_owned(), Some(ms(50)));
    let [failed, next_life] = heard(DiskFault::FailSync { node, path, share: Ratio::ONE, duration });
    let [JournalError::Failed { cause }] = &failed.errors[..] else { panic!("{failed:?}") };
    assert_eq!(cause.kind, DiskErrorKind::Io);
    assert_eq!(failed.appends, [Err(JournalError::Failed { cause: cause.clone() })]);
    let Some(Ok(found)) = next_life.found else { panic!("{next_life:?}") };
    assert!(found >= failed.synced.len() && !failed.synced.is_empty(), "{failed:?} {next_life:?}");
    assert_eq!(next_life.errors, []);
    assert_eq!(next_life.synced.first(), Some(&(found as u64 + 1)), "it goes on once it is opened again");
}

#[test]
fn a_machines_journal_goes_on_after_a_full_disk() {
    let [full, next_life] = heard(DiskFault::full("a/0", 0, ms(50)));
    let is_full = |error: &JournalError| matches!(error, JournalError::Disk(error) if error.kind == DiskErrorKind::StorageFull);
    assert!(!full.errors.is_empty() && full.errors.iter().all(is_full), "{full:?}");
    let next = full.appends[0].clone().expect("the journal takes work");
    assert!(full.synced.contains(&next), "a number that was refused is used again: {full:?}");
    let Some(Ok(found)) = next_life.found else { panic!("{next_life:?}") };
    assert!(found as u64 >= *full.synced.last().expect("there is one"), "{full:?} {next_life:?}");
}

#[test]
fn a_machines_journal_does_not_open_over_rot() {
    let rot = DiskFault::BitRot { node: "a/0".to_owned(), path: "/".to_owned(), share: Ratio::ONE, bits: 8, burst: 8 };
    let [before, next_life] = heard(rot);
    assert_eq!((before.found, before.errors), (Some(Ok(0)), vec![]), "a machine reads its disk when it boots");
    assert!(matches!(next_life.found, Some(Err(JournalError::Corrupt { sequence: 1, .. }))), "{next_life:?}");
    assert_eq!((next_life.errors, next_life.synced), (vec![], vec![]));
}

#[test]
fn two_journals_of_a_machine_in_one_directory_are_refused() {
    let image = cluster_sim::node::DiskImage::default();
    let recover = || MachineJournal::<()>::recover(&image, "wal", JournalOptions::default());
    let first = recover().expect("the first one");
    assert_eq!(recover().unwrap_err(), JournalError::AlreadyOpen { directory: "wal".to_owned() });
    drop(first);
    assert!(recover().is_ok());
}
