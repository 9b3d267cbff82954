//! The flag `--threads`.

use std::num::NonZeroUsize;
use std::thread;

use crate::streams::print_stderr;

/// The most runs at a time, on a machine with fewer cores: each costs a thread, or a process.
const THREADS_MAX: NonZeroUsize = NonZeroUsize::new(256).expect("it is not 0");

/// The number of threads that was asked for, or the most that there may be, which is then said on stderr.
pub(crate) fn capped(threads: NonZeroUsize) -> NonZeroUsize {
    let most = thread::available_parallelism().map_or(THREADS_MAX, |cores| cores.max(THREADS_MAX));
    if threads > most {
        print_stderr(&format!("cluster-sim: --threads {threads} are too many; running {most} at a time\n"));
    }
    threads.min(most)
}
