//! Changed history files: every reader returns a history or an error, within memory that the file pays for.

mod chance;

use std::io::Cursor;

use cluster_sim_invariants::history::file::{Datum, binary, jsonl, read_foreign};
use cluster_sim_invariants::history::models::{Register, RegisterAnswer, RegisterOp, Text};
use cluster_sim_invariants::{History, Process, VirtualInstant};
use rstest::rstest;

use self::chance::Chance;

type Registers = History<RegisterOp<Datum>, RegisterAnswer<Datum>>;

/// Bytes of memory that a reader may take for each byte of a file.
const OF_FILE: u64 = 10;
/// Bytes that it may take whatever the file is: 64 KiB, and the buffer through which it reads.
const ALLOWANCE: u64 = 74 << 10;

impl Chance {
    /// Returns a place among `count`.
    fn place(&mut self, count: usize) -> usize {
        self.below(count as u64) as usize
    }
}

/// A format: a good file, texts that mean something in it, and its reader, which returns whether it took the file.
struct Format {
    name: &'static str,
    file: Vec<u8>,
    words: &'static [&'static [u8]],
    read: fn(&[u8]) -> bool,
}

/// Records 48 calls, four at a time, with values of every kind.
fn recorded() -> Registers {
    let mut history = Registers::default();
    let at = VirtualInstant::from_nanoseconds;
    let nested =
        Datum::List([Datum::Int(-7), Datum::List([Datum::Nil, Datum::Bool(true)].into()), Datum::Text("a b".into())].into());
    for round in 0..12_u32 {
        let calls = [
            RegisterOp::Write(nested.clone()),
            RegisterOp::Read,
            RegisterOp::CompareAndSet(Datum::Text("x".repeat(20)), Datum::Int(i64::from(round))),
            RegisterOp::Write(Datum::Bool(false)),
        ];
        for (client, op) in (0..).zip(calls) {
            history.invoke(Process(client + 4 * round), at(u64::from(1_000 * round)), op).expect("the process is free");
        }
        history.name_process(Process(4 * round), format!("client {round}"));
        history.ok(Process(4 * round), at(u64::from(1_000 * round + 1)), RegisterAnswer::Written).expect("it waits");
        let value = RegisterAnswer::Value(Some(nested.clone()));
        history.ok(Process(4 * round + 1), at(u64::from(1_000 * round + 2)), value).expect("it waits");
        history.fail(Process(4 * round + 2), at(u64::from(1_000 * round + 3))).expect("it waits");
    }
    history
}

fn lines() -> Format {
    let mut file = Vec::new();
    jsonl::write(&mut file, &recorded()).expect("memory takes all");
    Format {
        name: "JSON lines",
        file,
        words: &[
            b"{",
            b"}",
            b"[[",
            b"]",
            b"\"",
            b",",
            b":",
            b"null",
            b"-1",
            b"1e99",
            b"18446744073709551616",
            b"\\u0000",
            b"\n",
            b"ok",
        ],
        read: |bytes| jsonl::read::<RegisterOp<Datum>, RegisterAnswer<Datum>>(Cursor::new(bytes)).is_ok(),
    }
}

fn edn() -> Format {
    let line = |number: usize| {
        format!(
            "{{:type :invoke, :f :write, :value [{number} \"a\" {{:b nil}}], :process {number}, :time {number}0, :index 0}}\n\
             {{:type :ok, :f :write, :value {number}, :process {number}, :time {number}5, :error [:x #{{1 2}}]}}\n"
        )
    };
    Format {
        name: "EDN",
        file: (0..40).map(line).collect::<String>().into_bytes(),
        words: &[
            b"{",
            b"}",
            b"[",
            b"(",
            b")",
            b"#{",
            b"#tag ",
            b"\"",
            b"\\",
            b";",
            b":",
            b"nil",
            b"-9223372036854775809",
            b"0N",
            b"\n",
            b"\xff",
        ],
        read: |bytes| read_foreign(&Register::<Datum>::default(), bytes).is_ok(),
    }
}

fn log() -> Format {
    let line = |number: usize| {
        format!(
            "INFO  jepsen.util - {number}\t:invoke\t:cas\t[{number} 4]\nINFO  jepsen.util - :nemesis\t:info\t:start\tnil\n\
             INFO  jepsen.util - {number}\t:ok\t:cas\t[{number} 4]\n"
        )
    };
    Format {
        name: "log of Jepsen",
        file: (0..40).map(line).collect::<String>().into_bytes(),
        words: &[b"\t", b"\n", b"jepsen.util - ", b":info", b":fail", b"[", b"]", b"nil", b"\"", b"#", b"4294967296", b"\xff"],
        read: |bytes| read_foreign(&Register::<Datum>::default(), bytes).is_ok(),
    }
}

fn key_value() -> Format {
    let line = |number: usize| {
        format!(
            "{{:process {number}, :type :invoke, :f :append, :key \"{}\", :value \"x {number} 0 y\"}}\n\
             {{:process {number}, :type :ok, :f :append, :key \"{}\", :value \"x {number} 0 y\"}}\n",
            number % 3,
            number % 3
        )
    };
    Format {
        name: "key-value log",
        file: (0..40).map(line).collect::<String>().into_bytes(),
        words: &[b"{", b"}", b"\"", b"\\n", b"get", b"put", b":key", b"nil", b":info", b"[", b"99999999999999999999", b"\xff"],
        read: |bytes| read_foreign(&Text, bytes).is_ok(),
    }
}

fn bytes() -> Format {
    Format {
        name: "binary form",
        file: binary::encode(&recorded()).expect("postcard has all of it"),
        words: &[
            b"\x04\x01",
            b"\x04\xff\xff\xff\xff\x0f",
            b"\x03\x05",
            b"\x00",
            b"\xff",
            b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        ],
        // Each file gets the checksum that it needs, or no reader would look behind it.
        read: |bytes| {
            let mut bytes = bytes.to_vec();
            if let Some(end) = bytes.len().checked_sub(4) {
                let checksum = crc32c::crc32c(&bytes[..end]).to_le_bytes();
                bytes[end..].copy_from_slice(&checksum);
            }
            binary::decode::<RegisterOp<Datum>, RegisterAnswer<Datum>>(&bytes).is_ok()
        },
    }
}

/// Changes a file in a few places: cuts, doubles, removes, overwrites, inserts.
fn change(file: &[u8], words: &[&[u8]], chance: &mut Chance) -> Vec<u8> {
    let mut changed = file.to_vec();
    for _ in 0..=chance.place(4) {
        let length = changed.len();
        if length == 0 {
            break;
        }
        let start = chance.place(length);
        let end = (start + 1 + chance.place(40)).min(length);
        let word = words[chance.place(words.len())];
        match chance.place(8) {
            0 => changed.truncate(start),
            1 => drop(changed.drain(start..end)),
            2 => {
                let piece = changed[start..end].to_vec();
                let to = chance.place(length);
                changed.splice(to..to, piece).for_each(drop);
            }
            3 => changed[start] = chance.place(256) as u8,
            4 => changed[start] ^= 1 << chance.place(8),
            5 => drop(changed.splice(start..start, word.repeat(1 + chance.place(64)))),
            6 => drop(changed.splice(start..end, word.iter().copied())),
            _ => drop(changed.splice(start..start, word.iter().copied())),
        }
    }
    changed
}

fn read_changed(format: &Format, files: u64) {
    assert!((format.read)(&format.file), "the file of {} is good", format.name);
    let mut taken = 0;
    for seed in 0..files {
        let file = change(&format.file, format.words, &mut Chance(seed));
        let mut is_taken = false;
        let counted = allocation_counter::measure(|| is_taken = (format.read)(&file));
        taken += u64::from(is_taken);
        let limit = OF_FILE * file.len() as u64 + ALLOWANCE;
        let name = format.name;
        assert!(counted.bytes_max <= limit, "{name}, seed {seed}: {} bytes for a file of {}", counted.bytes_max, file.len());
        assert!(counted.count_total <= limit, "{name}, seed {seed}: {} allocations", counted.count_total);
    }
    println!("{}: {taken} of {files} changed files were read", format.name);
    assert!(taken > files / 200 && taken < files, "{}: {taken} of {files} were read: change more, or less", format.name);
}

#[test]
fn changed_json_lines_are_read_within_bounds() {
    read_changed(&lines(), 20_000);
}

#[test]
fn changed_edn_is_read_within_bounds() {
    read_changed(&edn(), 20_000);
}

#[test]
fn changed_logs_are_read_within_bounds() {
    read_changed(&log(), 20_000);
    read_changed(&key_value(), 20_000);
}

#[test]
fn changed_binary_files_are_read_within_bounds() {
    read_changed(&bytes(), 20_000);
}

#[rstest]
#[case::json_lines(lines())]
#[case::edn(edn())]
#[case::log(log())]
#[case::key_value(key_value())]
#[case::binary(bytes())]
fn soak_a_million_changed_files_are_read_within_bounds(#[case] format: Format) {
    read_changed(&format, 1_000_000);
}

/// A text of nested values, made binary.
fn nested(depth: usize) -> Result<Registers, String> {
    let mut file = b"cshist\x01\x00\x01\x01".to_vec(); // no names, one operation, one event
    file.extend([0, 0, 0, 1]); // process 0 at 0 ns writes
    file.extend([4, 1].repeat(depth));
    file.push(0);
    file.extend(crc32c::crc32c(&file).to_le_bytes());
    binary::decode(&file).map_err(|error| error.to_string())
}

#[test]
fn lists_in_lists_of_a_binary_file_are_bounded() {
    assert_eq!(nested(32).expect("it is as deep as a file of EDN may be").operations().len(), 1);
    for depth in [33, 1_000_000] {
        let error = nested(depth).unwrap_err();
        assert!(error.starts_with("line 1: is no event of these operations"), "{error}");
    }
}

#[test]
fn a_length_that_a_binary_file_does_not_have_takes_no_memory() {
    let mut names = b"cshist\x01\xff\xff\xff\xff\x0f".to_vec();
    let mut list = b"cshist\x01\x00\x01\x01\x00\x00\x00\x01\x04\xff\xff\xff\xff\x0f".to_vec();
    for file in [&mut names, &mut list] {
        file.extend(crc32c::crc32c(file).to_le_bytes());
        let mut is_taken = true;
        let counted = allocation_counter::measure(|| {
            is_taken = binary::decode::<RegisterOp<Datum>, RegisterAnswer<Datum>>(file).is_ok();
        });
        assert!(!is_taken);
        assert!(counted.bytes_max <= ALLOWANCE, "{} bytes", counted.bytes_max);
    }
}
