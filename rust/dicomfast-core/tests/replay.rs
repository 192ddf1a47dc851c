//! The fuzz targets (`rust/fuzz`) over their corpora: what fuzzing has found stays found, without a fuzzer.

#![cfg(feature = "arrow")]
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a fuzz target panics where the engine breaks a promise")]

use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

#[path = "../../fuzz/src/lib.rs"]
mod targets;

fn replay(name: &str, target: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpora").join(name);
    let mut inputs: Vec<PathBuf> = folder.read_dir().expect("a corpus").map(|entry| entry.expect("an input").path()).collect();
    inputs.sort();
    assert!(inputs.len() > 30, "{} inputs of {name}", inputs.len());
    let fails = |path: &PathBuf| {
        let bytes = std::fs::read(path).expect("an input");
        catch_unwind(|| target(&bytes)).is_err()
    };
    let failed: Vec<PathBuf> = inputs.into_iter().filter(fails).collect();
    assert!(failed.is_empty(), "{failed:?}");
}

#[test]
fn files() {
    replay("files", targets::files);
}

#[test]
fn frames() {
    replay("frames", targets::frames);
}

#[test]
fn streams() {
    replay("streams", targets::streams);
}

#[test]
fn pdus() {
    replay("pdus", targets::pdus);
}

#[test]
fn dataset() {
    replay("dataset", targets::dataset);
}

#[test]
fn negotiation() {
    replay("negotiation", targets::negotiation);
}

#[test]
fn pipeline() {
    replay("pipeline", targets::pipeline);
}
