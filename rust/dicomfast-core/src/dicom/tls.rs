//! Tells TLS records (RFC 8446 section 5.1) from DICOM: what is inside stays closed.

/// Whether a stream begins, or goes on, with a TLS record header: content type 20 to 24, version 3.0 to 3.4, length up to
/// 2^14 and what encryption adds.
pub fn looks_like_tls(head: &[u8]) -> bool {
    let &[content, 3, minor, l0, l1, ..] = head else { return false };
    (20..=24).contains(&content) && minor <= 4 && (1..=(1 << 14) + 2048).contains(&u16::from_be_bytes([l0, l1]))
}

#[cfg(test)]
mod tests {
    use super::looks_like_tls;

    #[test]
    fn records_of_rfc_8446() {
        assert!(looks_like_tls(&[22, 3, 1, 2, 0, 1]));
        assert!(looks_like_tls(&[23, 3, 3, 0, 23]));
        assert!(!looks_like_tls(&[22, 3, 1, 2]));
        assert!(!looks_like_tls(&[1, 0, 0, 0, 205]));
        assert!(!looks_like_tls(&[22, 3, 1, 0xff, 0xff]));
    }
}
