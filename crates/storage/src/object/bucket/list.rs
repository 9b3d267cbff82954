//! Pages of lists.

use std::ops::Bound;

use cluster_sim_types::VirtualInstant;

use super::Bucket;
use crate::object::object_answer::ObjectAnswer;

/// Separates the parts of a key.
const DELIMITER: char = '/';

impl Bucket {
    /// Lists the objects whose keys begin with `prefix` and come after `after`, as they were at that instant: one page.
    ///
    /// With `delimiter` keys that have a `/` after the prefix are listed once by what they have up to there in common. A page has
    /// at most `most` entries, objects and common prefixes together.
    pub(in crate::object) fn page(
        &self,
        then: VirtualInstant,
        prefix: &str,
        after: &str,
        delimiter: bool,
        most: usize,
    ) -> ObjectAnswer {
        let (mut objects, mut prefixes, mut last) = (Vec::new(), Vec::<String>::new(), String::new());
        let is_common = |key: &str| delimiter && key.len() > prefix.len() && key.ends_with(DELIMITER);
        let start = if after > prefix { Bound::Excluded(after) } else { Bound::Included(prefix) };
        for (key, history) in self.keys.range::<str, _>((start, Bound::Unbounded)) {
            if !key.starts_with(prefix) {
                break;
            }
            let Some(object) = history.at(then) else { continue };
            let common = key[prefix.len()..].find(DELIMITER).filter(|_| delimiter).map(|index| &key[..prefix.len() + index + 1]);
            // A page that ended with a common prefix is continued behind all of its keys.
            if common
                .is_some_and(|common| prefixes.last().is_some_and(|known| known == common) || (is_common(after) && common == after))
            {
                continue;
            }
            if objects.len() + prefixes.len() == most {
                return ObjectAnswer::Page { objects, prefixes, next: Some(last) };
            }
            match common {
                Some(common) => prefixes.push(common.to_owned()),
                None => objects.push(self.info(key, object)),
            }
            last = common.unwrap_or(key).to_owned();
        }
        ObjectAnswer::Page { objects, prefixes, next: None }
    }
}
