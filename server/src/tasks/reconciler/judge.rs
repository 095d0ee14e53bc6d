//! Judges whether a log object was delivered, by the runs that handled it. Pure: an object and its runs.
//!
//! Always: a run counts for the version of the object that it read. A run that read another version, by its `ETag` or
//! because it began before this version was written, does not count. Only a run that left nothing out makes an object
//! whole, or one that left out only what no run can bring, which is kept as dead letters.

use db::Handling;
use model::{GapKind, Outcome, RunId, Time};

/// How far the clocks of a bucket and of a function may differ.
const CLOCKS_MS: i64 = 60_000;

/// An object as it was listed.
#[derive(Clone, Copy, Debug)]
pub struct Object<'a> {
    pub etag: Option<&'a str>,
    pub written_at: Time,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything in it was delivered; `twice`: by more than one run. `excepted`: but for records that are dead letters,
    /// because no run can bring them.
    Whole {
        twice: bool,
        excepted: bool,
    },
    Gap(GapKind, Option<RunId>),
}

/// `runs`: the runs of its key, the oldest first.
pub fn judge(object: Object<'_>, runs: &[Handling]) -> Verdict {
    let over_it: Vec<&Handling> = runs.iter().filter(|run| read_it(object, run)).collect();
    if over_it.iter().any(|run| run.settled) {
        let delivered = |run: &&&Handling| run.settled && run.outcome != Outcome::Empty;
        let twice = over_it.iter().filter(delivered).count() > 1;
        return Verdict::Whole { twice, excepted: !over_it.iter().any(|run| run.whole) };
    }
    let Some(last) = over_it.last() else { return Verdict::Gap(GapKind::Never, None) };
    let some = over_it.iter().any(|run| run.delivered > 0);
    Verdict::Gap(if some { GapKind::Partial } else { GapKind::Failed }, Some(last.run))
}

/// Whether the run read this version of the object.
pub fn read_it(object: Object<'_>, run: &Handling) -> bool {
    match (&run.etag, object.etag) {
        (Some(read), Some(listed)) => read == listed,
        _ => run.started_at.0 + CLOCKS_MS >= object.written_at.0,
    }
}

#[cfg(test)]
mod tests {
    use model::RunSource;
    use uuid::Uuid;

    use super::*;

    const WRITTEN: i64 = 1_770_000_000_000;

    fn run(number: u128, outcome: Outcome, delivered: u64) -> Handling {
        Handling {
            run: RunId(Uuid::from_u128(number)),
            source: RunSource::Lambda,
            etag: None,
            outcome,
            started_at: Time(WRITTEN + 1_000),
            lines: delivered,
            delivered,
            whole: outcome.whole(),
            settled: outcome.whole(),
        }
    }

    fn of(runs: &[Handling]) -> Verdict {
        judge(Object { etag: Some("\"e1\""), written_at: Time(WRITTEN) }, runs)
    }

    #[test]
    fn an_object_that_no_run_handled_was_never_picked_up() {
        assert_eq!(of(&[]), Verdict::Gap(GapKind::Never, None));
    }

    #[test]
    fn a_run_that_delivered_closes_the_gap_that_others_left() {
        let failed = run(1, Outcome::TimedOut, 0);
        assert_eq!(of(std::slice::from_ref(&failed)), Verdict::Gap(GapKind::Failed, Some(failed.run)));
        assert_eq!(of(&[failed, run(2, Outcome::Delivered, 10)]), Verdict::Whole { twice: false, excepted: false });
    }

    #[test]
    fn a_run_that_claims_success_and_sent_nothing_is_none() {
        let silent = run(1, Outcome::Suspicious, 0);
        assert_eq!(of(std::slice::from_ref(&silent)), Verdict::Gap(GapKind::Failed, Some(silent.run)));
        let (partial, last) = (run(2, Outcome::Partial, 4), run(3, Outcome::Crashed, 0));
        assert_eq!(of(&[partial, last.clone()]), Verdict::Gap(GapKind::Partial, Some(last.run)));
    }

    #[test]
    fn twice_is_two_runs_that_delivered_and_an_empty_object_is_delivered_by_none() {
        let delivered = |number| run(number, Outcome::Sent, 10);
        assert_eq!(of(&[delivered(1), delivered(2)]), Verdict::Whole { twice: true, excepted: false });
        assert_eq!(
            of(&[run(1, Outcome::Empty, 0), run(2, Outcome::Empty, 0)]),
            Verdict::Whole { twice: false, excepted: false }
        );
    }

    /// Sent again, all that could be delivered would be delivered twice.
    #[test]
    fn object_is_complete_except_for_dead_letters() {
        let settled = Handling { settled: true, ..run(1, Outcome::Partial, 9) };
        assert_eq!(of(std::slice::from_ref(&settled)), Verdict::Whole { twice: false, excepted: true });
        let again = Handling { settled: true, ..run(2, Outcome::Partial, 9) };
        assert_eq!(of(&[settled.clone(), again]), Verdict::Whole { twice: true, excepted: true });
        let newer = run(3, Outcome::Delivered, 10);
        assert_eq!(of(&[settled, newer]), Verdict::Whole { twice: true, excepted: false });
    }

    #[test]
    fn a_run_over_another_version_says_nothing() {
        let other = Handling { etag: Some("\"e0\"".to_owned()), ..run(1, Outcome::Delivered, 10) };
        let before = Handling { started_at: Time(WRITTEN - 61_000), ..run(2, Outcome::Delivered, 10) };
        assert_eq!(of(&[other, before]), Verdict::Gap(GapKind::Never, None));
        // A clock that runs a little behind does not make it another's.
        let skewed = Handling { started_at: Time(WRITTEN - 59_000), ..run(3, Outcome::Delivered, 10) };
        assert_eq!(of(&[skewed]), Verdict::Whole { twice: false, excepted: false });
        // The same version is what its ETag says, whenever it was read.
        let known = Handling { etag: Some("\"e1\"".to_owned()), started_at: Time(0), ..run(4, Outcome::Delivered, 10) };
        assert_eq!(of(&[known]), Verdict::Whole { twice: false, excepted: false });
    }
}
