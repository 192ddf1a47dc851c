//! Streams, pipes and files that change: the same frames however the bytes arrive.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use dicomfast_core::anomaly::AnomalyKind;
use dicomfast_core::capture::{Capture, CaptureOptions, Input};
use dicomfast_core::error::Error;
use dicomfast_core::limits::Limits;
use proptest::prelude::*;

use super::support::{Collector, Pieces, case, case_bytes, limits, read};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// However a stream is cut into reads, and whatever the window, it gives the frames of the plain file.
    #[test]
    fn any_chunking_gives_the_same_frames(
        sizes in prop::collection::vec(1..3_000_usize, 1..8),
        window in 0..20_000_usize,
        name in prop::sample::select(vec!["formats.pcap", "formats.2if.pcapng", "formats.be.ns.pcap", "formats.pcap.zst", "formats.pcap.gz"]),
    ) {
        let limits = Limits { window_bytes: window, small_window_bytes: 0, windows: window % 3, ..limits() };
        let whole = read(vec![Input::Path(case(name))], &Limits::default()).unwrap();
        let bytes = io::Cursor::new(case_bytes(name));
        let stream = Input::Reader { name: name.to_owned(), reader: Box::new(Pieces { bytes, sizes, turn: 0 }) };
        let outcome = read(vec![stream], &limits).unwrap();
        prop_assert_eq!(outcome.frames, whole.frames);
        prop_assert_eq!(outcome.anomalies, whole.anomalies);
    }
}

/// Reads what is there now.
fn drain(capture: &mut Capture) -> usize {
    let mut collector = Collector::default();
    while capture.read(10, &mut collector).unwrap() {}
    collector.frames.len()
}

#[test]
fn what_is_appended_before_the_end_is_read_too() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("growing.pcap");
    let whole = case_bytes("formats.pcap");
    std::fs::write(&path, &whole[..5_000]).unwrap();
    let mut capture = Capture::open(vec![Input::Path(path.clone())], &limits(), CaptureOptions::default()).unwrap();
    let mut collector = Collector::default();
    capture.read(3, &mut collector).unwrap();
    OpenOptions::new().append(true).open(&path).unwrap().write_all(&whole[5_000..]).unwrap();
    assert_eq!(collector.frames.len() + drain(&mut capture), 49);
    assert!(capture.records()[0].complete);
}

#[test]
fn a_file_cut_while_it_is_read_is_told_and_harmless() {
    for length in [100, 0] {
        cut_while_read(length);
    }
}

fn cut_while_read(length: u64) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("cut.pcap");
    std::fs::write(&path, case_bytes("formats.pcap")).unwrap();
    let mut capture = Capture::open(vec![Input::Path(path.clone())], &limits(), CaptureOptions::default()).unwrap();
    let mut collector = Collector::default();
    capture.read(5, &mut collector).unwrap();
    OpenOptions::new().write(true).open(&path).unwrap().set_len(length).unwrap();
    while capture.read(10, &mut collector).unwrap() {}
    assert_eq!(collector.anomalies.iter().map(|anomaly| anomaly.kind).collect::<Vec<_>>(), [AnomalyKind::FileChanged]);
    assert!(collector.frames.len() >= 5);
    assert!(!capture.records()[0].complete);
}

#[test]
fn following_waits_for_more_until_it_is_interrupted() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("followed.pcapng");
    let whole = case_bytes("formats.2if.pcapng");
    // Cut in the middle of a record.
    std::fs::write(&path, &whole[..9_001]).unwrap();
    let interrupt = Arc::new(AtomicBool::new(false));
    let options = CaptureOptions { follow: true, interrupt: Arc::clone(&interrupt) };
    let mut capture = Capture::open(vec![Input::Path(path.clone())], &limits(), options).unwrap();
    let mut collector = Collector::default();
    assert!(capture.read(1_000, &mut collector).unwrap(), "comes back with what is there");
    let before = collector.frames.len();
    assert!(before > 0 && before < 67);
    let writer = std::thread::spawn(move || {
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        std::thread::sleep(Duration::from_millis(50));
        file.write_all(&whole[9_001..whole.len() - 1]).unwrap();
        std::thread::sleep(Duration::from_millis(400));
        interrupt.store(true, Ordering::Relaxed);
    });
    while capture.read(1_000, &mut collector).unwrap() {}
    writer.join().unwrap();
    assert_eq!(collector.frames.len(), 67);
    assert_eq!(collector.anomalies, []);
    assert!(!capture.records()[0].complete, "its last block is still being written");
}

/// A read that a signal keeps ending.
struct Signals;

impl io::Read for Signals {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::Interrupted.into())
    }
}

#[test]
fn an_interrupt_ends_a_blocked_read() {
    let options = CaptureOptions { follow: false, interrupt: Arc::new(AtomicBool::new(true)) };
    let input = Input::Reader { name: "signals".to_owned(), reader: Box::new(Signals) };
    assert!(matches!(Capture::open(vec![input], &limits(), options), Err(Error::Interrupted)));
}

#[test]
fn an_error_of_the_medium_is_an_error() {
    struct Broken(io::Cursor<Vec<u8>>);
    impl io::Read for Broken {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.0.read(buffer)?;
            if count == 0 { Err(io::Error::other("the medium")) } else { Ok(count) }
        }
    }
    for name in ["formats.pcap", "formats.pcap.gz"] {
        let mut bytes = case_bytes(name);
        bytes.truncate(6_000);
        let input = Input::Reader { name: "medium".to_owned(), reader: Box::new(Broken(io::Cursor::new(bytes))) };
        let error = read(vec![input], &limits()).err().unwrap();
        assert_eq!(error.to_string(), "cannot read medium: the medium", "{name}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn files_of_proc_are_read_although_they_have_no_length() {
    let error = read(vec![Input::Path("/proc/self/status".into())], &limits()).err().unwrap();
    assert!(matches!(error, Error::NotACapture { .. }), "{error}");
    // A descriptor of an open file behind /proc.
    let file = File::open(case("formats.pcap")).unwrap();
    let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&file));
    assert_eq!(read(vec![Input::Path(path.into())], &limits()).unwrap().frames.len(), 49);
}
