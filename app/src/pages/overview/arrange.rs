//! Which list a job belongs to now, from what the page loaded and what the stream has told since.

use std::collections::BTreeMap;

use model::{Job, JobId, Overview, State};

use crate::live::LiveJobs;

const ACTIVE: usize = 20;
const ENDED: usize = 10;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lists {
    /// Not ended, newest first.
    pub active: Vec<Job>,
    /// Failed and not tried again, as loaded or since, newest first.
    pub failed: Vec<Job>,
    /// Ended last first.
    pub lately: Vec<Job>,
}

pub fn arrange(loaded: &Overview, heard: &LiveJobs) -> Lists {
    let mut known: BTreeMap<JobId, &Job> = BTreeMap::new();
    for job in loaded.active.iter().chain(&loaded.lately).chain(&loaded.failed).chain(heard.iter()) {
        let newest = heard.newest(job);
        known
            .entry(job.id)
            .and_modify(|known| {
                if newest.revision > known.revision {
                    *known = newest;
                }
            })
            .or_insert(newest);
    }
    let newest_first = || known.values().rev().copied();
    let mut lately: Vec<&Job> = newest_first().filter(|job| job.state.ended()).collect();
    lately.sort_by_key(|job| std::cmp::Reverse(job.ended_at));
    Lists {
        active: newest_first().filter(|job| !job.state.ended()).take(ACTIVE).cloned().collect(),
        failed: newest_first().filter(|job| job.state == State::Failed).take(ENDED).cloned().collect(),
        lately: lately.into_iter().take(ENDED).cloned().collect(),
    }
}

#[cfg(test)]
mod tests {
    use model::{Counts, Time};

    use super::*;
    use crate::examples;

    fn loaded(active: Vec<Job>, lately: Vec<Job>) -> Overview {
        let (failed, stores) = (Vec::new(), Vec::new());
        Overview { now: Time(0), counts: Counts::default(), active, lately, failed, stores, empty: false }
    }

    fn ids(jobs: &[Job]) -> Vec<JobId> {
        jobs.iter().map(|job| job.id).collect()
    }

    #[test]
    fn a_job_that_ends_moves_from_running_to_lately() {
        let mut heard = LiveJobs::default();
        heard.take(examples::proven(1));
        let lists = arrange(&loaded(vec![examples::job(1), examples::job(2)], vec![]), &heard);
        assert_eq!(ids(&lists.active), ids(&[examples::job(2)]));
        assert_eq!(ids(&lists.lately), ids(&[examples::job(1)]));
    }

    #[test]
    fn a_job_started_since_appears_first() {
        let mut heard = LiveJobs::default();
        heard.take(examples::job(9));
        let lists = arrange(&loaded(vec![examples::job(1)], vec![]), &heard);
        assert_eq!(ids(&lists.active), ids(&[examples::job(9), examples::job(1)]));
    }

    #[test]
    fn a_failure_that_is_tried_again_needs_no_attention_any_more() {
        let failed = Job { state: State::Failed, ended_at: Some(Time(9)), ..examples::job(1) };
        let before = arrange(&loaded(vec![], vec![failed.clone()]), &LiveJobs::default());
        assert_eq!(ids(&before.failed), ids(std::slice::from_ref(&failed)));
        let mut heard = LiveJobs::default();
        heard.take(Job { state: State::Queued, ended_at: None, revision: failed.revision + 1, ..failed.clone() });
        let after = arrange(&loaded(vec![], vec![failed.clone()]), &heard);
        assert!(after.failed.is_empty() && after.lately.is_empty());
        assert_eq!(ids(&after.active), ids(&[failed]));
    }
}
