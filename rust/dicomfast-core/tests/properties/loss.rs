//! What the capture does not have is told: nothing incomplete is ever called complete, and what is whole is there.

use std::ops::Range;

use proptest::prelude::*;

use super::cutting::sender;
use super::rows::{Rows, cases, run};
use super::wire::{Packet, SYN, packets, reordered};
use super::world::{C_FIND, C_GET, World, world, world_of};

/// Which bytes of each direction are in the capture.
fn captured(world: &World, packets: &[Packet]) -> [Vec<bool>; 2] {
    let mut have = [vec![false; world.streams[0].len()], vec![false; world.streams[1].len()]];
    for packet in packets {
        let bytes = packet.bytes();
        let seen = bytes.len().saturating_sub(packet.cut);
        // A packet without payload may stand beyond the stream.
        if seen > 0 {
            have[packet.from][bytes.start..bytes.start + seen].fill(true);
        }
    }
    have
}

/// The messages of which every byte is in the capture.
fn whole(world: &World, packets: &[Packet]) -> Vec<bool> {
    let have = captured(world, packets);
    world.messages.iter().map(|sent| have[sent.sender][sent.bytes.clone()].iter().all(|seen| *seen)).collect()
}

/// Nothing is called complete that is not whole.
fn no_false_complete(rows: &Rows, world: &World, whole: &[bool]) -> Result<(), TestCaseError> {
    let named = |name: Option<&str>| {
        name.and_then(|name| name.strip_prefix("1.2.3.")?.strip_suffix(".9")).and_then(|name| name.parse::<usize>().ok())
    };
    for row in rows.messages.iter().filter(|row| row.complete) {
        let name = named(row.command.sop_instance().map(AsRef::as_ref));
        let real = name.and_then(|name| world.messages.get(name).filter(|_| whole[name]));
        prop_assert!(real.is_some(), "complete, but not whole: {:?}", row);
        prop_assert_eq!(real.and_then(|sent| sent.dataset).unwrap_or(0) as u64, row.dataset_bytes);
    }
    for row in rows.operations.iter().filter(|row| row.complete) {
        let name = named(row.sop_instance.as_deref());
        let real = world.operations.iter().find(|done| Some(done.request) == name);
        let parts = real.is_some_and(|done| whole[done.request] && done.responses.iter().all(|part| whole[*part]));
        prop_assert!(parts, "complete, but not whole: {:?}", row);
        prop_assert_eq!(real.map_or(0, |done| done.responses.len()) as u64, row.responses);
    }
    Ok(())
}

/// The association of the world that this one is, where its negotiation was seen.
fn real_association(rows: &Rows, number: u64) -> Option<usize> {
    let row = rows.associations.iter().find(|row| row.association == number)?;
    row.calling_ae.as_ref()?.strip_prefix("SCU")?.parse().ok()
}

/// What is called complete stands in the association in which it was sent; and a complete association has every byte, and all that
/// was done in it.
fn no_false_association(rows: &Rows, world: &World, have: &[Vec<bool>; 2]) -> Result<(), TestCaseError> {
    for row in rows.operations.iter().filter(|row| row.complete) {
        let Some(name) = row.sop_instance.as_deref().and_then(|name| name.strip_prefix("1.2.3.").and_then(|rest| rest.strip_suffix(".9")))
        else {
            continue;
        };
        let sent = &world.messages[name.parse::<usize>().expect("a message")];
        if let Some(real) = real_association(rows, row.association) {
            prop_assert_eq!(real as u64, sent.association, "complete, in another association than its own: {:?}", row);
        }
    }
    for row in rows.associations.iter().filter(|row| row.complete) {
        let real = real_association(rows, row.association);
        prop_assert!(real.is_some(), "complete, without negotiation: {:?}", row);
        let real = real.unwrap_or_default();
        let whole = (0..2).all(|of| have[of][world.spans[real][of].clone()].iter().all(|seen| *seen));
        prop_assert!(whole, "complete, but not whole: {:?}", row);
        let messages = world.messages.iter().filter(|sent| sent.association == real as u64).count();
        let operations = world.operations.iter().filter(|done| world.messages[done.request].association == real as u64).count();
        prop_assert_eq!((row.messages, row.operations), (messages as u64, operations as u64), "{:?}", row);
    }
    Ok(())
}

/// What the capture has of the connection as a whole.
#[derive(Clone, Copy)]
struct View {
    /// Its directions are in step.
    in_step: bool,
    /// It has the SYN of each.
    from_start: [bool; 2],
}

/// Where bytes of a direction are missing, each from the beginning of a PDU to the beginning of one.
fn holes(world: &World, have: &[Vec<bool>; 2], of: usize, view: View) -> Vec<Range<usize>> {
    let mut holes: Vec<Range<usize>> = Vec::new();
    let starts = &world.pdus[of];
    if !view.from_start[of] {
        holes.push(0..0);
    }
    for (index, start) in starts.iter().enumerate() {
        let end = starts.get(index + 1).copied().unwrap_or(world.streams[of].len());
        if have[of][*start..end].iter().all(|seen| *seen) {
            continue;
        }
        match holes.last_mut() {
            Some(last) if last.end == *start => last.end = end,
            _ => holes.push(*start..end),
        }
    }
    holes
}

/// The shortest A-RELEASE and A-ASSOCIATE PDUs of the requestor, and of the acceptor (PS3.8 section 9.3).
const BORDER: [usize; 2] = [176, 155];

/// Whether nobody can tell which association some of the data belong to: the one of them where both directions lost bytes between two
/// associations (or one did, and the capture has the directions out of step); or both lost bytes that may have held such a border,
/// and nothing that either sent before its own loss was sent after the other's.
fn is_blurred(world: &World, have: &[Vec<bool>; 2], association: u64, view: View) -> bool {
    let torn = |of: usize| {
        let border = world.borders.get(association as usize).map(|border| border[of].as_slice()).unwrap_or_default();
        border.iter().any(|pdu| !have[of][pdu.clone()].iter().all(|seen| *seen))
    };
    if association > 0 && if view.in_step { torn(0) && torn(1) } else { torn(0) || torn(1) } {
        return true;
    }
    if !view.in_step && association > 0 && is_blurred(world, have, association - 1, view) {
        // An answer that the capture holds before its request may be taken for the lost one of the association before.
        return true;
    }
    let [first, second] = [0, 1].map(|of| {
        let span = &world.spans[association as usize][of];
        let holes = holes(world, have, of, view).into_iter();
        let inside = holes.filter(|hole| hole.start <= span.end && hole.end >= span.start);
        // Where the first bytes are not in the capture, nobody knows how many they are.
        let inside = inside.filter(|hole| hole.len() >= BORDER[of] || hole.start == 0 && !view.from_start[of]);
        inside.collect::<Vec<_>>()
    });
    let told = |of: usize, own: &Range<usize>, other: &Range<usize>| {
        let span = &world.spans[association as usize][of];
        let starts = world.pdus[of].iter().filter(|start| span.contains(start) && **start < own.start);
        let mut sent = starts.filter_map(|start| world.turns.iter().find(|turn| turn.sender == of && turn.bytes.contains(start)));
        sent.any(|turn| turn.received > other.end)
    };
    first.iter().any(|one| second.iter().any(|other| !told(0, one, other) && !told(1, other, one)))
}

/// What is whole is there, and complete.
fn nothing_missed(rows: &Rows, world: &World, whole: &[bool], have: &[Vec<bool>; 2], view: View) -> Result<(), TestCaseError> {
    for sent in world.messages.iter().filter(|sent| whole[sent.name]) {
        let name = format!("1.2.3.{}.9", sent.name);
        let found = rows.messages.iter().filter(|row| row.command.sop_instance().is_some_and(|uid| *uid == name)).collect::<Vec<_>>();
        prop_assert_eq!(found.len(), 1, "message {} of {:?}", sent.name, world.messages);
        prop_assert!(found[0].complete, "message {} is whole", sent.name);
        prop_assert_eq!(found[0].sender, sender(sent.sender));
    }
    for done in &world.operations {
        if is_blurred(world, have, world.messages[done.request].association, view) {
            continue;
        }
        if whole[done.request] && done.responses.iter().all(|part| whole[*part]) {
            let name = format!("1.2.3.{}.9", done.request);
            let found = rows.operations.iter().filter(|row| row.sop_instance.as_deref() == Some(&name)).collect::<Vec<_>>();
            prop_assert_eq!(found.len(), 1, "operation {} is there once", done.request);
            prop_assert_eq!(found[0].responses, done.responses.len() as u64);
            prop_assert!(found[0].answered, "operation {} is answered", done.request);
        }
    }
    Ok(())
}

/// An operation all of whose bytes were captured is complete. Where bytes of the other direction are lost since it was sent, two
/// things cannot be told: whether a request that has several responses had more of them; and, where bytes after the request are
/// lost too, whether a response answers this request or a lost one with the same message id.
fn whole_operations_are_complete(rows: &Rows, world: &World, packets: &[Packet], whole: &[bool], view: View) -> Result<(), TestCaseError> {
    let have = captured(world, packets);
    for done in &world.operations {
        let request = &world.messages[done.request];
        if is_blurred(world, &have, request.association, view) {
            continue;
        }
        let parts: Vec<_> = done.responses.iter().map(|part| &world.messages[*part]).collect();
        let Some(last) = parts.last() else { continue };
        let several = [C_FIND, C_GET].contains(&request.field);
        let sent = world.turns.iter().find(|turn| turn.sender == request.sender && turn.bytes.contains(&request.bytes.start));
        let answered = world.turns.iter().find(|turn| turn.sender == last.sender && turn.bytes.contains(&last.bytes.start));
        let between = request.bytes.end..answered.map_or(0, |turn| turn.received).max(request.bytes.end);
        let sure = !several && have[request.sender][between].iter().all(|seen| *seen);
        let from = if sure { last.bytes.start } else { sent.map_or(0, |turn| turn.received) };
        if whole[done.request] && have[last.sender][from..last.bytes.end].iter().all(|seen| *seen) {
            let name = format!("1.2.3.{}.9", request.name);
            let row = rows.operations.iter().find(|row| row.sop_instance.as_deref() == Some(&name));
            prop_assert!(row.is_some_and(|row| row.complete), "operation {}: {:?}", request.name, row);
        }
    }
    Ok(())
}

fn check(world: &World, seen: &[Packet], in_step: bool) -> Result<(), TestCaseError> {
    let rows = run(seen);
    let whole = whole(world, seen);
    let from_start = [0, 1].map(|of| seen.iter().any(|packet| packet.from == of && packet.flags & SYN != 0));
    let view = View { in_step, from_start };
    no_false_complete(&rows, world, &whole)?;
    no_false_association(&rows, world, &captured(world, seen))?;
    nothing_missed(&rows, world, &whole, &captured(world, seen), view)?;
    whole_operations_are_complete(&rows, world, seen, &whole, view)
}

fn without(packets: &[Packet], lost: &[usize]) -> Vec<Packet> {
    let lost: Vec<usize> = lost.iter().map(|at| at % packets.len()).collect();
    packets.iter().enumerate().filter(|(at, _)| !lost.contains(at)).map(|(_, packet)| packet.clone()).collect()
}

proptest! {
    #![proptest_config(cases(192))]

    #[test]
    fn any_packets_lost(world in world(), size in 100usize..1_460, lost in prop::collection::vec(any::<usize>(), 1..8)) {
        let clean = packets(&world, &[size]);
        check(&world, &without(&clean, &lost), true)?;
    }

    #[test]
    fn a_run_of_packets_lost(world in world(), size in 50usize..1_460, start in any::<usize>(), length in 1usize..20) {
        let clean = packets(&world, &[size]);
        let start = start % clean.len();
        let lost: Vec<usize> = (start..clean.len().min(start + length)).collect();
        check(&world, &without(&clean, &lost), true)?;
    }

    #[test]
    fn lost_and_displaced(
        world in world(),
        size in 100usize..1_460,
        lost in prop::collection::vec(any::<usize>(), 1..8),
        moves in prop::collection::vec(any::<usize>(), 1..64),
        reach in 0usize..32,
        skew in -200isize..200,
    ) {
        let clean = packets(&world, &[size]);
        check(&world, &reordered(&without(&clean, &lost), &moves, reach, skew), skew == 0 && reach == 0)?;
    }

    /// Several associations on one connection: a loss may cover the end of one, or all of it, and the beginning of the next.
    #[test]
    fn several_associations(
        world in world_of(2..6),
        size in 50usize..1_460,
        runs in prop::collection::vec((any::<usize>(), 1usize..12), 1..4),
    ) {
        let clean = packets(&world, &[size]);
        let lost: Vec<usize> = runs.iter().flat_map(|(start, length)| (0..*length).map(move |at| start % 100_000 + at)).collect();
        // The handshake stays: without it nobody knows how much of a direction came before its first byte in the capture.
        let lost: Vec<usize> = lost.iter().map(|at| at % clean.len()).filter(|at| *at > 2).collect();
        check(&world, &without(&clean, &lost), true)?;
    }

    /// The same with what is lost in one direction only, and the directions out of step.
    #[test]
    fn several_associations_out_of_step(
        world in world_of(2..6),
        size in 50usize..1_460,
        runs in prop::collection::vec((any::<usize>(), 1usize..12), 1..4),
        from in 0usize..3,
        skew in -40isize..40,
    ) {
        let clean = packets(&world, &[size]);
        let lost: Vec<usize> = runs.iter().flat_map(|(start, length)| (0..*length).map(move |at| start % 100_000 + at)).collect();
        let lost: Vec<usize> = lost.iter().map(|at| at % clean.len()).filter(|at| from == 2 || clean[*at].from == from).collect();
        check(&world, &reordered(&without(&clean, &lost), &[], 0, skew), skew == 0)?;
    }

    #[test]
    fn begins_anywhere(world in world(), size in 100usize..1_460, start in any::<usize>()) {
        let clean = packets(&world, &[size]);
        check(&world, &clean[start % clean.len()..], true)?;
    }

    #[test]
    fn ends_anywhere(world in world(), size in 100usize..1_460, end in any::<usize>()) {
        let clean = packets(&world, &[size]);
        check(&world, &clean[..=end % clean.len()], true)?;
    }

    #[test]
    fn one_direction(world in world(), size in 1usize..1_460, from in 0usize..2) {
        let clean = packets(&world, &[size]);
        let seen: Vec<Packet> = clean.into_iter().filter(|packet| packet.from == from).collect();
        check(&world, &seen, true)?;
    }

    /// 54 bytes of headers: the snap length is beyond them.
    #[test]
    fn cut_by_a_snap_length(world in world(), size in 50usize..1_460, snap in 0usize..1_460) {
        let mut seen = packets(&world, &[size]);
        for packet in &mut seen {
            packet.cut = packet.payload.len().saturating_sub(snap);
        }
        check(&world, &seen, true)?;
    }
}
