//! Dense history files: what takes much memory for few bytes is refused before it takes more than ten times the file.

use std::io::Cursor;

use cluster_sim_invariants::History;
use cluster_sim_invariants::history::file::{Datum, FileError, FileErrorKind, binary, jsonl, read_foreign, read_history};
use cluster_sim_invariants::history::models::{Register, RegisterAnswer, RegisterOp};
use rstest::rstest;

type Registers = History<RegisterOp<Datum>, RegisterAnswer<Datum>>;

/// Bytes of memory that a reader may take for each byte of a file, and whatever the file is.
const OF_FILE: u64 = 10;
/// The 64 KiB that readers allow, and the buffer through which they read.
const ALLOWANCE: u64 = 74 << 10;

/// Bytes of a dense part of a file.
const LONG: usize = 1 << 20;

/// How a file ends.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Read,
    TooDense,
    OtherError,
}

/// Reads a file and holds the memory that it took to the bound.
fn end(file: &[u8], read: fn(&[u8]) -> Result<Registers, FileError>) -> End {
    let mut end = End::Read;
    let counted = allocation_counter::measure(|| {
        end = match read(file) {
            Ok(_) => End::Read,
            Err(FileError { kind: FileErrorKind::TooDense { .. }, .. }) => End::TooDense,
            Err(_) => End::OtherError,
        }
    });
    let bound = OF_FILE * file.len() as u64 + ALLOWANCE;
    assert!(counted.bytes_max <= bound, "{} bytes of memory for a file of {}, {end:?}", counted.bytes_max, file.len());
    end
}

/// A text between two others that is as long as a dense part.
fn long(before: &str, repeated: &str, after: &str) -> String {
    format!("{before}{}{after}", repeated.repeat(LONG / repeated.len()))
}

/// Lines that differ in their number, together as long as a dense part.
fn numbered(line: impl Fn(usize) -> String) -> String {
    (0..LONG / line(0).len()).map(line).collect()
}

const WRITE: &str = "{:process 0, :type :invoke, :f :write, :value ";

#[rstest]
#[case::open_list(&long(WRITE, "1 ", ""), End::TooDense)]
#[case::list(&long(WRITE, "1 ", "]}"), End::TooDense)]
#[case::lists(&long(WRITE, "[]", "]}"), End::TooDense)]
#[case::lists_of_one(&long(WRITE, "[1]", "]}"), End::TooDense)]
#[case::texts(&long(WRITE, "\"\"", "]}"), End::TooDense)]
#[case::words(&long(WRITE, "a ", "]}"), End::TooDense)]
#[case::maps(&long(WRITE, "{}", "]}"), End::TooDense)]
#[case::long_numbers(&long(WRITE, "1234567 ", "]}"), End::Read)]
#[case::long_words(&long(WRITE, "abcdefghijklmnop ", "]}"), End::Read)]
fn dense_lists_of_edn_end_within_the_bound(#[case] list: &str, #[case] expected: End) {
    let text = list.replacen(WRITE, &format!("{WRITE}["), 1);
    assert_eq!(end(text.as_bytes(), |file| read_foreign(&Register::<Datum>::default(), file)), expected);
}

#[rstest]
#[case::map(&long(&format!("{WRITE}{{"), "1 1 ", "}}"), End::TooDense)]
#[case::passed_over(&long("{:process 0, :type :invoke, :f :read, :error [", "123456789 ", "]}"), End::Read)]
#[case::text(&long(&format!("{WRITE}\""), "x", "\"}"), End::Read)]
#[case::escapes(&long(&format!("{WRITE}\""), "\\\"", "\"}"), End::Read)]
#[case::name(&long("{:process 0, :type :invoke, :f :", "x", "}"), End::OtherError)]
#[case::key(&long("{:process 0, :type :invoke, :", "x", " 1}"), End::OtherError)]
#[case::number(&long(WRITE, "1", "}"), End::OtherError)]
#[case::no_value_of_the_operation(&long("{:process 0, :type :invoke, :f :cas, :value (", "1234567 ", ")}"), End::OtherError)]
#[case::one_line_of_events(&long("{:process 0 :type :invoke :f :read}", "{:process 0 :type :ok :f :read}{:process 0 :type :invoke :f :read}", ""), End::Read)]
#[case::lines_of_open_calls(&numbered(|process| format!("{{:type :invoke :f :read :process {process:06}}}\n")), End::TooDense)]
#[case::lines_of_calls(&numbered(|call| format!("{{:process 0 :type {} :f :read :time {call}}}\n", if call % 2 == 0 { ":invoke" } else { ":ok" })), End::Read)]
#[case::remarks(&long("{:process 0, :type :invoke, :f :read}", "{:process :nemesis :error [1 2]}", ""), End::Read)]
fn dense_edn_ends_within_the_bound(#[case] text: &str, #[case] expected: End) {
    assert_eq!(end(text.as_bytes(), |file| read_foreign(&Register::<Datum>::default(), file)), expected);
}

const LOGGED: &str = "INFO  jepsen.util - 0\t:invoke\t:write\t";

#[rstest]
#[case::list(&long(&format!("{LOGGED}["), "1 ", "]"), End::TooDense)]
#[case::open_list(&long(&format!("{LOGGED}["), "1 ", ""), End::TooDense)]
#[case::tabs(&long(LOGGED, "\t", ""), End::OtherError)]
#[case::map(&long(&format!("{LOGGED}{{"), "123456 123456 ", "}"), End::TooDense)]
#[case::open_calls(&numbered(|process| format!("jepsen.util - {process:06}\t:invoke\t:read\tnil\n")), End::TooDense)]
#[case::calls(&numbered(|call| format!("jepsen.util - 0\t{}\t:read\tnil\n", if call % 2 == 0 { ":invoke" } else { ":fail" })), End::Read)]
fn dense_logs_end_within_the_bound(#[case] text: &str, #[case] expected: End) {
    assert_eq!(end(text.as_bytes(), |file| read_foreign(&Register::<Datum>::default(), file)), expected);
}

const LINE: &str = "{\"process\":0,\"at_ns\":1,\"invoke\":{\"write\":";

/// A line with a dense value, and shorter than a line may be.
fn line(before: &str, repeated: &str, after: &str) -> String {
    format!("{LINE}{before}{}{after}", repeated.repeat((LONG - 100) / repeated.len()))
}

#[rstest]
#[case::open_list(&line("[", "1,", ""), End::TooDense)]
#[case::list(&line("[", "1,", "1]}}"), End::TooDense)]
#[case::lists(&line("[", "[],", "1]}}"), End::TooDense)]
#[case::lists_of_one(&line("[", "[1],", "1]}}"), End::TooDense)]
#[case::texts(&line("[", "\"\",", "1]}}"), End::TooDense)]
#[case::long_numbers(&line("[", "1234567,", "1]}}"), End::Read)]
#[case::escapes(&line("\"", "\\n", "\"}}"), End::Read)]
#[case::unknown_operation(&line("", "x", "").replace("{\"write\":", "\""), End::OtherError)]
#[case::names(&numbered(|process| format!("{{\"process\":{},\"name\":\"x\",\"at_ns\":1,\"invoke\":\"read\"}}\n", process + 100_000)), End::Read)]
#[case::open_calls(&numbered(|process| format!("{{\"process\":{},\"at_ns\":1,\"invoke\":\"read\"}}\n", process + 100_000)), End::Read)]
#[case::calls(&numbered(|call| format!("{{\"process\":0,\"at_ns\":{call},{}}}\n", if call % 2 == 0 { "\"invoke\":\"read\"" } else { "\"fail\":true" })), End::Read)]
fn dense_json_lines_end_within_the_bound(#[case] text: &str, #[case] expected: End) {
    assert_eq!(end(text.as_bytes(), |file| jsonl::read(Cursor::new(file))), expected);
    // The beginning of the file, which is kept to see its form, counts.
    assert_eq!(end(text.as_bytes(), |file| read_history(&Register::<Datum>::default(), file)), expected);
}

/// A binary file of those names, with as many operations as it claims, and those events.
fn binary_file(names: &[u8], operations: u32, events: u32, content: &[u8]) -> Vec<u8> {
    let mut bytes = [b"cshist\x01", names, &postcard_number(operations), &postcard_number(events), content].concat();
    bytes.extend(crc32c::crc32c(&bytes).to_le_bytes());
    bytes
}

/// A number as postcard has it: seven bits a byte, the lowest first.
fn postcard_number(mut number: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

/// A call of process 0, 0 ns after the event before, that writes a list of as many values.
fn list_call(values: &[u8], count: u32) -> Vec<u8> {
    [&[0, 0, 0, 1, 4][..], &postcard_number(count), values].concat()
}

/// A read of process 7 and its failure.
const CALL: [u8; 7] = [7, 1, 0, 0, 7, 1, 2];

#[rstest]
#[case::nothing_in_a_list(&binary_file(&[0], 1, 1, &list_call(&[0; LONG], LONG as u32)), End::TooDense)]
#[case::a_list_that_is_cut(&binary_file(&[0], 1, 1, &list_call(&[0; LONG], u32::MAX)), End::TooDense)]
#[case::lists(&binary_file(&[0], 1, 1, &list_call(&[4, 0].repeat(LONG / 2), LONG as u32 / 2)), End::TooDense)]
#[case::a_text(&binary_file(&[0], 1, 1, &[&[0, 0, 0, 1, 3][..], &postcard_number(LONG as u32), &[b'x'; LONG]].concat()), End::Read)]
#[case::names(&binary_file(&[&postcard_number(LONG as u32 / 4)[..], &(0..LONG as u32 / 4).flat_map(|process| [postcard_number(process), vec![0]].concat()).collect::<Vec<u8>>()].concat(), 0, 0, &[]), End::TooDense)]
#[case::more_operations_than_calls(&binary_file(&[0], u32::MAX, LONG as u32, &[CALL; LONG / 7].concat()), End::TooDense)]
#[case::calls_that_end(&binary_file(&[0], 100, 200, &[&[7, 1, 0, 1, 3, 8, 1, 2, 3, 4, 5, 6, 7, 8, 7, 1, 2][..]; 100].concat()), End::Read)]
fn dense_binary_files_end_within_the_bound(#[case] file: &[u8], #[case] expected: End) {
    assert_eq!(end(file, binary::decode), expected);
}
