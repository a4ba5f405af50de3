//! Prices are added to what was counted.

use rm_bench::{BACKENDS, Level, Prices, Scale, TraceKind, Venue, entries, inspect};

#[test]
fn the_h200_asks_for_allocating_and_freeing_and_nothing_else() {
    let prices = Prices::h200().unwrap();
    let venue = Venue::open("sim:h200").unwrap();
    let trace = TraceKind::Streaming.generate(Scale::Quick, 1);
    let direct = &entries(Level::Buffer, BACKENDS)[0];
    let calls = inspect(direct, &venue.stage().unwrap(), &trace).unwrap().calls.unwrap();
    let pairs = trace.ops() as f64 / 2.0;
    assert_eq!(prices.of(&calls), pairs * (467_000.0 + 908_000.0));
}

#[test]
fn a_device_is_measured_and_its_prices_can_be_written_and_read() {
    let measured = Prices::measure(&Venue::open("sim:desktop-rebar").unwrap()).unwrap();
    assert_eq!(measured.by_size.len(), 7);
    assert!(measured.calls.values().all(|price| *price > 0.0), "{:?}", measured.calls);
    let path = std::env::temp_dir().join(format!("rm-bench-prices-{}.json", std::process::id()));
    measured.write(&path).unwrap();
    let read = Prices::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(read, measured);
}
