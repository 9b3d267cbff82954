//! A client's way to the leader of a partition.

use std::time::Duration;

use cluster_sim_node::{Node, NodeId, Session, select};

use crate::message::{QUEUE_PORT, QueueError, QueueMessage, Reply, Request};

/// The patience of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// How long it waits for a session, and for an answer.
    pub answer_timeout: Duration,
    /// The pause before the second attempt.
    ///
    /// It doubles with each that failed, up to 16 times, and chance adds up to as much again.
    pub pause: Duration,
    /// How often it asks before it gives up.
    pub attempts: u32,
}

impl Default for Patience {
    /// 40 attempts, for links of 1 to 10 ms and an object store that answers within half a second.
    fn default() -> Self {
        Self { answer_timeout: Duration::from_secs(1), pause: Duration::from_millis(20), attempts: 40 }
    }
}

/// Asks one request at a time: the leader, as far as it is known, or one broker after the other.
pub struct Connection {
    node: Node,
    brokers: Vec<NodeId>,
    patience: Patience,
    /// The place of the broker that it asks.
    target: usize,
    session: Option<Session<QueueMessage>>,
    /// Requests so far.
    number: u64,
}

impl Connection {
    /// Makes a client of brokers; it asks one of them by chance first.
    ///
    /// # Panics
    /// If there are no brokers.
    pub fn new(node: &Node, brokers: Vec<NodeId>, patience: Patience) -> Self {
        assert!(!brokers.is_empty(), "name the brokers that a client may ask");
        let target = node.random().below(brokers.len() as u64) as usize;
        Self { node: node.clone(), brokers, patience, target, session: None, number: 0 }
    }

    /// Asks until the request succeeded or cannot succeed, or the attempts are spent.
    ///
    /// # Errors
    /// One that is not worth another attempt; the last one that was, if a broker answered it last; else
    /// [`QueueError::Unanswered`].
    pub async fn ask(&mut self, request: &Request) -> Result<Reply, QueueError> {
        let mut last = QueueError::Unanswered { attempts: 0 };
        let mut doublings = 0;
        for attempt in 0..self.patience.attempts {
            if attempt > 0 {
                self.pause(doublings).await;
                // Where to ask was told: that attempt was no failure.
                let is_directed = matches!(last, QueueError::NotLeader { leader: Some(_) });
                doublings = if is_directed { 0 } else { doublings + 1 };
            }
            match self.ask_once(request).await {
                Some(Err(error)) if error.is_retryable() => {
                    self.turn_from(&error);
                    last = error;
                }
                Some(result) => return result,
                None => {
                    self.turn_to_next();
                    last = QueueError::Unanswered { attempts: attempt + 1 };
                }
            }
        }
        Err(last)
    }

    /// Asks one broker once; `None` if no answer came in time.
    async fn ask_once(&mut self, request: &Request) -> Option<Result<Reply, QueueError>> {
        let timeout = self.patience.answer_timeout;
        let session = match self.session.take() {
            Some(session) => session,
            None => self.node.timeout(timeout, self.node.connect(self.brokers[self.target], QUEUE_PORT)).await.ok()?.ok()?,
        };
        self.number += 1;
        let number = self.number;
        let exchange = async {
            session.send(QueueMessage::Ask { number, request: request.clone() }).await.ok()?;
            loop {
                match session.recv().await.ok()?? {
                    QueueMessage::Answer { number: answered, result } if answered == number => return Some(result),
                    // An answer to a request that was given up.
                    _ => {}
                }
            }
        };
        let answer = select! { biased;
            answer = exchange => answer,
            () = self.node.sleep(timeout) => None,
        };
        if answer.is_some() {
            self.session = Some(session);
        }
        answer
    }

    /// Waits before another attempt, longer after each that failed.
    async fn pause(&self, doublings: u32) {
        let least = self.patience.pause * (1 << doublings.min(4));
        let more = self.node.random().below(least.as_nanos() as u64 + 1);
        self.node.sleep(least + Duration::from_nanos(more)).await;
    }

    fn turn_from(&mut self, error: &QueueError) {
        if let QueueError::NotLeader { leader } = error {
            let known = leader.and_then(|leader| self.brokers.iter().position(|broker| *broker == leader));
            match known {
                Some(place) if place != self.target => {
                    self.session = None;
                    self.target = place;
                }
                _ => self.turn_to_next(),
            }
        }
    }

    fn turn_to_next(&mut self) {
        self.session = None;
        self.target = (self.target + 1) % self.brokers.len();
    }
}
