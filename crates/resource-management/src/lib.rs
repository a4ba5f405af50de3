//! resource-management.
