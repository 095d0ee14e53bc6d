//! The server functions: what pages ask for, under `/api/fn/{name}`.
//!
//! Public endpoints like any other, so each one asks for the viewer itself. Reads take and answer JSON. What a form
//! sends is url-encoded, ends with a redirect, and works without JavaScript.

mod act;
mod clones;
mod json;
mod read;

pub use act::{ActOnJob, BulkAct, act_on_job, action_name, action_named, bulk_act, bulk_preview};
pub use clones::{Checked, ClonePage, Found, Side, StartClone, check_clone, clone_page, preview_clone, start_clone};
pub use json::Json;
pub use read::{JobList, counts, failures, job, jobs, jump, overview, settings, stores};
