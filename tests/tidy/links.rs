//! Every link of a page leads to a file or a heading, and every path and name that a page quotes exists.

use std::collections::BTreeSet;

use xtask::prose::{Kind, passages};
use xtask::sources::{Source, paths, sources};

use crate::{Finding, assert_tidy, root, rust_sources, sample, specifications};

/// Pages that quote names which are gone. Their links must lead somewhere all the same.
const HISTORIES: &[&str] = &["CHANGELOG.md", "docs/decisions.md"];

/// Names of others, as the first part of a path or alone, with whose they are.
const FOREIGN: &[(&str, &str)] = &[
    ("std", "the standard library"),
    ("core", "the standard library"),
    ("tokio", "the runtime"),
    ("futures", "the crate"),
    ("turmoil", "a peer"),
    ("madsim", "a peer"),
    ("f64", "the primitive type"),
    ("powf", "of `f64`"),
    ("HashSet", "of `std`"),
    ("try_iter", "of `std::sync::mpsc`"),
];

/// Hidden folders that hold what pages speak of.
const HIDDEN: &[&str] = &[".cargo", ".ci", ".config"];

/// The extensions by which a name is known to be that of a file.
const EXTENSIONS: &[&str] = &["rs", "md", "toml", "json", "js", "html", "css", "sh", "jsonl", "xml", "lock", "snap"];

/// The files and names that a page may quote.
struct Known {
    /// Files and folders, from the root of the workspace.
    paths: BTreeSet<String>,
    /// The names of those files and folders, with and without extensions.
    files: BTreeSet<String>,
    /// The identifiers of the Rust sources.
    identifiers: BTreeSet<String>,
    /// The words of string literals, of manifests, of data and of scripts: keys, flags, causes, variables.
    words: BTreeSet<String>,
    pages: Vec<Source>,
    /// The pages that list the tests of each row.
    tables: Vec<String>,
}

impl Known {
    fn read() -> Self {
        let every = |extension: &str| sources(root(), extension).expect("the workspace is readable");
        let mut data: Vec<Source> = ["toml", "json", "js", "html", "sh"].into_iter().flat_map(every).collect();
        let mut files = paths(root()).expect("the workspace is readable");
        for folder in HIDDEN {
            let hidden = root().join(folder);
            let below = paths(&hidden).expect("the workspace is readable").into_iter().map(|path| format!("{folder}/{path}"));
            data.extend(sources(&hidden, "toml").expect("the workspace is readable"));
            files.extend(below);
        }
        let tables = specifications().into_iter().map(|specification| specification.table).collect();
        Self { tables, ..Self::of(&files, &rust_sources(), &data, every("md")) }
    }

    fn of(files: &[String], rust: &[Source], data: &[Source], pages: Vec<Source>) -> Self {
        let (paths, files_named, identifiers, words) = Default::default();
        let mut known = Self { paths, files: files_named, identifiers, words, pages, tables: Vec::new() };
        for path in files {
            known.paths.extend(path.match_indices('/').map(|(end, _)| path[..end].to_owned()));
            known.paths.insert(path.clone());
        }
        for name in known.paths.iter().filter_map(|path| path.rsplit('/').next()) {
            known.files.insert(name.to_owned());
            known.files.extend(name.split_once('.').map(|(stem, _)| stem.to_owned()));
        }
        for source in rust {
            // The samples of these rules name what is not there.
            let are_samples = source.path.starts_with("tests/tidy/");
            for passage in passages(&source.text).unwrap_or_else(|error| panic!("{} is not Rust: {error}", source.path)) {
                match passage.kind {
                    Kind::Name => drop(known.identifiers.insert(passage.text)),
                    Kind::Text if !are_samples => known.words.extend(words_in(&passage.text)),
                    _ => {}
                }
            }
        }
        known.words.extend(data.iter().flat_map(|source| words_in(&source.text)));
        known
    }

    /// Whether a path is there: from the root, from the folder of the page, or as the end of another path.
    fn has_path(&self, page: &str, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        let beside = joined(page, path);
        let end = format!("/{path}");
        self.paths.contains(path)
            || beside.is_some_and(|path| self.paths.contains(&path))
            || self.paths.iter().any(|known| known.ends_with(&end))
    }

    fn has_word(&self, word: &str) -> bool {
        let is_prefix = word.ends_with('_') && self.identifiers.iter().any(|known| known.starts_with(word));
        is_prefix || self.identifiers.contains(word) || self.words.contains(word) || self.files.contains(word)
    }
}

/// The words of data: `time_to_consistency_ms`, `cluster-sim`, and `report.json` besides `report` and `json`.
fn words_in(text: &str) -> impl Iterator<Item = String> {
    let parts = text.split(|sign: char| !(sign.is_alphanumeric() || matches!(sign, '_' | '-' | '.')));
    let with_parts = |whole: &'_ str| [whole].into_iter().chain(whole.split('.')).map(str::to_owned).collect::<Vec<_>>();
    parts.flat_map(with_parts).filter(|part| !part.is_empty())
}

/// A path beside a page, without `.` and `..`; `None` if it leads out of the workspace.
fn joined(page: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// A quotation in backticks, or the target of a link, with its line.
type Quote<'a> = (usize, &'a str);

/// The lines outside of fences, with their numbers.
fn prose(page: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut is_fenced = false;
    page.lines().enumerate().filter_map(move |(index, line)| {
        let is_fence = line.trim_start().starts_with("```");
        is_fenced ^= is_fence;
        (!is_fence && !is_fenced).then_some((index + 1, line))
    })
}

fn quotations(page: &str) -> Vec<Quote<'_>> {
    prose(page).flat_map(|(number, line)| line.split('`').skip(1).step_by(2).map(move |quote| (number, quote))).collect()
}

/// The targets of `[text](target)` and of `[text]: target`.
fn targets(page: &str) -> Vec<Quote<'_>> {
    let mut found = Vec::new();
    for (number, line) in prose(page) {
        for (start, _) in line.match_indices("](") {
            let target = &line[start + 2..];
            found.extend(target.find(')').map(|end| (number, &target[..end])));
        }
        if let Some((_, target)) = line.split_once("]: ").filter(|(text, _)| text.starts_with('[')) {
            found.push((number, target.trim()));
        }
    }
    found
}

/// The anchors of a page: its headings as GitHub spells them.
fn anchors(page: &str) -> BTreeSet<String> {
    let heading = |(_, line): (usize, &str)| {
        let text = line.strip_prefix('#')?.trim_start_matches('#').trim();
        let sign = |sign: char| match sign {
            ' ' => Some('-'),
            '-' | '_' => Some(sign),
            sign => sign.is_alphanumeric().then(|| sign.to_ascii_lowercase()),
        };
        Some(text.chars().filter_map(sign).collect())
    };
    prose(page).filter_map(heading).collect()
}

fn broken_links(page: &Source, known: &Known) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (line, target) in targets(&page.text) {
        if target.contains("://") || target.starts_with("mailto:") {
            continue;
        }
        let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
        let to = if path.is_empty() { Some(page.path.clone()) } else { joined(&page.path, path) };
        let Some(to) = to.filter(|to| known.paths.contains(to) || *to == page.path) else {
            findings.push(Finding::at(page, line, format!("links to `{target}`, which is not there; correct the path")));
            continue;
        };
        let other = known.pages.iter().find(|other| other.path == to);
        if !anchor.is_empty() && other.is_some_and(|other| !anchors(&other.text).contains(anchor)) {
            findings.push(Finding::at(page, line, format!("links to `{target}`, which has no such heading; correct the anchor")));
        }
    }
    findings
}

/// Returns the fault of a quotation; `None` if every name in it exists.
fn missing(page: &Source, quote: &str, known: &Known) -> Option<String> {
    let quote = quote.trim();
    if quote.starts_with("# ") {
        return None;
    }
    if is_path(quote) {
        let (path, item) = quote.split_once("::").unwrap_or((quote, ""));
        let is_written = known.words.contains(path.trim_end_matches('/'));
        if !is_written && !known.has_path(&page.path, path) {
            return Some(format!("`{quote}` is no file or folder; name one that is there"));
        }
        let name = item.rsplit("::").next().unwrap_or(item);
        return (!name.is_empty() && !known.identifiers.contains(name))
            .then(|| format!("`{name}` is in no source; name what is there"));
    }
    let part = names(quote).into_iter().find_map(|name| name.unknown(known))?;
    Some(format!("`{part}` is in no source; name what is there"))
}

/// Whether a quotation names a file or a folder: `crates/node`, `sweep.rs`, `tests/a.rs::a_claim`. One that stands for many does not.
fn is_path(quote: &str) -> bool {
    let path = quote.split("::").next().unwrap_or(quote);
    let is_plain = !path.is_empty() && path.chars().all(|sign| sign.is_alphanumeric() || matches!(sign, '_' | '-' | '.' | '/'));
    let has_placeholder = path.split(['/', '.']).any(|part| part.len() > 1 && part.chars().all(|sign| sign.is_ascii_uppercase()));
    let is_made = path.starts_with("target/") || path.starts_with('/');
    let has_extension = path.rsplit_once('.').is_some_and(|(stem, extension)| !stem.is_empty() && EXTENSIONS.contains(&extension));
    // Nodes are called `edge/1`.
    let is_node = path.rsplit('/').next().is_some_and(|last| last.parse::<u32>().is_ok());
    let is_document = path.starts_with(|sign: char| sign.is_ascii_uppercase()) && path.ends_with(".md");
    is_plain && (is_document || !has_placeholder) && !is_made && !is_node && (path.contains('/') || has_extension)
}

/// A name in a quotation.
#[derive(Debug, PartialEq, Eq)]
struct Name<'a> {
    /// `Sim::finish`, `crash`.
    path: &'a str,
    /// Whether it can only be code: a type, a path, a call or a macro.
    is_code: bool,
}

impl<'a> Name<'a> {
    /// The first part of it that is not there.
    fn unknown(&self, known: &Known) -> Option<&'a str> {
        let is_of_others = |name: &str| FOREIGN.iter().any(|(foreign, _)| *foreign == name);
        let mut parts = self.path.split("::").filter(|part| !part.is_empty());
        if is_of_others(self.path.split("::").next().unwrap_or_default()) {
            return None;
        }
        parts.find(|part| if self.is_code { !known.identifiers.contains(*part) } else { !known.has_word(part) })
    }
}

/// The names in a quotation that can be looked up: paths, types, calls, names with an underscore, and one word alone.
fn names(quote: &str) -> Vec<Name<'_>> {
    let mut found = Vec::new();
    let mut start = None;
    for (index, sign) in quote.char_indices().chain([(quote.len(), ' ')]) {
        let is_of_a_path = sign == ':' && (quote[index + 1..].starts_with(':') || quote[..index].ends_with(':'));
        if sign.is_alphanumeric() || sign == '_' || is_of_a_path {
            start.get_or_insert(index);
            continue;
        }
        let Some(begin) = start.take() else { continue };
        let path = quote[begin..index].trim_matches(':');
        let is_call = matches!(sign, '(' | '!');
        let is_method = quote[..begin].ends_with('.');
        let is_type =
            path.starts_with(|sign: char| sign.is_ascii_uppercase()) && path.contains(|sign: char| sign.is_ascii_lowercase());
        let is_alone = begin == 0 && index == quote.len();
        let is_named = path.starts_with(|sign: char| sign.is_alphabetic());
        if is_named && (is_call || is_method || is_type || is_alone || path.contains(['_', ':'])) {
            found.push(Name { path, is_code: is_call || is_type || path.contains("::") });
        }
    }
    found
}

fn missing_names(page: &Source, known: &Known) -> Vec<Finding> {
    // `rows` compares the tables of tests with the tests.
    if HISTORIES.contains(&page.path.as_str()) || known.tables.contains(&page.path) {
        return Vec::new();
    }
    let found = quotations(&page.text).into_iter();
    let mut findings: Vec<Finding> =
        found.filter_map(|(line, quote)| Some(Finding::at(page, line, missing(page, quote, known)?))).collect();
    findings.extend(missing_in_code(page, known));
    findings
}

/// The lines between fences that say `rust`, with their numbers.
fn rust_code(page: &str) -> Vec<Quote<'_>> {
    let mut is_rust = false;
    let mut found = Vec::new();
    for (index, line) in page.lines().enumerate() {
        match line.trim_start().strip_prefix("```") {
            Some(info) => is_rust = !is_rust && info.starts_with("rust"),
            None if is_rust => found.push((index + 1, line.split("//").next().unwrap_or(line))),
            None => {}
        }
    }
    found
}

/// The calls, types and paths of a page's Rust code that are neither declared in it nor in a source.
fn missing_in_code(page: &Source, known: &Known) -> Vec<Finding> {
    let code = rust_code(&page.text);
    let mut declared = BTreeSet::new();
    for (_, line) in &code {
        let words: Vec<&str> =
            line.split(|sign: char| !(sign.is_alphanumeric() || sign == '_')).filter(|word| !word.is_empty()).collect();
        let is_keyword = |word: &str| matches!(word, "fn" | "struct" | "enum" | "trait" | "type" | "mod" | "let" | "mut");
        declared.extend(words.windows(2).filter(|pair| is_keyword(pair[0])).map(|pair| pair[1]));
    }
    let mut findings = Vec::new();
    for (number, line) in code {
        for name in names(line).into_iter().filter(|name| name.is_code) {
            if let Some(part) = name.unknown(known).filter(|part| !declared.contains(part)) {
                findings.push(Finding::at(page, number, format!("`{part}` is in no source; call what is there")));
            }
        }
    }
    findings
}

#[test]
fn every_link_of_a_page_leads_somewhere() {
    let known = Known::read();
    assert_tidy(&known.pages.iter().flat_map(|page| broken_links(page, &known)).collect::<Vec<_>>());
}

#[test]
fn every_name_that_a_page_quotes_exists() {
    let known = Known::read();
    assert_tidy(&known.pages.iter().flat_map(|page| missing_names(page, &known)).collect::<Vec<_>>());
}

/// A workspace with two sources, a manifest, and these pages.
fn small(pages: &[(&str, &str)]) -> Known {
    let rust = [
        sample(
            "crates/a/src/bee/sweep.rs",
            "pub struct Sim; impl Sim { fn finish_run() {} } fn a_claim_holds() { f(\"node_killed report.json\") }",
        ),
        sample("tests/tidy/links.rs", "fn f() { \"sample_only\" }"),
    ];
    let data = [sample("Cargo.toml", "[dependencies]\ncluster-sim = 1\n")];
    let files = ["crates/a/src/bee/sweep.rs", "Cargo.toml", "docs/page.md", "README.md", "scenarios/one.json"];
    let pages = pages.iter().map(|(path, text)| sample(path, text)).collect();
    Known::of(&files.map(str::to_owned), &rust, &data, pages)
}

fn lines_of(known: &Known, rule: fn(&Source, &Known) -> Vec<Finding>) -> Vec<String> {
    known.pages.iter().flat_map(|page| rule(page, known)).map(|finding| finding.place).collect()
}

#[test]
fn a_link_that_leads_nowhere_is_found() {
    let page = "# Page\n## The `first` part\n[a](page.md#the-first-part) [b](../Cargo.toml) [c](#page) [d](https://a.b/c)\n[e]: ../crates/a\n";
    let bad = ["[a](pages.md)", "[a](#nowhere)", "[a](../README.md#nowhere)", "x [a](page.md) [b](../../x.md)", "[a]: nowhere.md"];
    assert_eq!(lines_of(&small(&[("docs/page.md", page)]), broken_links), [""; 0]);
    for bad in bad {
        let known = small(&[("docs/page.md", &format!("# Page\n\n{bad}\n")), ("README.md", "# Read\n")]);
        assert_eq!(lines_of(&known, broken_links), ["docs/page.md:3"], "{bad}");
    }
    assert_eq!(lines_of(&small(&[("docs/page.md", "# Page\n```text\n[a](nowhere.md)\n```\n")]), broken_links), [""; 0]);
}

#[test]
fn a_quoted_name_that_is_not_there_is_found() {
    let bad = [
        "crates/a/src/bee/sweeps.rs",
        "sweeps.rs",
        "bees/sweep.rs",
        "OTHER.md",
        "nowhere/",
        "crates/a/src/bee/sweep.rs::a_claim",
        "Sim::finish",
        "Simulation",
        "a_claim_hold",
        "finish()",
        "sim.finish_runs()",
        "node_kill",
        "sample_only",
        "vanished",
        "Sim<Other>",
    ];
    for bad in bad {
        assert_eq!(lines_of(&small(&[("README.md", &format!("# A\n\nSee `{bad}`.\n"))]), missing_names), ["README.md:3"], "{bad}");
    }
}

#[test]
fn what_is_there_and_what_is_of_others_passes() {
    let plain = [
        "crates/a/src/bee/sweep.rs",
        "crates/a/",
        "sweep.rs",
        "bee/sweep.rs",
        "bee",
        "page.md",
        "scenarios/one.json",
        "crates/a/src/bee/sweep.rs::a_claim_holds",
        "Sim::finish_run",
        "Sim",
        "a_claim_holds",
        "a_claim_",
        "sim.finish_run(…)",
        "node_killed",
        "cluster-sim",
        "report.json",
        "node_killed/",
        "std::env::var",
        "tokio",
        "crates/*/src",
        "target/a/b.json",
        "tests/NAME/SEED.json",
        "edge/1",
        "# Errors",
        "a + b = c",
        "0.5 ms",
        "",
    ];
    for plain in plain {
        assert_eq!(lines_of(&small(&[("README.md", &format!("# A\n\nSee `{plain}`.\n"))]), missing_names), [""; 0], "{plain}");
    }
    assert_eq!(lines_of(&small(&[("docs/page.md", "# A\n\n`page.md` `../scenarios/one.json`\n")]), missing_names), [""; 0]);
    let old = |path: &str| small(&[(path, "# A\n\n`Simulation::old_name`\n")]);
    for path in HISTORIES {
        assert_eq!(lines_of(&old(path), missing_names), [""; 0]);
    }
    let table = "docs/rows.md".to_owned();
    assert_eq!(lines_of(&Known { tables: vec![table.clone()], ..old(&table) }, missing_names), [""; 0]);
    assert_eq!(lines_of(&old(&table), missing_names), ["docs/rows.md:3"]);
}

#[test]
fn a_call_in_a_pages_code_that_is_not_there_is_found() {
    let code = |line: &str| format!("# A\n```rust\n# use Sim;\nfn own(c: Sim) {{}}\n{line}\n```\n```text\nGone::gone()\n```\n");
    for bad in ["gone();", "own(Sim::gone())", "let a = Gone { b };", "sim.gone(|a| a)"] {
        assert_eq!(lines_of(&small(&[("README.md", &code(bad))]), missing_names), ["README.md:5"], "{bad}");
    }
    for plain in ["own(a_claim_holds());", "let gone = Sim; gone(1) // other()", "Sim::finish_run(here)"] {
        assert_eq!(lines_of(&small(&[("README.md", &code(plain))]), missing_names), [""; 0], "{plain}");
    }
}
