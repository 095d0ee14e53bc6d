//! Reprocesses: a request becomes a spec, is previewed, and becomes a job.

use model::{ReprocessRequest, ReprocessSpec, Problem};

use super::Yard;
