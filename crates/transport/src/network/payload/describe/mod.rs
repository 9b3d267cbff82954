//! A message as a person reads it: its variant, its fields, its bytes in hexadecimal, from its serde form.
//!
//! `Ask {client: 3, number: 7}`, `Append(2, [5, 6])`, `0x0801000006`. Names are those that serde writes, so renamed variants read as
//! they do in data.

mod byte;
mod compound;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::ser::{Serialize, Serializer};

use compound::Compound;

/// At most this many characters of a message are kept: a screen line or two.
const CHARACTERS_MAX: usize = 300;

/// Describes a message by its serde form: variant and fields, cut off after 300 characters.
pub fn describe<M: Serialize>(message: &M) -> String {
    let mut text = Text { buffer: String::new(), depth: 0 };
    // An error of the message's own `Serialize` leaves what was written before it.
    let is_whole = message.serialize(&mut text).is_ok();
    shorten(text.buffer, is_whole)
}

/// Cuts a text off after [`CHARACTERS_MAX`] characters; the sign of a cut also stands where a text ended early.
pub(super) fn shorten(text: String, is_whole: bool) -> String {
    match text.char_indices().nth(CHARACTERS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None if is_whole => text,
        None => text + "…",
    }
}

/// Why writing ended: enough was written, or the message refuses to be serialised.
#[derive(Debug)]
pub(super) struct Ended;

impl fmt::Display for Ended {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the text ended early")
    }
}

impl std::error::Error for Ended {}

impl serde::ser::Error for Ended {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

/// A serializer that writes text.
pub(super) struct Text {
    buffer: String,
    /// How deep in structures the next value stands; names of structs are written at the top only.
    depth: u32,
}

impl Text {
    fn write(&mut self, text: &str) -> Result<(), Ended> {
        self.buffer.push_str(text);
        // Characters take up to four bytes: enough is written for sure beyond that.
        if self.buffer.len() > 4 * CHARACTERS_MAX { Err(Ended) } else { Ok(()) }
    }

    fn display(&mut self, value: impl fmt::Display) -> Result<(), Ended> {
        self.write(&value.to_string())
    }

    fn open<'t>(&'t mut self, name: &str, open: &'static str, close: &'static str) -> Result<Compound<'t>, Ended> {
        self.write(name)?;
        if !name.is_empty() && open == "{" {
            self.write(" ")?;
        }
        self.write(open)?;
        self.depth += 1;
        Ok(Compound::new(self, close))
    }

    fn inner<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Ended> {
        self.depth += 1;
        value.serialize(&mut *self)?;
        self.depth -= 1;
        Ok(())
    }
}

macro_rules! displayed {
    ($($method:ident: $type:ty),* $(,)?) => {
        $(fn $method(self, value: $type) -> Result<(), Ended> {
            self.display(value)
        })*
    };
}

impl<'t> Serializer for &'t mut Text {
    type Ok = ();
    type Error = Ended;
    type SerializeSeq = Compound<'t>;
    type SerializeTuple = Compound<'t>;
    type SerializeTupleStruct = Compound<'t>;
    type SerializeTupleVariant = Compound<'t>;
    type SerializeMap = Compound<'t>;
    type SerializeStruct = Compound<'t>;
    type SerializeStructVariant = Compound<'t>;

    displayed! {
        serialize_bool: bool,
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_i128: i128,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_u128: u128,
        serialize_f32: f32, serialize_f64: f64,
    }

    fn serialize_char(self, value: char) -> Result<(), Ended> {
        self.write(&format!("{value:?}"))
    }

    fn serialize_str(self, value: &str) -> Result<(), Ended> {
        self.write(&format!("{value:?}"))
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Ended> {
        self.write(&byte::hexadecimal(value))
    }

    fn serialize_none(self) -> Result<(), Ended> {
        self.write("none")
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Ended> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Ended> {
        self.write("()")
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<(), Ended> {
        self.write(name)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Ended> {
        self.write(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Ended> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Ended> {
        self.write(variant)?;
        self.write("(")?;
        self.inner(value)?;
        self.write(")")
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Compound<'t>, Ended> {
        self.open("", "[", "]").map(Compound::of_elements)
    }

    fn serialize_tuple(self, _: usize) -> Result<Compound<'t>, Ended> {
        self.open("", "(", ")").map(Compound::of_elements)
    }

    fn serialize_tuple_struct(self, name: &'static str, _: usize) -> Result<Compound<'t>, Ended> {
        let name = if self.depth == 0 { name } else { "" };
        self.open(name, "(", ")")
    }

    fn serialize_tuple_variant(self, _: &'static str, _: u32, variant: &'static str, _: usize) -> Result<Compound<'t>, Ended> {
        self.open(variant, "(", ")")
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Compound<'t>, Ended> {
        self.open("", "{", "}")
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Compound<'t>, Ended> {
        let name = if self.depth == 0 { name } else { "" };
        self.open(name, "{", "}")
    }

    fn serialize_struct_variant(self, _: &'static str, _: u32, variant: &'static str, _: usize) -> Result<Compound<'t>, Ended> {
        self.open(variant, "{", "}")
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<(), Ended> {
        self.serialize_str(&value.to_string())
    }
}
