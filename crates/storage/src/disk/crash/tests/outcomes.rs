//! Every outcome that the rules allow is found, and none that they forbid.

use std::collections::BTreeSet;

use super::super::super::sectors::SECTOR;
use super::*;

const CRASHES: u64 = 500;

/// Names the outcomes of many crashes, each of a disk made anew.
fn outcomes(make: impl Fn() -> TestDisk, name: impl Fn(&TestDisk, &CrashReport) -> Vec<&'static str>) -> BTreeSet<&'static str> {
    let crash = |seed| {
        let mut disk = make();
        let report = disk.crash(seed);
        name(&disk, &report)
    };
    (0..CRASHES).flat_map(crash).collect()
}

fn set<const N: usize>(names: [&'static str; N]) -> BTreeSet<&'static str> {
    names.into()
}

/// Eight synced sectors of `o`, overwritten with `n`.
fn overwritten(rules: CrashRules) -> TestDisk {
    let (mut disk, file) = TestDisk::with_synced(rules, "file", &[b'o'; 8 * SECTOR]);
    disk.write(file, 0, &[b'n'; 8 * SECTOR]);
    disk
}

/// The outcome of a crash of [`overwritten`].
fn of_sectors(disk: &TestDisk, _: &CrashReport) -> Vec<&'static str> {
    let bytes = disk.read("file").unwrap();
    assert_eq!(bytes.len(), 8 * SECTOR);
    let of_sector = |sector: &[u8]| match (sector.contains(&b'o'), sector.contains(&b'n')) {
        _ if sector.iter().any(|byte| !b"on".contains(byte)) => "garbage",
        (true, true) => {
            let changes = sector.windows(2).filter(|pair| pair[0] != pair[1]).count();
            match (changes, sector[0]) {
                (1, b'n') => "torn prefix",
                (1, _) => "torn suffix",
                _ => "torn subset",
            }
        }
        (true, false) => "old",
        (false, _) => "new",
    };
    let sectors: Vec<&'static str> = bytes.chunks(SECTOR).map(of_sector).collect();
    let mut found = sectors.clone();
    let first_old = sectors.iter().position(|sector| *sector == "old").unwrap_or(8);
    let is = |sectors: &[&str], one| sectors.iter().all(|sector| *sector == one);
    found.push(match first_old {
        0 if is(&sectors, "old") => "all old",
        8 if is(&sectors, "new") => "all new",
        _ if is(&sectors[..first_old], "new") && is(&sectors[first_old..], "old") => "a prefix",
        0 if !is(&sectors, "old") && sectors[7] == "new" && sectors.is_sorted_by_key(|sector| *sector == "new") => "a suffix",
        _ => "reordered",
    });
    found
}

#[test]
fn sectors_are_old_new_torn_or_garbage_in_any_order() {
    let whole = ["old", "new", "all old", "all new", "a prefix", "a suffix", "reordered"];
    let torn = ["torn prefix", "torn suffix", "torn subset"];
    let expected = |more: &[&'static str]| -> BTreeSet<&'static str> { whole.into_iter().chain(more.iter().copied()).collect() };
    let strict = CrashRules::strict_posix();
    let all = [&torn[..], &["garbage"]].concat();
    assert_eq!(outcomes(|| overwritten(strict), of_sectors), expected(&all));
    let without = CrashRules { garbage: false, ..strict };
    assert_eq!(outcomes(|| overwritten(without), of_sectors), expected(&torn));
    for rules in [CrashRules::ext4_ordered(), CrashRules::xfs_like()] {
        assert_eq!(outcomes(|| overwritten(rules), of_sectors), expected(&[]));
    }
}

#[test]
fn the_sector_at_which_a_prefix_ends_is_often_torn() {
    let is_torn = |sector: &[u8]| sector.contains(&b'o') && sector.contains(&b'n');
    let ends_torn = |seed: &u64| {
        let mut disk = overwritten(CrashRules::strict_posix());
        disk.crash(*seed);
        let bytes = disk.read("file").unwrap();
        let sectors: Vec<&[u8]> = bytes.chunks(SECTOR).collect();
        let new = sectors.iter().take_while(|sector| **sector == [b'n'; SECTOR]).count();
        new > 0 && new < 7 && is_torn(sectors[new]) && sectors[new + 1..].iter().all(|sector| **sector == [b'o'; SECTOR])
    };
    let count = (0..CRASHES).filter(ends_torn).count();
    assert!(count > 20, "{count} of {CRASHES} crashes, where about 40 are expected");
}

#[test]
fn length_and_data_part_only_where_the_rules_say() {
    let make = |rules| {
        let (mut disk, file) = TestDisk::with_synced(rules, "file", &[b'o'; SECTOR]);
        disk.write(file, 0, &[b'n'; 4 * SECTOR]);
        disk
    };
    let name = |disk: &TestDisk, _: &CrashReport| {
        let bytes = disk.read("file").unwrap();
        let (grown, old) = (bytes.get(SECTOR..).unwrap_or_default(), &bytes[..SECTOR]);
        let zeros = grown.iter().filter(|byte| **byte == 0).count();
        vec![match (grown.len(), zeros) {
            (0, _) if old == [b'n'; SECTOR] => "old length, new data",
            (0, _) => "old length",
            (length, zeros) if length == 3 * SECTOR && zeros == length => "new length, zeros",
            (length, zeros) if length == 3 * SECTOR && zeros > 0 => "new length, some zeros",
            (length, 0) if length == 3 * SECTOR => "new length",
            (_, _) if !bytes.len().is_multiple_of(SECTOR) => "any length",
            (_, _) => "between",
        }]
    };
    let found = |rules: CrashRules| outcomes(|| make(CrashRules { garbage: false, ..rules }), name);
    let common = ["old length", "new length"];
    let strict = ["old length, new data", "new length, zeros", "new length, some zeros", "any length", "between"];
    assert_eq!(found(CrashRules::strict_posix()), set(common).into_iter().chain(strict).collect());
    let after_data = ["old length, new data", "new length, some zeros", "between"];
    assert_eq!(found(CrashRules::xfs_like()), set(common).into_iter().chain(after_data).collect());
    assert_eq!(found(CrashRules::ext4_ordered()), set(["old length", "old length, new data", "new length"]));
}

#[test]
fn a_file_that_was_cut_and_written_anew_may_be_empty() {
    let make = |rules| {
        let (mut disk, _) = TestDisk::with_synced(rules, "file", b"old content");
        let file = disk.open_as("file", OpenOptions::create().truncate());
        disk.write(file, 0, b"new content");
        disk
    };
    let name = |disk: &TestDisk, _: &CrashReport| match &disk.read("file").unwrap()[..] {
        b"" => vec!["empty"],
        b"old content" => vec!["old"],
        b"new content" => vec!["new"],
        _ => vec!["other"],
    };
    for (rules, others) in
        [(CrashRules::strict_posix(), &["other"][..]), (CrashRules::xfs_like(), &[]), (CrashRules::ext4_ordered(), &[])]
    {
        let found = outcomes(|| make(rules), name);
        assert_eq!(found, set(["empty", "old", "new"]).into_iter().chain(others.iter().copied()).collect(), "{rules:?}");
    }
}

/// A file whose data is synced and whose name is not, and one renamed over another.
fn renamed(rules: CrashRules) -> TestDisk {
    let (mut disk, _) = TestDisk::with_synced(rules, "target", b"old");
    let file = disk.open("temporary");
    disk.write(file, 0, b"new");
    disk.sync(file);
    disk.rename("temporary", "target");
    disk
}

fn of_rename(disk: &TestDisk, _: &CrashReport) -> Vec<&'static str> {
    let target = disk.read("target").expect("a name that was replaced never disappears");
    let temporary = disk.read("temporary");
    assert!(temporary.as_deref().is_none_or(|bytes| bytes == b"new"), "{temporary:?}");
    vec![match (&target[..], temporary.is_some()) {
        (b"old", false) => "before the file was created",
        (b"old", true) => "before the rename",
        (b"new", false) => "renamed",
        (b"new", true) => "under both names",
        (other, _) => panic!("{other:?}"),
    }]
}

#[test]
fn a_rename_may_be_kept_apart_only_without_a_journal() {
    let strict = set(["before the file was created", "before the rename", "renamed", "under both names"]);
    assert_eq!(outcomes(|| renamed(CrashRules::strict_posix()), of_rename), strict);
    for rules in [CrashRules::ext4_ordered(), CrashRules::xfs_like()] {
        assert_eq!(outcomes(|| renamed(rules), of_rename), set(["before the rename", "renamed"]), "the sync made the name durable");
    }
}

#[test]
fn a_renamed_file_may_be_lost_under_both_names_without_a_journal() {
    let make = |rules| {
        let (mut disk, _) = TestDisk::with_synced(rules, "one", b"bytes");
        disk.rename("one", "two");
        disk
    };
    let name = |disk: &TestDisk, _: &CrashReport| match (disk.read("one").is_some(), disk.read("two").is_some()) {
        (true, false) => vec!["old name"],
        (false, true) => vec!["new name"],
        (true, true) => vec!["both"],
        (false, false) => vec!["none"],
    };
    let found = |rules| outcomes(|| make(rules), name);
    assert_eq!(found(CrashRules::strict_posix()), set(["old name", "new name", "both", "none"]));
    assert_eq!(found(CrashRules::ext4_ordered()), set(["old name", "new name"]));
}

#[test]
fn an_unsynced_name_is_kept_or_lost_whatever_its_data() {
    let make = |rules| {
        let mut disk = TestDisk::new(rules);
        let file = disk.open("file");
        disk.write(file, 0, b"bytes");
        disk.sync(file);
        disk
    };
    let name = |disk: &TestDisk, _: &CrashReport| match disk.read("file").as_deref() {
        None => vec!["lost"],
        Some(b"bytes") => vec!["whole"],
        Some(other) => panic!("{other:?}"),
    };
    assert_eq!(outcomes(|| make(CrashRules::strict_posix()), name), set(["lost", "whole"]));
    assert_eq!(outcomes(|| make(CrashRules::ext4_ordered()), name), set(["whole"]), "visible after its own sync");
}

#[test]
fn a_directory_sync_is_about_its_own_names_without_a_journal() {
    let make = |rules| {
        let mut disk = TestDisk::new(rules);
        for path in ["one", "two"] {
            disk.run(DiskOp::CreateDir { path: path.to_owned() }).unwrap();
        }
        disk.sync_dir("/");
        disk.open("one/file");
        disk.open("two/file");
        disk.sync_dir("one");
        disk
    };
    let name = |disk: &TestDisk, _: &CrashReport| {
        assert!(disk.read("one/file").is_some(), "its name is synced");
        vec![if disk.read("two/file").is_some() { "kept" } else { "lost" }]
    };
    assert_eq!(outcomes(|| make(CrashRules::strict_posix()), name), set(["kept", "lost"]));
    assert_eq!(outcomes(|| make(CrashRules::ext4_ordered()), name), set(["kept"]));
}

#[test]
fn canonical_decisions_keep_what_was_synced_and_nothing_else() {
    for rules in [CrashRules::strict_posix(), CrashRules::ext4_ordered(), CrashRules::xfs_like()] {
        let mut disk = overwritten(rules);
        disk.open("unsynced");
        let report = disk.crash_canonically();
        assert_eq!(disk.read("file"), Some(vec![b'o'; 8 * SECTOR]));
        assert_eq!(disk.read("unsynced"), None);
        assert_eq!((report.names, report.names_kept), (1, 0));
        let (path, outcome) = &report.files[0];
        assert_eq!((&**path, outcome.unsynced, outcome.kept, outcome.torn, outcome.garbage), ("file", 8, 0, 0, 0));
    }
}

#[test]
fn garbage_spares_synced_bytes_of_its_sector_unless_told_otherwise() {
    let make = |powersafe_overwrite| {
        let rules = CrashRules { powersafe_overwrite, ..CrashRules::strict_posix() };
        let (mut disk, file) = TestDisk::with_synced(rules, "log", b"synced record");
        disk.write(file, 13, b" and one that is not");
        disk
    };
    let name = |disk: &TestDisk, _: &CrashReport| {
        let bytes = disk.read("log").unwrap();
        vec![if bytes.starts_with(b"synced record") { "spared" } else { "destroyed" }]
    };
    assert_eq!(outcomes(|| make(true), name), set(["spared"]));
    assert_eq!(outcomes(|| make(false), name), set(["spared", "destroyed"]));
}

#[test]
fn a_moved_directory_is_in_one_place_after_any_crash() {
    let make = || {
        let mut disk = TestDisk::new(CrashRules::strict_posix());
        disk.run(DiskOp::CreateDir { path: "one".into() }).unwrap();
        disk.run(DiskOp::CreateDir { path: "two".into() }).unwrap();
        disk.sync_dir("/");
        disk.rename("one", "two/one");
        disk.rename("two/one", "other");
        disk.rename("other", "one");
        disk.rename("two", "one/two");
        disk.open("one/two/file");
        disk
    };
    // A directory inside of itself would be walked for ever.
    let name = |disk: &TestDisk, _: &CrashReport| vec![if disk.disk.tree.paths().is_empty() { "no file" } else { "the file" }];
    assert_eq!(outcomes(make, name), set(["no file", "the file"]));
}
