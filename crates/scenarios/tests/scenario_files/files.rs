//! The scenario files of the repository, and those of the help.

use std::fs;

use cluster_sim::Seed;
use cluster_sim_scenarios::builtin;
use serde_json::Value;

use crate::{read, validator};

/// The text of every scenario file of the repository, by its name.
fn texts() -> Vec<(String, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios");
    let entries = [folder.to_owned(), format!("{folder}/large")].map(|folder| fs::read_dir(folder).unwrap());
    let paths = entries.into_iter().flatten().map(|entry| entry.unwrap().path());
    let files = paths.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.map(|path| (path.display().to_string(), fs::read_to_string(&path).unwrap())).collect()
}

#[test]
fn reader_and_schema_accept_every_scenario_file() {
    let (registry, all) = (builtin(), validator(None));
    let dialects = registry.file_formats().map(|(name, format)| (name.to_owned(), format.example.to_owned()));
    let general = registry.general_formats().map(|(name, format)| (name.to_owned(), format.example.to_owned()));
    let texts: Vec<_> = texts().into_iter().chain(dialects).chain(general).collect();
    assert!(texts.len() > 9);
    for (name, text) in texts {
        let file: Value = serde_json::from_str(&text).unwrap();
        let read = read(&text);
        assert!(read.is_ok(), "{name}: {}", read.err().unwrap());
        read.unwrap().scenario().validate().unwrap_or_else(|error| panic!("{name}: {error}"));
        let system = file.get("system").and_then(Value::as_str).unwrap_or("edge-cache");
        assert!(all.is_valid(&file), "{name}");
        validator(Some(system)).validate(&file).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

/// Each block of JSON in the documentation is a whole file.
#[test]
fn the_documented_files_are_read_and_pass() {
    let page = include_str!("../../../../docs/scenario-files.md");
    let blocks: Vec<&str> = page.split("```json\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(!blocks.is_empty());
    for text in blocks {
        let prepared = read(text).unwrap_or_else(|error| panic!("{error}"));
        assert!(validator(None).is_valid(&serde_json::from_str(text).unwrap()), "{text}");
        for seed in (0..20).map(Seed) {
            prepared.scenario().run(seed).assert_ok();
        }
    }
}

#[test]
fn a_field_of_the_list_stands_on_one_line() {
    for (system, shape) in builtin().file_shapes() {
        let lines = shape.lines();
        assert!(lines.len() > 20 && lines.iter().all(|line| !line.contains('\n') && line.ends_with('.')), "{system}: {lines:#?}");
    }
}
