//! Histories as files: what is read, and what is refused with its line and a cure.

use std::io::Cursor;

use cluster_sim_invariants::history::file::{Datum, FileError, HistoryWriter, binary, jsonl, read_foreign};
use cluster_sim_invariants::history::models::{Register, RegisterAnswer, RegisterOp};
use cluster_sim_invariants::history::{History, Linearizable, Process, check};
use cluster_sim_invariants::{CallFact, NodeId, VirtualInstant};
use proptest::prelude::*;
use rstest::rstest;

type Registers = History<RegisterOp<Datum>, RegisterAnswer<Datum>>;

/// A compare-and-set register as Jepsen's `history.edn` has it: 3 is read after it was overwritten.
const EDN: &str = "\
{:type :invoke, :f :write, :value 3, :process 0, :time 10, :index 0}
{:type :ok, :f :write, :value 3, :process 0, :time 20, :index 1}
{:type :info, :f :start-partition, :value nil, :process :nemesis, :time 21, :index 2}
{:type :invoke, :f :cas, :value [3 4], :process 1, :time 30, :index 3}
{:type :ok, :f :cas, :value [3 4], :process 1, :time 40, :index 4}
{:type :invoke, :f :write, :value 5, :process 1, :time 41, :index 5}
{:type :info, :f :write, :value 5, :process 1, :time 50, :error :timeout, :index 6}
{:type :invoke, :f :read, :value nil, :process 2, :time 60, :index 7}
{:type :ok, :f :read, :value 3, :process 2, :time 70, :index 8}
";

fn lines(text: &str) -> Result<Registers, String> {
    jsonl::read(Cursor::new(text)).map_err(|error| error.to_string())
}

fn foreign(text: &str) -> Result<Registers, String> {
    read_foreign(&Register::<Datum>::default(), text.as_bytes()).map_err(|error| error.to_string())
}

#[test]
fn a_history_of_jepsen_is_read_and_judged() {
    let history = foreign(EDN).unwrap();
    assert_eq!(history.operations().len(), 4);
    assert_eq!(history.open().count(), 1, "the write that timed out happened or did not");
    let judgement = check(&mut Linearizable::<Register<Datum>>::default(), &history);
    assert_eq!(judgement.findings[0].operations, [0, 1, 3], "{}", judgement.findings[0].message);
    // One list around all events, as newer versions print, with a tag on each.
    let listed = format!("[{}]", EDN.replace("{:type", "#jepsen.history.Op{:type"));
    assert_eq!(foreign(&listed).unwrap().operations(), history.operations());
}

#[test]
fn a_log_of_jepsen_is_read() {
    let log = "INFO  jepsen.core - Jepsen starting\n\
        INFO  jepsen.util - 0\t:invoke\t:write\t3\nINFO  jepsen.util - 0\t:ok\t:write\t3\n\
        INFO  jepsen.util - :nemesis\t:info\t:start\tnil\n\
        INFO  jepsen.util - 1\t:invoke\t:cas\t[3 4]\nINFO  jepsen.util - 1\t:info\t:cas\t:timed-out\n\
        INFO  jepsen.util - 2\t:invoke\t:read\tnil\nINFO  jepsen.util - 2\t:ok\t:read\t4\n";
    let history = foreign(log).unwrap();
    assert_eq!(history.operations().len(), 3);
    assert!(check(&mut Linearizable::<Register<Datum>>::default(), &history).findings.is_empty());
}

#[test]
fn json_lines_keep_a_history() {
    let mut history = Registers::default();
    let at = VirtualInstant::from_nanoseconds;
    history.invoke(Process(0), at(1), RegisterOp::Write(Datum::Int(3))).unwrap();
    history.name_process(Process(0), "client-0");
    history.invoke(Process(1), at(1), RegisterOp::CompareAndSet(Datum::Nil, Datum::Text("a".into()))).unwrap();
    history.ok(Process(0), at(2), RegisterAnswer::Written).unwrap();
    history.fail(Process(1), at(3)).unwrap();
    history.invoke(Process(0), at(4), RegisterOp::Read).unwrap();
    let mut text = Vec::new();
    jsonl::write(&mut text, &history).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert_eq!(text.lines().next().unwrap(), r#"{"process":0,"name":"client-0","at_ns":1,"invoke":{"write":3}}"#);
    let read = lines(&text).unwrap();
    assert_eq!(read.operations(), history.operations());
    assert_eq!(read.process_name(Process(0)), "client-0");

    let bytes = binary::encode(&history).unwrap();
    assert!(bytes.len() * 4 < text.len(), "{} bytes instead of {}", bytes.len(), text.len());
    let read: Registers = binary::decode(&bytes).unwrap();
    assert_eq!((read.operations(), read.names()), (history.operations(), history.names()));
}

#[test]
fn every_cut_and_every_changed_byte_of_a_binary_file_is_refused() {
    let bytes = binary::encode(&foreign(EDN).unwrap()).unwrap();
    for cut in 0..bytes.len() {
        assert!(binary::decode::<RegisterOp<Datum>, RegisterAnswer<Datum>>(&bytes[..cut]).is_err(), "cut at {cut}");
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[cut] ^= 1 << bit;
            assert!(binary::decode::<RegisterOp<Datum>, RegisterAnswer<Datum>>(&changed).is_err(), "bit {bit} of {cut}");
        }
    }
    let error = binary::decode::<RegisterOp<Datum>, RegisterAnswer<Datum>>(b"hello").unwrap_err().to_string();
    assert_eq!(error, "the file does not begin as a binary history of format 1");
    let error = binary::decode::<RegisterOp<Datum>, RegisterAnswer<Datum>>(&bytes[..bytes.len() - 1]).unwrap_err().to_string();
    assert_eq!(error, "the checksum is wrong: the file is cut or was changed, so copy it again");
}

#[test]
fn a_writer_gives_each_open_call_a_process_of_its_own() {
    let mut writer = HistoryWriter::new(Vec::new());
    let (node, at) = (NodeId(4), VirtualInstant::from_nanoseconds);
    let invoked = |call, op| CallFact::<RegisterOp<u8>, RegisterAnswer<u8>>::Invoked { call, op };
    writer.write(node, "client", at(1), &invoked(0, RegisterOp::Write(1))).unwrap();
    writer.write(node, "client", at(2), &invoked(1, RegisterOp::Read)).unwrap();
    writer.write(node, "client", at(3), &CallFact::Ok { call: 1, answer: RegisterAnswer::Value(None) }).unwrap();
    writer.write(node, "client", at(4), &CallFact::Open { call: 0 }).unwrap();
    writer.write(node, "client", at(5), &invoked(2, RegisterOp::Read)).unwrap();
    writer.write(node, "client", at(6), &CallFact::Fail { call: 2 }).unwrap();
    let error = writer.write(node, "client", at(7), &CallFact::Fail { call: 2 }).unwrap_err();
    assert_eq!(error.to_string(), "call 2 ends and is not open: state its invocation first, and its end once");
    writer.write(node, "client", at(8), &invoked(3, RegisterOp::Read)).unwrap();
    let error = writer.write(node, "client", at(9), &invoked(3, RegisterOp::Read)).unwrap_err();
    assert_eq!(error.to_string(), "call 3 is open already: give each open call a number of its own");
    // The node crashed: its call stays open, and the next life may use the number again.
    writer.end_life(node);
    writer.write(node, "client", at(10), &invoked(3, RegisterOp::Read)).unwrap();
    writer.write(node, "client", at(11), &CallFact::Fail { call: 3 }).unwrap();
    // Nor does a life go on with the session of one before, which waited for nothing.
    writer.end_life(node);
    writer.write(node, "client", at(12), &invoked(4, RegisterOp::Read)).unwrap();
    let text = writer.into_inner().unwrap();
    let history: History<RegisterOp<u8>, RegisterAnswer<u8>> = jsonl::read(&text[..]).unwrap();
    let processes: Vec<String> = history.operations().iter().map(|operation| history.process_name(operation.process)).collect();
    assert_eq!(processes, ["client", "client (2)", "client (2)", "client (2)", "client (3)", "client (4)"]);
    assert_eq!(history.open().count(), 3);
}

#[rstest]
#[case::empty("", "the history has no operation: record at least one")]
#[case::broken("{\"process\":0,", "line 1: EOF while parsing")]
#[case::unknown_key(
    "{\"process\":0,\"at_ns\":1,\"invoke\":\"read\",\"colour\":3}",
    "line 1: unknown field `colour`, expected one of"
)]
#[case::unknown_operation(
    "{\"process\":0,\"at_ns\":1,\"invoke\":\"sing\"}",
    "line 1: unknown variant `sing`, expected one of `read`, `write`"
)]
#[case::no_event("{\"process\":0,\"at_ns\":1}", "line 1: an event has one of `invoke`, `ok` and `fail`")]
#[case::not_invoked(
    "{\"process\":7,\"at_ns\":1,\"ok\":\"written\"}",
    "line 1: process 7 heard an answer and waits for none: record its call first"
)]
#[case::twice(
    "{\"process\":0,\"at_ns\":1,\"invoke\":\"read\"}\n\n{\"process\":0,\"at_ns\":2,\"invoke\":\"read\"}",
    "line 3: process 0 called while it waits for operation 0: give each concurrent call a process of its own"
)]
#[case::backwards(
    "{\"process\":0,\"at_ns\":2000,\"invoke\":\"read\"}\n{\"process\":1,\"at_ns\":1000,\"invoke\":\"read\"}",
    "line 2: an event at 0.000001s after one at 0.000002s: record events in the order in which they happened"
)]
fn a_bad_json_line_is_told_with_its_cure(#[case] text: &str, #[case] expected: &str) {
    let error = lines(text).unwrap_err();
    assert!(error.starts_with(expected), "{error}");
}

#[rstest]
#[case::empty("", "the history has no operation")]
#[case::nested(&"[".repeat(1_000), "line 1: more than 32 lists in lists")]
#[case::no_map("3", "line 1: a value that is no map")]
#[case::cut("{:process 0, :type", "line 1: the file ends before '}'")]
#[case::open_list(
    "[{:process 0, :type :invoke, :f :read}",
    "line 1: the file ends within the history: its last bracket is missing"
)]
#[case::after_the_end("[] 3", "line 1: '3' after the end of the history")]
#[case::no_type("\n{:process 0, :f :read}", "line 2: an event without :type: add it")]
#[case::no_process("{:type :invoke, :f :read}", "line 1: an event without :process: add it")]
#[case::process("{:process -1, :type :invoke, :f :read}", "line 1: :process is -1; expected a number of a client, from 0")]
#[case::kind("{:process 0, :type :maybe, :f :read}", "line 1: :type is \"maybe\"; expected :invoke, :ok, :fail or :info")]
#[case::unknown_key("{:process 0, :colour 3, :type :invoke, :f :read}", "line 1: unknown key :colour; known are :process, :type,")]
#[case::operation(
    "{:process 0, :type :invoke, :f :sing}",
    "line 1: unknown operation sing; the model has read, write and cas: choose"
)]
#[case::value("{:process 0, :type :invoke, :f :cas, :value 3}", "line 1: :value is 3; expected [old new]")]
#[case::number("{:process 0, :type :invoke, :f :write, :value 1.5}", "line 1: 1.5 is no whole number of 64 bits")]
#[case::text("{:process 0, :type :invoke, :f :write, :value \"abc}", "line 1: the file ends within a text")]
#[case::log("INFO  jepsen.util - 0\t:invoke\t:read", "line 1: 3 fields instead of process, type, operation and value")]
#[case::not_invoked(
    "{:process 0, :type :ok, :f :read, :value 3}",
    "line 1: process 0 heard an answer and waits for none: record its call"
)]
#[case::failed_not_invoked(
    "\n\n{:process 0, :type :fail, :f :read}",
    "line 3: process 0 heard an answer and waits for none: record its call"
)]
#[case::twice(
    "{:process 0, :type :invoke, :f :read}\n{:process 0, :type :invoke, :f :read}",
    "line 2: process 0 called while it waits for operation 0: give each concurrent call a process of its own"
)]
#[case::after_info(
    "{:process 0, :type :invoke, :f :read}\n{:process 0, :type :info, :f :read}\n{:process 0, :type :invoke, :f :read}",
    "line 3: process 0 called while it waits for operation 0: give each concurrent call a process of its own"
)]
#[case::backwards(
    "{:process 0, :type :invoke, :f :read, :time 2000}\n{:process 1, :type :invoke, :f :read, :time 1000}",
    "line 2: an event at 0.000001s after one at 0.000002s: record events in the order in which they happened"
)]
#[case::log_operation(
    "INFO  jepsen.util - 0\t:invoke\t:sing\tnil",
    "line 1: unknown operation sing; the model has read, write and cas: choose"
)]
#[case::log_not_invoked(
    "\nINFO  jepsen.util - 0\t:ok\t:read\t3",
    "line 2: process 0 heard an answer and waits for none: record its call"
)]
#[case::log_without_calls("INFO  jepsen.util - :nemesis\t:info\t:start\tnil", "the history has no operation: record at least one")]
fn a_bad_line_of_another_tool_is_told_with_its_cure(#[case] text: &str, #[case] expected: &str) {
    let error = foreign(text).unwrap_err();
    assert!(error.starts_with(expected), "{error}");
}

#[test]
fn a_json_line_that_is_too_long_is_refused_unread() {
    let line = format!("{{\"process\":0,\"name\":\"{}\",\"at_ns\":1,\"invoke\":\"read\"}}", "x".repeat(1 << 20));
    assert_eq!(lines(&format!("\n{line}")).unwrap_err(), "line 2: longer than 1048576 bytes: one event a line");
}

#[test]
fn a_file_that_is_too_large_is_refused_with_its_bound() {
    let error = FileError::too_large(1_000).to_string();
    assert_eq!(error, "the file is larger than 1000 bytes: check it in parts, one key or one stretch of time each");
}

/// A binary file of these events, each with its process, with the checksum that it needs.
fn binary_of(events: &[&[u8]]) -> Result<Registers, String> {
    let mut bytes = b"cshist\x01\x00".to_vec();
    bytes.extend([events.len() as u8; 2]);
    bytes.extend(events.concat());
    bytes.extend(crc32c::crc32c(&bytes).to_le_bytes());
    binary::decode(&bytes).map_err(|error| error.to_string())
}

/// A process, nanoseconds, and the kind of an event: 0 for a call, here a read, and 2 for a failure.
const CALL: &[u8] = &[7, 1, 0, 0];
const FAIL: &[u8] = &[7, 1, 2];

#[rstest]
#[case::empty(&[], "the history has no operation: record at least one")]
#[case::not_invoked(&[CALL, FAIL, FAIL], "line 3: process 7 heard an answer and waits for none: record its call first")]
#[case::twice(&[CALL, CALL], "line 2: process 7 called while it waits for operation 0: give each concurrent call a process of its own")]
#[case::unknown_operation(&[CALL, &[8, 1, 0, 9]], "line 2: is no event of these operations")]
#[case::unknown_event(&[CALL, &[7, 1, 3]], "line 2: is no event of these operations")]
#[case::cut(&[CALL, &[7]], "line 2: is no event of these operations")]
fn a_bad_event_of_a_binary_file_is_told_with_its_number(#[case] events: &[&[u8]], #[case] expected: &str) {
    let error = binary_of(events).unwrap_err();
    assert!(error.starts_with(expected), "{error}");
    assert!(binary_of(&[CALL, FAIL]).is_ok());
}

#[test]
fn bytes_after_the_last_event_of_a_binary_file_are_refused() {
    let mut bytes = b"cshist\x01\x00\x01\x01".to_vec();
    bytes.extend([CALL, CALL].concat());
    bytes.extend(crc32c::crc32c(&bytes).to_le_bytes());
    let error = binary::decode::<RegisterOp<Datum>, RegisterAnswer<Datum>>(&bytes).unwrap_err();
    assert_eq!(error.to_string(), "bytes after the last event");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn no_changed_text_makes_a_reader_panic(
        changes in proptest::collection::vec((0..EDN.len(), prop_oneof![Just(None), "[\\PC\\n\"\\[\\]{}#\\\\:;,0-9]".prop_map(Some)]), 1..8),
        cut in 0..=EDN.len(),
    ) {
        let mut text: Vec<char> = EDN.chars().take(cut).collect();
        for (at, change) in changes {
            if at < text.len() {
                match change {
                    None => drop(text.remove(at)),
                    Some(letter) => text.splice(at..at, letter.chars()).for_each(drop),
                }
            }
        }
        let text: String = text.into_iter().collect();
        let _ = foreign(&text);
        let _ = lines(&text);
        let _ = lines(&text.replace(':', "\"").replace(' ', "\":"));
    }
}

#[test]
fn an_event_can_have_many_lines_and_a_line_many_events() {
    let text = EDN.replace(", :f", ",\n :f ; a bracket } in a remark\n").replace(":timeout", "\"a } in\n a text\\\" and {\"");
    let history = foreign(EDN).unwrap();
    assert_eq!(foreign(&text).unwrap().operations(), history.operations());
    assert_eq!(foreign(&format!("[\n{text}\n]")).unwrap().operations(), history.operations());
    assert_eq!(foreign(&EDN.replace('\n', " ")).unwrap().operations(), history.operations());
    let error = foreign(&text.replace(":cas, :value [3 4]", ":sing")).unwrap_err();
    assert!(error.starts_with("line 12: unknown operation sing"), "{error}");
}
