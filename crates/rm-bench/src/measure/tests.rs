//! Nobody keeps anything, and nobody is measured on what others left behind.

use super::{inspect, median, median_ratio};
use crate::{
    contestant::{BACKENDS, Level, entries},
    stage::Venue,
    trace::{Scale, TraceKind},
};

#[test]
fn everybody_gives_everything_back_in_the_end() {
    let venue = Venue::open("sim:h200").unwrap();
    for kind in TraceKind::ALL {
        let trace = kind.generate(Scale::Quick, 1);
        for level in Level::ALL {
            for entry in entries(level, BACKENDS) {
                let stage = venue.stage().unwrap();
                inspect(&entry, &stage, &trace).unwrap();
                assert_eq!(stage.reserved(), Some(0), "{level}/{kind}/{}", entry.name);
            }
        }
    }
}

#[test]
fn the_median_of_ratios_is_taken_pair_by_pair() {
    assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
    assert_eq!(median_ratio([(1.0, 2.0), (100.0, 50.0), (3.0, 4.0)]), Some(0.75));
    assert_eq!(median_ratio([]), None);
}
