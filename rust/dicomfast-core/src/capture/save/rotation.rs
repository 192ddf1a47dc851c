//! When the next file begins and what it is called, as tcpdump's -C, -G and -W have it. Knows sizes, times and names.

use std::path::{Path, PathBuf};

use crate::event::{NO_TIME, Time};

const NANO: i64 = 1_000_000_000;

/// When to begin another file.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rotation {
    /// -C: once a file has so many bytes.
    pub bytes: Option<u64>,
    /// -G: every so many seconds of packet time; the name is a pattern of strftime(3).
    pub seconds: Option<u32>,
    /// -W: how many files. With -C they are used in turn; with -G alone it ends after the last.
    pub files: Option<u32>,
}

/// What to do before a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    Stay,
    Next,
    /// As many files as were asked for are full.
    Over,
}

/// Names files one after the other.
#[derive(Debug)]
pub(super) struct Names {
    pattern: PathBuf,
    rotation: Rotation,
    /// Files begun because of their size (in this interval, with -G).
    number: u32,
    intervals: u32,
    interval: Option<i64>,
}

impl Names {
    pub(super) fn new(pattern: &Path, rotation: Rotation) -> Self {
        Self { pattern: pattern.to_owned(), rotation, number: 0, intervals: 0, interval: None }
    }

    /// Whether the packet of this time begins another file, when the present one has `bytes`.
    pub(super) fn turn(&mut self, bytes: u64, time: Time) -> Turn {
        if let Some(seconds) = self.rotation.seconds
            && time != NO_TIME
        {
            let interval = time.div_euclid(NANO * i64::from(seconds.max(1)));
            match self.interval {
                None => self.interval = Some(interval),
                Some(before) if interval > before => {
                    self.interval = Some(interval);
                    self.intervals += 1;
                    self.number = 0;
                    let over = self.rotation.bytes.is_none() && self.rotation.files.is_some_and(|most| self.intervals >= most);
                    return if over { Turn::Over } else { Turn::Next };
                }
                Some(_) => {}
            }
        }
        if self.rotation.bytes.is_some_and(|most| bytes >= most) {
            self.number += 1;
            return Turn::Next;
        }
        Turn::Stay
    }

    /// The name of the file that begins with a packet of this time.
    pub(super) fn path(&self, time: Time) -> PathBuf {
        let mut name = if self.rotation.seconds.is_some() {
            local(&self.pattern, if time == NO_TIME { 0 } else { time.div_euclid(NANO) })
        } else {
            self.pattern.clone()
        }
        .into_os_string();
        match (self.rotation.bytes, self.rotation.files) {
            (Some(_), Some(files)) => {
                let digits = files.saturating_sub(1).to_string().len();
                name.push(format!("{:0digits$}", self.number % files.max(1)));
            }
            (Some(_), None) if self.number > 0 => name.push(self.number.to_string()),
            _ => {}
        }
        PathBuf::from(name)
    }
}

/// strftime(3) in the machine's own time zone, as tcpdump does.
fn local(pattern: &Path, seconds: i64) -> PathBuf {
    use std::ffi::{CString, OsString};
    use std::os::unix::ffi::{OsStrExt, OsStringExt};

    let Ok(format) = CString::new(pattern.as_os_str().as_bytes()) else { return pattern.to_owned() };
    let mut buffer = vec![0_u8; format.as_bytes().len() + 256];
    // SAFETY: a tm of zeros is valid, all pointers are, and strftime writes at most as many bytes as it is told.
    let length = unsafe {
        let mut parts: libc::tm = std::mem::zeroed();
        let seconds = seconds as libc::time_t;
        libc::localtime_r(&raw const seconds, &raw mut parts);
        libc::strftime(buffer.as_mut_ptr().cast(), buffer.len(), format.as_ptr(), &raw const parts)
    };
    buffer.truncate(length);
    if buffer.is_empty() { pattern.to_owned() } else { PathBuf::from(OsString::from_vec(buffer)) }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{NANO, Names, Rotation, Turn};

    fn names(pattern: &str, bytes: Option<u64>, seconds: Option<u32>, files: Option<u32>) -> Names {
        Names::new(Path::new(pattern), Rotation { bytes, seconds, files })
    }

    #[test]
    fn by_size_as_tcpdump_names_them() {
        let mut names = names("out.pcapng", Some(10), None, None);
        assert_eq!(names.path(0), Path::new("out.pcapng"));
        assert_eq!(names.turn(9, 0), Turn::Stay);
        assert_eq!(names.turn(10, 0), Turn::Next);
        assert_eq!(names.path(0), Path::new("out.pcapng1"));
    }

    #[test]
    fn a_ring_of_files_is_used_in_turn() {
        let mut names = names("out", Some(1), None, Some(11));
        let mut seen = vec![names.path(0)];
        for _ in 0..11 {
            assert_eq!(names.turn(1, 0), Turn::Next);
            seen.push(names.path(0));
        }
        assert_eq!(
            (seen[0].as_path(), seen[10].as_path(), seen[11].as_path()),
            (Path::new("out00"), Path::new("out10"), Path::new("out00"))
        );
    }

    #[test]
    fn by_time_until_there_are_enough() {
        let mut names = names("out-%s", None, Some(60), Some(2));
        assert_eq!(names.turn(0, 61 * NANO), Turn::Stay);
        assert_eq!(names.path(61 * NANO), Path::new("out-61"));
        assert_eq!(names.turn(0, 119 * NANO), Turn::Stay);
        assert_eq!(names.turn(0, 120 * NANO), Turn::Next);
        assert_eq!(names.turn(0, 180 * NANO), Turn::Over);
    }
}
