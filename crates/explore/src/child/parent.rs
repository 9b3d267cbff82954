//! The process that started this one.

use std::io::BufRead;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::line::{self, Line};

/// The other side is gone; this one can stop.
#[derive(Debug)]
pub(crate) struct Disconnected;

/// The process that started this one, over standard input and output.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parent;

impl Parent {
    /// Sends a message.
    ///
    /// # Errors
    /// If the parent is gone.
    pub(crate) fn send(self, message: &impl Serialize) -> Result<(), Disconnected> {
        line::write(&mut std::io::stdout().lock(), message).map_err(|_| Disconnected)
    }

    /// Waits for the next order; passes over lines that are none.
    ///
    /// # Errors
    /// If the parent is gone, or speaks another version.
    pub(crate) fn recv<O: DeserializeOwned>(self) -> Result<O, Disconnected> {
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            match std::io::stdin().lock().read_until(b'\n', &mut bytes) {
                Ok(0) | Err(_) => return Err(Disconnected),
                Ok(_) => {}
            }
            match Line::read(&bytes) {
                Line::Message(order) => return Ok(order),
                Line::Output(_) => {}
                Line::OtherVersion(_) | Line::Garbled(_) | Line::CutOff(_) => return Err(Disconnected),
            }
        }
    }
}
