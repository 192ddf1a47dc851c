//! One captured frame, and the consumer that takes frames as they are read.

use std::sync::Arc;

use super::Window;
use crate::anomaly::Anomaly;
use crate::event::{Stamp, Time};

/// A link-layer type (the LINKTYPE_ numbers of the pcap and pcapng formats).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct LinkType(pub u16);

impl LinkType {
    /// The name in the registry of link types (without its LINKTYPE_), or the number.
    pub fn name(self) -> String {
        let name = match self.0 {
            0 => "NULL",
            1 => "ETHERNET",
            9 => "PPP",
            12 | 101 => "RAW",
            50 => "PPP_HDLC",
            51 => "PPP_ETHER",
            104 => "C_HDLC",
            105 => "IEEE802_11",
            107 => "FRELAY",
            108 => "LOOP",
            113 => "LINUX_SLL",
            127 => "IEEE802_11_RADIOTAP",
            228 => "IPV4",
            229 => "IPV6",
            253 => "NETLINK",
            276 => "LINUX_SLL2",
            number => return format!("LINKTYPE {number}"),
        };
        name.to_owned()
    }
}

/// One record of a capture file, without its bytes.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// 1-based, through all inputs.
    pub number: u64,
    pub time: Time,
    pub link: LinkType,
    /// Index of the input.
    pub capture: u32,
    /// Where the frame's bytes begin in the current window.
    pub offset: u32,
    /// Bytes in the capture, and bytes on the wire.
    pub captured: u32,
    pub length: u32,
}

impl Frame {
    pub fn stamp(&self) -> Stamp {
        Stamp { packet: self.number, time: self.time }
    }
}

/// Takes frames. `window` is called before the first frame of each window (again when inputs alternate); every frame until
/// the next call lies in that window.
pub trait FrameSink {
    fn window(&mut self, window: &Arc<Window>);
    /// `bytes` are exactly the captured bytes of the frame.
    fn frame(&mut self, frame: Frame, bytes: &[u8]);
    fn anomaly(&mut self, anomaly: Anomaly);
}
