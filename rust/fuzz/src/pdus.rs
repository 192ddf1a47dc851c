//! The bytes of one connection, cut anywhere and with gaps, through the upper layer and DIMSE. How the bytes are cut, and whether
//! bytes that nobody reads are handed over or passed, changes no row; no PDU is complete where a gap touched it; no row
//! without bytes for it.

use std::fmt::{Debug, Write};

use dicomfast_core::anomaly::{Anomaly, AnomalyKind};
use dicomfast_core::dicom::privacy::Phi;
use dicomfast_core::dicom::{Conversation, DataSetOptions, Dicom};
use dicomfast_core::event::{
    AssociationRecord, Closed, ElementRecord, EventRecord, MessageRecord, ObjectRecord, OperationRecord, PduRecord, Sink, Stamp, Wants,
};
use dicomfast_core::flow::{Consumer, End, Ends, Info, Missing, Place};
use dicomfast_core::limits::Limits;
use dicomfast_core::net::segment::Address;

use super::ops::Ops;

const ENDS: [End; 2] = [End::First, End::Second];
/// Positions of the flow stage do not begin with 0.
const START: u64 = 1 << 40;

/// Every row in words, and what is checked besides.
#[derive(Default)]
struct Rows {
    text: String,
    count: u64,
    pdus: Vec<PduRecord>,
    messages: Vec<MessageRecord>,
    /// The boundaries were lost and found again, perhaps at the wrong place.
    searched: bool,
    /// A command set was broken already when it was sent: it may have had a whole one inside.
    bad_command: bool,
}

impl Rows {
    fn row(&mut self, record: &dyn Debug) {
        self.count += 1;
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "{record:?}");
    }
}

impl Sink for Rows {
    fn association(&mut self, record: AssociationRecord) {
        self.row(&record);
    }

    fn message(&mut self, record: MessageRecord) {
        self.row(&record);
        self.messages.push(record);
    }

    fn operation(&mut self, record: OperationRecord) {
        self.row(&record);
    }

    fn pdu(&mut self, record: PduRecord) {
        self.row(&record);
        self.pdus.push(record);
    }

    fn event(&mut self, record: EventRecord) {
        self.row(&record);
    }

    fn element(&mut self, record: ElementRecord) {
        self.row(&record);
    }

    fn object(&mut self, record: ObjectRecord) {
        self.row(&record);
        let lost = record.lost.iter().any(|range| range.length != Some(0));
        assert!(!(record.complete && lost), "complete where bytes are missing: {record:?}");
    }

    fn anomaly(&mut self, record: Anomaly) {
        use AnomalyKind::{BadCommand, Midstream, PrefixBytes, Resynchronised};
        self.row(&record);
        self.bad_command |= record.kind == BadCommand;
        self.searched |= matches!(record.kind, Midstream | PrefixBytes | Resynchronised);
    }

    fn wants(&self) -> Wants {
        Wants { pdus: true, events: true, elements: true, objects: true, ..Wants::default() }
    }
}

/// Something that comes to one end of the conversation.
#[derive(Clone, Copy)]
enum Piece<'a> {
    Data(&'a [u8]),
    Gap(&'a [u8]),
}

/// The operations: how many there are, then for each what it is and how many of the bytes that follow them all are its.
fn pieces(data: &[u8]) -> Vec<(usize, bool, Piece<'_>)> {
    let mut ops = Ops(data);
    let count = usize::from(ops.byte().unwrap_or(0));
    let heads: Vec<[u8; 3]> = std::iter::from_fn(|| ops.array()).take(count).collect();
    let mut all = Vec::new();
    for [what, low, high] in heads {
        let bytes = ops.upto(usize::from(u16::from_le_bytes([low, high])));
        if !bytes.is_empty() {
            let piece = if what & 0xe == 0xe { Piece::Gap(bytes) } else { Piece::Data(bytes) };
            all.push((usize::from(what & 1), what & 0x10 != 0, piece));
        }
    }
    if !ops.0.is_empty() {
        all.push((0, false, Piece::Data(ops.0)));
    }
    all
}

/// Runs the pieces through; neighbours that came from one end are one where `whole`. The packet number of each tells its end.
fn run(pieces: &[(usize, bool, Piece<'_>)], from_start: bool, whole: bool, gaps: bool) -> (Rows, [Vec<(u64, u64)>; 2]) {
    let limits = Limits {
        preamble_bytes: u64::MAX,
        detection_bytes: u64::MAX,
        associate_bytes: 4_096,
        command_bytes: 1_024,
        pending_operations: 4,
        deferred_messages: 4,
        open_associations: 3,
        elements: 16,
        value_bytes: 64,
        ..Limits::default()
    };
    let addresses = Ends { first: Address::v4([10, 0, 0, 1], 40_000), second: Address::v4([10, 0, 0, 2], 104) };
    let from_start = Ends { first: from_start, second: from_start };
    let starts = Ends { first: START, second: START };
    let info = Info { connection: 0, capture: 0, addresses, client: End::First, reused: false, held: true, from_start, starts };
    let mut dicom = Dicom::new(Rows::default(), &limits).telling(DataSetOptions { phi: Phi::Show, hashes: false });
    let mut state = Conversation::default();
    let mut offsets = [0_u64; 2];
    let mut missing: [Vec<(u64, u64)>; 2] = Default::default();
    let mut turn = 0;
    let mut before = None;
    let mut kept: Vec<u8> = Vec::new();
    let mut rest = pieces.iter().peekable();
    while let Some((at, pass, piece)) = rest.next() {
        let end = ENDS[*at];
        // A stamp changes with the end, or at a gap: the same for one run of bytes however it is cut.
        let gap = matches!(piece, Piece::Gap(_)) && gaps;
        if before != Some((*at, gap)) || gap {
            turn += 1;
            before = Some((*at, gap));
        }
        let stamp = Stamp { packet: 2 * turn + *at as u64, time: turn as i64 * 1_000_000 };
        let received = Some(START + offsets[1 - at]);
        let offset = offsets[*at] - kept.len() as u64;
        let (Piece::Data(bytes) | Piece::Gap(bytes)) = piece;
        let length = bytes.len() as u64;
        offsets[*at] += length;
        let place = Place { stamp, offset, received };
        if gap {
            missing[*at].push((offset, offset + length));
            dicom.gap(&mut state, &info, end, place, length, Missing::Lost);
            continue;
        }
        if whole {
            kept.extend_from_slice(bytes);
            let goes_on = rest.peek().is_some_and(|(next, _, piece)| next == at && !(gaps && matches!(piece, Piece::Gap(_))));
            if !goes_on {
                dicom.data(&mut state, &info, end, place, &kept);
                kept.clear();
            }
        } else if *pass && dicom.unread(&state, end) >= length {
            dicom.passed(&mut state, &info, end, place, length);
        } else {
            dicom.data(&mut state, &info, end, place, bytes);
        }
    }
    dicom.end(&mut state, &info, Closed::Fin);
    (dicom.sink, missing)
}

pub fn pdus(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let pieces = pieces(rest);
    let from_start = first & 1 == 0;
    let (rows, missing) = run(&pieces, from_start, false, true);
    check(&rows, &missing, rest.len() as u64);
    let tls = |end| {
        let mut of_end = pieces.iter().filter(|(at, ..)| *at == end).flat_map(|(_, _, Piece::Data(bytes) | Piece::Gap(bytes))| *bytes);
        of_end.next().is_some_and(|first| (20..=24).contains(first))
    };
    // TLS is told by the first bytes alone, and a gap may hide them.
    if tls(0) || tls(1) {
        return;
    }
    let (whole, _) = run(&pieces, from_start, true, true);
    assert_eq!(rows.text, whole.text, "however the bytes were cut");
    let (sent, _) = run(&pieces, from_start, true, false);
    if rows.searched || sent.searched || sent.bad_command {
        return;
    }
    let told = |message: &MessageRecord| (message.context_id, message.command.clone(), message.command_bytes, message.dataset_bytes);
    for message in rows.messages.iter().filter(|message| message.complete) {
        assert!(
            sent.messages.iter().any(|other| told(other) == told(message)),
            "a message is complete that nobody sent: {message:?} of {missing:?}"
        );
    }
}

fn check(rows: &Rows, missing: &[Vec<(u64, u64)>; 2], bytes: u64) {
    assert!(rows.count <= 4 * bytes + 16, "{} rows of {bytes} bytes", rows.count);
    let mut ends = [0_u64; 2];
    for pdu in &rows.pdus {
        let at = (pdu.first.packet & 1) as usize;
        assert!(pdu.stream_offset >= ends[at], "PDUs do not overlap");
        let end = pdu.stream_offset + 6 + u64::from(pdu.length);
        if pdu.complete {
            let touched = missing[at].iter().find(|(from, until)| *from < end && pdu.stream_offset < *until);
            assert_eq!(touched, None, "complete where bytes are missing: {pdu:?}");
            ends[at] = end;
        } else {
            ends[at] = pdu.stream_offset + 6;
        }
    }
}
