//! Headers that are not believed at once (PS3.8 section 9.3): a length that nothing bounds, a type that is not defined, a reserved
//! byte that is not 0. What follows the header tells: a PDU whose place is taken by another one is none. Real PDUs may be as long as
//! an object where the receiver takes any length, so no length alone is a lie below [`Limits::pdu_bytes`].

use super::framer::{Framer, State};
use super::pdu::{P_DATA, PDU_HEADER, PDV_HEADER, Upper};
use super::resync::{FOUND_PDU, Verdict, is_pdu, judge};
use crate::anomaly::AnomalyKind;
use crate::limits::Limits;

/// A PDU of unknown type is skipped by its length up to here; beyond, the length is not believed.
const UNKNOWN_PDU: u64 = 1 << 20;
/// A P-DATA-TF up to here is believed at once, where its receiver takes as much: a lie costs little.
const SURE_PDU: u64 = 64 << 10;
/// A-ASSOCIATE PDUs longer than this are not skipped by their length: 128 contexts and a user information of 64 KiB each fit twice.
const LONG_ASSOCIATE: u64 = 16 << 20;
/// PDUs that have four bytes (PS3.8 sections 9.3.4, 9.3.6 to 9.3.8) are read up to here all the same.
const SHORT_PDU: u64 = 64;
/// More bytes than any doubt needs.
const WAIT: usize = 256;

impl Framer {
    fn announced(&self) -> u64 {
        let [_, _, l0, l1, l2, l3, ..] = self.part;
        u64::from(u32::from_be_bytes([l0, l1, l2, l3]))
    }

    /// Whether the PDU header in `part` is one. `More`: what follows it has to tell.
    fn trust(&self, limits: &Limits, upper: &impl Upper) -> Verdict {
        let [pdu_type, reserved, ..] = self.part;
        let long = self.announced();
        let impossible = match pdu_type {
            1 | 2 => long > LONG_ASSOCIATE,
            P_DATA => false,
            3 | 5..=7 => long > SHORT_PDU,
            _ => long > UNKNOWN_PDU || reserved != 0,
        };
        let believed = match pdu_type {
            1 | 2 => long <= limits.associate_bytes as u64,
            P_DATA => long <= upper.limit().map_or(SURE_PDU, |limit| SURE_PDU.min(limit.into())),
            3 | 5..=7 => true,
            _ => false,
        };
        if impossible || long > limits.pdu_bytes {
            Verdict::No
        } else if believed && reserved == 0 {
            Verdict::Yes
        } else {
            Verdict::More
        }
    }

    /// The header of a PDU is there.
    pub(super) fn weigh(&mut self, limits: &Limits, upper: &mut impl Upper) {
        self.have = 0;
        match self.trust(limits, upper) {
            Verdict::Yes => self.begin(limits, upper),
            Verdict::No => {
                let header = self.part;
                self.refuse(header.get(..PDU_HEADER).unwrap_or_default(), limits, upper);
            }
            Verdict::More => self.wait(false),
        }
    }

    /// Waits for what follows the header in `part`.
    pub(super) fn wait(&mut self, in_fragment: bool) {
        self.body.clear();
        self.body.extend_from_slice(self.part.get(..PDU_HEADER).unwrap_or_default());
        self.state = State::Doubt { in_fragment };
    }

    /// More of what a doubtful header is followed by; gives the bytes that it did not need.
    pub(super) fn doubt<'a>(&mut self, in_fragment: bool, bytes: &'a [u8], limits: &Limits, upper: &mut impl Upper) -> &'a [u8] {
        let count = WAIT.saturating_sub(self.body.len()).min(bytes.len());
        let (head, tail) = bytes.split_at_checked(count).unwrap_or((bytes, &[]));
        self.body.extend_from_slice(head);
        let verdict = match self.tell(in_fragment, upper) {
            Verdict::More if self.body.len() >= WAIT => Verdict::Yes,
            verdict => verdict,
        };
        match verdict {
            Verdict::More => {}
            verdict => self.settle(in_fragment, verdict == Verdict::Yes, limits, upper),
        }
        tail
    }

    /// What the bytes so far say.
    fn tell(&self, in_fragment: bool, upper: &impl Upper) -> Verdict {
        let at = |at: usize| self.body.get(at..).map_or(Verdict::More, judge);
        let [pdu_type, reserved, ..] = self.part;
        match pdu_type {
            // What should be the header of a fragment may be that of the next PDU.
            _ if in_fragment => not(at(0)),
            1 | 2 => is_pdu(&self.body),
            _ if reserved != 0 => is_pdu(&self.body),
            // So much more than the receiver takes, and not even one fragment.
            P_DATA if self.body.len() >= PDU_HEADER + PDV_HEADER && self.is_absurd(upper) && !self.is_filled() => Verdict::No,
            // The next PDU may stand right behind the header, or behind that of a first fragment.
            P_DATA => not(either(at(PDU_HEADER), at(PDU_HEADER + PDV_HEADER))),
            _ => not(at(PDU_HEADER)),
        }
    }

    fn is_absurd(&self, upper: &impl Upper) -> bool {
        let long = self.announced();
        long > FOUND_PDU.into() && upper.limit().is_some_and(|limit| long > limit.into())
    }

    /// Whether the first fragment, whose header waits, is all that the PDU holds.
    fn is_filled(&self) -> bool {
        let Some(&[p0, p1, p2, p3, context, flags]) = self.body.get(PDU_HEADER..PDU_HEADER + PDV_HEADER) else { return false };
        u64::from(u32::from_be_bytes([p0, p1, p2, p3])) + 4 == self.announced() && context % 2 == 1 && flags <= 3
    }

    /// The doubt is over; the bytes that waited are read.
    fn settle(&mut self, in_fragment: bool, believed: bool, limits: &Limits, upper: &mut impl Upper) {
        let waited = std::mem::take(&mut self.body);
        let rest = waited.get(PDU_HEADER..).unwrap_or_default();
        match (in_fragment, believed) {
            (false, true) => {
                self.begin(limits, upper);
                self.read(self.pdu.offset + PDU_HEADER as u64, rest, limits, upper);
            }
            (false, false) => self.refuse(&waited, limits, upper),
            (true, true) => {
                let start = self.pdu.end() - self.pdu.remaining;
                self.pdv_accept(upper);
                self.read(start + PDV_HEADER as u64, rest, limits, upper);
            }
            (true, false) => self.cut("P-DATA-TF that its presentation data values do not fill", &waited, limits, upper),
        }
    }

    /// No more bytes come, or others do: a length that is not beyond all that is usual is believed, and one that a fragment fills.
    pub(super) fn settle_now(&mut self, limits: &Limits, upper: &mut impl Upper) {
        if let State::Doubt { in_fragment } = self.state {
            let [_, reserved, ..] = self.part;
            let believed = reserved == 0 && (self.announced() <= FOUND_PDU.into() || self.is_filled());
            self.settle(in_fragment, believed, limits, upper);
        }
    }

    /// There is no PDU where one should begin: it is searched for, from the next byte on.
    fn refuse(&mut self, bytes: &[u8], limits: &Limits, upper: &mut impl Upper) {
        let offset = self.pdu.offset;
        upper.issue(self.last, AnomalyKind::BadPdu, "no PDU where one should begin", offset, PDU_HEADER as u64);
        self.lose(offset, offset + 1, upper);
        self.searched = 1;
        self.read(offset + 1, bytes.get(1..).unwrap_or_default(), limits, upper);
    }

    /// The fragments of the PDU do not add up to its length: which of them lies, what follows tells. `bytes` begin where the next
    /// fragment should.
    pub(super) fn cut(&mut self, why: &'static str, bytes: &[u8], limits: &Limits, upper: &mut impl Upper) {
        let start = self.pdu.end() - self.pdu.remaining;
        upper.issue(self.last, AnomalyKind::BadPdv, why, start, self.pdu.remaining);
        self.pdu.complete = false;
        self.pdu.refuted = true;
        self.pdu.last = self.last;
        upper.end(&self.pdu);
        self.lose(start, start + 1, upper);
        self.read(start, bytes, limits, upper);
    }
}

fn not(verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Yes => Verdict::No,
        Verdict::No => Verdict::Yes,
        Verdict::More => Verdict::More,
    }
}

fn either(one: Verdict, other: Verdict) -> Verdict {
    match (one, other) {
        (Verdict::Yes, _) | (_, Verdict::Yes) => Verdict::Yes,
        (Verdict::No, Verdict::No) => Verdict::No,
        _ => Verdict::More,
    }
}
