//! What the demo promises, tested on whichever real device is present.

mod binary;
mod running;
