//! Where code of a simulation panicked.
//!
//! The payload of a panic does not say where it began; only the process's panic hook is told. The hook set here notes the place
//! for the thread and then calls the hook that was set before, so that panics print as they did, but for [those that a search
//! brings about](without_panic_output).
//!
//! A place within tokio says little: most of its calls name their caller, but those of `tokio::net` and `tokio::time::interval` do
//! not. Of these the backtrace tells the first place outside of tokio, where the build has line tables.

use std::backtrace::Backtrace;
use std::cell::Cell;
use std::panic::{PanicHookInfo, set_hook, take_hook};
use std::sync::Once;

use super::thread::is_unwinding;
use crate::engine::Kernel;

thread_local! {
    /// The place of the latest panic of this thread, until it is taken.
    static PANICKED_AT: Cell<Option<String>> = const { Cell::new(None) };

    /// Whether panics of this thread are expected and not printed.
    static IS_QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Whether the hook is set, which is done once per process.
static HOOK: Once = Once::new();

/// The folder under which cargo keeps the sources of dependencies, a folder for each registry.
const DEPENDENCIES: &str = "/registry/src/";

/// Notes the place of every panic from now on, for [`take_panic_place`].
///
/// Does nothing while the thread unwinds: a hook cannot be set then.
pub fn note_panic_places() {
    if !HOOK.is_completed() && !is_unwinding() {
        HOOK.call_once(|| {
            let previous = take_hook();
            set_hook(Box::new(move |panic| {
                note(panic);
                if !is_quiet() {
                    previous(panic);
                }
            }));
        });
    }
}

fn is_quiet() -> bool {
    IS_QUIET.try_with(Cell::get).unwrap_or_default()
}

/// Calls a function whose panics on this thread are not printed.
///
/// For hundreds of runs that are to panic, of which one is shown later: a backtrace can take longer than its run. Places are noted
/// all the same.
pub fn without_panic_output<T>(call: impl FnOnce() -> T) -> T {
    /// Ends the quiet, also if the call panics.
    struct Restore(bool);

    impl Drop for Restore {
        fn drop(&mut self) {
            IS_QUIET.set(self.0);
        }
    }

    let _restore = Restore(IS_QUIET.replace(true));
    call()
}

fn note(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(|location| {
        let place = location.to_string();
        let caller = if is_in_tokio(&place) { caller_of_tokio(&Backtrace::force_capture().to_string()) } else { None };
        caller.unwrap_or_else(|| readable(&place))
    });
    // Fails only while the thread ends.
    let _ = PANICKED_AT.try_with(|panicked_at| panicked_at.set(place));
}

fn is_in_tokio(place: &str) -> bool {
    place.replace('\\', "/").split_once(DEPENDENCIES).is_some_and(|(_, path)| path.contains("/tokio-"))
}

/// The place of the innermost call to tokio in a backtrace, if code of a node made it.
fn caller_of_tokio(backtrace: &str) -> Option<String> {
    let places = backtrace.lines().filter_map(|line| line.trim_start().strip_prefix("at "));
    let mut places = places.skip_while(|place| !is_in_tokio(place));
    let caller = places.find(|place| !place.replace('\\', "/").contains(DEPENDENCIES) && !place.starts_with("/rustc/"))?;
    let is_executor = caller.replace('\\', "/").contains("runtime/src/executor/");
    (!is_executor).then(|| caller.strip_prefix("./").unwrap_or(caller).to_owned())
}

/// Takes the place of the latest panic of this thread: file, line and column, if the hook was told.
///
/// A hook that was set later by other code may keep the place to itself.
pub fn take_panic_place() -> Option<String> {
    PANICKED_AT.take()
}

/// A place without the folders in which one machine keeps the sources of dependencies.
fn readable(place: &str) -> String {
    let place = place.replace('\\', "/");
    let dependency = place.split_once(DEPENDENCIES).and_then(|(_, rest)| rest.split_once('/'));
    dependency.map_or(place.clone(), |(_, path)| path.to_owned())
}

impl Kernel {
    /// Keeps the place of a panic that was caught just now, unless an earlier one is kept: the first panic ends the run.
    #[cold]
    pub(crate) fn keep_panic_place(&mut self) {
        let place = take_panic_place();
        self.panicked_at.get_or_insert(place);
    }

    /// Returns where the code that ended the run panicked: file, line and column, where it is known.
    pub fn panic_place(&mut self) -> Option<String> {
        self.keep_panic_place();
        self.panicked_at.clone().flatten()
    }
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    #[test]
    fn the_place_of_a_caught_panic_is_known_once() {
        note_panic_places();
        let line = line!() + 1;
        catch_unwind(|| panic!("on purpose")).expect_err("it panics");
        let place = take_panic_place().expect("the hook was told");
        assert!(place.contains(&format!("panic_place.rs:{line}:")), "{place}");
        assert_eq!(take_panic_place(), None);
    }

    #[test]
    fn a_thread_is_quiet_for_one_call_even_if_it_panics() {
        assert!(!is_quiet());
        let is_quiet_after_an_inner_call = without_panic_output(|| {
            without_panic_output(|| {});
            is_quiet()
        });
        assert!(is_quiet_after_an_inner_call);
        catch_unwind(|| without_panic_output(|| panic!("on purpose"))).expect_err("it panics");
        assert!(!is_quiet());
    }

    #[test]
    fn a_call_within_tokio_is_placed_at_its_caller() {
        let dependency = "/home/ann/.cargo/registry/src/index-1a/";
        let backtrace = |caller: &str| {
            let frames = ["./runtime/src/executor/panic_place.rs:3:9", "/rustc/59/library/std/src/panicking.rs:1:2"];
            let tokio = format!("{dependency}tokio-1.54.1/src/net/udp.rs:7:9");
            let frames = [&frames[..], &[&tokio, "/rustc/59/library/core/src/option.rs:1:2", caller, "./main.rs:1:1"]].concat();
            frames.iter().enumerate().map(|(index, place)| format!("  {index}: name\n      at {place}\n")).collect::<String>()
        };
        assert_eq!(caller_of_tokio(&backtrace("./src/store.rs:7:20")).as_deref(), Some("src/store.rs:7:20"));
        let hyper = format!("{dependency}hyper-1.0.0/src/lib.rs:7:9");
        assert_eq!(caller_of_tokio(&backtrace(&hyper)).as_deref(), Some("main.rs:1:1"));
        assert_eq!(caller_of_tokio(&backtrace("./crates/runtime/src/executor/poll.rs:7:20")), None);
        assert_eq!(caller_of_tokio("  0: name\n      at ./src/store.rs:7:20\n"), None);
    }

    #[test]
    fn a_place_in_a_dependency_has_no_folder_of_the_machine() {
        let read = |place| readable(place);
        assert_eq!(
            read("/home/ann/.cargo/registry/src/index-1a/tokio-1.54.1/src/net/udp.rs:7:9"),
            "tokio-1.54.1/src/net/udp.rs:7:9"
        );
        assert_eq!(read(r"C:\Users\ann\.cargo\registry\src\index-1a\mio-1.0.0\src\lib.rs:7:9"), "mio-1.0.0/src/lib.rs:7:9");
        assert_eq!(read("crates/store/src/lib.rs:7:9"), "crates/store/src/lib.rs:7:9");
    }
}
