//! The words of code, comments, reports and pages: plain English, the field's own terms, each thing by its present name.
//!
//! The tables write a bar into each banned word, so that this file passes its own rule; the search leaves the bars out.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use xtask::prose::{Kind, Passage, passages};
use xtask::sources::{Source, paths, sources};

use crate::phrase::{Phrase, Word, joined, words};
use crate::{Finding, assert_tidy, root, rust_sources, sample};

/// A banned phrase in the notation of [`Phrase`], and the cure.
const PHRASES: &[(&str, &str)] = &[
    ("who|ever", "name who does it: the caller, the test, the node"),
    ("no|body", "name what does not: no node, no test, nothing"),
    ("every|body/every|one", "name them: every node, all callers"),
    ("some|body/some|one", "name who does it: a test, another thread"),
    ("hang/hangs/h|ung on", "write `depends on`"),
    ("so ma|ny/mu|ch", "write the number, `up to n` or `that many`"),
    ("take/takes/took/taken/taking … al|ong", "write what ends: `aborts its process`"),
    ("d|ue any more", "write `no pending event`"),
    ("stand/stands/stood/standing st|ill", "write what stops: `is paused`, `is stalled`"),
    ("what is th|ere to", "write the thing: `lists the scenarios`"),
    ("that is to be h|ad", "leave it out"),
    ("of what|ever", "write of which thing"),
    ("st|ory/st|ories", "write `case`, `scenario`, `run` or `reproducer`; made smaller it is `minimized`"),
    ("e|at/e|ats/a|te/e|aten/e|ating", "write `drop`"),
    ("str|ike/str|ikes/str|uck/str|iking", "write `apply`, or `not applied`"),
    ("se|at/se|ats", "write `node` or `slot`; an empty one is an `absent node`"),
    ("di|ce", "write `roll`"),
    ("ca|lm/ca|lms/ca|lmed", "write `recovery phase`"),
    ("wit|ness/wit|nesses", "write `evidence` or `times checked`"),
    ("in/through the a|ir", "write `in flight`"),
    ("by ha|nd", "write `manually` or `from the test`"),
    ("come/comes/came to re|st", "write `ends the fault phase`"),
    ("tasks that li|ve", "write `live tasks`"),
    ("none of them can g|o", "write `minimal`"),
];

/// Phrases that begin like a banned one and are plain English.
const HARMLESS: &[&str] = &["str|ike/str|ikes/str|uck/str|iking off"];

static PARSED: LazyLock<Vec<(Phrase, &str)>> =
    LazyLock::new(|| PHRASES.iter().map(|(pattern, cure)| (Phrase::new(pattern), *cure)).collect());

/// A name that is gone, and the present one.
///
/// One word in lower case or with a capital is a word of English, too: in prose it is a name only between backticks.
const OLD_NAMES: &[(&str, &str)] = &[
    ("Twi|ce", "DeterminismCheck"),
    ("Twi|ceError", "DeterminismError"),
    ("twi|ce_in_process", "check_determinism_in_process"),
    ("run_lo|gged", "run_with_decisions"),
    ("reg|ress", "check_regression"),
    ("End|ing", "FailureSummary"),
    ("stopped_|by", "cancel_on"),
    ("cove|ring", "with_coverage"),
    ("all_li|nks", "default_links"),
    ("prece|dence", "priority"),
    ("listen_f|or", "recv_for"),
    ("Gla|nce", "WorldView"),
    ("InWo|rds", "EventText"),
    ("say_over|due", "report_pending"),
    ("Real|Node", "TokioNode"),
    ("Real|Cluster", "TokioCluster"),
    ("Real|ClusterError", "TokioClusterError"),
    ("Real|Setup", "TokioSetup"),
    ("Real|Sockets", "TokioSockets"),
    ("Sho|wn", "Observation"),
    ("Deci|ded", "FateRecord"),
    ("Orig|in", "ArtifactContext"),
    ("vocab|ulary", "types"),
    ("like|ness", "normalize"),
    ("comp|lain", "stderr"),
    ("--twi|ce", "--check-determinism"),
    ("--who|le", "--original"),
];

/// An old beginning of a report's line, and the present one.
const OLD_LINES: &[(&str, &str)] = &[("aga|in:", "rerun:"), ("ov|er:", "ends:"), ("smallest st|ory:", "minimized:")];

/// A file, or none for all of them, a name that it may hold although a banned word is in it, and the reason.
///
/// In a single file the name may stand in literals and comments alone: nothing there is called so.
const KEPT: &[(Option<&str>, &str, &str)] = &[
    (None, "by_ha|nd", "a key of the report's JSON"),
    (None, "ca|lm_at_ns", "a key of the recording's JSON"),
    (Some("crates/simulation/src/fault/swarm.rs"), "str|ike", "a word of a roll's address: another would move digests"),
    (Some("crates/cli/src/arguments.rs"), "--twi|ce", "is refused with its new name"),
    (Some("crates/cli/src/arguments.rs"), "--who|le", "is refused with its new name"),
    (Some("crates/cli/tests/bad_input.rs"), "--twi|ce", "is refused with its new name"),
    (Some("crates/cli/tests/bad_input.rs"), "--who|le", "is refused with its new name"),
    (Some("crates/registry/src/artifact.rs"), "wit|nesses", "a key of artifacts of the first format"),
];

/// Pages that list old names beside the new ones; between backticks they may hold any word.
const HISTORIES: &[&str] = &["CHANGELOG.md", "docs/decisions.md"];

/// The extensions of pages: text that is looked at whole.
const PAGES: &[&str] = &["md", "js", "html", "css", "toml", "sh"];

fn without_bar(pattern: &str) -> String {
    pattern.replace('|', "")
}

fn is_part_of_name(sign: char) -> bool {
    sign.is_alphanumeric() || matches!(sign, '_' | '-')
}

/// Where a name stands in a text and is no part of a longer one.
fn places_of(name: &str, text: &str) -> Vec<usize> {
    let stands_alone =
        |start: &usize| !text[..*start].ends_with(is_part_of_name) && !text[start + name.len()..].starts_with(is_part_of_name);
    text.match_indices(name).map(|(start, _)| start).filter(stands_alone).collect()
}

fn line_at(passage: &Passage, offset: usize) -> usize {
    passage.line + passage.text[..offset].matches('\n').count()
}

/// The passage with the names blanked that stay.
fn without_kept_names(source: &Source, passage: &Passage) -> Passage {
    let mut text = passage.text.clone();
    let is_here = |file: &Option<&str>| file.is_none_or(|file| file == source.path && passage.kind != Kind::Name);
    for name in KEPT.iter().filter(|(file, ..)| is_here(file)).map(|(_, name, _)| without_bar(name)) {
        for place in places_of(&name, &text) {
            text.replace_range(place..place + name.len(), &" ".repeat(name.len()));
        }
    }
    Passage { text, ..passage.clone() }
}

fn phrases(source: &Source, passage: &Passage) -> Vec<Finding> {
    let words = words(&passage.text, passage.line);
    let is_harmless = |start: usize| HARMLESS.iter().any(|pattern| Phrase::new(pattern).begins(&words[start..]));
    let finding = |found: &[Word], cure: &str| {
        let phrase = joined(found);
        let found_in = if passage.kind == Kind::Name { format!(" in `{}`", passage.text) } else { String::new() };
        Finding::at(source, found[0].line, format!("\"{phrase}\"{found_in}: {cure}"))
    };
    let mut findings = Vec::new();
    for (phrase, cure) in PARSED.iter() {
        let places = phrase.places(&words).into_iter().filter(|place| !is_harmless(place.start));
        findings.extend(places.map(|place| finding(&words[place], cure)));
    }
    findings
}

/// Whether a name cannot be taken for a word of English.
fn is_unlike_a_word(name: &str) -> bool {
    name.contains(['_', '-']) || name.chars().skip(1).any(char::is_uppercase)
}

fn old_names(source: &Source, passage: &Passage) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (pattern, present) in OLD_NAMES {
        let name = without_bar(pattern);
        let is_name = passage.kind == Kind::Name || is_unlike_a_word(&name);
        let is_quoted = |place: &usize| passage.text[..*place].matches('`').count() % 2 == 1;
        for place in places_of(&name, &passage.text).into_iter().filter(|place| is_name || is_quoted(place)) {
            findings.push(Finding::at(source, line_at(passage, place), format!("`{name}` is called `{present}` now")));
        }
    }
    findings
}

/// The old beginnings of a report's lines, in a text that shows some of a report.
fn old_lines(source: &Source, passage: &Passage) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in passage.text.lines().enumerate() {
        for (pattern, present) in OLD_LINES {
            let beginning = without_bar(pattern);
            let begins = |part: &str| part.trim_start().strip_prefix(&beginning).is_some_and(|rest| !rest.starts_with('?'));
            if line.split("\\n").any(begins) {
                let cure = format!("\"{beginning}\": reports write `{present}`");
                findings.push(Finding::at(source, passage.line + index, cure));
            }
        }
    }
    findings
}

/// The banned phrases and the old names in a passage.
fn in_passage(source: &Source, passage: &Passage) -> Vec<Finding> {
    let passage = without_kept_names(source, passage);
    let mut findings = phrases(source, &passage);
    findings.extend(old_names(source, &passage));
    findings
}

fn in_rust(source: &Source) -> Vec<Finding> {
    let passages = passages(&source.text).unwrap_or_else(|error| panic!("{} is not Rust: {error}", source.path));
    let mut names = BTreeSet::new();
    let mut findings = Vec::new();
    for passage in passages.iter().filter(|passage| passage.kind != Kind::Name || names.insert(&passage.text)) {
        findings.extend(in_passage(source, passage));
        if passage.kind == Kind::Text {
            findings.extend(old_lines(source, passage));
        }
    }
    findings
}

fn in_page(source: &Source) -> Vec<Finding> {
    let page = |text: String| Passage { kind: Kind::Comment, line: 1, text };
    if HISTORIES.contains(&source.path.as_str()) {
        return phrases(source, &page(without_code(&source.text)));
    }
    let mut findings = in_passage(source, &page(source.text.clone()));
    if source.path.ends_with(".md") {
        findings.extend(old_lines(source, &page(fenced(&source.text))));
    }
    findings
}

/// The text with everything between backticks blanked.
fn without_code(text: &str) -> String {
    let mut is_code = false;
    let mut sign = |sign: char| {
        is_code ^= sign == '`';
        if is_code && sign != '\n' { '.' } else { sign }
    };
    text.chars().map(&mut sign).collect()
}

/// The text with every line blanked that is not between fences.
fn fenced(text: &str) -> String {
    let mut is_fenced = false;
    let mut line = |line: &str| {
        is_fenced ^= line.trim_start().starts_with("```");
        if is_fenced { format!("{line}\n") } else { "\n".to_owned() }
    };
    text.lines().map(&mut line).collect()
}

/// The banned words in the names of files and folders.
fn in_paths(paths: &[String]) -> Vec<Finding> {
    let mut places = BTreeSet::new();
    for path in paths.iter().filter(|path| !path.ends_with(".snap")) {
        places.extend(path.match_indices('/').map(|(end, _)| &path[..end]));
        places.insert(path.as_str());
    }
    let mut findings = Vec::new();
    for place in places {
        let name = place.rsplit('/').next().unwrap_or(place);
        let passage = Passage { kind: Kind::Name, line: 1, text: name.split('.').next().unwrap_or(name).to_owned() };
        let found = in_passage(&sample(place, ""), &passage).into_iter();
        findings.extend(found.map(|finding| Finding { place: place.to_owned(), ..finding }));
    }
    findings
}

fn pages() -> Vec<Source> {
    PAGES.iter().flat_map(|extension| sources(root(), extension).expect("the workspace is readable")).collect()
}

#[test]
fn rust_sources_hold_no_banned_word() {
    assert_tidy(&rust_sources().iter().flat_map(in_rust).collect::<Vec<_>>());
}

#[test]
fn pages_hold_no_banned_word() {
    assert_tidy(&pages().iter().flat_map(in_page).collect::<Vec<_>>());
}

#[test]
fn paths_hold_no_banned_word() {
    assert_tidy(&in_paths(&paths(root()).expect("the workspace is readable")));
}

/// The phrase that a pattern finds with its first words, `…` being two words.
fn first_of(pattern: &str) -> String {
    let word = |step: &str| if step == "…" { "them all".to_owned() } else { without_bar(step.split('/').next().unwrap_or(step)) };
    pattern.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
}

fn lines_of(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.place.as_str()).collect()
}

#[test]
fn every_banned_phrase_is_found_in_comments_strings_and_names() {
    for (pattern, cure) in PHRASES {
        let phrase = first_of(pattern);
        let name = phrase.replace(' ', "_");
        let broken = phrase.replace(' ', "\n/// ");
        let text = format!(
            "\n/// A. It {broken} b.\nfn f() {{\n    g(\"a {phrase}less {phrase}, b\"); // {phrase}\n}}\nfn a_{name}_b() {{}}"
        );
        let findings = in_rust(&sample("a.rs", &text));
        assert_eq!(findings.len(), 4, "{phrase}: {findings:?}");
        assert!(findings[0].to_string().starts_with(&format!("a.rs:2: \"{phrase}\": {cure}")), "{findings:?}");
        assert!(findings[3].to_string().contains(&format!("in `a_{name}_b`")), "{findings:?}");
        assert_eq!(lines_of(&in_page(&sample("a.md", &format!("# A\n\nIt {phrase}.\n")))), ["a.md:3"], "{phrase}");
        assert_eq!(
            lines_of(&in_paths(&[format!("a/x_{name}/b.rs"), format!("a/x_{name}/c.rs")])),
            [format!("a/x_{name}")],
            "{phrase}"
        );
    }
}

#[test]
fn every_old_name_is_found_in_code_and_in_prose() {
    for (pattern, present) in OLD_NAMES {
        let name = without_bar(pattern);
        let findings = in_page(&sample("a.md", &format!("# A\n\nSee `{name}`.\n")));
        assert_eq!(lines_of(&findings), ["a.md:3"], "{name}");
        assert!(findings[0].to_string().contains(&format!("`{name}` is called `{present}` now")), "{findings:?}");
        assert_eq!(in_page(&sample("a.md", &format!("See x{name}, {name}_x and `a` {}.", name.to_uppercase()))), [], "{name}");
        if !name.starts_with('-') {
            let text = format!("/// [`a::{name}`]\nfn f() {{ {name} }}");
            assert_eq!(lines_of(&in_rust(&sample("a.rs", &text))), ["a.rs:1", "a.rs:2"], "{name}");
        }
    }
}

#[test]
fn every_old_line_of_a_report_is_found_where_it_begins() {
    for (pattern, _) in OLD_LINES {
        let beginning = without_bar(pattern);
        let text =
            format!("f(\"{beginning} b\"); f(\"a\\n   {beginning}\"); f(\"a {beginning}\"); f(\"{beginning}?\"); // {beginning}");
        let found = in_rust(&sample("a.rs", &text));
        assert_eq!(found.iter().filter(|finding| finding.cure.contains("reports write")).count(), 2, "{beginning}: {found:?}");
        let text = format!("{beginning} a\n```text\n  {beginning} b\n```\n");
        let found = in_page(&sample("a.md", &text));
        assert_eq!(found.iter().filter(|finding| finding.cure.contains("reports write")).count(), 1, "{beginning}: {found:?}");
    }
}

#[test]
fn plain_neighbours_of_banned_words_pass() {
    let plain = "Many nodes hang. On each, a rest is due. It takes time; along the way it strikes off what it has.
        The history of a satellite, history, restore, a state, a seated beat; a handful by hands, still standing: as many as so.
        An origin is covering that decided ending; likeness.";
    assert_eq!(in_rust(&sample("a.rs", &format!("/* {plain} */ const A: &str = \"{plain}\"; fn beaten_eater() {{}}"))), []);
    assert_eq!(in_page(&sample("a.md", plain)), []);
    assert_eq!(in_paths(&["tests/history.rs".to_owned(), "src/plate/mod.rs".to_owned()]), []);
}

#[test]
fn a_name_that_stays_passes_where_it_may_stand() {
    for (file, name, _) in KEPT {
        let name = without_bar(name);
        let text = format!("/// `{name}`\nfn f() {{ \"{name}\"; }}");
        assert_eq!(in_rust(&sample(file.unwrap_or("a.rs"), &text)), [], "{name}");
        assert_eq!(in_rust(&sample("b.rs", &text)).is_empty(), file.is_none(), "{name}");
        assert!(
            !in_rust(&sample("b.rs", &text.replace(&name, &format!("{name} {}", first_of(PHRASES[0].0))))).is_empty(),
            "{name}"
        );
        if !name.starts_with('-') {
            let text = format!("fn {name}() {{}}");
            assert_eq!(in_rust(&sample(file.unwrap_or("a.rs"), &text)).is_empty(), file.is_none(), "{name}");
        }
    }
}

#[test]
fn a_history_may_quote_what_is_gone() {
    for path in HISTORIES {
        let name = first_of(OLD_NAMES[0].0);
        assert_eq!(
            in_page(&sample(path, &format!("# A\n\n`{name}` and `{}` are other names now; {name}.\n", first_of(PHRASES[0].0)))),
            []
        );
        assert_eq!(in_page(&sample(path, &first_of(PHRASES[0].0))).len(), 1);
    }
}
