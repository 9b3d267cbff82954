//! How messages of every serde form read.

use std::collections::BTreeMap;

use rstest::rstest;
use serde::Serialize;

use super::{CHARACTERS_MAX, describe};

#[derive(Serialize)]
struct Vote {
    term: u64,
    from: Option<u32>,
    log: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    key: &'static str,
    value: i8,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Message {
    Ping,
    Ask(u64),
    Append(u32, bool),
    Vote { vote: Vote },
}

#[rstest]
#[case(describe(&7_u64), "7")]
#[case(describe(&200_u8), "200")]
#[case(describe(&Message::Ping), "ping")]
#[case(describe(&Message::Ask(3)), "ask(3)")]
#[case(describe(&Message::Append(3, true)), "append(3, true)")]
#[case(describe(&Vote { term: 2, from: None, log: vec![] }), "Vote {term: 2, from: none, log: []}")]
#[case(
    describe(&Message::Vote { vote: Vote { term: 2, from: Some(1), log: vec![Entry { key: "a b", value: -1 }] } }),
    "vote {vote: {term: 2, from: 1, log: [{key: \"a b\", value: -1}]}}"
)]
#[case(describe(&BTreeMap::from([("one", 1), ("two", 2)])), "{\"one\": 1, \"two\": 2}")]
#[case(describe(&(1_u64, "x")), "(1, \"x\")")]
#[case(describe(&vec![8_u8, 0, 1, 0, 0, 6]), "0x080001000006")]
#[case(describe(&[255_u8, 1]), "0xff01")]
#[case(describe(&vec![8_u32, 0, 1]), "[8, 0, 1]")]
#[case(describe(&Vec::<u8>::new()), "[]")]
#[case(describe(&vec![0_u8; 200]), "0x00000000000000000000000000000000… (200 bytes)")]
fn a_message_reads_as_its_serde_form(#[case] text: String, #[case] expected: &str) {
    assert_eq!(text, expected);
}

#[test]
fn a_long_message_is_cut_off_between_characters() {
    let text = describe(&"ä".repeat(5_000));
    assert_eq!((text.chars().count(), text.chars().last()), (CHARACTERS_MAX + 1, Some('…')));
}

#[test]
fn a_message_that_refuses_serialisation_keeps_its_beginning() {
    struct Refuses;
    impl Serialize for Refuses {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("never"))
        }
    }
    assert_eq!(describe(&(1, Refuses)), "(1, …");
}
