//! Moves messages between a TCP connection and the queues of an endpoint.

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use cluster_sim_runtime::TokioLife;
use cluster_sim_types::NodeId;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::endpoint::TokioSession;
use super::status::SessionStatus;
use super::wire::{FINISH_FRAME, Frame, KEEPALIVE_FRAME, read_frame};
use super::{KEEPALIVE_INTERVAL, SESSION_TIMEOUT, WINDOW};

/// Creates an endpoint over an accepted connection. Returns `None` if the life is over.
pub(in crate::real) fn open_session(life: &TokioLife, peer: NodeId, connection: TcpStream) -> Option<TokioSession> {
    let (send, to_write) = mpsc::channel(WINDOW);
    let (arrive, arrived) = mpsc::channel(WINDOW);
    let status = Arc::new(SessionStatus::default());
    life.spawn(run_connection(connection, to_write, arrive, Arc::clone(&status)))?;
    Some(TokioSession::new(peer, send, arrived, status))
}

/// Serves a connection until both sides have finished or the session breaks.
///
/// The queues of the endpoint end then, which completes its waits.
async fn run_connection(
    mut connection: TcpStream,
    to_write: mpsc::Receiver<Vec<u8>>,
    arrive: mpsc::Sender<Vec<u8>>,
    status: Arc<SessionStatus>,
) {
    let (read, write) = connection.split();
    let reading = read_all(BufReader::new(read), arrive, &status);
    let outcome = join_or_abort(reading, write_all(write, to_write), status.aborted()).await;
    if outcome.is_err() {
        // Makes the operating system send a reset at once. If this fails, the closed connection informs the peer.
        let _ = connection.set_zero_linger();
    }
}

/// Waits until both futures succeed, one of them fails, or the session is aborted.
async fn join_or_abort(
    reading: impl Future<Output = io::Result<()>>,
    writing: impl Future<Output = io::Result<()>>,
    aborted: impl Future<Output = ()>,
) -> io::Result<()> {
    let (mut reading, mut writing, mut aborted) = (pin!(reading), pin!(writing), pin!(aborted));
    let (mut has_read, mut has_written) = (false, false);
    poll_fn(|context| {
        if aborted.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        if !has_read && let Poll::Ready(read) = reading.as_mut().poll(context) {
            read?;
            has_read = true;
        }
        if !has_written && let Poll::Ready(written) = writing.as_mut().poll(context) {
            written?;
            has_written = true;
        }
        if has_read && has_written { Poll::Ready(Ok(())) } else { Poll::Pending }
    })
    .await
}

/// Reads frames until the peer finishes. The session breaks after 15 s without a frame.
async fn read_all(mut connection: impl AsyncRead + Unpin, arrive: mpsc::Sender<Vec<u8>>, status: &SessionStatus) -> io::Result<()> {
    loop {
        match read_frame(&mut connection, SESSION_TIMEOUT).await? {
            Some(Frame::Keepalive) => {}
            Some(Frame::Message(message)) => {
                // The endpoint is gone, and the peer must not believe that this message was received.
                arrive.send(message).await.map_err(|_| io::ErrorKind::ConnectionAborted)?;
            }
            Some(Frame::Finish) => {
                status.peer_finished();
                return Ok(());
            }
            None => return Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

/// Writes frames until this side finishes, and a keepalive frame whenever 3 s pass without one.
async fn write_all(mut connection: impl AsyncWrite + Unpin, mut to_write: mpsc::Receiver<Vec<u8>>) -> io::Result<()> {
    loop {
        match timeout(KEEPALIVE_INTERVAL, to_write.recv()).await {
            Ok(Some(frame)) => connection.write_all(&frame).await?,
            Ok(None) => break,
            Err(_) => connection.write_all(&KEEPALIVE_FRAME).await?,
        }
    }
    connection.write_all(&FINISH_FRAME).await?;
    connection.flush().await
}
