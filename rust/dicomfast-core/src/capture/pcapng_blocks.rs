//! The blocks of pcapng that describe: section header, interface, statistics, secrets, and the options of each
//! (draft-ietf-opsawg-pcapng sections 3.5 and 4). Knows nothing of packets.

use super::LinkType;
use super::pcapng_time::Clock;
use super::walk::{half, word};
use crate::event::CaptureRecord;
use crate::limits::Limits;
use crate::reader::Reader;

const OPT_COMMENT: u16 = 1;
const SHB_HARDWARE: u16 = 2;
const SHB_OS: u16 = 3;
const SHB_USERAPPL: u16 = 4;
const IF_TSRESOL: u16 = 9;
const IF_TSOFFSET: u16 = 14;
const ISB_IFDROP: u16 = 5;
const ISB_OSDROP: u16 = 7;
/// "TLSK": a TLS key log.
const TLS_KEY_LOG: u32 = 0x544c_534b;
/// What holding a secret costs besides its bytes.
const SECRET_OVERHEAD: usize = 64;

/// An Interface Description Block.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Interface {
    pub(super) link: LinkType,
    /// 0: no limit.
    pub(super) snap_length: u32,
    pub(super) clock: Clock,
    dropped: u64,
}

/// What the file says of itself, over all its sections.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes {
    pub(super) link_types: Vec<LinkType>,
    pub(super) snap_length: Option<u32>,
    pub(super) dropped: Option<u64>,
    comments: Vec<String>,
    comment_bytes: usize,
    hardware: Option<String>,
    operating_system: Option<String>,
    application: Option<String>,
    /// Contents of the Decryption Secrets Blocks. Never written to anything.
    pub(super) secrets: Vec<Vec<u8>>,
    secret_bytes: usize,
}

/// Options of a block: code, length, value, padded to 32 bits; `opt_endofopt` or the end of the block ends them.
struct Options<'a, const BIG: bool>(Reader<'a>);

impl<'a, const BIG: bool> Iterator for Options<'a, BIG> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let code = half::<BIG>(self.0.array()?);
        let length = usize::from(half::<BIG>(self.0.array()?));
        if code == 0 {
            return None;
        }
        let value = self.0.take(length)?;
        // The last value may lack its padding.
        let _ = self.0.skip(length.wrapping_neg() & 3);
        Some((code, value))
    }
}

impl Notes {
    /// A text that the author of the capture wrote, within the bounds.
    fn text(&mut self, value: &[u8], limits: &Limits) -> Option<String> {
        self.comment_bytes = self.comment_bytes.saturating_add(value.len());
        (self.comment_bytes <= limits.comment_bytes).then(|| String::from_utf8_lossy(value).trim_end_matches('\0').to_owned())
    }

    fn comment(&mut self, value: &[u8], limits: &Limits) {
        if self.comments.len() < limits.comments
            && let Some(text) = self.text(value, limits)
        {
            self.comments.push(text);
        }
    }

    /// The comments among the options of any block.
    #[cold]
    pub(super) fn comments<const BIG: bool>(&mut self, options: &[u8], limits: &Limits) {
        for (_, value) in Options::<BIG>(Reader::new(options)).filter(|(code, _)| *code == OPT_COMMENT) {
            self.comment(value, limits);
        }
    }

    /// The options of a Section Header Block; with several sections the first to say something is kept.
    pub(super) fn section<const BIG: bool>(&mut self, options: &[u8], limits: &Limits) {
        for (code, value) in Options::<BIG>(Reader::new(options)) {
            match code {
                OPT_COMMENT => self.comment(value, limits),
                SHB_HARDWARE if self.hardware.is_none() => self.hardware = self.text(value, limits),
                SHB_OS if self.operating_system.is_none() => self.operating_system = self.text(value, limits),
                SHB_USERAPPL if self.application.is_none() => self.application = self.text(value, limits),
                _ => {}
            }
        }
    }

    /// A link type and snap length of this file; several interfaces have the largest.
    pub(super) fn link(&mut self, link: LinkType, snap_length: Option<u32>, limits: &Limits) {
        if !self.link_types.contains(&link) && self.link_types.len() < limits.link_types {
            self.link_types.push(link);
        }
        self.snap_length = self.snap_length.max(snap_length);
    }

    /// An Interface Description Block, without its framing.
    pub(super) fn interface<const BIG: bool>(&mut self, body: &[u8], limits: &Limits) -> Option<Interface> {
        let mut reader = Reader::new(body);
        let link = LinkType(half::<BIG>(reader.array()?));
        reader.skip(2)?;
        let snap_length = word::<BIG>(reader.array()?);
        let (mut resolution, mut offset) = (6, 0);
        for (code, value) in Options::<BIG>(reader) {
            match (code, value) {
                (OPT_COMMENT, _) => self.comment(value, limits),
                (IF_TSRESOL, &[byte]) => resolution = byte,
                (IF_TSOFFSET, _) => offset = long::<BIG>(value).unwrap_or(0) as i64,
                _ => {}
            }
        }
        self.link(link, (snap_length != 0).then_some(snap_length), limits);
        Some(Interface { link, snap_length, clock: Clock::new(resolution, offset), dropped: 0 })
    }

    /// An Interface Statistics Block: its counters run since the start of the capture, so the last one of an interface tells all.
    pub(super) fn statistics<const BIG: bool>(&mut self, body: &[u8], interfaces: &mut [Interface], limits: &Limits) -> Option<()> {
        let mut reader = Reader::new(body);
        let id = word::<BIG>(reader.array()?);
        reader.skip(8)?;
        let mut dropped: Option<u64> = None;
        for (code, value) in Options::<BIG>(reader) {
            match code {
                OPT_COMMENT => self.comment(value, limits),
                ISB_IFDROP | ISB_OSDROP => {
                    dropped = Some(dropped.unwrap_or(0).saturating_add(long::<BIG>(value).unwrap_or(0)));
                }
                _ => {}
            }
        }
        if let (Some(dropped), Some(interface)) = (dropped, interfaces.get_mut(id as usize)) {
            self.lost(dropped.saturating_sub(interface.dropped));
            interface.dropped = interface.dropped.max(dropped);
        }
        Some(())
    }

    /// More packets that the capturing program did not get.
    pub(super) fn lost(&mut self, packets: u64) {
        self.dropped = Some(self.dropped.unwrap_or(0).saturating_add(packets));
    }

    /// A Decryption Secrets Block, without its framing.
    pub(super) fn secret<const BIG: bool>(&mut self, body: &[u8], limits: &Limits) -> Option<()> {
        let mut reader = Reader::new(body);
        let kind = word::<BIG>(reader.array()?);
        let length = word::<BIG>(reader.array()?) as usize;
        let secret = reader.take(length)?;
        let cost = length.saturating_add(SECRET_OVERHEAD);
        if kind == TLS_KEY_LOG && self.secret_bytes.saturating_add(cost) <= limits.secret_bytes {
            self.secret_bytes += cost;
            self.secrets.push(secret.to_vec());
        }
        Some(())
    }

    pub(super) fn write(&self, record: &mut CaptureRecord) {
        record.dropped = self.dropped;
        record.comments.clone_from(&self.comments);
        record.hardware.clone_from(&self.hardware);
        record.operating_system.clone_from(&self.operating_system);
        record.application.clone_from(&self.application);
    }
}

fn long<const BIG: bool>(value: &[u8]) -> Option<u64> {
    let bytes = *value.first_chunk::<8>()?;
    Some(if BIG { u64::from_be_bytes(bytes) } else { u64::from_le_bytes(bytes) })
}
