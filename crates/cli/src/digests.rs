//! The digests of the builtin scenarios, in the form of `tests/digests.toml`.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use cluster_sim::Seed;
use cluster_sim::report::Digest;
use cluster_sim_registry::{BuiltinScenario, Prepared, Registry, ScenarioError, Variables};

use crate::progress::{self, Progress};

const HEADER: &str = "\
# The digest of every builtin scenario: one hash over all events of the run.
# A changed line is a changed run. Written by: cluster-sim digests > tests/digests.toml
";

/// Seeds of one scenario that a thread runs at a time: a few tenths of a second at most.
const SEEDS_PER_CHUNK: u64 = 250;

/// Runs every builtin scenario once and the short ones from `seeds` seeds each, and returns a line for each.
///
/// Folds the first tenth of these seeds by themselves too: a test build is several times slower, and compares those.
///
/// Uses one thread per core by default. Does not read the environment: the lines are the same on every machine.
///
/// # Errors
/// If a builtin scenario cannot be prepared.
pub(crate) fn digests(registry: &Registry, threads: Option<NonZeroUsize>, seeds: u64) -> Result<String, ScenarioError> {
    let variables = Variables::default();
    let prepare = |scenario: &BuiltinScenario| scenario.prepare(&variables);
    let every: Vec<Prepared> = registry.scenarios().map(prepare).collect::<Result<_, _>>()?;
    let short: Vec<Prepared> = short(registry).map(prepare).collect::<Result<_, _>>()?;
    let threads = threads.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    let runs = every.len() as u64 + short.len() as u64 * seeds;
    let (single, folded) = progress::with_bar("runs", runs, |progress| {
        let single = in_order(&every, threads, |scenario| {
            let digest = scenario.run().digest;
            progress.advance(1);
            digest
        });
        (single, over_seeds(&short, threads, seeds, progress))
    });
    let mut written = HEADER.to_owned() + &lines(registry.scenarios(), &single);
    for (seeds, digests) in [seeds / 10, seeds].into_iter().zip(folded) {
        let last = seeds.saturating_sub(1);
        written +=
            &format!("\n# The short scenarios from seeds 0 to {last}, each folded into one digest.\n[first_{seeds}_seeds]\n");
        written += &lines(self::short(registry), &digests);
    }
    Ok(written)
}

fn short(registry: &Registry) -> impl Iterator<Item = &BuiltinScenario> {
    registry.scenarios().filter(|scenario| scenario.is_for_many_seeds())
}

fn lines<'r>(scenarios: impl Iterator<Item = &'r BuiltinScenario>, digests: &[Digest]) -> String {
    scenarios.zip(digests).map(|(scenario, digest)| format!("{} = \"{digest}\"\n", scenario.name())).collect()
}

/// Folds the runs of each scenario into one digest: those from the first tenth of the seeds, and those from all of 0 to `seeds - 1`.
fn over_seeds(scenarios: &[Prepared], threads: usize, seeds: u64, progress: &Progress) -> [Vec<Digest>; 2] {
    let starts = (0..seeds).step_by(SEEDS_PER_CHUNK as usize);
    let chunks: Vec<Range<u64>> = starts.map(|start| start..seeds.min(start + SEEDS_PER_CHUNK)).collect();
    let work: Vec<_> = scenarios.iter().flat_map(|scenario| chunks.iter().map(move |chunk| (scenario, chunk.clone()))).collect();
    let digests = in_order(&work, threads, |(scenario, chunk)| {
        let digests: Vec<Digest> = chunk.clone().map(|seed| scenario.scenario().run(Seed(seed)).digest).collect();
        progress.advance(chunk.end - chunk.start);
        digests
    });
    let folded = |chunks: &[Vec<Digest>], seeds: u64| {
        let mut digest = Digest::default();
        chunks.iter().flatten().take(seeds as usize).for_each(|run| digest.fold_run(*run));
        digest
    };
    [seeds / 10, seeds].map(|seeds| digests.chunks(chunks.len()).map(|chunks| folded(chunks, seeds)).collect())
}

/// Applies `work` to every item on `threads` threads; returns the results in the order of the items.
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
    fn results_keep_the_order_of_items_on_any_number_of_threads(#[values(1, 2, 7, 100)] threads: usize) {
        let items: Vec<usize> = (0..50).collect();
        assert_eq!(in_order(&items, threads, |item| item * 2), items.iter().map(|item| item * 2).collect::<Vec<_>>());
    }
}
