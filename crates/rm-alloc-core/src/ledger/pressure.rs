//! Near and over: lines that an account crosses, told once a crossing.

use super::Figures;

/// An account at one of its lines.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Pressure {
    /// The heap, or `None` for the device as a whole.
    pub heap: Option<u32>,
    /// Bytes used.
    pub used: u64,
    /// The limit in bytes.
    pub limit: u64,
    /// Whether the limit itself was crossed, and not only the warning line.
    pub over: bool,
}

/// How far up an account is.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
enum Level {
    #[default]
    Below,
    Near,
    Over,
}

/// The lines of one account, and the highest that was told of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lines {
    // Invariant: while `used` is in `down..up`, nothing is to be told and nothing to be re-armed.
    up: u64,
    down: u64,
    told: Level,
    warning_percent: u8,
}

/// Points below a line that an account has to fall before crossing it again is news.
const HYSTERESIS_PERCENT: u8 = 5;

impl Lines {
    pub(super) fn new(warning_percent: u8) -> Self {
        Self { up: u64::MAX, down: 0, told: Level::Below, warning_percent }
    }

    /// Whether [`cross`](Self::cross) has anything to do: two comparisons, because it is asked at every change.
    #[inline]
    pub(super) fn is_news(&self, used: u64) -> bool {
        used >= self.up || used < self.down
    }

    /// Looks at `figures` after a change of theirs or of their limit, and says whether a line was crossed upwards.
    #[cold]
    pub(super) fn cross(&mut self, figures: &Figures, heap: Option<u32>) -> Option<Pressure> {
        let Some(limit) = figures.limit else {
            *self = Self::new(self.warning_percent);
            return None;
        };
        let used = figures.used();
        let near = |percent| is_near(used, limit, percent);
        let level = if used > limit {
            Level::Over
        } else if near(self.warning_percent) {
            Level::Near
        } else {
            Level::Below
        };
        let crossed = level > self.told;
        if crossed {
            self.told = level;
        }
        // Falling back re-arms a line only at a distance, so that an account that trembles is told of once.
        if self.told == Level::Over && level < Level::Over && !near(100 - HYSTERESIS_PERCENT) {
            self.told = Level::Near;
        }
        let rearm = self.warning_percent.saturating_sub(HYSTERESIS_PERCENT);
        if self.told == Level::Near && level < Level::Near && !near(rearm) {
            self.told = Level::Below;
        }
        (self.up, self.down) = match self.told {
            Level::Below => (line(limit, self.warning_percent), 0),
            Level::Near => (limit.saturating_add(1), line(limit, rearm)),
            Level::Over => (u64::MAX, line(limit, 100 - HYSTERESIS_PERCENT)),
        };
        crossed.then_some(Pressure { heap, used, limit, over: level == Level::Over })
    }
}

/// The least use that is near: `percent` of `limit` rounded up, and never 0.
fn line(limit: u64, percent: u8) -> u64 {
    let line = (u128::from(limit) * u128::from(percent)).div_ceil(100);
    u64::try_from(line).unwrap_or(u64::MAX).max(1)
}

/// Whether `used` is at least `percent` of `limit`; never for an empty account.
pub(crate) fn is_near(used: u64, limit: u64, percent: u8) -> bool {
    used >= line(limit, percent)
}
