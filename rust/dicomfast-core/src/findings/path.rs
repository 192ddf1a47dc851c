//! How far the two sides are from where the packets were captured. A response comes by after a round trip from there to the performer,
//! however fast that is, and the next request after one to the invoker: the rules of timing leave the path out of their times.

use super::text;
use crate::event::{ConnectionRecord, Endpoint, Sender, Tap};

/// Round trips, in nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Path {
    /// From the capture point to the requestor and back, and to the acceptor and back.
    requestor: Option<i64>,
    acceptor: Option<i64>,
    /// From one side to the other and back, where that alone is known.
    whole: Option<i64>,
}

/// The shorter of two: a host that takes its time can make either too long, and none is too short.
fn shorter(one: Option<i64>, other: Option<i64>) -> Option<i64> {
    one.into_iter().chain(other).filter(|way| *way >= 0).min()
}

impl Path {
    /// From the handshake and the acknowledgements of data; `rtt` is what the stalls tell.
    pub(super) fn of(connection: Option<&ConnectionRecord>, requestor: Endpoint, rtt: Option<i64>) -> Self {
        let Some(connection) = connection else { return Self { whole: rtt, ..Self::default() } };
        // What one side sends is acknowledged by the other.
        let client = shorter(connection.client_way, connection.server_counts.rtt_min);
        let server = shorter(connection.server_way, connection.client_counts.rtt_min);
        let (requestor, acceptor) = if connection.client == requestor { (client, server) } else { (server, client) };
        Self { requestor, acceptor, whole: shorter(connection.syn_rtt, rtt) }
    }

    /// To one side and back. Where only the whole is known it is taken: better too little blame than too much.
    pub(super) fn to(&self, side: Sender) -> Option<i64> {
        let way = match side {
            Sender::Requestor => self.requestor,
            Sender::Acceptor => self.acceptor,
        };
        way.or(self.whole)
    }

    /// From one side to the other and back.
    pub(super) fn whole(&self) -> Option<i64> {
        self.requestor.zip(self.acceptor).map(|(one, other)| one.saturating_add(other)).or(self.whole)
    }

    /// "; the path is left out: 0.900 s, 120 round trips of 7.5 ms from the capture point (at the requestor's side) to the acceptor".
    pub(super) fn left_out(&self, nanoseconds: i64, trips: u64, side: Sender) -> String {
        let Some(way) = self.to(side) else {
            return "; how much of it is the path is not known, as the capture does not hold the handshake".to_owned();
        };
        let (trips, took) = (text::count(trips, "round trip"), text::duration(nanoseconds));
        format!(
            "; the path is left out: {took}, {trips} of {} from the capture point{} to the {}",
            text::duration(way),
            self.tap(),
            side.name()
        )
    }

    /// Where the packets were captured, where it can be told.
    pub(super) fn tap(&self) -> &'static str {
        match Tap::of(self.requestor, self.acceptor) {
            Some(Tap::Client) => " (at the requestor's side)",
            Some(Tap::Server) => " (at the acceptor's side)",
            Some(Tap::Between) => " (between the two)",
            None => "",
        }
    }
}
