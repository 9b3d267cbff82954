//! Object stores: the client that systems use, and the node of a simulation that serves a store.
//!
//! | file | feature | contents |
//! |---|---|---|
//! | `server.rs` | `test-utils` | answers the requests of clients from the store that the node was given |
//! | `options.rs` | `object-store` | time limits and retries of a client, as data |
//! | `connection.rs` | `object-store` | one attempt of a request, over a session that is kept for the next one |
//! | `retry.rs` | `object-store` | repeats attempts as the S3 client of `object_store` does |
//! | `error.rs` | `object-store` | the end of a request that failed, as errors of `object_store` |
//! | `client.rs` | `object-store` | [`SimObjectStore`]: the trait `ObjectStore` over requests |
//! | `body.rs` | `object-store` | the bytes of an object as a stream, which goes on after a broken session |
//! | `upload.rs` | `object-store` | uploads in parts |
//!
//! The client names nothing of the simulation: time, chance and sessions are those of its [`Node`](crate::Node).

#[cfg(feature = "object-store")]
mod body;
#[cfg(feature = "object-store")]
mod client;
#[cfg(feature = "object-store")]
mod connection;
#[cfg(feature = "object-store")]
mod error;
#[cfg(feature = "object-store")]
mod options;
#[cfg(feature = "object-store")]
mod retry;
#[cfg(feature = "test-utils")]
mod server;
#[cfg(feature = "object-store")]
mod upload;

#[cfg(feature = "object-store")]
pub use client::SimObjectStore;
#[cfg(feature = "object-store")]
pub use error::{ObjectRequestError, RequestFailure};
#[cfg(feature = "object-store")]
pub use options::{ObjectClientOptions, RetryPolicy};
#[cfg(feature = "test-utils")]
pub use server::serve_objects;
