//! How long frames take.

use std::time::Duration;

/// The times of all frames so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pace {
    frames: Vec<Duration>,
    longest_reload: Duration,
    longest_other: Duration,
}

impl Pace {
    /// Notes the time of a frame, and whether a program was replaced in it.
    pub(super) fn note(&mut self, time: Duration, reloaded: bool) {
        self.frames.push(time);
        let longest = if reloaded { &mut self.longest_reload } else { &mut self.longest_other };
        *longest = time.max(*longest);
    }

    /// The longest of those in which a program was replaced; zero without any.
    pub(crate) fn longest_reload(&self) -> Duration {
        self.longest_reload
    }

    /// The longest of the others; zero without any.
    pub(crate) fn longest_other(&self) -> Duration {
        self.longest_other
    }

    /// The frame in the middle, by time; zero without any.
    pub(crate) fn median(&self) -> Duration {
        let mut frames = self.frames.clone();
        frames.sort_unstable();
        frames.get(frames.len() / 2).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Pace;

    #[test]
    fn frames_with_a_reload_are_told_from_others() {
        let mut pace = Pace::default();
        assert_eq!((pace.median(), pace.longest_reload()), (Duration::ZERO, Duration::ZERO));
        for (milliseconds, reloaded) in [(5, false), (9, true), (1, false), (7, true), (2, false)] {
            pace.note(Duration::from_millis(milliseconds), reloaded);
        }
        assert_eq!(pace.median(), Duration::from_millis(5));
        assert_eq!(pace.longest_reload(), Duration::from_millis(9));
        assert_eq!(pace.longest_other(), Duration::from_millis(5));
    }
}
