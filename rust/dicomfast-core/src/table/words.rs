//! Words for the few codes that only tables show. Knows PS3.7; knows no record.

/// Type of user identity (PS3.7 annex D.3.3.7).
pub(super) fn user_identity(kind: u8) -> &'static str {
    match kind {
        1 => "username",
        2 => "username and passcode",
        3 => "Kerberos service ticket",
        4 => "SAML assertion",
        5 => "JSON web token",
        _ => "unknown",
    }
}

/// Priority (0000,0700) (PS3.7 section E.1).
pub(super) fn priority(code: u16) -> &'static str {
    match code {
        0 => "MEDIUM",
        1 => "HIGH",
        2 => "LOW",
        _ => "unknown",
    }
}

/// A role (PS3.7 annex D.3.3.4) as one word: what came of the proposal.
pub(super) fn role(proposed: Option<bool>, accepted: Option<bool>) -> Option<&'static str> {
    match (proposed, accepted) {
        (Some(true), Some(true)) => Some("accepted"),
        (Some(true), Some(false)) => Some("refused"),
        (Some(true), None) => Some("proposed"),
        _ => None,
    }
}
