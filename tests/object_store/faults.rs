//! Each fault fires with its effect at a share of 1, and never at a share of almost 0.

use cluster_sim::fault::{ObjectRequests, ObjectStoreFault};
use cluster_sim::object_store::{ObjectDamage, ObjectErrorKind, ObjectOpKind, ObjectRequestError, RequestFailure, RetryPolicy};
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{Error, ObjectStoreExt, PutMode, PutOptions};

use super::*;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn all() -> ObjectRequests {
    ObjectRequests::to("s3/0")
}

fn put() -> ObjectRequests {
    all().only([ObjectOpKind::Put])
}

fn get() -> ObjectRequests {
    all().only([ObjectOpKind::Get])
}

fn without_retries() -> ObjectClientOptions {
    ObjectClientOptions::default().retry(RetryPolicy::never())
}

fn path(text: &str) -> Path {
    Path::from(text)
}

async fn bytes(store: &Arc<dyn ObjectStore>, key: &str) -> object_store::Result<String> {
    let got = store.get(&path(key)).await?.bytes().await?;
    Ok(String::from_utf8_lossy(&got).into_owned())
}

/// The error of a request, whatever the variant.
fn failure(error: &Error) -> RequestFailure {
    let source = std::error::Error::source(error).expect("each error has its request as its source");
    source.downcast_ref::<ObjectRequestError>().expect("each error has its request as its source").failure
}

/// A run of `code` under one fault from 0 to 60 s, which fired and had an effect that often.
fn under<F: Future<Output = ()> + 'static>(
    fault: ObjectStoreFault,
    options: ObjectClientOptions,
    counts: (u64, u64),
    code: impl Fn(Node, Arc<dyn ObjectStore>) -> F + Send + Sync + 'static,
) {
    let report = scenario_with(ObjectStoreModel::default(), options, code)
        .faults(FaultPlan::new().at(Duration::ZERO, fault))
        .duration(seconds(60))
        .run(Seed(7));
    report.assert_ok();
    let record = &report.faults[0];
    assert_eq!((record.fired, record.effect), counts, "{}", record.fault);
}

#[test]
fn o1_an_overloaded_store_is_asked_again_after_the_time_that_it_names() {
    let errors = vec![ObjectErrorKind::SlowDown, ObjectErrorKind::TooManyRequests, ObjectErrorKind::InternalError];
    let (retry_after, duration) = (Some(seconds(4)), Some(seconds(6)));
    let fault = ObjectStoreFault::Fail { requests: put(), errors, retry_after, duration };
    under(fault, ObjectClientOptions::default(), (2, 2), async |node, store| {
        store.put(&path("a"), "1".into()).await.unwrap();
        assert!(node.now().since_zero() > seconds(8), "twice 4 s, where a backoff would be below a second");
        assert_eq!(bytes(&store, "a").await.unwrap(), "1");
    });
}

#[test]
fn an_outage_is_an_error_once_the_retries_are_spent() {
    let fault = ObjectStoreFault::outage("s3/0", None);
    let retry = RetryPolicy { retries: 2, ..RetryPolicy::default() };
    under(fault, ObjectClientOptions::default().retry(retry), (3, 3), async |_, store| {
        let error = store.put(&path("a"), "1".into()).await.unwrap_err();
        assert_eq!(failure(&error), RequestFailure::Refused(ObjectErrorKind::SlowDown));
        assert!(error.to_string().contains("the store answered 503: slow down, at attempt 3"), "{error}");
    });
}

#[test]
fn o2_an_expired_token_is_an_error_at_once() {
    let fault = ObjectStoreFault::fail(get(), ObjectErrorKind::ExpiredToken, None);
    under(fault, ObjectClientOptions::default(), (1, 1), async |_, store| {
        store.put(&path("a"), "1".into()).await.unwrap();
        assert!(matches!(bytes(&store, "a").await, Err(Error::Unauthenticated { .. })));
    });
    let fault = ObjectStoreFault::fail(get(), ObjectErrorKind::ClockSkew, None);
    under(fault, ObjectClientOptions::default(), (1, 1), async |_, store| {
        store.put(&path("a"), "1".into()).await.unwrap();
        assert!(matches!(bytes(&store, "a").await, Err(Error::PermissionDenied { .. })));
    });
}

#[test]
fn o3_a_write_whose_answer_is_lost_was_done() {
    under(ObjectStoreFault::lose_answer(put(), None), without_retries(), (1, 1), async |_, store| {
        let error = store.put(&path("a"), "1".into()).await.unwrap_err();
        assert_eq!(failure(&error), RequestFailure::Broken);
        assert_eq!(bytes(&store, "a").await.unwrap(), "1");
    });
}

#[test]
fn o3_a_late_write_overwrites_the_one_after_it() {
    let fault = ObjectStoreFault::LoseAnswer {
        requests: put().below("late"),
        after: seconds(5),
        twice: false,
        error: None,
        duration: None,
    };
    under(fault, without_retries(), (1, 1), async |node, store| {
        assert!(store.put(&path("late"), "1".into()).await.is_err());
        assert!(matches!(bytes(&store, "late").await, Err(Error::NotFound { .. })), "not yet");
        let (second, copied) = (path("second"), path("late"));
        store.put(&second, "2".into()).await.unwrap();
        store.copy(&second, &copied).await.unwrap();
        assert_eq!(bytes(&store, "late").await.unwrap(), "2");
        node.sleep(seconds(5)).await;
        assert_eq!(bytes(&store, "late").await.unwrap(), "1");
    });
}

#[test]
fn o3_a_write_that_is_done_twice_undoes_what_came_between() {
    let fault =
        ObjectStoreFault::LoseAnswer { requests: put(), after: seconds(5), twice: true, error: None, duration: Some(seconds(1)) };
    under(fault, without_retries(), (1, 1), async |node, store| {
        assert!(store.put(&path("a"), "1".into()).await.is_err());
        assert_eq!(bytes(&store, "a").await.unwrap(), "1", "once");
        node.sleep(seconds(1)).await;
        store.delete(&path("a")).await.unwrap();
        node.sleep(seconds(5)).await;
        assert_eq!(bytes(&store, "a").await.unwrap(), "1", "and again");
    });
}

#[test]
fn o4_a_repeated_create_meets_its_own_first_attempt() {
    let error = Some(ObjectErrorKind::InternalError);
    let fault = ObjectStoreFault::LoseAnswer { requests: put(), after: Duration::ZERO, twice: false, error, duration: None };
    under(fault, ObjectClientOptions::default(), (1, 1), async |_, store| {
        let created = store.put_opts(&path("a"), "mine".into(), PutOptions::from(PutMode::Create)).await;
        assert!(matches!(created, Err(Error::AlreadyExists { .. })), "{created:?}");
        assert_eq!(bytes(&store, "a").await.unwrap(), "mine");
    });
}

#[test]
fn o4_a_conflict_is_repeated_by_an_update_alone() {
    let fault = ObjectStoreFault::fail(put(), ObjectErrorKind::Conflict, seconds(2));
    under(fault, ObjectClientOptions::default(), (6, 6), async |node, store| {
        let created = store.put_opts(&path("a"), "1".into(), PutOptions::from(PutMode::Create)).await;
        assert!(matches!(created, Err(Error::AlreadyExists { .. })), "as the S3 client reports it: {created:?}");
        assert!(matches!(bytes(&store, "a").await, Err(Error::NotFound { .. })), "though there is none");
        store.copy(&path("none"), &path("a")).await.unwrap_err();
        let tag = object_store::UpdateVersion { e_tag: Some("\"x\"".to_owned()), version: None };
        let updated = store.put_opts(&path("a"), "1".into(), PutOptions::from(PutMode::Update(tag))).await;
        assert!(matches!(updated, Err(Error::Precondition { .. })), "{updated:?}");
        assert!(node.now().since_zero() > seconds(2), "it was repeated until the conflicts ended");
    });
}

#[test]
fn o5_a_list_lags_behind_writes_and_deletions() {
    let lists = all().only([ObjectOpKind::List]);
    let fault = ObjectStoreFault::Lag { requests: lists, lag: seconds(3), duration: None };
    under(fault, ObjectClientOptions::default(), (3, 2), async |node, store| {
        store.put(&path("a"), "1".into()).await.unwrap();
        assert_eq!(store.list(None).count().await, 0, "it is not there yet");
        assert_eq!(bytes(&store, "a").await.unwrap(), "1", "reads are not late");
        node.sleep(seconds(4)).await;
        assert_eq!(store.list(None).count().await, 1);
        store.delete(&path("a")).await.unwrap();
        assert_eq!(store.list(None).count().await, 1, "a phantom");
    });
}

#[test]
fn o5_pages_that_shrink_let_a_list_mix_two_states() {
    let fault = ObjectStoreFault::ShortPages { requests: all(), entries: 2, duration: None };
    under(fault, ObjectClientOptions::default(), (2, 1), async |_, store| {
        for key in ["a", "b", "c"] {
            store.put(&path(key), "1".into()).await.unwrap();
        }
        let mut list = store.list(None);
        let mut keys = vec![list.try_next().await.unwrap().unwrap().location.to_string()];
        store.delete(&path("a")).await.unwrap();
        store.put(&path("bb"), "1".into()).await.unwrap();
        while let Some(meta) = list.try_next().await.unwrap() {
            keys.push(meta.location.to_string());
        }
        assert_eq!(keys, ["a", "b", "bb", "c"], "there never were these four at once");
    });
}

/// The outcome of a read of `0123456789` under damage, whole and in the range from 2 to 5.
fn damaged(damage: ObjectDamage, counts: (u64, u64), check: fn(Vec<u8>, Option<String>, Vec<u8>)) {
    let fault = ObjectStoreFault::Damage { requests: get(), damage, duration: None };
    under(fault, ObjectClientOptions::default(), counts, move |_, store| async move {
        let written = store.put(&path("a"), "0123456789".into()).await.unwrap();
        let got = store.get(&path("a")).await.unwrap();
        let tag = got.meta.e_tag.clone().filter(|tag| Some(tag) != written.e_tag.as_ref());
        let whole = got.bytes().await.unwrap().to_vec();
        let part = store.get_range(&path("a"), 2..5).await.unwrap().to_vec();
        check(whole, tag, part);
    });
}

#[test]
fn o6_damaged_reads_differ_as_their_damage_says() {
    damaged(ObjectDamage::Truncate, (2, 2), |whole, tag, part| {
        assert!(whole.len() < 10 && part.len() < 3 && tag.is_none());
        assert_eq!(whole, b"0123456789"[..whole.len()]);
    });
    damaged(ObjectDamage::FlipBit, (2, 2), |whole, tag, part| {
        let flipped =
            |one: &[u8], other: &[u8]| -> u32 { one.iter().zip(other).map(|(one, other)| (one ^ other).count_ones()).sum() };
        assert_eq!((whole.len(), flipped(&whole, b"0123456789"), tag), (10, 1, None));
        assert_eq!((part.len(), flipped(&part, b"234")), (3, 1));
    });
    damaged(ObjectDamage::WrongTag, (2, 2), |whole, tag, part| {
        assert!(tag.is_some());
        assert_eq!((&whole[..], &part[..]), (&b"0123456789"[..], &b"234"[..]));
    });
    damaged(ObjectDamage::ShiftRange, (2, 2), |whole, tag, part| {
        assert_eq!((&whole[..], tag, &part[..]), (&b"123456789"[..], None, &b"345"[..]));
    });
}

#[test]
fn o6_a_body_that_breaks_off_is_read_on() {
    let broken = get().below("a");
    let fault = ObjectStoreFault::Damage { requests: broken, damage: ObjectDamage::Break, duration: Some(seconds(3)) };
    let report = scenario(ObjectStoreModel::default(), async |_, store| {
        store.put(&path("a"), "0123456789".into()).await.unwrap();
        assert_eq!(bytes(&store, "a").await.unwrap(), "0123456789");
    })
    .faults(FaultPlan::new().at(Duration::ZERO, fault))
    .duration(seconds(60))
    .run(Seed(7));
    report.assert_ok();
    assert!(report.faults[0].effect > 0);
}

#[test]
fn o6_a_stale_read_shows_the_object_before_the_last_write() {
    let fault = ObjectStoreFault::Lag { requests: get(), lag: seconds(2), duration: None };
    under(fault, ObjectClientOptions::default(), (2, 1), async |node, store| {
        store.put(&path("a"), "1".into()).await.unwrap();
        node.sleep(seconds(3)).await;
        store.put(&path("a"), "2".into()).await.unwrap();
        assert_eq!(bytes(&store, "a").await.unwrap(), "1");
        node.sleep(seconds(3)).await;
        assert_eq!(bytes(&store, "a").await.unwrap(), "2");
    });
}

#[test]
fn o7_a_lost_abort_leaves_the_parts_behind() {
    let fault = ObjectStoreFault::LoseWrite { requests: all().only([ObjectOpKind::AbortUpload]), duration: None };
    let upload = |store: Arc<dyn ObjectStore>| async move {
        let mut upload = store.put_multipart(&path("a")).await.unwrap();
        upload.put_part("123".into()).await.unwrap();
        upload.abort().await.unwrap();
    };
    let scenario = scenario(ObjectStoreModel::default(), move |_, store| upload(store)).duration(seconds(60));
    let orphans = |scenario: Scenario| {
        let mut sim = scenario.start(Seed(7));
        sim.run_for(seconds(10));
        let orphans = sim.inspect(|world| world.objects(STORE).expect("it serves a store").open_uploads());
        sim.finish().assert_ok();
        orphans
    };
    assert_eq!(orphans(scenario.clone()), []);
    let with_fault = scenario.faults(FaultPlan::new().at(Duration::ZERO, fault));
    assert_eq!(orphans(with_fault), [("a".to_owned(), 3)]);
}

#[test]
fn o7_a_completion_with_an_error_in_its_body_is_repeated() {
    let complete = all().only([ObjectOpKind::CompleteUpload]);
    let fault = ObjectStoreFault::fail(complete, ObjectErrorKind::ErrorInBody, seconds(1));
    let report = scenario(ObjectStoreModel::default(), async |node, store| {
        let mut upload = store.put_multipart(&path("a")).await.unwrap();
        upload.put_part("123".into()).await.unwrap();
        upload.complete().await.unwrap();
        assert!(node.now().since_zero() > seconds(1));
        assert_eq!(bytes(&store, "a").await.unwrap(), "123");
    })
    .faults(FaultPlan::new().at(Duration::ZERO, fault))
    .duration(seconds(60))
    .run(Seed(7));
    report.assert_ok();
    assert!(report.faults[0].effect > 0);
}

#[test]
fn o7_a_completion_done_twice_is_not_found_by_the_second() {
    let (requests, error) = (all().only([ObjectOpKind::CompleteUpload]), Some(ObjectErrorKind::InternalError));
    let fault = ObjectStoreFault::LoseAnswer { requests, after: Duration::ZERO, twice: false, error, duration: None };
    under(fault, ObjectClientOptions::default(), (1, 1), async |_, store| {
        let mut upload = store.put_multipart(&path("a")).await.unwrap();
        upload.put_part("123".into()).await.unwrap();
        assert!(matches!(upload.complete().await, Err(Error::NotFound { .. })), "the upload ended with the first attempt");
        assert_eq!(bytes(&store, "a").await.unwrap(), "123");
    });
}

#[test]
fn o8_a_deleted_object_comes_back() {
    let fault = ObjectStoreFault::Resurrect { requests: all(), after: seconds(5), duration: None };
    under(fault, ObjectClientOptions::default(), (2, 2), async |node, store| {
        for key in ["a", "b"] {
            store.put(&path(key), "1".into()).await.unwrap();
            store.delete(&path(key)).await.unwrap();
        }
        store.put(&path("b"), "2".into()).await.unwrap();
        assert!(matches!(bytes(&store, "a").await, Err(Error::NotFound { .. })));
        node.sleep(seconds(6)).await;
        assert_eq!(bytes(&store, "a").await.unwrap(), "1");
        assert_eq!(bytes(&store, "b").await.unwrap(), "2", "a key that was written again is free no more");
    });
}

#[test]
fn o8_a_lifecycle_expires_live_objects() {
    let fault = ObjectStoreFault::Expire { requests: all().below("a/") };
    let report = scenario(ObjectStoreModel::default(), async |node, store| {
        for key in ["a/1", "a/2", "b/1"] {
            store.put(&path(key), "1".into()).await.unwrap();
        }
        node.sleep(seconds(5)).await;
        let keys: Vec<String> = store.list(None).map_ok(|meta| meta.location.to_string()).try_collect().await.unwrap();
        assert_eq!(keys, ["b/1"]);
    })
    .faults(FaultPlan::new().at(seconds(3), fault))
    .duration(seconds(60))
    .run(Seed(7));
    report.assert_ok();
    assert_eq!(report.faults[0].effect, 2);
}

#[test]
fn o9_a_request_to_delete_many_fails_for_some() {
    let requests = all().only([ObjectOpKind::Delete]).below("b");
    let fault = ObjectStoreFault::fail(requests, ObjectErrorKind::InternalError, None);
    under(fault, ObjectClientOptions::default(), (2, 2), async |_, store| {
        let keys = ["a", "b1", "b2", "c"];
        for key in keys {
            store.put(&path(key), "1".into()).await.unwrap();
        }
        let told: Vec<_> = store.delete_stream(futures::stream::iter(keys.map(|key| Ok(path(key)))).boxed()).collect().await;
        assert_eq!(told.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, false, true]);
        assert_eq!(store.list(None).count().await, 2);
    });
}

#[test]
fn o10_a_prefix_beyond_its_rate_is_told_to_slow_down() {
    let fault = ObjectStoreFault::Throttle { requests: all().below("hot/"), requests_per_second: 1, duration: None };
    let report = scenario_with(ObjectStoreModel::default(), without_retries(), async |_, store| {
        store.put(&path("hot/1"), "1".into()).await.unwrap();
        let error = store.put(&path("hot/2"), "2".into()).await.unwrap_err();
        assert_eq!(failure(&error), RequestFailure::Refused(ObjectErrorKind::SlowDown));
        store.put(&path("cold/1"), "1".into()).await.unwrap();
    })
    .faults(FaultPlan::new().at(Duration::ZERO, fault))
    .duration(seconds(60))
    .run(Seed(7));
    report.assert_ok();
    assert_eq!(report.faults[0].effect, 1);
}

#[test]
fn o10_a_slow_store_answers_late_and_a_stalled_one_at_the_end() {
    let slow = ObjectStoreFault::Slow { requests: get(), factor: 100, extra: Duration::ZERO, duration: None };
    under(slow, ObjectClientOptions::default(), (1, 1), async |node, store| {
        store.put(&path("a"), "1".into()).await.unwrap();
        assert!(node.now().since_zero() < seconds(1));
        bytes(&store, "a").await.unwrap();
        assert!(node.now().since_zero() > seconds(10));
    });
    let stall = ObjectStoreFault::Stall { requests: put(), duration: Some(seconds(20)) };
    under(stall, ObjectClientOptions::default(), (1, 1), async |node, store| {
        store.put(&path("a"), "1".into()).await.unwrap();
        let ended = node.now().since_zero();
        assert!(ended >= seconds(20) && ended < seconds(21), "{ended:?}");
    });
}

#[test]
fn a_lost_write_is_acknowledged_and_gone() {
    let fault = ObjectStoreFault::LoseWrite { requests: put(), duration: None };
    under(fault, ObjectClientOptions::default(), (1, 1), async |_, store| {
        store.put(&path("a"), "1".into()).await.unwrap();
        assert!(matches!(bytes(&store, "a").await, Err(Error::NotFound { .. })));
    });
}

#[test]
fn no_fault_has_an_effect_where_chance_is_against_it() {
    let never = || all().share(Ratio::new(0.000_000_001).unwrap());
    let (duration, after) = (None, seconds(1));
    let faults = [
        ObjectStoreFault::fail(never(), ObjectErrorKind::SlowDown, None),
        ObjectStoreFault::fail(never().only([ObjectOpKind::Delete]), ObjectErrorKind::SlowDown, None),
        ObjectStoreFault::lose_answer(never(), None),
        ObjectStoreFault::LoseWrite { requests: never(), duration },
        ObjectStoreFault::Damage { requests: never(), damage: ObjectDamage::FlipBit, duration },
        ObjectStoreFault::Lag { requests: never(), lag: after, duration },
        ObjectStoreFault::ShortPages { requests: never(), entries: 1, duration },
        ObjectStoreFault::Resurrect { requests: never(), after, duration },
        ObjectStoreFault::Slow { requests: never(), factor: 9, extra: after, duration },
        ObjectStoreFault::Stall { requests: never(), duration },
        ObjectStoreFault::Expire { requests: never() },
    ];
    let plan = faults.into_iter().fold(FaultPlan::new(), |plan, fault| plan.at(Duration::ZERO, fault));
    let code = async |_: Node, store: Arc<dyn ObjectStore>| {
        for key in ["a", "b"] {
            store.put(&path(key), "1".into()).await.unwrap();
            assert_eq!(bytes(&store, key).await.unwrap(), "1");
        }
        assert_eq!(store.list(None).count().await, 2);
        store.delete(&path("a")).await.unwrap();
    };
    let quiet = scenario(ObjectStoreModel::default(), code).duration(seconds(60)).run(Seed(7));
    let report = scenario(ObjectStoreModel::default(), code).faults(plan).duration(seconds(60)).run(Seed(7));
    report.assert_ok();
    assert!(report.faults.iter().all(|record| record.effect == 0), "{report}");
    assert_eq!(report.traffic, quiet.traffic, "nothing that was sent differs");
}
