//! Which bytes of a data set are missing. Knows offsets and the fragments that carried them; not why.

use crate::dicom::pdu::{PDU_HEADER, PDV_HEADER, Pdu};
use crate::event::LostRange;

/// The bytes of a data set, counted.
#[derive(Debug, Default)]
pub struct Loss {
    /// Offset of the next byte, as far as it is known.
    position: u64,
    /// Bytes are missing, and nobody knows how many.
    adrift: bool,
    ranges: Vec<LostRange>,
    trail: Trail,
}

/// Where its last fragment stood, to tell how many bytes were in PDUs that nobody saw.
#[derive(Debug, Default)]
struct Trail {
    /// Offset in the stream after it.
    after: u64,
    /// Bytes of its PDU, where it filled that.
    pdu: Option<u64>,
    /// Fragments may be missing since.
    torn: bool,
}

impl Loss {
    pub fn position(&self) -> u64 {
        self.position
    }

    pub fn is_none(&self) -> bool {
        self.ranges.is_empty()
    }

    pub fn came(&mut self, count: u64) {
        self.position += count;
    }

    /// Whether offsets are those in the data set: not behind bytes of unknown number.
    pub fn is_adrift(&self) -> bool {
        self.adrift
    }

    /// The next bytes are missing. Behind those of unknown number no offset is known, so nothing more is listed.
    pub fn lost(&mut self, count: Option<u64>, limit: usize) {
        let offset = self.position;
        self.position += count.unwrap_or(0);
        if self.adrift {
            return;
        }
        self.adrift = count.is_none();
        let full = self.ranges.len() >= limit;
        match self.ranges.last_mut() {
            Some(last) if full || last.length.is_some_and(|length| last.offset + length == offset) => {
                last.length = count.map(|count| offset + count - last.offset);
            }
            _ => self.ranges.push(LostRange { offset, length: count }),
        }
    }

    /// A fragment of it is over.
    pub fn fragment(&mut self, pdu: &Pdu) {
        self.trail.after = pdu.end() - pdu.remaining;
        self.trail.pdu = (pdu.pdvs == 1 && pdu.remaining == 0).then_some(PDU_HEADER as u64 + u64::from(pdu.length));
    }

    /// The boundaries of fragments are not known any more.
    pub fn tear(&mut self) {
        self.trail.torn = true;
    }

    /// The next fragment begins. Gives what is missing before it; where nobody knows how much, `Some(None)`.
    pub fn resume(&mut self, pdu: &Pdu) -> Option<Option<u64>> {
        if !std::mem::take(&mut self.trail.torn) {
            return None;
        }
        Some(self.trail.missing(pdu))
    }

    /// Whether fragments may be missing at its end.
    pub fn is_torn(&self) -> bool {
        self.trail.torn
    }

    pub fn take(&mut self) -> Vec<LostRange> {
        std::mem::take(&mut self.ranges)
    }
}

impl Trail {
    /// Programs send a data set in PDUs of one size, one fragment in each, but for the last: so many as fit the hole were there.
    fn missing(&self, next: &Pdu) -> Option<u64> {
        let hole = next.offset.checked_sub(self.after).filter(|_| next.pdvs == 1)?;
        let pdu = self.pdu?;
        let headers = (PDU_HEADER + PDV_HEADER) as u64;
        (hole % pdu == 0).then(|| hole / pdu * pdu.saturating_sub(headers))
    }
}

#[cfg(test)]
mod tests {
    use super::{Loss, LostRange};

    #[test]
    fn ranges() {
        let mut loss = Loss::default();
        loss.came(10);
        loss.lost(Some(5), 2);
        loss.lost(Some(1), 2);
        loss.came(4);
        loss.lost(None, 2);
        loss.came(7);
        loss.lost(Some(1), 2);
        let range = |offset, length| LostRange { offset, length };
        assert_eq!(loss.take(), [range(10, Some(6)), range(20, None)]);
        assert_eq!(loss.position(), 28);
    }
}
