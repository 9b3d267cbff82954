//! A simulation is a value: no thread-local and no static holds a part of it.

use xtask::sources::Source;
use xtask::tokens::{Token, occurrences};

use crate::{Finding, assert_tidy, rust_sources, sample, tokens_of};

/// A file, the name of a mutable static that it may hold, and the reason. Each needs its line in ARCHITECTURE.md.
const ALLOWED: &[(&str, &str, &str)] = &[
    (
        "crates/explore/src/child/call.rs",
        "CALLS",
        "counts the calls of a test, so that another process finds that call again; no run reads it",
    ),
    (
        "crates/invariants/src/history/file/memory.rs",
        "ROOM",
        "the memory that the value of a file may take while a reader parses it; put back at its end, and no run reads files",
    ),
    ("crates/runtime/src/executor/context.rs", "ENTERED", "the simulation whose code runs now; put back at the end of the poll"),
    ("crates/runtime/src/executor/inbox.rs", "INBOXES", "a waker may outlive its run, and wakes through it reach no task"),
    ("crates/runtime/src/executor/inbox.rs", "FREE", "which of those inboxes no run holds"),
    (
        "crates/runtime/src/executor/log.rs",
        "LOG",
        "the machine that steps while a subscriber listens, and the lines of a recorded step; no decision reads them",
    ),
    (
        "crates/runtime/src/executor/panic_place.rs",
        "PANICKED_AT",
        "where the thread panicked last, until the run that caught it takes it; no decision reads it",
    ),
    ("crates/runtime/src/executor/panic_place.rs", "IS_QUIET", "whether panics of a thread are printed; put back after the call"),
];

/// Whether a static of that name is allowed there.
fn is_allowed(source: &Source, name: &str) -> bool {
    ALLOWED.iter().any(|(file, allowed, _)| *file == source.path && *allowed == name)
}

fn shared_state(source: &Source) -> Vec<Finding> {
    if !(source.path.starts_with("crates/") && source.path.contains("/src/")) {
        return Vec::new();
    }
    let tokens = tokens_of(source);
    let finding = |index: usize, what: &str| {
        let cure = format!("{what} outlives the simulation and joins two of them; keep it in the value that owns it");
        Finding::at(source, tokens[index].line, cure)
    };
    let mut findings = Vec::new();
    for index in occurrences(&tokens, "thread_local !") {
        let names = occurrences(&tokens[index..], "static");
        let name = names.first().and_then(|first| tokens.get(index + first + 1));
        if name.is_none_or(|name| !is_allowed(source, &name.text)) {
            findings.push(finding(index, "`thread_local!`"));
        }
    }
    findings.extend(occurrences(&tokens, "static mut").into_iter().map(|index| finding(index, "`static mut`")));
    for index in occurrences(&tokens, "static") {
        let Some([name, colon]) = tokens.get(index + 1..index + 3) else { continue };
        if colon.text == ":" && !is_allowed(source, &name.text) && changes(&tokens[index + 3..]) {
            findings.push(finding(index, &format!("the static {}", name.text)));
        }
    }
    findings
}

/// Whether the type that begins here has interior mutability.
fn changes(tokens: &[Token]) -> bool {
    let mut words = tokens.iter().map(|token| token.text.as_str()).take_while(|text| !matches!(*text, "=" | ";"));
    words.any(|word| matches!(word, "Mutex" | "RwLock" | "OnceLock") || word.starts_with("Atomic") || word.ends_with("Cell"))
}

#[test]
fn nothing_outlives_a_simulation() {
    assert_tidy(&rust_sources().iter().flat_map(shared_state).collect::<Vec<_>>());
}

#[test]
fn every_kind_of_shared_state_is_found() {
    let bad = [
        "thread_local! { static A: u8 = 0; }",
        "static mut A: u8 = 0;",
        "static A: Mutex<u8> = Mutex::new(0);",
        "pub static A: std::sync::RwLock<u8> = RwLock::new(0);",
        "static A: AtomicU64 = AtomicU64::new(0);",
        "fn f() { static A: OnceLock<u8> = OnceLock::new(); }",
        "static A: [RefCell<u8>; 2] = [];",
        "static A: LazyLock<parking_lot::Mutex<u8>> = LazyLock::new(f);",
    ];
    for text in bad {
        assert_eq!(shared_state(&sample("crates/runtime/src/a.rs", text)).len(), 1, "{text}");
    }
}

#[test]
fn constants_and_lifetimes_are_no_state() {
    let text = "static A: &str = \"Mutex\"; const B: Cell<u8> = Cell::new(0); fn f(a: &'static mut u8, b: &'static Mutex<u8>) {}";
    assert_eq!(shared_state(&sample("crates/runtime/src/a.rs", text)), []);
}

#[test]
fn an_allowed_static_is_allowed_in_its_file_only() {
    let text = "thread_local! { static ENTERED: RefCell<u8> = f(); }";
    assert_eq!(shared_state(&sample("crates/runtime/src/executor/context.rs", text)), []);
    assert_eq!(shared_state(&sample("crates/runtime/src/executor/other.rs", text)).len(), 2);
}
