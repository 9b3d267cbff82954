//! Bytes: whether a value is one, and many of them in hexadecimal.

use serde::ser::{Impossible, Serialize, Serializer};

use super::Ended;

/// The number of bytes written out; of longer lists the first ones and the length.
const WRITTEN_OUT: usize = 16;

/// `0x0801000006`; `0x000102030405060708090a0b0c0d0e0f… (200 bytes)` where there are more than 16.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().take(WRITTEN_OUT).map(|byte| format!("{byte:02x}")).collect();
    match bytes.len() {
        0 => "0 bytes".to_owned(),
        length if length > WRITTEN_OUT => format!("0x{digits}… ({length} bytes)"),
        _ => format!("0x{digits}"),
    }
}

/// The value as a byte, if its type is `u8`.
pub(super) fn byte_of<T: Serialize + ?Sized>(value: &T) -> Option<u8> {
    value.serialize(Probe).ok()
}

/// A serializer that takes bytes only.
struct Probe;

macro_rules! refused {
    ($($method:ident($($argument:ty),*) -> $result:ty),* $(,)?) => {
        $(fn $method(self, $(_: $argument),*) -> Result<$result, Ended> {
            Err(Ended)
        })*
    };
}

type No = Impossible<u8, Ended>;

impl Serializer for Probe {
    type Ok = u8;
    type Error = Ended;
    type SerializeSeq = No;
    type SerializeTuple = No;
    type SerializeTupleStruct = No;
    type SerializeTupleVariant = No;
    type SerializeMap = No;
    type SerializeStruct = No;
    type SerializeStructVariant = No;

    fn serialize_u8(self, value: u8) -> Result<u8, Ended> {
        Ok(value)
    }

    refused! {
        serialize_bool(bool) -> u8,
        serialize_i8(i8) -> u8, serialize_i16(i16) -> u8, serialize_i32(i32) -> u8, serialize_i64(i64) -> u8,
        serialize_u16(u16) -> u8, serialize_u32(u32) -> u8, serialize_u64(u64) -> u8,
        serialize_f32(f32) -> u8, serialize_f64(f64) -> u8,
        serialize_char(char) -> u8, serialize_str(&str) -> u8, serialize_bytes(&[u8]) -> u8,
        serialize_none() -> u8, serialize_unit() -> u8, serialize_unit_struct(&'static str) -> u8,
        serialize_unit_variant(&'static str, u32, &'static str) -> u8,
        serialize_seq(Option<usize>) -> No, serialize_tuple(usize) -> No,
        serialize_tuple_struct(&'static str, usize) -> No,
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> No,
        serialize_map(Option<usize>) -> No, serialize_struct(&'static str, usize) -> No,
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> No,
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<u8, Ended> {
        Err(Ended)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, _: &T) -> Result<u8, Ended> {
        Err(Ended)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<u8, Ended> {
        Err(Ended)
    }
}
