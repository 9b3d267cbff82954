//! The crate that users name is thin: few names at its root, the rest in modules, and nothing of the engine.

use std::collections::BTreeSet;

use xtask::sources::Source;
use xtask::tokens::{Token, closing, occurrences};

use crate::reach::test_modules;
use crate::{Finding, assert_tidy, rust_sources, sample, tokens_of};

const FACADE: &str = "crates/cluster-sim/src/lib.rs";

/// Names at the root, which a reader of the documentation sees first.
const ROOT_MAX: usize = 30;

/// The modules, each with a line of documentation.
const MODULES: &[&str] = &[
    "check",
    "collections",
    "disk",
    "explain",
    "explore",
    "fault",
    "net",
    "node",
    "object_store",
    "prelude",
    "report",
    "scenario",
    "tokio",
];

/// The crates that keep an engine, and hide it from their documentation.
const WITH_ENGINE: &[&str] = &["crates/runtime/src/lib.rs", "crates/node/src/lib.rs"];

/// The modules of `simulation` that only our own crates use.
const SEAMS: &[&str] = &["driver", "text"];

/// A name that a source makes public by `pub use`.
#[derive(Debug, PartialEq, Eq)]
struct Export {
    /// The module around it, if it is not at the root.
    module: Option<String>,
    name: String,
    line: usize,
    is_hidden: bool,
}

/// The names that a `lib.rs` makes public by `pub use`, at its root and in its modules.
fn exports(source: &Source) -> Vec<Export> {
    let tokens = tokens_of(source);
    let modules: Vec<(usize, usize, &str)> = occurrences(&tokens, "pub mod")
        .into_iter()
        .filter(|start| tokens[start + 3].text == "{")
        .map(|start| (start, closing(&tokens, start + 3), tokens[start + 2].text.as_str()))
        .collect();
    let mut found = Vec::new();
    for start in occurrences(&tokens, "pub use") {
        let module = modules.iter().find(|(from, until, _)| (*from..*until).contains(&start)).map(|(.., name)| (*name).to_owned());
        let length = tokens[start..].iter().position(|token| token.text == ";").expect("an import ends");
        let is_hidden = attributes(&tokens, start).any(|attribute| attribute == "# [ doc ( hidden ) ]");
        for index in start..start + length {
            let (name, next) = (&tokens[index], tokens[index + 1].text.as_str());
            if matches!(next, "," | "}" | ";") && name.text != "}" && name.text != "," {
                let name = name.text.clone();
                found.push(Export { module: module.clone(), name, line: tokens[index].line, is_hidden });
            }
        }
    }
    found
}

/// The attributes of the item that begins at a token, last first, their tokens separated by spaces.
fn attributes(tokens: &[Token], item: usize) -> impl Iterator<Item = String> {
    let mut end = item;
    std::iter::from_fn(move || {
        if end == 0 || tokens[end - 1].text != "]" {
            return None;
        }
        let opens = |start: &usize| tokens[*start].text == "#" && closing(tokens, start + 1) == end - 1;
        let start = (0..end - 1).rev().find(opens)?;
        let text: Vec<&str> = tokens[start..end].iter().map(|token| token.text.as_str()).collect();
        end = start;
        Some(text.join(" "))
    })
}

/// The findings in the names of the facade; `engine` are the names that it must not hand on.
fn in_names(facade: &Source, engine: &BTreeSet<String>) -> Vec<Finding> {
    let exports = exports(facade);
    let mut findings = Vec::new();
    let root: Vec<&Export> = exports.iter().filter(|export| export.module.is_none() && !export.is_hidden).collect();
    if root.len() > ROOT_MAX {
        let cure = format!("has {} names at its root, more than {ROOT_MAX}; move one to a module", root.len());
        findings.push(Finding::new(&facade.path, cure));
    }
    for Export { name, line, .. } in &exports {
        if name == "*" || name == "self" || name.starts_with("cluster_sim_") {
            findings.push(Finding::at(facade, *line, "hands on whatever another crate has; list the names"));
        }
        if engine.contains(name) || SEAMS.contains(&name.as_str()) {
            findings.push(Finding::at(facade, *line, format!("hands on `{name}`, a part of the engine or a way to it")));
        }
    }
    findings
}

/// The findings in the modules of the facade.
fn in_modules(facade: &Source) -> Vec<Finding> {
    let tokens = tokens_of(facade);
    let mut findings = Vec::new();
    for start in occurrences(&tokens, "pub mod") {
        let name = &tokens[start + 2].text;
        if !MODULES.contains(&name.as_str()) {
            let cure = format!("has a module {name}, which tests/tidy/facade.rs does not know; its names fit one of those");
            findings.push(Finding::at(facade, tokens[start].line, cure));
        }
        let is_inline = tokens[start + 3].text == "{";
        if is_inline && !attributes(&tokens, start).any(|attribute| attribute.starts_with("# [ doc =")) {
            findings.push(Finding::at(facade, tokens[start].line, format!("does not say what is in {name}; write a line")));
        }
    }
    findings
}

/// The type of an `impl` whose tokens up to its block these are.
fn implemented(header: &[Token]) -> Option<&str> {
    let mut depth = 0;
    let outside = header.iter().skip(1).find(|token| {
        let is_outside = depth == 0 && token.text != "<";
        depth += i32::from(token.text == "<") - i32::from(token.text == ">");
        is_outside
    });
    outside.map(|token| token.text.as_str())
}

/// Public functions of a type of the facade that take or return a part of the engine.
fn in_signatures(source: &Source, facade: &BTreeSet<String>, engine: &BTreeSet<String>) -> Vec<Finding> {
    let tokens = tokens_of(source);
    let tests = test_modules(&tokens);
    let mut findings = Vec::new();
    for start in occurrences(&tokens, "impl") {
        let Some(open) = tokens[start..].iter().position(|token| matches!(token.text.as_str(), "{" | ";" | "(" | ",")) else {
            continue;
        };
        let (header, open) = (&tokens[start..start + open], start + open);
        let is_plain = tokens[open].text == "{" && !header.iter().any(|token| token.text == "for");
        let is_ours = implemented(header).is_some_and(|name| facade.contains(name));
        if !is_plain || !is_ours || tests.iter().any(|module| module.contains(&start)) {
            continue;
        }
        let block = &tokens[open..closing(&tokens, open)];
        for function in occurrences(block, "pub fn") {
            let signature = block[function..].iter().take_while(|token| token.text != "{");
            for part in signature.filter(|token| engine.contains(&token.text)) {
                let cure =
                    format!("hands `{}`, a part of the engine, to users of {FACADE}; move it to a trait of `driver`", part.text);
                findings.push(Finding::at(source, part.line, cure));
            }
        }
    }
    findings
}

fn file<'s>(sources: &'s [Source], path: &str) -> &'s Source {
    sources.iter().find(|source| source.path == path).unwrap_or_else(|| panic!("{path} is not there"))
}

/// The names of the engine: those that the crates with an engine hide.
fn engine(sources: &[Source]) -> BTreeSet<String> {
    let hidden = WITH_ENGINE.iter().flat_map(|path| exports(file(sources, path))).filter(|export| export.is_hidden);
    hidden.map(|export| export.name).collect()
}

#[test]
fn the_root_of_the_facade_has_at_most_thirty_names() {
    let sources = rust_sources();
    let (facade, engine) = (file(&sources, FACADE), engine(&sources));
    for name in ["Engine", "Kernel", "Core", "Hosts", "Device", "Arena", "Heartbeat", "MachineGroup", "AsyncGroup"] {
        assert!(engine.contains(name), "{name} is not hidden in {WITH_ENGINE:?}");
    }
    assert_tidy(&in_names(facade, &engine));
    assert_tidy(&in_modules(facade));
    let found: BTreeSet<String> = exports(facade).into_iter().filter_map(|export| export.module).collect();
    assert_eq!(found.len() + 1, MODULES.len(), "{found:?} and the prelude");
}

#[test]
fn no_function_of_the_facade_shows_the_engine() {
    let sources = rust_sources();
    let engine = engine(&sources);
    let facade: BTreeSet<String> =
        exports(file(&sources, FACADE)).into_iter().filter(|export| !export.is_hidden).map(|export| export.name).collect();
    assert!(facade.contains("Sim") && facade.contains("Recording") && facade.contains("Port"), "{facade:?}");
    let crates = sources.iter().filter(|source| source.path.starts_with("crates/") && source.path.contains("/src/"));
    assert_tidy(&crates.flat_map(|source| in_signatures(source, &facade, &engine)).collect::<Vec<_>>());
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn globs_whole_crates_and_the_engine_in_the_facade_are_found() {
    let bad = [
        "pub use a::*;",
        "pub use cluster_sim_runtime;",
        "pub mod node { pub use a::{Node, Kernel}; }",
        "pub use a::b::{self};",
        "pub use a::driver;",
    ];
    for text in bad {
        assert_eq!(in_names(&sample(FACADE, text), &names(&["Kernel"])).len(), 1, "{text}");
    }
    let plain = "pub use a::{Node, Kernels}; pub mod node { pub use a::b::Port; } use a::Kernel;";
    assert_eq!(in_names(&sample(FACADE, plain), &names(&["Kernel"])), []);
}

#[test]
fn names_of_the_root_are_counted_without_modules_and_hidden_ones() {
    let listed: Vec<String> = (0..ROOT_MAX).map(|index| format!("A{index}")).collect();
    let text = format!("pub use a::{{{}}}; pub mod node {{ pub use a::B; }} #[doc(hidden)] pub use a::C;", listed.join(", "));
    assert_eq!(in_names(&sample(FACADE, &text), &names(&[])), []);
    assert_eq!(in_names(&sample(FACADE, &format!("{text} #[cfg(a)] pub use a::D;")), &names(&[])).len(), 1);
}

#[test]
fn an_unknown_module_and_one_without_a_line_are_found() {
    assert_eq!(in_modules(&sample(FACADE, "/// Nodes.\npub mod node { } pub mod prelude;")), []);
    assert_eq!(in_modules(&sample(FACADE, "pub mod node { }")).len(), 1);
    assert_eq!(in_modules(&sample(FACADE, "/// A.\n#[cfg(b)]\npub mod novel { }")).len(), 1);
}

#[test]
fn the_engine_in_a_signature_is_found() {
    let (facade, engine) = (names(&["Sim"]), names(&["Kernel"]));
    let found = |text: &str| in_signatures(&sample("crates/a/src/a.rs", text), &facade, &engine).len();
    assert_eq!(found("impl Sim { pub fn kernel(&mut self) -> &mut Kernel { &mut self.kernel } }"), 1);
    assert_eq!(found("impl<'a> Sim { pub fn of(kernel: &Kernel) -> Self { b(kernel) } }"), 1);
    assert_eq!(found("impl Sim { pub(crate) fn kernel(&self) -> &Kernel { a() } fn b(kernel: Kernel) {} }"), 0);
    assert_eq!(found("impl Host for Sim { pub fn kernel(&self) -> &Kernel { a() } }"), 0);
    assert_eq!(found("impl<S: Of<Sim>> Queue<S> { pub fn kernel(&self) -> &Kernel { a() } }"), 0);
    assert_eq!(found("impl Queue { pub fn kernel(&self) -> &Kernel { a() } }"), 0);
    assert_eq!(found("fn a(b: impl Fn(&Sim)) {} struct A; impl Sim { pub fn a(&self) { Kernel::new() } }"), 0);
}
