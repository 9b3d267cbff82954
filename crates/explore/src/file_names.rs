//! Names of files and folders made of names that users give: no two names fall together.

use std::collections::BTreeSet;

use cluster_sim_runtime::{finalize, fold_bytes};

/// Characters of a name that a file name keeps.
const LENGTH_MAX: usize = 100;

/// Names that Windows keeps for devices, with any extension.
const RESERVED: [&str; 4] = ["con", "prn", "aux", "nul"];

/// The name of a folder for something that others do not know of.
///
/// A name of lowercase letters, digits, `_`, `-` and `.` is that name. Any other one ends in a hash of it, so that `a/b` and
/// `a-b` have a folder each, and so do names that differ in case only.
pub(crate) fn folder_name(name: &str) -> String {
    let readable = readable(name);
    if readable == name && !name.chars().any(char::is_uppercase) && !is_reserved(name) {
        return readable;
    }
    format!("{readable}-{}", short_hash(name))
}

/// Names of files that stand in one folder.
#[derive(Debug, Default)]
pub(crate) struct FileNames(BTreeSet<String>);

impl FileNames {
    /// The next file's name, without its extension.
    ///
    /// It ends in a hash if an earlier one is equal, letter case aside.
    pub(crate) fn add(&mut self, name: &str) -> String {
        let readable = readable(name);
        if !is_reserved(&readable) && self.0.insert(readable.to_lowercase()) {
            return readable;
        }
        let told_apart = format!("{readable}-{}", short_hash(name));
        self.0.insert(told_apart.to_lowercase());
        told_apart
    }
}

/// Replaces each character that is not a letter, a digit, `_` or `.` by a hyphen, and leaves out what is too long.
fn readable(name: &str) -> String {
    let is_kept = |character: char| character.is_alphanumeric() || character == '_' || character == '.';
    let name: String = name.chars().take(LENGTH_MAX).map(|character| if is_kept(character) { character } else { '-' }).collect();
    match name.trim_matches('.') {
        "" => "unnamed".to_owned(),
        name => name.to_owned(),
    }
}

fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().to_lowercase();
    let is_port = |kind: &str| stem.strip_prefix(kind).is_some_and(|number| number.len() == 1 && number.parse::<u8>().is_ok());
    RESERVED.contains(&stem.as_str()) || is_port("com") || is_port("lpt")
}

fn short_hash(name: &str) -> String {
    format!("{:08x}", finalize(fold_bytes(0, name.as_bytes())) >> 32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_plain_name_is_its_folder() {
        for name in ["store-all_nodes_agree", "store-tests.all_agree", "my.json", "canary", "größe"] {
            assert_eq!(folder_name(name), name);
        }
    }

    #[test]
    fn names_that_would_fall_together_are_told_apart() {
        let names = ["a/b", "a-b", "a b", "A-b", "a:b", "./a-b", "..", ".", "", "unnamed", "con", "nul.json", "lpt1"];
        let folders: BTreeSet<String> = names.iter().map(|name| folder_name(name).to_lowercase()).collect();
        assert_eq!(folders.len(), names.len(), "{folders:?}");
        let long = ["x".repeat(300), "x".repeat(301)].map(|name| folder_name(&name));
        assert!(long[0] != long[1] && long.iter().all(|name| name.len() < 200), "{long:?}");
        assert!(!is_reserved(&folder_name("con")) && !is_reserved("comet") && !is_reserved("com12"));
    }

    #[test]
    fn a_file_has_a_hash_only_beside_one_of_its_name() {
        let mut files = FileNames::default();
        let names = ["store/0", "store/1", "store-0", "Store/0", "con"].map(|name| files.add(name));
        assert_eq!(names[..2], ["store-0", "store-1"]);
        assert!(names[2].starts_with("store-0-") && names[3].starts_with("Store-0-") && names[4].starts_with("con-"), "{names:?}");
    }

    proptest! {
        #[test]
        fn different_names_have_different_files(names in prop::collection::btree_set("[aA/. -]{0,4}", 0..40)) {
            let folders: BTreeSet<String> = names.iter().map(|name| folder_name(name).to_lowercase()).collect();
            prop_assert_eq!(folders.len(), names.len());
            let mut files = FileNames::default();
            let files: BTreeSet<String> = names.iter().map(|name| files.add(name).to_lowercase()).collect();
            prop_assert_eq!(files.len(), names.len());
        }
    }
}
