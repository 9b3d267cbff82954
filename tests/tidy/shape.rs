//! Lengths of sources and pages, titles of pages, and tokens that no source holds.

use xtask::sources::{Source, sources};
use xtask::tokens::occurrences;

use crate::{Finding, assert_tidy, root, rust_sources, sample, tokens_of};

/// A file that passes this has a second noun hiding in it.
const LINES_MAX: usize = 500;

/// The pages that a newcomer reads first, and how long they may be.
const PAGE_LINES_MAX: &[(&str, usize)] = &[("README.md", 150), ("ARCHITECTURE.md", 200)];

/// Notes of unfinished work, written in two pieces so that this file passes.
const NOTES: [&str; 2] = [concat!("FIX", "ME"), concat!("X", "XX")];

/// Forbidden tokens and their cures.
const WORDS: &[(&str, &str)] = &[
    ("todo !", "write it, or leave it out and open an issue"),
    ("unimplemented !", "write it, or leave it out and open an issue"),
    ("# [ ignore ]", "fix the test or delete it; if it must wait, `#[ignore = \"reason\"]`"),
    ("# [ allow (", "use `#[expect(…, reason = \"…\")]` on the narrowest item"),
    ("# ! [ allow (", "use `#[expect(…, reason = \"…\")]` on the narrowest item"),
    (", allow (", "use `expect(…, reason = \"…\")` on the narrowest item"),
];

fn too_long(source: &Source) -> Option<Finding> {
    let lines = source.text.lines().count();
    let cure = format!("{lines} lines, more than {LINES_MAX}; look for the second noun hiding in it and give it a file");
    (lines > LINES_MAX).then(|| Finding::new(&source.path, cure))
}

fn too_long_a_page(page: &Source) -> Option<Finding> {
    let (_, max) = PAGE_LINES_MAX.iter().find(|(path, _)| *path == page.path)?;
    let lines = page.text.lines().count();
    let cure = format!("{lines} lines, more than {max}; move what only some readers need to a page in docs/ and link to it");
    (lines > *max).then(|| Finding::new(&page.path, cure))
}

fn not_one_title(source: &Source) -> Option<Finding> {
    let mut fenced = false;
    let mut titles = 0;
    for line in source.text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced && line.starts_with("# ") {
            titles += 1;
        }
    }
    let cure = format!("{titles} titles; give it exactly one line that begins with `# `, and `## ` to the others");
    (titles != 1).then(|| Finding::new(&source.path, cure))
}

/// A file, a token that it may hold, and the reason.
const ALLOWED: &[(&str, &str, &str)] = &[(
    "crates/node/src/select.rs",
    "# [ allow (",
    "stands in the expansion of a macro, over a user's pattern that may bind or not: an `expect` would be wrong for one of them",
)];

fn forbidden_words(source: &Source) -> Vec<Finding> {
    let tokens = tokens_of(source);
    let mut findings = Vec::new();
    let is_allowed = |pattern: &str| ALLOWED.iter().any(|(file, word, _)| *file == source.path && *word == pattern);
    for (pattern, cure) in WORDS.iter().filter(|(pattern, _)| !is_allowed(pattern)) {
        let word = pattern.replace(' ', "");
        let finding = |index: usize| Finding::at(source, tokens[index].line, format!("`{word}`: {cure}"));
        findings.extend(occurrences(&tokens, pattern).into_iter().map(finding));
    }
    for (index, line) in source.text.lines().enumerate() {
        let mut words = line.split(|sign: char| !sign.is_alphanumeric());
        if let Some(note) = words.find(|word| NOTES.contains(word)) {
            findings.push(Finding::at(source, index + 1, format!("`{note}`: do it, or open an issue")));
        }
    }
    findings
}

#[test]
fn no_source_hides_a_second_noun() {
    assert_tidy(&rust_sources().iter().filter_map(too_long).collect::<Vec<_>>());
}

#[test]
fn every_page_has_one_title() {
    let pages = sources(root(), "md").expect("the workspace is readable");
    assert_tidy(&pages.iter().filter_map(not_one_title).collect::<Vec<_>>());
}

#[test]
fn first_pages_are_short() {
    let pages = sources(root(), "md").expect("the workspace is readable");
    assert_tidy(&pages.iter().filter_map(too_long_a_page).collect::<Vec<_>>());
}

#[test]
fn nothing_is_left_for_later() {
    assert_tidy(&rust_sources().iter().flat_map(forbidden_words).collect::<Vec<_>>());
}

#[test]
fn a_long_source_is_found() {
    assert_eq!(too_long(&sample("a.rs", &"\n".repeat(LINES_MAX))), None);
    assert!(too_long(&sample("a.rs", &"\n".repeat(LINES_MAX + 1))).is_some());
}

#[test]
fn a_long_first_page_is_found() {
    for (path, max) in PAGE_LINES_MAX {
        assert_eq!(too_long_a_page(&sample(path, &"a\n".repeat(*max))), None);
        assert!(too_long_a_page(&sample(path, &"a\n".repeat(max + 1))).is_some());
        assert_eq!(too_long_a_page(&sample(&format!("docs/{path}"), &"a\n".repeat(max + 1))), None);
    }
}

#[test]
fn a_second_title_and_a_missing_one_are_found() {
    assert_eq!(not_one_title(&sample("a.md", "# One\n## Two\n```sh\n# a comment\n```\n")), None);
    assert!(not_one_title(&sample("a.md", "# One\n# Two\n")).is_some());
    assert!(not_one_title(&sample("a.md", "One\n")).is_some());
}

#[test]
fn every_forbidden_word_is_found() {
    let bad = [
        "fn f() { todo!() }",
        "fn f() { unimplemented!(\"later\") }",
        "#[test]\n#[ignore]\nfn f() {}",
        "#[allow(dead_code)]\nfn f() {}",
        "#![allow(dead_code)]",
        "#[cfg_attr(test, allow(dead_code))]\nfn f() {}",
    ];
    for text in bad {
        assert_eq!(forbidden_words(&sample("a.rs", text)).len(), 1, "{text}");
    }
    for note in NOTES {
        assert_eq!(forbidden_words(&sample("a.rs", &format!("// {note}: later"))).len(), 1, "{note}");
    }
}

#[test]
fn reasons_and_longer_words_pass() {
    let text = "#[expect(dead_code, reason = \"r\")]\n#[ignore = \"needs a disk\"]\nfn todo() { let _ = \"todo!()\"; } // XXXL";
    assert_eq!(forbidden_words(&sample("a.rs", text)), []);
}
