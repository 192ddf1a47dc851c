//! One interface that is open: packets out of the kernel's ring, its counts, and what became of it. Knows libpcap's calls; nothing of what
//! the packets hold.

use std::ffi::{CString, c_char, c_int, c_uchar, c_void};

use super::filter::{Compiled, checked, refused};
use super::library::{Counts, ERROR_BYTES, Handle, Library, NANOSECONDS, PacketHeader, library, text};
use super::options::{LiveOptions, Promiscuous};
use crate::capture::LinkType;
use crate::error::{Error, Result};
use crate::event::Time;

const NANO: i64 = 1_000_000_000;

/// Return values of pcap.h.
const BREAK: c_int = -2;
const NO_SUCH_DEVICE: c_int = -5;
const NO_RIGHTS: c_int = -8;
const NOT_UP: c_int = -9;
const NO_PROMISCUOUS_RIGHTS: c_int = -11;

/// A packet that was copied out of the ring, without its bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Copied {
    pub(super) time: Time,
    pub(super) offset: u32,
    pub(super) captured: u32,
    pub(super) length: u32,
}

/// Packets that are copied out of the ring, one after the other.
#[derive(Debug, Default)]
pub(super) struct Copies {
    pub(super) bytes: Vec<u8>,
    pub(super) used: usize,
    pub(super) packets: Vec<Copied>,
}

/// How many packets were taken by whom, since the interface was opened.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Totals {
    pub(super) received: u64,
    pub(super) dropped: u64,
    pub(super) interface_dropped: u64,
}

pub(super) struct Device {
    library: &'static Library,
    handle: *mut Handle,
    pub(super) link: LinkType,
    pub(super) snap_length: u32,
    pub(super) descriptor: c_int,
    nanoseconds: bool,
    index: Option<u32>,
    /// libpcap's counts wrap at 32 bits.
    last: Counts,
    pub(super) totals: Totals,
}

// SAFETY: a handle may be used by any thread, one at a time; `&mut self` sees to that.
unsafe impl Send for Device {}

/// What reading a device came to.
pub(super) enum Taken {
    Packets,
    Nothing,
    /// It went down, or away.
    Lost,
}

impl Device {
    pub(super) fn open(name: &str, options: &LiveOptions) -> Result<Self> {
        let library = library(&options.libraries)?;
        let c_name = CString::new(name).map_err(|_| Error::Argument("an interface's name holds a NUL character".to_owned()))?;
        let mut message: [c_char; ERROR_BYTES] = [0; ERROR_BYTES];
        // SAFETY: the name ends in NUL and the buffer has the size that pcap.h asks for.
        let handle = unsafe { (library.create)(c_name.as_ptr(), message.as_mut_ptr()) };
        if handle.is_null() {
            return Err(failed(name, text(message.as_ptr()), "dicomfast interfaces lists them"));
        }
        let mut device = Self {
            library,
            handle,
            link: LinkType(0),
            snap_length: 0,
            descriptor: -1,
            nanoseconds: false,
            index: index(name),
            last: Counts::default(),
            totals: Totals::default(),
        };
        device.set_up(name, options)?;
        device.activate(name)?;
        device.filter(&options.filter)?;
        Ok(device)
    }

    fn set_up(&mut self, name: &str, options: &LiveOptions) -> Result<()> {
        let (library, handle) = (self.library, self.handle);
        let snap_length = c_int::try_from(options.snap_length).unwrap_or(c_int::MAX);
        let ring = c_int::try_from(options.ring_bytes).unwrap_or(c_int::MAX);
        let hold = c_int::try_from(options.hold_milliseconds.max(1)).unwrap_or(c_int::MAX);
        // SAFETY: the handle is open and not yet active, which is all that these calls ask for.
        unsafe {
            (library.set_snaplen)(handle, snap_length);
            (library.set_promisc)(handle, c_int::from(options.promiscuous == Promiscuous::Yes));
            (library.set_timeout)(handle, hold);
            (library.set_buffer_size)(handle, ring);
            (library.set_tstamp_precision)(handle, NANOSECONDS);
        }
        let Some(kind) = &options.timestamp_type else { return Ok(()) };
        let unknown = || Error::Argument(format!("{name} has no such time stamp type; pcap-tstamp(7) lists them"));
        let kind = CString::new(kind.as_str()).map_err(|_| unknown())?;
        // SAFETY: as above, and the name ends in NUL.
        let code = unsafe {
            let value = (library.tstamp_type_name_to_val)(kind.as_ptr());
            if value < 0 { value } else { (library.set_tstamp_type)(handle, value) }
        };
        if code == 0 { Ok(()) } else { Err(unknown()) }
    }

    fn activate(&mut self, name: &str) -> Result<()> {
        let (library, handle) = (self.library, self.handle);
        // SAFETY: the handle is open and not yet active.
        let code = unsafe { (library.activate)(handle) };
        if code < 0 {
            // SAFETY: the handle is open; statustostr answers a constant.
            let (said, status) = unsafe { (text((library.geterr)(handle)), text((library.statustostr)(code))) };
            let reason = if said.is_empty() { status } else { said };
            return Err(failed(name, reason, advice(code)));
        }
        let mut message: [c_char; ERROR_BYTES] = [0; ERROR_BYTES];
        // SAFETY: the handle is active and the buffer has the size that pcap.h asks for.
        let (blocking, descriptor) =
            unsafe { ((library.setnonblock)(handle, 1, message.as_mut_ptr()), (library.get_selectable_fd)(handle)) };
        if blocking != 0 || descriptor < 0 {
            return Err(failed(
                name,
                text(message.as_ptr()),
                "this kind of interface cannot be waited for; capture with tcpdump -w - and pipe it in",
            ));
        }
        self.descriptor = descriptor;
        // SAFETY: the handle is active.
        let (link, snap_length, precision) =
            unsafe { ((library.datalink)(handle), (library.snapshot)(handle), (library.get_tstamp_precision)(handle)) };
        self.link = file_link_type(link);
        self.snap_length = u32::try_from(snap_length).unwrap_or_default();
        self.nanoseconds = precision == NANOSECONDS;
        Ok(())
    }

    fn filter(&mut self, expression: &str) -> Result<()> {
        if expression.is_empty() {
            return Ok(());
        }
        let expression = checked(expression)?;
        let mut program = Compiled::on(self.library, self.handle, &expression).map_err(|reason| refused(&reason))?;
        // SAFETY: the handle is active and the program was compiled for it.
        let code = unsafe { (self.library.setfilter)(self.handle, program.as_mut()) };
        if code == 0 {
            return Ok(());
        }
        // SAFETY: the handle is open.
        Err(refused(&text(unsafe { (self.library.geterr)(self.handle) })))
    }

    /// Copies at most `most` packets that are there already; stops early once `copies` is nearly full.
    pub(super) fn take(&mut self, most: usize, copies: &mut Copies) -> Taken {
        let before = copies.packets.len();
        let mut target = Target { copies, library: self.library, handle: self.handle, scale: if self.nanoseconds { 1 } else { 1_000 } };
        let most = c_int::try_from(most).unwrap_or(c_int::MAX);
        // SAFETY: `copy` gets `target`, which lives longer than the call, as its user argument; the handle is active.
        let code = unsafe { (self.library.dispatch)(self.handle, most, copy, (&raw mut target).cast::<c_void>()) };
        match code {
            _ if copies.packets.len() > before => Taken::Packets,
            BREAK | 0.. => Taken::Nothing,
            _ => Taken::Lost,
        }
    }

    /// Why the last call failed, in libpcap's words.
    pub(super) fn reason(&self) -> String {
        // SAFETY: the handle is open.
        text(unsafe { (self.library.geterr)(self.handle) })
    }

    /// Whether the interface that was opened is still there (it may be down).
    pub(super) fn is_there(&self, name: &str) -> bool {
        self.index.is_none() || index(name) == self.index
    }

    /// Whether it is administratively up; libpcap says nothing when it goes down. True of what the kernel knows no flags of ("any").
    #[cfg(target_os = "linux")]
    pub(super) fn is_up(&self, name: &str) -> bool {
        // SAFETY: an ifreq of zeros is valid, and SIOCGIFFLAGS reads its name and fills in its flags.
        unsafe {
            let mut request: libc::ifreq = std::mem::zeroed();
            for (place, byte) in request.ifr_name.iter_mut().take(libc::IFNAMSIZ - 1).zip(name.bytes()) {
                *place = byte as c_char;
            }
            let known = libc::ioctl(self.descriptor, libc::SIOCGIFFLAGS as _, &raw mut request) == 0;
            !known || c_int::from(request.ifr_ifru.ifru_flags) & libc::IFF_UP != 0
        }
    }

    #[cfg(not(target_os = "linux"))]
    #[expect(clippy::unused_self, reason = "as on Linux")]
    pub(super) fn is_up(&self, _name: &str) -> bool {
        true
    }

    /// Brings the totals up to date.
    pub(super) fn count(&mut self) {
        let mut now = Counts::default();
        // SAFETY: the handle is active and `now` is a pcap_stat.
        if unsafe { (self.library.stats)(self.handle, &raw mut now) } != 0 {
            return;
        }
        self.totals.received += u64::from(now.received.wrapping_sub(self.last.received));
        self.totals.dropped += u64::from(now.dropped.wrapping_sub(self.last.dropped));
        self.totals.interface_dropped += u64::from(now.interface_dropped.wrapping_sub(self.last.interface_dropped));
        self.last = now;
    }

    /// From now on the kernel puts nothing more into the ring; what is in it can still be read. Past libpcap, whose own call would throw that
    /// away.
    #[cfg(target_os = "linux")]
    pub(super) fn refuse_more(&self) {
        let mut nothing = libc::sock_filter { code: (libc::BPF_RET | libc::BPF_K) as u16, jt: 0, jf: 0, k: 0 };
        let program = libc::sock_fprog { len: 1, filter: &raw mut nothing };
        // SAFETY: the descriptor is the handle's socket, and the option takes a sock_fprog of this size. Where it fails, what
        // comes until the end of the reading is read as well.
        unsafe {
            let size = size_of::<libc::sock_fprog>() as libc::socklen_t;
            libc::setsockopt(self.descriptor, libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, (&raw const program).cast(), size);
        }
    }

    #[cfg(not(target_os = "linux"))]
    #[expect(clippy::unused_self, reason = "as on Linux")]
    pub(super) fn refuse_more(&self) {}
}

impl Drop for Device {
    fn drop(&mut self) {
        // SAFETY: the handle is open, and nobody uses it any more.
        unsafe { (self.library.close)(self.handle) };
    }
}

struct Target<'a> {
    copies: &'a mut Copies,
    library: &'static Library,
    handle: *mut Handle,
    /// Nanoseconds of a unit of the fraction.
    scale: i64,
}

/// Takes one packet of `pcap_dispatch`. Must not unwind: it calls nothing that can, but for the allocator.
unsafe extern "C" fn copy(target: *mut c_void, header: *const PacketHeader, bytes: *const c_uchar) {
    // SAFETY: `take` gave a Target, and libpcap gives a header and as many bytes as it says.
    let (target, header, bytes) = unsafe {
        let header = &*header;
        (&mut *target.cast::<Target<'_>>(), header, std::slice::from_raw_parts(bytes, header.captured as usize))
    };
    let copies = &mut *target.copies;
    let end = copies.used + bytes.len();
    if copies.bytes.len() < end {
        copies.bytes.resize(end, 0);
    }
    if let Some(room) = copies.bytes.get_mut(copies.used..end) {
        room.copy_from_slice(bytes);
    }
    let time = header.seconds.saturating_mul(NANO).saturating_add(header.fraction * target.scale);
    copies.packets.push(Copied { time, offset: copies.used as u32, captured: header.captured, length: header.length });
    copies.used = end;
    if copies.bytes.len() - end < super::ROOM {
        // SAFETY: the handle is the one that is being dispatched.
        unsafe { (target.library.breakloop)(target.handle) };
    }
}

/// The file formats' number of a link type of the library (pcap-linktype(7)): they differ for raw IP.
fn file_link_type(link: c_int) -> LinkType {
    LinkType(match link {
        12 | 14 => 101,
        other => u16::try_from(other).unwrap_or(u16::MAX),
    })
}

/// The kernel's number of an interface; `None` where there is none of that name ("any" has none).
pub(super) fn index(name: &str) -> Option<u32> {
    let name = CString::new(name).ok()?;
    // SAFETY: the name ends in NUL.
    Some(unsafe { libc::if_nametoindex(name.as_ptr()) }).filter(|index| *index != 0)
}

fn failed(interface: &str, reason: String, advice: &str) -> Error {
    let reason = if reason.is_empty() { "it cannot be opened".to_owned() } else { reason };
    Error::Live { interface: interface.to_owned(), reason, advice: advice.to_owned() }
}

fn advice(code: c_int) -> &'static str {
    match code {
        NO_RIGHTS | NO_PROMISCUOUS_RIGHTS => {
            "run it as root, or give the program that runs it the right once: sudo setcap cap_net_raw,cap_net_admin=eip /path/to/python3; \
             or pipe: sudo tcpdump -i IFACE -w - | dicomfast dump -"
        }
        NO_SUCH_DEVICE => "dicomfast interfaces lists those that are there",
        NOT_UP => "bring it up first: sudo ip link set IFACE up",
        _ => "dicomfast interfaces tells what is missing to capture",
    }
}
