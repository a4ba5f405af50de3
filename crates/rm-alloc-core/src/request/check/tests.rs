//! Tables of good and bad requests.
