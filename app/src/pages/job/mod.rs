//! One job, from what was asked to what came of it.
