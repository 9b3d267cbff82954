//! A simulated disk and a folder of the machine give equal answers.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use cluster_sim::node::{Disk, DiskError, DiskErrorKind, EntryKind, File, Journal, JournalError, JournalOptions, OpenOptions};
use rstest::rstest;

use crate::twin::Twin;

/// Nodes with a disk each, so that programs run beside each other.
const NODES: u32 = 8;
const PROGRAMS: u64 = 10_000;

/// Numbers of one program.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn chooses<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize].clone()
    }
}

/// One program: it opens, writes, renames and removes a few names until it has done its steps.
struct Program {
    disk: Disk,
    numbers: Numbers,
    directory: String,
    open: [Option<File>; 3],
    answers: Vec<String>,
}

impl Program {
    fn path(&mut self) -> String {
        let long = "n".repeat(300);
        let odd = ["/", "..", "a/../b", "a//b", "a/.", "a/", "a\0b", &long];
        if self.numbers.below(20) == 0 {
            let odd = self.numbers.chooses(&odd);
            return if self.numbers.below(2) == 0 { odd.to_owned() } else { format!("{}/{odd}", self.directory) };
        }
        let name = self.numbers.chooses(&["a", "b", "c", "a/a", "a/b", "b/a", "a/a/b", "b/a/a", "a/b/c/d"]);
        format!("{}/{name}", self.directory)
    }

    fn options(&mut self) -> OpenOptions {
        let options =
            [OpenOptions::read(), OpenOptions::write(), OpenOptions::create(), OpenOptions::create(), OpenOptions::create_new()];
        let options = self.numbers.chooses(&options);
        if self.numbers.below(5) == 0 { options.truncate() } else { options }
    }

    fn answer(&mut self, answer: impl Debug) {
        self.answers.push(format!("{answer:?}"));
    }

    async fn step(&mut self) {
        let disk = self.disk.clone();
        match self.numbers.below(24) {
            0..=4 => {
                let (path, options, slot) = (self.path(), self.options(), self.numbers.below(3) as usize);
                self.open[slot] = None;
                let opened = disk.open(&path, options).await;
                self.answer((&path, options, opened.as_ref().map(|_| ())));
                self.open[slot] = opened.ok();
            }
            5..=12 => self.step_of_file().await,
            13 | 14 => {
                let path = self.path();
                self.answer((&path, disk.create_dir(&path).await));
            }
            15 | 16 => {
                let (from, to) = (self.path(), self.path());
                self.answer((&from, &to, disk.rename(&from, &to).await));
            }
            17 | 18 => {
                let path = self.path();
                self.answer((&path, disk.remove(&path).await));
            }
            19 | 20 => {
                let path = self.path();
                self.answer((&path, disk.list(&path).await));
            }
            21 => {
                let path = self.path();
                self.answer((&path, disk.metadata(&path).await));
            }
            22 => {
                let path = self.path();
                self.answer((&path, disk.read(&path).await));
            }
            _ if self.numbers.below(4) == 0 => {
                let path = self.path();
                self.answer((&path, disk.sync_dir(&path).await));
            }
            _ => {}
        }
    }

    async fn step_of_file(&mut self) {
        let (kind, offset, length) = (self.numbers.below(10), self.numbers.below(2_000), self.numbers.below(1_500));
        let Some(file) = &self.open[self.numbers.below(3) as usize] else { return };
        let data = vec![offset as u8; length as usize];
        let answer = match kind {
            0..=2 => format!("{:?}", file.read_at(offset, length as u32).await),
            3 | 4 => format!("{:?}", file.write_at(offset, data).await),
            5 | 6 => format!("{:?}", file.append(data).await),
            7 => format!("{:?}", file.set_len(offset).await),
            8 => format!("{:?}", file.set_len((1 << 44) + 1).await),
            _ => format!("{:?}", file.sync().await),
        };
        self.answers.push(answer);
    }
}

/// Removes a directory with all that is in it.
async fn remove_all(disk: &Disk, directory: String) -> Result<(), DiskError> {
    for entry in disk.list(&directory).await? {
        let path = format!("{directory}/{}", entry.name);
        match entry.kind {
            EntryKind::File => disk.remove(&path).await?,
            EntryKind::Directory => Box::pin(remove_all(disk, path)).await?,
        }
    }
    disk.remove(&directory).await
}

async fn run_program(disk: &Disk, number: u64) -> Vec<String> {
    let directory = format!("p{number}");
    disk.create_dir(&directory).await.expect("each program has a directory of its own");
    let mut program =
        Program { disk: disk.clone(), numbers: Numbers(number), directory, open: Default::default(), answers: Vec::new() };
    for _ in 0..8 + number % 16 {
        program.step().await;
    }
    program.open = Default::default();
    remove_all(disk, program.directory).await.expect("all that is left can be removed");
    program.answers
}

/// The answers by program.
type Answers = Arc<Mutex<BTreeMap<u64, Vec<String>>>>;

#[test]
fn random_programs_get_equal_answers_from_both_twins() {
    let run = |twin: Twin| {
        let answers = Answers::default();
        let found = Arc::clone(&answers);
        twin.run_once(NODES, move |node, done| {
            let found = Arc::clone(&found);
            async move {
                for number in (0..PROGRAMS).filter(|number| number % u64::from(NODES) == u64::from(node.index())) {
                    let answers = run_program(&node.disk(), number).await;
                    found.lock().unwrap().insert(number, answers);
                }
                done.report();
            }
        });
        std::mem::take(&mut *answers.lock().unwrap())
    };
    let (simulated, real) = (run(Twin::Simulated), run(Twin::Real));
    assert_eq!((simulated.len() as u64, real.len() as u64), (PROGRAMS, PROGRAMS));
    for (number, answers) in &simulated {
        let differs = answers.iter().zip(&real[number]).find(|(simulated, real)| simulated != real);
        assert_eq!(differs, None, "program {number}; simulated left, real right; all: {answers:#?}");
        assert_eq!(answers.len(), real[number].len());
    }
    let all: Vec<&String> = simulated.values().flatten().collect();
    let kinds = [
        DiskErrorKind::NotFound,
        DiskErrorKind::AlreadyExists,
        DiskErrorKind::IsADirectory,
        DiskErrorKind::NotADirectory,
        DiskErrorKind::DirectoryNotEmpty,
        DiskErrorKind::OutsideDisk,
        DiskErrorKind::InvalidPath,
        DiskErrorKind::NameTooLong,
        DiskErrorKind::NotPermitted,
        DiskErrorKind::FileTooLarge,
    ];
    for kind in kinds {
        assert!(all.iter().any(|answer| answer.contains(&format!("kind: {kind:?}"))), "no program meets {kind:?}");
    }
}

#[rstest]
fn bad_calls_are_refused_with_value_and_cure(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(1, async |node, done| {
        let disk = node.disk();
        let message = |result: Result<(), DiskError>| result.expect_err("it is refused").to_string();
        let opened = disk.open("../secret", OpenOptions::read()).await.map(drop);
        assert_eq!(message(opened), "open ../secret: the path leads out of the disk; leave out `..`");
        let long = "n".repeat(300);
        let made = disk.create_dir(&long).await;
        assert_eq!(message(made), format!("create directory {long}: a name has at most 255 bytes and a path 4,096"));
        let file = disk.open("file", OpenOptions::create()).await.unwrap();
        let far = file.write_at(u64::MAX, *b"x").await;
        assert!(message(far).starts_with("write file: the file would be too large"));
        let reader = disk.open("file", OpenOptions::read()).await.unwrap();
        assert_eq!(
            message(reader.append(*b"x").await.map(drop)),
            "append file: the file was not opened for this; see `OpenOptions`"
        );
        file.append(*b"still here").await.unwrap();
        disk.remove("file").await.unwrap();
        assert_eq!(reader.read_to_end().await.unwrap(), b"still here", "an open file outlives its name");
        assert_eq!(
            message(disk.read("file").await.map(drop)),
            "open file: no such file or directory; create it, and the directories around it, first"
        );
        let mut open = Vec::new();
        let full = loop {
            match disk.open("many", OpenOptions::create()).await {
                Ok(file) => open.push(file),
                Err(error) => break error,
            }
        };
        assert_eq!((open.len(), full.kind), (1_022, DiskErrorKind::TooManyOpenFiles), "{full}");
        drop(open);
        assert!(disk.open("many", OpenOptions::create()).await.is_ok(), "closed files count no longer");
        let space = disk.space().await.unwrap();
        assert!(space.total >= space.free && space.free > 0, "{space:?}");
        done.report();
    });
}

#[rstest]
fn a_journal_is_kept_by_both_twins(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(1, async |node, done| {
        let options = || JournalOptions::default().segment_bytes(200);
        for turn in 0..4_u64 {
            let (mut journal, recovered) = Journal::open(&node.disk(), "data/wal", options()).await.unwrap();
            assert_eq!((recovered.records.len() as u64, recovered.torn), (10 * turn, None));
            for number in 10 * turn..10 * turn + 12 {
                assert_eq!(journal.append(number.to_le_bytes()).await, Ok(number + 1));
            }
            journal.truncate_after(10 * turn + 10).await.unwrap();
            assert_eq!(journal.sync().await, Ok(10 * turn + 10));
            assert_eq!(journal.read(1).await.unwrap(), 0_u64.to_le_bytes());
        }
        done.report();
    });
}

#[rstest]
fn two_journals_in_one_directory_are_refused_by_both_twins(#[values(Twin::Simulated, Twin::Real)] twin: Twin) {
    twin.run(1, async |node, done| {
        let open = |directory| {
            let disk = node.disk();
            async move { Journal::open(&disk, directory, JournalOptions::default()).await.map(|(journal, _)| journal) }
        };
        let first = open("data/wal").await.unwrap();
        let other = open("data/other").await.unwrap();
        let refused = open("/data/wal/").await.unwrap_err();
        assert_eq!(refused, JournalError::AlreadyOpen { directory: "data/wal".to_owned() });
        assert_eq!(refused.to_string(), "the journal in \"data/wal\" is open already; use that one, or drop it first");
        drop((first, other));
        assert!(open("data/wal").await.is_ok(), "it is dropped");
        done.report();
    });
}
