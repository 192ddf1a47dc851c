//! Finds the next PDU in bytes whose beginning is not one: after a gap that covers a header, in a capture that began late, or on
//! a port nobody named. A PDU is believed by its shape alone (PS3.8 section 9.3), so that nothing has to be known before.

/// Bytes that the judgement of one place may need: the header and fixed part of an A-ASSOCIATE PDU and what its first item begins with.
const LOOK: usize = 6 + FIXED + 5;
/// Fixed part of A-ASSOCIATE-RQ and -AC (PS3.8 sections 9.3.2 and 9.3.3).
const FIXED: usize = 68;
/// A P-DATA-TF is not believed beyond this length when it is found by searching.
pub const FOUND_PDU: u32 = 64 << 20;
/// The same for an A-ASSOCIATE PDU.
const FOUND_ASSOCIATE: u32 = 1 << 20;
/// How every command set begins: (0000,0000), four bytes long (PS3.7 section 6.3.1).
const GROUP_LENGTH: [u8; 8] = [0, 0, 0, 0, 4, 0, 0, 0];

/// Whether a PDU begins here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Yes,
    No,
    /// More bytes are needed to tell.
    More,
}

/// Judges the bytes at a place where nothing is known.
pub fn judge(bytes: &[u8]) -> Verdict {
    let [pdu_type, rest @ ..] = bytes else { return Verdict::More };
    if !(1..=7).contains(pdu_type) {
        return Verdict::No;
    }
    let [reserved, rest @ ..] = rest else { return Verdict::More };
    let is_associate = matches!(pdu_type, 1 | 2);
    // It says nothing (PS3.8 section 9.3), but in nearly all PDUs it is 0, and in other bytes it is not. Only A-ASSOCIATE PDUs
    // have so much else to know them by that they do without.
    if *reserved != 0 && !is_associate {
        return Verdict::No;
    }
    let [l0, l1, l2, l3, body @ ..] = rest else {
        return if rest.first().is_none_or(|byte| *byte < 4) { Verdict::More } else { Verdict::No };
    };
    let length = u32::from_be_bytes([*l0, *l1, *l2, *l3]);
    match pdu_type {
        1 | 2 if length > FOUND_ASSOCIATE => Verdict::No,
        1 | 2 => associate(length, body, *reserved == 0),
        4 if length > FOUND_PDU => Verdict::No,
        4 => data(length, body),
        _ => short(*pdu_type, length, body),
    }
}

/// Judges the bytes at a place where a PDU should begin and its header alone is not enough: the reserved byte is not 0, or the
/// length is one that no PDU of this type needs.
pub fn is_pdu(bytes: &[u8]) -> Verdict {
    let [pdu_type, _, l0, l1, l2, l3, body @ ..] = bytes else { return Verdict::More };
    let length = u32::from_be_bytes([*l0, *l1, *l2, *l3]);
    match pdu_type {
        1 | 2 => associate(length, body, true),
        4 => {
            let Some((head, _)) = body.split_first_chunk::<6>() else { return Verdict::More };
            let [p0, p1, p2, p3, context, flags] = *head;
            let pdv = u32::from_be_bytes([p0, p1, p2, p3]);
            if pdv >= 2 && length.checked_sub(4).is_some_and(|room| pdv <= room) && context % 2 == 1 && flags <= 3 {
                Verdict::Yes
            } else {
                Verdict::No
            }
        }
        3 | 5..=7 if length == 4 => Verdict::Yes,
        _ => Verdict::No,
    }
}

/// A-ASSOCIATE-RQ and -AC: version bit 0, and either what usually follows (two reserved bytes, two AE titles; in the answer they
/// are reserved, but repeated) or, whatever stands in those, the application context item where the fixed part ends.
fn associate(length: u32, body: &[u8], usual: bool) -> Verdict {
    if length < FIXED as u32 {
        return Verdict::No;
    }
    let [_, version, r0, r1, titles @ ..] = body else { return Verdict::More };
    if version & 1 == 0 {
        return Verdict::No;
    }
    let printable = |byte: &u8| *byte == 0 || (0x20..0x7f).contains(byte) || *byte >= 0x80;
    if usual && *r0 == 0 && *r1 == 0 {
        match titles.get(..16) {
            Some(title) if title.iter().all(printable) => return Verdict::Yes,
            Some(_) => {}
            None => return Verdict::More,
        }
    }
    // Item type, reserved, length, and the first digit of a UID.
    match body.get(FIXED..FIXED + 5) {
        Some(&[0x10, _, 0, 1..=64, b'0'..=b'2']) => Verdict::Yes,
        Some(_) => Verdict::No,
        None if length < FIXED as u32 + 5 => Verdict::No,
        None => Verdict::More,
    }
}

/// A-ASSOCIATE-RJ, A-RELEASE-RQ, -RP and A-ABORT: four bytes, with the values that the standard knows.
fn short(pdu_type: u8, length: u32, body: &[u8]) -> Verdict {
    if length != 4 {
        return Verdict::No;
    }
    let Some(&[b0, b1, b2, b3]) = body.get(..4) else { return Verdict::More };
    let plausible = match pdu_type {
        3 => b0 == 0 && (1..=2).contains(&b1) && (1..=3).contains(&b2),
        7 => b0 == 0 && b1 == 0 && b2 <= 2 && b3 <= 6,
        _ => [b0, b1, b2, b3] == [0; 4],
    };
    if plausible { Verdict::Yes } else { Verdict::No }
}

/// P-DATA-TF: its first presentation data value fills it, or is a command set, which begins with its group length.
fn data(length: u32, body: &[u8]) -> Verdict {
    if length < 6 {
        return Verdict::No;
    }
    let Some((head, value)) = body.split_first_chunk::<6>() else { return Verdict::More };
    let [p0, p1, p2, p3, context, flags] = *head;
    let pdv = u32::from_be_bytes([p0, p1, p2, p3]);
    if pdv < 2 || pdv > length - 4 || context % 2 == 0 || flags > 3 {
        return Verdict::No;
    }
    if pdv == length - 4 {
        return Verdict::Yes;
    }
    if flags & 1 == 0 {
        return Verdict::No;
    }
    let known = value.len().min(GROUP_LENGTH.len());
    if value.get(..known) != GROUP_LENGTH.get(..known) {
        Verdict::No
    } else if known == GROUP_LENGTH.len() {
        Verdict::Yes
    } else {
        Verdict::More
    }
}

/// Searches a stream that comes in pieces of any size.
#[derive(Debug, Default)]
pub struct Scanner {
    /// The last bytes, which could not be judged yet.
    carry: Vec<u8>,
}

/// Where a PDU was found: `back` bytes before the piece (they are in the carry), or `forward` bytes into it.
#[derive(Debug, PartialEq, Eq)]
pub struct Found {
    /// Bytes of earlier pieces that belong to the PDU.
    pub carried: Vec<u8>,
    /// Where the PDU begins (or goes on, with `carried`) in this piece.
    pub at: usize,
}

impl Scanner {
    pub fn clear(&mut self) {
        self.carry.clear();
    }

    /// Whether bytes are kept that may still turn out to be a PDU.
    pub fn carried(&self) -> usize {
        self.carry.len()
    }

    pub fn feed(&mut self, bytes: &[u8]) -> Option<Found> {
        if !self.carry.is_empty() {
            // Places that begin in the carry, seen together with the first new bytes.
            let old = self.carry.len();
            self.carry.extend(bytes.iter().take(LOOK));
            for at in 0..old {
                match self.carry.get(at..).map_or(Verdict::No, judge) {
                    Verdict::Yes => {
                        let carried = self.carry.get(at..old).unwrap_or_default().to_vec();
                        self.carry.clear();
                        return Some(Found { carried, at: 0 });
                    }
                    Verdict::No => {}
                    Verdict::More => {
                        // The piece was too short to tell: wait with all that is not judged.
                        self.carry.drain(..at);
                        return None;
                    }
                }
            }
            self.carry.clear();
        }
        let mut at = 0;
        while let Some(rest) = bytes.get(at..) {
            // Most bytes are no PDU type.
            let skipped = rest.iter().position(|byte| (1..=7).contains(byte))?;
            at += skipped;
            match bytes.get(at..).map_or(Verdict::No, judge) {
                Verdict::Yes => return Some(Found { carried: Vec::new(), at }),
                Verdict::No => at += 1,
                Verdict::More => {
                    self.carry.extend_from_slice(bytes.get(at..).unwrap_or_default());
                    return None;
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{Scanner, Verdict, judge};

    const RELEASE: [u8; 10] = [5, 0, 0, 0, 0, 4, 0, 0, 0, 0];
    const DATA: [u8; 16] = [4, 0, 0, 0, 0, 10, 0, 0, 0, 6, 1, 2, 9, 9, 9, 9];

    #[test]
    fn shapes_of_the_standard() {
        assert_eq!(judge(&RELEASE), Verdict::Yes);
        assert_eq!(judge(&RELEASE[..9]), Verdict::More);
        assert_eq!(judge(&DATA), Verdict::Yes);
        assert_eq!(judge(b"GET / HTTP/1.1"), Verdict::No);
        assert_eq!(judge(&[7, 0, 0, 0, 0, 4, 0, 0, 2, 9]), Verdict::No);
        assert_eq!(judge(&[]), Verdict::More);
    }

    /// An A-ASSOCIATE-RQ or -AC is known by its application context item, whatever its titles and reserved fields hold.
    #[test]
    fn associations_by_their_shape() {
        let pdu = |pdu_type: u8, reserved: u8, title: u8, item: &[u8]| {
            let mut bytes = vec![pdu_type, reserved, 0, 0, 0, 200, 0, 1, reserved, 0];
            bytes.extend([title; 32]);
            bytes.extend([title; 32]);
            bytes.extend(item);
            bytes.resize(206, 0);
            bytes
        };
        let context = b"\x10\x00\x00\x151.2.840.10008.3.1.1.1";
        for pdu_type in [1, 2] {
            for title in [0, 1, 0x1b, b'A', 0x7f, 0xff] {
                assert_eq!(judge(&pdu(pdu_type, 0, title, context)), Verdict::Yes);
                assert_eq!(judge(&pdu(pdu_type, 7, title, context)), Verdict::Yes);
                assert_eq!(judge(&pdu(pdu_type, 7, title, b"\x10\x00\x00\x15abc")), Verdict::No);
                assert_eq!(judge(&pdu(pdu_type, 7, title, b"\x20\x00\x00\x151.2")), Verdict::No);
            }
            assert_eq!(judge(&pdu(pdu_type, 0, 0x1b, b"")), Verdict::No);
        }
    }

    #[test]
    fn noise_is_no_pdu() {
        // xorshift64 (Marsaglia 2003).
        let mut noise = 0x9e37_79b9_7f4a_7c15_u64;
        let bytes: Vec<u8> = (0..8 << 20)
            .map(|_| {
                noise ^= noise << 13;
                noise ^= noise >> 7;
                noise ^= noise << 17;
                (noise >> 56) as u8
            })
            .collect();
        assert_eq!(Scanner::default().feed(&bytes), None);
    }

    #[test]
    fn found_at_every_cut() {
        let mut stream = b"\x04\x00\x04\x00\x04\x00\x04\x00noise\x01\x00".to_vec();
        let start = stream.len();
        stream.extend_from_slice(&DATA);
        stream.extend_from_slice(&RELEASE);
        for piece in 1..=stream.len() {
            let mut scanner = Scanner::default();
            let mut position = 0;
            let found = stream.chunks(piece).find_map(|chunk| {
                let found = scanner.feed(chunk).map(|found| position + found.at - found.carried.len());
                position += chunk.len();
                found
            });
            assert_eq!(found, Some(start), "pieces of {piece}");
        }
    }
}
