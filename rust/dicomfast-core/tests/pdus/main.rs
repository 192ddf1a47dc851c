//! A-ASSOCIATE PDUs, command sets and statuses against what other implementations say of them (`tests/cases/pdus`).

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::format_collect,
    clippy::match_wildcard_for_single_variants,
    reason = "a test may panic, and says what it wants in the shortest way"
)]

mod associate;
mod command;
mod hostile;
mod status;

/// A fixture: what it is, its bytes, and what they mean, a value a line.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) lines: Vec<String>,
    /// User identity fields inside the bytes, which must not come out.
    pub(crate) secrets: Vec<String>,
}

pub(crate) fn read(file: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases/pdus").join(file);
    std::fs::read_to_string(path).expect("a fixture")
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hex")).collect()
}

pub(crate) fn cases(file: &str) -> Vec<Case> {
    let cases: Vec<_> = read(file)
        .split("\n\n")
        .map(|block| {
            let mut lines = block.lines();
            let mut head = lines.next().expect("a head line").split(' ').map(str::to_owned);
            let mut next = || head.next().expect("name, kind, bytes");
            let (name, kind, bytes) = (next(), next(), unhex(&next()));
            let (secrets, lines) = lines.map(str::to_owned).partition::<Vec<_>, _>(|line| line.starts_with("secret "));
            let secrets = secrets.iter().filter_map(|line| String::from_utf8(unhex(&line["secret ".len()..])).ok()).collect();
            Case { name, kind, bytes, lines, secrets }
        })
        .collect();
    assert!(cases.len() > 20);
    cases
}
