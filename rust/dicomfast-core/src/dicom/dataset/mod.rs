//! The data set of a message (PS3.5): its bytes as they come, which of them are missing, and what is made of them. Knows neither
//! PDUs nor associations.

mod charset;
mod collect;
pub mod dictionary;
mod fault;
mod inflate;
mod loss;
mod nesting;
mod syntax;
mod value;
pub mod vr;
mod walk;

use sha2::{Digest, Sha256};

pub use collect::{Collect, Identity};
use fault::Fault;
use inflate::{Inflate, Inflated};
pub use loss::Loss;
use syntax::{Encoding, Syntax};
use value::Raw;
use vr::Vr;
use walk::Walk;

use crate::event::{Attributes, Sink, Stamp};
use crate::limits::Limits;

/// An element, or what stands for one.
struct Element<'a> {
    stamp: Stamp,
    tag: u32,
    length: Option<u32>,
    depth: usize,
    raw: Raw<'a>,
    truncated: bool,
    /// A sequence around it identifies.
    masked: bool,
    creator: Option<&'a str>,
    path: String,
}

/// Takes what a data set is made of, and says what is wanted of it.
trait Taker {
    fn wants_rows(&self) -> bool;
    /// Names of private creators.
    fn wants_creators(&self) -> bool;
    fn wants_value(&self, tag: u32, vr: Vr, top: bool, masked: bool) -> bool;
    /// Whether all that is in this sequence identifies.
    fn masks(&self, tag: u32, vr: Vr) -> bool;
    /// Whether anything after this element is wanted.
    fn goes_on(&self, tag: u32, top: bool) -> bool;
    fn element(&mut self, element: Element<'_>);
    fn fault(&mut self, stamp: Stamp, fault: Fault, position: u64);
    fn other_encoding(&mut self, stamp: Stamp, encoding: Encoding);
}

/// The reading of elements.
#[derive(Debug)]
struct Reading {
    walk: Walk,
    inflate: Option<Inflate>,
}

/// What has been made of a data set so far.
#[derive(Debug, Default)]
pub struct Findings {
    pub attributes: Attributes,
    /// Rows made of its elements, and those beyond the limit.
    pub rows: u64,
    pub left_out: u64,
}

/// A data set as far as it has come.
#[derive(Debug)]
pub struct DataSet {
    pub loss: Loss,
    pub found: Findings,
    reading: Option<Reading>,
    hash: Option<Sha256>,
    /// Somebody takes all bytes.
    pub recorded: bool,
    pub identity: Identity,
}

impl DataSet {
    /// One begins. `read`: its elements are wanted, with the transfer syntax as far as it is known.
    pub fn new(identity: Identity, read: Option<Option<&str>>, hash: bool, recorded: bool) -> Self {
        let reading = read.map(|transfer_syntax| {
            let syntax = Syntax::of(transfer_syntax).unwrap_or(Syntax { encoding: Encoding::IMPLICIT, deflated: false });
            Reading { walk: Walk::new(syntax.encoding, transfer_syntax.is_some()), inflate: syntax.deflated.then(Inflate::new) }
        });
        Self { loss: Loss::default(), found: Findings::default(), reading, hash: hash.then(Sha256::new), recorded, identity }
    }

    /// How many of the next bytes nobody looks at.
    pub fn unread(&self) -> u64 {
        if self.hash.is_some() || self.recorded { 0 } else { self.reading.as_ref().map_or(u64::MAX, Reading::unread) }
    }

    /// The next bytes.
    pub fn data<S: Sink>(&mut self, stamp: Stamp, bytes: &[u8], limits: &Limits, collect: &mut Collect<'_, S>) {
        self.loss.came(bytes.len() as u64);
        if let Some(hash) = &mut self.hash {
            hash.update(bytes);
        }
        if let Some(reading) = &mut self.reading {
            reading.feed(stamp, bytes, limits, &mut collect.with(self.identity, &mut self.found, limits));
        }
    }

    /// So many of the unread bytes have gone by.
    pub fn passed(&mut self, count: u64) {
        self.loss.came(count);
        // Behind the end of what is deflated nothing is an element.
        if let Some(reading) = self.reading.as_mut().filter(|reading| reading.inflate.is_none()) {
            reading.walk.passed(count);
        }
    }

    /// So many bytes are missing; `None`: nobody knows how many.
    pub fn lost<S: Sink>(&mut self, count: Option<u64>, limits: &Limits, collect: &mut Collect<'_, S>) {
        if count == Some(0) {
            return;
        }
        self.loss.lost(count, limits.lost_ranges);
        // There is no hash of a part.
        self.hash = None;
        if let Some(reading) = &mut self.reading {
            // Nothing behind a hole can be inflated.
            let count = count.filter(|_| reading.inflate.is_none());
            reading.walk.lost(count, limits, &mut collect.with(self.identity, &mut self.found, limits));
        }
    }

    /// No more bytes come; `sent`: the last one came.
    pub fn finish<S: Sink>(&mut self, sent: bool, limits: &Limits, collect: &mut Collect<'_, S>) {
        let sent = sent && self.loss.is_none();
        if let Some(reading) = &mut self.reading {
            let over = reading.inflate.as_ref().is_none_or(Inflate::is_over);
            let (walk, mut taker) = (&mut reading.walk, collect.with(self.identity, &mut self.found, limits));
            if sent && !over {
                walk.give_up(taker.stamp(), Fault::Deflate, &mut taker);
            }
            walk.finish(sent, limits, &mut taker);
        }
        collect.count(self.identity, self.found.left_out);
    }

    /// SHA-256 of a data set that is whole.
    pub fn sha256(&mut self) -> Option<[u8; 32]> {
        self.hash.take().map(|hash| hash.finalize().into())
    }
}

impl Reading {
    fn unread(&self) -> u64 {
        let unread = self.walk.unread();
        match &self.inflate {
            Some(inflate) if !inflate.is_over() && unread < u64::MAX => 0,
            Some(_) => u64::MAX,
            None => unread,
        }
    }

    fn feed(&mut self, stamp: Stamp, bytes: &[u8], limits: &Limits, taker: &mut impl Taker) {
        let Self { walk, inflate } = self;
        let Some(inflate) = inflate else { return walk.feed(stamp, bytes, limits, taker) };
        if inflate.is_over() || walk.unread() == u64::MAX {
            return;
        }
        match inflate.feed(bytes, limits.inflated_bytes, |piece| walk.feed(stamp, piece, limits, taker)) {
            Inflated::More | Inflated::Over => {}
            Inflated::Broken => walk.give_up(stamp, Fault::Deflate, taker),
            Inflated::TooMuch => walk.give_up(stamp, Fault::TooMuch, taker),
        }
    }
}
