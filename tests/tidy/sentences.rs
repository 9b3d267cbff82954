//! How sentences of documentation, comments and pages begin: with a verb or with the thing they speak of.

use xtask::prose::{Kind, Passage, passages};
use xtask::sources::{Source, sources};

use crate::{Finding, assert_tidy, root, rust_sources, sample};

/// Words that no sentence begins with, and the cure.
const OPENERS: &[(&str, &str)] = &[
    ("What ", "begin with the thing or with a verb"),
    ("Who ", "begin with who it is: the caller, the node"),
    ("The same ", "begin with what it does, and name the other after that"),
];

/// The sentences of a text with the lines on which they begin. Headings and fenced lines hold none.
fn sentences(text: &str, first_line: usize) -> Vec<(usize, String)> {
    let (mut found, mut is_fenced) = (Vec::new(), false);
    let mut current: Option<(usize, String)> = None;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        let is_fence = line.starts_with("```");
        is_fenced ^= is_fence;
        let begins_anew = line.is_empty() || is_fence || is_fenced || line.starts_with(['#', '-', '*', '|']);
        if begins_anew {
            found.extend(current.take());
        }
        if line.starts_with('#') || is_fence || is_fenced {
            continue;
        }
        for cell in line.trim_start_matches(['-', '*', '|', ' ']).split('|') {
            for part in cell.trim().split_inclusive(['.', '?', '!']) {
                match &mut current {
                    // A point in a name ends no sentence.
                    Some((_, sentence)) if !part.starts_with(' ') || !sentence.ends_with(['.', '?', '!']) => {
                        sentence.push_str(part)
                    }
                    _ => found.extend(current.replace((first_line + index, part.trim_start().to_owned()))),
                }
            }
            if line.contains('|') {
                found.extend(current.take());
            }
        }
        if let Some((_, sentence)) = &mut current {
            sentence.push(' ');
            if sentence.ends_with(". ") || sentence.ends_with("? ") || sentence.ends_with("! ") {
                found.extend(current.take());
            }
        }
    }
    found.extend(current);
    found
}

fn bad_openings(source: &Source, text: &str, first_line: usize) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (line, sentence) in sentences(text, first_line) {
        let is_question = sentence.trim_end().ends_with('?');
        if let Some((opener, cure)) = OPENERS.iter().find(|(opener, _)| sentence.starts_with(opener) && !is_question) {
            findings.push(Finding::at(source, line, format!("a sentence begins with \"{}\": {cure}", opener.trim_end())));
        }
    }
    findings
}

fn in_rust(source: &Source) -> Vec<Finding> {
    let passages = passages(&source.text).unwrap_or_else(|error| panic!("{} is not Rust: {error}", source.path));
    let is_prose = |passage: &&Passage| matches!(passage.kind, Kind::Doc | Kind::Comment);
    passages.iter().filter(is_prose).flat_map(|passage| bad_openings(source, &passage.text, passage.line)).collect()
}

#[test]
fn sentences_begin_with_a_verb_or_a_thing() {
    let pages = sources(root(), "md").expect("the workspace is readable");
    let mut findings: Vec<Finding> = rust_sources().iter().flat_map(in_rust).collect();
    findings.extend(pages.iter().flat_map(|page| bad_openings(page, &page.text, 1)));
    assert_tidy(&findings);
}

#[test]
fn every_bad_opening_is_found() {
    for (opener, _) in OPENERS {
        let bad = [
            format!("/// {opener}it does.\nfn f() {{}}"),
            format!("// {opener}it\n// does.\nfn f() {{}}"),
            format!("fn f() {{ g(); }} // A `b.c`. {opener}it does"),
        ];
        for bad in bad {
            assert_eq!(in_rust(&sample("a.rs", &bad)).len(), 1, "{bad}");
        }
        let page = format!("# A\n\nIt is.\n{opener}it\nis.\n- {opener}is\n- it is. {opener}it\n\n| a | {opener}it |\n|---|---|\n");
        let lines: Vec<usize> = [4, 6, 7, 9].into();
        let found: Vec<String> = bad_openings(&sample("a.md", ""), &page, 1).into_iter().map(|finding| finding.place).collect();
        assert_eq!(found, lines.iter().map(|line| format!("a.md:{line}")).collect::<Vec<_>>(), "{opener}");
    }
}

#[test]
fn questions_headings_code_and_inner_words_pass() {
    for (opener, _) in OPENERS {
        let plain =
            format!("# {opener}it is\n\n{opener}is it? It\n{opener}it is, a. In a.{opener}b.\n\n```text\n{opener}it is.\n```\n");
        assert_eq!(bad_openings(&sample("a.md", ""), &plain, 1), [], "{opener}");
        assert_eq!(in_rust(&sample("a.rs", &format!("fn f() {{ g(\"{opener}it is.\") }}"))), []);
    }
}
