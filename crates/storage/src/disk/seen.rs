//! Files as they were when a rule read them last.

use std::collections::BTreeMap;

use cluster_sim_types::FileChange;

use crate::content::Content;

/// The files of a directory by name, as they were when they were compared last. Shares its pages with the disk.
///
/// A page that it shares cannot change: the disk writes to a copy. So an equal address proves equal bytes, whatever happened to the
/// disk in between.
#[derive(Debug, Default)]
pub(super) struct Seen(BTreeMap<Box<str>, Content>);

impl Seen {
    /// Lists what differs from the files of the directory, which are in order of their names, and takes that over.
    pub(super) fn update<'a>(&mut self, files: impl Iterator<Item = (&'a str, &'a Content)> + Clone) -> Vec<FileChange> {
        let (mut changes, mut count) = (Vec::new(), 0);
        for (name, content) in files.clone() {
            count += 1;
            let kept = match self.0.get_mut(name) {
                Some(seen) => {
                    let kept = content.equal_until(seen);
                    if kept == content.len() && kept == seen.len() {
                        continue;
                    }
                    seen.clone_from(content);
                    kept
                }
                None => {
                    self.0.insert(name.into(), content.clone());
                    0
                }
            };
            changes.push(FileChange { name: name.to_owned(), kept: Some(kept) });
        }
        if self.0.len() > count {
            let gone = self.0.keys().filter(|name| !files.clone().any(|(other, _)| other == &***name));
            changes.extend(gone.map(|name| FileChange { name: name.to_string(), kept: None }));
            changes.iter().filter(|change| change.kept.is_none()).for_each(|change| drop(self.0.remove(&*change.name)));
            changes.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        }
        changes
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::disk::file::File;
    use crate::pages::PAGE;

    /// The durable bytes of files by name.
    type Bytes = BTreeMap<String, Vec<u8>>;

    #[derive(Debug, Clone)]
    enum Action {
        Write(u64, usize),
        SetLen(u64),
        Sync,
        /// As after a crash.
        Settle,
        /// As bit rot.
        Flip(u64),
        Remove,
        /// Gives the file the name of the next one, and a new one its own.
        Rename,
    }

    fn action() -> impl Strategy<Value = (usize, Action)> {
        let place = || 0..3 * PAGE as u64;
        let action = prop_oneof![
            4 => (place(), 0..2 * PAGE).prop_map(|(offset, length)| Action::Write(offset, length)),
            1 => place().prop_map(Action::SetLen),
            4 => Just(Action::Sync),
            1 => Just(Action::Settle),
            1 => place().prop_map(Action::Flip),
            1 => Just(Action::Remove),
            1 => Just(Action::Rename),
        ];
        (0..3_usize, action)
    }

    fn act(files: &mut BTreeMap<String, File>, step: u8, (number, action): &(usize, Action)) {
        let file = files.entry(number.to_string()).or_default();
        match *action {
            Action::Write(offset, length) => file.write(offset, &vec![step; length]),
            Action::SetLen(length) => file.set_len(length),
            Action::Sync => file.sync(),
            Action::Settle => file.settle(),
            Action::Flip(offset) => {
                let byte = file.durable.read(offset, 1).iter().map(|byte| !byte).collect::<Vec<_>>();
                file.durable.write(offset, &byte);
            }
            Action::Remove => drop(files.remove(&number.to_string())),
            Action::Rename => {
                let file = std::mem::take(file);
                files.insert((number + 1).to_string(), file);
            }
        }
    }

    proptest! {
        #[test]
        fn changes_are_those_of_a_comparison_byte_by_byte(
            actions in prop::collection::vec((action(), any::<bool>()), 1..80),
        ) {
            let (mut files, mut seen, mut before) = (BTreeMap::new(), Seen::default(), Bytes::new());
            for (step, (action, looks)) in (1..).zip(&actions) {
                act(&mut files, step, action);
                if !looks {
                    continue;
                }
                let after: Bytes = files.iter().map(|(name, file)| (name.clone(), file.durable.to_vec())).collect();
                let names = before.keys().chain(after.keys()).collect::<std::collections::BTreeSet<_>>();
                let expected: Vec<FileChange> = names.into_iter().filter(|name| before.get(*name) != after.get(*name)).map(|name| {
                    let old = before.get(name).cloned().unwrap_or_default();
                    let kept = after.get(name).map(|new| new.iter().zip(&old).take_while(|(new, old)| new == old).count() as u64);
                    FileChange { name: name.clone(), kept }
                }).collect();
                prop_assert_eq!(seen.update(files.iter().map(|(name, file)| (&**name, &file.durable))), expected);
                before = after;
            }
        }
    }
}
