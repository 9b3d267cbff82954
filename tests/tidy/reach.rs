//! No step of a simulation touches the environment, the machine's clock, its threads or the terminal.
//!
//! Clippy holds the rule by resolved names (`clippy.toml`). This one also finds unused imports, and no attribute in the source
//! silences it.

use std::ops::Range;

use xtask::sources::Source;
use xtask::tokens::{Token, closing, occurrences};

use crate::{Finding, assert_tidy, rust_sources, sample, tokens_of};

/// The folders whose code a step can reach.
const REACHABLE: &[&str] = &[
    "crates/types/src/",
    "crates/runtime/src/",
    "crates/transport/src/",
    "crates/node/src/",
    "crates/invariants/src/",
    "crates/metrics/src/",
    "crates/systems/",
    "crates/simulation/src/",
    "crates/explain/src/",
    "crates/cluster-sim/src/",
];

/// Exceptions, with the reason.
const ALLOWED: &[(&str, &str)] = &[
    (
        "crates/runtime/src/executor/thread.rs",
        "tells a wake from another thread, and an unwinding one, and moves whole runs to a thread; nothing of it reaches a decision",
    ),
    ("crates/runtime/src/real/life.rs", "the clock of nodes that really run; no simulated step reaches it"),
];

const ENVIRONMENT: &str = "reads the environment: let `explore` or the command line read it and hand it over as data";
const CLOCK: &str = "reads the machine's clock: a machine is handed `now`, a check asks the world";
const THREAD: &str = "uses the machine's threads: a simulation lives in one, `explore` spreads runs over many";
const TERMINAL: &str = "writes to the terminal: put it into the report, or log it with `tracing`";

/// Forbidden tokens and their cures.
const FORBIDDEN: &[(&str, &str)] = &[
    ("std :: env", ENVIRONMENT),
    ("env :: var", ENVIRONMENT),
    ("env :: var_os", ENVIRONMENT),
    ("Instant :: now", CLOCK),
    ("SystemTime", CLOCK),
    ("std :: thread", THREAD),
    ("thread :: sleep", THREAD),
    ("thread :: spawn", THREAD),
    ("print !", TERMINAL),
    ("println !", TERMINAL),
    ("eprint !", TERMINAL),
    ("eprintln !", TERMINAL),
    ("dbg !", TERMINAL),
    ("io :: stdout", TERMINAL),
    ("io :: stderr", TERMINAL),
];

/// Modules that `use std::{env, …}` must not import, and their cures.
const FORBIDDEN_MODULES: &[(&str, &str)] = &[("env", ENVIRONMENT), ("thread", THREAD)];

fn outside_a_step(source: &Source) -> Vec<Finding> {
    let path = source.path.as_str();
    let is_test = path.contains("/tests/") || path.ends_with("/tests.rs") || path.contains("/examples/");
    let reachable = REACHABLE.iter().any(|folder| path.starts_with(folder));
    if !reachable || is_test || ALLOWED.iter().any(|(allowed, _)| path.starts_with(allowed)) {
        return Vec::new();
    }
    let tokens = tokens_of(source);
    let tests = test_modules(&tokens);
    let mut places: Vec<(usize, &str, &str)> = Vec::new();
    for (pattern, cure) in FORBIDDEN {
        places.extend(occurrences(&tokens, pattern).into_iter().map(|index| (index, *pattern, *cure)));
    }
    for (module, cure) in FORBIDDEN_MODULES {
        places.extend(grouped(&tokens, module).into_iter().map(|index| (index, *module, *cure)));
    }
    places.retain(|(index, ..)| !tests.iter().any(|module| module.contains(index)));
    places.sort_unstable();
    let finding = |(index, pattern, cure): (usize, &str, &str)| {
        Finding::at(source, tokens[index].line, format!("`{}` {cure}", pattern.replace(' ', "")))
    };
    places.into_iter().map(finding).collect()
}

/// The places of a module directly in `std::{…}`.
fn grouped(tokens: &[Token], module: &str) -> Vec<usize> {
    let mut places = Vec::new();
    for start in occurrences(tokens, "std :: {") {
        let (open, mut depth) = (start + 2, 0);
        for index in open..closing(tokens, open) {
            match tokens[index].text.as_str() {
                "{" => depth += 1,
                "}" => depth -= 1,
                text if depth == 1 && text == module && matches!(tokens[index - 1].text.as_str(), "{" | ",") => places.push(index),
                _ => {}
            }
        }
    }
    places
}

/// The token ranges of `#[cfg(test)]` modules.
pub(crate) fn test_modules(tokens: &[Token]) -> Vec<Range<usize>> {
    let starts = occurrences(tokens, "# [ cfg ( test ) ] mod");
    let with_body = starts.into_iter().filter(|start| tokens.get(start + 9).is_some_and(|token| token.text == "{"));
    with_body.map(|start| start..closing(tokens, start + 9)).collect()
}

#[test]
fn no_step_reaches_the_environment_the_clock_the_threads_or_the_terminal() {
    assert_tidy(&rust_sources().iter().flat_map(outside_a_step).collect::<Vec<_>>());
}

fn lines_in(path: &str, text: &str) -> Vec<String> {
    outside_a_step(&sample(path, text)).into_iter().map(|finding| finding.place).collect()
}

#[test]
fn every_forbidden_thing_is_found() {
    for (pattern, _) in FORBIDDEN {
        let text = format!("fn f() {{\n    {pattern} (\"a\");\n}}");
        assert!(lines_in("crates/runtime/src/a.rs", &text).contains(&"crates/runtime/src/a.rs:2".to_owned()), "{pattern}");
    }
}

#[test]
fn a_grouped_import_is_found() {
    let text = "use std::{\n    env,\n    fmt::{self, thread},\n    thread::{self},\n};";
    assert_eq!(lines_in("crates/systems/a/src/lib.rs", text), ["crates/systems/a/src/lib.rs:2", "crates/systems/a/src/lib.rs:4"]);
}

#[test]
fn comments_strings_tests_and_the_crate_explore_may() {
    let text =
        "// std::env::var\n/// println!\nconst A: &str = \"SystemTime\";\n#[cfg(test)]\nmod tests {\n    fn f() { println!(); }\n}";
    assert_eq!(lines_in("crates/node/src/lib.rs", text), [""; 0]);
    let text = "fn f() { println!(); }";
    assert_eq!(lines_in("crates/explore/src/campaign/sweep.rs", text), [""; 0]);
    assert_eq!(lines_in("crates/cli/src/main.rs", text), [""; 0]);
    assert_eq!(lines_in("crates/simulation/src/campaigns.rs", text), ["crates/simulation/src/campaigns.rs:1"]);
    let after = "#[cfg(test)]\nmod tests {}\nfn f() { println!(); }";
    assert_eq!(lines_in("crates/node/src/lib.rs", after), ["crates/node/src/lib.rs:3"]);
}
