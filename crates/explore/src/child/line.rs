//! Lines on the pipes of a child: a message each after a mark with the version, or output of the program.

use std::io::{self, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Start of a line that carries a message, before the version.
const MARK: &str = "cluster-sim child ";
/// Version of the protocol; parent and child must speak the same one.
pub(super) const VERSION: u32 = 1;
/// Characters quoted of a message that could not be read.
const QUOTED_CHARACTERS_MAX: usize = 200;

/// A line, as its reader takes it.
#[derive(Debug, PartialEq)]
pub(super) enum Line<M> {
    /// A message.
    Message(M),
    /// A message of another version of the protocol.
    OtherVersion(String),
    /// A message that cannot be read.
    Garbled(String),
    /// The beginning of a message; the writer ended before the rest.
    CutOff(String),
    /// Output of the program.
    Output(String),
}

impl<M: DeserializeOwned> Line<M> {
    /// Reads a line, with its newline unless the pipe closed before it.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let (text, is_whole) = text.strip_suffix('\n').map_or((&*text, false), |text| (text, true));
        let Some((version, message)) = text.strip_prefix(MARK).and_then(|rest| rest.split_once(": ")) else {
            return Self::Output(text.to_owned());
        };
        let quoted = || message.chars().take(QUOTED_CHARACTERS_MAX).collect();
        if !is_whole {
            Self::CutOff(quoted())
        } else if version.parse() != Ok(VERSION) {
            Self::OtherVersion(version.to_owned())
        } else {
            serde_json::from_str(message).map_or_else(|_| Self::Garbled(quoted()), Self::Message)
        }
    }
}

/// Writes a message on a line of its own, even after output without a newline.
pub(super) fn write(pipe: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    let text = serde_json::to_string(message).expect("messages and orders are plain data");
    pipe.write_all(format!("\n{MARK}{VERSION}: {text}\n").as_bytes())?;
    pipe.flush()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn a_written_message_is_one_line_and_read_again() {
        let mut bytes = Vec::new();
        write(&mut bytes, &vec![7, 8]).unwrap();
        assert_eq!(bytes, b"\ncluster-sim child 1: [7,8]\n");
        assert_eq!(Line::read(&bytes[1..]), Line::Message(vec![7, 8]));
    }

    #[rstest]
    #[case("ready\n", Line::Output("ready".to_owned()))]
    #[case("cluster-sim child", Line::Output("cluster-sim child".to_owned()))]
    #[case("cluster-sim child 1: nonsense\n", Line::Garbled("nonsense".to_owned()))]
    #[case("cluster-sim child 1: [7,", Line::CutOff("[7,".to_owned()))]
    #[case("cluster-sim child 2: [7]\n", Line::OtherVersion("2".to_owned()))]
    fn a_line_that_is_no_message_is_told_apart(#[case] text: &str, #[case] expected: Line<Vec<u8>>) {
        assert_eq!(Line::read(text.as_bytes()), expected);
    }
}
