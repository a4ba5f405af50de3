//! Nobody keeps anything, and nobody is measured on what others left behind.

use super::inspect;
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
