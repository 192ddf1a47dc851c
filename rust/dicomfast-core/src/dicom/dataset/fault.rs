//! What can be wrong with a data set, in words. Knows no bytes.

use crate::anomaly::AnomalyKind;

/// A broken rule of PS3.5; each is told once a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    UnknownVr,
    NoVr,
    BeyondItem,
    BeyondEnd,
    OddLength,
    Undefined,
    StrayItem,
    NoItem,
    StrayDelimiter,
    DelimiterLength,
    NotClosed,
    Trailing,
    Order,
    Group,
    CharacterSet,
    Deflate,
    TooDeep,
    TooMuch,
}

impl Fault {
    pub fn kind(self) -> AnomalyKind {
        match self {
            Self::TooDeep | Self::TooMuch => AnomalyKind::DataSetLimit,
            _ => AnomalyKind::BadElement,
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::UnknownVr => "VR that the standard does not define",
            Self::NoVr => "element without a VR in explicit VR",
            Self::BeyondItem => "element longer than the item or sequence around it",
            Self::BeyondEnd => "element longer than the data set",
            Self::OddLength => "odd length",
            Self::Undefined => "undefined length that this VR cannot have",
            Self::StrayItem => "item outside a sequence",
            Self::NoItem => "element where an item should begin",
            Self::StrayDelimiter => "delimiter of nothing that is open without a length",
            Self::DelimiterLength => "delimiter with a length",
            Self::NotClosed => "sequence or item without its end",
            Self::Trailing => "bytes after the last element",
            Self::Order => "elements not in the order of their tags",
            Self::Group => "element of a group that is not part of data sets",
            Self::CharacterSet => "character set that the standard does not define",
            Self::Deflate => "deflated bytes that are damaged or have no end",
            Self::TooDeep => "sequences deeper than the limit: passed over",
            Self::TooMuch => "deflated data set larger than the limit: the rest was not read",
        }
    }
}
