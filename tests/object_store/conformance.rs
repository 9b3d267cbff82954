//! One suite of cases over the simulated store and two stores of the crate `object_store`.
//!
//! Where the three differ, the case says so by the store; in words:
//!
//! - Deletion of an absent object: done by the simulated store, as by S3, and by `InMemory`; `NotFound` from `LocalFileSystem`.
//! - `PutMode::Update`: by entity tag in the simulated store and `InMemory`; `LocalFileSystem` has none.
//! - Entity tags: of the bytes in the simulated store, as in S3; a counter in `InMemory`; inode, time and length of a local file.
//!   So equal bytes match an earlier tag again in the simulated store alone.
//! - Attributes: kept by the simulated store and `InMemory`; refused by `LocalFileSystem`.
//! - Order of a list: by key in the simulated store, as in S3, and in `InMemory`; any in `LocalFileSystem`.
//! - A part whose future is never polled: its upload cannot be completed in the simulated store, as in S3; the others have taken it.
//! - A copy that spares its target is a second name of one file in `LocalFileSystem`, so a rename from one to the other does nothing.
//! - An upload that has not ended is a file beside its place for `LocalFileSystem`; the others hold it apart.

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, TryStreamExt};
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    Attribute, Attributes, Error, GetOptions, GetRange, ObjectStoreExt, PutMode, PutOptions, PutPayload, UpdateVersion,
};

use super::*;

/// The store that a case runs over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Simulated,
    Memory,
    Local,
}

type Store = Arc<dyn ObjectStore>;
type Case = fn(Kind, Store) -> BoxFuture<'static, ()>;

fn run(case: Case) {
    // Small pages and parts, so that lists have several and uploads too.
    let model = ObjectStoreModel { page: 3, smallest_part: 0, ..ObjectStoreModel::default() };
    scenario(model, move |_, store| case(Kind::Simulated, store)).run(Seed(7)).assert_ok();
    futures::executor::block_on(case(Kind::Memory, Arc::new(InMemory::new())));
    let folder = tempfile::tempdir().unwrap();
    let local = LocalFileSystem::new_with_prefix(folder.path()).unwrap();
    futures::executor::block_on(case(Kind::Local, Arc::new(local)));
}

fn path(text: &str) -> Path {
    Path::from(text)
}

async fn bytes(store: &Store, key: &str) -> Vec<u8> {
    store.get(&path(key)).await.unwrap().bytes().await.unwrap().to_vec()
}

async fn put(store: &Store, key: &str, content: &str) -> UpdateVersion {
    store.put(&path(key), PutPayload::from(content.to_owned())).await.unwrap().into()
}

async fn keys(store: &Store, prefix: Option<&str>) -> Vec<String> {
    let prefix = prefix.map(path);
    let mut keys: Vec<String> = store.list(prefix.as_ref()).map_ok(|meta| meta.location.to_string()).try_collect().await.unwrap();
    keys.sort_unstable();
    keys
}

#[test]
fn an_object_reads_as_it_was_written_last() {
    run(|_, store| {
        async move {
            put(&store, "a/b", "one").await;
            assert_eq!(bytes(&store, "a/b").await, b"one");
            let written = put(&store, "a/b", "three").await;
            assert_eq!(bytes(&store, "a/b").await, b"three");
            let head = store.head(&path("a/b")).await.unwrap();
            let got = store.get(&path("a/b")).await.unwrap();
            assert_eq!((head.size, &head.e_tag, &head.location), (5, &written.e_tag, &path("a/b")));
            assert_eq!((&got.meta, got.range), (&head, 0..5));
            let listed: Vec<_> = store.list(None).try_collect().await.unwrap();
            assert_eq!(listed, [head]);
            put(&store, "empty", "").await;
            assert_eq!(bytes(&store, "empty").await, b"");
            let large = vec![7; 700_000];
            store.put(&path("large"), large.clone().into()).await.unwrap();
            let chunks: Vec<_> = store.get(&path("large")).await.unwrap().into_stream().try_collect().await.unwrap();
            assert_eq!(chunks.concat(), large, "whatever its chunks");
        }
        .boxed()
    });
}

#[test]
fn an_absent_object_is_not_found() {
    run(|kind, store| {
        async move {
            assert!(matches!(store.get(&path("none")).await, Err(Error::NotFound { .. })));
            assert!(matches!(store.head(&path("none")).await, Err(Error::NotFound { .. })));
            assert!(matches!(store.copy(&path("none"), &path("b")).await, Err(Error::NotFound { .. })));
            let deleted = store.delete(&path("none")).await;
            match kind {
                Kind::Simulated | Kind::Memory => assert!(deleted.is_ok(), "{deleted:?}"),
                Kind::Local => assert!(matches!(deleted, Err(Error::NotFound { .. }))),
            }
            assert_eq!(keys(&store, None).await, [""; 0]);
        }
        .boxed()
    });
}

#[test]
fn a_create_writes_only_what_is_absent() {
    run(|_, store| {
        async move {
            let create = PutOptions::from(PutMode::Create);
            store.put_opts(&path("a"), "one".into(), create.clone()).await.unwrap();
            let refused = store.put_opts(&path("a"), "two".into(), create.clone()).await;
            assert!(matches!(refused, Err(Error::AlreadyExists { .. })), "{refused:?}");
            assert_eq!(bytes(&store, "a").await, b"one");
            store.delete(&path("a")).await.unwrap();
            store.put_opts(&path("a"), "three".into(), create).await.unwrap();
            assert_eq!(bytes(&store, "a").await, b"three");
        }
        .boxed()
    });
}

#[test]
fn an_update_writes_only_over_the_version_that_it_names() {
    run(|kind, store| {
        async move {
            let update = |version| PutOptions::from(PutMode::Update(version));
            let first = put(&store, "a", "one").await;
            let updated = store.put_opts(&path("a"), "two".into(), update(first.clone())).await;
            if kind == Kind::Local {
                return assert!(matches!(updated, Err(Error::NotImplemented { .. })), "{updated:?}");
            }
            let second = UpdateVersion::from(updated.unwrap());
            for absent in ["a", "b"] {
                let refused = store.put_opts(&path(absent), "three".into(), update(first.clone())).await;
                assert!(matches!(refused, Err(Error::Precondition { .. })), "{refused:?}");
            }
            assert_eq!(bytes(&store, "a").await, b"two");
            let back = store.put_opts(&path("a"), "one".into(), update(second)).await.unwrap();
            assert_eq!(back.e_tag == first.e_tag, kind == Kind::Simulated, "equal bytes have equal tags in S3");
            let untagged = UpdateVersion { e_tag: None, version: None };
            assert!(matches!(store.put_opts(&path("a"), "x".into(), update(untagged)).await, Err(Error::Generic { .. })));
        }
        .boxed()
    });
}

#[test]
fn a_range_gives_its_bytes_and_refuses_to_be_empty() {
    run(|_, store| {
        async move {
            put(&store, "a", "0123456789").await;
            let get = |range: GetRange| {
                let (store, options) = (Arc::clone(&store), GetOptions::new().with_range(Some(range)));
                async move {
                    let got = store.get_opts(&path("a"), options).await?;
                    let range = got.range.clone();
                    got.bytes().await.map(|bytes| (range, String::from_utf8(bytes.to_vec()).unwrap()))
                }
            };
            assert_eq!(get(GetRange::Bounded(2..5)).await.unwrap(), (2..5, "234".into()));
            assert_eq!(get(GetRange::Bounded(8..50)).await.unwrap(), (8..10, "89".into()));
            assert_eq!(get(GetRange::Offset(7)).await.unwrap(), (7..10, "789".into()));
            assert_eq!(get(GetRange::Suffix(2)).await.unwrap(), (8..10, "89".into()));
            assert!(get(GetRange::Bounded(10..12)).await.is_err());
            assert!(get(GetRange::Bounded(4..4)).await.is_err());
            assert!(get(GetRange::Offset(10)).await.is_err());
            let ranges = store.get_ranges(&path("a"), &[1..3, 0..1, 8..10]).await.unwrap();
            assert_eq!(ranges, ["12", "0", "89"]);
        }
        .boxed()
    });
}

#[test]
fn a_read_is_refused_by_the_condition_that_fails() {
    run(|_, store| {
        async move {
            put(&store, "a", "one").await;
            let meta = store.head(&path("a")).await.unwrap();
            let (tag, other) = (meta.e_tag.clone().unwrap(), "\"other\"".to_owned());
            let get = |options: GetOptions| {
                let store = Arc::clone(&store);
                async move { store.get_opts(&path("a"), options).await.map(drop) }
            };
            get(GetOptions::new().with_if_match(Some(&tag))).await.unwrap();
            get(GetOptions::new().with_if_match(Some(format!("{other}, {tag}")))).await.unwrap();
            get(GetOptions::new().with_if_none_match(Some(&other))).await.unwrap();
            get(GetOptions::new().with_if_unmodified_since(Some(meta.last_modified))).await.unwrap();
            let failed = get(GetOptions::new().with_if_match(Some(&other))).await;
            assert!(matches!(failed, Err(Error::Precondition { .. })), "{failed:?}");
            let unmodified = get(GetOptions::new().with_if_none_match(Some(&tag))).await;
            assert!(matches!(unmodified, Err(Error::NotModified { .. })), "{unmodified:?}");
            let unmodified = get(GetOptions::new().with_if_modified_since(Some(meta.last_modified))).await;
            assert!(matches!(unmodified, Err(Error::NotModified { .. })), "{unmodified:?}");
        }
        .boxed()
    });
}

#[test]
fn a_list_has_the_objects_below_whole_parts_of_paths() {
    run(|kind, store| {
        async move {
            let all = ["a", "b/1", "b/2", "b/2x/1", "b/3/1", "b/3/2", "b2/1", "c"];
            for key in all {
                put(&store, key, key).await;
            }
            assert_eq!(keys(&store, None).await, all);
            assert_eq!(keys(&store, Some("b")).await, all[1..6]);
            assert_eq!(keys(&store, Some("b/3")).await, all[4..6]);
            assert_eq!(keys(&store, Some("b/")).await, all[1..6]);
            assert_eq!(keys(&store, Some("a")).await, [""; 0], "an object is not below itself");
            let listed: Vec<String> = store.list(None).map_ok(|meta| meta.location.to_string()).try_collect().await.unwrap();
            assert!(kind == Kind::Local || listed == all, "in order");
            let after = store.list_with_offset(None, &path("b/3/1")).map_ok(|meta| meta.location.to_string());
            let mut after: Vec<String> = after.try_collect().await.unwrap();
            after.sort_unstable();
            assert_eq!(after, all[5..]);
            let page = store.list_with_delimiter(Some(&path("b"))).await.unwrap();
            let mut objects: Vec<String> = page.objects.iter().map(|meta| meta.location.to_string()).collect();
            objects.sort_unstable();
            assert_eq!((objects, page.common_prefixes), (vec!["b/1".into(), "b/2".into()], vec![path("b/2x"), path("b/3")]));
            let page = store.list_with_delimiter(None).await.unwrap();
            assert_eq!(page.common_prefixes, [path("b"), path("b2")]);
            assert_eq!(page.objects.len(), 2);
        }
        .boxed()
    });
}

#[test]
fn deletions_of_many_are_told_one_by_one() {
    run(|_, store| {
        async move {
            for number in 0..20 {
                put(&store, &format!("{number:02}"), "x").await;
            }
            let half = futures::stream::iter((0..20).step_by(2).map(|number| Ok(path(&format!("{number:02}")))));
            let told: Vec<Path> = store.delete_stream(half.boxed()).try_collect().await.unwrap();
            assert_eq!(told.len(), 10);
            assert_eq!(keys(&store, None).await, (1..20).step_by(2).map(|number| format!("{number:02}")).collect::<Vec<_>>());
        }
        .boxed()
    });
}

#[test]
fn a_copy_and_a_rename_overwrite_or_spare_their_target() {
    run(|_, store| {
        async move {
            let (a, b, c) = (path("a"), path("b"), path("c"));
            put(&store, "a", "one").await;
            put(&store, "b", "two").await;
            assert!(matches!(store.copy_if_not_exists(&a, &b).await, Err(Error::AlreadyExists { .. })));
            store.copy_if_not_exists(&a, &c).await.unwrap();
            assert_eq!((bytes(&store, "b").await, bytes(&store, "c").await), (b"two".to_vec(), b"one".to_vec()));
            store.copy(&a, &b).await.unwrap();
            assert_eq!(bytes(&store, "b").await, b"one");
            assert!(matches!(store.rename_if_not_exists(&a, &c).await, Err(Error::AlreadyExists { .. })));
            assert_eq!(keys(&store, None).await, ["a", "b", "c"], "a rename that is refused deletes nothing");
            // Else `a` and `c` may be two names of one local file, between which a rename does nothing.
            put(&store, "c", "three").await;
            store.rename(&a, &c).await.unwrap();
            assert_eq!(bytes(&store, "c").await, b"one");
            assert_eq!(keys(&store, None).await, ["b", "c"]);
        }
        .boxed()
    });
}

#[test]
fn an_upload_appears_as_a_whole_once_it_is_complete() {
    run(|kind, store| {
        async move {
            let mut upload = store.put_multipart(&path("a")).await.unwrap();
            let parts: Vec<_> = ["one ", "two ", "three"].map(|part| upload.put_part(part.into())).into();
            for part in parts.into_iter().rev() {
                part.await.unwrap();
            }
            assert!(matches!(store.head(&path("a")).await, Err(Error::NotFound { .. })));
            let written = upload.complete().await.unwrap();
            assert_eq!(bytes(&store, "a").await, b"one two three");
            assert_eq!(store.head(&path("a")).await.unwrap().e_tag, written.e_tag);
            let mut given_up = store.put_multipart(&path("b")).await.unwrap();
            given_up.put_part("one".into()).await.unwrap();
            given_up.abort().await.unwrap();
            let mut empty = store.put_multipart(&path("c")).await.unwrap();
            empty.complete().await.unwrap();
            assert_eq!(bytes(&store, "c").await, b"");
            assert_eq!(keys(&store, None).await, ["a", "c"]);
            let mut incomplete = store.put_multipart(&path("d")).await.unwrap();
            drop(incomplete.put_part("one".into()));
            let completed = incomplete.complete().await;
            assert_eq!(completed.is_err(), kind == Kind::Simulated, "the part was never sent");
        }
        .boxed()
    });
}

#[test]
fn attributes_are_read_as_they_were_written() {
    run(|kind, store| {
        async move {
            let attributes = Attributes::from_iter([
                (Attribute::ContentType, "text/plain"),
                (Attribute::CacheControl, "max-age=5"),
                (Attribute::Metadata("owner".into()), "us"),
            ]);
            let options = PutOptions::from(attributes.clone());
            let written = store.put_opts(&path("a"), "one".into(), options).await;
            if kind == Kind::Local {
                return assert!(matches!(written, Err(Error::NotImplemented { .. })), "{written:?}");
            }
            assert_eq!(store.get(&path("a")).await.unwrap().attributes, attributes);
            store.copy(&path("a"), &path("b")).await.unwrap();
            assert_eq!(store.get(&path("b")).await.unwrap().attributes, attributes);
        }
        .boxed()
    });
}

#[test]
fn a_later_write_is_modified_later() {
    run(|_, store| {
        async move {
            put(&store, "a", "one").await;
            put(&store, "b", "two").await;
            let [a, b] = [store.head(&path("a")).await.unwrap(), store.head(&path("b")).await.unwrap()];
            assert!(a.last_modified <= b.last_modified);
        }
        .boxed()
    });
}
