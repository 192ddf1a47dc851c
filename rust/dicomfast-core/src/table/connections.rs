//! `connections`: one row per TCP connection (RFC 9293), with the counters of each side under `client_` and `server_`.

use arrow_array::ArrayRef;
use arrow_schema::{Field, Metadata};

use super::column::{Columns, DOC};
use super::side;
use crate::event::ConnectionRecord;

mod whole {
    use crate::event::{ConnectionRecord, Tap};
    use crate::table::column::{columns, span};

    columns! {
        ConnectionRecord as row;
        /// Number of the connection, from 0 in order of first appearance.
        connection: U64 = row.connection;
        /// Address of the client: it sent the SYN or, with no SYN seen, has the ephemeral port.
        client_ip: Ip = row.client.ip;
        /// TCP port of the client.
        client_port: U16 = row.client.port;
        /// Address of the server.
        server_ip: Ip = row.server.ip;
        /// TCP port of the server.
        server_port: U16 = row.server.port;
        /// Innermost 802.1Q VLAN; null where untagged.
        vlan: U16 = row.vlan;
        /// Headers around the IP packet, outermost first, for example "vxlan 4711"; null where there is none.
        tunnel: Word = row.tunnel.as_deref();
        /// "dicom", "dicom-tls", "tls" or "other".
        protocol: Word = row.protocol.name();
        /// Time of the first packet.
        start: Time = row.first.time;
        /// Time of the last packet.
        end: Time = row.last.time;
        /// From `start` to `end`.
        duration: Duration = span(row.first.time, row.last.time);
        /// First packet.
        first_packet: U64 = row.first.packet;
        /// Last packet.
        last_packet: U64 = row.last.packet;
        /// "handshake", or "midstream" where the capture began later.
        opened: Word = row.opened.name();
        /// "fin", "rst", "open" at the end of the capture, or "tuple_reused" where a new connection took its ports.
        closed: Word = row.closed.name();
        /// From the SYN to the client's acknowledgement of the SYN-ACK.
        syn_rtt: Duration = row.syn_rtt;
        /// From the SYN-ACK to the client's acknowledgement of it: the way from the capture point to the client and back.
        client_way: Duration = row.client_way;
        /// From the SYN to the SYN-ACK: the way from the capture point to the server and back.
        server_way: Duration = row.server_way;
        /// Where the capture point stood, by these two: "client", "server" or "between"; null where no handshake tells, or on a path shorter than a millisecond.
        tap: Word = Tap::of(row.client_way, row.server_way).map(Tap::name);
        /// Whether both sides permitted selective acknowledgements (RFC 2018).
        sack_permitted: Bool = row.sack_permitted;
        /// Associations on this connection.
        associations: U64 = row.associations;
    }
}

#[derive(Default)]
pub(super) struct Builder {
    whole: whole::Builder,
    client: side::Builder,
    server: side::Builder,
}

impl Builder {
    pub(super) fn append(&mut self, row: &ConnectionRecord) {
        self.whole.append(row);
        self.client.append(&row.client_counts);
        self.server.append(&row.server_counts);
    }
}

impl Columns for Builder {
    fn fields() -> Vec<Field> {
        let mut fields = whole::Builder::fields();
        fields.extend(fields_of("client"));
        fields.extend(fields_of("server"));
        fields
    }

    fn rows(&self) -> usize {
        self.whole.rows()
    }

    fn arrays(&mut self) -> Vec<ArrayRef> {
        let mut arrays = self.whole.arrays();
        arrays.extend(self.client.arrays());
        arrays.extend(self.server.arrays());
        arrays
    }
}

/// The columns of one side, named and documented as that side's.
fn fields_of(side: &str) -> impl Iterator<Item = Field> {
    side::Builder::fields().into_iter().map(move |field| {
        let doc = field.metadata().get(DOC).map(|doc| (DOC, format!("Of the {side}: {doc}")));
        let name = format!("{side}_{}", field.name());
        field.with_name(name).with_metadata(Metadata::from_iter(doc))
    })
}
