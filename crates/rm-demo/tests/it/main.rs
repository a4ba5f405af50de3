//! What the demo promises, tested on whichever real device is present and on all simulated ones.

mod binary;
mod budget;
mod metrics;
mod running;
mod simulated;
