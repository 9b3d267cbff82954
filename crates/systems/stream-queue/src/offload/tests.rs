use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use futures::executor::block_on;
use futures::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use parking_lot::Mutex;

use super::*;
use crate::format::{Draft, Record, SegmentHeader, TopicName, TopicPartition, encode_batch};
use crate::message::ProducerId;
use crate::partition::{Command, PartitionState, Shipped};
use crate::wal::ReadLimit;

/// The mood of a store.
#[derive(Debug, Clone, Copy, Default)]
struct Mood {
    /// Whether puts say error, and whether they store the object then.
    fails_puts: Option<bool>,
    fails_gets: bool,
    /// Whether the last byte of the second object is left out.
    cuts_bodies: bool,
    /// How many times an object was read.
    gets: u64,
}

/// A store in memory that fails as a test asks for.
#[derive(Debug, Default)]
struct MoodyStore {
    objects: InMemory,
    mood: Mutex<Mood>,
}

fn outage() -> object_store::Error {
    object_store::Error::Generic { store: "moody", source: "503 slow down".into() }
}

impl fmt::Display for MoodyStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a moody store")
    }
}

#[async_trait]
impl ObjectStore for MoodyStore {
    async fn put_opts(&self, path: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let fails = self.mood.lock().fails_puts;
        match fails {
            Some(false) => Err(outage()),
            Some(true) => self.objects.put_opts(path, payload, options).await.and(Err(outage())),
            None => self.objects.put_opts(path, payload, options).await,
        }
    }

    async fn put_multipart_opts(&self, path: &Path, options: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.objects.put_multipart_opts(path, options).await
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        self.mood.lock().gets += 1;
        let mood = *self.mood.lock();
        if mood.fails_gets {
            return Err(outage());
        }
        let mut result = self.objects.get_opts(path, options.clone()).await?;
        if mood.cuts_bodies && path.as_ref().ends_with("10-20.sqseg") {
            let body = self.objects.get_opts(path, options).await?.bytes().await?;
            let cut = futures::stream::once(async move { Ok(body.slice(..body.len() - 1)) });
            result.payload = GetResultPayload::Stream(Box::pin(cut));
        }
        Ok(result)
    }

    fn delete_stream(&self, paths: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.objects.delete_stream(paths)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.objects.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.objects.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.objects.copy_opts(from, to, options).await
    }
}

fn partition() -> TopicPartition {
    TopicPartition { topic: TopicName::new("orders").unwrap(), partition: 3 }
}

fn records(offsets: std::ops::Range<u64>) -> Vec<Record> {
    let draft = |offset: u64| Draft { value: format!("value {offset}").into_bytes().into(), ..Draft::default() };
    offsets.map(|offset| draft(offset).at(offset, offset)).collect()
}

fn segment(offsets: std::ops::Range<u64>) -> Vec<u8> {
    let header = SegmentHeader { partition: partition() }.encode();
    [&header[..], &encode_batch(&records(offsets)).unwrap()].concat()
}

/// Three segments in a store, and the state whose manifest has them; the partition ends at 35.
fn stored() -> (Arc<MoodyStore>, Archive, PartitionState) {
    let store = Arc::new(MoodyStore::default());
    let archive = Archive::new(store.clone(), "eu", partition());
    let mut state = PartitionState::default();
    let append = Command::Append { producer: ProducerId(1), sequence: 1, timestamp_ms: 0, records: vec![Draft::default(); 35] };
    state.apply(append).unwrap();
    for (base, end) in [(0, 10), (10, 20), (20, 30)] {
        let shipped = block_on(archive.store(&segment(base..end), base, end, 1)).unwrap();
        state.apply(Command::Shipped(shipped)).unwrap();
    }
    (store, archive, state)
}

fn overwrite(store: &MoodyStore, shipped: &Shipped, object: Vec<u8>) {
    block_on(store.objects.put(&Path::from(shipped.key.as_str()), object.into())).unwrap();
}

fn object(store: &MoodyStore, shipped: &Shipped) -> Vec<u8> {
    block_on(async { store.objects.get(&Path::from(shipped.key.as_str())).await.unwrap().bytes().await.unwrap() }).to_vec()
}

#[test]
fn a_segment_is_stored_under_its_key_and_compressed() {
    let (store, archive, state) = stored();
    let shipped = &state.manifest()[1];
    let bytes = segment(10..20);
    let crc = crc32fast::hash(&bytes);
    let expected =
        Shipped { base: 10, end: 20, bytes: bytes.len() as u64, key: "eu/orders/3/10-20.sqseg".to_owned(), crc, epoch: 1 };
    assert_eq!(shipped, &expected);
    let object = object(&store, shipped);
    assert_eq!((&object[..4], object.len() < bytes.len()), (&[0x28, 0xb5, 0x2f, 0xfd][..], true), "the magic of zstd");
    block_on(archive.confirm(shipped)).unwrap();
}

#[test]
fn records_are_read_from_every_offset_up_to_the_limit() {
    let (_, archive, state) = stored();
    for from in 0..=30 {
        let read = block_on(archive.read(&state, from, ReadLimit::NONE));
        assert_eq!(read.into_result().unwrap(), records(from..30));
        let seven = ReadLimit { records: 7, bytes: usize::MAX };
        assert_eq!(block_on(archive.read(&state, from, seven)).into_result().unwrap(), records(from..(from + 7).min(30)));
    }
    let bytes = ReadLimit { records: usize::MAX, bytes: 1 };
    assert_eq!(block_on(archive.read(&state, 12, bytes)).into_result().unwrap(), records(12..13));
    let beyond = block_on(archive.read(&state, 31, ReadLimit::NONE)).error.expect("it is not shipped").to_string();
    assert_eq!(beyond, "offset 31 is not in the object store, which has the records up to 30");
}

#[test]
fn a_segment_is_fetched_once_while_the_cache_has_it() {
    let (store, archive, state) = stored();
    let gets_of = |archive: &Archive| {
        store.mood.lock().gets = 0;
        for from in (0..30).chain(0..30) {
            let one = ReadLimit { records: 1, bytes: usize::MAX };
            assert_eq!(block_on(archive.read(&state, from, one)).into_result().unwrap(), records(from..from + 1));
        }
        store.mood.lock().gets
    };
    assert_eq!(gets_of(&archive), 3);
    assert_eq!(gets_of(&archive.clone()), 0, "clones share it");
    assert_eq!(gets_of(&archive.clone().with_cache(segment(10..20).len())), 6, "it holds one segment");
    assert_eq!(gets_of(&archive.with_cache(0)), 60);
}

#[test]
fn sq_d11_a_put_that_says_error_is_decided_by_the_object() {
    let store = Arc::new(MoodyStore::default());
    let archive = Archive::new(store.clone(), "eu", partition());
    let ship = || block_on(archive.store(&segment(0..10), 0, 10, 4));
    store.mood.lock().fails_puts = Some(false);
    let error = ship().expect_err("nothing was stored");
    assert!(!error.is_damage(), "{error}");
    let text = "the object store failed for eu/orders/3/0-10.sqseg: Generic moody error: 503 slow down; try again later";
    assert_eq!(error.to_string(), text);
    store.mood.lock().fails_puts = Some(true);
    let shipped = ship().expect("it landed");
    store.mood.lock().fails_puts = None;
    assert_eq!(ship().expect("it is there already"), shipped);
    (store.mood.lock().fails_puts, store.mood.lock().fails_gets) = (Some(true), true);
    assert!(matches!(ship(), Err(ArchiveError::Store { .. })), "it cannot be read back");
}

#[test]
fn an_object_that_is_another_segment_is_not_overwritten() {
    let (store, archive, state) = stored();
    let shipped = &state.manifest()[0];
    let other = zstd::bulk::compress(&segment(0..9), 3).unwrap();
    overwrite(&store, shipped, other.clone());
    let error = block_on(archive.store(&segment(0..10), 0, 10, 1)).expect_err("another one is there");
    assert!(error.is_damage(), "{error}");
    assert_eq!(object(&store, shipped), other);
}

#[test]
fn damaged_segments_are_not_stored() {
    let (store, archive, _) = stored();
    let refusal = |bytes: &[u8], base, end| match block_on(archive.store(bytes, base, end, 1)) {
        Err(ArchiveError::NotASegment { cause, .. }) => cause,
        other => panic!("{other:?}"),
    };
    let whole = segment(30..35);
    let mut rotten = whole.clone();
    rotten[70] ^= 1;
    assert!(matches!(refusal(&rotten, 30, 35), SegmentDamage::Record(_)));
    assert!(matches!(refusal(&whole[..whole.len() - 1], 30, 35), SegmentDamage::Record(_)));
    assert_eq!(refusal(&whole, 30, 36), SegmentDamage::End { found: 35, expected: 36 });
    assert!(matches!(refusal(&whole[32..], 30, 35), SegmentDamage::Header(_)));
    assert!(matches!(refusal(b"", 30, 35), SegmentDamage::Header(_)));
    let gone = block_on(store.objects.head(&Path::from("eu/orders/3/30-35.sqseg")));
    assert!(matches!(gone, Err(object_store::Error::NotFound { .. })), "{gone:?}");
}

/// Reads through damage of the second object: the records of the first one come, and then this error.
fn read_through(damage: impl FnOnce(&MoodyStore, &Shipped)) -> ArchiveError {
    let (store, archive, state) = stored();
    damage(&store, &state.manifest()[1]);
    let read = block_on(archive.read(&state, 5, ReadLimit::NONE));
    assert_eq!(read.records, records(5..10), "nothing is skipped");
    let error = read.error.expect("the object is damaged");
    let confirmed = block_on(archive.confirm(&state.manifest()[1])).expect_err("it is not confirmed either");
    assert_eq!(confirmed.to_string(), error.to_string());
    error
}

#[test]
fn sq_d14_d19_another_object_stops_a_read() {
    let cause = |object: Vec<u8>| match read_through(|store, shipped| overwrite(store, shipped, object)) {
        error @ ArchiveError::Damaged { .. } if !error.is_damage() => panic!("{error}"),
        ArchiveError::Damaged { cause, .. } => cause,
        other => panic!("{other}"),
    };
    let pack = |segment: &[u8]| zstd::bulk::compress(segment, 3).unwrap();
    let whole = segment(10..20);
    let length = whole.len() as u64;
    assert!(matches!(cause(b"no frame of zstd".to_vec()), SegmentDamage::Compression { .. }));
    assert!(matches!(cause(pack(&whole)[..40].to_vec()), SegmentDamage::Compression { .. }));
    assert_eq!(cause(pack(&whole[..100])), SegmentDamage::Length { found: 100, expected: length });
    let bomb = cause(pack(&vec![0; 100 << 20]));
    assert!(matches!(bomb, SegmentDamage::Oversize { segment, .. } if segment == length), "{bomb}");
    let long = pack(&vec![0; 1 << 20]);
    assert_eq!(cause(long), SegmentDamage::Length { found: length + 1, expected: length }, "no more than that is decompressed");
    let mut rotten = whole.clone();
    rotten[50] ^= 1;
    let (found, expected) = (crc32fast::hash(&rotten), crc32fast::hash(&whole));
    assert_eq!(cause(pack(&rotten)), SegmentDamage::Crc { found, expected });
}

#[test]
fn sq_d14_a_missing_object_or_an_outage_stops_a_read() {
    let missing = read_through(|store, shipped| block_on(store.objects.delete(&Path::from(shipped.key.as_str()))).unwrap());
    let text = "the object eu/orders/3/10-20.sqseg is gone; restore it from a replica that has the segment";
    assert_eq!((missing.to_string().as_str(), missing.is_damage()), (text, true));
    let (store, archive, state) = stored();
    store.mood.lock().fails_gets = true;
    let read = block_on(archive.read(&state, 5, ReadLimit::NONE));
    let error = read.error.expect("the store is down");
    assert!(matches!(error, ArchiveError::Store { .. }) && !error.is_damage() && read.records.is_empty(), "{error}");
}

#[test]
fn a_manifest_that_lies_about_a_segment_is_found() {
    let (_, archive, state) = stored();
    let lies = [
        Shipped { base: 11, ..state.manifest()[1].clone() },
        Shipped { end: 19, ..state.manifest()[1].clone() },
        Shipped { bytes: 1, ..state.manifest()[1].clone() },
        Shipped { crc: 1, ..state.manifest()[1].clone() },
        Shipped { key: state.manifest()[0].key.clone(), ..state.manifest()[1].clone() },
    ];
    for lie in lies {
        let error = block_on(archive.confirm(&lie)).expect_err("it is another segment");
        assert!(matches!(error, ArchiveError::Damaged { .. }), "{error}");
    }
}

#[test]
fn a_body_that_is_shorter_than_the_store_says_is_an_error() {
    let damage = match read_through(|store, _| store.mood.lock().cuts_bodies = true) {
        ArchiveError::Damaged { cause, .. } => cause,
        other => panic!("{other}"),
    };
    assert!(matches!(damage, SegmentDamage::Body { found, expected } if found + 1 == expected), "{damage}");
}
