//! Everybody plays every trace, and results come out.

use std::time::Duration;

use crate::{
    BenchError,
    contestant::{Backend, Entry, Level, Refused, entries_named},
    measure::{Inspection, Race, Times, clock, inspect},
    price::Prices,
    reference::REFERENCES,
    results::Results,
    stage::Venue,
    trace::{Scale, Trace, TraceKind},
};

/// What a run is about.
#[derive(Debug)]
#[must_use]
pub struct Run<'a> {
    /// The device.
    pub venue: &'a Venue,
    /// How large the traces are.
    pub scale: Scale,
    /// What the traces follow from.
    pub seed: u64,
    /// The traces.
    pub traces: Vec<TraceKind>,
    /// The levels.
    pub levels: Vec<Level>,
    /// Parts of the names of those who play; empty for all.
    pub contestants: Vec<String>,
    /// Our backends.
    pub backends: &'a [Backend],
    /// How often a trace is played against the clock.
    pub rounds: usize,
    /// Who has taken longer than this in a trace plays no further round of it.
    pub patience: Duration,
    /// What driver calls cost.
    pub prices: &'a Prices,
}

impl Run<'_> {
    /// Runs it; `progress` hears of every trace that begins.
    ///
    /// # Errors
    ///
    /// [`BenchError`] if the device cannot be had. Who cannot play is noted in the results.
    pub fn play(&self, mut progress: impl FnMut(&str)) -> Result<Results, BenchError> {
        let mut results = Results::here();
        let note = |results: &mut Results, name: &str, text: String| {
            results.notes.insert(name.to_owned(), text);
        };
        note(&mut results, "device", self.venue.name().to_owned());
        note(&mut results, "scale", format!("{}, seed {}", self.scale.name(), self.seed));
        note(&mut results, "rounds", self.rounds.to_string());
        if self.venue.is_simulated() {
            let Prices { device, source, .. } = self.prices;
            note(&mut results, "prices", format!("{device} ({source})"));
        }
        results.put("clock", clock().into(), "ns");
        for level in self.levels.iter().copied() {
            let entries = entries_named(level, self.backends, &self.contestants);
            for entry in &entries {
                note(
                    &mut results,
                    &format!("setting/{level}/{}", entry.name),
                    entry.setting.clone(),
                );
            }
            for kind in &self.traces {
                progress(&format!("{level}/{kind}"));
                let trace = kind.generate(self.scale, self.seed);
                results.put(
                    &format!("{level}/{kind}/operations"),
                    trace.ops() as f64,
                    "operations",
                );
                self.trace(level, &trace, &entries, &mut results)?;
            }
        }
        Ok(results)
    }

    fn trace(
        &self,
        level: Level,
        trace: &Trace,
        entries: &[Entry],
        results: &mut Results,
    ) -> Result<(), BenchError> {
        let references = REFERENCES.map(|reference| reference.name);
        let race = Race {
            venue: self.venue,
            trace,
            entries,
            rounds: self.rounds,
            patience: self.patience,
            references: &references,
        };
        for (entry, times) in entries.iter().zip(race.run()?) {
            let name = format!("{level}/{}/{}", trace.kind, entry.name);
            let inspected = match &times {
                Ok(_) => inspect(entry, &self.venue.stage()?, trace),
                Err(refused) => Err(refused.clone()),
            };
            match (times, inspected) {
                (Ok(times), Ok(mut seen)) => {
                    seen.heap_allocations = seen.heap_allocations.filter(|_| entry.is_rust);
                    self.enter(results, &name, trace, &times, &seen);
                }
                (Err(refused), _) | (_, Err(refused)) => {
                    results.notes.insert(name, not_applicable(&refused));
                }
            }
        }
        Ok(())
    }

    fn enter(
        &self,
        results: &mut Results,
        name: &str,
        trace: &Trace,
        times: &Times,
        seen: &Inspection,
    ) {
        let operations = trace.ops() as f64;
        let mut put = |what: &str, value: f64, unit: &str| {
            results.put(&format!("{name}/{what}"), value, unit);
        };
        put("time", times.nanoseconds, "ns/op");
        put("rounds", times.rounds as f64, "rounds");
        for (reference, ratio) in REFERENCES.iter().zip(&times.ratios) {
            if let Some(ratio) = ratio {
                put(reference.metric, *ratio, "x");
            }
        }
        if let Some(speedup) = times.speedup {
            put("speedup", speedup, "x");
        }
        let tail = seen.tail;
        for (what, value) in
            [("p50", tail.p50), ("p99", tail.p99), ("p999", tail.p999), ("max", tail.max)]
        {
            put(what, value.into(), "ns");
        }
        if let Some(calls) = &seen.calls {
            put("priced", times.nanoseconds + self.prices.of(calls) / operations, "ns/op");
            put("driver_calls", calls.total() as f64, "calls");
            let blocks = calls.of(rm_vksim::Call::AllocateMemory);
            put("driver_allocations", blocks as f64, "calls");
        }
        if let Some(count) = seen.heap_allocations {
            put("heap_allocations", count as f64, "allocations");
        }
        if let Some(peak) = seen.peak_reserved {
            put("peak_reserved", peak as f64, "B");
            put("overhead", peak as f64 / trace.peak_bytes() as f64, "x");
        }
    }
}

fn not_applicable(refused: &Refused) -> String {
    format!("not applicable: {refused}")
}
