//! Memory reused by the runs of one scenario.

use cluster_sim_runtime::Arena;
use parking_lot::Mutex;

/// Memory left by finished runs: at most one arena for each run that ran concurrently.
///
/// Locked at the start and at the end of a run only.
#[derive(Debug, Default)]
pub(crate) struct Arenas(Mutex<Vec<Arena>>);

impl Arenas {
    /// Returns the arena of a finished run, or a new one.
    pub(crate) fn take(&self) -> Arena {
        self.0.lock().pop().unwrap_or_default()
    }

    /// Keeps an arena for the next run.
    pub(crate) fn keep(&self, arena: Arena) {
        self.0.lock().push(arena);
    }
}

impl Clone for Arenas {
    fn clone(&self) -> Self {
        Self::default()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use cluster_sim_runtime::Seed;

    use crate::prelude::*;

    struct Ticking;

    impl Machine for Ticking {
        type Message = u8;
        type View = ();

        fn step(&mut self, _: LocalInstant, input: Input<u8>, effects: &mut Effects<u8>) {
            if matches!(input, Input::Start | Input::Timer(_)) {
                effects.set_timer(Timer(0), Duration::from_millis(10));
            }
        }

        fn view(&self) -> &() {
            &()
        }
    }

    #[test]
    fn a_run_leaves_its_memory_to_the_next_one() {
        let scenario = Scenario::new("ticking").machines("node", 3, |_| Ticking);
        let kept = || scenario.0.arenas.0.lock().len();
        let [one, other] = [(); 2].map(|()| scenario.start(Seed(1)));
        assert_eq!(kept(), 0);
        let digests = [one, other].map(|mut sim| {
            sim.run_for(Duration::from_secs(10));
            sim.finish().digest
        });
        assert_eq!(kept(), 2, "two ran at once");
        // Events still pending when a short run ends must not appear in the next run.
        let mut short = scenario.start(Seed(1));
        short.run_for(Duration::from_millis(15));
        short.finish().assert_ok();
        assert_eq!([scenario.run(Seed(1)).digest, scenario.run(Seed(1)).digest], digests);
        assert_eq!(kept(), 2, "runs one after the other share one");
    }
}
