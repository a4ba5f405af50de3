//! Near and over: lines that an account crosses, told once a crossing.

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

/// The use between which nothing is to be told and nothing to be re-armed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lines {
    up: u64,
    down: u64,
}

impl Lines {
    /// Whether [`Watch::cross`] has anything to do: two comparisons, because it is asked at every change.
    #[inline]
    pub(super) fn is_news(&self, used: u64) -> bool {
        used >= self.up || used < self.down
    }
}

impl Default for Lines {
    /// Of an account without a limit.
    fn default() -> Self {
        Self { up: u64::MAX, down: 0 }
    }
}

/// The limit of one account, and the highest line that was told of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watch {
    pub(super) limit: Option<u64>,
    told: Level,
    warning_percent: u8,
}

/// Points below a line that an account has to fall before crossing it again is news.
const HYSTERESIS_PERCENT: u8 = 5;

impl Watch {
    pub(super) fn new(warning_percent: u8) -> Self {
        Self { limit: None, told: Level::Below, warning_percent }
    }

    /// Looks at an account after a change of its use or its limit, and says whether a line was crossed upwards.
    pub(super) fn cross(&mut self, used: u64, heap: Option<u32>) -> Option<Pressure> {
        let Some(limit) = self.limit else {
            self.told = Level::Below;
            return None;
        };
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
        if self.told == Level::Near && level < Level::Near && !near(self.rearm_percent()) {
            self.told = Level::Below;
        }
        crossed.then_some(Pressure { heap, used, limit, over: level == Level::Over })
    }

    /// Where the account has to get for anything to happen.
    pub(super) fn lines(&self) -> Lines {
        let Some(limit) = self.limit else { return Lines::default() };
        let (up, down) = match self.told {
            Level::Below => (line(limit, self.warning_percent), 0),
            Level::Near => (limit.saturating_add(1), line(limit, self.rearm_percent())),
            Level::Over => (u64::MAX, line(limit, 100 - HYSTERESIS_PERCENT)),
        };
        Lines { up, down }
    }

    fn rearm_percent(&self) -> u8 {
        self.warning_percent.saturating_sub(HYSTERESIS_PERCENT)
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
