//! libpcap itself, loaded at run time: the functions that are used, as they stand in pcap.h. Knows C types; nothing of what is captured.
//! Without libpcap everything but live capture and capture filters works, and building needs no header.

use std::ffi::{CStr, c_char, c_int, c_uchar, c_uint, c_void};
use std::path::PathBuf;
use std::sync::OnceLock;

use crate::error::{Error, Result};

/// `pcap_t`.
#[repr(C)]
pub(super) struct Handle {
    opaque: [u8; 0],
}

/// `struct pcap_pkthdr`. With nanosecond precision `fraction` is nanoseconds.
#[repr(C)]
pub(super) struct PacketHeader {
    pub(super) seconds: libc::time_t,
    pub(super) fraction: libc::suseconds_t,
    pub(super) captured: c_uint,
    pub(super) length: c_uint,
}

/// `struct pcap_stat`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) received: c_uint,
    pub(super) dropped: c_uint,
    pub(super) interface_dropped: c_uint,
}

/// `struct bpf_program`.
#[repr(C)]
pub(super) struct Program {
    pub(super) length: c_uint,
    pub(super) instructions: *mut c_void,
}

/// `pcap_if_t`.
#[repr(C)]
pub(super) struct InterfaceEntry {
    pub(super) next: *mut InterfaceEntry,
    pub(super) name: *const c_char,
    pub(super) description: *const c_char,
    pub(super) addresses: *const AddressEntry,
    pub(super) flags: c_uint,
}

/// `struct pcap_addr`.
#[repr(C)]
pub(super) struct AddressEntry {
    pub(super) next: *const AddressEntry,
    pub(super) address: *const libc::sockaddr,
    pub(super) netmask: *const libc::sockaddr,
    pub(super) broadcast: *const libc::sockaddr,
    pub(super) destination: *const libc::sockaddr,
}

pub(super) type Callback = unsafe extern "C" fn(*mut c_void, *const PacketHeader, *const c_uchar);

/// `PCAP_ERRBUF_SIZE`.
pub(super) const ERROR_BYTES: usize = 256;
/// `PCAP_TSTAMP_PRECISION_NANO`.
pub(super) const NANOSECONDS: c_int = 1;
/// `PCAP_NETMASK_UNKNOWN`.
pub(super) const UNKNOWN_NETMASK: c_uint = 0xffff_ffff;

/// Declares each function once: its name, its type, and where it is looked up.
macro_rules! functions {
    ($($name:ident: fn($($argument:ty),*) $(-> $result:ty)?;)*) => {
        #[expect(clippy::struct_field_names, reason = "the names are those of pcap.h without their pcap_")]
        pub(super) struct Library {
            $(pub(super) $name: unsafe extern "C" fn($($argument),*) $(-> $result)?,)*
            /// Keeps the functions where they are.
            _library: libloading::Library,
        }

        impl Library {
            fn bind(library: libloading::Library) -> std::result::Result<Self, libloading::Error> {
                $(
                    // SAFETY: the symbol has the type that pcap.h declares for it.
                    let $name = unsafe {
                        *library.get::<unsafe extern "C" fn($($argument),*) $(-> $result)?>(concat!("pcap_", stringify!($name), "\0").as_bytes())?
                    };
                )*
                Ok(Self { $($name,)* _library: library })
            }
        }
    };
}

functions! {
    create: fn(*const c_char, *mut c_char) -> *mut Handle;
    set_snaplen: fn(*mut Handle, c_int) -> c_int;
    set_promisc: fn(*mut Handle, c_int) -> c_int;
    set_timeout: fn(*mut Handle, c_int) -> c_int;
    set_buffer_size: fn(*mut Handle, c_int) -> c_int;
    set_tstamp_type: fn(*mut Handle, c_int) -> c_int;
    set_tstamp_precision: fn(*mut Handle, c_int) -> c_int;
    get_tstamp_precision: fn(*mut Handle) -> c_int;
    tstamp_type_name_to_val: fn(*const c_char) -> c_int;
    activate: fn(*mut Handle) -> c_int;
    setnonblock: fn(*mut Handle, c_int, *mut c_char) -> c_int;
    get_selectable_fd: fn(*mut Handle) -> c_int;
    datalink: fn(*mut Handle) -> c_int;
    snapshot: fn(*mut Handle) -> c_int;
    dispatch: fn(*mut Handle, c_int, Callback, *mut c_void) -> c_int;
    breakloop: fn(*mut Handle);
    stats: fn(*mut Handle, *mut Counts) -> c_int;
    geterr: fn(*mut Handle) -> *const c_char;
    statustostr: fn(c_int) -> *const c_char;
    close: fn(*mut Handle);
    open_dead: fn(c_int, c_int) -> *mut Handle;
    compile: fn(*mut Handle, *mut Program, *const c_char, c_int, c_uint) -> c_int;
    setfilter: fn(*mut Handle, *mut Program) -> c_int;
    offline_filter: fn(*const Program, *const PacketHeader, *const c_uchar) -> c_int;
    freecode: fn(*mut Program);
    findalldevs: fn(*mut *mut InterfaceEntry, *mut c_char) -> c_int;
    freealldevs: fn(*mut InterfaceEntry);
}

/// What the loader is asked for when no path is given.
const NAMES: &[&str] = &["libpcap.so.1", "libpcap.so.0.8", "libpcap.so", "libpcap.A.dylib", "libpcap.dylib"];

static LIBRARY: OnceLock<Library> = OnceLock::new();

/// libpcap: the system's, else one of `others`. Loaded once for the process.
pub(super) fn library(others: &[PathBuf]) -> Result<&'static Library> {
    if let Some(library) = LIBRARY.get() {
        return Ok(library);
    }
    let system = NAMES.iter().map(PathBuf::from);
    for path in system.chain(others.iter().cloned()) {
        // SAFETY: loading libpcap runs no code of its own but the C library's usual initialisation.
        if let Ok(library) = unsafe { libloading::Library::new(&path) }
            && let Ok(library) = Library::bind(library)
        {
            return Ok(LIBRARY.get_or_init(|| library));
        }
    }
    Err(Error::Live {
        interface: "libpcap".to_owned(),
        reason: "it is not installed (or older than 1.5)".to_owned(),
        advice: "install the system's (Debian: apt install libpcap0.8), or pip install 'dicomfast[live]'".to_owned(),
    })
}

/// The text of a C string of libpcap's own; never bytes from the wire.
pub(super) fn text(pointer: *const c_char) -> String {
    if pointer.is_null() {
        return String::new();
    }
    // SAFETY: libpcap's strings end in NUL and live at least until the next call on their handle.
    unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned()
}
