//! Carrying messages between a connection and the queues of one end.

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use cluster_sim_runtime::TokioLife;
use cluster_sim_types::NodeId;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::{Notify, mpsc};
use tokio::time::timeout;

use super::endpoint::TokioSession;
use super::wire::{ALIVE_FRAME, FINISH_FRAME, Frame, read_frame};
use super::{ALIVE_EVERY, PATIENCE, WINDOW};

/// How a session goes, known to its end and to what carries it.
#[derive(Debug, Default)]
pub(super) struct Fate {
    finished_by_peer: AtomicBool,
    broken_off: Notify,
}

impl Fate {
    /// Breaks the session from this end.
    pub(super) fn break_off(&self) {
        self.broken_off.notify_one();
    }

    /// Whether the other side finished. Known before the queue of what arrived ends.
    pub(super) fn is_finished_by_peer(&self) -> bool {
        self.finished_by_peer.load(Ordering::Acquire)
    }
}

/// Opens an end over a connection whose other side agreed; nothing if the life is over.
pub(super) fn open(life: &TokioLife, peer: NodeId, connection: TcpStream) -> Option<TokioSession> {
    let (send, to_write) = mpsc::channel(WINDOW);
    let (arrive, arrived) = mpsc::channel(WINDOW);
    let fate = Arc::new(Fate::default());
    life.spawn(carry(connection, to_write, arrive, Arc::clone(&fate)))?;
    Some(TokioSession::new(peer, send, arrived, fate))
}

/// Carries until both sides finished or the session breaks. Then its queues end, and with them the waits of the end.
async fn carry(mut connection: TcpStream, to_write: mpsc::Receiver<Vec<u8>>, arrive: mpsc::Sender<Vec<u8>>, fate: Arc<Fate>) {
    let (read, write) = connection.split();
    let reading = read_all(BufReader::new(read), arrive, &fate);
    let outcome = both(reading, write_all(write, to_write), fate.broken_off.notified()).await;
    if outcome.is_err() {
        // The other side is told at once, also where it believes everything to be well. If this fails it is told by the closing.
        let _ = connection.set_zero_linger();
    }
}

/// Waits until both have ended well, or one badly, or it is broken off.
async fn both(
    reading: impl Future<Output = io::Result<()>>,
    writing: impl Future<Output = io::Result<()>>,
    broken_off: impl Future<Output = ()>,
) -> io::Result<()> {
    let (mut reading, mut writing, mut broken_off) = (pin!(reading), pin!(writing), pin!(broken_off));
    let (mut has_read, mut has_written) = (false, false);
    poll_fn(|context| {
        if broken_off.as_mut().poll(context).is_ready() {
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

/// Reads until the other side finished. It is heard of until then, if only that it is alive.
async fn read_all(mut connection: impl AsyncRead + Unpin, arrive: mpsc::Sender<Vec<u8>>, fate: &Fate) -> io::Result<()> {
    loop {
        match read_frame(&mut connection, PATIENCE).await? {
            Some(Frame::Alive) => {}
            Some(Frame::Message(message)) => {
                // Where nobody receives any more, the other side must not believe that somebody did.
                arrive.send(message).await.map_err(|_| io::ErrorKind::ConnectionAborted)?;
            }
            Some(Frame::Finish) => {
                fate.finished_by_peer.store(true, Ordering::Release);
                return Ok(());
            }
            None => return Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

/// Writes until this end finished; says that it is alive while there is nothing to write.
async fn write_all(mut connection: impl AsyncWrite + Unpin, mut to_write: mpsc::Receiver<Vec<u8>>) -> io::Result<()> {
    loop {
        match timeout(ALIVE_EVERY, to_write.recv()).await {
            Ok(Some(frame)) => connection.write_all(&frame).await?,
            Ok(None) => break,
            Err(_) => connection.write_all(&ALIVE_FRAME).await?,
        }
    }
    connection.write_all(&FINISH_FRAME).await?;
    connection.flush().await
}
