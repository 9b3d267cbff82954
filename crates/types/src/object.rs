//! The content of an object store, as rules read it.

/// A source of the content of one object store: a simulated one, or a recording of one.
///
/// It is the present content, whatever readers see of it yet.
pub trait ObjectState {
    /// Lists the keys that begin with `prefix`, in order.
    fn keys(&self, prefix: &str) -> Vec<String>;

    /// Returns the bytes of an object; `None` if there is none of that key.
    fn content(&self, key: &str) -> Option<&[u8]>;

    /// Returns the entity tag of an object, with its quotes; `None` if there is none of that key.
    fn tag(&self, key: &str) -> Option<&str>;

    /// Lists the uploads in parts that neither ended nor were aborted.
    ///
    /// Each by its key and its bytes so far, in the order in which they began.
    fn open_uploads(&self) -> Vec<(String, u64)>;
}
