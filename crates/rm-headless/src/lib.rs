//! rm-headless.
