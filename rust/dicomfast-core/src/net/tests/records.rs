//! What is told of frames: the segments stay the same, the headers are those of the frame, and no frame is too broken to be told of.

use etherparse::{NetSlice, SlicedPacket, TransportSlice};

use super::{captures, decode, frame, one_of_each, read};
use crate::capture::LinkType;
use crate::limits::Limits;
use crate::net::segment::Batch;
use crate::net::{Detail, FrameDecoder};

fn told(link: LinkType, frames: &[(Vec<u8>, u32)]) -> Batch {
    let mut decoder = FrameDecoder::new(&Limits::default()).telling(Detail::Frames);
    let mut batch = Batch::default();
    let mut offset = 0;
    for (index, (bytes, length)) in frames.iter().enumerate() {
        offset += 16;
        decoder.decode(&frame(index as u64 + 1, link, offset, bytes, *length), bytes, 0, &mut batch);
        offset += bytes.len() as u32;
    }
    batch
}

#[test]
fn telling_of_frames_changes_no_segment() {
    for (name, capture) in captures() {
        let (_, plain) = decode(capture.link, &capture.frames);
        let batch = told(capture.link, &capture.frames);
        assert_eq!(format!("{:?}", batch.segments), format!("{:?}", plain.segments), "{name}");
        assert_eq!(format!("{:?}", batch.anomalies), format!("{:?}", plain.anomalies), "{name}");
        assert_eq!(batch.records.len(), capture.frames.len(), "{name}");
        for segment in &batch.segments {
            let record = &batch.records[segment.packet as usize - 1];
            let tcp = record.tcp.unwrap();
            assert_eq!((tcp.source_port, tcp.sequence, tcp.length), (segment.source.port, segment.sequence, segment.length), "{name}");
            assert_eq!(record.headers.ip.unwrap().source, segment.source.endpoint().ip, "{name}");
            assert!(record.protocols.ends_with(":tcp"), "{name}: {}", record.protocols);
        }
        assert_eq!(batch.records.iter().filter(|record| record.tcp.is_some()).count(), batch.segments.len(), "{name}");
    }
}

#[test]
fn headers_as_etherparse_reads_them() {
    for name in ["a26_ipv6.pcap", "a27_vlan.pcap", "a50_tunnels.pcap"] {
        let capture = read(name);
        let batch = told(capture.link, &capture.frames);
        for (record, (bytes, _)) in batch.records.iter().zip(&capture.frames) {
            let packet = SlicedPacket::from_ethernet(bytes).unwrap();
            match packet.net {
                Some(NetSlice::Ipv4(ip)) => {
                    let (header, found) = (ip.header(), record.headers.ip.unwrap());
                    assert_eq!((found.source, found.ttl, found.length), (header.source_addr().into(), header.ttl(), header.total_len()));
                    assert_eq!((found.id, found.checksum), (Some(header.identification()), Some(header.header_checksum())));
                }
                Some(NetSlice::Ipv6(ip)) => {
                    let (header, found) = (ip.header(), record.headers.ip.unwrap());
                    assert_eq!((found.destination, found.ttl), (header.destination_addr().into(), header.hop_limit()));
                    assert_eq!((found.length, found.flow_label), (header.payload_length(), Some(header.flow_label().value())));
                }
                _ => assert!(record.headers.ip.is_none()),
            }
            if let Some(TransportSlice::Tcp(header)) = packet.transport {
                let found = record.tcp.unwrap();
                assert_eq!((found.window, found.checksum), (header.window_size(), header.checksum()), "{name}");
                assert_eq!(usize::from(found.header_length), header.slice().len() - header.payload().len(), "{name}");
            }
        }
    }
}

#[test]
fn cut_anywhere_or_damaged() {
    for (_, link, bytes) in one_of_each() {
        let cut = |end: usize| (bytes[..end].to_vec(), bytes.len() as u32);
        let flipped = |at: usize| {
            let mut bytes = bytes.clone();
            bytes[at] ^= 0xff;
            (bytes, 0)
        };
        let frames: Vec<_> = (0..=bytes.len()).map(cut).chain((0..bytes.len().min(120)).map(flipped)).collect();
        let frames: Vec<_> = frames.into_iter().map(|(bytes, length)| (bytes.clone(), length.max(bytes.len() as u32))).collect();
        assert_eq!(told(LinkType(link), &frames).records.len(), frames.len());
    }
}
