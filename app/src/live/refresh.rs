//! When a page is asked for again: soon after something it follows changed, and not more than once a second.

use std::{cell::Cell, rc::Rc};

use leptos::{prelude::*, task::spawn_local};
use model::JobId;

use super::{local_ms, page};

/// Between two questions.
const PAUSE_MS: f64 = 900.0;

/// What no event tells of, such as whether a store answers, is asked for so often.
const ANYWAY_MS: f64 = 30_000.0;

/// And what was shipped, or that nobody looks after a table any more, on a page that follows it.
const OFTEN_MS: f64 = 5_000.0;

#[derive(Default)]
pub struct Refresh {
    wanted: Cell<bool>,
    busy: Cell<bool>,
    asked_ms: Cell<f64>,
}

impl Refresh {
    /// Something may have changed.
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

    /// Asks if it is time to. A page nobody sees waits until it is seen.
    pub fn tick(self: &Rc<Self>) {
        let since_ms = local_ms() - self.asked_ms.get();
        let anyway_ms = match followed().as_deref() {
            Some("runs" | "syncs") => OFTEN_MS,
            _ => ANYWAY_MS,
        };
        let due = since_ms > anyway_ms || (self.wanted.get() && since_ms > PAUSE_MS);
        if !due || self.busy.get() || document().hidden() || followed().is_none() {
            return;
        }
        self.wanted.set(false);
        self.busy.set(true);
        self.asked_ms.set(local_ms());
        let this = Rc::clone(self);
        spawn_local(async move {
            if page::show(&page::url()).await.is_err() {
                this.want();
            }
            this.busy.set(false);
        });
    }
}

/// What the page follows: `all` jobs, `runs` as well, `syncs`, or one job by its id; see `ui::Follow`.
fn followed() -> Option<String> {
    document().get_element_by_id("follow")?.get_attribute("data-jobs")
}
