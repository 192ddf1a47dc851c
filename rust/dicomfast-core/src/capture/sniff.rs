//! What a file is, by its first bytes: the two formats that are read, the compressions around them, and the others by name.

use super::{pcap, pcapng};

/// Enough bytes to recognise every format below (a DICOM file has its mark at offset 128).
pub(super) const LENGTH: usize = 132;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    Gzip,
    Zstd,
    Lz4,
}

impl Compression {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Lz4 => "lz4",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Pcap,
    Pcapng,
    Compressed(Compression),
    /// Known by name, not read; and what to do.
    Other(&'static str, &'static str),
    Unknown,
}

const CONVERT: &str = "convert it with `editcap -F pcapng IN OUT` (from Wireshark)";
const UNPACK: &str = "unpack it first; gzip, zstd and lz4 are read directly";
const NOT_TRAFFIC: &str = "dicomfast reads network captures";

/// Marks at the beginning of the file: those of Wireshark's wiretap, and of files that are often given by mistake.
const OTHERS: &[(&[u8], &str, &str)] = &[
    (b"snoop\0\0\0", "Sun snoop", CONVERT),
    (b"btsnoop\0", "btsnoop", CONVERT),
    (b"RTSS", "Microsoft Network Monitor 1", CONVERT),
    (b"GMBU", "Microsoft Network Monitor 2 (.cap)", CONVERT),
    (b"TRSNIFF data    \x1a", "NA Sniffer (DOS)", CONVERT),
    (b"XCP\0", "NA Sniffer (Windows) or NetXRay", CONVERT),
    (b"VL\0\0", "NetXRay 1.0", CONVERT),
    (b"iptrace ", "IBM iptrace", CONVERT),
    (b"TR\0d\0", "HP nettl", CONVERT),
    (b"\0\0\0\x01\0\0\0\0\0\x07\xd0\0", "HP nettl", CONVERT),
    (b"\xaa\xaa\xaa\xaa", "InfoVista 5View", CONVERT),
    (b"\x7fver", "EtherPeek or OmniPeek", CONVERT),
    (b"\x1c\0\x01\xac", "IXIA lcap (hardware)", CONVERT),
    (b"\xac\x01\0\x1c", "IXIA lcap (hardware)", CONVERT),
    (b"\x1c\0\x01\xab", "IXIA lcap (software)", CONVERT),
    (b"\xab\x01\0\x1c", "IXIA lcap (software)", CONVERT),
    (b"\xa1\x2b\x3c\x4d", "Navtel pcap", CONVERT),
    (b"\x4d\x3c\x2b\xa1", "Navtel pcap", CONVERT),
    (b"\xa1\xb2\x34\xcd", "pcap as modified by F. Mesquita", CONVERT),
    (b"\xcd\x34\xb2\xa1", "pcap as modified by F. Mesquita", CONVERT),
    (b"PK\x03\x04", "a ZIP archive", UNPACK),
    (b"BZh", "bzip2", UNPACK),
    (b"\xfd7zXZ\0", "xz", UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", UNPACK),
    (b"Rar!\x1a\x07", "a RAR archive", UNPACK),
    (b"\x1f\x9d", "compress (.Z)", UNPACK),
    (b"\x02\x21\x4c\x18", "lz4 in its legacy form", UNPACK),
    (b"PAR1", "a Parquet table", NOT_TRAFFIC),
    (b"ARROW1", "an Arrow table", NOT_TRAFFIC),
];

const DICOM_MARK: usize = 128;

/// Names the format; with fewer bytes than [`LENGTH`] some are not recognised.
pub(super) fn sniff(bytes: &[u8]) -> Kind {
    if pcapng::begins(bytes) {
        return Kind::Pcapng;
    }
    if pcap::begins(bytes) {
        return Kind::Pcap;
    }
    match bytes {
        [0x1f, 0x8b, ..] => return Kind::Compressed(Compression::Gzip),
        // A zstd frame, or one of its skippable frames, which `pzstd` puts first.
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => return Kind::Compressed(Compression::Zstd),
        [0x04, 0x22, 0x4d, 0x18, ..] => return Kind::Compressed(Compression::Lz4),
        _ => {}
    }
    if let Some((_, name, advice)) = OTHERS.iter().find(|(mark, ..)| bytes.starts_with(mark)) {
        return Kind::Other(name, advice);
    }
    if bytes.get(DICOM_MARK..).is_some_and(|rest| rest.starts_with(b"DICM")) {
        return Kind::Other("a DICOM file (PS3.10)", "dicomfast reads captures of the network; read this one with pydicom or dcmdump");
    }
    if is_erf(bytes) {
        return Kind::Other("Endace ERF (by its looks)", CONVERT);
    }
    Kind::Unknown
}

/// ERF has no mark: a record is a time since 1970 (seconds in the upper half, little-endian), a type, a record length and
/// a wire length (big-endian).
fn is_erf(bytes: &[u8]) -> bool {
    const YEAR_2000: u32 = 946_684_800;
    const YEAR_2040: u32 = 2_208_988_800;
    let Some(&[_, _, _, _, s0, s1, s2, s3, kind, _, r0, r1, _, _, w0, w1]) = bytes.first_chunk::<16>() else { return false };
    let (seconds, record, wire) = (u32::from_le_bytes([s0, s1, s2, s3]), u16::from_be_bytes([r0, r1]), u16::from_be_bytes([w0, w1]));
    (YEAR_2000..YEAR_2040).contains(&seconds) && (1..=48).contains(&(kind & 0x7f)) && record >= 18 && wire > 0 && wire <= record
}

#[cfg(test)]
mod tests {
    use super::{Compression, Kind, sniff};

    #[test]
    fn names_what_it_does_not_read() {
        let name = |bytes: &[u8]| match sniff(bytes) {
            Kind::Other(name, _) => name,
            _ => "",
        };
        assert_eq!(name(b"snoop\0\0\0\0\0\0\x02"), "Sun snoop");
        assert_eq!(name(b"GMBU\0\x02"), "Microsoft Network Monitor 2 (.cap)");
        assert_eq!(name(b"iptrace 2.0"), "IBM iptrace");
        let mut part10 = [0; 132];
        part10[128..].copy_from_slice(b"DICM");
        assert_eq!(name(&part10), "a DICOM file (PS3.10)");
        assert_eq!(sniff(b"GET / HTTP/1.1"), Kind::Unknown);
    }

    #[test]
    fn knows_the_compressions() {
        assert_eq!(sniff(&[0x1f, 0x8b, 8, 0]), Kind::Compressed(Compression::Gzip));
        assert_eq!(sniff(&[0x28, 0xb5, 0x2f, 0xfd]), Kind::Compressed(Compression::Zstd));
        assert_eq!(sniff(&[0x53, 0x2a, 0x4d, 0x18]), Kind::Compressed(Compression::Zstd));
        assert_eq!(sniff(&[0x04, 0x22, 0x4d, 0x18]), Kind::Compressed(Compression::Lz4));
    }
}
