//! The first sentence of a public item's documentation: a list of items shows it alone.

use std::collections::BTreeSet;

use xtask::sources::Source;
use xtask::tokens::{Token, closing};

use crate::{Finding, assert_tidy, rust_sources, sample, tokens_of};

/// A sentence that is longer says more than what the item is or does.
const CHARACTERS_MAX: usize = 100;

/// A documented public item: the line of its documentation, and that documentation.
type Documented = (usize, String);

/// The documentation of every public item, of the variants of a public enum and of the functions of a public trait.
fn documented(tokens: &[Token]) -> Vec<Documented> {
    let public = bodies_of_public_items(tokens);
    let mut found = Vec::new();
    let mut open = Vec::new();
    let mut index = 0;
    while index < tokens.len() {
        match tokens[index].text.as_str() {
            "{" => open.push(index),
            "}" => drop(open.pop()),
            "#" if is_outer_doc(tokens, index) => {
                let line = tokens[index].line;
                let (text, after) = documentation(tokens, index);
                let is_in_public = open.last().is_some_and(|open| public.contains(open));
                if is_in_public || is_public(tokens, after) {
                    found.push((line, text));
                }
                index = after;
                continue;
            }
            _ => {}
        }
        index += 1;
    }
    found
}

/// Where the bodies of public enums and traits open.
fn bodies_of_public_items(tokens: &[Token]) -> BTreeSet<usize> {
    let heads = tokens
        .windows(2)
        .enumerate()
        .filter(|(_, pair)| pair[0].text == "pub" && matches!(pair[1].text.as_str(), "enum" | "trait"));
    let body = |(index, _): (usize, _)| (index..tokens.len()).find(|index| matches!(tokens[*index].text.as_str(), "{" | ";"));
    heads.filter_map(body).collect()
}

fn is_outer_doc(tokens: &[Token], index: usize) -> bool {
    let expected = ["#", "[", "doc", "="];
    tokens[index..].iter().zip(expected).filter(|(token, expected)| token.text == *expected).count() == expected.len()
}

/// The documentation that begins at a token, a line for each of its own, and the token after it and other attributes.
fn documentation(tokens: &[Token], start: usize) -> (String, usize) {
    let (mut text, mut index) = (String::new(), start);
    while tokens.get(index).is_some_and(|token| token.text == "#") {
        if is_outer_doc(tokens, index) {
            text.push_str(tokens[index + 4].text.trim_matches(|sign| matches!(sign, 'r' | '#')).trim_matches('"').trim());
            text.push('\n');
        }
        index = closing(tokens, index + 1) + 1;
    }
    (text, index)
}

/// Whether the item that begins at a token is public beyond its crate.
fn is_public(tokens: &[Token], index: usize) -> bool {
    let text = |index: usize| tokens.get(index).map(|token| token.text.as_str());
    text(index) == Some("pub")
        && (text(index + 1) != Some("(") || !matches!(text(index + 2), Some("crate" | "super" | "in" | "self")))
}

/// The first sentence, on one line.
fn summary(documentation: &str) -> String {
    let paragraph: Vec<&str> = documentation.lines().take_while(|line| !line.is_empty()).collect();
    let paragraph = paragraph.join(" ").replace("\\\"", "\"");
    match paragraph.find(". ") {
        Some(end) => paragraph[..=end].to_owned(),
        None => paragraph,
    }
}

fn long_summaries(source: &Source) -> Vec<Finding> {
    if !(source.path.starts_with("crates/") && source.path.contains("/src/")) {
        return Vec::new();
    }
    let finding = |(line, text): Documented| {
        let length = summary(&text).chars().count();
        let cure =
            format!("its first sentence has {length} characters, more than {CHARACTERS_MAX}; say one thing, and the rest below");
        (length > CHARACTERS_MAX).then(|| Finding::at(source, line, cure))
    };
    documented(&tokens_of(source)).into_iter().filter_map(finding).collect()
}

#[test]
fn public_items_are_summed_up_in_a_short_sentence() {
    assert_tidy(&rust_sources().iter().flat_map(long_summaries).collect::<Vec<_>>());
}

fn lines_in(text: &str) -> Vec<String> {
    long_summaries(&sample("crates/a/src/b.rs", text))
        .into_iter()
        .map(|finding| finding.place.replace("crates/a/src/b.rs:", ""))
        .collect()
}

#[test]
fn a_long_summary_is_found_on_every_kind_of_public_item() {
    let long = "a".repeat(CHARACTERS_MAX + 1);
    let half = "a".repeat(CHARACTERS_MAX / 2 + 1);
    for item in ["pub fn f() {}", "pub struct A;", "pub use b::c;", "#[must_use]\npub const fn f() {}", "#[cfg(a)]\npub mod b {}"] {
        assert_eq!(lines_in(&format!("\n/// {long}\n{item}")), ["2"], "{item}");
        assert_eq!(lines_in(&format!("/// {half}\n/// {half}. Short.\n{item}")), ["1"], "{item}");
    }
    assert_eq!(
        lines_in(&format!("pub enum A<T> where T: B {{\n    /// {long}\n    C {{\n        /// {long}\n        d: u8 }},\n}}")),
        ["2"]
    );
    assert_eq!(lines_in(&format!("pub trait A {{\n    /// {long}\n    fn f() {{}}\n}}")), ["2"]);
    assert_eq!(lines_in(&format!("impl A {{\n    /// {long}\n    pub fn f() {{}}\n}}")), ["2"]);
    assert_eq!(lines_in(&format!("struct A {{\n    /// {long}\n    pub b: u8,\n}}")), ["2"]);
}

#[test]
fn short_summaries_private_items_and_what_follows_pass() {
    let short = "a".repeat(CHARACTERS_MAX - 1);
    let long = "a".repeat(CHARACTERS_MAX + 1);
    assert_eq!(lines_in(&format!("/// {short}.\n///\n/// {long}\npub fn f() {{}}")), [""; 0]);
    assert_eq!(lines_in(&format!("/// {short}. {long}\npub fn f() {{}}")), [""; 0]);
    for item in ["fn f() {}", "pub(crate) fn f() {}", "pub(in a) fn f() {}", "enum A { /** long */ B }", "mod b {}"] {
        assert_eq!(lines_in(&format!("//! {long}\n\n// {long}\n/// {long}\n{item}")), [""; 0], "{item}");
    }
    assert_eq!(
        lines_in(&format!("enum A {{\n    /// {long}\n    B,\n}}\nimpl B for A {{\n    /// {long}\n    fn f() {{}}\n}}")),
        [""; 0]
    );
    assert_eq!(long_summaries(&sample("tests/a.rs", &format!("/// {long}\npub fn f() {{}}"))), []);
}
