//! Opens sessions over TCP: listen, connect, accept.

use std::fmt;
use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use cluster_sim_types::NodeId;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use super::session::{
    Answer, SESSION_TIMEOUT, TokioSession, open_session, read_answer, read_greeting, write_answer, write_greeting,
};
use super::shared::Shared;
use crate::error::PortInUse;
use crate::session::ConnectError;

/// How many sessions wait to be accepted on one port, as in the simulation.
const BACKLOG: usize = 128;

/// The first wait between attempts to connect; each further one doubles, up to the maximum.
const RETRY_AFTER: Duration = Duration::from_millis(50);
const RETRY_AFTER_MAX: Duration = Duration::from_secs(1);

/// A port on which a node accepts sessions, until it is dropped.
///
/// Sessions that were not accepted are reset then.
pub struct TokioListener {
    network: Shared,
    name: Arc<str>,
    opened: tokio::sync::Mutex<mpsc::Receiver<TokioSession>>,
}

/// Listens on a port.
pub(super) fn listen(network: &Shared, name: &str) -> Result<TokioListener, PortInUse> {
    let name: Arc<str> = name.into();
    let (opens, opened) = mpsc::channel(BACKLOG);
    let mut listeners = network.listeners.lock();
    if listeners.contains_key(&name) {
        return Err(PortInUse { name: name.to_string() });
    }
    listeners.insert(Arc::clone(&name), opens);
    drop(listeners);
    Ok(TokioListener { network: Arc::clone(network), name, opened: tokio::sync::Mutex::new(opened) })
}

/// Opens a session, retrying until the session timeout; never completes once the life is over.
pub(super) async fn connect(network: &Shared, to: NodeId, port: &str) -> Result<TokioSession, ConnectError> {
    let address = network.addresses.of(to);
    let connecting = async {
        let mut retry_after = RETRY_AFTER;
        loop {
            match try_connect(network.id, address, port).await {
                Ok((connection, Answer::Accepted)) => return Ok(connection),
                Ok((_, Answer::Refused)) => return Err(ConnectError::Refused),
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => return Err(ConnectError::Refused),
                Err(_) => sleep(retry_after).await,
            }
            retry_after = RETRY_AFTER_MAX.min(2 * retry_after);
        }
    };
    let connection = timeout(SESSION_TIMEOUT, connecting).await.map_err(|_| ConnectError::TimedOut)??;
    match open_session(&network.life, to, connection) {
        Some(session) => Ok(session),
        None => pending().await,
    }
}

/// Connects once.
async fn try_connect(from: NodeId, address: SocketAddr, port: &str) -> io::Result<(TcpStream, Answer)> {
    let mut connection = TcpStream::connect(address).await?;
    connection.set_nodelay(true)?;
    write_greeting(&mut connection, from, port).await?;
    let answer = read_answer(&mut connection).await?;
    Ok((connection, answer))
}

/// Accepts connections until the life ends.
pub(super) async fn accept_connections(listener: TcpListener, network: Shared) {
    loop {
        match listener.accept().await {
            Ok((connection, _)) => {
                let network = Arc::clone(&network);
                let life = network.life.clone();
                // A peer that sends no greeting in time is dropped. After any other error the closed connection informs the peer.
                life.spawn(async move { timeout(SESSION_TIMEOUT, accept_connection(connection, &network)).await });
            }
            // The host has no room for another connection; wait for some to close.
            Err(_) => sleep(RETRY_AFTER).await,
        }
    }
}

async fn accept_connection(mut connection: TcpStream, network: &Shared) -> io::Result<()> {
    connection.set_nodelay(true)?;
    let (from, port) = read_greeting(&mut connection).await?;
    let listener = network.listeners.lock().get(port.as_str()).cloned();
    let known = network.addresses.get(from).is_some();
    let Some(listener) = listener.filter(|_| known) else { return write_answer(&mut connection, Answer::Refused).await };
    // A connection beyond the backlog gets its answer once there is room, or none at all.
    let Ok(room) = listener.reserve().await else { return write_answer(&mut connection, Answer::Refused).await };
    write_answer(&mut connection, Answer::Accepted).await?;
    if let Some(session) = open_session(&network.life, from, connection) {
        room.send(session);
    }
    Ok(())
}

impl TokioListener {
    /// Waits for the next session, which is open and may hold messages already.
    ///
    /// Cancel safe: a session that was not returned is not lost. Never completes once the life is over.
    pub async fn accept(&self) -> TokioSession {
        match self.opened.lock().await.recv().await {
            Some(session) => session,
            None => pending().await,
        }
    }
}

impl Drop for TokioListener {
    fn drop(&mut self) {
        self.network.listeners.lock().remove(&self.name);
        let opened = self.opened.get_mut();
        opened.close();
        while let Ok(session) = opened.try_recv() {
            session.abort();
        }
    }
}

impl fmt::Debug for TokioListener {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("TokioListener").field("name", &self.name).finish_non_exhaustive()
    }
}
