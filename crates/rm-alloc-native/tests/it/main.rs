//! The backend from outside.

mod conformance;
