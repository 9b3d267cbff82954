//! [`SimObjectStore`]: the trait `ObjectStore` over requests.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use cluster_sim_storage::{ByteRange, GetConditions, ObjectAnswer, ObjectInfo, ObjectOp, PutCondition};
use cluster_sim_types::NodeId;
use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{
    Attribute, AttributeValue, Attributes, CopyMode, CopyOptions, Error, Extensions, GetOptions, GetRange, GetResult,
    GetResultPayload, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload,
    PutResult, Result,
};

use super::body::Body;
use super::connection::Connection;
use super::error::{ObjectRequestError, RequestFailure, invalid, unexpected};
use super::options::ObjectClientOptions;
use super::upload::Upload;
use crate::node::Node;

/// The most keys of one request to delete, as in S3.
const MOST_DELETED: usize = 1_000;

/// A client of a simulated object store, as the trait `ObjectStore` of production code.
///
/// [`Node::object_store`] makes it. Its requests travel over sessions with the node that serves the store, so links, cuts and
/// crashes act on them; its time limits, waits and chance are those of its own node. Requests never hang: each fails in the end
/// with an error of `object_store`, whose source is an [`ObjectRequestError`].
///
/// It behaves as the S3 client of `object_store` does, with conditional writes by entity tag: see [`RetryPolicy`](crate::RetryPolicy)
/// for the requests that it repeats. Tags of objects, and extensions, are not kept.
///
/// Cheap to clone; clones share their sessions.
#[derive(Clone)]
pub struct SimObjectStore {
    connection: Arc<Connection>,
}

impl Node {
    /// Returns a client of the object store that the node `store` serves.
    ///
    /// Its limits are those of the S3 client of `object_store`.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use cluster_sim_node::{Node, NodeId};
    /// use object_store::path::Path;
    /// use object_store::{ObjectStore, ObjectStoreExt};
    ///
    /// /// Works with any object store, in production with S3.
    /// async fn ship(store: Arc<dyn ObjectStore>, segment: Vec<u8>) -> object_store::Result<()> {
    ///     store.put(&Path::from("topic/0/17.wal"), segment.into()).await?;
    ///     Ok(())
    /// }
    ///
    /// async fn run(node: Node) {
    ///     let store = Arc::new(node.object_store(NodeId(0)));
    ///     ship(store, vec![1, 2, 3]).await.unwrap();
    /// }
    /// ```
    pub fn object_store(&self, store: impl Into<NodeId>) -> SimObjectStore {
        self.object_store_with(store, ObjectClientOptions::default())
    }

    /// As [`object_store`](Self::object_store), with other limits and retries.
    pub fn object_store_with(&self, store: impl Into<NodeId>, options: ObjectClientOptions) -> SimObjectStore {
        SimObjectStore { connection: Arc::new(Connection::new(self.clone(), store.into(), options)) }
    }
}

impl SimObjectStore {
    /// Makes a request for a page.
    async fn page(&self, prefix: &str, after: String, delimiter: bool) -> Result<(ListResult, Option<String>)> {
        let op = ObjectOp::List { prefix: prefix.to_owned(), after, delimiter };
        let ObjectAnswer::Page { objects, prefixes, next } = self.connection.ask(prefix, op).await?.0 else {
            return Err(unexpected(prefix));
        };
        let objects = objects.into_iter().map(meta).collect::<Result<_>>()?;
        let common_prefixes = prefixes.iter().map(Path::parse).collect::<Result<_, _>>()?;
        Ok((ListResult { objects, common_prefixes, extensions: Extensions::default() }, next))
    }

    /// Lists the pages after some key, each when the one before was read.
    fn pages(&self, prefix: Option<&Path>, after: String) -> BoxStream<'static, Result<ObjectMeta>> {
        let (client, prefix) = (self.clone(), directory(prefix));
        let pages = stream::try_unfold(Some(after), move |after| {
            let (client, prefix) = (client.clone(), prefix.clone());
            async move {
                let Some(after) = after else { return Ok::<_, Error>(None) };
                let (page, next) = client.page(&prefix, after, false).await?;
                Ok(Some((stream::iter(page.objects.into_iter().map(Ok)), next)))
            }
        });
        pages.try_flatten().boxed()
    }

    /// Deletes the objects of at most 1,000 paths; the outcome of each.
    async fn delete_all(&self, paths: Vec<Path>) -> Result<Vec<Result<Path>>> {
        let keys: Vec<String> = paths.iter().map(Path::to_string).collect();
        let first = keys.first().cloned().unwrap_or_default();
        let ObjectAnswer::Deleted { refused } = self.connection.ask(&first, ObjectOp::Delete { keys }).await?.0 else {
            return Err(unexpected(&first));
        };
        let mut results: Vec<Result<Path>> = paths.iter().cloned().map(Ok).collect();
        for (index, kind) in refused {
            let failed = ObjectRequestError { failure: RequestFailure::Refused(kind), attempts: 1, elapsed: Default::default() };
            let Some(path) = paths.get(index as usize) else { return Err(unexpected(&first)) };
            results[index as usize] = Err(failed.about(path.as_ref()));
        }
        Ok(results)
    }
}

#[async_trait]
impl ObjectStore for SimObjectStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let condition = match options.mode {
            PutMode::Overwrite => PutCondition::Always,
            PutMode::Create => PutCondition::Absent,
            PutMode::Update(version) => {
                PutCondition::Matches(version.e_tag.ok_or_else(|| invalid("ETag required for conditional put"))?)
            }
        };
        let labels = labels(&options.attributes);
        let op = ObjectOp::Put { key: location.to_string(), content: Bytes::from(payload), condition: condition.clone(), labels };
        self.connection.write(location.as_ref(), op).await.map_err(|error| conditional(error, &condition))
    }

    async fn put_multipart_opts(&self, location: &Path, options: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        let op = ObjectOp::CreateUpload { key: location.to_string(), labels: labels(&options.attributes) };
        match self.connection.ask(location.as_ref(), op).await?.0 {
            ObjectAnswer::Upload(upload) => Ok(Box::new(Upload::new(Arc::clone(&self.connection), location.clone(), upload))),
            _ => Err(unexpected(location.as_ref())),
        }
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let instant = |time: Option<DateTime<Utc>>| time.and_then(|time| time.timestamp_nanos_opt());
        let conditions = GetConditions {
            if_modified_since: instant(options.if_modified_since),
            if_unmodified_since: instant(options.if_unmodified_since),
            if_match: options.if_match,
            if_none_match: options.if_none_match,
        };
        let range = options.range.map(|range| match range {
            GetRange::Bounded(range) => ByteRange::Bounded(range.start, range.end),
            GetRange::Offset(start) => ByteRange::From(start),
            GetRange::Suffix(count) => ByteRange::Last(count),
        });
        let (key, version, head) = (location.to_string(), options.version.clone(), options.head);
        let op = ObjectOp::Get { key, conditions, range, version, head };
        let (answer, session) = self.connection.ask(location.as_ref(), op).await?;
        let ObjectAnswer::Found { info, start, end, labels } = answer else { return Err(unexpected(location.as_ref())) };
        let range = if head { 0..info.size } else { start..end };
        let payload = match session {
            Some(session) => Body::new(Arc::clone(&self.connection), session, &info, options.version, range.clone()).into_stream(),
            None => stream::empty().boxed(),
        };
        Ok(GetResult {
            payload: GetResultPayload::Stream(payload),
            meta: meta(info)?,
            range,
            attributes: attributes(labels),
            extensions: Extensions::default(),
        })
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let client = self.clone();
        let deleted = locations.try_chunks(MOST_DELETED).then(move |paths| {
            let client = client.clone();
            async move { client.delete_all(paths.map_err(|error| error.1)?).await.map(stream::iter) }
        });
        deleted.try_flatten().boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.pages(prefix, String::new())
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        self.pages(prefix, offset.to_string())
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let prefix = directory(prefix);
        let (mut all, mut next) = self.page(&prefix, String::new(), true).await?;
        while let Some(after) = next {
            let (page, later) = self.page(&prefix, after, true).await?;
            all.objects.extend(page.objects);
            all.common_prefixes.extend(page.common_prefixes);
            next = later;
        }
        Ok(all)
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        let condition = match options.mode {
            CopyMode::Overwrite => PutCondition::Always,
            CopyMode::Create => PutCondition::Absent,
        };
        let op = ObjectOp::Copy { from: from.to_string(), to: to.to_string(), condition: condition.clone() };
        let copied = self.connection.write(from.as_ref(), op).await;
        copied.map(drop).map_err(|error| conditional(error, &condition))
    }
}

/// The error of a conditional write, as the S3 client of `object_store` maps it.
fn conditional(error: Error, condition: &PutCondition) -> Error {
    match (error, condition) {
        (error @ Error::Precondition { .. }, PutCondition::Absent) => {
            let Error::Precondition { path, source } = error else { unreachable!("it was matched above") };
            Error::AlreadyExists { path, source }
        }
        (Error::NotFound { path, source }, PutCondition::Matches(_)) => Error::Precondition { path, source },
        (error, _) => error,
    }
}

/// A prefix as keys begin with it: lists are by whole parts of paths.
fn directory(prefix: Option<&Path>) -> String {
    prefix.map(Path::as_ref).filter(|prefix| !prefix.is_empty()).map_or_else(String::new, |prefix| format!("{prefix}/"))
}

fn meta(info: ObjectInfo) -> Result<ObjectMeta> {
    let modified = i64::try_from(info.modified.as_nanoseconds()).unwrap_or(i64::MAX);
    Ok(ObjectMeta {
        location: Path::parse(info.key)?,
        last_modified: DateTime::from_timestamp_nanos(modified),
        size: info.size,
        e_tag: Some(info.tag),
        version: info.version,
    })
}

/// Names of attributes that are no metadata of users.
const NAMED: [(&str, Attribute); 6] = [
    ("cache-control", Attribute::CacheControl),
    ("content-disposition", Attribute::ContentDisposition),
    ("content-encoding", Attribute::ContentEncoding),
    ("content-language", Attribute::ContentLanguage),
    ("content-type", Attribute::ContentType),
    ("storage-class", Attribute::StorageClass),
];

/// How the names of metadata of users begin, as in S3.
const METADATA: &str = "x-amz-meta-";

fn labels(attributes: &Attributes) -> Vec<(String, String)> {
    let name = |attribute: &Attribute| match attribute {
        Attribute::Metadata(name) => format!("{METADATA}{name}"),
        named => NAMED.iter().find(|(_, known)| known == named).map_or_else(String::new, |(name, _)| (*name).to_owned()),
    };
    let mut labels: Vec<(String, String)> =
        attributes.iter().map(|(attribute, value)| (name(attribute), value.as_ref().to_owned())).collect();
    // Attributes are in a hash table.
    labels.sort_unstable();
    labels
}

fn attributes(labels: Vec<(String, String)>) -> Attributes {
    let attribute = |name: &str| match name.strip_prefix(METADATA) {
        Some(name) => Some(Attribute::Metadata(name.to_owned().into())),
        None => NAMED.iter().find(|(known, _)| *known == name).map(|(_, attribute)| attribute.clone()),
    };
    labels.into_iter().filter_map(|(name, value)| Some((attribute(&name)?, AttributeValue::from(value)))).collect()
}

impl fmt::Display for SimObjectStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SimObjectStore({})", self.connection.store)
    }
}

impl fmt::Debug for SimObjectStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Connection { node, store, options, .. } = &*self.connection;
        formatter.debug_struct("SimObjectStore").field("node", node).field("store", store).field("options", options).finish()
    }
}
