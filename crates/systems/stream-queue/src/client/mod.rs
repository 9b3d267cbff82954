//! Clients: producers and consumers, over sessions with the brokers.

mod connection;
mod consumer;
mod producer;

pub use connection::{Connection, Patience};
pub use consumer::{ConsumerLoad, ConsumerPosition, ConsumerView, consumer};
pub use producer::{ProducerLoad, ProducerView, producer};
