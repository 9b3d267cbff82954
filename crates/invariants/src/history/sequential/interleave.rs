//! The search for an order of the calls of all processes.
//!
//! A configuration is how far each process has come and the state of each object; one that failed is not tried again. Calls that
//! change nothing are placed as soon as their answer fits, without a choice: later they could not fit better. Of the others the
//! one whose answer came first is tried first, so a history that real time explains is gone through without a step back.

use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashSet};

use super::lanes::Lanes;
use crate::history::bounds::{Budget, Spent};
use crate::history::model::Model;

/// How a search ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Interleaved {
    /// There is an order.
    Order,
    /// There is none: the calls of a longest one, and those that could come next.
    Stuck { longest: Vec<usize>, blocked: Vec<usize> },
}

/// Searches an order in which each answer is one that the model gives.
pub(super) fn interleave<M: Model>(model: &M, lanes: &Lanes<'_, M>, budget: &mut Budget) -> Result<Interleaved, Spent> {
    Search::new(model, lanes, budget).run()
}

/// A place to go back to, with the processes that were not tried there yet, the next one last.
#[derive(Debug)]
struct Choice {
    configuration: Configuration,
    placed: usize,
    untried: Vec<usize>,
}

/// How far each process has come, and the number of the state of each object.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Configuration {
    places: Box<[u32]>,
    states: Box<[u32]>,
}

struct Search<'s, 'h, M: Model> {
    model: &'s M,
    lanes: &'s Lanes<'h, M>,
    budget: &'s mut Budget,
    /// The states met, by number.
    states: IndexSet<M::State, FxBuildHasher>,
    /// Configurations that were entered before.
    entered: FxHashSet<Configuration>,
    choices: Vec<Choice>,
    current: Configuration,
    order: Vec<usize>,
    /// The longest order so far, without open calls at its end.
    longest: Vec<usize>,
    /// The answers that are left to explain.
    left: usize,
    /// The answers that the longest order leaves.
    least_left: usize,
}

impl<'s, 'h, M: Model> Search<'s, 'h, M> {
    fn new(model: &'s M, lanes: &'s Lanes<'h, M>, budget: &'s mut Budget) -> Self {
        let mut states = IndexSet::default();
        states.insert(model.initial());
        let left = lanes.calls.iter().filter(|call| call.answer.is_some()).count();
        Self {
            model,
            lanes,
            budget,
            states,
            entered: FxHashSet::default(),
            choices: Vec::new(),
            current: Configuration { places: vec![0; lanes.lanes.len()].into(), states: vec![0; lanes.objects].into() },
            order: Vec::with_capacity(lanes.calls.len()),
            longest: Vec::new(),
            left,
            least_left: left + 1,
        }
    }

    fn run(mut self) -> Result<Interleaved, Spent> {
        loop {
            self.place_readers()?;
            if self.left == 0 {
                return Ok(Interleaved::Order);
            }
            self.enter()?;
            if !self.place_another()? {
                return Ok(self.stuck());
            }
        }
    }

    /// The call that a process makes next.
    fn head(&self, lane: usize) -> Option<usize> {
        self.lanes.lanes[lane].get(self.current.places[lane] as usize).copied()
    }

    /// Places every call that changes nothing and whose answer fits now.
    fn place_readers(&mut self) -> Result<(), Spent> {
        for lane in 0..self.lanes.lanes.len() {
            while self.head(lane).is_some_and(|call| self.lanes.calls[call].changes_nothing) {
                if !self.place(lane)? {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Notes what can be tried here; nothing if that was tried before.
    fn enter(&mut self) -> Result<(), Spent> {
        let bytes = size_of::<Configuration>() + 4 * (self.current.places.len() + self.current.states.len());
        self.budget.take_memory(3 * bytes)?;
        let mut untried = Vec::new();
        if self.entered.insert(self.current.clone()) {
            let can_try = |call: &usize| !self.lanes.calls[*call].changes_nothing;
            untried.extend((0..self.lanes.lanes.len()).filter(|lane| self.head(*lane).as_ref().is_some_and(can_try)));
            untried.sort_by_key(|lane| std::cmp::Reverse(self.head(*lane).map(|call| self.lanes.calls[call].end)));
        }
        self.choices.push(Choice { configuration: self.current.clone(), placed: self.order.len(), untried });
        Ok(())
    }

    /// Keeps the order if it explains more answers than those before.
    ///
    /// Only where the search goes back, for a copy at each call would cost quadratic time.
    fn keep_longest(&mut self) {
        if self.left < self.least_left {
            self.least_left = self.left;
            let last = self.order.iter().rposition(|call| self.lanes.calls[*call].answer.is_some());
            self.longest = self.order[..last.map_or(0, |last| last + 1)].to_vec();
        }
    }

    /// Places the next call that the last choice did not try, or goes back further; `false` if nothing is left to try.
    fn place_another(&mut self) -> Result<bool, Spent> {
        if self.choices.last().is_some_and(|choice| choice.untried.is_empty()) {
            self.keep_longest();
        }
        while let Some(choice) = self.choices.last_mut() {
            let lane = choice.untried.pop();
            self.current.clone_from(&choice.configuration);
            let placed = choice.placed;
            self.left += self.order[placed..].iter().filter(|call| self.lanes.calls[**call].answer.is_some()).count();
            self.order.truncate(placed);
            match lane {
                None => drop(self.choices.pop()),
                Some(lane) => {
                    if self.place(lane)? {
                        return Ok(true);
                    }
                    // None of the others may fit either.
                    self.keep_longest();
                }
            }
        }
        Ok(false)
    }

    /// Places the next call of a process, if the model gives its answer now.
    fn place(&mut self, lane: usize) -> Result<bool, Spent> {
        self.budget.take_step()?;
        let call = self.head(lane).expect("the process has another call");
        let data = &self.lanes.calls[call];
        let state = self.current.states[data.object];
        let Some(next) = self.model.step(&self.states[state as usize], data.op, data.answer) else { return Ok(false) };
        let (number, is_new) = self.states.insert_full(next);
        if is_new {
            let heap = self.model.heap_bytes(&self.states[number]);
            self.budget.take_memory(2 * (size_of::<M::State>() + size_of::<usize>()) + heap)?;
        }
        let number = u32::try_from(number).expect("the bound of memory is spent before");
        if number == state && data.answer.is_none() {
            return Ok(false); // Leaving it out is as good, for ever.
        }
        self.current.states[data.object] = number;
        self.current.places[lane] += 1;
        self.left -= usize::from(data.answer.is_some());
        self.order.push(call);
        Ok(true)
    }

    /// Returns the longest order, and the answered calls that could come after it.
    fn stuck(mut self) -> Interleaved {
        let mut placed = vec![false; self.lanes.calls.len()];
        self.longest.iter().for_each(|call| placed[*call] = true);
        let next = |lane: &Vec<usize>| lane.iter().copied().find(|call| !placed[*call]);
        let is_answered = |call: &usize| self.lanes.calls[*call].answer.is_some();
        let mut blocked: Vec<usize> = self.lanes.lanes.iter().filter_map(next).filter(is_answered).collect();
        blocked.sort_unstable();
        Interleaved::Stuck { longest: std::mem::take(&mut self.longest), blocked }
    }
}
