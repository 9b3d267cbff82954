//! The names of tests, of files and of public types.

use std::collections::{BTreeMap, BTreeSet};

use xtask::sources::Source;
use xtask::specification::Specification;
use xtask::tokens::{Token, test_functions};

use crate::{Finding, assert_tidy, rust_sources, sample, specifications, tokens_of};

/// A claim that needs more words than this makes two claims, or describes its sample.
const TEST_WORDS_MAX: usize = 12;

/// Nouns that end like a gerund, and may name a file.
const NOUNS: &[(&str, &str)] = &[
    ("accounting", "the balance of messages sent, delivered and lost"),
    ("finding", "a broken rule, the type of that name"),
    ("mixing", "the published mixing functions"),
    ("recording", "the events of a run as data, the type of that name"),
    ("ring", "a ring of buckets"),
    ("sampling", "drawing from a distribution, the term of statistics"),
    ("timing", "timers in local time, a noun since long"),
];

/// File names that every folder may have.
const COMMON_FILES: &[&str] = &["mod.rs", "tests.rs", "error.rs"];

/// A package and a file name that several of its folders have, with the part that these files play.
const TWINS: &[(&str, &str, &str)] = &[
    ("crates/runtime", "sleep.rs", "a sleep on virtual time, and on tokio's clock"),
    ("crates/transport", "counts.rs", "the counts of simulated sessions, and of real sockets"),
    ("crates/transport", "endpoint.rs", "the end of a simulated session, and of one over TCP"),
    ("crates/transport", "handshake.rs", "how a simulated session opens, and one over TCP"),
    ("crates/transport", "recv.rs", "how a datagram is received, and a message of a session"),
    ("crates/transport", "send.rs", "how a datagram is sent, and a message of a session"),
    ("crates/invariants", "foreign.rs", "the names that other tools have for operations of models, services and transactions"),
    ("crates/simulation", "names.rs", "the names that the decoding of a record asks for, and as a run has them"),
    ("crates/explore", "process.rs", "the other process of a determinism check, and any child process"),
    ("crates/explore", "protocol.rs", "the messages between the processes of a determinism check, and of a campaign"),
    ("crates/simulation", "text.rs", "a report as text, a divergence, and what others need to write texts"),
    ("crates/simulation", "views.rs", "the types of views that a scenario shows, and the views of a recording"),
    ("crates/scenarios", "general.rs", "the scenario files of each system that has those of the general format"),
    ("crates/scenarios", "planted.rs", "the planted bugs of each system, and the cluster that finds them"),
];

/// A name that public types of several packages share, these packages, and the reason. Each system has a namespace of its own.
const SHARED_TYPES: &[(&str, &[&str], &str)] = &[
    ("ApplyMode", &["crates/scenarios", "crates/systems/edge-cache"], "a word of the scenario file, and what it configures"),
    ("Counter", &["crates/invariants", "crates/metrics"], "the model of a counter, and a metric"),
    ("Decision", &["crates/runtime", "crates/simulation"], "a decision of a file, with names, and of a run, with numbers"),
    ("JoinError", &["crates/node", "crates/runtime"], "the error of a node's task, which wraps that of the simulated one"),
    ("Key", &["crates/simulation", "crates/systems/edge-cache"], "what joins two events, and what a cache stores"),
    ("Message", &["crates/scenarios", "crates/testkit", "crates/transport"], "the trait, and the messages of small systems"),
    ("Outcome", &["crates/simulation", "crates/systems/stream-queue"], "the end of a run, and the effect of a command"),
    ("Record", &["crates/runtime", "crates/systems/stream-queue"], "an event of the engine as data, and an entry of a queue"),
    ("ScenarioError", &["crates/registry", "crates/simulation"], "a scenario as built that cannot run, and one as written"),
    ("Sleep", &["crates/node", "crates/runtime"], "the sleep of a node, which wraps the simulated one"),
    ("Step", &["crates/runtime", "crates/scenarios"], "a step of the engine, and of a scenario file, whose format names it"),
    ("Waiting", &["crates/runtime", "crates/systems/echo"], "a task that waits, and a request that waits for its answer"),
];

/// The words of a test's name that make its claim: without the mark of a soak, and without the rows of a specification that it
/// proves, `edge_11` or `edge_12_to_15`, or an id such as `t02`.
fn claim<'n>(file: &str, name: &'n str, specifications: &[Specification]) -> Vec<&'n str> {
    let name = name.strip_prefix("soak_").unwrap_or(name);
    let proofs = specifications.iter().map(|specification| specification.split(file, name));
    if let Some((_, words)) = proofs.into_iter().find(|(rows, _)| !rows.is_empty()) {
        return words;
    }
    let words: Vec<&str> = name.split('_').filter(|word| !word.is_empty()).collect();
    let is_id = |word: &str| {
        let digits = word.strip_prefix(|sign: char| sign.is_ascii_lowercase()).unwrap_or(word);
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    let ids = usize::from(words.first().is_some_and(|first| is_id(first)));
    words[ids..].to_vec()
}

fn long_test_names(source: &Source, specifications: &[Specification]) -> Vec<Finding> {
    let tokens = tokens_of(source);
    let finding = |name: &Token| {
        let words = claim(&source.path, &name.text, specifications).len();
        let cure = format!("`{}` has {words} words, more than {TEST_WORDS_MAX}; claim one thing, in the present tense", name.text);
        (words > TEST_WORDS_MAX).then(|| Finding::at(source, name.line, cure))
    };
    test_functions(&tokens).filter_map(finding).collect()
}

fn file_name(source: &Source) -> &str {
    source.path.rsplit('/').next().unwrap_or(&source.path)
}

fn named_for_a_gerund(source: &Source) -> Option<Finding> {
    let stem = file_name(source).strip_suffix(".rs")?;
    let word = stem.rsplit('_').next().unwrap_or(stem);
    let is_gerund = word.ends_with("ing") && !NOUNS.iter().any(|(noun, _)| *noun == word);
    is_gerund.then(|| Finding::new(&source.path, "is named for a gerund; name it for the noun or the stem of the verb: `send.rs`"))
}

/// The package of a source in a `src` folder: `crates/node`, `crates/systems/echo`, `xtask`.
fn package(source: &Source) -> Option<&str> {
    source.path.split_once("/src/").map(|(package, _)| package)
}

fn shared_file_names(sources: &[Source]) -> Vec<Finding> {
    let mut files: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for source in sources {
        if let Some(package) = package(source).filter(|_| !COMMON_FILES.contains(&file_name(source))) {
            files.entry((package, file_name(source))).or_default().push(&source.path);
        }
    }
    files.retain(|(package, file), paths| paths.len() > 1 && !TWINS.iter().any(|(of, twin, _)| of == package && twin == file));
    let cure = "share a name; name each for what only it does, or say in TWINS of tests/tidy/names.rs which part they play";
    files.values().map(|paths| Finding::new(paths.join(" and "), cure)).collect()
}

/// The public types of a source.
fn public_types(source: &Source) -> Vec<(String, usize)> {
    let tokens = tokens_of(source);
    let is_type = |window: &&[Token]| {
        window[0].text == "pub" && matches!(window[1].text.as_str(), "struct" | "enum" | "trait" | "type" | "union")
    };
    tokens.windows(3).filter(is_type).map(|window| (window[2].text.clone(), window[2].line)).collect()
}

fn shared_type_names(sources: &[Source]) -> Vec<Finding> {
    let mut types: BTreeMap<String, BTreeMap<&str, String>> = BTreeMap::new();
    for source in sources.iter().filter(|source| source.path.starts_with("crates/")) {
        let Some(package) = package(source) else { continue };
        for (name, line) in public_types(source) {
            types.entry(name).or_default().entry(package).or_insert_with(|| format!("{}:{line}", source.path));
        }
    }
    let mut findings = Vec::new();
    for (name, places) in &types {
        let packages: BTreeSet<&str> = places.keys().copied().collect();
        let is_of_a_system = |package: &&&str| package.starts_with("crates/systems/");
        let is_allowed =
            SHARED_TYPES.iter().any(|(shared, of, _)| shared == name && packages.iter().all(|package| of.contains(package)));
        // Code for one system never imports another.
        let others = packages.iter().filter(|package| !is_of_a_system(package)).count();
        if packages.len() > 1 && others > 0 && !is_allowed {
            let places: Vec<&str> = places.values().map(String::as_str).collect();
            findings.push(Finding::new(places.join(" and "), format!("`{name}` are two public types of one name; rename one")));
        }
    }
    findings
}

#[test]
fn test_names_are_short_claims() {
    let specifications = specifications();
    assert_tidy(&rust_sources().iter().flat_map(|source| long_test_names(source, &specifications)).collect::<Vec<_>>());
}

#[test]
fn files_are_named_for_nouns_or_verb_stems() {
    assert_tidy(&rust_sources().iter().filter_map(named_for_a_gerund).collect::<Vec<_>>());
}

#[test]
fn no_two_files_of_a_package_share_a_name() {
    assert_tidy(&shared_file_names(&rust_sources()));
}

#[test]
fn no_two_public_types_share_a_name() {
    assert_tidy(&shared_type_names(&rust_sources()));
}

#[test]
fn a_long_test_name_is_found() {
    let specifications = specifications();
    let twelve = "a_b_c_d_e_f_g_h_i_j_k_l";
    let lines = |name: &str| {
        let source = sample("a.rs", &format!("fn {name}_m_helper() {{}}\n#[test]\nfn {name}() {{}}"));
        long_test_names(&source, &specifications).into_iter().map(|finding| finding.place).collect::<Vec<_>>()
    };
    assert_eq!(lines(&format!("{twelve}_m")), ["a.rs:3"]);
    assert_eq!(lines(&format!("edge_{twelve}")), ["a.rs:3"]);
    for prefix in ["", "soak_", "t02_", "edge_11_", "edge_d06_", "edge_12_to_15_d07_", "soak_edge_11_"] {
        assert_eq!(lines(&format!("{prefix}{twelve}")), [""; 0], "{prefix}");
    }
}

#[test]
fn a_file_named_for_a_gerund_is_found() {
    for path in ["crates/a/src/telling.rs", "tests/in_passing.rs"] {
        assert!(named_for_a_gerund(&sample(path, "")).is_some(), "{path}");
    }
    for path in ["crates/a/src/ring.rs", "tests/ring.rs", "tests/a_finding.rs", "tests/rings.rs", "tests/kinging/a.rs"] {
        assert_eq!(named_for_a_gerund(&sample(path, "")), None, "{path}");
    }
}

#[test]
fn a_shared_file_name_is_found() {
    let found = |paths: &[&str]| shared_file_names(&paths.iter().map(|path| sample(path, "")).collect::<Vec<_>>());
    let findings = found(&["crates/a/src/b.rs", "crates/a/src/c/b.rs", "crates/a/src/d.rs"]);
    assert_eq!(
        findings.iter().map(|finding| finding.place.as_str()).collect::<Vec<_>>(),
        ["crates/a/src/b.rs and crates/a/src/c/b.rs"]
    );
    assert_eq!(found(&["crates/a/src/b.rs", "crates/c/src/b.rs", "crates/a/tests/b.rs", "crates/a/tests/c/b.rs"]), []);
    assert_eq!(found(&["crates/a/src/b/mod.rs", "crates/a/src/c/mod.rs", "crates/a/src/error.rs", "crates/a/src/c/error.rs"]), []);
    let (package, file, _) = TWINS[0];
    assert_eq!(found(&[&format!("{package}/src/a/{file}"), &format!("{package}/src/b/{file}")]), []);
    assert_eq!(found(&[&format!("crates/z/src/a/{file}"), &format!("crates/z/src/b/{file}")]).len(), 1);
}

#[test]
fn a_shared_type_name_is_found() {
    let found =
        |sources: &[(&str, &str)]| shared_type_names(&sources.iter().map(|(path, text)| sample(path, text)).collect::<Vec<_>>());
    let findings = found(&[("crates/a/src/b.rs", "\npub struct C;"), ("crates/d/src/e.rs", "pub trait C {}")]);
    assert_eq!(
        findings.iter().map(|finding| finding.place.as_str()).collect::<Vec<_>>(),
        ["crates/a/src/b.rs:2 and crates/d/src/e.rs:1"]
    );
    let alone = [
        ("crates/a/src/b.rs", "pub struct C; pub use d::C;"),
        ("crates/d/src/e.rs", "pub use a::C; pub(crate) enum C {} struct C; pub fn C() {} // pub struct C"),
        ("crates/d/tests/e.rs", "pub struct C;"),
    ];
    assert_eq!(found(&alone), []);
    assert_eq!(found(&[("crates/systems/a/src/b.rs", "pub type C = u8;"), ("crates/systems/d/src/b.rs", "pub enum C {}")]), []);
    let (name, of, _) = SHARED_TYPES[0];
    let declaration = format!("pub struct {name};");
    let place = |package: &str| format!("{package}/src/b.rs");
    assert_eq!(found(&[(&place(of[0]), &declaration), (&place(of[1]), &declaration)]), []);
    assert_eq!(found(&[(&place(of[0]), &declaration), (&place("crates/z"), &declaration)]).len(), 1);
}

#[test]
fn every_exception_is_still_needed() {
    let sources = rust_sources();
    let stems: BTreeSet<&str> = sources.iter().filter_map(|source| file_name(source).strip_suffix(".rs")).collect();
    let mut findings = Vec::new();
    for (package_of, file, _) in TWINS {
        let files = sources.iter().filter(|source| package(source) == Some(package_of) && file_name(source) == *file).count();
        if files < 2 {
            findings.push(Finding::new(*file, format!("has no twin in {package_of} any longer; take it off TWINS")));
        }
    }
    for (noun, _) in NOUNS.iter() {
        if !stems.iter().any(|stem| stem.ends_with(noun)) {
            findings.push(Finding::new(*noun, "names no file any longer; take it off NOUNS"));
        }
    }
    let types: BTreeSet<(Option<&str>, String)> =
        sources.iter().flat_map(|source| public_types(source).into_iter().map(move |(name, _)| (package(source), name))).collect();
    for (name, packages, _) in SHARED_TYPES {
        for of in packages.iter().filter(|of| !types.contains(&(Some(**of), (*name).to_owned()))) {
            findings.push(Finding::new(*name, format!("is no public type of {of} any longer; take it off SHARED_TYPES")));
        }
    }
    assert_tidy(&findings);
}
