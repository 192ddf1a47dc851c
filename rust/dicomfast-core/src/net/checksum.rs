//! The TCP checksum over the pseudo-header (RFC 9293 section 3.1, RFC 8200 section 8.1), and what offload leaves in its place.

use super::segment::Segment;
use super::tcp;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checksum {
    Good,
    Bad,
    /// Not computed yet when the packet was captured: the network card was to do it (checksum or segmentation offload).
    Partial,
    /// Not all bytes are in the capture.
    Unknown,
}

/// Checks a segment against its header (with options) and captured payload.
///
/// `Partial` is what sending hosts leave for their network card. Linux stores the sum of the pseudo-header, not complemented,
/// with the segment's length in it (`tcp_v4_send_check`, `CHECKSUM_PARTIAL`); drivers and Windows that segment large sends
/// store it with a length of 0 (the length differs in each packet that the card makes); both are also seen complemented, and
/// some stacks leave 0. So a damaged segment is taken for `Partial` once in some 13,000 times.
pub fn verify(segment: &Segment, header: &[u8], payload: &[u8]) -> Checksum {
    let Some(head) = header.first_chunk::<{ tcp::FIXED }>() else { return Checksum::Unknown };
    let whole = segment.captured >= segment.length && payload.len() == segment.captured as usize;
    if !whole || header.len() != tcp::header_length(head) {
        return Checksum::Unknown;
    }
    let length = (header.len() + payload.len()) as u32;
    let addresses = addresses(segment);
    if fold(addresses + pseudo(length) + sum(header) + sum(payload)) == 0xffff {
        return Checksum::Good;
    }
    let field = u16::from_ne_bytes([head[16], head[17]]);
    let (with, without) = (fold(addresses + pseudo(length)), fold(addresses + pseudo(0)));
    if field == 0 || [with, !with, without, !without].contains(&field) { Checksum::Partial } else { Checksum::Bad }
}

/// All sums are of 16-bit words in the order of this machine: the sum of swapped words is the swapped sum (RFC 1071).
fn addresses(segment: &Segment) -> u64 {
    let (source, destination) = (&segment.source.ip, &segment.destination.ip);
    match (source, destination) {
        ([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, from @ ..], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, to @ ..]) => sum(from) + sum(to),
        _ => sum(source) + sum(destination),
    }
}

/// Protocol and length; IPv6 has the length in 32 bits, IPv4 in 16, which sums to the same.
fn pseudo(length: u32) -> u64 {
    sum(&length.to_be_bytes()) + sum(&[0, 6])
}

/// The sum of 32-bit words, into which every sum of 16-bit words folds; and so does one of 64-bit words, with its carries: an addition and one
/// more for each word.
fn sum(bytes: &[u8]) -> u64 {
    let (blocks, rest) = bytes.as_chunks::<8>();
    let whole: u128 = blocks.iter().map(|word| u128::from(u64::from_ne_bytes(*word))).sum();
    let (words, tail) = rest.as_chunks::<4>();
    let low = |word: u128| (word & 0xffff_ffff) as u64;
    let mut total: u64 = low(whole) + low(whole >> 32) + low(whole >> 64) + low(whole >> 96);
    for word in words {
        total += u64::from(u32::from_ne_bytes(*word));
    }
    let mut last = [0; 4];
    for (to, from) in last.iter_mut().zip(tail) {
        *to = *from;
    }
    total + u64::from(u32::from_ne_bytes(last))
}

fn fold(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}

#[cfg(test)]
mod tests {
    use super::{Checksum, addresses, fold, pseudo, sum, verify};
    use crate::net::segment::{Address, Segment};
    use crate::net::tcp;

    #[test]
    fn sum_of_rfc_1071() {
        // RFC 1071 section 3: 0001 f203 f4f5 f6f7 sums to ddf2.
        assert_eq!(fold(sum(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7])).to_ne_bytes(), [0xdd, 0xf2]);
        // As slowly as the definition, for all lengths around the size of a block.
        let bytes: Vec<u8> = (0..200_u32).map(|value| (value * 37 + 11) as u8).collect();
        for end in 0..bytes.len() {
            let words = bytes[..end].chunks(2).map(|word| u64::from(u16::from_ne_bytes([word[0], *word.get(1).unwrap_or(&0)])));
            assert_eq!(fold(sum(&bytes[..end])), fold(words.sum()), "{end}");
        }
    }

    #[test]
    fn partial_and_cut() {
        let mut header = [0, 104, 0x2b, 0x67, 0, 0, 0, 1, 0, 0, 0, 2, 0x50, 0x18, 0, 9, 0, 0, 0, 0];
        let payload = [1, 2, 3];
        let ip = crate::net::ip::Ip {
            source: Address::v4([192, 0, 2, 1], 0).ip,
            destination: Address::v4([192, 0, 2, 2], 0).ip,
            ttl: 64,
            id: 0,
            v6: false,
        };
        let segment = Segment { captured: 3, length: 3, ..tcp::segment(&header, ip) };
        assert_eq!(verify(&segment, &header, &payload), Checksum::Partial);
        for length in [23, 0] {
            let left = fold(addresses(&segment) + pseudo(length));
            for field in [left, !left] {
                header[16..18].copy_from_slice(&field.to_ne_bytes());
                assert_eq!(verify(&segment, &header, &payload), Checksum::Partial);
            }
        }
        // 192.0.2.1, 192.0.2.2, protocol 6 and length 23, added by hand: c000 + 0201 + c000 + 0202 + 0006 + 0017 = 18420 -> 8421.
        assert_eq!(fold(addresses(&segment) + pseudo(23)).to_ne_bytes(), [0x84, 0x21]);
        header[16..18].copy_from_slice(&[0x12, 0x34]);
        assert_eq!(verify(&segment, &header, &payload), Checksum::Bad);
        assert_eq!(verify(&Segment { length: 4, ..segment }, &header, &payload), Checksum::Unknown);
        assert_eq!(verify(&segment, &header[..19], &payload), Checksum::Unknown);
        header[12] = 0x60;
        assert_eq!(verify(&segment, &header, &payload), Checksum::Unknown);
    }
}
