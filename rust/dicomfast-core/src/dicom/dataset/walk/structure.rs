//! Sequences, items and delimiters as they are met (PS3.5 section 7.5). Knows what is open; values are read elsewhere.

use super::{Current, ITEM_END, SEQUENCE_END, State, UNDEFINED, Walk};
use crate::dicom::dataset::nesting::Open;
use crate::dicom::dataset::syntax::Encoding;
use crate::dicom::dataset::value::Raw;
use crate::dicom::dataset::vr::{Kind, Vr};
use crate::dicom::dataset::{Element, Fault, Taker};
use crate::limits::Limits;

impl Walk {
    pub(super) fn item(&mut self, limits: &Limits, taker: &mut impl Taker) {
        let Current { length, stamp, .. } = self.current;
        match self.nesting.open() {
            Some(Open::Sequence) => {
                let end = if length == UNDEFINED { None } else { Some(self.position + self.bounded(taker)) };
                self.open(Open::Item, end, limits, taker);
                if self.too_deep == 0 && taker.wants_rows() {
                    let path = self.nesting.item_path();
                    self.row(path, taker);
                }
                self.skip(0);
            }
            Some(Open::Fragments) if length != UNDEFINED => {
                let path = self.nesting.fragment_path();
                if taker.wants_rows() {
                    self.row(path, taker);
                }
                let length = self.bounded(taker);
                self.skip(length);
            }
            _ if length != UNDEFINED => {
                self.fault(stamp, Fault::StrayItem, taker);
                self.skip(0);
            }
            _ => self.give_up(stamp, Fault::StrayItem, taker),
        }
    }

    /// The row of an item, or of a sequence: no value.
    fn row(&mut self, path: String, taker: &mut impl Taker) {
        let Current { tag, vr, length, stamp } = self.current;
        let raw = Raw { vr, bytes: &[], big_endian: self.nesting.encoding.big_endian, charset: self.nesting.charset };
        let creator = self.nesting.creator(tag);
        let length = (length != UNDEFINED).then_some(length);
        let element =
            Element { stamp, tag, length, depth: self.nesting.depth(), raw, truncated: false, masked: self.nesting.masked, creator, path };
        taker.element(element);
    }

    pub(super) fn delimiter(&mut self, tag: u32, length: u32, taker: &mut impl Taker) {
        let stamp = self.current.stamp;
        if length != 0 {
            self.fault(stamp, Fault::DelimiterLength, taker);
        }
        match (tag, self.nesting.open()) {
            (ITEM_END, Some(Open::Item)) | (SEQUENCE_END, Some(Open::Sequence | Open::Fragments)) => {
                if self.nesting.is_defined() {
                    self.fault(stamp, Fault::StrayDelimiter, taker);
                }
                self.nesting.pop();
            }
            (SEQUENCE_END, Some(Open::Item)) => {
                self.fault(stamp, Fault::StrayDelimiter, taker);
                self.nesting.pop();
                self.nesting.pop();
            }
            _ => self.fault(stamp, Fault::StrayDelimiter, taker),
        }
        self.skip(0);
    }

    fn open(&mut self, open: Open, end: Option<u64>, limits: &Limits, taker: &mut impl Taker) {
        let Current { tag, stamp, .. } = self.current;
        // A sequence and its item are one level.
        if self.nesting.depth() < 2 * limits.sequence_depth {
            self.nesting.push(open, tag, end);
        } else {
            self.fault(stamp, Fault::TooDeep, taker);
            self.too_deep = 1;
        }
    }

    /// An element without a length: it ends with a delimiter.
    pub(super) fn undefined(&mut self, limits: &Limits, taker: &mut impl Taker) {
        let Current { vr, stamp, .. } = self.current;
        match vr.kind() {
            Kind::Sequence => self.sequence(None, Open::Sequence, limits, taker),
            // Section 6.2.2 note 2: what it holds is Implicit VR Little Endian.
            _ if vr == Vr::UN => {
                self.sequence(None, Open::Sequence, limits, taker);
                self.nesting.encoding = Encoding::IMPLICIT;
            }
            Kind::Bulk => self.sequence(None, Open::Fragments, limits, taker),
            _ => {
                self.fault(stamp, Fault::Undefined, taker);
                self.sequence(None, Open::Sequence, limits, taker);
            }
        }
    }

    pub(super) fn sequence(&mut self, length: Option<u32>, open: Open, limits: &Limits, taker: &mut impl Taker) {
        let tag = self.current.tag;
        if taker.wants_rows() {
            let path = self.nesting.path(tag);
            self.row(path, taker);
        }
        let end = match length {
            Some(_) => Some(self.position + self.bounded(taker)),
            None => None,
        };
        if end.is_some_and(|end| end <= self.position) {
            return self.skip(0);
        }
        if let (Some(end), true) = (end, self.nesting.depth() + 1 >= 2 * limits.sequence_depth) {
            self.fault(self.current.stamp, Fault::TooDeep, taker);
            return self.skip(end - self.position);
        }
        self.open(open, end, limits, taker);
        if self.too_deep == 0 {
            self.nesting.masked |= taker.masks(tag, self.current.vr);
        }
        self.skip(0);
        if !taker.goes_on(tag, self.at_top()) {
            self.state = State::Done;
        }
    }
}
