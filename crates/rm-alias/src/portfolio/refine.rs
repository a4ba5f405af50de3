//! Lowering one component: more quick passes, then restarts of the search with growing limits.
//!
//! The [core](super::core) comes first. Then a round plays every key at the least cap that is not ruled out, since most problems
//! have a plan there, and at some cap between that and the best plan, since the others have not. Caps in between follow the
//! golden ratio, which leaves no gap. Limits double from round to round, those of caps in between only as long as that has
//! ever helped; later rounds disturb the order of the items, as the seed says.

use super::{Portfolio, Task, Terms, Verdict};
use crate::{
    keys::{self, KEYS, Key},
    model::{Component, Model},
    random::Random,
    search::{NOISE_BITS, Outcome, Ranking},
};

/// The first round that disturbs the order of the items.
pub(crate) const FIRST_NOISE: u32 = 3;

/// Parts of the bound that a plan may be above it to be nearly as good.
const NEARLY: [u64; 2] = [256, 64];

/// 2^16 times the golden ratio's fraction.
const GOLDEN: u64 = 40_503;

/// A series of searches of one component.
struct Series {
    verdict: Verdict,
    /// The least cap that is not ruled out, or not worth going below.
    low: u64,
    /// What every peak is a multiple of.
    unit: u64,
    budget: u64,
    limit: u64,
    /// How many caps in between were played.
    between: u64,
}

impl Series {
    fn is_over(&self) -> bool {
        self.verdict.peak <= self.low || self.budget == 0
    }

    /// A cap between the least one and the best plan.
    fn cap_between(&mut self) -> u64 {
        self.between += 1;
        let fraction = self.between.wrapping_mul(GOLDEN) & 0xffff;
        // Near the best plan more often than near the bound, which has its own turns.
        let below = (u128::from(self.steps()) * u128::from(fraction * fraction)) >> 32;
        self.cap_at(u64::try_from(below).unwrap_or(0))
    }

    /// A cap just below the best plan.
    fn cap_below(&self) -> u64 {
        self.cap_at(self.steps() / 8)
    }

    /// How many peaks there may be between the least one and the best plan.
    fn steps(&self) -> u64 {
        (self.verdict.peak - 1 - self.low) / self.unit
    }

    fn cap_at(&self, below: u64) -> u64 {
        (self.verdict.peak - 1 - below * self.unit).max(self.low)
    }
}

impl Portfolio {
    /// Lowers the peak of a component until it is enough, or nothing is left to be tried.
    pub(super) fn refine(
        &mut self,
        model: &Model,
        task: &Task<'_>,
        terms: &mut Terms<'_>,
    ) -> Verdict {
        let (component, enough, budget) = (task.component, task.enough, task.budget);
        let peak = self.refit(model, component, task.peak, enough);
        let mut verdict = Verdict { peak, proven: 0, nodes: 0 };
        if peak <= enough || budget == 0 {
            return verdict;
        }
        if terms.round == 0 {
            for key in &KEYS[..2] {
                self.core(model, task, enough, *key, &mut verdict, terms);
                if verdict.peak <= enough {
                    return verdict;
                }
            }
            // A little more room makes it much easier.
            for key in &KEYS[..5] {
                for part in NEARLY {
                    let near = enough + enough / part;
                    if verdict.peak > near && verdict.nodes < budget {
                        self.core(model, task, near, *key, &mut verdict, terms);
                    }
                }
            }
        }
        let budget = budget.saturating_sub(verdict.nodes);
        self.search.load(model, component, |_| true);
        let unit = self.search.unit();
        let limit = (self.search.len() as u64 + 64) << terms.round.min(20);
        // Peaks are multiples of the unit, and so is the greatest that is enough: a plan with that peak is either found or ruled
        // out, which the bound of all components does not do for one of them.
        let low = (enough - enough % unit).min(verdict.peak);
        let mut series = Series { verdict, low, unit, budget, limit, between: 0 };
        let short = (self.search.len() as u64 + 64) * 8;
        let mut random = Random::new(terms.seed);
        for round in terms.round.. {
            // Few keys at a time, so that a small budget has some of both.
            for keys in KEYS.chunks(4) {
                for key in keys {
                    self.shake(round, &mut random);
                    let low = series.low;
                    if series.is_over()
                        || !self.try_cap(model, component, *key, low, &mut series, terms)
                    {
                        return series.verdict;
                    }
                }
                let passes = if round < FIRST_NOISE { 1 } else { 1 << (round - 2).min(20) };
                let long = series.limit;
                series.limit = long.min(short);
                for pass in 0..passes {
                    for key in keys {
                        self.shake(if pass == 0 { 0 } else { round }, &mut random);
                        if !self.try_between(model, component, *key, &mut series, terms) {
                            return series.verdict;
                        }
                    }
                }
                series.limit = long;
            }
            series.limit = series.limit.saturating_mul(2);
        }
        series.verdict
    }

    /// Searches at a cap between the least one and the best plan, and lower as long as that succeeds.
    fn try_between(
        &mut self,
        model: &Model,
        component: &Component,
        key: Key,
        series: &mut Series,
        terms: &mut Terms<'_>,
    ) -> bool {
        let mut cap = None;
        while !series.is_over() {
            let before = series.verdict.peak;
            let next = cap.unwrap_or_else(|| series.cap_between());
            if !self.try_cap(model, component, key, next, series, terms) {
                return false;
            }
            if series.is_over() || series.verdict.peak == before {
                return true;
            }
            cap = Some(series.cap_below());
        }
        true
    }

    /// First fit in other orders.
    fn refit(&mut self, model: &Model, component: &Component, peak: u64, enough: u64) -> u64 {
        keys::by_size(model, component, &mut self.sorted);
        let mut best = self.fit(model, component, peak - 1).unwrap_or(peak);
        let pieces = &model.pieces[component.pieces.clone()];
        if best > enough && pieces.iter().any(|piece| piece.align != pieces[0].align) {
            keys::by_grain(model, component, &mut self.sorted);
            best = self.fit(model, component, best - 1).unwrap_or(best);
        }
        best
    }

    /// Searches once, and writes what came of it into `series`; `false` if the clock says stop.
    fn try_cap(
        &mut self,
        model: &Model,
        component: &Component,
        key: Key,
        cap: u64,
        series: &mut Series,
        terms: &mut Terms<'_>,
    ) -> bool {
        let ranking = Ranking { key, noise: &self.noise };
        let limit = series.limit.min(series.budget);
        let outcome = self.search.run(cap, &ranking, limit, terms.stop);
        // A search that fails at once costs something as well.
        let spent = self.search.nodes + 1;
        series.verdict.nodes += spent;
        series.budget = series.budget.saturating_sub(spent);
        match outcome {
            Outcome::Found => series.verdict.peak = self.take(model, component),
            Outcome::Exhausted => {
                series.low = (cap / series.unit + 1) * series.unit;
                series.verdict.proven = series.low;
            }
            Outcome::Limit => return !(terms.stop)(),
        }
        true
    }

    /// Disturbs the order of the items, but not in the first rounds.
    fn shake(&mut self, round: u32, random: &mut Random) {
        self.noise.clear();
        if round >= FIRST_NOISE {
            self.noise.extend((0..self.search.len()).map(|_| random.below(1 << NOISE_BITS)));
        }
    }

    /// Takes the offsets of a search that succeeded, and returns their peak.
    fn take(&mut self, model: &Model, component: &Component) -> u64 {
        for (piece, offset) in self.search.placed() {
            self.offsets[piece] = offset;
        }
        for piece in component.pieces.clone() {
            if let Some(offset) = model.pieces[piece].fixed() {
                self.offsets[piece] = offset;
            }
        }
        self.peak_of(model, component)
    }
}
