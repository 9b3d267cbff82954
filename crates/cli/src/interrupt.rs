//! The signals by which a person or a supervisor politely ends a command.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag::{register, register_conditional_shutdown, register_usize};

/// Added to the number of the signal that ended a command, as shells do.
const SIGNALLED: i32 = 128;

/// Set by the first of these signals; a second one, of any kind, ends the process at once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Interrupt {
    flag: Arc<AtomicBool>,
    /// The number of the last signal; 0 for none.
    signal: Arc<AtomicUsize>,
}

impl Interrupt {
    /// Waits for the signals from here on.
    ///
    /// # Errors
    /// If the system refuses to tell them.
    pub(crate) fn new() -> io::Result<Self> {
        let interrupt = Self::default();
        for signal in signals() {
            register_conditional_shutdown(signal, SIGNALLED + signal, Arc::clone(&interrupt.flag))?;
            register_usize(signal, Arc::clone(&interrupt.signal), signal.unsigned_abs() as usize)?;
            register(signal, Arc::clone(&interrupt.flag))?;
        }
        Ok(interrupt)
    }

    /// True from the first signal on.
    pub(crate) fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.flag)
    }

    /// Once there was a signal: 130 for an interrupt, 143 for SIGTERM, 129 for SIGHUP, 149 for Windows' Ctrl-Break.
    pub(crate) fn exit_code(&self) -> Option<u8> {
        let signal = self.signal.load(Ordering::SeqCst);
        (signal > 0).then(|| u8::try_from(SIGNALLED.unsigned_abs() as usize + signal).unwrap_or(u8::MAX))
    }
}

#[cfg(windows)]
fn signals() -> Vec<i32> {
    vec![SIGINT, SIGTERM, signal_hook::consts::SIGBREAK]
}

#[cfg(unix)]
fn signals() -> Vec<i32> {
    let hangup = (!ignores_hangup()).then_some(signal_hook::consts::SIGHUP);
    [SIGINT, SIGTERM].into_iter().chain(hangup).collect()
}

/// Whether this process was started to outlive its terminal, as by `nohup`. Where the system does not tell, it may have been.
#[cfg(unix)]
fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).map(str::trim);
    mask.and_then(|mask| u64::from_str_radix(mask, 16).ok()).is_none_or(|mask| mask & 1 << (signal_hook::consts::SIGHUP - 1) != 0)
}
