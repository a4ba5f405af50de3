//! What the demo promises, tested on whichever real device is present and on all simulated ones.

mod binary;
mod running;
mod simulated;
