//! DIMSE status codes in words: general ones (PS3.7 annex C) and those of the service classes (PS3.4), which give one code different
//! meanings. Knows codes and UIDs, no messages.

mod service;

use std::borrow::Cow;

use service::Service;

/// What a status means for the operation (`operations.status_category`), by the ranges of PS3.7 annex C.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Category {
    Success,
    Pending,
    Warning,
    Failure,
    Cancel,
}

impl Category {
    /// Codes outside every range of the standard are failures: the operation cannot be said to have worked.
    pub fn of(code: u16) -> Self {
        match code {
            0x0000 => Self::Success,
            0xFF00 | 0xFF01 => Self::Pending,
            0x0001 | 0x0107 | 0x0116 | 0xB000..=0xBFFF => Self::Warning,
            0xFE00 => Self::Cancel,
            _ => Self::Failure,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Pending => "pending",
            Self::Warning => "warning",
            Self::Failure => "failure",
            Self::Cancel => "cancel",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusText {
    pub category: Category,
    pub text: Cow<'static, str>,
}

/// The meaning of a status: that of the service, which the command (of the request or of the response) and the SOP class tell, else
/// the general one.
pub fn status(command_field: u16, sop_class: Option<&str>, code: u16) -> StatusText {
    let service = Service::of(command_field, sop_class.unwrap_or_default());
    let text = service.and_then(|service| service.text(code)).or_else(|| general(code)).unwrap_or("unknown status");
    StatusText { category: Category::of(code), text: Cow::Borrowed(text) }
}

/// PS3.7 annex C.
fn general(code: u16) -> Option<&'static str> {
    Some(match code {
        0x0000 => "Success",
        0x0001 => "Requested optional attributes are not supported",
        0x0105 => "No such attribute",
        0x0106 => "Invalid attribute value",
        0x0107 => "Attribute list error",
        0x0110 => "Processing failure",
        0x0111 => "Duplicate SOP instance",
        0x0112 => "No such SOP instance",
        0x0113 => "No such event type",
        0x0114 => "No such argument",
        0x0115 => "Invalid argument value",
        0x0116 => "Attribute value out of range",
        0x0117 => "Invalid SOP instance",
        0x0118 => "No such SOP class",
        0x0119 => "Class-instance conflict",
        0x0120 => "Missing attribute",
        0x0121 => "Missing attribute value",
        0x0122 => "Refused: SOP class not supported",
        0x0123 => "No such action type",
        0x0124 => "Refused: Not authorized",
        0x0210 => "Duplicate invocation",
        0x0211 => "Unrecognized operation",
        0x0212 => "Mistyped argument",
        0x0213 => "Resource limitation",
        0xFE00 => "Cancel",
        0xFF00 | 0xFF01 => "Pending",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{Category, status};

    const FIND: u16 = 0x8020;
    const MOVE: u16 = 0x8021;
    const STORE: u16 = 0x8001;
    const CT: Option<&str> = Some("1.2.840.10008.5.1.4.1.1.2");

    // PS3.4 tables B.2-1, C.4-1, C.4-2.
    #[test]
    fn one_code_means_different_things() {
        assert_eq!(status(STORE, CT, 0xC000).text, "Error: Cannot understand");
        assert_eq!(status(FIND, None, 0xC000).text, "Unable to process");
        assert_eq!(status(STORE, CT, 0xA900).text, "Error: Data set does not match SOP class");
        assert_eq!(status(MOVE, None, 0xA900).text, "Identifier does not match SOP class");
        assert_eq!(status(STORE, CT, 0xB000).text, "Coercion of data elements");
        assert_eq!(status(MOVE, None, 0xB000).text, "Sub-operations complete, one or more failures");
        assert_eq!(status(MOVE, None, 0xA801).text, "Refused: Move destination unknown");
    }

    #[test]
    fn request_and_response_command_fields_are_alike() {
        assert_eq!(status(0x0001, CT, 0xA700), status(0x8001, CT, 0xA700));
        assert_eq!(status(0x0001, CT, 0xA7FF).text, "Refused: Out of resources");
    }

    #[test]
    fn what_is_unknown_has_a_category_all_the_same() {
        for (code, category) in [
            (0xA123, Category::Failure),
            (0xC999, Category::Failure),
            (0xB999, Category::Warning),
            (0x0199, Category::Failure),
            (0x7777, Category::Failure),
            (0xFF02, Category::Failure),
        ] {
            let status = status(0x8030, None, code);
            assert_eq!((status.category, status.text.as_ref()), (category, "unknown status"), "{code:#06x}");
        }
    }
}
