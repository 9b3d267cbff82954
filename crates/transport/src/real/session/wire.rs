//! The wire format of sessions.
//!
//! The connecting side starts with a greeting, and the listening side answers with one byte. Then both sides write frames: a byte
//! for the kind, and for a message its length in four bytes, little-endian, and its postcard encoding. A connection that closes
//! without a finish frame was broken, because operating systems close the connections of a crashed program as if it had closed
//! them itself.

use std::io;
use std::time::Duration;

use cluster_sim_types::NodeId;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use crate::message::Message;
use crate::real::datagram::{header, parse};

/// The longest greeting: format number, node, and name of a port.
const GREETING_BYTES_MAX: u16 = 4_096;

/// The longest message of a session, in bytes.
pub(super) const MESSAGE_BYTES_MAX: u32 = 1 << 28;

/// How many bytes of a message may arrive within one timeout.
const PIECE_BYTES: usize = 1 << 16;

const MESSAGE: u8 = 1;
const KEEPALIVE: u8 = 2;
const FINISH: u8 = 3;

/// One frame.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame {
    Message(Vec<u8>),
    Keepalive,
    Finish,
}

/// The answer to a greeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::real) enum Answer {
    Refused = 0,
    Accepted = 1,
}

fn invalid_data(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// Writes the greeting: this node, and the port that it wants.
pub(in crate::real) async fn write_greeting(
    connection: &mut (impl AsyncWrite + Unpin),
    from: NodeId,
    port: &str,
) -> io::Result<()> {
    let greeting = header(from, port);
    let length = u16::try_from(greeting.len()).ok().filter(|length| *length <= GREETING_BYTES_MAX);
    connection.write_u16_le(length.ok_or_else(|| invalid_data("the name of a port is too long"))?).await?;
    connection.write_all(&greeting).await
}

/// Reads a greeting. Returns the connecting node and the port.
pub(in crate::real) async fn read_greeting(connection: &mut (impl AsyncRead + Unpin)) -> io::Result<(NodeId, String)> {
    let length = connection.read_u16_le().await?;
    if length > GREETING_BYTES_MAX {
        return Err(invalid_data("a greeting is too long"));
    }
    let mut greeting = vec![0; usize::from(length)];
    connection.read_exact(&mut greeting).await?;
    match parse(&greeting) {
        Some((from, port, [])) => Ok((from, port.to_owned())),
        _ => Err(invalid_data("not a greeting")),
    }
}

pub(in crate::real) async fn write_answer(connection: &mut (impl AsyncWrite + Unpin), answer: Answer) -> io::Result<()> {
    connection.write_u8(answer as u8).await
}

pub(in crate::real) async fn read_answer(connection: &mut (impl AsyncRead + Unpin)) -> io::Result<Answer> {
    match connection.read_u8().await? {
        0 => Ok(Answer::Refused),
        1 => Ok(Answer::Accepted),
        _ => Err(invalid_data("not an answer")),
    }
}

/// Encodes a message as a frame. Returns `None` if it is too long.
///
/// # Panics
/// The message's own `Serialize` fails, so it could not travel.
pub(super) fn message_frame<M: Message>(message: &M) -> Option<Vec<u8>> {
    let mut frame = postcard::to_extend(message, vec![MESSAGE, 0, 0, 0, 0]).expect("a message can be serialised");
    let length = u32::try_from(frame.len() - 5).ok().filter(|length| *length <= MESSAGE_BYTES_MAX)?;
    frame[1..5].copy_from_slice(&length.to_le_bytes());
    Some(frame)
}

pub(super) const KEEPALIVE_FRAME: [u8; 1] = [KEEPALIVE];
pub(super) const FINISH_FRAME: [u8; 1] = [FINISH];

/// Reads the next frame, or `None` if the connection closes before it.
///
/// Fails if nothing arrives within `limit`.
pub(super) async fn read_frame(connection: &mut (impl AsyncRead + Unpin), limit: Duration) -> io::Result<Option<Frame>> {
    let kind = match timeout(limit, connection.read_u8()).await? {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        kind => kind?,
    };
    match kind {
        KEEPALIVE => Ok(Some(Frame::Keepalive)),
        FINISH => Ok(Some(Frame::Finish)),
        MESSAGE => {
            let length = timeout(limit, connection.read_u32_le()).await??;
            if length > MESSAGE_BYTES_MAX {
                return Err(invalid_data("a message is too long"));
            }
            // Memory grows with the bytes that arrive, not with the announced length.
            let (length, mut message) = (length as usize, Vec::new());
            while message.len() < length {
                let read = message.len();
                message.resize(length.min(read + PIECE_BYTES), 0);
                timeout(limit, connection.read_exact(&mut message[read..])).await??;
            }
            Ok(Some(Frame::Message(message)))
        }
        _ => Err(invalid_data("not a frame")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
    }

    #[test]
    fn frames_survive_a_round_trip() {
        block_on(async {
            let long = vec![7_u8; 3 * PIECE_BYTES + 1];
            let mut wire = message_frame(&long).unwrap();
            wire.extend(KEEPALIVE_FRAME);
            wire.extend(message_frame(&()).unwrap());
            wire.extend(FINISH_FRAME);
            let mut wire = wire.as_slice();
            let Ok(Some(Frame::Message(read))) = read_frame(&mut wire, SECOND).await else { panic!("a message comes first") };
            assert_eq!(crate::message::decode(&read), Some(long));
            assert_eq!(read_frame(&mut wire, SECOND).await.unwrap(), Some(Frame::Keepalive));
            assert_eq!(read_frame(&mut wire, SECOND).await.unwrap(), Some(Frame::Message(Vec::new())));
            assert_eq!(read_frame(&mut wire, SECOND).await.unwrap(), Some(Frame::Finish));
            assert_eq!(read_frame(&mut wire, SECOND).await.unwrap(), None);
        });
    }

    #[test]
    fn truncated_or_oversized_frames_are_rejected() {
        block_on(async {
            let frame = message_frame(&"news".to_owned()).unwrap();
            for length in 1..frame.len() {
                assert!(read_frame(&mut &frame[..length], SECOND).await.is_err(), "{length} bytes of it");
            }
            let announced = [&[MESSAGE][..], &(MESSAGE_BYTES_MAX + 1).to_le_bytes()].concat();
            let error = read_frame(&mut announced.as_slice(), SECOND).await.unwrap_err();
            assert_eq!(error.to_string(), "a message is too long");
            assert!(read_frame(&mut [9_u8].as_slice(), SECOND).await.is_err());
        });
    }

    #[test]
    fn a_greeting_carries_sender_and_port() {
        block_on(async {
            let mut wire = Vec::new();
            write_greeting(&mut wire, NodeId(7), "log").await.unwrap();
            assert_eq!(read_greeting(&mut wire.as_slice()).await.unwrap(), (NodeId(7), "log".to_owned()));
            assert!(write_greeting(&mut wire, NodeId(7), &"x".repeat(5_000)).await.is_err());
        });
    }
}
