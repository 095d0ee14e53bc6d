//! Signals between rooms: a nudge wakes a task early, a pulse shows that one is alive.

mod nudge;
mod pulse;

pub use self::{
    nudge::Nudge,
    pulse::{Heart, Pulse, Vitality, heart},
};
