//! Answers the requests of clients from the store that the node was given.

use std::future::poll_fn;
use std::task::Poll;

use bytes::Bytes;
use cluster_sim_runtime::Waiter;
use cluster_sim_storage::{BODY_CHUNK, OBJECT_PORT, ObjectMessage, ObjectOp, Performed};
use cluster_sim_transport::SessionReset;
use cluster_sim_types::NodeId;

use crate::node::{Node, Session};

/// The main function of a node that serves an object store.
pub async fn serve_objects(node: Node) {
    let listener = node.listen::<ObjectMessage>(OBJECT_PORT);
    loop {
        let session = listener.accept().await;
        let server = node.clone();
        drop(node.spawn(async move { serve(&server, &session).await }));
    }
}

/// Answers the requests of one session, one after the other.
async fn serve(node: &Node, session: &Session<ObjectMessage>) -> Result<(), SessionReset> {
    while let Some(message) = session.recv().await? {
        // A client that sends something else has broken off an answer; the rest of its session is of no use.
        let ObjectMessage::Request(op) = message else { return Ok(()) };
        let Some(performed) = perform(node, session.peer(), &op).await else { return Ok(()) };
        // An answer that a fault loses ends the session.
        let Some(answer) = performed.answer else { return Ok(()) };
        session.send(ObjectMessage::Answer(Box::new(answer))).await?;
        if let Some(body) = performed.body {
            send_body(node, session, body).await?;
            if performed.breaks {
                return Ok(());
            }
            session.send(ObjectMessage::End).await?;
        }
    }
    Ok(())
}

/// Lets the time of a request pass, and executes it; `None` once the life is over.
async fn perform(node: &Node, client: NodeId, op: &ObjectOp) -> Option<Performed> {
    let mut admission = node.on_objects(|stores, kernel| stores.admit(kernel, node.id(), client, op))?;
    node.sleep(admission.wait).await;
    poll_fn(|context| {
        let passes = node.on_objects(|stores, kernel| {
            let waiter = Waiter::of(context, kernel);
            stores.passes(kernel, node.id(), &mut admission, waiter)
        });
        if passes == Some(true) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    node.on_objects(|stores, kernel| stores.perform(kernel, node.id(), &admission, op))
}

/// Sends the bytes of an object, each piece once its time has passed.
async fn send_body(node: &Node, session: &Session<ObjectMessage>, mut body: Bytes) -> Result<(), SessionReset> {
    while !body.is_empty() {
        let chunk = body.split_to(body.len().min(BODY_CHUNK));
        let time = node.on_objects(|stores, _| stores.transfer(node.id(), chunk.len() as u64)).unwrap_or_default();
        node.sleep(time).await;
        session.send(ObjectMessage::Body(chunk)).await?;
    }
    Ok(())
}
