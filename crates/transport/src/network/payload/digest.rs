//! Digests a message with a serde serializer that keeps only a hash and a length.

use std::fmt;

use cluster_sim_runtime::{finalize, fold};
use serde::ser::{self, Serialize, Serializer};

/// Returns the digest of a message's content and the length of its encoding in bytes.
///
/// The encoding is never created. A number is hashed as one word, bytes eight to a word. The length is that of the postcard
/// encoding, by which nodes of different message types exchange messages (`the_length_is_that_of_the_encoding`).
///
/// # Panics
/// The message's own `Serialize` fails, so it could not travel.
#[inline]
pub fn content_of<M: Serialize>(message: &M) -> (u64, u32) {
    let mut digester = Digester { state: 0, word: 0, bytes: 0, length: 0 };
    message.serialize(&mut digester).expect("a message can be serialised");
    digester.flush();
    (finalize(fold(digester.state, u64::from(digester.length))), digester.length)
}

/// The state of the hash.
struct Digester {
    state: u64,
    /// Bytes that do not fill a word yet, with their count in `bytes`.
    word: u64,
    bytes: u32,
    length: u32,
}

impl Digester {
    /// Hashes a number whose encoding takes `length` bytes.
    #[inline(always)]
    fn number(&mut self, number: u64, length: u32) {
        self.flush();
        self.state = fold(self.state, number);
        self.length = self.length.wrapping_add(length);
    }

    #[inline(always)]
    fn varint(&mut self, number: u64) {
        self.number(number, varint_length(number));
    }

    #[inline(always)]
    fn byte(&mut self, byte: u8) {
        self.word = self.word << 8 | u64::from(byte);
        self.bytes += 1;
        self.length = self.length.wrapping_add(1);
        if self.bytes == 8 {
            self.state = fold(self.state, self.word);
            self.bytes = 0;
        }
    }

    /// Hashes the bytes that do not fill a word, together with their count.
    #[inline(always)]
    fn flush(&mut self) {
        if self.bytes > 0 {
            let kept = self.word & ((1 << (self.bytes * 8)) - 1);
            self.state = fold(self.state ^ u64::from(self.bytes), kept);
            self.bytes = 0;
        }
    }

    fn text(&mut self, bytes: &[u8]) {
        self.varint(bytes.len() as u64);
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.state = fold(self.state, u64::from_be_bytes(*word));
        }
        self.length = self.length.wrapping_add(8 * words.len() as u32);
        rest.iter().for_each(|byte| self.byte(*byte));
        self.flush();
    }
}

/// Returns the length of a varint, which holds seven bits a byte.
#[inline(always)]
const fn varint_length(number: u64) -> u32 {
    // Exact for every number of bits up to 64, without a division.
    (9 * (64 - (number | 1).leading_zeros()) + 64) / 64
}

/// Maps a signed number to an unsigned one that is small if its absolute value is.
#[inline(always)]
const fn zigzag(number: i64) -> u64 {
    (number << 1 ^ (number >> 63)) as u64
}

#[derive(Debug)]
struct SerializeError(String);

impl fmt::Display for SerializeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for SerializeError {}

impl ser::Error for SerializeError {
    #[cold]
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

#[cold]
fn of_unknown_length() -> SerializeError {
    SerializeError("a sequence or map needs its length before its first element; collect it first".to_owned())
}

impl Serializer for &mut Digester {
    type Ok = ();
    type Error = SerializeError;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    #[inline(always)]
    fn serialize_bool(self, value: bool) -> Result<(), SerializeError> {
        self.serialize_u8(u8::from(value))
    }

    #[inline(always)]
    fn serialize_i8(self, value: i8) -> Result<(), SerializeError> {
        self.serialize_u8(value as u8)
    }

    #[inline(always)]
    fn serialize_i16(self, value: i16) -> Result<(), SerializeError> {
        self.serialize_i64(i64::from(value))
    }

    #[inline(always)]
    fn serialize_i32(self, value: i32) -> Result<(), SerializeError> {
        self.serialize_i64(i64::from(value))
    }

    #[inline(always)]
    fn serialize_i64(self, value: i64) -> Result<(), SerializeError> {
        self.serialize_u64(zigzag(value))
    }

    fn serialize_i128(self, value: i128) -> Result<(), SerializeError> {
        self.serialize_u128((value << 1 ^ (value >> 127)) as u128)
    }

    #[inline(always)]
    fn serialize_u8(self, value: u8) -> Result<(), SerializeError> {
        self.byte(value);
        Ok(())
    }

    #[inline(always)]
    fn serialize_u16(self, value: u16) -> Result<(), SerializeError> {
        self.serialize_u64(u64::from(value))
    }

    #[inline(always)]
    fn serialize_u32(self, value: u32) -> Result<(), SerializeError> {
        self.serialize_u64(u64::from(value))
    }

    #[inline(always)]
    fn serialize_u64(self, value: u64) -> Result<(), SerializeError> {
        self.varint(value);
        Ok(())
    }

    fn serialize_u128(self, value: u128) -> Result<(), SerializeError> {
        let bits = 128 - (value | 1).leading_zeros();
        self.number(value as u64, bits.div_ceil(7));
        self.number((value >> 64) as u64, 0);
        Ok(())
    }

    #[inline(always)]
    fn serialize_f32(self, value: f32) -> Result<(), SerializeError> {
        self.number(u64::from(value.to_bits()), 4);
        Ok(())
    }

    #[inline(always)]
    fn serialize_f64(self, value: f64) -> Result<(), SerializeError> {
        self.number(value.to_bits(), 8);
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), SerializeError> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), SerializeError> {
        self.text(value.as_bytes());
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), SerializeError> {
        self.text(value);
        Ok(())
    }

    #[inline(always)]
    fn serialize_none(self) -> Result<(), SerializeError> {
        self.serialize_u8(0)
    }

    #[inline(always)]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), SerializeError> {
        self.byte(1);
        value.serialize(self)
    }

    #[inline(always)]
    fn serialize_unit(self) -> Result<(), SerializeError> {
        Ok(())
    }

    #[inline(always)]
    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), SerializeError> {
        Ok(())
    }

    #[inline(always)]
    fn serialize_unit_variant(self, _name: &'static str, index: u32, _variant: &'static str) -> Result<(), SerializeError> {
        self.serialize_u32(index)
    }

    #[inline(always)]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _name: &'static str, value: &T) -> Result<(), SerializeError> {
        value.serialize(self)
    }

    #[inline(always)]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        index: u32,
        _variant: &'static str,
        value: &T,
    ) -> Result<(), SerializeError> {
        self.varint(u64::from(index));
        value.serialize(self)
    }

    #[inline(always)]
    fn serialize_seq(self, length: Option<usize>) -> Result<Self, SerializeError> {
        self.varint(length.ok_or_else(of_unknown_length)? as u64);
        Ok(self)
    }

    /// Hashes the elements of a list, as one by one, but with the state in registers: most long lists hold bytes.
    #[inline]
    fn collect_seq<I: IntoIterator<Item: Serialize>>(self, elements: I) -> Result<(), SerializeError> {
        let mut elements = elements.into_iter();
        // The iterator of a slice knows its length; of any other the elements are counted by their own `Serialize`.
        let (least, most) = elements.size_hint();
        self.serialize_seq((Some(least) == most).then_some(least))?;
        let mut local = Digester { ..*self };
        let result = elements.try_for_each(|element| element.serialize(&mut local));
        *self = local;
        result
    }

    #[inline(always)]
    fn serialize_tuple(self, _length: usize) -> Result<Self, SerializeError> {
        Ok(self)
    }

    #[inline(always)]
    fn serialize_tuple_struct(self, _name: &'static str, _length: usize) -> Result<Self, SerializeError> {
        Ok(self)
    }

    #[inline(always)]
    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        index: u32,
        _variant: &'static str,
        _length: usize,
    ) -> Result<Self, SerializeError> {
        self.varint(u64::from(index));
        Ok(self)
    }

    #[inline(always)]
    fn serialize_map(self, length: Option<usize>) -> Result<Self, SerializeError> {
        self.serialize_seq(length)
    }

    #[inline(always)]
    fn serialize_struct(self, _name: &'static str, _length: usize) -> Result<Self, SerializeError> {
        Ok(self)
    }

    #[inline(always)]
    fn serialize_struct_variant(
        self,
        _name: &'static str,
        index: u32,
        _variant: &'static str,
        _length: usize,
    ) -> Result<Self, SerializeError> {
        self.varint(u64::from(index));
        Ok(self)
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<(), SerializeError> {
        self.serialize_str(&value.to_string())
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

/// Implements a serde trait whose elements or fields are hashed one after the other.
macro_rules! impl_elements {
    ($part:ident, $method:ident $(, $key:ident)?) => {
        impl ser::$part for &mut Digester {
            type Ok = ();
            type Error = SerializeError;

            $(
                #[inline(always)]
                fn $key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), SerializeError> {
                    key.serialize(&mut **self)
                }
            )?

            #[inline(always)]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), SerializeError> {
                value.serialize(&mut **self)
            }

            #[inline(always)]
            fn end(self) -> Result<(), SerializeError> {
                Ok(())
            }
        }
    };
}

/// Implements a serde trait whose fields are hashed without their names.
macro_rules! impl_fields {
    ($part:ident) => {
        impl ser::$part for &mut Digester {
            type Ok = ();
            type Error = SerializeError;

            #[inline(always)]
            fn serialize_field<T: Serialize + ?Sized>(&mut self, _name: &'static str, value: &T) -> Result<(), SerializeError> {
                value.serialize(&mut **self)
            }

            #[inline(always)]
            fn end(self) -> Result<(), SerializeError> {
                Ok(())
            }
        }
    };
}

impl_elements!(SerializeSeq, serialize_element);
impl_elements!(SerializeTuple, serialize_element);
impl_elements!(SerializeTupleStruct, serialize_field);
impl_elements!(SerializeTupleVariant, serialize_field);
impl_elements!(SerializeMap, serialize_value, serialize_key);
impl_fields!(SerializeStruct);
impl_fields!(SerializeStructVariant);

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use samples::Everything;

    use super::*;

    /// Types that use everything in serde's data model.
    mod samples {
        use std::collections::BTreeMap;

        use serde::Serialize;

        #[derive(Debug, Clone, Serialize)]
        pub(super) enum Kind {
            Unit,
            Newtype(u16),
            Tuple(i8, i64),
            Struct { flag: bool, letter: char },
        }

        #[derive(Debug, Clone, Serialize)]
        pub(super) struct Everything {
            pub(super) numbers: (u8, u16, u32, u64, u128),
            pub(super) signed: (i8, i16, i32, i64, i128),
            pub(super) floats: (f32, f64),
            pub(super) text: String,
            pub(super) bytes: Vec<u8>,
            pub(super) option: Option<u8>,
            pub(super) kinds: Vec<Kind>,
            pub(super) map: BTreeMap<u16, String>,
            pub(super) unit: (),
        }

        impl Everything {
            pub(super) fn kinds(number: u16) -> Vec<Kind> {
                let letter = char::from_u32(u32::from(number)).unwrap_or('a');
                let tuple = Kind::Tuple(number as i8, -i64::from(number));
                vec![Kind::Unit, Kind::Newtype(number), tuple, Kind::Struct { flag: number.is_multiple_of(2), letter }]
            }
        }
    }

    #[test]
    fn the_digest_depends_on_every_byte_and_the_length() {
        let texts = ["", "a", "b", "aa", "a longer text than one word", "a longer text than one worD"];
        let digests = texts.map(|text| content_of(&text).0);
        for (index, digest) in digests.iter().enumerate() {
            assert!(!digests[index + 1..].contains(digest), "{:?}", texts[index]);
        }
        assert_eq!(content_of(&[0_u8; 8].as_slice()).1, 9, "a length, then eight bytes");
        assert_ne!(content_of(&(0_u8, 0_u8)).0, content_of(&(0_u8, 0_u8, 0_u8)).0, "trailing zeros count");
        assert_ne!(content_of(&(1_u8, 0_u64)).0, content_of(&(0_u64, 1_u8)).0, "a byte and a word are not interchangeable");
        assert_ne!(content_of(&(1_u8, 0_u8)).0, content_of(&(0_u8, 1_u8)).0);
    }

    /// Bytes that are serialised one by one.
    struct OneByOne<'a>(&'a [u8]);

    impl Serialize for OneByOne<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            use ser::SerializeSeq;
            let mut elements = serializer.serialize_seq(Some(self.0.len()))?;
            self.0.iter().try_for_each(|byte| elements.serialize_element(byte))?;
            elements.end()
        }
    }

    #[test]
    fn a_list_of_bytes_has_the_digest_of_its_bytes() {
        let bytes: Vec<u8> = (0..100_u8).map(|byte| byte.wrapping_mul(37)).collect();
        for length in 0..bytes.len() {
            let (list, before) = (bytes[..length].to_vec(), bytes[length]);
            assert_eq!(content_of(&(before, &list, before)), content_of(&(before, OneByOne(&list), before)), "{length} bytes");
        }
    }

    #[test]
    fn every_bit_of_a_long_byte_string_changes_the_digest() {
        let bytes = vec![0_u8; 100];
        let whole = content_of(&bytes).0;
        for bit in 0..800 {
            let mut other = bytes.clone();
            other[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(content_of(&other).0, whole, "bit {bit}");
        }
    }

    #[test]
    fn the_published_digest_stays_fixed() {
        assert_eq!(content_of(&(7_u8, 300_u32, "a longer text", u64::MAX)), (0x8045_824f_6b6e_5035, 27));
    }

    fn anything() -> impl Strategy<Value = Everything> {
        let numbers = any::<(u8, u16, u32, u64, u128)>();
        let signed = any::<(i8, i16, i32, i64, i128)>();
        let rest = (any::<(f32, f64)>(), any::<String>(), any::<Vec<u8>>(), any::<Option<u8>>(), any::<u16>());
        (numbers, signed, rest, any::<BTreeMap<u16, String>>()).prop_map(|(numbers, signed, rest, map)| {
            let (floats, text, bytes, option, kind) = rest;
            Everything { numbers, signed, floats, text, bytes, option, kinds: Everything::kinds(kind), map, unit: () }
        })
    }

    proptest! {
        #[test]
        fn the_length_is_that_of_the_encoding(everything in anything()) {
            prop_assert_eq!(content_of(&everything).1 as usize, postcard::to_allocvec(&everything).unwrap().len());
        }

        #[test]
        fn the_varint_length_is_that_of_the_encoding(number: u64, shift in 0_u32..64) {
            let number = number >> shift;
            prop_assert_eq!(varint_length(number) as usize, postcard::to_allocvec(&number).unwrap().len());
        }
    }
}
