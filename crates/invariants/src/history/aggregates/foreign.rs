//! The names that Jepsen has for the operations of services that no model describes.

use super::unique_ids::UniqueIds;
use crate::history::file::{Datum, FileVocabulary};

impl FileVocabulary for UniqueIds<Datum> {
    type Op = ();
    type Answer = Datum;

    const OPERATIONS: &'static str = "generate";

    fn op(&self, name: &str, _: Option<&Datum>, _: &Datum) -> Option<Result<(), String>> {
        (name == "generate").then_some(Ok(()))
    }

    fn answer(&self, (): &(), _: Option<&Datum>, value: &Datum) -> Result<Datum, String> {
        match value {
            Datum::Nil => Err("an identifier".to_owned()),
            id => Ok(id.clone()),
        }
    }
}
