//! The code tables of PS3.8 (sections 9.3.1, 9.3.3.2, 9.3.4, 9.3.8) and PS3.7 (annexes D.3.3.7 and E) in words. Knows no bytes.

/// PS3.8 section 9.3.1.
pub fn pdu_type_name(pdu_type: u8) -> &'static str {
    match pdu_type {
        1 => "A-ASSOCIATE-RQ",
        2 => "A-ASSOCIATE-AC",
        3 => "A-ASSOCIATE-RJ",
        4 => "P-DATA-TF",
        5 => "A-RELEASE-RQ",
        6 => "A-RELEASE-RP",
        7 => "A-ABORT",
        _ => "unknown",
    }
}

/// PS3.8 table 9-21.
pub fn reject_result_text(result: u8) -> &'static str {
    match result {
        1 => "rejected-permanent",
        2 => "rejected-transient",
        _ => "unknown result",
    }
}

/// PS3.8 table 9-21.
pub fn reject_source_text(source: u8) -> &'static str {
    match source {
        1 => "service-user",
        2 => "service-provider (ACSE related function)",
        3 => "service-provider (Presentation related function)",
        _ => "unknown source",
    }
}

/// PS3.8 table 9-21: what a reason means depends on who gives it.
pub fn reject_reason_text(source: u8, reason: u8) -> &'static str {
    match (source, reason) {
        (1 | 2, 1) => "no-reason-given",
        (1, 2) => "application-context-name-not-supported",
        (1, 3) => "calling-AE-title-not-recognized",
        (1, 7) => "called-AE-title-not-recognized",
        (2, 2) => "protocol-version-not-supported",
        (3, 1) => "temporary-congestion",
        (3, 2) => "local-limit-exceeded",
        (1, 4..=6 | 8..=10) | (3, 0 | 3..=7) => "reserved",
        _ => "unknown reason",
    }
}

/// PS3.8 table 9-26.
pub fn abort_source_text(source: u8) -> &'static str {
    match source {
        0 => "service-user",
        1 => "reserved",
        2 => "service-provider",
        _ => "unknown source",
    }
}

/// PS3.8 table 9-26: the reason is significant only where the service provider aborts.
pub fn abort_reason_text(source: u8, reason: u8) -> &'static str {
    match (source, reason) {
        (0, _) => "not significant",
        (2, 0) => "reason-not-specified",
        (2, 1) => "unrecognized-PDU",
        (2, 2) => "unexpected-PDU",
        (2, 3) => "reserved",
        (2, 4) => "unrecognized-PDU-parameter",
        (2, 5) => "unexpected-PDU-parameter",
        (2, 6) => "invalid-PDU-parameter-value",
        _ => "unknown reason",
    }
}

/// PS3.8 table 9-18.
pub fn context_result_text(result: u8) -> &'static str {
    match result {
        0 => "acceptance",
        1 => "user-rejection",
        2 => "no-reason (provider rejection)",
        3 => "abstract-syntax-not-supported (provider rejection)",
        4 => "transfer-syntaxes-not-supported (provider rejection)",
        _ => "unknown result",
    }
}

/// PS3.7 table D.3-14.
pub fn user_identity_type_text(identity_type: u8) -> &'static str {
    match identity_type {
        1 => "username",
        2 => "username and passcode",
        3 => "Kerberos service ticket",
        4 => "SAML assertion",
        5 => "JSON web token",
        _ => "unknown type",
    }
}

/// PS3.7 section 9.3.1.1 and others.
pub fn priority_text(priority: u16) -> &'static str {
    match priority {
        0 => "medium",
        1 => "high",
        2 => "low",
        _ => "unknown priority",
    }
}

#[cfg(test)]
mod tests {
    use super::{abort_reason_text, reject_reason_text};

    // PS3.8 table 9-21 and 9-26; the same code means different things by source.
    #[test]
    fn a_reason_depends_on_its_source() {
        assert_eq!(reject_reason_text(1, 7), "called-AE-title-not-recognized");
        assert_eq!(reject_reason_text(1, 2), "application-context-name-not-supported");
        assert_eq!(reject_reason_text(2, 2), "protocol-version-not-supported");
        assert_eq!(reject_reason_text(3, 2), "local-limit-exceeded");
        assert_eq!(reject_reason_text(1, 56), "unknown reason");
        assert_eq!(abort_reason_text(0, 2), "not significant");
        assert_eq!(abort_reason_text(2, 2), "unexpected-PDU");
    }
}
