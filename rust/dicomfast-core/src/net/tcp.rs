//! The TCP header (RFC 9293 section 3.1) and its options (RFC 9293 section 3.2, RFC 7323, RFC 2018). Knows nothing of
//! connections.

use super::cursor::{self, Cursor};
use super::ip::Ip;
use super::segment::{Address, NO_TUNNEL, NO_VLAN, Segment};
use super::walk::End;
use crate::anomaly::AnomalyKind;
use crate::event::NO_TIME;
use crate::reader::Reader;

/// Length of the header without options.
pub(super) const FIXED: usize = 20;

/// Length of the header as its data offset says.
#[inline]
pub(super) fn header_length(head: &[u8; FIXED]) -> usize {
    usize::from(head[12] >> 4) * 4
}

/// The fields of the header. Where and when it lies is for the caller to fill in.
#[inline]
pub(super) fn segment(head: &[u8; FIXED], ip: Ip) -> Segment {
    let u16_at = |high: u8, low: u8| u16::from_be_bytes([high, low]);
    Segment {
        time: NO_TIME,
        packet: 0,
        source: Address { ip: ip.source, port: u16_at(head[0], head[1]) },
        destination: Address { ip: ip.destination, port: u16_at(head[2], head[3]) },
        sequence: u32::from_be_bytes([head[4], head[5], head[6], head[7]]),
        acknowledgment: u32::from_be_bytes([head[8], head[9], head[10], head[11]]),
        window: u16_at(head[14], head[15]),
        flags: head[13],
        ttl: ip.ttl,
        ip_id: ip.id,
        vlan: NO_VLAN,
        tunnel: NO_TUNNEL,
        slot: 0,
        header: 0,
        header_length: FIXED as u8,
        payload: 0,
        captured: 0,
        length: 0,
        capture: 0,
    }
}

/// The cursor stands on the TCP header and ends with the IP packet. A header whose options the snap length cut off still
/// gives its segment: the sequence numbers are there.
pub(super) fn decode(cursor: &Cursor<'_>, ip: Ip) -> End {
    let head = match cursor.peek::<FIXED>(cursor::TCP) {
        Ok(head) => head,
        Err(end) => return end,
    };
    let header_length = header_length(head);
    if header_length < FIXED {
        return End::broken(AnomalyKind::BadTcpHeader, "data offset below 5");
    }
    let Some(length) = cursor.wire().checked_sub(header_length) else {
        return End::broken(AnomalyKind::BadTcpHeader, "data offset beyond the end of the segment");
    };
    let there = header_length.min(cursor.rest().len());
    End::Segment(Segment {
        header: cursor.position() as u32,
        header_length: there as u8,
        payload: (cursor.position() + there) as u32,
        captured: (cursor.rest().len() - there) as u32,
        length: length as u32,
        ..segment(head, ip)
    })
}

/// What the options of a header say. An option that stands twice counts the last time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TcpOptions {
    pub mss: Option<u16>,
    /// Shift count as sent; RFC 7323 section 2.3 treats values above 14 as 14.
    pub window_scale: Option<u8>,
    pub sack_permitted: bool,
    /// `TSval` and `TSecr`.
    pub timestamps: Option<(u32, u32)>,
    /// Left and right edge of the first [`TcpOptions::sack_count`] blocks.
    pub sack: [(u32, u32); 4],
    pub sack_count: u8,
}

impl TcpOptions {
    pub fn sack_blocks(&self) -> &[(u32, u32)] {
        self.sack.get(..usize::from(self.sack_count)).unwrap_or_default()
    }
}

/// Reads the options of a TCP header. An option of a wrong length ends it; what was read before stands.
pub fn options(header: &[u8]) -> TcpOptions {
    let mut options = TcpOptions::default();
    let mut reader = Reader::new(header.get(FIXED..).unwrap_or_default());
    while let Some(kind) = reader.u8() {
        match kind {
            0 => break,
            1 => {}
            _ => {
                let Some(value) = reader.u8().and_then(|length| reader.take(usize::from(length).checked_sub(2)?)) else { break };
                options.set(kind, value);
            }
        }
    }
    options
}

impl TcpOptions {
    fn set(&mut self, kind: u8, value: &[u8]) {
        match (kind, value) {
            (2, [high, low]) => self.mss = Some(u16::from_be_bytes([*high, *low])),
            (3, [shift]) => self.window_scale = Some(*shift),
            (4, []) => self.sack_permitted = true,
            (5, blocks) if blocks.len().is_multiple_of(8) => {
                self.sack_count = 0;
                let mut reader = Reader::new(blocks);
                for block in &mut self.sack {
                    let (Some(left), Some(right)) = (reader.u32_be(), reader.u32_be()) else { break };
                    *block = (left, right);
                    self.sack_count += 1;
                }
            }
            (8, _) => {
                let mut reader = Reader::new(value);
                if let (Some(value), Some(echo), true) = (reader.u32_be(), reader.u32_be(), reader.is_empty()) {
                    self.timestamps = Some((value, echo));
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{TcpOptions, options};

    fn header(options: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; 20];
        bytes.extend_from_slice(options);
        bytes
    }

    #[test]
    fn syn_of_linux() {
        // MSS 1460, SACK permitted, timestamps 0x0b5e2d61/0, NOP, window scale 7: what every Linux SYN carries.
        let found = options(&header(&[2, 4, 5, 0xb4, 4, 2, 8, 10, 0x0b, 0x5e, 0x2d, 0x61, 0, 0, 0, 0, 1, 3, 3, 7]));
        let expected = TcpOptions {
            mss: Some(1460),
            window_scale: Some(7),
            sack_permitted: true,
            timestamps: Some((0x0b5e_2d61, 0)),
            ..TcpOptions::default()
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn sack_blocks() {
        let found = options(&header(&[1, 1, 5, 18, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 5, 0, 0, 0, 9]));
        assert_eq!(found.sack_blocks(), &[(1, 2), (5, 9)]);
    }

    #[test]
    fn bad_lengths_end_the_options_and_keep_what_came_before() {
        for tail in [&[8, 0][..], &[8, 1], &[8, 11, 1, 2], &[8], &[254, 255, 1]] {
            let mut bytes = header(&[2, 4, 5, 0xb4]);
            bytes.extend_from_slice(tail);
            assert_eq!(options(&bytes), TcpOptions { mss: Some(1460), ..TcpOptions::default() }, "{tail:?}");
        }
        // A known option of the wrong size is passed over.
        assert_eq!(options(&header(&[3, 4, 1, 2, 2, 4, 2, 0])).mss, Some(512));
        // The end-of-options mark hides what follows; a header without options has none.
        assert_eq!(options(&header(&[0, 2, 4, 5])), TcpOptions::default());
        assert_eq!(options(&[0; 12]), TcpOptions::default());
    }
}
