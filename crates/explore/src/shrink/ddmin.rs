//! Delta debugging: finds a list from which no single item can be removed.

/// Returns the items that are needed, in order: no single one of them can be removed.
///
/// `still_fails` tests a list. Tries to remove pieces, from half of the list down to single items, and repeats the pass over
/// single items until it removes none (delta debugging by complements, Zeller and Hildebrandt 2002).
pub(super) fn ddmin<T: Clone>(items: Vec<T>, mut still_fails: impl FnMut(&[T]) -> bool) -> Vec<T> {
    let mut remaining = items;
    let mut piece = remaining.len().div_ceil(2);
    while piece > 0 && !remaining.is_empty() {
        let before = remaining.len();
        let mut start = 0;
        while start < remaining.len() {
            let end = (start + piece).min(remaining.len());
            let fewer: Vec<T> = remaining[..start].iter().chain(&remaining[end..]).cloned().collect();
            if still_fails(&fewer) {
                remaining = fewer;
            } else {
                start = end;
            }
        }
        piece = match piece {
            1 if remaining.len() < before => 1,
            1 => 0,
            _ => piece.div_ceil(2),
        };
    }
    remaining
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn items_that_are_not_needed_are_removed() {
        assert_eq!(ddmin(vec![1, 2, 3], |_| true), [0; 0]);
        assert_eq!(ddmin(Vec::<u8>::new(), |_| false), [0; 0]);
        assert_eq!(ddmin(vec![1, 2, 3], |_| false), [1, 2, 3]);
    }

    #[test]
    fn an_item_that_can_go_only_after_a_later_one_goes() {
        // The first can go once the second is gone.
        let remaining = ddmin(vec![1, 2, 3], |items| items.contains(&3) && (items.contains(&1) || !items.contains(&2)));
        assert_eq!(remaining, [3]);
        // Each but the last can go once the next is gone: one per pass.
        let mut remaining: Vec<u8> = (0..6).collect();
        remaining = ddmin(remaining, |items| {
            items.contains(&5) && (0..4).all(|item| items.contains(&item) || !items.contains(&(item + 1)))
        });
        assert_eq!(remaining, [5]);
    }

    #[test]
    fn few_needed_items_of_many_are_found_in_few_attempts() {
        let mut attempts = 0;
        let needed = [17, 4_000, 9_999];
        let remaining = ddmin((0..10_000).collect(), |items: &[u32]| {
            attempts += 1;
            needed.iter().all(|number| items.binary_search(number).is_ok())
        });
        assert_eq!(remaining, needed);
        assert!(attempts < 120, "{attempts} attempts");
    }

    proptest! {
        #[test]
        fn exactly_the_needed_items_remain(needed in prop::collection::btree_set(0_u8..40, 0..6), size in 1_u8..40) {
            let needed: Vec<u8> = needed.into_iter().filter(|item| *item < size).collect();
            let still_fails = |items: &[u8]| needed.iter().all(|item| items.contains(item));
            prop_assert_eq!(ddmin((0..size).collect(), still_fails), needed);
        }
    }
}
