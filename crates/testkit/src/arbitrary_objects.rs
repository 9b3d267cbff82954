//! Random faults of object stores.

use cluster_sim::fault::{ObjectRequests, ObjectStoreFault};
use cluster_sim::object_store::{ObjectDamage, ObjectErrorKind, ObjectOpKind};
use cluster_sim::prelude::*;
use proptest::prelude::*;

use crate::units::{milliseconds, ratio};

fn any_share() -> impl Strategy<Value = Ratio> {
    prop_oneof![Just(Ratio::ONE), (0.01..1.0).prop_map(ratio)]
}

fn any_error() -> impl Strategy<Value = ObjectErrorKind> {
    prop::sample::select(ObjectErrorKind::SPONTANEOUS.to_vec())
}

fn any_damage() -> impl Strategy<Value = ObjectDamage> {
    let all =
        [ObjectDamage::Break, ObjectDamage::Truncate, ObjectDamage::FlipBit, ObjectDamage::WrongTag, ObjectDamage::ShiftRange];
    prop::sample::select(all.to_vec())
}

prop_compose! {
    /// Some of the requests to a store, below one of these prefixes or all.
    fn any_requests(store: String)(
        kinds in prop::sample::subsequence(ObjectOpKind::ALL.to_vec(), 0..4),
        prefix in prop_oneof![2 => Just(""), 1 => Just("a"), 1 => Just("b/")],
        share in any_share(),
    ) -> ObjectRequests {
        ObjectRequests::to(store.clone()).only(kinds).below(prefix).share(share)
    }
}

/// Any fault of the store that `store` serves that tells: no promise of S3 is broken.
pub fn any_honest_object_fault(store: &str, longest: Duration) -> impl Strategy<Value = ObjectStoreFault> {
    let requests = || any_requests(store.to_owned());
    let lasts = move || prop::option::weighted(0.8, (0..longest.as_millis() as u64).prop_map(milliseconds));
    let after = || (1..3_000_u64).prop_map(milliseconds);
    prop_oneof![
        4 => (requests(), prop::collection::vec(any_error(), 1..4), prop::option::of(after()), lasts()).prop_map(
            |(requests, errors, retry_after, duration)| ObjectStoreFault::Fail { requests, errors, retry_after, duration }
        ),
        4 => (requests(), after(), any::<bool>(), prop::option::of(any_error()), lasts()).prop_map(
            |(requests, after, twice, error, duration)| ObjectStoreFault::LoseAnswer { requests, after, twice, error, duration }
        ),
        2 => (requests(), prop::option::of(any_error()), lasts()).prop_map(|(requests, error, duration)| {
            ObjectStoreFault::LoseAnswer { requests, after: Duration::ZERO, twice: false, error, duration }
        }),
        1 => (requests(), 1..5_u32, lasts())
            .prop_map(|(requests, entries, duration)| ObjectStoreFault::ShortPages { requests, entries, duration }),
        2 => (requests(), 1..100_u32, after(), lasts())
            .prop_map(|(requests, factor, extra, duration)| ObjectStoreFault::Slow { requests, factor, extra, duration }),
        2 => (requests(), lasts()).prop_map(|(requests, duration)| ObjectStoreFault::Stall { requests, duration }),
        1 => (requests(), 1..50_u64, lasts()).prop_map(|(requests, requests_per_second, duration)| {
            ObjectStoreFault::Throttle { requests, requests_per_second, duration }
        }),
        1 => (requests(), lasts()).prop_map(|(requests, duration)| {
            ObjectStoreFault::Damage { requests, damage: ObjectDamage::Break, duration }
        }),
    ]
}

/// Any fault of the store that `store` serves.
pub fn any_object_fault(store: &str, longest: Duration) -> impl Strategy<Value = ObjectStoreFault> {
    let requests = || any_requests(store.to_owned());
    let lasts = move || prop::option::weighted(0.8, (0..longest.as_millis() as u64).prop_map(milliseconds));
    let after = || (1..3_000_u64).prop_map(milliseconds);
    prop_oneof![
        8 => any_honest_object_fault(store, longest),
        2 => (requests(), lasts()).prop_map(|(requests, duration)| ObjectStoreFault::LoseWrite { requests, duration }),
        2 => (requests(), any_damage(), lasts())
            .prop_map(|(requests, damage, duration)| ObjectStoreFault::Damage { requests, damage, duration }),
        2 => (requests(), after(), lasts()).prop_map(|(requests, lag, duration)| ObjectStoreFault::Lag { requests, lag, duration }),
        1 => (requests(), after(), lasts())
            .prop_map(|(requests, after, duration)| ObjectStoreFault::Resurrect { requests, after, duration }),
        1 => requests().prop_map(|requests| ObjectStoreFault::Expire { requests }),
    ]
}
