//! When memory dies, on simulated devices whose oracle sees every early death, and on the driver that is present.

#![expect(clippy::unwrap_used, reason = "a test fails loudly")]

mod drops;
mod handles;
mod oracle;
mod queue;
mod scopes;
mod support;
