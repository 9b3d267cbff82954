//! The content of a store, for rules.

use cluster_sim_types::ObjectState;

use super::bucket::Bucket;

impl ObjectState for Bucket {
    fn keys(&self, prefix: &str) -> Vec<String> {
        self.objects().filter(|(key, _)| key.starts_with(prefix)).map(|(key, _)| key.to_owned()).collect()
    }

    fn content(&self, key: &str) -> Option<&[u8]> {
        self.present(key).map(|object| &*object.content)
    }

    fn tag(&self, key: &str) -> Option<&str> {
        self.present(key).map(|object| object.tag.as_str())
    }

    fn open_uploads(&self) -> Vec<(String, u64)> {
        Self::open_uploads(self).map(|(key, bytes)| (key.to_owned(), bytes)).collect()
    }
}
