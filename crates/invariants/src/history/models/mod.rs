//! Ready models.

mod register;
mod text;

pub use register::{Register, RegisterAnswer, RegisterOp};
pub use text::{Text, TextAnswer, TextOp};
