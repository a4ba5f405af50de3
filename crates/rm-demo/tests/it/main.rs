//! What the demo promises, tested on whichever real device is present and on all simulated ones.

mod backends;
mod binary;
mod budget;
mod metrics;
mod passes;
mod running;
mod simulated;
