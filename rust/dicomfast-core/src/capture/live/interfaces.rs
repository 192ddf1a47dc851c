//! The interfaces of this machine, and what is missing to capture on each. Knows libpcap's list.

use std::ffi::{c_char, c_uint};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use std::ptr;

use super::device::Device;
use super::library::{AddressEntry, ERROR_BYTES, InterfaceEntry, library, text};
use super::options::{LiveOptions, Promiscuous};
use crate::error::{Error, Result};

/// Bits of `pcap_if_t.flags`.
const LOOPBACK: c_uint = 0x1;
const UP: c_uint = 0x2;
const RUNNING: c_uint = 0x4;
const CONNECTION: c_uint = 0x30;
const CONNECTED: c_uint = 0x10;
const DISCONNECTED: c_uint = 0x20;
/// More entries than any machine has: the list is the library's, but a bound stays a bound.
const MOST: usize = 65_536;

/// An interface that can be named with -i.
#[derive(Clone, Debug)]
pub struct Interface {
    pub name: String,
    pub description: Option<String>,
    pub addresses: Vec<IpAddr>,
    pub loopback: bool,
    /// "up", "down", "no carrier" or "running".
    pub state: &'static str,
    /// Its link type; `None` where it cannot be opened.
    pub link_type: Option<String>,
    /// What is missing to capture on it; `None` where nothing is.
    pub missing: Option<String>,
}

/// All of them, as libpcap lists them.
pub fn interfaces(libraries: &[PathBuf]) -> Result<Vec<Interface>> {
    let library = library(libraries)?;
    let mut first: *mut InterfaceEntry = ptr::null_mut();
    let mut message: [c_char; ERROR_BYTES] = [0; ERROR_BYTES];
    // SAFETY: both pointers are valid, and the buffer has the size that pcap.h asks for.
    if unsafe { (library.findalldevs)(&raw mut first, message.as_mut_ptr()) } != 0 {
        let advice = "the kernel does not tell its interfaces to this user".to_owned();
        return Err(Error::Live { interface: "the list of interfaces".to_owned(), reason: text(message.as_ptr()), advice });
    }
    let mut found = Vec::new();
    let mut entry = first.cast_const();
    while !entry.is_null() && found.len() < MOST {
        // SAFETY: the list's entries are valid until it is freed below.
        let this = unsafe { &*entry };
        found.push(Interface {
            name: text(this.name),
            description: Some(text(this.description)).filter(|text| !text.is_empty()),
            addresses: addresses(this.addresses),
            loopback: this.flags & LOOPBACK != 0,
            state: state(this.flags),
            link_type: None,
            missing: None,
        });
        entry = this.next;
    }
    // SAFETY: the list came from findalldevs, and nothing refers to it any more.
    unsafe { (library.freealldevs)(first) };
    for interface in &mut found {
        // Opened for a moment, without changing its mode and with the smallest ring.
        let promiscuous = Promiscuous::No;
        let options = LiveOptions { promiscuous, ring_bytes: 1 << 20, libraries: libraries.to_vec(), ..LiveOptions::default() };
        match Device::open(&interface.name, &options) {
            Ok(device) => interface.link_type = Some(device.link.name()),
            Err(error) => interface.missing = Some(error.to_string()),
        }
    }
    Ok(found)
}

fn state(flags: c_uint) -> &'static str {
    match flags {
        _ if flags & UP == 0 => "down",
        _ if flags & CONNECTION == DISCONNECTED => "no carrier",
        _ if flags & RUNNING != 0 || flags & CONNECTION == CONNECTED => "running",
        _ => "up",
    }
}

fn addresses(mut entry: *const AddressEntry) -> Vec<IpAddr> {
    let mut found = Vec::new();
    while !entry.is_null() && found.len() < MOST {
        // SAFETY: the list's entries are valid until it is freed by the caller.
        let this = unsafe { &*entry };
        found.extend(address(this.address));
        entry = this.next;
    }
    found
}

fn address(pointer: *const libc::sockaddr) -> Option<IpAddr> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: a sockaddr begins with its family, which says how long it is.
    unsafe {
        match i32::from((*pointer).sa_family) {
            libc::AF_INET => {
                let v4 = ptr::read_unaligned(pointer.cast::<libc::sockaddr_in>());
                Some(IpAddr::V4(Ipv4Addr::from(u32::from_be(v4.sin_addr.s_addr))))
            }
            libc::AF_INET6 => {
                let v6 = ptr::read_unaligned(pointer.cast::<libc::sockaddr_in6>());
                Some(IpAddr::V6(Ipv6Addr::from(v6.sin6_addr.s6_addr)))
            }
            _ => None,
        }
    }
}
