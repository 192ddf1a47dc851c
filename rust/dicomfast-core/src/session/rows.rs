//! Where the engine's records become rows: here, or (with two threads) in a thread beside, so that decoding and table building share
//! the processors. Either way the tables see the same records in the same order.

use std::thread::JoinHandle;
use std::time::Duration;

use arrow_array::RecordBatch;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};

use crate::anomaly::Anomaly;
use crate::error::{Error, Result};
use crate::event::{
    AssociationRecord, CaptureRecord, ConnectionRecord, DataEvent, ElementRecord, EventRecord, ExportRecord, FrameRecord, ItemPlace,
    ItemRecord, MessageRecord, ObjectRecord, OperationRecord, PduRecord, PdvRecord, SegmentRecord, Sink, StallRecord, Wants,
};
use crate::export::Exporter;
use crate::table::{Table, Tables};

/// Records that travel together: enough that waking the other thread costs little.
const TOGETHER: usize = 2048;
/// Such loads on their way.
const LOADS: usize = 4;
/// How long to wait for the last batches before the caller is asked whether to go on.
const PATIENCE: Duration = Duration::from_millis(50);

type Made = (Table, RecordBatch);

/// The sink of a session's engine.
pub(super) struct Rows {
    place: Place,
    exporter: Option<Exporter>,
}

/// Where the tables are.
enum Place {
    Here(Box<Tables>),
    Beside(Beside),
}

/// The tables in a thread of their own.
pub(super) struct Beside {
    wants: Wants,
    load: Vec<Told>,
    work: Option<Sender<Work>>,
    /// Loads that were taken, to be filled again.
    empty: Receiver<Vec<Told>>,
    made: Receiver<Made>,
    thread: Option<JoinHandle<()>>,
}

enum Work {
    Records(Vec<Told>),
    Flush,
}

/// A record on its way; the large ones in boxes.
enum Told {
    Connection(Box<ConnectionRecord>),
    Association(Box<AssociationRecord>),
    Message(MessageRecord),
    Operation(OperationRecord),
    Pdu(PduRecord),
    Pdv(PdvRecord),
    Item(Box<(ItemPlace, ItemRecord)>),
    Frame(Box<FrameRecord>),
    Segment(SegmentRecord),
    Stall(Box<StallRecord>),
    Event(Box<EventRecord>),
    Anomaly(Anomaly),
    Capture(Box<CaptureRecord>),
    Element(Box<ElementRecord>),
    Object(Box<ObjectRecord>),
    Export(Box<ExportRecord>),
}

/// What is left at the end.
pub(super) enum Rest {
    Batch(Table, RecordBatch),
    Working,
    Nothing,
}

impl Rows {
    pub(super) fn new(tables: Tables, beside: bool, exporter: Option<Exporter>) -> Result<Self> {
        let place = if beside { Place::beside(tables)? } else { Place::Here(Box::new(tables)) };
        Ok(Self { place, exporter })
    }

    /// What has failed in writing files.
    pub(super) fn error(&mut self) -> Option<Error> {
        self.exporter.as_mut().and_then(Exporter::error)
    }

    /// A batch that is full.
    pub(super) fn ready(&mut self) -> Option<Made> {
        match &mut self.place {
            Place::Here(tables) => tables.ready(),
            Place::Beside(beside) => {
                beside.send();
                beside.made.try_recv().ok()
            }
        }
    }

    /// Everything that waits to fill a batch; with a thread beside it comes as [`Rows::ready`].
    pub(super) fn flush(&mut self) -> Vec<Made> {
        match &mut self.place {
            Place::Here(tables) => tables.flush(),
            Place::Beside(beside) => {
                beside.send();
                if let Some(work) = &beside.work {
                    // A closed channel shows at the next batch.
                    let _ = work.send(Work::Flush);
                }
                Vec::new()
            }
        }
    }

    /// The input is over; [`Rows::rest`] gives what is left.
    pub(super) fn finish(&mut self) {
        while let Some(record) = self.exporter.as_mut().and_then(Exporter::rest) {
            self.export(record);
        }
        match &mut self.place {
            Place::Here(tables) => tables.finish(),
            Place::Beside(beside) => {
                beside.send();
                beside.work = None;
            }
        }
    }

    pub(super) fn rest(&mut self) -> Result<Rest> {
        let Place::Beside(beside) = &mut self.place else { return Ok(Rest::Nothing) };
        Ok(match beside.made.recv_timeout(PATIENCE) {
            Ok((table, batch)) => Rest::Batch(table, batch),
            Err(RecvTimeoutError::Timeout) => Rest::Working,
            Err(RecvTimeoutError::Disconnected) => {
                if beside.thread.take().is_some_and(|thread| thread.join().is_err()) {
                    return Err(Error::Argument("the thread that makes the tables failed: please report this".to_owned()));
                }
                Rest::Nothing
            }
        })
    }
}

impl Place {
    fn beside(mut tables: Tables) -> Result<Self> {
        let wants = tables.wants();
        let (work, todo) = bounded::<Work>(LOADS);
        // Not bounded: whoever takes the batches also sends the records, and must never wait for itself.
        let (done, made) = unbounded::<Made>();
        let (emptied, empty) = bounded::<Vec<Told>>(LOADS);
        let build = move || {
            // A closed channel means that nobody wants the batches any more.
            let mut hand_on = |batch: Made| done.send(batch).is_ok();
            for work in todo {
                match work {
                    Work::Records(mut load) => {
                        load.drain(..).for_each(|told| told.tell(&mut tables));
                        // Where there are enough of them already, it goes.
                        let _ = emptied.try_send(load);
                    }
                    Work::Flush => {
                        if !tables.flush().into_iter().all(&mut hand_on) {
                            return;
                        }
                    }
                }
                while let Some(batch) = tables.ready() {
                    if !hand_on(batch) {
                        return;
                    }
                }
            }
            tables.finish();
            tables.flush().into_iter().all(hand_on);
        };
        let thread = std::thread::Builder::new()
            .name("dicomfast-rows".to_owned())
            .spawn(build)
            .map_err(|source| Error::Read { input: "a second thread".to_owned(), source })?;
        Ok(Self::Beside(Beside { wants, load: Vec::new(), work: Some(work), empty, made, thread: Some(thread) }))
    }
}

impl Beside {
    fn send(&mut self) {
        if self.load.is_empty() {
            return;
        }
        let load = std::mem::replace(&mut self.load, self.empty.try_recv().unwrap_or_default());
        if let Some(work) = &self.work {
            // A closed channel shows at the next batch.
            let _ = work.send(Work::Records(load));
        }
    }

    fn tell(&mut self, told: Told) {
        self.load.push(told);
        if self.load.len() >= TOGETHER {
            self.send();
        }
    }
}

impl Told {
    fn tell(self, sink: &mut impl Sink) {
        match self {
            Self::Connection(record) => sink.connection(*record),
            Self::Association(record) => sink.association(*record),
            Self::Message(record) => sink.message(record),
            Self::Operation(record) => sink.operation(record),
            Self::Pdu(record) => sink.pdu(record),
            Self::Pdv(record) => sink.pdv(record),
            Self::Item(record) => sink.item(*record),
            Self::Frame(record) => sink.frame(*record),
            Self::Segment(record) => sink.segment(record),
            Self::Stall(record) => sink.stall(*record),
            Self::Event(record) => sink.event(*record),
            Self::Anomaly(record) => sink.anomaly(record),
            Self::Capture(record) => sink.capture(*record),
            Self::Element(record) => sink.element(*record),
            Self::Object(record) => sink.object(*record),
            Self::Export(record) => sink.export(*record),
        }
    }
}

macro_rules! forward {
    ($($method:ident($record:ty) as $told:expr;)*) => {
        impl Sink for Rows {
            $(fn $method(&mut self, record: $record) {
                match &mut self.place {
                    Place::Here(tables) => tables.$method(record),
                    Place::Beside(beside) => beside.tell($told(record)),
                }
            })*

            fn data(&mut self, event: DataEvent<'_>) {
                if let Some(record) = self.exporter.as_mut().and_then(|exporter| exporter.take(event)) {
                    self.export(record);
                }
            }

            fn wants(&self) -> Wants {
                let wants = match &self.place {
                    Place::Here(tables) => tables.wants(),
                    Place::Beside(beside) => beside.wants.clone(),
                };
                Wants { data: self.exporter.is_some(), ..wants }
            }
        }
    };
}

forward! {
    connection(ConnectionRecord) as |record| Told::Connection(Box::new(record));
    association(AssociationRecord) as |record| Told::Association(Box::new(record));
    message(MessageRecord) as Told::Message;
    operation(OperationRecord) as Told::Operation;
    pdu(PduRecord) as Told::Pdu;
    pdv(PdvRecord) as Told::Pdv;
    item((ItemPlace, ItemRecord)) as |record| Told::Item(Box::new(record));
    frame(FrameRecord) as |record| Told::Frame(Box::new(record));
    segment(SegmentRecord) as Told::Segment;
    stall(StallRecord) as |record| Told::Stall(Box::new(record));
    event(EventRecord) as |record| Told::Event(Box::new(record));
    anomaly(Anomaly) as Told::Anomaly;
    capture(CaptureRecord) as |record| Told::Capture(Box::new(record));
    element(ElementRecord) as |record| Told::Element(Box::new(record));
    object(ObjectRecord) as |record| Told::Object(Box::new(record));
    export(ExportRecord) as |record| Told::Export(Box::new(record));
}
