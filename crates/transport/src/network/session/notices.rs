//! What nodes are told: each has an agenda of the ends that have news for it, oldest first.

use std::collections::VecDeque;

use cluster_sim_runtime::{Kernel, Order};
use cluster_sim_types::{Health, NodeId};

use super::SessionId;
use super::endpoint::{News, Side};
use super::segment::{Segment, What};
use crate::network::Network;
use crate::network::port_names::PortId;

/// The ends of one node.
#[derive(Debug, Default)]
pub(super) struct OfNode {
    /// Tasks run on it, and wait at its ends; its agenda stays empty.
    pub(super) runs_tasks: bool,
    /// All that are alive or have something to tell.
    pub(super) ends: Vec<SessionId>,
    /// Those that have something to tell. Some of them may be gone.
    agenda: VecDeque<SessionId>,
    /// The node will come back to its agenda at this instant anyhow.
    comes_back: bool,
}

/// What is new about one end, since its node last took a notice of it. How the end stands now, [`Network::session`] says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notice {
    /// The end.
    pub session: SessionId,
    /// The port on which the session was asked for.
    pub port: PortId,
    /// It waits to be accepted by its node.
    pub incoming: bool,
    /// The other side accepted it.
    pub opened: bool,
    /// There is something to take in.
    pub readable: bool,
    /// There is room after a `Busy`, or never will be since its node has finished it.
    pub writable: bool,
    /// It is gone.
    pub broken: bool,
}

impl Network {
    /// The number with which hosts are woken for news of sessions.
    pub const SESSION_NOTICE: u32 = u32::MAX;

    /// The oldest news of a node's sessions, for a host that tells its tasks. A host that was woken takes notices until there is none.
    pub fn next_notice(&mut self, node: NodeId) -> Option<Notice> {
        let id = self.first_with_news(node)?;
        let connection = self.sessions.connections.at_mut(id.slot());
        let port = connection.port;
        let end = connection.end_mut(id.side());
        let news = std::mem::take(&mut end.news);
        end.on_agenda = false;
        self.sessions.nodes[node.index()].agenda.pop_front();
        Some(Notice {
            session: id,
            port,
            incoming: news.has(News::INCOMING),
            opened: news.has(News::OPENED),
            readable: news.has(News::READABLE),
            writable: news.has(News::ROOM),
            broken: news.has(News::BROKEN),
        })
    }

    /// The first end of an agenda that has news; those before it, which have none any more, are taken off.
    pub(super) fn first_with_news(&mut self, node: NodeId) -> Option<SessionId> {
        let of_node = self.sessions.nodes.get_mut(node.index())?;
        while let Some(id) = of_node.agenda.front().copied() {
            if self.sessions.connections.has(id) {
                let end = self.sessions.connections.at_mut(id.slot()).end_mut(id.side());
                if end.news != News::NONE {
                    return Some(id);
                }
                end.on_agenda = false;
            }
            of_node.agenda.pop_front();
        }
        None
    }

    /// Puts news of an end on its node's agenda, or wakes the tasks that wait for it, if the node still holds it.
    pub(super) fn tell(&mut self, kernel: &mut Kernel, slot: usize, side: Side, news: News) {
        let connection = self.sessions.connections.at_mut(slot);
        let id = connection.id(slot, side);
        let end = connection.end_mut(side);
        // A machine knows its sessions by their peers: that one was opened is nothing to it.
        if end.released || end.of_machine && (news == News::OPENED || news == News::INCOMING) {
            return;
        }
        let of_node = &mut self.sessions.nodes[end.node.index()];
        if of_node.runs_tasks {
            return self.wake_tasks(kernel, id, news);
        }
        end.news.add(news);
        if !end.on_agenda {
            end.on_agenda = true;
            of_node.agenda.push_back(id);
        }
    }

    /// An end got another name.
    pub(super) fn rename_on_agenda(&mut self, node: NodeId, from: SessionId, to: SessionId) {
        self.sessions.nodes[node.index()].agenda.iter_mut().filter(|id| **id == from).for_each(|id| *id = to);
    }

    /// Whom to wake now that something happened to that node's ends: nobody if it has no news, cannot act, or will be woken anyhow.
    pub(super) fn wake_for(&mut self, kernel: &Kernel, node: NodeId) -> Option<(NodeId, u32)> {
        self.first_with_news(node)?;
        let wakes = kernel.health(node) == Health::Up && !self.sessions.nodes[node.index()].comes_back;
        wakes.then_some((node, Self::SESSION_NOTICE))
    }

    /// Has a node that is up come back to its agenda at this instant, before anything else, if anything is on it.
    pub(in crate::network) fn wake_node(&mut self, kernel: &mut Kernel, node: NodeId) {
        if self.wake_for(kernel, node).is_some() {
            let to = self.first_with_news(node).expect("it has news");
            self.sessions.nodes[node.index()].comes_back = true;
            self.schedule_segment(kernel, kernel.now(), Order::FIRST, Segment { to, what: What::Agenda(node) });
        }
    }

    pub(super) fn comes_back_to(&mut self, node: NodeId) {
        self.sessions.nodes[node.index()].comes_back = false;
    }

    /// Lists an end with its node.
    pub(super) fn enlist(&mut self, slot: usize, side: Side) {
        let connection = self.sessions.connections.at(slot);
        let (id, node) = (connection.id(slot, side), connection.end(side).node);
        let ends = &mut self.of_node(node).ends;
        ends.push(id);
        let listed = ends.len() as u32 - 1;
        self.sessions.connections.at_mut(slot).end_mut(side).listed = Some(listed);
    }

    pub(super) fn of_node(&mut self, node: NodeId) -> &mut OfNode {
        let nodes = &mut self.sessions.nodes;
        if nodes.len() <= node.index() {
            nodes.resize_with(node.index() + 1, OfNode::default);
        }
        &mut nodes[node.index()]
    }

    /// Takes an end off its node's list, if it stands there.
    pub(super) fn strike_off(&mut self, slot: usize, side: Side) {
        let end = self.sessions.connections.at_mut(slot).end_mut(side);
        let Some(listed) = end.listed.take() else { return };
        let ends = &mut self.sessions.nodes[end.node.index()].ends;
        ends.swap_remove(listed as usize);
        if let Some(moved) = ends.get(listed as usize).copied() {
            self.sessions.connections.at_mut(moved.slot()).end_mut(moved.side()).listed = Some(listed);
        }
    }

    pub(super) fn last_end(&self, node: NodeId) -> Option<SessionId> {
        self.sessions.nodes.get(node.index())?.ends.last().copied()
    }
}
