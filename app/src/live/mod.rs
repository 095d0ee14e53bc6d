//! The live connection: one event stream a tab, and what the pages derive from it.
//!
//! Pages load their data once and lay this over it. Always: a job never goes back to an older revision; once the line
//! is silent for longer than [`LOST_AFTER_MS`] it counts as lost, and every clock derived from it stands still at what
//! was known last.

mod jobs;
mod line;
mod stream;

use leptos::prelude::*;
use model::{Beat, Counts, Job, LiveMessage, Snapshot, Time};

pub use jobs::LiveJobs;
pub use line::{LOST_AFTER_MS, Line};

/// Reachable from every component by [`Live::here`]; cheap to copy.
#[derive(Clone, Copy)]
pub struct Live {
    jobs: RwSignal<LiveJobs>,
    counts: RwSignal<Option<Counts>>,
    line: RwSignal<Line>,
    stale: RwSignal<u32>,
}

impl Live {
    /// A line that is not open yet; opens once the page runs in a browser.
    pub fn provide() -> Self {
        let live = Self {
            jobs: RwSignal::default(),
            counts: RwSignal::default(),
            line: RwSignal::default(),
            stale: RwSignal::default(),
        };
        provide_context(live);
        Effect::new(move || stream::open(live));
        live
    }

    /// The tab's connection, or one that never opens where none was provided.
    pub fn here() -> Self {
        use_context().unwrap_or_else(Self::provide)
    }

    /// The newest known form of a job that the page loaded.
    pub fn job(self, loaded: Job) -> Memo<Job> {
        Memo::new(move |_| self.jobs.with(|jobs| jobs.newest(&loaded).clone()))
    }

    /// The newest known form of a row's job, from a list that may be loaded again under the row.
    pub fn row(self, first: Job, rows: Signal<Vec<Job>>) -> Memo<Job> {
        Memo::new(move |_| {
            let loaded = rows.with(|rows| rows.iter().find(|job| job.id == first.id).cloned());
            let loaded = loaded.unwrap_or_else(|| first.clone());
            self.jobs.with(|jobs| jobs.newest(&loaded).clone())
        })
    }

    /// All jobs heard of, for lists that take in new ones.
    pub fn jobs(self) -> Signal<LiveJobs> {
        self.jobs.into()
    }

    /// What the status line tells; `None` before the first message.
    pub fn counts(self) -> Signal<Option<Counts>> {
        self.counts.into()
    }

    pub fn line(self) -> Signal<Line> {
        self.line.into()
    }

    /// The server's time, to the second; stands still while the line is lost, `None` before it is open.
    pub fn now(self) -> Memo<Option<Time>> {
        Memo::new(move |_| self.line.with(Line::server_time))
    }

    /// Grows each time what was loaded may have missed a change, such as when the line comes back. What depends on it
    /// is loaded again.
    pub fn stale(self) -> Signal<u32> {
        self.stale.into()
    }

    /// To be called after an action. The stream tells of its effect; while the line is lost, pages must ask.
    pub fn acted(self) {
        if self.line.with_untracked(|line| line.is_new() || line.lost_since().is_some()) {
            self.reload();
        }
    }

    fn reload(self) {
        self.stale.update(|times| *times += 1);
    }

    fn hear(self, message: LiveMessage, local_ms: f64) {
        match message {
            LiveMessage::Snapshot(Snapshot { now, counts, jobs }) => {
                let first = self.line.with_untracked(Line::is_new);
                self.heard(Beat { now, counts }, local_ms);
                self.jobs.update(|known| jobs.into_iter().for_each(|job| known.take(job)));
                if !first {
                    self.reload();
                }
            }
            LiveMessage::Job(job) => self.jobs.update(|known| known.take(*job)),
            LiveMessage::Beat(beat) => self.heard(beat, local_ms),
        }
    }

    fn heard(self, beat: Beat, local_ms: f64) {
        self.line.update(|line| line.beat(beat.now, local_ms));
        if self.counts.get_untracked() != Some(beat.counts) {
            self.counts.set(Some(beat.counts));
        }
    }

    fn tick(self, local_ms: f64) {
        self.line.update(|line| line.tick(local_ms));
    }
}
