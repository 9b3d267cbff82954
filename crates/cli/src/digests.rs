//! The digests of the ready scenarios, in the form of `tests/digests.toml`.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use cluster_sim_scenarios::edge_cache::Defaults;
use cluster_sim_scenarios::{Prepared, Registry, ScenarioError};

const HEADER: &str = "\
# The digest of every ready scenario: what a run did, event by event, as one hash.
# A line that changes is a run that changed. Written by: cluster-sim digests > tests/digests.toml
";

/// Runs every ready scenario, so many at a time (by default one for each core), and gives a line for each.
///
/// The environment is left out on purpose: the lines are the same on every machine.
///
/// # Errors
/// If a ready scenario is not fit to run.
pub(crate) fn digests(registry: &Registry, threads: Option<NonZeroUsize>) -> Result<String, ScenarioError> {
    let defaults = Defaults::default();
    let prepared: Vec<Prepared> =
        registry.scenarios().map(|scenario| scenario.prepare(&defaults)).collect::<Result<_, ScenarioError>>()?;
    let threads = threads.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    let digests = in_order(&prepared, threads, |scenario| scenario.run().digest);
    let lines = registry.scenarios().zip(digests).map(|(scenario, digest)| format!("{} = \"{digest}\"\n", scenario.name()));
    Ok(HEADER.to_owned() + &lines.collect::<String>())
}

/// Applies `work` to every item with so many threads; results are in the order of the items.
fn in_order<I: Sync, O: Send>(items: &[I], threads: usize, work: impl Fn(&I) -> O + Sync) -> Vec<O> {
    let next = AtomicUsize::new(0);
    let share = || {
        let mut done = Vec::new();
        while let Some((index, item)) = take(&next, items) {
            done.push((index, work(item)));
        }
        done
    };
    let mut done: Vec<(usize, O)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.clamp(1, items.len().max(1))).map(|_| scope.spawn(share)).collect();
        let join = |worker: thread::ScopedJoinHandle<'_, Vec<(usize, O)>>| {
            worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        workers.into_iter().flat_map(join).collect()
    });
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

fn take<'i, I>(next: &AtomicUsize, items: &'i [I]) -> Option<(usize, &'i I)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    items.get(index).map(|item| (index, item))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    fn results_are_in_order_whatever_the_number_of_threads(#[values(1, 2, 7, 100)] threads: usize) {
        let items: Vec<usize> = (0..50).collect();
        assert_eq!(in_order(&items, threads, |item| item * 2), items.iter().map(|item| item * 2).collect::<Vec<_>>());
    }
}
