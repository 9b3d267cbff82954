//! Every element that was added to a set stays in it.

use std::fmt::Debug;
use std::hash::Hash;

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use serde_json::json;

use super::quantiles::quantiles_ns;
use super::wrong_answer;
use crate::history::checker::{Checker, Contradiction, Judgement};
use crate::history::history_event::HistoryEvent;
use crate::history::models::{SetAnswer, SetOp};
use crate::history::operation::{Completion, Moment};
use crate::history::record::History;

/// Checks a set that only grows, whose reads may be stale for a while.
///
/// After Jepsen's checker of that name. An element is *known* once its add was acknowledged or a read had it. Reads that have it
/// decide, and reads that were asked for after it was known, in the order in which they were asked for: if the last of them has
/// it, it is *stable*; if not, it is *lost*; without any it is *never read*, and the verdict is unknown. An element that a read
/// lists twice, or that no add can have put there, is found at once, and one that a read has and whose add fails, at the failure.
#[derive(Debug, Clone)]
pub struct SetFull<V> {
    elements: IndexMap<V, Element, FxBuildHasher>,
    is_linearizable: bool,
    has_removals: bool,
    reads: u32,
    duplicates: u64,
    unexpected: u64,
}

/// The adds and reads that are known of one element.
#[derive(Debug, Clone, Copy, Default)]
struct Element {
    /// Adds that happened or may have.
    attempts: u32,
    /// When it was known, and by which operation.
    known: Option<(Moment, usize)>,
    /// When the last read was asked for that has it, and the last that lacks it though it was known, with its operation.
    present: Option<Moment>,
    absent: Option<(Moment, usize)>,
    /// The last read that lists it.
    listed: u32,
}

impl Element {
    fn know(&mut self, at: Moment, index: usize) {
        self.known = self.known.or(Some((at, index)));
    }

    /// Whether the last read that decides has it; `None` without any.
    fn is_stable(&self) -> Option<bool> {
        match self.absent {
            None => self.present.map(|_| true),
            Some((absent, _)) => Some(self.present.is_some_and(|present| present > absent)),
        }
    }
}

impl<V> Default for SetFull<V> {
    fn default() -> Self {
        let elements = IndexMap::default();
        Self { elements, is_linearizable: false, has_removals: false, reads: 0, duplicates: 0, unexpected: 0 }
    }
}

impl<V: Clone + Eq + Hash + Debug> SetFull<V> {
    /// Allows no stale read: a read asked for after an element was known must have it.
    #[must_use]
    pub fn linearizable(self) -> Self {
        Self { is_linearizable: true, ..self }
    }

    fn read(&mut self, index: usize, elements: &[V], asked: Moment, heard: Moment) -> Result<(), Contradiction> {
        self.reads += 1;
        let mut finding = None;
        for value in elements {
            match self.elements.get_mut(value).filter(|element| element.attempts > 0) {
                None => {
                    self.unexpected += 1;
                    finding.get_or_insert_with(|| format!("a read has {value:?}, which was never added"));
                }
                Some(element) if element.listed == self.reads => {
                    self.duplicates += 1;
                    finding.get_or_insert_with(|| format!("a read has {value:?} twice"));
                }
                Some(element) => {
                    element.listed = self.reads;
                    element.present = element.present.max(Some(asked));
                    element.know(heard, index);
                }
            }
        }
        let mut stale = None;
        for (value, element) in &mut self.elements {
            let Some((known, first)) = element.known else { continue };
            if element.listed < self.reads && known < asked {
                element.absent = element.absent.max(Some((asked, index)));
                stale.get_or_insert((value, first));
            }
        }
        match (finding, stale) {
            (Some(message), _) => Err(Contradiction { message, operations: vec![index] }),
            (None, Some((value, first))) if self.is_linearizable && !self.has_removals => Err(stale_finding(value, first, index)),
            (None, _) => Ok(()),
        }
    }

    fn look_up(&mut self, index: usize, value: &V, is_there: bool, asked: Moment, heard: Moment) -> Result<(), Contradiction> {
        self.reads += 1;
        let Some(element) = self.elements.get_mut(value).filter(|element| element.attempts > 0) else {
            self.unexpected += u64::from(is_there);
            let message = format!("a read has {value:?}, which was never added");
            return if is_there { Err(Contradiction { message, operations: vec![index] }) } else { Ok(()) };
        };
        if is_there {
            element.present = element.present.max(Some(asked));
            element.know(heard, index);
        } else if let Some((_, first)) = element.known.filter(|(known, _)| *known < asked) {
            element.absent = element.absent.max(Some((asked, index)));
            if self.is_linearizable && !self.has_removals {
                return Err(stale_finding(value, first, index));
            }
        }
        Ok(())
    }

    /// Sums up the last reads of each element.
    fn verdicts(&self) -> Verdicts<'_, V> {
        let mut verdicts = Verdicts { stable: 0, lost: Vec::new(), never_read: Vec::new(), stale_ns: Vec::new() };
        for (value, element) in &self.elements {
            let Some((known, first)) = element.known else { continue };
            let lag = element.absent.map(|(absent, _)| absent.at.saturating_since(known.at).as_nanos() as u64);
            match (element.is_stable(), element.absent) {
                (Some(false), Some((_, read))) => verdicts.lost.push((value, first, read)),
                (Some(_), _) => {
                    verdicts.stable += 1;
                    verdicts.stale_ns.extend(lag);
                }
                (None, _) => verdicts.never_read.push(value),
            }
        }
        verdicts
    }
}

struct Verdicts<'s, V> {
    stable: u64,
    /// Each with the operation by which it was known, and the last read without it.
    lost: Vec<(&'s V, usize, usize)>,
    never_read: Vec<&'s V>,
    /// How long after they were known stable elements were missing from a read.
    stale_ns: Vec<u64>,
}

fn stale_finding(value: &impl Debug, known: usize, read: usize) -> Contradiction {
    Contradiction { message: format!("a read lacks {value:?}, which was in the set before"), operations: vec![known, read] }
}

impl<V: Clone + Eq + Hash + Debug> Checker<SetOp<V>, SetAnswer<V>> for SetFull<V> {
    fn observe(&mut self, event: &HistoryEvent<'_, SetOp<V>, SetAnswer<V>>) -> Result<(), Contradiction> {
        match *event {
            HistoryEvent::Invoked { op: SetOp::Add(value), .. } => {
                self.elements.entry(value.clone()).or_default().attempts += 1;
            }
            HistoryEvent::Invoked { op: SetOp::Remove(_), .. } => self.has_removals = true,
            HistoryEvent::Invoked { .. } => {}
            HistoryEvent::Completed { index, op: SetOp::Add(value), outcome: Completion::Fail { .. }, .. } => {
                let element = self.elements.entry(value.clone()).or_default();
                element.attempts -= 1;
                if element.attempts > 0 {
                    return Ok(());
                }
                if let Some((_, read)) = std::mem::take(element).known {
                    self.unexpected += 1;
                    let message = format!("a read has {value:?}, whose add failed");
                    return Err(Contradiction { message, operations: vec![index, read] });
                }
            }
            HistoryEvent::Completed { index, op, invoked, outcome: Completion::Ok { answer, at }, .. } => match (op, answer) {
                (SetOp::Add(value), SetAnswer::Done) => self.elements.entry(value.clone()).or_default().know(*at, index),
                (SetOp::Remove(_), SetAnswer::Done) => {}
                (SetOp::Read, SetAnswer::Elements(elements)) => return self.read(index, elements, invoked, *at),
                (SetOp::Contains(value), SetAnswer::Contains(is_there)) => {
                    return self.look_up(index, value, *is_there, invoked, *at);
                }
                _ => return Err(wrong_answer(index, op, answer)),
            },
            HistoryEvent::Completed { .. } => {}
        }
        Ok(())
    }

    fn finish(&mut self, _: &History<SetOp<V>, SetAnswer<V>>) -> Judgement {
        if self.has_removals {
            let reason = "elements were removed, and this judges sets that only grow: use `Linearizable<Set<_>>`".to_owned();
            return Judgement { unknown: Some(reason), ..Judgement::default() };
        }
        let Verdicts { stable, lost, never_read, stale_ns } = self.verdicts();
        let measured = json!({
            "elements": self.elements.len(),
            "stable": stable,
            "lost": lost.len(),
            "never_read": never_read.len(),
            "duplicates": self.duplicates,
            "unexpected": self.unexpected,
            "reads": self.reads,
            "stale_ns": quantiles_ns(stale_ns),
        });
        let times_checked = stable + lost.len() as u64 + self.duplicates + self.unexpected;
        let mut judgement = Judgement { times_checked, measured, ..Judgement::default() };
        if let Some((value, known, read)) = lost.first() {
            let more = if lost.len() > 1 { format!(", and {} more", lost.len() - 1) } else { String::new() };
            let message = format!("{value:?} was in the set and is lost: the last read lacks it{more}");
            judgement.findings.push(Contradiction { message, operations: vec![*known, *read] });
        } else if let Some(value) = never_read.first() {
            judgement.unknown = Some(format!(
                "{value:?} and {} other elements were never read after they were added: read the set once more at the end",
                never_read.len() - 1
            ));
        }
        judgement
    }
}
