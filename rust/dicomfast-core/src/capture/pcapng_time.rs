//! Timestamps of pcapng interfaces: `if_tsresol` and `if_tsoffset` (draft-ietf-opsawg-pcapng section 4.2) to nanoseconds, exactly.

use crate::event::{NO_TIME, Time};

const NANOSECONDS_DIGITS: u32 = 9;
const SECOND: i64 = 1_000_000_000;

/// How an interface counts time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clock {
    unit: Unit,
    /// Nanoseconds added to every timestamp (`if_tsoffset`, which is in seconds).
    offset: i128,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    /// So many nanoseconds, no offset: what nearly every file has.
    Nanoseconds(u64),
    Decimal(u32),
    Binary(u32),
}

impl Clock {
    /// `resolution` is the byte of `if_tsresol`: 10^-n, or 2^-n with the highest bit set.
    pub(super) fn new(resolution: u8, offset_seconds: i64) -> Self {
        let power = u32::from(resolution & 0x7f);
        let offset = i128::from(offset_seconds) * i128::from(SECOND);
        let unit = match NANOSECONDS_DIGITS.checked_sub(power) {
            _ if resolution & 0x80 != 0 => Unit::Binary(power),
            Some(digits) if offset == 0 => Unit::Nanoseconds(10_u64.pow(digits)),
            _ => Unit::Decimal(power),
        };
        Self { unit, offset }
    }

    /// The time of a timestamp, or `Err` with the nearest time that can be told.
    #[inline]
    pub(super) fn time(self, high: u32, low: u32) -> Result<Time, Time> {
        let count = u64::from(high) << 32 | u64::from(low);
        if let Unit::Nanoseconds(scale) = self.unit
            && let Some(time) = count.checked_mul(scale).and_then(|time| Time::try_from(time).ok())
        {
            return Ok(time);
        }
        self.exact(count)
    }

    #[inline(never)]
    fn exact(self, count: u64) -> Result<Time, Time> {
        let nanoseconds = i128::from(count) * i128::from(SECOND);
        let nanoseconds = match self.unit {
            Unit::Nanoseconds(scale) => i128::from(count) * i128::from(scale),
            // A power of ten that does not fit is above every count.
            Unit::Decimal(power) => 10_i128.checked_pow(power).map_or(0, |divisor| nanoseconds / divisor),
            Unit::Binary(power) => nanoseconds >> power,
        };
        let time = nanoseconds + self.offset;
        let nearest = time.clamp(i128::from(NO_TIME) + 1, i128::from(Time::MAX)) as Time;
        if i128::from(nearest) == time { Ok(nearest) } else { Err(nearest) }
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new(6, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::Clock;
    use crate::event::Time;

    fn time(resolution: u8, offset: i64, count: u64) -> Result<Time, Time> {
        Clock::new(resolution, offset).time((count >> 32) as u32, count as u32)
    }

    #[test]
    fn decimal_resolutions() {
        assert_eq!(time(0, 0, 7), Ok(7_000_000_000));
        assert_eq!(time(6, 0, 1_700_000_000_123_456), Ok(1_700_000_000_123_456_000));
        assert_eq!(time(9, 0, 1_700_000_000_123_456_789), Ok(1_700_000_000_123_456_789));
        assert_eq!(time(12, 0, 1_999), Ok(1));
        assert_eq!(time(127, 0, u64::MAX), Ok(0));
    }

    #[test]
    fn binary_resolutions_are_exact() {
        assert_eq!(time(0x80, 0, 3), Ok(3_000_000_000));
        assert_eq!(time(0x8a, 0, 1_024 + 512), Ok(1_500_000_000));
        assert_eq!(time(0xa0, 0, (5 << 32) + (1 << 31)), Ok(5_500_000_000));
        assert_eq!(time(0xff, 0, u64::MAX), Ok(0));
    }

    #[test]
    fn offsets_and_saturation() {
        assert_eq!(time(6, -2, 5_000_000), Ok(3_000_000_000));
        assert_eq!(time(9, 10, 1), Ok(10_000_000_001));
        assert_eq!(time(0, 0, u64::MAX), Err(Time::MAX));
        assert_eq!(time(6, i64::MAX, 0), Err(Time::MAX));
        assert_eq!(time(6, i64::MIN, 0), Err(Time::MIN + 1));
    }
}
