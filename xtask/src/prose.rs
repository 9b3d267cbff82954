//! Rust source as the prose in it: comments, string literals, and the names of things.
//!
//! Rules about wording work on these passages. A comment of several lines is one passage, so a phrase that a line break parts is
//! still found.

use std::ops::Range;

use proc_macro2::{LexError, Span, TokenStream, TokenTree};

/// The part that a passage plays in its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Documentation, written `///`, `//!` or `/** */`.
    Doc,
    /// Any other comment.
    Comment,
    /// A string literal; escapes stand as written.
    Text,
    /// An identifier or a keyword.
    Name,
}

/// A comment, a string literal or a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// The part it plays.
    pub kind: Kind,
    /// Its first line, from 1.
    pub line: usize,
    /// Its text without comment markers or quotes, one line for each line of the source.
    pub text: String,
}

/// Returns the passages of a source in order; lines of comment that follow each other are one passage.
///
/// # Errors
///
/// The text is not Rust.
pub fn passages(source: &str) -> Result<Vec<Passage>, LexError> {
    let mut leaves = Vec::new();
    flatten(source.parse()?, &mut leaves);
    let lines = Lines::of(source);
    let mut found = Found { passages: Vec::new(), last_line: 0, last_marker: "" };
    let mut covered = 0;
    for (range, leaf) in leaves {
        // The tokens of one doc comment all span that comment.
        if range.start < covered {
            continue;
        }
        found.comments(&source[covered..range.start], covered, &lines);
        let text = &source[range.clone()];
        if text.starts_with("//") || text.starts_with("/*") {
            found.comments(text, range.start, &lines);
        } else if let Some(kind) = leaf {
            let text = if kind == Kind::Text { unquoted(text) } else { Some(text) };
            let line = lines.at(range.start);
            found.passages.extend(text.map(|text| Passage { kind, line, text: text.to_owned() }));
        }
        covered = range.end;
    }
    found.comments(&source[covered..], covered, &lines);
    Ok(found.passages)
}

/// Collects every token that is no group, and the delimiters of groups, with where they stand.
fn flatten(stream: TokenStream, leaves: &mut Vec<(Range<usize>, Option<Kind>)>) {
    let range = |span: Span| span.byte_range();
    for tree in stream {
        match tree {
            TokenTree::Group(group) => {
                leaves.push((range(group.span_open()), None));
                flatten(group.stream(), leaves);
                leaves.push((range(group.span_close()), None));
            }
            TokenTree::Ident(word) => leaves.push((range(word.span()), Some(Kind::Name))),
            TokenTree::Literal(literal) => leaves.push((range(literal.span()), Some(Kind::Text))),
            TokenTree::Punct(sign) => leaves.push((range(sign.span()), None)),
        }
    }
}

/// Returns the text between the quotes of a string literal, raw or not; `None` for a number or a character.
fn unquoted(literal: &str) -> Option<&str> {
    let opened = literal.trim_start_matches(['b', 'c', 'r', '#']);
    let text = opened.strip_prefix('"')?;
    text.trim_end_matches('#').strip_suffix('"')
}

/// Where the lines of a text begin.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(std::iter::once(0).chain(text.match_indices('\n').map(|(index, _)| index + 1)).collect())
    }

    fn at(&self, offset: usize) -> usize {
        self.0.partition_point(|start| *start <= offset)
    }
}

struct Found {
    passages: Vec<Passage>,
    /// The last line of the last line comment, and what it began with; 0 once anything else followed.
    last_line: usize,
    last_marker: &'static str,
}

impl Found {
    /// Adds the comments in a text that holds comments and spaces alone.
    fn comments(&mut self, text: &str, offset: usize, lines: &Lines) {
        let mut rest = text;
        loop {
            rest = rest.trim_start();
            let line = lines.at(offset + text.len() - rest.len());
            let length = if rest.starts_with("//") {
                rest.find('\n').unwrap_or(rest.len())
            } else if rest.starts_with("/*") {
                block(rest)
            } else {
                return;
            };
            self.comment(&rest[..length], line);
            rest = &rest[length..];
        }
    }

    fn comment(&mut self, comment: &str, line: usize) {
        let marker = ["///", "//!", "//", "/**", "/*!", "/*"].into_iter().find(|marker| comment.starts_with(marker));
        let marker = marker.expect("a comment begins with the marker of one");
        // Four slashes are a line drawn, not documentation.
        let marker = if comment.starts_with("////") { "//" } else { marker };
        let kind = if matches!(marker, "//" | "/*") { Kind::Comment } else { Kind::Doc };
        let text = comment[marker.len()..].trim_end();
        let text = text.strip_suffix("*/").unwrap_or(text);
        let is_line = marker.starts_with("//");
        match self.passages.last_mut() {
            Some(last) if is_line && last.kind == kind && self.last_marker == marker && self.last_line + 1 == line => {
                last.text.push('\n');
                last.text.push_str(text);
            }
            _ => self.passages.push(Passage { kind, line, text: text.to_owned() }),
        }
        (self.last_line, self.last_marker) = if is_line { (line, marker) } else { (0, "") };
    }
}

/// The length of the block comment that the text begins with; such comments nest.
fn block(text: &str) -> usize {
    let (mut depth, mut index) = (0usize, 0);
    while index < text.len() {
        let rest = &text.as_bytes()[index..];
        if rest.starts_with(b"/*") {
            (depth, index) = (depth + 1, index + 2);
        } else if rest.starts_with(b"*/") {
            (depth, index) = (depth - 1, index + 2);
            if depth == 0 {
                return index;
            }
        } else {
            index += 1;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(source: &str, kind: Kind) -> Vec<(usize, String)> {
        let passages = passages(source).expect("the sample is Rust");
        passages.into_iter().filter(|passage| passage.kind == kind).map(|passage| (passage.line, passage.text)).collect()
    }

    fn some(found: &[(usize, &str)]) -> Vec<(usize, String)> {
        found.iter().map(|(line, text)| (*line, (*text).to_owned())).collect()
    }

    #[test]
    fn lines_of_comment_that_follow_each_other_are_one_passage() {
        let source =
            "//! A\n//! b.\n\n/// C\n/// d\nfn f() {\n    // e\n    // f\n    g();\n    // h\n}\n/* i\n /* j */ */\n//// k\n";
        assert_eq!(found(source, Kind::Doc), some(&[(1, " A\n b."), (4, " C\n d")]));
        assert_eq!(found(source, Kind::Comment), some(&[(7, " e\n f"), (10, " h"), (12, " i\n /* j */ "), (14, "// k")]));
    }

    #[test]
    fn strings_of_every_form_are_text_and_hold_no_comments() {
        let source =
            "const A: &str = \"// é \\\" b\";\nconst B: &[u8] = br#\"c \"d\" /* \"#; const C: char = 'e'; const D: u8 = 7; // é";
        assert_eq!(found(source, Kind::Text), some(&[(1, "// é \\\" b"), (2, "c \"d\" /* ")]));
        assert_eq!(found(source, Kind::Comment), some(&[(2, " é")]));
    }

    #[test]
    fn every_identifier_is_a_name() {
        let source = "/// a\nfn bee<'c>(d: &'c str) -> m!{e} { f::g }";
        let names: Vec<String> = found(source, Kind::Name).into_iter().map(|(_, text)| text).collect();
        assert_eq!(names, ["fn", "bee", "c", "d", "c", "str", "m", "e", "f", "g"]);
    }

    #[test]
    fn a_comment_at_the_end_of_code_stands_alone() {
        assert_eq!(found("a(); // b\n/// c\nfn d() {} // e\n", Kind::Comment), some(&[(1, " b"), (3, " e")]));
    }
}
