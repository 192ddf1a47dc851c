//! Which implementation speaks as which AE title, from which address (PS3.7 annex D.3.3.2).

use std::net::IpAddr;

use super::Map;
use crate::event::{AssociationRecord, Outcome, PeerRecord, Sender, Time, Uid};

/// A row of `peers`.
#[derive(Clone, Debug)]
pub struct Peer {
    pub ae: Option<String>,
    pub ip: Option<IpAddr>,
    pub role: Option<Sender>,
    pub implementation_class_uid: Option<Uid>,
    pub implementation_version: Option<String>,
    /// The last that was seen, 0 for no limit.
    pub max_pdu: Option<u32>,
    pub associations: u64,
    pub accepted: u64,
    pub first: Time,
    pub last: Time,
    pub first_association: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    ae: Option<String>,
    ip: IpAddr,
    role: Sender,
    class: Option<Uid>,
    version: Option<String>,
}

/// All of them so far.
#[derive(Debug)]
pub struct Peers {
    most: usize,
    found: Map<Key, Peer>,
    /// Those that found no place, as one.
    others: Option<Peer>,
}

impl Peers {
    pub fn new(most: usize) -> Self {
        Self { most, found: Map::default(), others: None }
    }

    pub fn association(&mut self, record: &AssociationRecord) {
        self.add(Sender::Requestor, record, &record.requestor_peer);
        // An acceptor that refused has said nothing of itself, but it was called.
        self.add(Sender::Acceptor, record, &record.acceptor_peer);
    }

    fn add(&mut self, role: Sender, record: &AssociationRecord, said: &PeerRecord) {
        let (ae, ip) = match role {
            Sender::Requestor => (&record.calling_ae, record.requestor.ip),
            Sender::Acceptor => (&record.called_ae, record.acceptor.ip),
        };
        let (class, version) = (said.implementation_class_uid.clone(), said.implementation_version.clone());
        let key = Key { ae: ae.clone(), ip, role, class, version };
        let new = |known: bool| Peer {
            ae: ae.clone().filter(|_| known),
            ip: known.then_some(ip),
            role: known.then_some(role),
            implementation_class_uid: key.class.clone().filter(|_| known),
            implementation_version: key.version.clone().filter(|_| known),
            max_pdu: None,
            associations: 0,
            accepted: 0,
            first: record.first.time,
            last: record.last.time,
            first_association: record.association,
        };
        let peer = if self.found.len() < self.most || self.found.contains_key(&key) {
            self.found.entry(key.clone()).or_insert_with(|| new(true))
        } else {
            self.others.get_or_insert_with(|| new(false))
        };
        peer.max_pdu = said.max_pdu.or(peer.max_pdu);
        peer.associations += 1;
        peer.accepted += u64::from(record.outcome == Outcome::Accepted);
        peer.first = peer.first.min(record.first.time);
        peer.last = peer.last.max(record.last.time);
        peer.first_association = peer.first_association.min(record.association);
    }

    /// The input is at its end: all of them, in the order of their first association.
    pub fn finish(&mut self) -> Vec<Peer> {
        let mut rows: Vec<_> = self.found.drain().map(|(_, peer)| peer).collect();
        rows.sort_by(|a, b| {
            let order = |peer: &Peer| (peer.first_association, peer.role, peer.implementation_version.clone());
            order(a).cmp(&order(b))
        });
        rows.extend(self.others.take());
        rows
    }
}
