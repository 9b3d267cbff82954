//! Sessions of clients with a broker.

use std::sync::Arc;
use std::time::Duration;

use cluster_sim_node::{Session, TrySendError, oneshot};

use super::ask::Ask;
use super::{Broker, GroupInput, INBOX};
use crate::message::{QUEUE_PORT, QueueError, QueueMessage, Reply, Request};

/// A request that is not answered by then is dropped: its client has asked again long ago.
const GIVE_UP: Duration = Duration::from_secs(5);

/// Takes sessions of clients, for ever.
pub(super) async fn accept(broker: Arc<Broker>) {
    let listener = broker.node.listen::<QueueMessage>(QUEUE_PORT);
    loop {
        let session = listener.accept().await;
        broker.node.spawn_named("client", answer(Arc::clone(&broker), session));
    }
}

/// Answers the requests of one session, one at a time and in order.
async fn answer(broker: Arc<Broker>, session: Session<QueueMessage>) {
    while let Ok(Some(message)) = session.recv().await {
        let QueueMessage::Ask { number, request } = message else { return };
        let Some(result) = broker.ask(request).await else { return };
        if session.send(QueueMessage::Answer { number, result }).await.is_err() {
            return;
        }
    }
}

impl Broker {
    /// Hands a request to its partition; `None` if it is not answered in time, or the partition's replica was lost with its disk.
    async fn ask(self: &Arc<Self>, request: Request) -> Option<Result<Reply, QueueError>> {
        let partition = request.partition();
        let (reply, answer) = oneshot("answer");
        match self.replica_of(partition).try_send(GroupInput::Ask(Ask { request, reply })) {
            Ok(()) => self.node.timeout(GIVE_UP, answer).await.ok()?,
            Err(TrySendError::Full(_)) => Some(Err(QueueError::Busy { waiting: INBOX as u32 })),
            Err(TrySendError::Closed(_)) => None,
        }
    }
}
