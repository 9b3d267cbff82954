//! The wire format of datagrams.

use cluster_sim_types::NodeId;

use crate::message::Message;

/// Starts every datagram and every session: an arbitrary number that includes the format version.
pub(super) const MAGIC: u32 = 0xc105_7e01;

/// The largest payload of a datagram over IPv4: 65,535 bytes less the headers of IP (20) and UDP (8).
pub(super) const DATAGRAM_BYTES_MAX: usize = 65_507;

/// Encodes the start of a datagram: format, sender, name of the port.
pub(super) fn header(from: NodeId, port: &str) -> Vec<u8> {
    postcard::to_allocvec(&(MAGIC, from, port)).expect("numbers and names can be encoded")
}

/// Encodes a datagram.
///
/// # Panics
/// The message's own `Serialize` fails, so it could not travel.
pub(super) fn encode<M: Message>(from: NodeId, port: &str, message: &M) -> Vec<u8> {
    postcard::to_extend(message, header(from, port)).expect("a message can be serialised")
}

/// Splits a datagram into sender, port and content. Returns `None` for another format.
pub(super) fn parse(datagram: &[u8]) -> Option<(NodeId, &str, &[u8])> {
    match postcard::take_from_bytes(datagram) {
        Ok(((MAGIC, from, port), content)) => Some((from, port, content)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_datagram_carries_sender_port_and_message() {
        let datagram = encode(NodeId(7), "gossip", &"news".to_owned());
        let (from, port, content) = parse(&datagram).unwrap();
        assert_eq!((from, port), (NodeId(7), "gossip"));
        assert_eq!(crate::message::decode::<String>(content).as_deref(), Some("news"));
    }

    #[test]
    fn truncated_or_foreign_datagrams_are_rejected() {
        let datagram = encode(NodeId(7), "gossip", &());
        assert!(parse(&datagram).is_some());
        assert!((0..datagram.len()).all(|length| parse(&datagram[..length]).is_none()));
        let other = postcard::to_allocvec(&(MAGIC + 1, NodeId(7), "gossip")).unwrap();
        assert_eq!(parse(&other), None);
    }
}
