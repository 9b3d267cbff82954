//! Ready models.

mod register;

pub use register::{Register, RegisterAnswer, RegisterOp};
