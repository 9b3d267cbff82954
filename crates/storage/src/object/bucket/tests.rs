//! Tests of a bucket: states over time, pages, conditions, uploads.

use super::*;
use crate::object::object_answer::ObjectAnswer;
use crate::object::operation::{ByteRange, GetConditions};

fn at(second: u64) -> At {
    let nanoseconds = second * 1_000_000_000;
    At { now: VirtualInstant::from_nanoseconds(nanoseconds), wall: WallTime::from_nanoseconds(nanoseconds) }
}

fn put(bucket: &mut Bucket, second: u64, key: &str, content: &'static str) -> Written {
    bucket.put(at(second), key, content.into(), &PutCondition::Always, &[]).expect("it is unconditional")
}

fn read(bucket: &Bucket, second: u64, key: &str) -> Option<Bytes> {
    let conditions = GetConditions::default();
    let read = Read { key, conditions: &conditions, range: None, version: None };
    bucket.get(at(second).now, read).ok().map(|(object, _)| object.content.clone())
}

/// The keys and common prefixes of all pages.
fn list(bucket: &Bucket, then: u64, prefix: &str, delimiter: bool, most: usize) -> (Vec<String>, Vec<String>, usize) {
    let (mut keys, mut common, mut after, mut pages) = (Vec::new(), Vec::new(), String::new(), 0);
    loop {
        let page = bucket.page(at(then).now, prefix, &after, delimiter, most);
        let ObjectAnswer::Page { objects, prefixes, next } = page else { panic!("{page:?}") };
        assert!(objects.len() + prefixes.len() <= most);
        keys.extend(objects.into_iter().map(|info| info.key));
        common.extend(prefixes);
        pages += 1;
        match next {
            Some(next) => after = next,
            None => return (keys, common, pages),
        }
    }
}

#[test]
fn a_late_view_shows_the_state_of_its_instant() {
    let mut bucket = Bucket::new(false, Duration::from_secs(5), 0);
    put(&mut bucket, 10, "a", "one");
    put(&mut bucket, 12, "a", "two");
    assert!(bucket.delete(at(14), "a").is_some());
    let seen: Vec<Option<Bytes>> = [9, 10, 11, 12, 13, 14].map(|second| read(&bucket, second, "a")).into();
    let expected = [None, Some("one"), Some("one"), Some("two"), Some("two"), None];
    assert_eq!(seen, expected.map(|content| content.map(Bytes::from)));
    assert_eq!(list(&bucket, 13, "", false, 10).0, ["a"]);
    assert_eq!(list(&bucket, 14, "", false, 10).0, [""; 0]);
}

#[test]
fn states_beyond_the_horizon_are_forgotten() {
    let mut bucket = Bucket::new(false, Duration::from_secs(5), 0);
    for second in 0..1_000 {
        put(&mut bucket, second, "a", "some");
        assert!(bucket.delete(at(second), "b").is_none());
        assert!(bucket.keys["a"].len() <= 7, "those of five seconds, the one before and the present one");
    }
    put(&mut bucket, 1_000, "b", "some");
    assert!(bucket.delete(at(1_001), "b").is_some());
    for second in 1_010..1_100 {
        put(&mut bucket, second, "a", "some");
    }
    assert_eq!(bucket.keys.keys().collect::<Vec<_>>(), ["a"], "nothing is left of a key that was deleted long ago");
}

#[test]
fn a_bucket_with_versions_keeps_each_of_them() {
    let mut bucket = Bucket::new(true, Duration::ZERO, 0);
    let first = put(&mut bucket, 1, "a", "one").1.expect("it has versions");
    put(&mut bucket, 500, "a", "two");
    let conditions = GetConditions::default();
    let of_version = |version| Read { key: "a", conditions: &conditions, range: None, version: Some(version) };
    assert_eq!(bucket.get(at(900).now, of_version(&first)).unwrap().0.content, "one");
    assert_eq!(bucket.get(at(900).now, of_version("none")).unwrap_err(), ObjectErrorKind::NoSuchKey);
}

#[test]
fn pages_of_any_size_give_the_whole_list() {
    let mut bucket = Bucket::new(false, Duration::ZERO, 0);
    let keys = ["a", "a/1", "a/2", "a/2/x", "a0", "b/1", "b/2", "b/3", "c", "d/"];
    keys.iter().for_each(|key| drop(put(&mut bucket, 1, key, "")));
    for most in 1..12 {
        let (listed, common, pages) = list(&bucket, 1, "", false, most);
        assert_eq!((listed, common), (keys.map(String::from).into(), vec![]));
        assert_eq!(pages, keys.len().div_ceil(most));
        let (listed, common, _) = list(&bucket, 1, "", true, most);
        assert_eq!((listed, common), (vec!["a".into(), "a0".into(), "c".into()], vec!["a/".into(), "b/".into(), "d/".into()]));
        let (listed, common, _) = list(&bucket, 1, "a/", true, most);
        assert_eq!((listed, common), (vec!["a/1".into(), "a/2".into()], vec!["a/2/".into()]));
    }
}

#[test]
fn a_condition_of_a_write_is_about_the_present_object() {
    let mut bucket = Bucket::new(false, Duration::ZERO, 0);
    let mut conditional = |condition: &PutCondition, content: &'static str| {
        bucket.put(at(1), "a", content.into(), condition, &[]).map(|(tag, _)| tag)
    };
    let matches = |tag: &str| PutCondition::Matches(tag.to_owned());
    assert_eq!(conditional(&matches("\"?\""), "zero"), Err(ObjectErrorKind::NoSuchKey));
    let one = conditional(&PutCondition::Absent, "one").unwrap();
    assert_eq!(conditional(&PutCondition::Absent, "two"), Err(ObjectErrorKind::PreconditionFailed));
    let two = conditional(&matches(&one), "two").unwrap();
    assert_eq!(conditional(&matches(&one), "three"), Err(ObjectErrorKind::PreconditionFailed));
    assert_eq!(conditional(&matches(&two), "one").unwrap(), one, "equal bytes have equal tags, as in S3");
}

#[test]
fn a_condition_of_a_read_is_refused_by_its_name() {
    let mut bucket = Bucket::new(false, Duration::ZERO, 0);
    let tag = put(&mut bucket, 10, "a", "ten").0;
    let get = |conditions: GetConditions| {
        let read = Read { key: "a", conditions: &conditions, range: None, version: None };
        bucket.get(at(20).now, read).map(drop)
    };
    let none = GetConditions::default;
    let (ten, nine) = (Some(10_000_000_000), Some(9_000_000_000));
    let list = Some(format!("\"x\", {tag}"));
    assert_eq!(get(GetConditions { if_match: list.clone(), if_unmodified_since: nine, ..none() }), Ok(()));
    assert_eq!(get(GetConditions { if_match: Some("\"x\"".into()), ..none() }), Err(ObjectErrorKind::PreconditionFailed));
    assert_eq!(get(GetConditions { if_unmodified_since: nine, ..none() }), Err(ObjectErrorKind::PreconditionFailed));
    assert_eq!(get(GetConditions { if_unmodified_since: ten, ..none() }), Ok(()));
    assert_eq!(get(GetConditions { if_none_match: list, if_modified_since: nine, ..none() }), Err(ObjectErrorKind::NotModified));
    assert_eq!(get(GetConditions { if_modified_since: ten, ..none() }), Err(ObjectErrorKind::NotModified));
    assert_eq!(get(GetConditions { if_modified_since: nine, ..none() }), Ok(()));
}

#[test]
fn a_range_ends_with_the_object_and_is_never_empty() {
    let mut bucket = Bucket::new(false, Duration::ZERO, 0);
    put(&mut bucket, 1, "a", "0123456789");
    let conditions = GetConditions::default();
    let get = |range| {
        bucket.get(at(1).now, Read { key: "a", conditions: &conditions, range: Some(range), version: None }).map(|found| found.1)
    };
    assert_eq!(get(ByteRange::Bounded(2, 4)), Ok(2..4));
    assert_eq!(get(ByteRange::Bounded(8, 40)), Ok(8..10));
    assert_eq!(get(ByteRange::From(9)), Ok(9..10));
    assert_eq!(get(ByteRange::Last(3)), Ok(7..10));
    assert_eq!(get(ByteRange::Last(30)), Ok(0..10));
    for empty in [ByteRange::Bounded(4, 4), ByteRange::Bounded(10, 12), ByteRange::From(10), ByteRange::Last(0)] {
        assert_eq!(get(empty), Err(ObjectErrorKind::InvalidRange), "{empty:?}");
    }
}

#[test]
fn an_upload_writes_its_parts_in_order_or_nothing() {
    let mut bucket = Bucket::new(false, Duration::ZERO, 3);
    let upload = bucket.create_upload("a", &[]);
    let second = bucket.put_part("a", upload, 1, "2".into()).unwrap();
    let first = bucket.put_part("a", upload, 0, "one".into()).unwrap();
    let mut complete = |parts: &[(u32, &String)]| {
        let parts: Vec<(u32, String)> = parts.iter().map(|(part, tag)| (*part, (*tag).clone())).collect();
        bucket.complete_upload(at(1), "a", upload, &parts).map(|(tag, _)| tag)
    };
    assert_eq!(complete(&[]), Err(ObjectErrorKind::InvalidPart));
    assert_eq!(complete(&[(0, &second)]), Err(ObjectErrorKind::InvalidPart), "another tag");
    assert_eq!(complete(&[(0, &first), (2, &second)]), Err(ObjectErrorKind::InvalidPart), "no such part");
    assert_eq!(complete(&[(1, &second), (0, &first)]), Err(ObjectErrorKind::InvalidPart), "out of order");
    assert!(complete(&[(0, &first), (1, &second)]).unwrap().ends_with("-2\""));
    assert_eq!(complete(&[(0, &first), (1, &second)]), Err(ObjectErrorKind::NoSuchUpload), "it ended");
    assert_eq!(bucket.present("a").unwrap().content, "one2");
    let small = bucket.create_upload("b", &[]);
    let tags = [0, 1].map(|part| (part, bucket.put_part("b", small, part, "1".into()).unwrap()));
    assert_eq!(bucket.complete_upload(at(1), "b", small, &tags).unwrap_err(), ObjectErrorKind::EntityTooSmall);
    assert_eq!(bucket.open_uploads().collect::<Vec<_>>(), [("b", 2)]);
    assert_eq!(bucket.abort_upload("a", small), Err(ObjectErrorKind::NoSuchUpload), "it is of another key");
    assert_eq!(bucket.abort_upload("b", small), Ok(()));
    assert_eq!(bucket.put_part("b", small, 2, "1".into()), Err(ObjectErrorKind::NoSuchUpload));
}
