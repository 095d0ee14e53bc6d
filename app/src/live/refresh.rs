//! Decides when to refresh the page: soon after a change that it follows, at most once per second.

use std::{cell::Cell, rc::Rc};

use leptos::{prelude::*, task::spawn_local};
use model::JobId;

use super::{document::local_ms, page};

/// Least time between two refreshes.
const PAUSE_MS: f64 = 900.0;

/// Refresh interval for changes without events, such as whether a store is reachable.
const POLL_MS: f64 = 30_000.0;

/// Refresh interval of pages that follow runs or syncs.
const FAST_POLL_MS: f64 = 5_000.0;

#[derive(Default)]
pub struct Refresh {
    wanted: Cell<bool>,
    busy: Cell<bool>,
    refreshed_ms: Cell<f64>,
}

impl Refresh {
    /// Requests a refresh because something may have changed.
    pub fn want(&self) {
        self.wanted.set(true);
    }

    pub fn want_if_about(&self, job: JobId) {
        if followed().is_some_and(|followed| followed == "all" || followed == "runs" || followed == job.to_string()) {
            self.want();
        }
    }

    pub fn want_if_about_syncs(&self) {
        if followed().as_deref() == Some("syncs") {
            self.want();
        }
    }

    /// Refreshes the page if it is due and visible.
    pub fn tick(self: &Rc<Self>) {
        let since_ms = local_ms() - self.refreshed_ms.get();
        let poll_ms = match followed().as_deref() {
            Some("runs" | "syncs") => FAST_POLL_MS,
            _ => POLL_MS,
        };
        let due = since_ms > poll_ms || (self.wanted.get() && since_ms > PAUSE_MS);
        if !due || self.busy.get() || document().hidden() || followed().is_none() {
            return;
        }
        self.wanted.set(false);
        self.busy.set(true);
        self.refreshed_ms.set(local_ms());
        let this = Rc::clone(self);
        spawn_local(async move {
            if page::show(&page::url()).await.is_err() {
                this.want();
            }
            this.busy.set(false);
        });
    }
}

/// What the page follows: `all` jobs, `runs`, `syncs`, or the id of a job; see `ui::Follow`.
fn followed() -> Option<String> {
    document().get_element_by_id("follow")?.get_attribute("data-jobs")
}
