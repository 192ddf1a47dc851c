//! Capture filters (pcap-filter(7)) compiled by libpcap, for frames of files as well. Knows link types and bytes.

use std::ffi::{CString, c_int};
use std::path::PathBuf;
use std::ptr;

use super::library::{Handle, Library, PacketHeader, Program, UNKNOWN_NETMASK, library, text};
use crate::anomaly::{Anomaly, AnomalyKind};
use crate::capture::LinkType;
use crate::error::{Error, Result};

/// Longest filter that is compiled: libpcap's optimizer takes time that grows faster than the text.
const LONGEST: usize = 64 << 10;
/// Link types that a filter is compiled for, of one capture.
const LINK_TYPES: usize = 64;
const ETHERNET: LinkType = LinkType(1);
const SNAP_LENGTH: c_int = 262_144;

/// A filter in words, compiled for each link type as it is met.
struct CaptureFilter {
    library: &'static Library,
    expression: CString,
    programs: Vec<(LinkType, Option<Compiled>)>,
}

impl CaptureFilter {
    /// Checks the filter for Ethernet and raw IP: it is refused when it fits neither.
    fn new(expression: &str, libraries: &[PathBuf]) -> Result<Self> {
        let library = library(libraries)?;
        let expression = checked(expression)?;
        let mut this = Self { library, expression, programs: Vec::new() };
        match Compiled::new(library, ETHERNET, &this.expression) {
            Ok(program) => this.programs.push((ETHERNET, Some(program))),
            Err(reason) if Compiled::new(library, LinkType(101), &this.expression).is_err() => return Err(refused(&reason)),
            Err(_) => this.programs.push((ETHERNET, None)),
        }
        Ok(this)
    }

    /// Whether a frame passes. Where the filter cannot be compiled for a link type ("vlan" on raw IP), nothing of that type does.
    #[inline]
    fn passes(&mut self, link: LinkType, bytes: &[u8], length: u32) -> bool {
        let known = self.programs.iter().position(|(known, _)| *known == link);
        let index = known.unwrap_or_else(|| self.compile(link));
        self.programs.get(index).and_then(|(_, program)| program.as_ref()).is_some_and(|program| program.passes(bytes, length))
    }

    #[cold]
    fn compile(&mut self, link: LinkType) -> usize {
        if self.programs.len() >= LINK_TYPES {
            self.programs.pop();
        }
        self.programs.push((link, Compiled::new(self.library, link, &self.expression).ok()));
        self.programs.len() - 1
    }
}

/// A capture filter over files. It looks into frames with a VLAN tag as little as the kernel's does, but knows what it missed.
pub struct FileFilter {
    filter: CaptureFilter,
    tagged: Option<CaptureFilter>,
    missed: u64,
}

impl FileFilter {
    pub fn new(expression: &str, libraries: &[PathBuf]) -> Result<Self> {
        let filter = CaptureFilter::new(expression, libraries)?;
        Ok(Self { filter, tagged: CaptureFilter::new(&format!("vlan and ({expression})"), libraries).ok(), missed: 0 })
    }

    #[inline]
    pub fn passes(&mut self, link: LinkType, bytes: &[u8], length: u32) -> bool {
        let passes = self.filter.passes(link, bytes, length);
        if !passes && link == ETHERNET && matches!(bytes.get(12..14), Some([0x81, 0x00] | [0x88, 0xa8])) {
            self.missed += u64::from(self.tagged.as_mut().is_some_and(|tagged| tagged.passes(link, bytes, length)));
        }
        passes
    }

    /// What it would have let pass without their tags.
    pub fn missed(&self) -> Option<Anomaly> {
        let detail = "packets would pass the capture filter without their VLAN tag: write 'FILTER or (vlan and (FILTER))'";
        (self.missed > 0).then(|| Anomaly::new(AnomalyKind::FilterMissedTagged, detail).long(self.missed))
    }
}

/// A compiled program.
pub(super) struct Compiled {
    library: &'static Library,
    program: Program,
}

// SAFETY: a compiled program is plain memory that nothing changes until it is freed.
unsafe impl Send for Compiled {}

impl Compiled {
    fn new(library: &'static Library, link: LinkType, expression: &CString) -> std::result::Result<Self, String> {
        // The file formats' numbers are the library's but for raw IP.
        let link = if link.0 == 101 { 12 } else { c_int::from(link.0) };
        // SAFETY: a dead handle needs no device; it is closed below.
        let handle = unsafe { (library.open_dead)(link, SNAP_LENGTH) };
        if handle.is_null() {
            return Err("libpcap has no memory left".to_owned());
        }
        let compiled = Self::on(library, handle, expression);
        // SAFETY: it was opened above, and the program does not refer to it.
        unsafe { (library.close)(handle) };
        compiled
    }

    /// For an open handle, with its link type.
    pub(super) fn on(library: &'static Library, handle: *mut Handle, expression: &CString) -> std::result::Result<Self, String> {
        let mut program = Program { length: 0, instructions: ptr::null_mut() };
        // SAFETY: handle and program are valid, the expression ends in NUL.
        let code = unsafe { (library.compile)(handle, &raw mut program, expression.as_ptr(), 1, UNKNOWN_NETMASK) };
        if code != 0 {
            // SAFETY: the handle is open.
            return Err(text(unsafe { (library.geterr)(handle) }));
        }
        Ok(Self { library, program })
    }

    pub(super) fn as_mut(&mut self) -> &mut Program {
        &mut self.program
    }

    #[inline]
    fn passes(&self, bytes: &[u8], length: u32) -> bool {
        let header = PacketHeader { seconds: 0, fraction: 0, captured: bytes.len() as u32, length };
        // SAFETY: program, header and bytes are valid; the program reads no more than `captured` bytes.
        unsafe { (self.library.offline_filter)(&raw const self.program, &raw const header, bytes.as_ptr()) != 0 }
    }
}

impl Drop for Compiled {
    fn drop(&mut self) {
        // SAFETY: it was compiled by the same library, and is freed once.
        unsafe { (self.library.freecode)(&raw mut self.program) };
    }
}

/// A filter that libpcap may be given.
pub(super) fn checked(expression: &str) -> Result<CString> {
    if expression.len() > LONGEST {
        return Err(refused(&format!("it is longer than {LONGEST} bytes")));
    }
    CString::new(expression).map_err(|_| refused("it holds a NUL character"))
}

pub(super) fn refused(reason: &str) -> Error {
    Error::Argument(format!("the capture filter is not valid: {reason}; its language is described in pcap-filter(7)"))
}
