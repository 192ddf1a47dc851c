//! The columns of Ethernet, tag and IP headers, which `frames` and `outer_headers` have in common. Null where there is no such header.

use super::column::columns;
use crate::event::HeadersRecord;

/// IEEE 802.1ad.
const SERVICE_TAG: u16 = 0x88a8;

columns! {
    HeadersRecord as row;
    let ethernet = row.ethernet;
    let ip = row.ip;
    let fragment = ip.and_then(|header| header.fragment);
    let tag = row.tag.filter(|tag| tag.protocol != SERVICE_TAG);
    let service = row.tag.filter(|tag| tag.protocol == SERVICE_TAG);
    /// Source address of the Ethernet header.
    eth_src: Mac = ethernet.map(|header| header.source);
    /// Destination address of the Ethernet header.
    eth_dst: Mac = ethernet.map(|header| header.destination);
    /// Type (or length) field of the Ethernet header.
    eth_type: U16 = ethernet.map(|header| header.ether_type);
    /// VLAN identifier of an IEEE 802.1Q tag.
    vlan_id: U16 = tag.map(|tag| tag.control & 0x0fff);
    /// Priority of an IEEE 802.1Q tag.
    vlan_priority: U8 = tag.map(|tag| (tag.control >> 13) as u8);
    /// Drop eligible indicator of an IEEE 802.1Q tag.
    vlan_dei: Bool = tag.map(|tag| tag.control & 0x1000 != 0);
    /// Type field after an IEEE 802.1Q tag.
    vlan_etype: U16 = tag.map(|tag| tag.ether_type);
    /// VLAN identifier of an IEEE 802.1ad service tag.
    service_vlan_id: U16 = service.map(|tag| tag.control & 0x0fff);
    /// IP version: 4 or 6.
    ip_version: U8 = ip.map(|header| if header.source.is_ipv4() { 4 } else { 6 });
    /// Source address of the IP header.
    ip_src: Ip = ip.map(|header| header.source);
    /// Destination address of the IP header.
    ip_dst: Ip = ip.map(|header| header.destination);
    /// Length of the IP header in bytes, IPv4 options included; 40 for IPv6.
    ip_header_length: U8 = ip.map(|header| header.header_length);
    /// Differentiated services field: DSCP and ECN (RFC 2474, RFC 3168); in IPv6 the traffic class.
    ip_dsfield: U8 = ip.map(|header| header.traffic_class);
    /// IPv4 total length, IPv6 payload length.
    ip_length: U16 = ip.map(|header| header.length);
    /// IPv4 identification.
    ip_id: U16 = ip.and_then(|header| header.id);
    /// IPv4 flags: 1 more fragments, 2 don't fragment, 4 reserved.
    ip_flags: U8 = ip.and_then(|header| header.flags);
    /// IPv4 fragment offset in bytes.
    ip_fragment_offset: U16 = ip.and_then(|header| header.fragment_offset);
    /// IPv4 time to live, IPv6 hop limit.
    ip_ttl: U8 = ip.map(|header| header.ttl);
    /// IPv4 protocol, IPv6 next header.
    ip_protocol: U8 = ip.map(|header| header.protocol);
    /// IPv4 header checksum.
    ip_checksum: U16 = ip.and_then(|header| header.checksum);
    /// IPv6 flow label.
    ip_flow_label: U32 = ip.and_then(|header| header.flow_label);
    /// Identification of the IPv6 fragment header (RFC 8200 section 4.5).
    ipv6_fragment_id: U32 = fragment.map(|header| header.id);
    /// Fragment offset in bytes of the IPv6 fragment header.
    ipv6_fragment_offset: U16 = fragment.map(|header| header.offset);
    /// More fragments follow, as the IPv6 fragment header says.
    ipv6_more_fragments: Bool = fragment.map(|header| header.more);
}
