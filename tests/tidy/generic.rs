//! Code that serves every system names none of them.

use std::collections::BTreeSet;

use xtask::sources::Source;
use xtask::tokens::Token;

use crate::reach::test_modules;
use crate::{Finding, assert_tidy, rust_sources, sample, tokens_of};

/// The folders of that code.
const GENERIC: &[&str] = &["crates/registry/src/", "crates/cli/src/"];

/// Words of single systems that are no names of systems.
const WORDS: &[&str] = &["fanout"];

/// Words of their names that have a meaning of their own: models of histories are queues, files are logs, and choices come from streams.
const COMMON: &[&str] = &["queue", "log", "stream"];

/// The words of the systems that come with cluster-sim: `edge` and `cache` of `edge-cache`.
fn words_of_systems() -> BTreeSet<String> {
    let registry = cluster_sim_scenarios::builtin();
    let names = registry.systems().flat_map(|system| system.name().split('-').map(str::to_owned).collect::<Vec<_>>());
    let names = names.filter(|word| !COMMON.contains(&word.as_str()));
    names.chain(WORDS.iter().map(|word| (*word).to_owned())).collect()
}

/// The words of a token in lower case: of `EdgeCacheFile` and of `edge_cache_file` alike `edge`, `cache` and `file`.
fn words(token: &Token) -> Vec<String> {
    let mut spaced = String::new();
    for character in token.text.chars() {
        if character.is_uppercase() && spaced.ends_with(char::is_lowercase) {
            spaced.push(' ');
        }
        spaced.push(if character.is_alphanumeric() { character } else { ' ' });
    }
    spaced.split_whitespace().map(str::to_lowercase).collect()
}

fn naming_a_system(source: &Source, systems: &BTreeSet<String>) -> Vec<Finding> {
    if !GENERIC.iter().any(|folder| source.path.starts_with(folder)) || source.path.ends_with("tests.rs") {
        return Vec::new();
    }
    let tokens = tokens_of(source);
    let tests = test_modules(&tokens);
    let in_tests = |index: usize| tests.iter().any(|module| module.contains(&index));
    let code = tokens.iter().enumerate().filter(|(index, _)| !in_tests(*index)).map(|(_, token)| token);
    let named = code.filter_map(|token| Some((token.line, words(token).into_iter().find(|word| systems.contains(word))?)));
    let cure = |word: &str| format!("names `{word}`, which is about one system; let that system's `System` say it");
    named.map(|(line, word)| Finding::at(source, line, cure(&word))).collect()
}

#[test]
fn generic_code_names_no_system() {
    let systems = words_of_systems();
    assert_tidy(&rust_sources().iter().flat_map(|source| naming_a_system(source, &systems)).collect::<Vec<_>>());
}

#[test]
fn the_name_of_a_system_is_found_however_it_is_written() {
    let systems = BTreeSet::from(["edge", "cache"].map(str::to_owned));
    for text in [
        "use cluster_sim_edge_cache::Bug;",
        "fn f() -> EdgeCacheFile {}",
        "const EXAMPLE: &str = \"cluster-sim run edge-cache\";",
        "const EDGE_COUNT: u32 = 1;",
        "/// Caches and a cache.\nfn f() {}",
    ] {
        assert_eq!(naming_a_system(&sample("crates/cli/src/a.rs", text), &systems).len(), 1, "{text}");
    }
}

#[test]
fn other_words_other_code_and_tests_pass() {
    let systems = BTreeSet::from(["edge".to_owned()]);
    let text = "fn acknowledged(knowledge: Ledger) { hedge() }\n#[cfg(test)]\nmod tests { fn edge_41_logs() {} }";
    assert_eq!(naming_a_system(&sample("crates/cli/src/a.rs", text), &systems), []);
    assert_eq!(naming_a_system(&sample("crates/scenarios/src/a.rs", "use edge::A;"), &systems), []);
}
