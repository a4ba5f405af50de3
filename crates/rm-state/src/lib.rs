//! rm-state.
