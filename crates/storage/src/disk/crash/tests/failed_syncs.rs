//! Changes that a failed sync gave up are lost in every crash, and choices of sectors are canonical by themselves.

use super::*;

const CRASHES: u64 = 300;

#[test]
fn no_crash_keeps_a_name_whose_directory_sync_failed() {
    for rules in [CrashRules::strict_posix(), CrashRules::ext4_ordered(), CrashRules::xfs_like()] {
        for seed in 0..CRASHES {
            let mut disk = TestDisk::new(rules);
            disk.open("file");
            disk.disk.forget_to_sync(&DiskOp::SyncDir { path: "/".into() });
            // It has nothing left to do.
            disk.sync_dir("/");
            disk.crash(seed);
            assert_eq!(disk.read("file"), None, "seed {seed} {rules:?}");
        }
    }
}

#[test]
fn no_crash_keeps_a_length_whose_sync_failed() {
    let crash = |seed| {
        let (mut disk, file) = TestDisk::with_synced(CrashRules::ext4_ordered(), "file", b"old");
        disk.write(file, 3, b" and lost");
        disk.disk.forget_to_sync(&DiskOp::Sync { file });
        disk.write(file, 0, b"new");
        disk.crash(seed);
        disk.read("file").expect("its name is durable")
    };
    let found: std::collections::BTreeSet<Vec<u8>> = (0..CRASHES).map(crash).collect();
    assert_eq!(found, [b"old".to_vec(), b"new".to_vec()].into());
}

#[test]
fn a_sync_of_either_directory_keeps_the_move_of_a_directory() {
    let moved = |synced: &[&str]| {
        let mut disk = TestDisk::new(CrashRules::strict_posix());
        for path in ["one", "two", "one/moved"] {
            disk.run(DiskOp::CreateDir { path: path.to_owned() }).unwrap();
        }
        let file = disk.open("one/moved/file");
        disk.write(file, 0, b"bytes");
        disk.sync(file);
        ["/", "one", "one/moved"].into_iter().for_each(|path| disk.sync_dir(path));
        disk.rename("one/moved", "two/moved");
        synced.iter().for_each(|path| disk.sync_dir(path));
        disk.crash_canonically();
        ["one/moved/file", "two/moved/file"].map(|path| disk.read(path).is_some())
    };
    assert_eq!(moved(&[]), [true, false]);
    assert_eq!([moved(&["one"]), moved(&["two"])], [[false, true]; 2]);
}

/// The values of a crash of a file that asks about sectors: a subset, a mix, and a prefix of none.
const ASKING: [u64; 3] = [4, 5, 2];

#[test]
fn a_sector_that_is_decided_by_itself_is_lost_without_chance() {
    for mode in ASKING {
        let (mut disk, file) = TestDisk::with_synced(CrashRules::strict_posix(), "file", &[b'o'; 2_048]);
        disk.write(file, 0, &[b'n'; 2_048]);
        disk.disk.end_life();
        let mut asked = 0;
        disk.disk.tree.crash(Address::new(), &mut |choice, _, _, read| match choice {
            Choice::CrashFile => mode,
            choice => {
                asked += u32::from(choice == Choice::CrashSector);
                read(Roll(0))
            }
        });
        assert_eq!((disk.read("file"), asked > 0), (Some(vec![b'o'; 2_048]), true), "pattern {mode}");
    }
}
