//! Jobs in words: the mark of a state, progress, outcome and events.

use model::{CloneSpec, EventKind, Job, Limit, Mode, Phase, Proof, Selection, Spec, State, Stop};

use super::{byte_rate, bytes, count, counted, duration, left, percent, rate, signed};

/// A status as a shape and a word; the colour only supports them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    pub shape: &'static str,
    pub word: &'static str,
    /// CSS class of the mark: `good`, `bad`, `busy`, `warn` or `idle`.
    pub tone: &'static str,
}

impl Mark {
    pub fn of(job: &Job) -> Self {
        let (shape, word, tone) = match (job.state, job.stopping) {
            (State::Running, Some(Stop::Pause)) => ("‖", "pausing", "warn"),
            (State::Running, Some(Stop::Cancel)) => ("⊘", "cancelling", "warn"),
            (State::Running, None) if job.progress.stalled() => ("●", "stalled", "warn"),
            (State::Running, None) => ("●", "running", "busy"),
            (State::Succeeded, _) if had_nothing_to_do(job) => ("–", "nothing to do", "idle"),
            (State::Succeeded, _) if emptied(job) => ("✔", "emptied", "good"),
            (State::Succeeded, _) => succeeded(job.proof.as_ref()),
            (state, _) => return Self::of_state(state),
        };
        Self { shape, word, tone }
    }

    pub fn of_state(state: State) -> Self {
        let (shape, word, tone) = match state {
            State::Queued => ("○", "queued", "idle"),
            State::Running => ("●", "running", "busy"),
            State::Paused => ("‖", "paused", "warn"),
            State::Succeeded => ("✔", "succeeded", "good"),
            State::Failed => ("✖", "failed", "bad"),
            State::Cancelled => ("⊘", "cancelled", "idle"),
        };
        Self { shape, word, tone }
    }
}

/// Whether a job succeeded without anything to do. A mirror that deleted objects did something.
fn had_nothing_to_do(job: &Job) -> bool {
    job.state == State::Succeeded && job.progress.deleted == 0 && job.proof.as_ref().is_some_and(Proof::is_of_nothing)
}

/// Whether a mirror of a source without objects deleted what the destination had.
fn emptied(job: &Job) -> bool {
    job.progress.deleted > 0 && job.proof.as_ref().is_some_and(Proof::is_of_nothing)
}

/// The mark of a job that succeeded. It claims no more than the job's proof shows.
fn succeeded(proof: Option<&Proof>) -> (&'static str, &'static str, &'static str) {
    match proof {
        Some(Proof::Compared(compared)) if compared.equal => ("✔", "proven", "good"),
        Some(Proof::Compared(_)) => ("?", "copied, unverified", "warn"),
        Some(Proof::DryRun(_)) => ("✔", "dry run", "good"),
        Some(Proof::Shipped(shipped)) if shipped.sink.is_none() => ("✔", "dry run", "good"),
        // What is missing is kept whole and can be parsed again.
        Some(Proof::Shipped(shipped)) if shipped.excepted > 0 && shipped.acknowledged => {
            ("?", "delivered, some quarantined", "warn")
        }
        Some(Proof::Shipped(shipped)) if shipped.excepted > 0 => ("?", "sent, some quarantined", "warn"),
        Some(Proof::Shipped(shipped)) if shipped.acknowledged => ("✔", "delivered", "good"),
        // Written, and nobody said that it arrived.
        Some(Proof::Shipped(_)) => ("→", "sent", "idle"),
        Some(Proof::Backfilled(_)) => ("✔", "read to the end", "good"),
        None => ("✔", "succeeded", "good"),
    }
}

/// What limits the speed of a clone, and what would help.
pub fn limit_words(limit: Limit) -> &'static str {
    match limit {
        Limit::Throttling => {
            "throttling: the store answers some copies with “slow down”, so they are sent at the rate it accepts"
        }
        Limit::Ceiling => "the configured ceiling of requests or bytes per second",
        Limit::Concurrency => "the configured concurrency: a higher value may be faster",
        Limit::Cpu => "the CPU of this machine",
        Limit::Listing => "the listings: every object listed so far is copied or compared",
        Limit::Latency => "the latency of the store: higher concurrency did not increase throughput",
    }
}

/// The progress of a job that has not ended: `4,812 of 7,500 objects`, `38 MB`, `812/s`, `3–4 s left`.
pub fn standing(job: &Job) -> Vec<String> {
    let progress = &job.progress;
    let of_found = |part: u64, verb: &str| match (part, progress.found_final) {
        (part, true) => format!("{} of {} {verb}", count(part), count(progress.found)),
        (part, false) => format!("{} {verb}, {} found so far", count(part), count(progress.found)),
    };
    let mut parts = match progress.phase {
        Phase::Waiting if job.state == State::Queued => vec!["waiting for a free worker".to_owned()],
        Phase::Waiting => vec!["starting to list the source".to_owned()],
        Phase::Copying => vec![of_found(progress.settled(), "objects"), bytes(progress.bytes)],
        Phase::Deleting => vec![format!("{} deleted at the destination", count(progress.deleted))],
        Phase::Shipping => vec![
            of_found(progress.settled(), "objects"),
            counted(progress.lines.map_or(0, |lines| lines.encountered), "line"),
            bytes(progress.bytes),
        ],
        Phase::Reading => vec![
            counted(progress.lines.map_or(0, |lines| lines.encountered), "event"),
            format!("{} recorded", counted(progress.done, "run")),
        ],
        Phase::Verifying => vec![of_found(progress.compared, "compared")],
        Phase::Finished => vec!["finishing".to_owned()],
    };
    if progress.failed > 0 {
        parts.push(format!("{} failed", count(progress.failed)));
    }
    if job.state != State::Running {
        return parts;
    }
    if progress.stalled() {
        parts.push(format!("no progress for {}", duration(signed(progress.idle_ms))));
    } else if matches!(progress.phase, Phase::Copying | Phase::Shipping) {
        parts.push(rate(progress.rate));
        if progress.byte_rate > 0.0 {
            parts.push(byte_rate(progress.byte_rate));
        }
        parts.extend(progress.left.map(left));
    }
    parts
}

/// The outcome of an ended job in a few words; the progress of any other.
pub fn outcome(job: &Job) -> String {
    match (job.state, &job.proof) {
        (State::Succeeded, Some(Proof::Compared(proof))) if proof.is_of_nothing() => {
            let what =
                if proof.selection.is_all() { "no object at the source" } else { "no selected object at the source" };
            format!("{what}{}", deleted(job))
        }
        (State::Succeeded, Some(Proof::Compared(proof))) => {
            let objects = |number| counted(number, object(&proof.selection));
            let deleted = deleted(job);
            match (proof.equal_objects(), proof.unverified) {
                (equal, 0) => format!("{} equal{deleted}", objects(equal)),
                (0, unverified) => format!("{} copied, unverified{deleted}", objects(unverified)),
                (equal, unverified) => {
                    format!("{} copied, unverified; {} equal{deleted}", objects(unverified), count(equal))
                }
            }
        }
        (State::Succeeded, Some(Proof::DryRun(proof))) => {
            format!(
                "would copy {}, {}",
                counted(proof.would_copy, object(&proof.selection)),
                bytes(proof.would_copy_bytes)
            )
        }
        (State::Succeeded, Some(Proof::Shipped(proof))) if job.proof.as_ref().is_some_and(Proof::is_of_nothing) => {
            format!("no events to send in {}", counted(proof.objects, "object"))
        }
        (State::Succeeded, Some(Proof::Shipped(proof))) => {
            let done = if proof.sink.is_some() { "sent" } else { "parsed" };
            let except = match proof.quarantined {
                0 => String::new(),
                some => format!(", {} quarantined", counted(some, "record")),
            };
            format!("{} of {} {done}{except}", counted(proof.events(), "event"), counted(proof.objects, "object"))
        }
        (State::Succeeded, Some(Proof::Backfilled(proof))) => {
            format!("{} read, {}", counted(proof.events, "event"), counted(proof.runs, "run"))
        }
        (State::Failed, Some(Proof::Compared(proof))) if proof.mode == Mode::Verify => {
            let objects = |number| counted(number, object(&proof.selection));
            match (proof.missing + proof.different + proof.extra, proof.unproven) {
                (unequal, 0) => format!("{} not equal", objects(unequal)),
                (0, unproven) => format!("{} not proven", objects(unproven)),
                (unequal, unproven) => format!("{} not equal; {} not proven", objects(unequal), count(unproven)),
            }
        }
        (State::Failed, _) if job.progress.failed > 0 => format!("{} failed", counted(job.progress.failed, "object")),
        (State::Failed, _) => job.error.as_ref().map_or_else(String::new, |error| error.message.clone()),
        (State::Cancelled, _) if matches!(job.spec, Spec::Reprocess(_)) => {
            format!("{} shipped before cancellation", counted(job.progress.done, "object"))
        }
        (State::Cancelled, _) if matches!(job.spec, Spec::Backfill(_)) => {
            format!("{} recorded before cancellation", counted(job.progress.done, "run"))
        }
        (State::Cancelled, _) => {
            format!("{} copied before cancellation{}", counted(job.progress.done, "object"), deleted(job))
        }
        _ => standing(job).join(" · "),
    }
}

/// `, 3 deleted` for a mirror that deleted objects.
fn deleted(job: &Job) -> String {
    if job.progress.deleted == 0 { String::new() } else { format!(", {} deleted", count(job.progress.deleted)) }
}

/// The job's status for the page title: `61 %` while running, else the mark of its state.
pub fn headline(job: &Job) -> String {
    if let (State::Running, Some(fraction)) = (job.state, job.progress.fraction()) {
        return percent(fraction);
    }
    let mark = Mark::of(job);
    format!("{} {}", mark.shape, mark.word)
}

/// The kind of a job: `clone`, `verify`, `dry run`, …
pub fn doing(spec: &Spec) -> &'static str {
    match spec {
        Spec::Clone(CloneSpec { mode: Mode::Verify, .. }) => "verify",
        Spec::Clone(CloneSpec { dry_run: true, .. }) => "dry run",
        Spec::Clone(CloneSpec { mode: Mode::Mirror, .. }) => "mirror",
        Spec::Clone(_) => "clone",
        Spec::Reprocess(_) => "reprocess",
        Spec::Backfill(_) => "backfill",
    }
}

/// What an event's actor did; the actor's name comes before it.
pub fn happened(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Created => "requested the job",
        EventKind::Started => "started the job",
        EventKind::PauseAsked => "requested a pause",
        EventKind::Paused => "paused the job",
        EventKind::Resumed => "resumed the job",
        EventKind::CancelAsked => "requested cancellation",
        EventKind::Cancelled => "cancelled the job",
        EventKind::Retried => "requested a retry",
        EventKind::Released => "released the job at shutdown",
        EventKind::TakenOver => "took over the job: the heartbeat of the previous worker stopped",
        EventKind::Decided => "compared the plan with the standing consent",
        EventKind::Succeeded => "finished the job: succeeded",
        EventKind::Failed => "finished the job: failed",
    }
}

/// The noun of a count: a proof over selected objects must not claim all of them.
pub fn object(selection: &Selection) -> &'static str {
    if selection.is_all() { "object" } else { "selected object" }
}

#[cfg(test)]
mod tests {
    use model::{Comparison, JobError, Progress};

    use super::*;
    use crate::examples;

    #[test]
    fn running_job_shows_progress_rate_and_time_left() {
        let parts = standing(&examples::job(1));
        assert_eq!(parts, ["4,812 of 7,500 objects", "38 MB", "2 failed", "812/s", "6.2 MB/s", "3–4 s left"]);
        assert_eq!(headline(&examples::job(1)), "64 %");
    }

    #[test]
    fn unfinished_listing_claims_no_total() {
        let running = examples::job(1);
        let job = Job { progress: Progress { found_final: false, ..running.progress.clone() }, ..running };
        assert_eq!(standing(&job)[0], "4,812 objects, 7,500 found so far");
        assert_eq!(headline(&job), "● running");
    }

    #[test]
    fn stalled_job_shows_no_rate() {
        let running = examples::job(1);
        let job = Job { progress: Progress { idle_ms: 61_000, ..running.progress.clone() }, ..running };
        assert_eq!(Mark::of(&job).word, "stalled");
        assert_eq!(standing(&job).last().map(String::as_str), Some("no progress for 1 min 1 s"));
    }

    #[test]
    fn outcome_claims_no_more_than_the_proof() {
        let Some(Proof::Compared(equal)) = examples::proven(1).proof else { unreachable!() };
        let of = |state, mode, change: fn(&mut Comparison)| {
            let mut proof = Comparison { mode, ..equal.clone() };
            change(&mut proof);
            outcome(&Job { state, proof: Some(Proof::Compared(proof.judged())), ..examples::proven(1) })
        };
        let verified = |change| of(State::Failed, Mode::Verify, change);
        assert_eq!(verified(|proof| proof.unproven = 5), "5 objects not proven");
        assert_eq!(verified(|proof| (proof.missing, proof.unproven) = (2, 5)), "2 objects not equal; 5 not proven");
        let copied = |change| of(State::Succeeded, Mode::Copy, change);
        assert_eq!(copied(|proof| proof.unverified = 3), "3 objects copied, unverified; 7,500 equal");
        let none_equal: fn(&mut Comparison) = |proof| (proof.unverified, proof.equal_by_etag) = (3, 0);
        assert_eq!(copied(none_equal), "3 objects copied, unverified");
    }

    #[test]
    fn outcome_is_proof_or_error() {
        assert_eq!(outcome(&examples::proven(1)), "7,500 objects equal");
        let failed = Job { state: State::Failed, ..examples::job(1) };
        assert_eq!(outcome(&failed), "2 objects failed");
        let mirrored = Progress { deleted: 1_003, ..examples::proven(1).progress };
        let mirrored = Job { progress: mirrored, ..examples::proven(1) };
        assert_eq!(outcome(&mirrored), "7,500 objects equal, 1,003 deleted");
        let Some(Proof::Compared(equal)) = examples::proven(1).proof else { unreachable!() };
        let selection = Selection { include: vec!["a".parse().unwrap()], ..Selection::default() };
        let chosen = Proof::Compared(Comparison { selection, ..equal.clone() });
        assert_eq!(outcome(&Job { proof: Some(chosen), ..examples::proven(1) }), "7,500 selected objects equal");
        let none = Proof::Compared(Comparison { source_objects: 0, equal_by_etag: 0, ..equal.clone() }.judged());
        let none = Job { proof: Some(none), ..examples::proven(1) };
        assert_eq!((outcome(&none).as_str(), headline(&none).as_str()), ("no object at the source", "– nothing to do"));
        let emptied = Job { progress: Progress { deleted: 3, ..none.progress.clone() }, ..none };
        assert_eq!(outcome(&emptied), "no object at the source, 3 deleted");
        assert_eq!(Mark::of(&emptied).word, "emptied");
        let unequal = Comparison { mode: Mode::Verify, missing: 60, extra: 3, ..equal }.judged();
        let verified = Job { proof: Some(Proof::Compared(unequal)), ..failed.clone() };
        assert_eq!(outcome(&verified), "63 objects not equal");
        let error =
            JobError { code: "no_bucket".into(), message: "Bucket x does not exist.".into(), advice: String::new() };
        let failed = Job { progress: Progress::default(), error: Some(error), ..failed };
        assert_eq!(outcome(&failed), "Bucket x does not exist.");
    }
}
