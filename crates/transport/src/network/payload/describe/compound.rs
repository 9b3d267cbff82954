//! Lists, tuples, maps and structs.

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple, SerializeTupleStruct,
    SerializeTupleVariant,
};

use super::byte::{byte_of, hexadecimal};
use super::{Ended, Text};

/// A structure that is being written: its elements follow each other with a comma in between.
pub(in crate::network::payload) struct Compound<'t> {
    text: &'t mut Text,
    /// The end of the opening bracket, so that a list of bytes can replace it.
    start: usize,
    close: &'static str,
    is_first: bool,
    /// The elements, as long as each of them is a byte; nothing for a structure whose elements are not alike.
    bytes: Option<Vec<u8>>,
}

impl<'t> Compound<'t> {
    pub(super) fn new(text: &'t mut Text, close: &'static str) -> Self {
        let start = text.buffer.len() - 1;
        Self { text, start, close, is_first: true, bytes: None }
    }

    /// A list or an array: a run of bytes if every element is one.
    pub(super) fn of_elements(mut self) -> Self {
        self.bytes = Some(Vec::new());
        self
    }

    fn separate(&mut self) -> Result<(), Ended> {
        if std::mem::replace(&mut self.is_first, false) { Ok(()) } else { self.text.write(", ") }
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Ended> {
        self.separate()?;
        value.serialize(&mut *self.text)
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Ended> {
        if let Some(bytes) = &mut self.bytes {
            match byte_of(value) {
                Some(byte) => bytes.push(byte),
                None => self.bytes = None,
            }
        }
        self.value(value)
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Ended> {
        self.separate()?;
        self.text.write(name)?;
        self.text.write(": ")?;
        value.serialize(&mut *self.text)
    }

    fn finish(self) -> Result<(), Ended> {
        self.text.depth -= 1;
        match self.bytes {
            Some(bytes) if !bytes.is_empty() => {
                self.text.buffer.truncate(self.start);
                self.text.write(&hexadecimal(&bytes))
            }
            _ => self.text.write(self.close),
        }
    }
}

/// Implements serde's traits of lists and of structures with named fields, which differ in names alone.
macro_rules! compound {
    ($($kind:ident: $element:ident($($name:ident)?) writes $write:ident;)+) => {
        $(impl $kind for Compound<'_> {
            type Ok = ();
            type Error = Ended;

            fn $element<T: Serialize + ?Sized>(&mut self, $($name: &'static str,)? value: &T) -> Result<(), Ended> {
                self.$write($($name,)? value)
            }

            fn end(self) -> Result<(), Ended> {
                self.finish()
            }
        })+
    };
}

compound! {
    SerializeSeq: serialize_element() writes element;
    SerializeTuple: serialize_element() writes element;
    SerializeTupleStruct: serialize_field() writes value;
    SerializeTupleVariant: serialize_field() writes value;
    SerializeStruct: serialize_field(name) writes field;
    SerializeStructVariant: serialize_field(name) writes field;
}

impl SerializeMap for Compound<'_> {
    type Ok = ();
    type Error = Ended;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Ended> {
        self.value(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Ended> {
        self.text.write(": ")?;
        value.serialize(&mut *self.text)
    }

    fn end(self) -> Result<(), Ended> {
        self.finish()
    }
}
