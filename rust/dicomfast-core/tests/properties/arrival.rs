//! However the packets come into the capture (order, copies, retransmissions), the rows are the same.

use proptest::prelude::*;

use super::cutting::{agrees, sizes};
use super::rows::{Rows, cases, run, run_bytes};
use super::wire::{ACK, Packet, SYN, capture, packets, reordered};
use super::world::{World, world};
use dicomfast_core::event::SideCounts;
use dicomfast_core::limits::Limits;

/// What is put into a capture besides: copies, retransmissions with other cuts, probes.
#[derive(Clone, Debug)]
enum Extra {
    Copy,
    /// From so many bytes before the packet's first byte, of this length.
    Again {
        back: usize,
        length: usize,
    },
    KeepAlive {
        bytes: usize,
    },
    Probe,
}

fn extras() -> impl Strategy<Value = Vec<(usize, Extra)>> {
    let extra = prop_oneof![
        Just(Extra::Copy),
        (0usize..4_000, 1usize..3_000).prop_map(|(back, length)| Extra::Again { back, length }),
        (0usize..2).prop_map(|bytes| Extra::KeepAlive { bytes }),
        Just(Extra::Probe),
    ];
    prop::collection::vec((any::<usize>(), extra), 0..20)
}

fn with_extras(world: &World, clean: &[Packet], extras: &[(usize, Extra)]) -> Vec<Packet> {
    let mut added: Vec<(usize, Packet)> = Vec::new();
    for (number, (at, extra)) in extras.iter().enumerate() {
        let at = at % clean.len();
        if added.iter().any(|(other, _)| *other == at) {
            continue;
        }
        let packet = &clean[at];
        let mut new = packet.clone();
        let stream = &world.streams[packet.from];
        match extra {
            Extra::Copy => {}
            Extra::Again { back, length } => {
                // What the peer has answered already is not sent again.
                let Some(turn) = world.turns.iter().find(|turn| turn.sender == packet.from && turn.bytes.contains(&packet.bytes().start))
                else {
                    continue;
                };
                let end = packet.bytes().end;
                let start = packet.bytes().start.saturating_sub(*back).max(turn.bytes.start);
                new = Packet::new(packet.from, start as u32 + 1, packet.acknowledgment, ACK, &stream[start..end.min(start + length)]);
                new.ip_id = 30_000 + number as u16;
            }
            Extra::KeepAlive { bytes } => {
                let end = packet.bytes().end.min(stream.len());
                if end == 0 {
                    continue;
                }
                new = Packet::new(packet.from, end as u32, packet.acknowledgment, ACK, &[0xee][..*bytes]);
            }
            Extra::Probe => {
                let end = packet.bytes().end.min(stream.len());
                new = Packet::new(packet.from, end as u32 + 1, packet.acknowledgment, ACK, &[]);
                // The window is closed; the one byte of the probe is real, if there is one to send.
                let starts = world.turns.iter().any(|turn| turn.sender == packet.from && turn.bytes.start == end);
                if let Some(byte) = stream.get(end).filter(|_| !starts) {
                    new.payload.push(*byte);
                }
            }
        }
        if new.flags & ACK != 0 && packet.flags & ACK != 0 || matches!(extra, Extra::Copy) {
            added.push((at, new));
        }
    }
    let mut all: Vec<(usize, Packet)> = clean.iter().cloned().enumerate().chain(added).collect();
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, packet)| packet).collect()
}

/// What each side's counters say of the conversation, and not of how often the capture has its packets; and how often it has them.
fn counted(rows: &Rows) -> (Vec<SideCounts>, u64) {
    let sides = rows.connections.iter().flat_map(|row| [row.client_counts.clone(), row.server_counts.clone()]);
    let mut copies = 0;
    let sides = sides.map(|counts| {
        copies += counts.duplicate_packets;
        // What the analysis judges by the order and the times of the packets, as Wireshark does, is not compared: copies change both.
        SideCounts {
            retransmissions: counts.retransmissions,
            retransmitted_bytes: counts.retransmitted_bytes,
            out_of_order: counts.out_of_order,
            lost_bytes: counts.lost_bytes,
            not_captured_bytes: counts.not_captured_bytes,
            bad_checksums: counts.bad_checksums,
            ..SideCounts::default()
        }
    });
    (sides.collect(), copies)
}

proptest! {
    #![proptest_config(cases(96))]

    /// A mirror port that shows each packet twice, the second time up to a few packets later.
    #[test]
    fn copies_of_every_packet(
        world in world(),
        sizes in sizes(),
        extras in extras(),
        moves in prop::collection::vec(any::<usize>(), 1..64),
        reach in prop_oneof![Just(0usize), Just(4)],
        later in 0usize..4,
    ) {
        // A keep-alive that overtakes the byte it repeats is told from that byte by nobody.
        let told = |extra: &Extra| reach == 0 || !matches!(extra, Extra::KeepAlive { bytes: 1 });
        let extras: Vec<_> = extras.into_iter().filter(|(_, extra)| told(extra)).collect();
        let mut once = reordered(&with_extras(&world, &packets(&world, &sizes), &extras), &moves, reach, 0);
        // Every sender numbers its packets.
        for (number, packet) in once.iter_mut().enumerate().filter(|(_, packet)| packet.ip_id == 0) {
            packet.ip_id = (50_000 + number) as u16 | 1;
        }
        let mut twice: Vec<(usize, Packet)> = once.iter().cloned().enumerate().collect();
        twice.extend(once.iter().cloned().enumerate().map(|(at, packet)| (at + later, packet)));
        twice.sort_by_key(|(at, _)| *at);
        let twice: Vec<Packet> = twice.into_iter().map(|(_, packet)| packet).collect();
        let (rows, plain) = (run(&twice), run(&once));
        prop_assert_eq!(rows.differences(&plain), Vec::<String>::new());
        let ((sides, copies), (expected, already)) = (counted(&rows), counted(&plain));
        prop_assert_eq!(sides, expected);
        prop_assert_eq!(copies, already + once.len() as u64);
    }

    #[test]
    fn copies_and_retransmissions(world in world(), sizes in sizes(), extras in extras()) {
        let clean = packets(&world, &sizes);
        let rows = run(&with_extras(&world, &clean, &extras));
        agrees(&rows, &world)?;
        prop_assert!(!rows.has("overlap-conflict"), "{:?}", rows.anomalies);
        prop_assert_eq!(rows.differences(&run(&clean)), Vec::<String>::new());
    }

    /// SYNs that nobody answers, from either side, anywhere between handshake and FIN (RFC 5961 section 4).
    #[test]
    fn forged_syns(
        world in world(),
        size in 100usize..1_460,
        forged in prop::collection::vec((any::<usize>(), 0usize..2, prop_oneof![any::<u32>(), 0u32..100_000]), 1..20),
    ) {
        let clean = packets(&world, &[size]);
        let mut all: Vec<(usize, Packet)> = clean.iter().cloned().enumerate().collect();
        for (number, (at, from, sequence)) in forged.iter().enumerate() {
            let mut packet = Packet::new(*from, *sequence, 0, SYN, &[]);
            packet.ip_id = 40_000 + number as u16;
            // After the packet with this number: the handshake is over, no FIN was sent.
            all.push((2 + at % (clean.len() - 5), packet));
        }
        all.sort_by_key(|(at, _)| *at);
        let rows = run(&all.into_iter().map(|(_, packet)| packet).collect::<Vec<_>>());
        agrees(&rows, &world)?;
        prop_assert_eq!(rows.differences(&run(&clean)), Vec::<String>::new());
    }

    #[test]
    fn displaced_packets(
        world in world(),
        size in 100usize..1_460,
        moves in prop::collection::vec(any::<usize>(), 1..64),
        reach in prop_oneof![Just(0usize), Just(1), Just(8), Just(64)],
        skew in prop_oneof![Just(0isize), -300isize..300],
    ) {
        let clean = packets(&world, &[size]);
        let rows = run(&reordered(&clean, &moves, reach, skew));
        agrees(&rows, &world)?;
        prop_assert_eq!(rows.differences(&run(&clean)), Vec::<String>::new());
    }

    #[test]
    fn displaced_and_repeated(
        world in world(),
        size in 100usize..1_460,
        extras in extras(),
        moves in prop::collection::vec(any::<usize>(), 1..64),
        reach in 0usize..16,
    ) {
        let clean = packets(&world, &[size]);
        // A keep-alive that overtakes the byte it repeats is told from that byte by nobody.
        let extras: Vec<_> = extras.into_iter().filter(|(_, extra)| !matches!(extra, Extra::KeepAlive { bytes: 1 })).collect();
        let rows = run(&reordered(&with_extras(&world, &clean, &extras), &moves, reach, 0));
        agrees(&rows, &world)?;
    }

    #[test]
    fn sequence_numbers_wrap_anywhere(world in world(), size in 1usize..1_460, before in 0u32..30_000, both in any::<bool>()) {
        let clean = packets(&world, &[size]);
        let initial = [0u32.wrapping_sub(before), if both { 0u32.wrapping_sub(before / 2) } else { 77 }];
        let rows = run_bytes(capture(&clean, initial), &[usize::MAX], 1, &Limits::default());
        prop_assert_eq!(rows.differences(&run(&clean)), Vec::<String>::new());
    }
}
