//! Uploads in parts.

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};

use super::tag::{tag_of, tag_of_parts};
use super::{At, Bucket, Labels, Written};
use crate::object::object_answer::ObjectErrorKind;

/// An upload that has begun and not ended.
#[derive(Debug)]
pub(super) struct Upload {
    key: String,
    labels: Labels,
    /// By number; a part that is uploaded again replaces the first one.
    parts: BTreeMap<u32, Part>,
}

#[derive(Debug)]
struct Part {
    content: Bytes,
    tag: String,
}

impl Upload {
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    pub(super) fn bytes(&self) -> u64 {
        self.parts.values().map(|part| part.content.len() as u64).sum()
    }
}

impl Bucket {
    /// Begins an upload, and returns its number.
    pub(in crate::object) fn create_upload(&mut self, key: &str, labels: &[(String, String)]) -> u64 {
        self.begun += 1;
        self.uploads.insert(self.begun, Upload { key: key.to_owned(), labels: labels.into(), parts: BTreeMap::new() });
        self.begun
    }

    fn upload(&mut self, key: &str, upload: u64) -> Result<&mut Upload, ObjectErrorKind> {
        self.uploads.get_mut(&upload).filter(|upload| upload.key == key).ok_or(ObjectErrorKind::NoSuchUpload)
    }

    /// Takes a part, and returns its tag.
    ///
    /// # Errors
    /// If there is no such upload.
    pub(in crate::object) fn put_part(
        &mut self,
        key: &str,
        upload: u64,
        part: u32,
        content: Bytes,
    ) -> Result<String, ObjectErrorKind> {
        let upload = self.upload(key, upload)?;
        let tag = tag_of(&content);
        upload.parts.insert(part, Part { content, tag: tag.clone() });
        Ok(tag)
    }

    /// Writes the object of an upload, whose parts are joined in the order given.
    ///
    /// # Errors
    /// If there is no such upload, a part is missing, has another tag, is out of order, or is too small and not the last one. The
    /// upload goes on then.
    pub(in crate::object) fn complete_upload(
        &mut self,
        at: At,
        key: &str,
        upload: u64,
        parts: &[(u32, String)],
    ) -> Result<Written, ObjectErrorKind> {
        let smallest = self.smallest_part;
        let of_upload = self.upload(key, upload)?;
        if parts.is_empty() || !parts.is_sorted_by(|(one, _), (other, _)| one < other) {
            return Err(ObjectErrorKind::InvalidPart);
        }
        let mut content = BytesMut::new();
        for (index, (number, tag)) in parts.iter().enumerate() {
            let part = of_upload.parts.get(number).filter(|part| part.tag == *tag).ok_or(ObjectErrorKind::InvalidPart)?;
            if index + 1 < parts.len() && (part.content.len() as u64) < smallest {
                return Err(ObjectErrorKind::EntityTooSmall);
            }
            content.extend_from_slice(&part.content);
        }
        let ended = self.uploads.remove(&upload).expect("it was found above");
        let tag = tag_of_parts(parts.iter().map(|(_, tag)| tag.as_str()));
        Ok(self.write(at, key, content.freeze(), tag, ended.labels))
    }

    /// Forgets a part, or without a number the whole upload, if there is one.
    pub(in crate::object) fn lose_upload(&mut self, upload: u64, part: Option<u32>) {
        match (part, self.uploads.get_mut(&upload)) {
            (Some(part), Some(of_upload)) => drop(of_upload.parts.remove(&part)),
            _ => drop(self.uploads.remove(&upload)),
        }
    }

    /// Forgets an upload.
    ///
    /// # Errors
    /// If there is no such upload.
    pub(in crate::object) fn abort_upload(&mut self, key: &str, upload: u64) -> Result<(), ObjectErrorKind> {
        self.upload(key, upload)?;
        self.uploads.remove(&upload);
        Ok(())
    }
}
