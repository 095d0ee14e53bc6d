//! The status of a pipeline: its mark and its lag.

use model::PipelineStatus;

use crate::format::{Mark, duration, signed};

pub fn health(status: &PipelineStatus) -> Mark {
    let refused = status.following.as_ref().is_some_and(|following| following.error.is_some());
    let retrying = status.following.as_ref().is_some_and(|following| following.retrying > 0);
    let left = status.following.as_ref().is_some_and(|following| !following.held);
    let (shape, word, tone) = match &status.last_run {
        _ if refused => ("✖", "cannot ship", "bad"),
        _ if left => ("?", "not followed", "warn"),
        _ if status.pipeline.overdue(status.lag_ms) => ("✖", "overdue", "bad"),
        _ if retrying => ("?", "retrying", "warn"),
        Some(run) if !run.outcome.whole() && run.accepted.is_none() => ("?", "last run incomplete", "warn"),
        Some(_) => ("✔", "arriving", "good"),
        None => ("○", "no runs yet", "idle"),
    };
    Mark { shape, word, tone }
}

/// The lag as `none`, `4 s` or `unknown`; see [`PipelineStatus::lag_ms`] for how it is measured.
pub fn lag(status: &PipelineStatus) -> String {
    match (status.lag_ms, &status.following) {
        (None, _) => "unknown".to_owned(),
        (Some(0), Some(_)) => "none".to_owned(),
        (Some(ms), _) => duration(signed(ms)),
    }
}

#[cfg(test)]
mod tests {
    use model::{Following, Outcome, Pipeline, Run, Time};

    use super::*;
    use crate::examples;

    fn status(outcome: Option<Outcome>, lag_ms: u64, error: Option<&str>) -> PipelineStatus {
        PipelineStatus {
            pipeline: Pipeline { follow: true, ..examples::pipeline() },
            last_run: outcome.map(|outcome| Run { outcome, ..examples::run(1) }),
            following: Some(Following {
                since: Time(0),
                looked_at: Time(0),
                waiting: 0,
                oldest: None,
                error: error.map(str::to_owned),
                queue: None,
                retrying: 0,
                retrying_because: None,
                holder: "one".to_owned(),
                held: true,
            }),
            lag_ms: Some(lag_ms),
        }
    }

    #[test]
    fn faults_come_before_good_runs() {
        let word = |status: PipelineStatus| health(&status).word;
        assert_eq!(word(status(Some(Outcome::Sent), 0, None)), "arriving");
        assert_eq!(word(status(Some(Outcome::Partial), 0, None)), "last run incomplete");
        assert_eq!(word(status(Some(Outcome::Sent), 120_001, None)), "overdue");
        assert_eq!(word(status(Some(Outcome::Sent), 0, Some("the sink is away"))), "cannot ship");
        assert_eq!(word(status(None, 0, None)), "no runs yet");
        let mut retrying = status(Some(Outcome::Sent), 0, None);
        retrying.following.as_mut().unwrap().retrying = 1;
        assert_eq!(word(retrying), "retrying");
        let mut left = status(Some(Outcome::Sent), 0, None);
        left.following.as_mut().unwrap().held = false;
        assert_eq!(word(left), "not followed");
        assert_eq!(lag(&status(None, 0, None)), "none");
        assert_eq!(lag(&status(None, 4_000, None)), "4.0 s");
    }
}
