//! Round-trip times of one direction: the least, and quantiles from a histogram of bounded size.

/// Buckets of each power of two: a quantile is off by at most 1/32 of itself.
const STEPS: u32 = 16;
/// Room for as many buckets at once, for most connections never need more.
const USUAL: usize = 16;
/// Bits below which every nanosecond has a bucket of its own.
const STEP_BITS: u32 = STEPS.trailing_zeros();

/// Counts of samples by size. Nothing is allocated before the first one.
#[derive(Clone, Debug, Default)]
pub struct RttSamples {
    least: Option<i64>,
    count: u64,
    /// Buckets that have samples, in order, with their counts: a connection knows few round-trip times.
    buckets: Vec<(u32, u32)>,
    /// Where the last sample went: the next one often goes there, too.
    last: usize,
}

fn bucket(nanoseconds: u64) -> u32 {
    let bits = u64::BITS - nanoseconds.leading_zeros();
    let shift = bits.saturating_sub(STEP_BITS + 1);
    shift * STEPS + (nanoseconds >> shift) as u32
}

/// The middle of a bucket.
fn middle(bucket: u32) -> u64 {
    let shift = (bucket / STEPS).saturating_sub(1);
    let low = u64::from(bucket - shift * STEPS) << shift;
    low + (1 << shift) / 2
}

impl RttSamples {
    pub fn add(&mut self, nanoseconds: i64) {
        let Ok(value) = u64::try_from(nanoseconds) else { return };
        self.least = Some(self.least.map_or(nanoseconds, |least| least.min(nanoseconds)));
        self.count += 1;
        let bucket = bucket(value);
        match self.buckets.get_mut(self.last) {
            Some((same, count)) if *same == bucket => *count = count.saturating_add(1),
            _ => self.find(bucket),
        }
    }

    fn find(&mut self, bucket: u32) {
        let found = self.buckets.binary_search_by_key(&bucket, |(bucket, _)| *bucket);
        self.last = found.unwrap_or_else(|at| at);
        match self.buckets.get_mut(self.last) {
            Some((_, count)) if found.is_ok() => *count = count.saturating_add(1),
            _ => {
                if self.buckets.capacity() == 0 {
                    self.buckets.reserve(USUAL);
                }
                self.buckets.insert(self.last, (bucket, 1));
            }
        }
    }

    pub fn least(&self) -> Option<i64> {
        self.least
    }

    /// The time that this share of the samples does not exceed, to 1/32 of itself.
    pub fn quantile(&self, share: f64) -> Option<i64> {
        let wanted = ((self.count as f64 * share).ceil() as u64).max(1);
        let mut seen = 0;
        for (bucket, count) in &self.buckets {
            seen += u64::from(*count);
            if seen >= wanted {
                let value = i64::try_from(middle(*bucket)).unwrap_or(i64::MAX);
                return Some(value.max(self.least.unwrap_or(0)));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{RttSamples, bucket, middle};

    #[test]
    fn buckets_rise_and_hold_their_middle() {
        let mut last = 0;
        for value in (0..2_000).chain((11..62).flat_map(|bit| [1u64 << bit, (1 << bit) + (1 << (bit - 2)), (1 << bit) * 2 - 1])) {
            let at = bucket(value);
            assert!(at >= last, "{value}");
            last = at;
            assert_eq!(bucket(middle(at)), at, "{value}");
            assert!(middle(at).abs_diff(value) <= value / 32 + 1, "{value}: {}", middle(at));
        }
    }

    #[test]
    fn quantiles() {
        let mut samples = RttSamples::default();
        assert_eq!((samples.least(), samples.quantile(0.5)), (None, None));
        for value in (1..=1_000).rev() {
            samples.add(value * 1_000);
        }
        samples.add(-5);
        assert_eq!(samples.least(), Some(1_000));
        for (share, expected) in [(0.5, 500_000.0), (0.95, 950_000.0), (1.0, 1_000_000.0)] {
            let found = samples.quantile(share).expect("samples") as f64;
            assert!((found / expected - 1.0).abs() < 0.04, "{share}: {found}");
        }
    }
}
