//! A replicated ledger with five known flaws, small enough to know the minimal reproducer of each.

use cluster_sim::prelude::*;
use serde::{Deserialize, Serialize};

use crate::links;
use crate::units::milliseconds;

/// A planted bug of the ledger, and what it takes to see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// The source never sends an entry again: one loss is enough.
    NoRetry,
    /// The copy takes the last entry to arrive for the newest: one reordered message is enough.
    NewestByArrival,
    /// The copy counts an entry at each arrival: a needless retry is enough.
    ///
    /// No fault and no random choice is needed.
    CountsTwice,
    /// The source counts an acknowledgement for all earlier entries: one loss is enough.
    AcknowledgesTheLast,
    /// The copy does nothing after a restart: one crash is enough.
    StaysDown,
}

const ENTRIES: u64 = 20;
const SEND_EVERY: Duration = milliseconds(5);
const RETRY_EVERY: Duration = milliseconds(40);

/// A message between the source and its copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// An entry by its number.
    Entry(u64),
    /// The incarnation of the copy, and the entry it acknowledges.
    ///
    /// The first message of an incarnation acknowledges none.
    Acknowledge(u32, Option<u64>),
}

/// Sends entries to every copy, and repeats those that a copy has not acknowledged.
struct Source {
    flaw: Option<Flaw>,
    next: u64,
    copies: Vec<NodeId>,
    missing: Vec<Vec<u64>>,
    incarnations: Vec<u32>,
}

const NEXT: Timer = Timer(0);
const RETRY: Timer = Timer(1);

impl Machine for Source {
    type Message = Message;
    type View = u64;

    fn step(&mut self, _: LocalInstant, input: Input<Message>, effects: &mut Effects<Message>) {
        match input {
            Input::Start => {
                effects.set_timer(NEXT, SEND_EVERY);
                effects.set_timer(RETRY, RETRY_EVERY);
            }
            Input::Timer(NEXT) if self.next < ENTRIES => {
                for (copy, missing) in self.copies.iter().zip(&mut self.missing) {
                    missing.push(self.next);
                    effects.send(*copy, Message::Entry(self.next));
                }
                self.next += 1;
                effects.set_timer(NEXT, SEND_EVERY);
            }
            Input::Timer(RETRY) => {
                if self.flaw != Some(Flaw::NoRetry) {
                    for (copy, missing) in self.copies.iter().zip(&self.missing) {
                        missing.iter().for_each(|entry| effects.send(*copy, Message::Entry(*entry)));
                    }
                }
                effects.set_timer(RETRY, RETRY_EVERY);
            }
            Input::Message { from, message: Message::Acknowledge(incarnation, entry) } => {
                let copy = self.copies.iter().position(|copy| *copy == from).expect("only copies acknowledge");
                if incarnation > self.incarnations[copy] {
                    self.incarnations[copy] = incarnation;
                    self.missing[copy] = (0..self.next).collect();
                }
                let Some(entry) = entry.filter(|_| incarnation == self.incarnations[copy]) else { return };
                let is_last = self.flaw == Some(Flaw::AcknowledgesTheLast);
                self.missing[copy].retain(|missing| if is_last { *missing > entry } else { *missing != entry });
            }
            _ => {}
        }
    }

    fn view(&self) -> &u64 {
        &self.next
    }
}

/// The view of a copy.
#[derive(Debug, Default)]
pub struct Copied {
    entries: Vec<bool>,
    count: u64,
    newest: u64,
    went_back: bool,
}

struct Copy {
    flaw: Option<Flaw>,
    incarnation: u32,
    copied: Copied,
}

impl Machine for Copy {
    type Message = Message;
    type View = Copied;

    fn step(&mut self, _: LocalInstant, input: Input<Message>, effects: &mut Effects<Message>) {
        if self.flaw == Some(Flaw::StaysDown) && self.incarnation > 0 {
            return;
        }
        let (from, entry) = match input {
            Input::Message { from, message: Message::Entry(entry) } => (from, entry),
            Input::Start | Input::Timer(_) if self.copied.count == 0 && self.incarnation > 0 => {
                effects.send(NodeId(0), Message::Acknowledge(self.incarnation, None));
                effects.set_timer(RETRY, RETRY_EVERY);
                return;
            }
            _ => return,
        };
        let copied = &mut self.copied;
        copied.entries.resize(ENTRIES as usize, false);
        let is_new = !std::mem::replace(&mut copied.entries[entry as usize], true);
        if is_new || self.flaw == Some(Flaw::CountsTwice) {
            copied.count += 1;
        }
        let is_newer = entry >= copied.newest;
        if is_newer || (is_new && self.flaw == Some(Flaw::NewestByArrival)) {
            copied.went_back |= !is_newer;
            copied.newest = entry;
        }
        effects.send(from, Message::Acknowledge(self.incarnation, Some(entry)));
    }

    fn view(&self) -> &Copied {
        &self.copied
    }
}

/// A source and two copies over links with 1 % loss, duplication and reordering, under random faults.
///
/// Without a flaw every rule holds in every seed.
pub fn ledger(flaw: Option<Flaw>) -> Scenario {
    let profile = FaultProfile { mean_interval: milliseconds(40), mean_duration: milliseconds(20), ..FaultProfile::default() };
    let profile = profile.sparing(["source"]).never_cutting(["source"]);
    Scenario::new("ledger")
        .machines("source", 1, move |_: &Boot| Source {
            flaw,
            next: 0,
            copies: vec![NodeId(1), NodeId(2)],
            missing: vec![Vec::new(); 2],
            incarnations: vec![0; 2],
        })
        .machines("copy", 2, move |boot: &Boot| Copy { flaw, incarnation: boot.incarnation().0, copied: Copied::default() })
        .may_shrink("source")
        .may_shrink("copy")
        .default_links(links::rough(Ratio::percent(1), milliseconds(10)))
        .chaos(profile)
        .always("nothing is counted again", |world| {
            world.views::<Copied>().all(|(_, copied)| copied.count == copied.entries.iter().filter(|entry| **entry).count() as u64)
        })
        .always("the newest stays the newest", |world| world.views::<Copied>().all(|(_, copied)| !copied.went_back))
        .eventually("every copy has every entry", |world| {
            world
                .views::<Copied>()
                .all(|(_, copied)| copied.entries.len() as u64 == ENTRIES && copied.entries.iter().all(|entry| *entry))
        })
        .duration(milliseconds(200))
}
