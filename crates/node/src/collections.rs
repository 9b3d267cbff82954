//! Hash maps and sets whose order depends on nothing but what was done to them.
//!
//! A std `HashMap` iterates in an order that differs in every process, and with a fixed hasher still between platforms. These
//! iterate in the order of insertion, on every platform, in a simulation and on tokio alike, so a loop over one may decide
//! something, and one may be part of a message:
//!
//! ```
//! use cluster_sim_node::collections::{HashMap, HashSet};
//!
//! let mut acknowledged: HashMap<&str, u64> = HashMap::new();
//! for (store, version) in [("store/2", 7), ("store/0", 9), ("store/1", 8)] {
//!     acknowledged.insert(store, version);
//! }
//! acknowledged.insert("store/2", 10);
//! assert_eq!(acknowledged.keys().copied().collect::<Vec<_>>(), ["store/2", "store/0", "store/1"]);
//!
//! acknowledged.shift_remove("store/2");
//! let behind: HashSet<&str> = acknowledged.iter().filter(|(_, version)| **version < 9).map(|(store, _)| *store).collect();
//! assert_eq!(behind.first(), Some(&"store/1"));
//! ```
//!
//! `shift_remove` keeps the order of the rest in linear time; `swap_remove` moves the last entry to the place of the removed one in
//! constant time. Where an order by key serves, a `BTreeMap` does as well.

/// A hash map that iterates in the order of insertion: the `IndexMap` of the crate `indexmap`.
pub type HashMap<K, V> = indexmap::IndexMap<K, V>;

/// A hash set that iterates in the order of insertion: the `IndexSet` of the crate `indexmap`.
pub type HashSet<T> = indexmap::IndexSet<T>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_that_of_insertion_in_every_map() {
        let keys = || (0..1_000_u64).map(|key| key.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        for _ in 0..4 {
            let mut map: HashMap<u64, u64> = keys().map(|key| (key, 0)).collect();
            assert!(map.keys().copied().eq(keys()));
            keys().step_by(2).for_each(|key| assert_eq!(map.shift_remove(&key), Some(0)));
            assert!(map.keys().copied().eq(keys().skip(1).step_by(2)));
            let set: HashSet<u64> = map.into_keys().collect();
            assert!(set.iter().copied().eq(keys().skip(1).step_by(2)));
        }
    }

    #[test]
    fn a_map_in_a_message_is_encoded_in_its_order() {
        let map: HashMap<u8, u8> = (0..32).rev().map(|key| (key, key)).collect();
        let encoded = serde_json::to_string(&map).expect("it is plain data");
        assert!(encoded.starts_with("{\"31\":31,\"30\":30,"), "{encoded}");
        assert_eq!(serde_json::from_str::<HashMap<u8, u8>>(&encoded).expect("it was written").first(), Some((&31, &31)));
    }
}
