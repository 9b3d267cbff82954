//! Scenario files in which bytes were changed: each is read or refused, and none ends the process.

use std::path::Path;

use crate::chance::Chance;
use crate::reader::scenario_file;

/// Pieces that mean something to a reader of JSON or of scenarios.
const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "null",
    "true",
    "-1",
    "0.5",
    "1e999",
    "18446744073709551616",
    "\\u0000",
    "[[[[[[[[",
    "\"system\":",
    "\"any:broker\"",
    "\"it\"",
    "{\"crash\":{\"node\":\"",
    "\"count\":",
    "\"times\":",
];

/// Changes a text in one or two places: cuts, doubles, removes, overwrites, inserts.
fn change(bytes: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    let place = |chance: &mut Chance, count: usize| chance.below(count as u64) as usize;
    for _ in 0..=place(chance, 2) {
        let start = place(chance, changed.len() + 1);
        let end = (start + place(chance, 40)).min(changed.len());
        let piece = PIECES[place(chance, PIECES.len())].bytes();
        match place(chance, 6) {
            0 => changed.truncate(start),
            1 => drop(changed.drain(start..end)),
            2 => {
                let doubled = changed[start..end].to_vec();
                changed.splice(start..start, doubled).for_each(drop);
            }
            3 => changed.splice(start..end, piece).for_each(drop),
            4 if start < changed.len() => changed[start] = chance.below(256) as u8,
            _ => changed.splice(start..start, piece).for_each(drop),
        }
    }
    changed
}

/// Reads that many changed copies of each committed file.
fn read_changed(inputs: u64) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).expect("it is there").map(|entry| entry.expect("it can be read").path()).collect();
    paths.retain(|path| path.is_file());
    paths.sort();
    let mut taken = 0;
    for path in &paths {
        let text = std::fs::read(path).expect("it can be read");
        assert!(scenario_file(&text), "{}", path.display());
        taken += (0..inputs).filter(|seed| scenario_file(&change(&text, &mut Chance(*seed)))).count() as u64;
    }
    let all = inputs * paths.len() as u64;
    println!("{taken} of {all} changed files were read");
    assert!(paths.len() > 12 && taken > all / 1_000 && taken < all / 2, "{taken} of {all} were read: change more, or less");
}

#[test]
fn a_file_with_changed_bytes_is_read_or_refused() {
    read_changed(300);
}

#[test]
fn soak_a_million_files_with_changed_bytes_are_read_or_refused() {
    read_changed(50_000);
}
