//! A naive reassembler, which fills a map byte by byte, against the flow table.

use proptest::prelude::*;

use super::{CLIENT, Net, SYN};
use crate::limits::Limits;

/// A segment of the client: place, length, and what it says there instead of the true bytes.
type Sent = (usize, usize, bool);

const LENGTH: usize = 400;

fn truth(at: usize) -> char {
    char::from(b'a' + (at * 7 % 26) as u8)
}

fn run(sent: &[Sent], limits: &Limits) -> (Net, String) {
    let mut net = Net::with(limits);
    net.send(CLIENT, 0, 0, SYN, "");
    for (start, length, lies) in sent {
        let text: String = (*start..*start + *length).map(|at| if *lies { '?' } else { truth(at) }).collect();
        net.client(1 + *start as i64, &text);
    }
    let text = net.only().text(0);
    (net, text)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn first_arrival_wins_everywhere(
        sent in prop::collection::vec((0usize..LENGTH, 2usize..60, prop::bool::weighted(0.2)), 1..60),
    ) {
        let mut bytes = vec![None; LENGTH + 60];
        for (start, length, lies) in &sent {
            for (at, byte) in bytes.iter_mut().enumerate().skip(*start).take(*length) {
                byte.get_or_insert(if *lies { '?' } else { truth(at) });
            }
        }
        let end = bytes.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
        let expected: String = bytes[..end].iter().map(|byte| byte.unwrap_or('.')).collect();
        prop_assert_eq!(run(&sent, &Limits::default()).1, expected);
    }

    /// With little room, holes are given up early: then bytes are missing, but none is wrong or misplaced.
    #[test]
    fn little_room(sent in prop::collection::vec((0usize..LENGTH, 2usize..60), 1..60), held_bytes in 1usize..300, held_pieces in 1usize..6) {
        let sent: Vec<Sent> = sent.into_iter().map(|(start, length)| (start, length, false)).collect();
        let (_, text) = run(&sent, &Limits { held_bytes, held_pieces, ..Limits::default() });
        for (at, byte) in text.chars().enumerate() {
            prop_assert!(byte == '.' || byte == truth(at));
        }
    }
}
