//! Signals between rooms: a nudge wakes a task early; a pulse shows that a task is alive.

mod nudge;
mod pulse;

pub use self::{
    nudge::Nudge,
    pulse::{Heartbeat, Pulse, Vitality, heartbeat},
};
