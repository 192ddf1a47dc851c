//! Bytes that nobody meant: no panic, and nothing but rows.

use proptest::prelude::*;

use super::rows::{cases, run_bytes};
use super::wire::{INITIAL, RST, frame, packets, pcap};
use super::world::world;
use dicomfast_core::limits::Limits;

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn random_frames(frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..50)) {
        run_bytes(pcap(frames.iter().map(|frame| (frame.as_slice(), frame.len()))), &[usize::MAX], 1, &Limits::default());
    }

    /// Real frames with some bytes changed: headers and all.
    #[test]
    fn mutated_frames(
        world in world(),
        size in 10usize..1_460,
        changes in prop::collection::vec((any::<usize>(), 0usize..120, any::<u8>()), 1..60),
    ) {
        let mut frames: Vec<Vec<u8>> = packets(&world, &[size]).iter().map(|packet| frame(packet, INITIAL)).collect();
        let count = frames.len();
        for (which, at, byte) in changes {
            if let Some(place) = frames[which % count].get_mut(at) {
                *place = byte;
            }
        }
        run_bytes(pcap(frames.iter().map(|frame| (frame.as_slice(), frame.len()))), &[usize::MAX], 1, &Limits::default());
    }

    /// The same with checksums that hold: the stages behind the check see the damage.
    #[test]
    fn mutated_segments(
        world in world(),
        size in 10usize..1_460,
        changes in prop::collection::vec((any::<usize>(), any::<u32>(), 0u8..6, any::<u8>()), 1..40),
    ) {
        let mut packets = packets(&world, &[size]);
        let count = packets.len();
        for (which, value, field, byte) in changes {
            let packet = &mut packets[which % count];
            match field {
                0 => packet.sequence = packet.sequence.wrapping_add(value % 100_000),
                1 => packet.sequence = value,
                2 => packet.acknowledgment = value,
                3 => packet.flags ^= byte & 0x3f,
                4 => packet.flags |= RST,
                _ => {
                    let length = packet.payload.len().max(1);
                    if let Some(place) = packet.payload.get_mut(value as usize % length) {
                        *place = byte;
                    }
                }
            }
        }
        let tiny = Limits {
            held_bytes: 5_000,
            held_pieces: 8,
            command_bytes: 64,
            associate_bytes: 300,
            pending_operations: 2,
            deferred_messages: 2,
            open_associations: 2,
            contexts: 2,
            ..Limits::default()
        };
        for limits in [Limits::default(), tiny] {
            run_bytes(super::wire::capture(&packets, INITIAL), &[usize::MAX], 1, &limits);
        }
    }
}
