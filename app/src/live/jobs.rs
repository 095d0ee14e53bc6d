//! What the stream has told about jobs: the newest revision of each, of a bounded number.

use std::collections::BTreeMap;

use model::{Job, JobId};

/// Jobs kept for the pages of a tab; beyond that the oldest ended ones are forgotten.
const KEPT: usize = 300;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct LiveJobs(BTreeMap<JobId, Job>);

impl LiveJobs {
    /// Takes in a job unless a newer revision of it is known.
    pub fn take(&mut self, job: Job) {
        if self.0.get(&job.id).is_some_and(|known| known.revision >= job.revision) {
            return;
        }
        self.0.insert(job.id, job);
        while self.0.len() > KEPT {
            let oldest = self.0.values().find(|job| job.state.ended()).or_else(|| self.0.values().next());
            let Some(id) = oldest.map(|job| job.id) else { break };
            self.0.remove(&id);
        }
    }

    /// Of what a page loaded and what the stream told, the newer.
    pub fn newest<'a>(&'a self, loaded: &'a Job) -> &'a Job {
        self.0.get(&loaded.id).filter(|heard| heard.revision > loaded.revision).unwrap_or(loaded)
    }

    /// Newest first.
    pub fn iter(&self) -> impl Iterator<Item = &Job> {
        self.0.values().rev()
    }
}

#[cfg(test)]
mod tests {
    use model::State;

    use super::*;
    use crate::examples;

    #[test]
    fn a_job_never_goes_back_to_an_older_revision() {
        let mut jobs = LiveJobs::default();
        let newer = Job { revision: 7, state: State::Succeeded, ..examples::job(1) };
        let older = Job { revision: 6, ..examples::job(1) };
        jobs.take(newer.clone());
        jobs.take(older.clone());
        assert_eq!(jobs.newest(&older), &newer);
        let loaded_later = Job { revision: 8, ..examples::job(1) };
        assert_eq!(jobs.newest(&loaded_later), &loaded_later);
    }

    #[test]
    fn a_job_the_stream_never_named_stays_as_loaded() {
        let loaded = examples::job(1);
        assert_eq!(LiveJobs::default().newest(&loaded), &loaded);
    }

    #[test]
    fn memory_is_bounded_and_running_jobs_are_kept_longest() {
        let mut jobs = LiveJobs::default();
        jobs.take(Job { state: State::Running, ..examples::job(0) });
        for number in 1..=2 * u128::try_from(KEPT).unwrap() {
            jobs.take(Job { state: State::Succeeded, ..examples::job(number) });
        }
        assert_eq!(jobs.iter().count(), KEPT);
        assert_eq!(jobs.iter().last().map(|job| job.id), Some(examples::job(0).id));
    }
}
