//! TCP (RFC 9293) between two hosts: a world's turns as segments, what may happen to them on the way to the capture, and the
//! capture file.

use std::io::Read;

use super::world::World;

pub(crate) const FIN: u8 = 1;
pub(crate) const SYN: u8 = 2;
pub(crate) const RST: u8 = 4;
pub(crate) const ACK: u8 = 16;

/// One TCP segment. Sequence and acknowledgment numbers count from the initial sequence number: SYN is 0, the first byte 1.
#[derive(Clone, Debug)]
pub(crate) struct Packet {
    pub from: usize,
    pub sequence: u32,
    pub acknowledgment: u32,
    pub flags: u8,
    pub payload: Vec<u8>,
    pub ip_id: u16,
    /// Bytes cut off the end of the frame.
    pub cut: usize,
    pub bad_checksum: bool,
}

impl Packet {
    pub fn new(from: usize, sequence: u32, acknowledgment: u32, flags: u8, payload: &[u8]) -> Self {
        Self { from, sequence, acknowledgment, flags, payload: payload.to_vec(), ip_id: 0, cut: 0, bad_checksum: false }
    }

    /// Its payload's place in the direction's stream.
    pub fn bytes(&self) -> std::ops::Range<usize> {
        let start = (self.sequence as usize + usize::from(self.flags & SYN != 0)).saturating_sub(1);
        start..start + self.payload.len()
    }
}

/// Cuts a world into segments of the sizes given (used in turn), from the handshake to FIN.
pub(crate) fn packets(world: &World, sizes: &[usize]) -> Vec<Packet> {
    let mut packets = vec![Packet::new(0, 0, 0, SYN, &[]), Packet::new(1, 0, 1, SYN | ACK, &[]), Packet::new(0, 1, 1, ACK, &[])];
    let mut sizes = sizes.iter().cycle();
    for turn in &world.turns {
        let mut at = turn.bytes.start;
        while at < turn.bytes.end {
            let size = (*sizes.next().unwrap_or(&1_460)).max(1).min(turn.bytes.end - at);
            let payload = &world.streams[turn.sender][at..at + size];
            packets.push(Packet::new(turn.sender, at as u32 + 1, turn.received as u32 + 1, ACK, payload));
            at += size;
        }
        let other = 1 - turn.sender;
        let sent = packets.iter().filter(|packet| packet.from == other).map(|packet| packet.bytes().end).max().unwrap_or(0);
        packets.push(Packet::new(other, sent as u32 + 1, turn.bytes.end as u32 + 1, ACK, &[]));
    }
    let [a, b] = [world.streams[0].len() as u32, world.streams[1].len() as u32];
    packets.push(Packet::new(0, a + 1, b + 1, FIN | ACK, &[]));
    packets.push(Packet::new(1, b + 1, a + 2, FIN | ACK, &[]));
    packets.push(Packet::new(0, a + 2, b + 2, ACK, &[]));
    number(&mut packets);
    packets
}

/// Gives each packet an IP identification of its own, as its sender would.
pub(crate) fn number(packets: &mut [Packet]) {
    for (index, packet) in packets.iter_mut().enumerate() {
        packet.ip_id = (index as u16).wrapping_add(1);
    }
}

fn sum(bytes: &[u8]) -> u32 {
    bytes.chunks(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0))).sum()
}

fn checksum(sum: u32) -> u16 {
    let mut sum = sum;
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

const HOSTS: [[u8; 4]; 2] = [[192, 0, 2, 1], [192, 0, 2, 2]];
const PORTS: [u16; 2] = [49_152, 11_112];

/// The Ethernet frame of a segment.
pub(crate) fn frame(packet: &Packet, initial: [u32; 2]) -> Vec<u8> {
    let (from, to) = (packet.from, 1 - packet.from);
    let mut tcp = Vec::new();
    tcp.extend(PORTS[from].to_be_bytes());
    tcp.extend(PORTS[to].to_be_bytes());
    tcp.extend(initial[from].wrapping_add(packet.sequence).to_be_bytes());
    let acknowledgment = if packet.flags & ACK == 0 { 0 } else { initial[to].wrapping_add(packet.acknowledgment) };
    tcp.extend(acknowledgment.to_be_bytes());
    tcp.extend([0x50, packet.flags, 0xff, 0xff, 0, 0, 0, 0]);
    tcp.extend(&packet.payload);
    let pseudo = sum(&HOSTS[from]) + sum(&HOSTS[to]) + 6 + tcp.len() as u32;
    let mut check = checksum(pseudo + sum(&tcp));
    if packet.bad_checksum {
        check ^= 0x5a5a;
    }
    tcp[16..18].copy_from_slice(&check.to_be_bytes());

    let mut ip = vec![0x45, 0];
    ip.extend((20 + tcp.len() as u16).to_be_bytes());
    ip.extend(packet.ip_id.to_be_bytes());
    ip.extend([0x40, 0, 64, 6, 0, 0]);
    ip.extend(HOSTS[from]);
    ip.extend(HOSTS[to]);
    let check = checksum(sum(&ip));
    ip[10..12].copy_from_slice(&check.to_be_bytes());

    let mut frame = vec![2, 0, 0, 0, 0, to as u8, 2, 0, 0, 0, 0, from as u8, 8, 0];
    frame.extend(ip);
    frame.extend(tcp);
    frame
}

/// A pcap file (draft-ietf-opsawg-pcap) of frames with their length on the wire, 100 microseconds apart.
pub(crate) fn pcap<'a>(frames: impl IntoIterator<Item = (&'a [u8], usize)>) -> Vec<u8> {
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 262_144, 1] {
        file.extend(word.to_le_bytes());
    }
    for (index, (frame, length)) in frames.into_iter().enumerate() {
        let time = 1_700_000_000_000_000_u64 + 100 * index as u64;
        for word in [(time / 1_000_000) as u32, (time % 1_000_000) as u32, frame.len() as u32, length as u32] {
            file.extend(word.to_le_bytes());
        }
        file.extend(frame);
    }
    file
}

pub(crate) const INITIAL: [u32; 2] = [1_000, 5_000];

/// The capture file of segments.
pub(crate) fn capture(packets: &[Packet], initial: [u32; 2]) -> Vec<u8> {
    let frames: Vec<(Vec<u8>, usize)> = packets
        .iter()
        .map(|packet| {
            let mut frame = frame(packet, initial);
            let length = frame.len();
            frame.truncate(length - packet.cut);
            (frame, length)
        })
        .collect();
    pcap(frames.iter().map(|(frame, length)| (frame.as_slice(), *length)))
}

/// Gives its bytes in pieces of the sizes given.
pub(crate) struct Trickle {
    pub bytes: Vec<u8>,
    pub at: usize,
    pub sizes: Vec<usize>,
    pub reads: usize,
}

impl Read for Trickle {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let size = self.sizes.get(self.reads % self.sizes.len().max(1)).copied().unwrap_or(usize::MAX).max(1);
        self.reads += 1;
        let count = size.min(buffer.len()).min(self.bytes.len() - self.at);
        buffer[..count].copy_from_slice(&self.bytes[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

/// Each packet displaced by up to `reach` places, by the random numbers given; direction 1 besides by `skew`.
pub(crate) fn reordered(packets: &[Packet], moves: &[usize], reach: usize, skew: isize) -> Vec<Packet> {
    let mut keyed: Vec<(isize, Packet)> = packets
        .iter()
        .enumerate()
        .map(|(index, packet)| {
            let by = moves.get(index % moves.len().max(1)).map_or(0, |random| random % (reach + 1));
            (index as isize + by as isize + if packet.from == 1 { skew } else { 0 }, packet.clone())
        })
        .collect();
    keyed.sort_by_key(|(key, _)| *key);
    keyed.into_iter().map(|(_, packet)| packet).collect()
}
