//! One of each header around a real packet: the segment must be the same, and the tunnel and VLAN be named.

use super::{decode, decode_one, ethernet, ipv4, ipv6, join, one_of_each, packet_v4, packet_v6, seen, udp};
use crate::anomaly::AnomalyKind;
use crate::capture::LinkType;
use crate::net::segment::NO_VLAN;

#[test]
fn every_header_leads_to_the_same_segment() {
    let plain = |link, packet: &[u8]| {
        let (_, batch) = decode_one(link, packet);
        seen(&batch, &batch.segments[0])
    };
    let (v4, v6) = (plain(228, &packet_v4()), plain(229, &packet_v6()));
    assert!(v4.payload.len() > 300 && v6.payload.len() > 100);
    for (name, link, bytes) in one_of_each() {
        let (decoder, batch) = decode_one(link, &bytes);
        assert_eq!(batch.anomalies, [], "{name}");
        assert_eq!(batch.segments.len(), 1, "{name}: {:?}", decoder.counts());
        let segment = &batch.segments[0];
        let found = seen(&batch, segment);
        assert!(found == v4 || found == v6, "{name}: {found:?}");
        assert_eq!(segment.captured, segment.length, "{name}");
        let tunnel = batch.tunnels.first().map_or("", String::as_str);
        let expected = match name {
            "gre" => "gre key 42",
            "gre teb" => "gre",
            "erspan 2" => "erspan 2 session 7",
            "erspan 3" => "erspan 3 session 7",
            "vxlan" => "vxlan 4711",
            "geneve" => "geneve 9",
            "6in6 in gre" => "gre > 6in6",
            "erspan 1" | "ipip" | "6in4" | "4in6" => name,
            _ => "",
        };
        assert_eq!(tunnel, expected, "{name}");
        let has_tag = ["802.1q", "802.1q v6", "three tags", "sll"].contains(&name) || name.starts_with("mpls pseudo");
        assert_eq!(segment.vlan, if has_tag { 5 } else { NO_VLAN }, "{name}");
    }
}

#[test]
fn tunnels_are_named_once_and_anew_in_each_batch() {
    let vxlan = |vni: u8| {
        let inner = ethernet(0x0800, &[&packet_v4()]);
        let bytes = ethernet(0x0800, &[&ipv4(17, 1, 0, &udp(4789, &join(&[&[8, 0, 0, 0, 0, 0, vni, 0], &inner])))]);
        let length = bytes.len() as u32;
        (bytes, length)
    };
    let frames = [vxlan(1), vxlan(2), vxlan(1), vxlan(2), vxlan(2)];
    let (mut decoder, mut batch) = decode(LinkType(1), &frames);
    assert_eq!(batch.tunnels, ["vxlan 1", "vxlan 2"]);
    assert_eq!(batch.segments.iter().map(|segment| segment.tunnel).collect::<Vec<_>>(), [0, 1, 0, 1, 1]);
    batch.clear();
    let (bytes, length) = vxlan(2);
    decoder.decode(&super::frame(6, LinkType(1), 0, &bytes, length), &bytes, 0, &mut batch);
    assert_eq!((batch.tunnels[0].as_str(), batch.segments[0].tunnel), ("vxlan 2", 0));
}

#[test]
fn udp_on_a_tunnel_port_is_not_a_tunnel_by_that_alone() {
    let inner = ethernet(0x0800, &[&packet_v4()]);
    for (port, payload) in [
        (4789, join(&[&[0, 0, 0, 0, 0, 0, 1, 0], &inner])),
        (4789, join(&[&[8, 0, 0, 0, 0, 0, 1, 0], &[0; 100]])),
        (4789, vec![8, 0, 0]),
        (6081, join(&[&[0x80, 0, 0x65, 0x58, 0, 0, 9, 0], &inner])),
        (6081, join(&[&[0x3f, 0, 0x65, 0x58, 0, 0, 9, 0], &inner])),
        (53, join(&[&[8, 0, 0, 0, 0, 0, 1, 0], &inner])),
    ] {
        let (decoder, batch) = decode_one(1, &ethernet(0x0800, &[&ipv4(17, 1, 0, &udp(port, &payload))]));
        assert_eq!((decoder.counts().udp, batch.segments.len(), batch.anomalies.len()), (1, 0, 0), "{port}");
    }
}

#[test]
fn lengths_of_offloaded_packets_are_those_of_the_frame() {
    // Segmentation offload: total length 0 (told once, for it is seen in every packet then).
    let mut packet = packet_v4();
    packet[2..4].copy_from_slice(&[0, 0]);
    packet.resize(200_000, 0x5a);
    let frame = (ethernet(0x0800, &[&packet]), 200_014);
    let (_, batch) = decode(LinkType(1), &[frame.clone(), frame]);
    assert_eq!(batch.segments.iter().map(|segment| segment.length).collect::<Vec<_>>(), [200_000 - 52; 2]);
    assert_eq!(batch.anomalies.iter().map(|anomaly| anomaly.kind).collect::<Vec<_>>(), [AnomalyKind::BadIpLength]);

    // BIG TCP over IPv6: payload length 0, and RFC 2675 with the length in a hop-by-hop option and padding behind.
    let mut tcp = packet_v6()[40..].to_vec();
    tcp.resize(524_288, 0x5a);
    let (_, batch) = decode_one(1, &ethernet(0x86dd, &[&ipv6(6, &tcp)]));
    assert_eq!(batch.segments[0].length, 524_288 - 32);
    let option = join(&[&[6, 0, 0xc2, 4], &(524_288_u32 + 8).to_be_bytes()]);
    let (_, batch) = decode_one(1, &ethernet(0x86dd, &[&ipv6(0, &join(&[&option, &tcp])), &[0; 5]]));
    assert_eq!((batch.segments[0].length, batch.segments[0].captured), (524_288 - 32, 524_288 - 32));
    assert_eq!(batch.anomalies, []);
}

#[test]
fn options_of_ipv4_are_passed() {
    let packet = packet_v4();
    let mut with_options = join(&[&packet[..20], &[7, 4, 4, 0, 0, 0, 0, 0], &packet[20..]]);
    with_options[0] = 0x47;
    with_options[2..4].copy_from_slice(&(packet.len() as u16 + 8).to_be_bytes());
    let (_, batch) = decode_one(228, &with_options);
    let (_, plain) = decode_one(228, &packet);
    assert_eq!(seen(&batch, &batch.segments[0]), seen(&plain, &plain.segments[0]));
}

#[test]
fn broken_headers_are_anomalies() {
    let change = |at: usize, value: &[u8]| {
        let mut packet = packet_v4();
        packet[at..at + value.len()].copy_from_slice(value);
        packet
    };
    let options_cut_by_total = {
        let mut packet = change(0, &[0x4f]);
        packet[2..4].copy_from_slice(&[0, 50]);
        packet
    };
    for (packet, kind) in [
        (change(0, &[0x35]), AnomalyKind::BadIpHeader),
        (change(0, &[0x44]), AnomalyKind::BadIpHeader),
        (change(2, &[0, 19]), AnomalyKind::BadIpLength),
        (options_cut_by_total, AnomalyKind::BadIpLength),
        (change(2, &[0, 39]), AnomalyKind::BadTcpHeader),
        (change(32, &[0x40]), AnomalyKind::BadTcpHeader),
        (change(2, &[0, 51]), AnomalyKind::BadTcpHeader),
        (packet_v4()[..39].to_vec(), AnomalyKind::TruncatedHeader),
    ] {
        let length = packet_v4().len() as u32;
        let (decoder, batch) = decode(LinkType(228), &[(packet, length)]);
        assert_eq!(batch.segments.len(), 0, "{kind:?}");
        assert_eq!(batch.anomalies.iter().map(|anomaly| anomaly.kind).collect::<Vec<_>>(), [kind]);
        assert_eq!((decoder.counts().undecoded, batch.anomalies[0].packet), (1, Some(1)));
    }
    // An IP packet that says it is longer than its frame: the sequence numbers go by what it says.
    let (_, batch) = decode_one(228, &change(2, &[4, 0]));
    assert_eq!((batch.segments[0].length, batch.segments[0].captured), (1024 - 52, 302));
    assert_eq!(batch.anomalies[0].kind, AnomalyKind::BadIpLength);
}

#[test]
fn headers_inside_headers_have_a_limit() {
    let tags = |count: usize| ethernet(0x8100, &[&[0, 5, 0x81, 0].repeat(count - 1), &[0, 5, 0x08, 0], &packet_v4()]);
    assert_eq!(decode_one(1, &tags(8)).1.segments.len(), 1);
    let (_, batch) = decode_one(1, &tags(9));
    assert_eq!((batch.segments.len(), batch.anomalies[0].kind), (0, AnomalyKind::TooManyHeaders));
    let chain = |count: usize| {
        let packet = packet_v6();
        let headers = [[60, 0, 1, 4, 0, 0, 0, 0].repeat(count - 1), vec![6, 0, 1, 4, 0, 0, 0, 0]].concat();
        ipv6(60, &join(&[&headers, &packet[40..]]))
    };
    assert_eq!(decode_one(229, &chain(16)).1.segments.len(), 1);
    assert_eq!(decode_one(229, &chain(17)).1.anomalies[0].kind, AnomalyKind::TooManyHeaders);
}

#[test]
fn an_unsupported_link_type_is_told_once() {
    let bytes = (vec![0; 40], 40);
    let (mut decoder, mut batch) = decode(LinkType(105), &[bytes.clone(), bytes]);
    decoder.decode(&super::frame(3, LinkType(189), 0, &[0; 9], 9), &[0; 9], 0, &mut batch);
    assert_eq!(decoder.unsupported(), [(LinkType(105), 2), (LinkType(189), 1)]);
    assert_eq!(batch.anomalies.len(), 2);
    assert_eq!(batch.anomalies[0].detail, "link type IEEE802_11 (105) is not supported");
    assert_eq!(LinkType(189).name(), "USB_LINUX");
}
