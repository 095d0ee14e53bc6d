//! Jobs made since the list was loaded, at its top.

use model::Job;

use crate::live::LiveJobs;

/// The loaded rows after whatever newer jobs the stream has told of. For the first page of the whole list only: whether
/// a filter finds a job is the store's to say.
pub fn with_fresh(loaded: &[Job], heard: &LiveJobs) -> Vec<Job> {
    let newest = loaded.first().map(|job| job.id);
    let fresh = heard.iter().take_while(|job| newest.is_none_or(|newest| job.id > newest));
    fresh.chain(loaded).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples;

    #[test]
    fn a_new_job_is_put_on_top_and_a_known_one_is_not_repeated() {
        let mut heard = LiveJobs::default();
        for number in [1, 3, 5, 4] {
            heard.take(examples::job(number));
        }
        let loaded = [examples::job(3), examples::job(2)];
        let ids: Vec<_> = with_fresh(&loaded, &heard).into_iter().map(|job| job.id).collect();
        assert_eq!(ids, [5, 4, 3, 2].map(|number| examples::job(number).id));
    }
}
