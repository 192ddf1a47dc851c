//! What is made of a data set's elements: rows, the attributes of `objects`, and anomalies. Knows what is wanted and what identifies.

use super::syntax::Encoding;
use super::vr::Vr;
use super::{Element, Fault, Findings, Taker};
use crate::anomaly::{Anomaly, AnomalyKind};
use crate::dicom::privacy::{Phi, identifies, is_uid};
use crate::event::{ElementRecord, Sink, Stamp, Wants};
use crate::limits::Limits;

const ACCESSION_NUMBER: u32 = 0x0008_0050;
const MODALITY: u32 = 0x0008_0060;
const PATIENT_NAME: u32 = 0x0010_0010;
const PATIENT_ID: u32 = 0x0010_0020;
const STUDY_INSTANCE: u32 = 0x0020_000D;
const SERIES_INSTANCE: u32 = 0x0020_000E;
const NUMBER_OF_FRAMES: u32 = 0x0028_0008;
const ROWS: u32 = 0x0028_0010;
const COLUMNS: u32 = 0x0028_0011;
/// What `objects` tells, in the order of the tags.
const TOLD: [u32; 9] =
    [ACCESSION_NUMBER, MODALITY, PATIENT_NAME, PATIENT_ID, STUDY_INSTANCE, SERIES_INSTANCE, NUMBER_OF_FRAMES, ROWS, COLUMNS];

/// Which data set it is.
#[derive(Clone, Copy, Debug)]
pub struct Identity {
    pub connection: u64,
    pub association: u64,
    pub message: u64,
}

/// Where what is found goes.
pub struct Collect<'a, S> {
    pub sink: &'a mut S,
    pub wants: &'a Wants,
    pub phi: &'a Phi,
    /// The packet at hand.
    pub stamp: Stamp,
}

impl<S: Sink> Collect<'_, S> {
    pub(super) fn with<'b>(&'b mut self, identity: Identity, found: &'b mut Findings, limits: &Limits) -> Collector<'b, S> {
        Collector { sink: self.sink, wants: self.wants, phi: self.phi, identity, stamp: self.stamp, found, limit: limits.elements }
    }

    /// Tells how many rows were left out.
    pub(super) fn count(&mut self, identity: Identity, left_out: u64) {
        if left_out > 0 {
            let anomaly = Anomaly::new(AnomalyKind::DataSetLimit, format!("{left_out} elements more than the limit have no row"));
            note(self.sink, identity, self.stamp, anomaly);
        }
    }
}

fn note(sink: &mut impl Sink, identity: Identity, stamp: Stamp, anomaly: Anomaly) {
    sink.anomaly(anomaly.at(stamp).on(identity.connection).within(Some(identity.association)));
}

/// The same, with what has been found of one data set.
pub(super) struct Collector<'a, S> {
    sink: &'a mut S,
    wants: &'a Wants,
    phi: &'a Phi,
    identity: Identity,
    stamp: Stamp,
    found: &'a mut Findings,
    limit: u64,
}

impl<S: Sink> Collector<'_, S> {
    /// The packet at hand.
    pub(super) fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// An attribute that `objects` tells. The first one counts.
    fn tell(&mut self, element: &Element<'_>) {
        let Some(text) = element.raw.decode().text.filter(|text| !text.is_empty() && !element.truncated) else { return };
        let found = &mut self.found.attributes;
        let number = || text.trim().parse().ok();
        match element.tag {
            MODALITY => _ = found.modality.get_or_insert(text),
            STUDY_INSTANCE => _ = found.study_instance.get_or_insert(text),
            SERIES_INSTANCE => _ = found.series_instance.get_or_insert(text),
            ROWS => found.rows = found.rows.or_else(number),
            COLUMNS => found.columns = found.columns.or_else(number),
            NUMBER_OF_FRAMES => found.number_of_frames = found.number_of_frames.or_else(number),
            tag => {
                let place = match tag {
                    ACCESSION_NUMBER => &mut found.accession_number,
                    PATIENT_NAME => &mut found.patient_name,
                    _ => &mut found.patient_id,
                };
                if place.is_none() {
                    (*place, _) = self.phi.shown(text);
                }
            }
        }
    }

    fn row(&mut self, element: Element<'_>) {
        if self.found.rows >= self.limit {
            self.found.left_out += 1;
            return;
        }
        self.found.rows += 1;
        let Element { stamp, tag, length, raw, truncated, masked, creator, path, .. } = element;
        let hides = hides(tag, raw.vr, masked);
        let hidden = hides && !self.phi.needs_values();
        let structure = tag == super::walk::ITEM || raw.vr == Vr::SQ || length.is_none();
        let (value, multiplicity, masked) = if structure {
            (None, (raw.vr == Vr::SQ).then_some(1), false)
        } else if hidden {
            (None, None, true)
        } else {
            let decoded = raw.decode();
            let bulk = decoded.text.is_none();
            let multiplicity = if bulk { u32::from(length != Some(0)) } else { decoded.multiplicity };
            let (value, masked) = match decoded.text {
                // A pseudonym of a part would be another one.
                Some(_) if hides && truncated && matches!(self.phi, Phi::Pseudonym(_)) => (None, true),
                Some(text) if hides => self.phi.shown(text),
                text => (text, false),
            };
            (value, Some(multiplicity).filter(|_| !truncated), masked)
        };
        self.sink.element(ElementRecord {
            association: self.identity.association,
            message: self.identity.message,
            packet: stamp.packet,
            path,
            tag,
            creator: creator.map(str::to_owned),
            vr: raw.vr.letters(),
            multiplicity,
            length,
            value,
            truncated: truncated && !hidden && !structure,
            masked,
        });
    }
}

/// Whether the value of an element identifies, by itself or by the sequence it stands in.
fn hides(tag: u32, vr: Vr, masked: bool) -> bool {
    identifies(tag, vr) || masked && !is_uid(tag, vr)
}

impl<S: Sink> Taker for Collector<'_, S> {
    fn wants_rows(&self) -> bool {
        self.wants.elements
    }

    fn wants_creators(&self) -> bool {
        self.wants.elements && matches!(self.phi, Phi::Show)
    }

    fn wants_value(&self, tag: u32, vr: Vr, top: bool, masked: bool) -> bool {
        let row = self.wants.elements && (self.phi.needs_values() || !hides(tag, vr, masked));
        row || top && TOLD.contains(&tag)
    }

    fn masks(&self, tag: u32, vr: Vr) -> bool {
        identifies(tag, vr)
    }

    fn goes_on(&self, tag: u32, top: bool) -> bool {
        self.wants.elements || !top || tag < COLUMNS
    }

    fn element(&mut self, element: Element<'_>) {
        if element.depth == 0 && TOLD.contains(&element.tag) {
            self.tell(&element);
        }
        if self.wants.elements {
            self.row(element);
        }
    }

    fn fault(&mut self, stamp: Stamp, fault: Fault, position: u64) {
        let anomaly = Anomaly::new(fault.kind(), format!("{}, before byte {position} of the data set", fault.words()));
        note(self.sink, self.identity, stamp, anomaly);
    }

    fn other_encoding(&mut self, stamp: Stamp, encoding: Encoding) {
        let anomaly = Anomaly::new(AnomalyKind::DataSetEncoding, format!("{}: not what was negotiated", encoding.name()));
        note(self.sink, self.identity, stamp, anomaly);
    }
}
