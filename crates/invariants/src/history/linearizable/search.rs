//! The search for an order of the calls of one object.
//!
//! Wing and Gong's search with Lowe's two improvements: a call is placed only when the next answer forces it ("just in time"),
//! and a configuration that failed once is not tried again. A configuration is the next answer to explain, the set of calls
//! that overlap it and are placed already, and the state of the object; it forgets what came before, so it stays small.
//! Calls that change nothing are placed at the first state that explains them, without a choice.
//! An open call is placed only where the next one needs it. If the next one gives the same state without it, the order without it
//! explains as much, and the open call can still be placed later.
//!
//! To explain a contradiction, the search can be given operations that happen whenever that helps, as often as it helps.

use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashSet};

use super::calls::{Call, Calls, Event};
use super::mask::Mask;
use crate::history::bounds::{Budget, Spent};
use crate::history::model::Model;

/// How a search ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// The calls in an order that the model allows.
    Order(Vec<usize>),
    /// There is none: the event of the answer that no order explains.
    Stuck { event: usize },
}

/// Operations that happen between any two calls whenever that helps, as often as it helps.
#[derive(Debug)]
pub(super) struct Helpers<'s, O> {
    pub(super) ops: Vec<&'s O>,
    /// How many of them may follow each other; for objects with more states than a search can see.
    pub(super) in_a_row: u32,
}

impl<O> Helpers<'_, O> {
    pub(super) fn none() -> Self {
        Self { ops: Vec::new(), in_a_row: 0 }
    }
}

/// Finds an order of the calls in which each answer is one that the model gives.
///
/// Stops at the answer of event `until`, once all answers before it are explained.
pub(super) fn find_order<M: Model>(
    model: &M,
    calls: &Calls<'_, M>,
    helpers: &Helpers<'_, M::Op>,
    until: Option<usize>,
    budget: &mut Budget,
) -> Result<Found, Spent> {
    let found = if calls.slots <= 64 {
        Search::<M, u64>::new(model, calls, helpers, budget).run(until)
    } else {
        Search::<M, Box<[u64]>>::new(model, calls, helpers, budget).run(until)
    };
    budget.free_memory();
    found
}

/// A place to go back to, with the calls that were not tried there yet.
#[derive(Debug)]
struct Choice<K> {
    event: u32,
    mask: K,
    state: u32,
    /// The length of the order.
    placed: usize,
    /// The lowest slot that was not tried, and after all slots the first helper; the call that must return was tried first.
    next: usize,
    /// How many helpers led to the state.
    helped: u32,
    /// [`Search::unneeded`] there.
    unneeded: Option<u32>,
}

struct Search<'s, 'h, M: Model, K> {
    model: &'s M,
    calls: &'s Calls<'h, M>,
    helpers: &'s Helpers<'s, M::Op>,
    budget: &'s mut Budget,
    /// The states met, by number.
    states: IndexSet<M::State, FxBuildHasher>,
    /// Configurations that were entered before: event, mask, state, helpers.
    ///
    /// Without `unneeded`: where that refuses a call, the configuration without the open call leads on, and is tried in any case.
    entered: FxHashSet<(u32, K, u32, u32)>,
    choices: Vec<Choice<K>>,
    order: Vec<usize>,
    /// The next event.
    event: u32,
    /// The calls invoked before it that did not return, by slot.
    waiting: Vec<usize>,
    /// The slots of those that may change something.
    writers: K,
    /// The slots of those that change nothing.
    readers: K,
    /// The slots of those that are placed.
    placed: K,
    state: u32,
    /// How many helpers came since the last call was placed; 0 if as many as help may follow each other.
    helped: u32,
    /// The state before the last call, if that one is open and no reader has needed it yet.
    unneeded: Option<u32>,
    /// The latest event that some order could not explain.
    farthest: u32,
}

impl<'s, 'h, M: Model, K: Mask> Search<'s, 'h, M, K> {
    fn new(model: &'s M, calls: &'s Calls<'h, M>, helpers: &'s Helpers<'s, M::Op>, budget: &'s mut Budget) -> Self {
        let mut states = IndexSet::default();
        states.insert(model.initial());
        Self {
            model,
            calls,
            helpers,
            budget,
            states,
            entered: FxHashSet::default(),
            choices: Vec::new(),
            order: Vec::with_capacity(calls.calls.len()),
            event: 0,
            waiting: vec![usize::MAX; calls.slots],
            writers: K::empty(calls.slots),
            readers: K::empty(calls.slots),
            placed: K::empty(calls.slots),
            state: 0,
            helped: 0,
            unneeded: None,
            farthest: 0,
        }
    }

    fn run(mut self, until: Option<usize>) -> Result<Found, Spent> {
        while let Some(call) = self.advance()? {
            if until == Some(self.event as usize) {
                break;
            }
            self.farthest = self.farthest.max(self.event);
            if !self.explain(call)? && !self.step_back()? {
                return Ok(Found::Stuck { event: self.farthest as usize });
            }
        }
        Ok(Found::Order(self.order))
    }

    /// Goes on to the next answer whose call is not placed; `None` at the end.
    fn advance(&mut self) -> Result<Option<usize>, Spent> {
        self.place_readers()?;
        while let Some(&event) = self.calls.events.get(self.event as usize) {
            match event {
                Event::Invoke(call) => {
                    self.open(call);
                    if self.calls.calls[call].changes_nothing {
                        self.place(call)?;
                    }
                }
                Event::Return(call) => {
                    let slot = self.calls.calls[call].slot;
                    if !self.placed.contains(slot) {
                        return Ok(Some(call));
                    }
                    self.placed.remove(slot);
                    self.close(call);
                }
            }
            self.event += 1;
        }
        Ok(None)
    }

    fn open(&mut self, call: usize) {
        let slot = self.calls.calls[call].slot;
        self.waiting[slot] = call;
        if self.calls.calls[call].changes_nothing { self.readers.insert(slot) } else { self.writers.insert(slot) }
    }

    fn close(&mut self, call: usize) {
        let slot = self.calls.calls[call].slot;
        self.readers.remove(slot);
        self.writers.remove(slot);
    }

    /// Places every waiting call that changes nothing and whose answer fits now: later it could not fit better.
    fn place_readers(&mut self) -> Result<(), Spent> {
        let mut from = 0;
        while let Some(slot) = self.readers.first_without(&self.placed, from) {
            self.place(self.waiting[slot])?;
            from = slot + 1;
        }
        Ok(())
    }

    /// Places a call after those placed so far, if the model gives its answer then.
    fn place(&mut self, call: usize) -> Result<bool, Spent> {
        self.budget.take_step()?;
        let call_data = &self.calls.calls[call];
        let Some(next) = self.model.step(&self.states[self.state as usize], call_data.op, call_data.answer) else {
            return Ok(false);
        };
        if !call_data.changes_nothing {
            let state = self.number_of(next)?;
            if state == self.state && !call_data.returns {
                return Ok(false); // Leaving it out is as good, for ever.
            }
            if self.gives_without_last(call, state)? {
                return Ok(false); // Leaving out the open call before it is as good: that one can still come later.
            }
            self.unneeded = (!call_data.returns).then_some(self.state);
            self.state = state;
            self.helped = 0;
        } else {
            self.unneeded = None;
        }
        self.placed.insert(call_data.slot);
        self.order.push(call);
        Ok(true)
    }

    /// Whether a call gives that state also without the open call placed last, which nothing needed yet.
    fn gives_without_last(&mut self, call: usize, state: u32) -> Result<bool, Spent> {
        let Some(before) = self.unneeded else { return Ok(false) };
        self.budget.take_step()?;
        let Call { op, answer, .. } = &self.calls.calls[call];
        let next = self.model.step(&self.states[before as usize], op, *answer);
        Ok(next.as_ref() == self.states.get_index(state as usize))
    }

    fn number_of(&mut self, state: M::State) -> Result<u32, Spent> {
        let (number, is_new) = self.states.insert_full(state);
        if is_new {
            let heap = self.model.heap_bytes(&self.states[number]);
            self.budget.take_memory(2 * (size_of::<M::State>() + size_of::<usize>()) + heap)?;
        }
        Ok(u32::try_from(number).expect("the bound of memory is spent before"))
    }

    /// Places the call that must return now, or first another that overlaps it; `false` if neither leads anywhere.
    fn explain(&mut self, call: usize) -> Result<bool, Spent> {
        let can_help = self.can_help(self.helped);
        let has_choice = can_help || self.next_writer(0, call).is_some();
        if has_choice {
            let configuration = (self.event, self.placed.clone(), self.state, self.helped);
            self.budget.take_memory(size_of_val(&configuration) * 2 + self.placed.bytes())?;
            if !self.entered.insert(configuration) {
                return Ok(false);
            }
            let placed = self.order.len();
            let (event, mask, state, helped) = (self.event, self.placed.clone(), self.state, self.helped);
            let unneeded = self.unneeded;
            self.choices.push(Choice { event, mask, state, placed, next: 0, helped, unneeded });
        }
        if self.place(call)? {
            return Ok(true);
        }
        if has_choice { self.place_another() } else { Ok(false) }
    }

    /// Finds the next call that could be placed before the call that must return.
    fn next_writer(&self, from: usize, must_return: usize) -> Option<usize> {
        let mut from = from;
        loop {
            let slot = self.writers.first_without(&self.placed, from)?;
            let call = self.waiting[slot];
            let waits_for_twin = self.calls.calls[call].twin.is_some_and(|twin| !self.placed.contains(self.calls.calls[twin].slot));
            if call != must_return && !waits_for_twin {
                return Some(slot);
            }
            from = slot + 1;
        }
    }

    /// Places the next call that the last choice did not try; `false` if it tried all.
    fn place_another(&mut self) -> Result<bool, Spent> {
        let Event::Return(must_return) = self.calls.events[self.event as usize] else { unreachable!("a choice is at an answer") };
        let slots = self.calls.slots;
        loop {
            let choice = self.choices.last_mut().expect("a choice was made");
            let from = choice.next;
            if from >= slots {
                choice.next += 1;
                let helped = choice.helped;
                if !self.can_help(helped) || from - slots >= self.helpers.ops.len() {
                    self.choices.pop();
                    return Ok(false);
                }
                if self.help(from - slots)? {
                    return Ok(true);
                }
                continue;
            }
            let slot = self.next_writer(from, must_return);
            self.choices.last_mut().expect("it was there").next = slot.map_or(slots, |slot| slot + 1);
            if let Some(slot) = slot
                && self.place(self.waiting[slot])?
            {
                return Ok(true);
            }
        }
    }

    fn can_help(&self, helped: u32) -> bool {
        helped < self.helpers.in_a_row && !self.helpers.ops.is_empty()
    }

    /// Lets a helper happen, if it changes the state.
    fn help(&mut self, helper: usize) -> Result<bool, Spent> {
        self.budget.take_step()?;
        let Some(next) = self.model.step(&self.states[self.state as usize], self.helpers.ops[helper], None) else {
            return Ok(false);
        };
        let state = self.number_of(next)?;
        let changes = state != self.state;
        if changes {
            self.state = state;
            self.unneeded = None;
            self.helped += u32::from(self.helpers.in_a_row != u32::MAX);
        }
        Ok(changes)
    }

    /// Goes back to the last choice with a call that was not tried and places that; `false` if there is none.
    fn step_back(&mut self) -> Result<bool, Spent> {
        while let Some(choice) = self.choices.last() {
            let (event, placed) = (choice.event, choice.placed);
            self.placed.clone_from(&choice.mask);
            self.state = choice.state;
            self.helped = choice.helped;
            self.unneeded = choice.unneeded;
            self.order.truncate(placed);
            while self.event > event {
                self.event -= 1;
                match self.calls.events[self.event as usize] {
                    Event::Invoke(call) => self.close(call),
                    Event::Return(call) => self.open(call),
                }
            }
            if self.place_another()? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
