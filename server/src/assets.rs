//! The interface's files, compressed beforehand and held in the binary.

/// Cheap to clone.
#[derive(Clone)]
pub struct Assets {}
