//! The columns of a time budget, which `associations` and `operations` have: they add up to `duration`.

use super::column::columns;
use crate::event::{Budget, Class};

columns! {
    Option<Budget> as row;
    let time = |class: Class| row.map(|budget| budget.get(class));
    /// Time between A-ASSOCIATE-RQ and its answer, and between A-RELEASE-RQ and A-RELEASE-RP. All `time_` columns add up to `duration`.
    time_negotiating: Duration = time(Class::Negotiating);
    /// Time in which bytes of the requestor's messages were moving.
    time_sending: Duration = time(Class::Sending);
    /// Time in which a message stood still since the receiver's window was closed or full: the receiver did not read.
    time_stalled_window: Duration = time(Class::StalledWindow);
    /// Time in which a message stood still until lost bytes were sent again.
    time_stalled_loss: Duration = time(Class::StalledLoss);
    /// Time in which a message waited for an acknowledgement though the window had room: congestion window, or Nagle's algorithm against a delayed acknowledgement.
    time_stalled_ack: Duration = time(Class::StalledAck);
    /// Time in which the sender of a message sent nothing though nothing kept it from sending.
    time_stalled_sender: Duration = time(Class::StalledSender);
    /// Time in which a request was complete and no response was moving: the performer at work, and the way between.
    time_waiting_response: Duration = time(Class::WaitingResponse);
    /// Time in which bytes of the acceptor's messages were moving (C-FIND, C-MOVE and C-GET results).
    time_receiving: Duration = time(Class::Receiving);
    /// Time in which no operation was outstanding: the invoker's own.
    time_idle: Duration = time(Class::Idle);
    /// Time of which bytes are missing in the capture: it cannot be known.
    time_unknown: Duration = time(Class::Unknown);
}
