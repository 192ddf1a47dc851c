//! A DICOM conversation on one TCP connection, as two byte streams, with the messages and operations that are in them. PDUs are
//! written by dicom-ul; command sets by the rules of PS3.7 section 6.3.1.

use std::fmt;
use std::ops::Range;

use dicom_ul::pdu::{
    AbortRQSource, AssociationAC, AssociationRJ, AssociationRJResult, AssociationRJServiceUserReason, AssociationRJSource, AssociationRQ,
    PDataValue, PDataValueType, Pdu, PresentationContextProposed, PresentationContextResult, PresentationContextResultReason,
    UserVariableItem, write_pdu,
};
use proptest::prelude::*;

pub(crate) const REQUESTOR: usize = 0;
pub(crate) const ACCEPTOR: usize = 1;

pub(crate) const C_STORE: u16 = 0x0001;
pub(crate) const C_GET: u16 = 0x0010;
pub(crate) const C_FIND: u16 = 0x0020;
pub(crate) const C_ECHO: u16 = 0x0030;
pub(crate) const N_CREATE: u16 = 0x0140;
const C_CANCEL: u16 = 0x0fff;
const RESPONSE: u16 = 0x8000;
const PENDING: u16 = 0xff00;

/// Bytes that one side hands to TCP at once, with what it had received by then.
#[derive(Clone, Debug)]
pub(crate) struct Turn {
    pub sender: usize,
    /// In its direction.
    pub bytes: Range<usize>,
    /// Bytes of the other direction.
    pub received: usize,
}

/// A message as it was sent.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub sender: usize,
    pub association: u64,
    pub field: u16,
    pub context: u8,
    /// Names the message: its SOP instance is "1.2.3." with this and ".9": cut anywhere, it names no other.
    pub name: usize,
    pub dataset: Option<usize>,
    /// Where its PDUs are.
    pub bytes: Range<usize>,
}

/// A request with its responses, by their index in [`World::messages`].
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub request: usize,
    pub responses: Vec<usize>,
}

#[derive(Clone, Default)]
pub(crate) struct World {
    pub streams: [Vec<u8>; 2],
    pub turns: Vec<Turn>,
    pub messages: Vec<Message>,
    pub operations: Vec<Operation>,
    pub associations: u64,
    /// The PDUs between the data of one association and the next: end of the one, request and answer of the other.
    pub borders: Vec<[Vec<Range<usize>>; 2]>,
    /// Where the bytes of each association are, per direction.
    pub spans: Vec<[Range<usize>; 2]>,
    /// Where each PDU begins, per direction.
    pub pdus: [Vec<usize>; 2],
    /// What it was made of.
    made_of: (Vec<Plan>, u32),
}

impl fmt::Debug for World {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "build(&vec!{:?}, {}) with PDUs at {:?}", self.made_of.0, self.made_of.1, self.pdus)
    }
}

/// What a side does in an association.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    Echo,
    Store {
        size: usize,
    },
    /// Several C-STORE requests before the first response; responses in another order where `turned`.
    Stores {
        sizes: Vec<usize>,
        turned: bool,
    },
    Find {
        answers: Vec<usize>,
        cancel: bool,
    },
    Get {
        sizes: Vec<usize>,
    },
    Create {
        size: usize,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Release,
    Abort,
    Open,
}

#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub acts: Vec<Act>,
    pub end: End,
    pub rejected: bool,
    /// Every request has message id 1.
    pub same_id: bool,
    /// Largest fragment of a message, and whether a command set and data set may share a PDU.
    pub fragment: usize,
    pub shared: bool,
}

fn size() -> impl Strategy<Value = usize> {
    prop_oneof![Just(0usize), 1usize..200, 200usize..4_000, 4_000usize..20_000]
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        1 => Just(Act::Echo),
        4 => size().prop_map(|size| Act::Store { size }),
        1 => (prop::collection::vec(size(), 2..4), any::<bool>()).prop_map(|(sizes, turned)| Act::Stores { sizes, turned }),
        2 => (prop::collection::vec(1usize..300, 0..4), any::<bool>()).prop_map(|(answers, cancel)| Act::Find { answers, cancel }),
        1 => prop::collection::vec(size(), 0..3).prop_map(|sizes| Act::Get { sizes }),
        1 => size().prop_map(|size| Act::Create { size }),
    ]
}

fn plan() -> impl Strategy<Value = Plan> {
    let end = prop_oneof![4 => Just(End::Release), 1 => Just(End::Abort), 1 => Just(End::Open)];
    (prop::collection::vec(act(), 0..6), end, prop::bool::weighted(0.1), any::<bool>(), 300usize..6_000, any::<bool>())
        .prop_map(|(acts, end, rejected, same_id, fragment, shared)| Plan { acts, end, rejected, same_id, fragment, shared })
}

/// One or two associations on one connection.
pub(crate) fn world() -> impl Strategy<Value = World> {
    world_of(1..3)
}

/// Some associations on one connection, one after the other.
pub(crate) fn world_of(associations: Range<usize>) -> impl Strategy<Value = World> {
    (prop::collection::vec(plan(), associations), any::<u32>()).prop_map(|(mut plans, seed)| {
        // After an abort, or without a release, the connection carries nothing more.
        let last = plans.len() - 1;
        for plan in &mut plans[..last] {
            plan.end = End::Release;
        }
        build(&plans, seed)
    })
}

pub(crate) fn build(plans: &[Plan], seed: u32) -> World {
    let mut builder = Builder {
        world: World { made_of: (plans.to_vec(), seed), ..World::default() },
        noise: seed | 1,
        next_id: 1,
        plan: plans[0].clone(),
    };
    for plan in plans {
        builder.plan = plan.clone();
        let from = builder.world.streams.each_ref().map(Vec::len);
        builder.association();
        let to = builder.world.streams.each_ref().map(Vec::len);
        builder.world.spans.push([from[0]..to[0], from[1]..to[1]]);
    }
    builder.world
}

struct Builder {
    world: World,
    noise: u32,
    next_id: u16,
    plan: Plan,
}

const TRANSFER: &str = "1.2.840.10008.1.2";
const CONTEXTS: [(u8, &str); 4] =
    [(1, "1.2.840.10008.1.1"), (3, "1.2.840.10008.5.1.4.1.1.7"), (5, "1.2.840.10008.5.1.4.1.2.2.1"), (7, "1.2.840.10008.3.1.2.3.3")];

impl Builder {
    fn byte(&mut self) -> u8 {
        // xorshift32 (Marsaglia 2003).
        self.noise ^= self.noise << 13;
        self.noise ^= self.noise >> 17;
        self.noise ^= self.noise << 5;
        (self.noise >> 24) as u8
    }

    fn pdu(&mut self, sender: usize, pdu: &Pdu) {
        let stream = &mut self.world.streams[sender];
        let start = stream.len();
        self.world.pdus[sender].push(start);
        write_pdu(stream, pdu).expect("a PDU that dicom-ul can write");
        let border = match pdu {
            Pdu::PData { .. } => return,
            Pdu::ReleaseRQ | Pdu::ReleaseRP | Pdu::AssociationRJ(_) => self.world.associations as usize,
            _ => (self.world.associations as usize).saturating_sub(usize::from(sender == ACCEPTOR)),
        };
        if self.world.borders.len() <= border {
            self.world.borders.resize(border + 1, <[Vec<Range<usize>>; 2]>::default());
        }
        self.world.borders[border][sender].push(start..self.world.streams[sender].len());
    }

    /// Hands what was written since the last turn of this side to TCP.
    fn turn(&mut self, sender: usize, received: usize) {
        let from = self.world.turns.iter().filter(|turn| turn.sender == sender).map(|turn| turn.bytes.end).max().unwrap_or(0);
        let bytes = from..self.world.streams[sender].len();
        self.world.turns.push(Turn { sender, bytes, received });
    }

    /// Sends after having received everything.
    fn send(&mut self, sender: usize) {
        let received = self.world.streams[1 - sender].len();
        self.turn(sender, received);
    }

    fn id(&mut self) -> u16 {
        if self.plan.same_id {
            return 1;
        }
        self.next_id += 1;
        self.next_id
    }

    fn association(&mut self) {
        let proposed = CONTEXTS.map(|(id, uid)| PresentationContextProposed {
            id,
            abstract_syntax: uid.to_owned(),
            transfer_syntaxes: vec![TRANSFER.to_owned()],
        });
        let user_variables = vec![
            UserVariableItem::MaxLength(16_384),
            UserVariableItem::ImplementationClassUID("1.2.3".to_owned()),
            UserVariableItem::ImplementationVersionName("TEST".to_owned()),
        ];
        let name = "1.2.840.10008.3.1.1.1".to_owned();
        self.pdu(
            REQUESTOR,
            &Pdu::AssociationRQ(AssociationRQ {
                protocol_version: 1,
                calling_ae_title: format!("SCU{}", self.world.associations),
                called_ae_title: "SCP".to_owned(),
                application_context_name: name.clone(),
                presentation_contexts: proposed.to_vec(),
                user_variables: user_variables.clone(),
            }),
        );
        self.send(REQUESTOR);
        self.world.associations += 1;
        if self.plan.rejected {
            let source = AssociationRJSource::ServiceUser(AssociationRJServiceUserReason::CalledAETitleNotRecognized);
            self.pdu(ACCEPTOR, &Pdu::AssociationRJ(AssociationRJ { result: AssociationRJResult::Permanent, source }));
            self.send(ACCEPTOR);
            return;
        }
        let results = CONTEXTS.map(|(id, _)| PresentationContextResult {
            id,
            reason: PresentationContextResultReason::Acceptance,
            transfer_syntax: TRANSFER.to_owned(),
        });
        self.pdu(
            ACCEPTOR,
            &Pdu::AssociationAC(AssociationAC {
                protocol_version: 1,
                calling_ae_title: format!("SCU{}", self.world.associations - 1),
                called_ae_title: "SCP".to_owned(),
                application_context_name: name,
                presentation_contexts: results.to_vec(),
                user_variables,
            }),
        );
        self.send(ACCEPTOR);
        for act in self.plan.acts.clone() {
            self.act(&act);
        }
        match self.plan.end {
            End::Release => {
                self.pdu(REQUESTOR, &Pdu::ReleaseRQ);
                self.send(REQUESTOR);
                self.pdu(ACCEPTOR, &Pdu::ReleaseRP);
                self.send(ACCEPTOR);
            }
            End::Abort => {
                self.pdu(REQUESTOR, &Pdu::AbortRQ { source: AbortRQSource::ServiceUser });
                self.send(REQUESTOR);
            }
            End::Open => {}
        }
    }

    fn act(&mut self, act: &Act) {
        match act {
            Act::Echo => self.exchange(REQUESTOR, C_ECHO, 1, None, None),
            Act::Store { size } => self.exchange(REQUESTOR, C_STORE, 3, Some(*size), None),
            Act::Create { size } => self.exchange(REQUESTOR, N_CREATE, 7, Some(*size), Some(*size / 2 + 1)),
            Act::Stores { sizes, turned } => {
                // Message ids of operations that are open at once differ (PS3.7 section 9.1).
                let blind = self.world.streams[ACCEPTOR].len();
                let mut open = Vec::new();
                for size in sizes {
                    self.next_id += 1;
                    let id = self.next_id;
                    let request = self.message(REQUESTOR, C_STORE, 3, id, 0, Some(*size));
                    self.turn(REQUESTOR, blind);
                    open.push((id, request));
                }
                if *turned {
                    open.reverse();
                }
                for (id, request) in open {
                    let response = self.message(ACCEPTOR, C_STORE | RESPONSE, 3, id, 0, None);
                    self.send(ACCEPTOR);
                    self.world.operations.push(Operation { request, responses: vec![response] });
                }
            }
            Act::Find { answers, cancel } => {
                let id = self.id();
                let request = self.message(REQUESTOR, C_FIND, 5, id, 0, Some(64));
                self.send(REQUESTOR);
                let mut responses = Vec::new();
                for size in answers {
                    responses.push(self.message(ACCEPTOR, C_FIND | RESPONSE, 5, id, PENDING, Some(*size)));
                    self.send(ACCEPTOR);
                }
                if *cancel {
                    self.message(REQUESTOR, C_CANCEL, 5, id, 0, None);
                    self.send(REQUESTOR);
                }
                responses.push(self.message(ACCEPTOR, C_FIND | RESPONSE, 5, id, if *cancel { 0xfe00 } else { 0 }, None));
                self.send(ACCEPTOR);
                self.world.operations.push(Operation { request, responses });
            }
            Act::Get { sizes } => {
                let id = self.id();
                let request = self.message(REQUESTOR, C_GET, 5, id, 0, Some(64));
                self.send(REQUESTOR);
                let mut responses = Vec::new();
                for size in sizes {
                    self.exchange(ACCEPTOR, C_STORE, 3, Some(*size), None);
                    responses.push(self.message(ACCEPTOR, C_GET | RESPONSE, 5, id, PENDING, None));
                    self.send(ACCEPTOR);
                }
                responses.push(self.message(ACCEPTOR, C_GET | RESPONSE, 5, id, 0, None));
                self.send(ACCEPTOR);
                self.world.operations.push(Operation { request, responses });
            }
        }
    }

    /// A request and its one response.
    fn exchange(&mut self, by: usize, field: u16, context: u8, dataset: Option<usize>, answer: Option<usize>) {
        let id = self.id();
        let request = self.message(by, field, context, id, 0, dataset);
        self.send(by);
        let response = self.message(1 - by, field | RESPONSE, context, id, 0, answer);
        self.send(1 - by);
        self.world.operations.push(Operation { request, responses: vec![response] });
    }

    fn message(&mut self, sender: usize, field: u16, context: u8, id: u16, status: u16, dataset: Option<usize>) -> usize {
        let name = self.world.messages.len();
        let command = command_set(field, id, status, dataset.is_some(), name);
        let data: Option<Vec<u8>> = dataset.map(|size| (0..size).map(|_| self.byte()).collect());
        let start = self.world.streams[sender].len();
        let mut values = fragments(&command, context, &PDataValueType::Command, self.plan.fragment);
        if let Some(data) = &data {
            values.extend(fragments(data, context, &PDataValueType::Data, self.plan.fragment));
        }
        let mut values = values.into_iter().peekable();
        while let Some(value) = values.next() {
            let mut together = vec![value];
            if self.plan.shared
                && together[0].value_type == PDataValueType::Command
                && let Some(next) = values.next_if(|next| next.value_type == PDataValueType::Data)
            {
                together.push(next);
            }
            self.pdu(sender, &Pdu::PData { data: together });
        }
        let bytes = start..self.world.streams[sender].len();
        let association = self.world.associations - 1;
        self.world.messages.push(Message { sender, association, field, context, name, dataset, bytes });
        name
    }
}

fn fragments(bytes: &[u8], context: u8, value_type: &PDataValueType, size: usize) -> Vec<PDataValue> {
    let mut pieces: Vec<&[u8]> = bytes.chunks(size).collect();
    if pieces.is_empty() {
        pieces.push(&[]);
    }
    let last = pieces.len() - 1;
    let value = |(at, piece): (usize, &[u8])| PDataValue {
        presentation_context_id: context,
        value_type: value_type.clone(),
        is_last: at == last,
        data: piece.to_vec(),
    };
    pieces.into_iter().enumerate().map(value).collect()
}

/// Implicit VR little endian, elements in order, group length first.
fn command_set(field: u16, id: u16, status: u16, has_dataset: bool, name: usize) -> Vec<u8> {
    let uid = |text: String| {
        let mut bytes = text.into_bytes();
        if bytes.len() % 2 == 1 {
            bytes.push(0);
        }
        bytes
    };
    let short = |value: u16| value.to_le_bytes().to_vec();
    let response = field & RESPONSE != 0 || field == C_CANCEL;
    let mut elements = vec![(0x0002u16, uid("1.2.840.10008.5.1.4.1.1.7".to_owned())), (0x0100, short(field))];
    elements.push((if response { 0x0120 } else { 0x0110 }, short(id)));
    elements.push((0x0800, short(if has_dataset { 1 } else { 0x0101 })));
    if field & RESPONSE != 0 {
        elements.push((0x0900, short(status)));
    }
    elements.push((0x1000, uid(format!("1.2.3.{name}.9"))));
    let mut body = Vec::new();
    for (element, value) in elements {
        body.extend([0, 0]);
        body.extend(element.to_le_bytes());
        body.extend((value.len() as u32).to_le_bytes());
        body.extend(value);
    }
    let mut set = vec![0, 0, 0, 0, 4, 0, 0, 0];
    set.extend((body.len() as u32).to_le_bytes());
    set.extend(body);
    set
}
