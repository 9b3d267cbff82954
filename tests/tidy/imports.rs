//! The modules that a source imports, as paths from the top of its crate.

use xtask::sources::Source;
use xtask::tokens::{Token, occurrences};

use crate::reach::test_modules;
use crate::tokens_of;

/// A path from the top of a crate, `["report", "text", "sentence"]`, with the line that names it.
pub(crate) type Import = (Vec<String>, usize);

/// A source of a crate's `src`, except tests.
pub(crate) struct Module {
    /// The folder of the crate: `crates/node`, `xtask`.
    pub(crate) package: String,
    /// Where it lies: `["report", "text"]` for `src/report/text.rs`, `["report"]` for `src/report/mod.rs`, none for `src/lib.rs`.
    pub(crate) path: Vec<String>,
    /// The file.
    pub(crate) file: String,
    tokens: Vec<Token>,
}

impl Module {
    pub(crate) fn of(source: &Source) -> Option<Self> {
        let (package, below) = source.path.split_once("/src/")?;
        let is_ours = package == "xtask" || package.starts_with("crates/");
        if !is_ours || below.ends_with("tests.rs") || below.contains("/tests/") {
            return None;
        }
        let mut path: Vec<String> = below.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
        if path.last().is_some_and(|last| last == "mod") || matches!(below, "lib.rs" | "main.rs") {
            path.pop();
        }
        Some(Self { package: package.to_owned(), path, file: source.path.clone(), tokens: tokens_of(source) })
    }

    /// The paths that it imports by `crate` and `super`, without those of its tests.
    pub(crate) fn imports(&self) -> Vec<Import> {
        let tests = test_modules(&self.tokens);
        let mut found = Vec::new();
        for start in ["crate ::", "super ::"].iter().flat_map(|root| occurrences(&self.tokens, root)) {
            let continues = start > 0 && self.tokens[start - 1].text == "::";
            if continues || tests.iter().any(|module| module.contains(&start)) {
                continue;
            }
            let (mut from, mut index) = (self.path.as_slice(), start);
            if self.tokens[start].text == "crate" {
                (from, index) = (&[], start + 2);
            }
            while self.tokens.get(index).is_some_and(|token| token.text == "super") && !from.is_empty() {
                (from, index) = (&from[..from.len() - 1], index + 2);
            }
            self.paths(index, from, &mut found);
        }
        found
    }

    /// The paths of `use NAME::…`, for a room of that name inside of this module.
    pub(crate) fn reexports(&self, room: &str) -> Vec<Vec<String>> {
        let mut found = Vec::new();
        for start in occurrences(&self.tokens, &format!("use {room} ::")) {
            self.paths(start + 1, &[], &mut found);
        }
        found.into_iter().map(|(path, _)| path).collect()
    }

    /// Adds the paths that begin at this token, below `from`: one, or each of a list in braces. Returns the index after them.
    fn paths(&self, mut index: usize, from: &[String], found: &mut Vec<Import>) -> usize {
        let text = |index: usize| self.tokens.get(index).map_or("", |token| token.text.as_str());
        let mut path = from.to_vec();
        while is_name(text(index)) {
            path.push(text(index).to_owned());
            index += 1;
            if text(index) != "::" {
                found.push((path, self.tokens[index - 1].line));
                return index;
            }
            index += 1;
        }
        if text(index) == "{" {
            index += 1;
            while text(index) != "}" {
                index = match text(index) {
                    "," => index + 1,
                    // A new name leads nowhere else.
                    "as" => index + 2,
                    _ => self.paths(index, &path, found),
                };
            }
            return index + 1;
        }
        // `self`, a glob or type arguments: the path ends before them.
        found.push((path, self.tokens[index.saturating_sub(1)].line));
        index + 1
    }
}

fn is_name(word: &str) -> bool {
    word.starts_with(|sign: char| sign.is_alphabetic() || sign == '_') && !matches!(word, "self" | "as")
}
