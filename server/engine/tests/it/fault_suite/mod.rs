//! Clones through a store and a network in which, by chance, everything goes wrong that can.
//!
//! Each trouble strikes a request with a chance drawn from the seed. A clone is run, and gone on with, for some rounds of
//! trouble and two of calm. After every round:
//!
//! - A proof that holds is right: each object of the source is at the destination, with all that it carries.
//! - A proof that does not hold, or none: each object that is not right is named by a failure.
//! - An error: each key that a cursor has passed is right, or was when it was passed, or is named by a failure.
//! - No object at the destination is anything but what some object of its key once was.
//!
//! And after the last round all is right, proven, and no failure is left.
//!
//! A mirror beside that: it asks for the deletion of nothing that the source has, nor of what it was not confirmed to
//! delete, and what it leaves over is named.

mod chaos;
mod each;
mod mirrors;
mod mixtures;
mod rounds;
mod town;
mod trouble;

use self::{rounds::survive, trouble::Trouble};
