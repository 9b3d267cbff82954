//! A ledger that is copied, small enough to know the smallest story of each of its flaws.

use std::time::Duration;

use cluster_sim::prelude::*;
use serde::{Deserialize, Serialize};

/// What is wrong with the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// The source sends each entry once, and never again: one loss is enough.
    NoRetry,
    /// The copy takes whatever comes last for the newest: one message that overtakes another is enough.
    NewestByArrival,
    /// The copy counts an entry each time it comes: a retry that was not needed is enough, without a fault or chance.
    CountsTwice,
    /// The copy acknowledges by the number it saw last, and the source takes that for all before it: a loss and nothing else is enough.
    AcknowledgesTheLast,
    /// The copy stops for good when it starts for the second time: one crash is enough.
    StaysDown,
}

const ENTRIES: u64 = 20;
const EVERY: Duration = Duration::from_millis(5);
const AGAIN: Duration = Duration::from_millis(40);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Message {
    Entry(u64),
    /// From the copy's life of that number; the first word of a life acknowledges nothing.
    Acknowledge(u32, Option<u64>),
}

/// Sends entries to every copy, and again those that a copy did not acknowledge.
struct Source {
    flaw: Option<Flaw>,
    next: u64,
    copies: Vec<NodeId>,
    missing: Vec<Vec<u64>>,
    lives: Vec<u32>,
}

const NEXT: Timer = Timer(0);
const RETRY: Timer = Timer(1);

impl Machine for Source {
    type Message = Message;
    type View = u64;

    fn step(&mut self, _: LocalInstant, input: Input<Message>, effects: &mut Effects<Message>) {
        match input {
            Input::Start => {
                effects.set_timer(NEXT, EVERY);
                effects.set_timer(RETRY, AGAIN);
            }
            Input::Timer(NEXT) if self.next < ENTRIES => {
                for (copy, missing) in self.copies.iter().zip(&mut self.missing) {
                    missing.push(self.next);
                    effects.send(*copy, Message::Entry(self.next));
                }
                self.next += 1;
                effects.set_timer(NEXT, EVERY);
            }
            Input::Timer(RETRY) => {
                if self.flaw != Some(Flaw::NoRetry) {
                    for (copy, missing) in self.copies.iter().zip(&self.missing) {
                        missing.iter().for_each(|entry| effects.send(*copy, Message::Entry(*entry)));
                    }
                }
                effects.set_timer(RETRY, AGAIN);
            }
            Input::Message { from, message: Message::Acknowledge(life, entry) } => {
                let copy = self.copies.iter().position(|copy| *copy == from).expect("only copies acknowledge");
                if life > self.lives[copy] {
                    self.lives[copy] = life;
                    self.missing[copy] = (0..self.next).collect();
                }
                let Some(entry) = entry.filter(|_| life == self.lives[copy]) else { return };
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

/// What a copy shows.
#[derive(Debug, Default)]
pub(crate) struct Copied {
    entries: Vec<bool>,
    count: u64,
    newest: u64,
    went_back: bool,
}

struct Copy {
    flaw: Option<Flaw>,
    life: u32,
    copied: Copied,
}

impl Machine for Copy {
    type Message = Message;
    type View = Copied;

    fn step(&mut self, _: LocalInstant, input: Input<Message>, effects: &mut Effects<Message>) {
        if self.flaw == Some(Flaw::StaysDown) && self.life > 0 {
            return;
        }
        let (from, entry) = match input {
            Input::Message { from, message: Message::Entry(entry) } => (from, entry),
            Input::Start | Input::Timer(_) if self.copied.count == 0 && self.life > 0 => {
                effects.send(NodeId(0), Message::Acknowledge(self.life, None));
                effects.set_timer(RETRY, AGAIN);
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
        effects.send(from, Message::Acknowledge(self.life, Some(entry)));
    }

    fn view(&self) -> &Copied {
        &self.copied
    }
}

/// A source and two copies over links that lose, copy and hold back, with faults of a profile.
pub(crate) fn ledger(flaw: Option<Flaw>) -> Scenario {
    let percent = |percent: f64| Ratio::percent(percent).unwrap();
    let link = LinkModel {
        loss: percent(1.0),
        duplicate: percent(1.0),
        reorder: percent(1.0),
        reorder_window: Duration::from_millis(10),
        ..LinkModel::default()
    };
    let profile = FaultProfile {
        mean_interval: Duration::from_millis(40),
        mean_duration: Duration::from_millis(20),
        spared_groups: vec!["source".to_owned()],
    };
    Scenario::new("ledger")
        .machines("source", 1, move |_: &NodeInfo| Source {
            flaw,
            next: 0,
            copies: vec![NodeId(1), NodeId(2)],
            missing: vec![Vec::new(); 2],
            lives: vec![0; 2],
        })
        .machines("copy", 2, move |seat: &NodeInfo| Copy { flaw, life: seat.incarnation().0, copied: Copied::default() })
        .default_links(link)
        .chaos(profile)
        .always("nothing is counted twice", |world| {
            world.views::<Copied>().all(|(_, copied)| copied.count == copied.entries.iter().filter(|entry| **entry).count() as u64)
        })
        .always("the newest stays the newest", |world| world.views::<Copied>().all(|(_, copied)| !copied.went_back))
        .eventually("every copy has every entry", |world| {
            world
                .views::<Copied>()
                .all(|(_, copied)| copied.entries.len() as u64 == ENTRIES && copied.entries.iter().all(|entry| *entry))
        })
        .duration(Duration::from_millis(200))
}
