//! Executes a request that rules hit.
//!
//! A rule that refuses comes first. Of several rules of one kind the first counts; rules of several kinds act together: a write
//! may be lost, and its answer too.

use std::sync::Arc;

use cluster_sim_runtime::{Kernel, Waiter, Waiting};
use cluster_sim_types::{Change, NodeId, VirtualInstant};

use super::bucket::{At, Object};
use super::latency::Admission;
use super::later::Effect;
use super::object_answer::{ObjectAnswer, ObjectErrorKind};
use super::operation::ObjectOp;
use super::perform::Performed;
use super::rules::{Hit, Hits, ObjectDamage, ObjectRule};
use super::stores::{ObjectStores, Store, at};

impl ObjectStores {
    /// Whether a request that was admitted may go on, or waits with `waiter` for the end of a rule.
    ///
    /// # Panics
    /// If the node has no store.
    pub fn passes(&mut self, kernel: &mut Kernel, node: NodeId, admission: &mut Admission, waiter: Waiter) -> bool {
        let id = self.id;
        let store = self.store(node);
        let is_in_force = |hit: &Hit| store.rules.iter().any(|rule| rule.id == hit.id);
        let Some(hit) = admission.hits.rules.iter().find(|hit| hit.rule == ObjectRule::Stall && is_in_force(hit)) else {
            return true;
        };
        let hit = hit.id;
        if !std::mem::replace(&mut admission.has_waited, true) {
            store.fired(hit, true);
        }
        store.stalled.push(waiter);
        kernel.waits_for(Waiting::Device(id, 0));
        false
    }

    /// Executes a request at the store of `node`, once its [time](Admission::wait) has passed.
    ///
    /// # Panics
    /// If the node has no store.
    pub fn perform(&mut self, kernel: &mut Kernel, node: NodeId, admission: &Admission, op: &ObjectOp) -> Performed {
        if admission.is_throttled {
            return Performed::refused(ObjectErrorKind::SlowDown);
        }
        let Hits { rules: hits, refused_keys } = &admission.hits;
        if let Some(refused) = self.refuse(kernel, node, hits, op) {
            return refused;
        }
        let at = at(kernel, node);
        if let Some((hit, answer)) = hits.iter().find_map(|hit| Some((hit, postponed(hit, op)?))) {
            let store = self.store(node);
            store.fired(hit.id, true);
            let (ObjectRule::LoseAnswer { after, .. }, of) = (&hit.rule, (node, admission.about)) else { unreachable!("as found") };
            self.schedule(kernel, of, *after, Effect::Op(op.clone()));
            return answer;
        }
        let performed = if hits.is_empty() && refused_keys.is_empty() {
            let store = self.store(node);
            store.perform(at, store.shown_at(at.now, op), op).unwrap_or_else(Performed::refused)
        } else {
            self.perform_hit(kernel, (node, at), admission, op)
        };
        if !op.kind().is_read() {
            kernel.change(Change::Objects(node));
        }
        performed
    }

    /// The refusal by a rule, if there is one.
    fn refuse(&mut self, kernel: &mut Kernel, node: NodeId, hits: &[Hit], op: &ObjectOp) -> Option<Performed> {
        let store = self.store(node);
        for hit in hits {
            let (kind, retry_after) = match &hit.rule {
                ObjectRule::Throttle(_) => (ObjectErrorKind::SlowDown, None),
                ObjectRule::Fail { errors, retry_after } => {
                    let way = if errors.len() > 1 { hit.place(kernel, node, errors.len() as u64) } else { 0 };
                    (errors[way as usize], *retry_after)
                }
                _ => continue,
            };
            store.fired(hit.id, true);
            let retry_after_ns = retry_after.map(|time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
            // An error in the body of a success needs a body: reads of objects have another one.
            let kind =
                if kind == ObjectErrorKind::ErrorInBody && op.kind().is_read() { ObjectErrorKind::InternalError } else { kind };
            return Some(Performed::of(ObjectAnswer::Refused { kind, retry_after_ns }));
        }
        None
    }

    fn perform_hit(&mut self, kernel: &mut Kernel, (node, at): (NodeId, At), admission: &Admission, op: &ObjectOp) -> Performed {
        let Hits { rules: hits, refused_keys } = &admission.hits;
        let of_request = (node, admission.about);
        let left;
        let op = match op {
            ObjectOp::Delete { keys } if !refused_keys.is_empty() => {
                let is_left = |place: u32| refused_keys.iter().all(|(refused, _)| *refused != place);
                let keys = (0..).zip(keys).filter(|(place, _)| is_left(*place)).map(|(_, key)| key.clone()).collect();
                left = ObjectOp::Delete { keys };
                &left
            }
            op => op,
        };
        let store = self.store(node);
        let before = store.present(op);
        if let (ObjectOp::AbortUpload { .. }, Some(hit)) = (op, hits.iter().find(|hit| hit.rule == ObjectRule::LoseWrite)) {
            // Its parts could not be brought back.
            store.fired(hit.id, true);
            return Performed::of(ObjectAnswer::Done);
        }
        let mut performed = match store.perform_late(at, hits, op) {
            Ok(performed) => performed,
            Err(kind) => return Performed::refused(kind),
        };
        if let (Some(ObjectAnswer::Deleted { refused }), false) = (&mut performed.answer, refused_keys.is_empty()) {
            refused.clone_from(refused_keys);
        }
        for hit in hits {
            match &hit.rule {
                ObjectRule::LoseWrite => {
                    let store = self.store(node);
                    store.undo(at, op, &performed, &before);
                    store.fired(hit.id, true);
                }
                ObjectRule::Resurrect(after) => {
                    let gone: Vec<(String, Arc<Object>)> =
                        before.iter().filter_map(|(key, object)| Some((key.clone(), object.clone()?))).collect();
                    self.store(node).fired(hit.id, !gone.is_empty());
                    for (key, object) in gone {
                        self.schedule(kernel, of_request, *after, Effect::Restore(key, object));
                    }
                }
                ObjectRule::Damage(damage) => {
                    let length = performed.body.as_ref().map_or(0, |body| body.len() as u64);
                    let place = hit.place(kernel, node, length * 8);
                    let store = self.store(node);
                    let is_damaged = store.damage(*damage, &mut performed, place);
                    store.fired(hit.id, is_damaged);
                }
                ObjectRule::LoseAnswer { after, twice, error } => {
                    self.store(node).fired(hit.id, true);
                    if *twice && !op.kind().is_read() {
                        self.schedule(kernel, of_request, *after, Effect::Op(op.clone()));
                    }
                    performed = lost(*error);
                }
                _ => {}
            }
        }
        performed
    }
}

/// The answer to a write that is done later, if the rule says so.
fn postponed(hit: &Hit, op: &ObjectOp) -> Option<Performed> {
    match hit.rule {
        ObjectRule::LoseAnswer { after, twice: false, error } if !after.is_zero() && !op.kind().is_read() => Some(lost(error)),
        _ => None,
    }
}

/// The answer in place of one that is lost.
fn lost(error: Option<ObjectErrorKind>) -> Performed {
    match error {
        Some(kind) => Performed::refused(kind),
        None => Performed { answer: None, body: None, breaks: false },
    }
}

impl Store {
    /// The present objects of the keys that a write may change.
    fn present(&self, op: &ObjectOp) -> Vec<(String, Option<Arc<Object>>)> {
        if op.kind().is_read() {
            return Vec::new();
        }
        op.keys().map(|key| (key.to_owned(), self.bucket.present(key).cloned())).collect()
    }

    /// Executes a request, which shows an older state or a shorter page if a rule says so.
    fn perform_late(&mut self, at: At, hits: &[Hit], op: &ObjectOp) -> Result<Performed, ObjectErrorKind> {
        let strong = self.shown_at(at.now, op);
        let lagging = hits.iter().find_map(|hit| match hit.rule {
            ObjectRule::Lag(lag) => Some((hit.id, VirtualInstant::ZERO + at.now.saturating_since(VirtualInstant::ZERO + lag))),
            _ => None,
        });
        let short = hits.iter().find_map(|hit| match hit.rule {
            ObjectRule::ShortPages(most) => Some((hit.id, most as usize)),
            _ => None,
        });
        let since = |id| self.rules.iter().find(|rule| rule.id == id).map_or(at.now, |rule| rule.since);
        let then = lagging.map_or(strong, |(id, then)| then.max(since(id)).min(strong));
        let performed = match (op, short) {
            (ObjectOp::List { prefix, after, delimiter }, Some((id, most))) => {
                let most = most.min(self.page_size());
                let page = self.bucket.page(then, prefix, after, *delimiter, most);
                let is_shorter = matches!(page, ObjectAnswer::Page { next: Some(_), .. }) && most < self.page_size();
                self.fired(id, is_shorter);
                Ok(Performed::of(page))
            }
            _ => self.perform(at, then, op),
        };
        if let Some((id, _)) = lagging {
            let shown = |performed: &Result<Performed, ObjectErrorKind>| performed.as_ref().map(|shown| shown.answer.clone()).ok();
            let differs = then < strong && shown(&self.perform(at, strong, op)) != shown(&performed);
            self.fired(id, differs);
        }
        performed
    }

    /// Undoes a write that was answered as done.
    fn undo(&mut self, at: At, op: &ObjectOp, performed: &Performed, before: &[(String, Option<Arc<Object>>)]) {
        match (op, &performed.answer) {
            (ObjectOp::CreateUpload { .. }, Some(ObjectAnswer::Upload(upload))) => self.bucket.lose_upload(*upload, None),
            (ObjectOp::PutPart { upload, part, .. }, _) => self.bucket.lose_upload(*upload, Some(*part)),
            _ => before.iter().for_each(|(key, object)| self.bucket.restore(at, key, object.clone())),
        }
    }

    /// Damages the answer to a read; whether it differs.
    fn damage(&self, damage: ObjectDamage, performed: &mut Performed, place: u64) -> bool {
        let (Some(body), Some(ObjectAnswer::Found { info, start, .. })) = (&mut performed.body, &mut performed.answer) else {
            return false;
        };
        if damage == ObjectDamage::WrongTag {
            info.tag = format!("\"{place:032x}\"");
            return true;
        }
        if body.is_empty() {
            return false;
        }
        let byte = (place / 8) as usize;
        match damage {
            ObjectDamage::Break => {
                body.truncate(byte);
                performed.breaks = true;
            }
            ObjectDamage::Truncate => body.truncate(byte),
            ObjectDamage::FlipBit => {
                let mut bytes = body.to_vec();
                bytes[byte] ^= 1 << (place % 8);
                *body = bytes.into();
            }
            ObjectDamage::ShiftRange => {
                let Some(object) = self.bucket.present(&info.key) else { return false };
                let start = (*start as usize + 1).min(object.content.len());
                *body = object.content.slice(start..(start + body.len()).min(object.content.len()));
            }
            ObjectDamage::WrongTag => unreachable!("it is handled above"),
        }
        true
    }
}
