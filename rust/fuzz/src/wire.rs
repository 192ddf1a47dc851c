//! Bytes for the pipeline target: PDUs of the usual kinds (PS3.8 section 9.3, PS3.7 section 9.3) and packets of a pcap file.

const VERIFICATION: &str = "1.2.840.10008.1.1";
const CT: &str = "1.2.840.10008.5.1.4.1.1.2";
const FIND: &str = "1.2.840.10008.5.1.4.1.2.2.1";
const IMPLICIT: &str = "1.2.840.10008.1.2";

/// A pcap file of raw IP packets (LINKTYPE_RAW).
pub fn pcap_header() -> Vec<u8> {
    let words = [0xa1b2_c3d4, 0x0004_0002, 0, 0, 65_535, 101_u32];
    words.into_iter().flat_map(u32::to_le_bytes).collect()
}

/// A TCP segment of one of a few connections.
pub struct Packet {
    pub connection: usize,
    pub side: usize,
    pub sequence: u32,
    pub acknowledgment: u32,
    pub flags: u8,
    /// Microseconds.
    pub time: u64,
    /// Bytes that the snap length cuts off.
    pub cut: usize,
}

impl Packet {
    /// The record with its header. Checksums are 0, as before a network card fills them in.
    pub fn frame(&self, payload: &[u8]) -> Vec<u8> {
        let host = |side: usize| [10, 0, self.connection as u8, side as u8];
        let port = |side: usize| if side == 0 { 40_000 + self.connection as u16 } else { 104 };
        let length = 40 + payload.len();
        let mut packet = vec![0x45, 0];
        packet.extend((length as u16).to_be_bytes());
        packet.extend([0, 0, 0x40, 0, 64, 6, 0, 0]);
        packet.extend(host(self.side));
        packet.extend(host(1 - self.side));
        packet.extend(port(self.side).to_be_bytes());
        packet.extend(port(1 - self.side).to_be_bytes());
        packet.extend(self.sequence.to_be_bytes());
        packet.extend(self.acknowledgment.to_be_bytes());
        packet.extend([0x50, self.flags, 0xff, 0xff, 0, 0, 0, 0]);
        packet.extend(payload);
        packet.truncate(length - self.cut);
        let words = [(self.time / 1_000_000) as u32, (self.time % 1_000_000) as u32, packet.len() as u32, length as u32];
        words.into_iter().flat_map(u32::to_le_bytes).chain(packet).collect()
    }
}

/// A PDU of one of 15 kinds; `id` chooses a context or message, `number` a status or a length.
pub fn pdu(kind: u8, id: u8, number: u16) -> Vec<u8> {
    let context = 1 + 2 * (id & 1);
    let message = u16::from(id >> 1);
    let request = |field, class, data_set| {
        command(context, &[(0x0002, class), (0x0100, &word(field)), (0x0110, &word(message)), (0x0800, &word(data_set))])
    };
    let response = |field, class, data_set| {
        command(
            context,
            &[(0x0002, class), (0x0100, &word(field)), (0x0120, &word(message)), (0x0800, &word(data_set)), (0x0900, &word(number))],
        )
    };
    match kind {
        0 => associate(1, id),
        1 => associate(2, id),
        2 => framed(3, &[0, id & 3, (number & 3) as u8, (number >> 8) as u8]),
        3 => request(0x0030, VERIFICATION.as_bytes(), 0x0101),
        4 => response(0x8030, VERIFICATION.as_bytes(), 0x0101),
        5 => request(0x0001, CT.as_bytes(), 0),
        6 => response(0x8001, CT.as_bytes(), 0x0101),
        7 => request(0x0020, FIND.as_bytes(), 0),
        8 => response(0x8020, FIND.as_bytes(), if number & 0xff00 == 0xff00 { 0 } else { 0x0101 }),
        9 => data_set(context, 2, usize::from(number & 0xfff)),
        10 => data_set(context, 0, usize::from(number & 0xfff)),
        11 => command(context, &[(0x0100, &word(0x0fff)), (0x0120, &word(message)), (0x0800, &word(0x0101))]),
        12 => framed(5, &[0; 4]),
        13 => framed(6, &[0; 4]),
        _ => framed(7, &[0, 0, id & 3, (number & 7) as u8]),
    }
}

fn word(value: u16) -> [u8; 2] {
    value.to_le_bytes()
}

fn framed(pdu_type: u8, body: &[u8]) -> Vec<u8> {
    [&[pdu_type, 0][..], &(body.len() as u32).to_be_bytes(), body].concat()
}

fn item(item_type: u8, value: &[u8]) -> Vec<u8> {
    [&[item_type, 0][..], &(value.len() as u16).to_be_bytes(), value].concat()
}

fn associate(pdu_type: u8, id: u8) -> Vec<u8> {
    let context = |number: u8, class: &str| {
        let mut value = vec![number, 0, if pdu_type == 2 { id >> (number / 2) & 1 } else { 0 }, 0];
        if pdu_type == 1 {
            value.extend(item(0x30, class.as_bytes()));
        }
        value.extend(item(0x40, IMPLICIT.as_bytes()));
        item(if pdu_type == 1 { 0x20 } else { 0x21 }, &value)
    };
    let user = [item(0x51, &16_384_u32.to_be_bytes()), item(0x52, b"1.2.3.4"), item(0x55, b"FUZZ")].concat();
    let body = [
        &[0, 1, 0, 0][..],
        b"CALLED          CALLING         ",
        &[0; 32],
        &item(0x10, b"1.2.840.10008.3.1.1.1"),
        &context(1, VERIFICATION),
        &context(3, if id & 8 == 0 { CT } else { FIND }),
        &item(0x50, &user),
    ]
    .concat();
    framed(pdu_type, &body)
}

fn data_value(context: u8, flags: u8, value: &[u8]) -> Vec<u8> {
    let pdv = [&(value.len() as u32 + 2).to_be_bytes()[..], &[context, flags], value].concat();
    framed(4, &pdv)
}

fn data_set(context: u8, flags: u8, length: usize) -> Vec<u8> {
    data_value(context, flags, &vec![0x20; length])
}

fn command(context: u8, elements: &[(u16, &[u8])]) -> Vec<u8> {
    let mut set = Vec::new();
    for (tag, value) in elements {
        let padded = value.len() + value.len() % 2;
        set.extend([0, 0]);
        set.extend(tag.to_le_bytes());
        set.extend((padded as u32).to_le_bytes());
        set.extend(*value);
        set.resize(set.len() + padded - value.len(), 0);
    }
    let head = [&[0, 0, 0, 0, 4, 0, 0, 0][..], &(set.len() as u32).to_le_bytes()].concat();
    data_value(context, 3, &[head, set].concat())
}
