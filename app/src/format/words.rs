//! A job in words: its state as a shape and a word, where it stands, what came of it.

use model::{CloneSpec, EventKind, Job, Limit, Mode, Phase, Proof, Selection, Spec, State, Stop};

use super::{byte_rate, bytes, count, left, percent, rate, things};

/// A shape, a word, and the name of the colour that supports them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    pub shape: &'static str,
    pub word: &'static str,
    /// `good`, `bad`, `busy`, `warn` or `idle`: the class of the mark.
    pub tone: &'static str,
}

impl Mark {
    pub fn of(job: &Job) -> Self {
        let (shape, word, tone) = match (job.state, job.stopping) {
            (State::Running, Some(Stop::Pause)) => ("‖", "pausing", "warn"),
            (State::Running, Some(Stop::Cancel)) => ("⊘", "cancelling", "warn"),
            (State::Running, None) if job.progress.stalled() => ("●", "stalled", "warn"),
            (State::Running, None) => ("●", "running", "busy"),
            (State::Succeeded, _) if rehearsed(job) => ("✔", "dry run", "good"),
            (State::Succeeded, _) => ("✔", "proven", "good"),
            (state, _) => return Self::of_state(state),
        };
        Self { shape, word, tone }
    }

    pub fn of_state(state: State) -> Self {
        let (shape, word, tone) = match state {
            State::Queued => ("○", "queued", "idle"),
            State::Running => ("●", "running", "busy"),
            State::Paused => ("‖", "paused", "warn"),
            State::Succeeded => ("✔", "proven", "good"),
            State::Failed => ("✖", "failed", "bad"),
            State::Cancelled => ("⊘", "cancelled", "idle"),
        };
        Self { shape, word, tone }
    }
}

/// Whether it has only found out what it would do.
fn rehearsed(job: &Job) -> bool {
    match &job.proof {
        Some(Proof::DryRun(_)) => true,
        Some(Proof::Shipped(shipped)) => shipped.sink.is_none(),
        Some(Proof::Compared(_) | Proof::Backfilled(_)) | None => false,
    }
}

/// What limits a clone, and what would help.
pub fn limit_words(limit: Limit) -> &'static str {
    match limit {
        Limit::Throttling => "the store: it answers some copies with “slow down”, and gets them at the rate it takes",
        Limit::Ceiling => "the configured ceiling of requests or bytes a second",
        Limit::Concurrency => "the configured number of copies at once: with more it may be quicker",
        Limit::Cpu => "the processors of this machine",
        Limit::Listing => "the listings: all that was listed is copied or compared",
        Limit::Latency => "the time the store takes: more at once brought no more through",
    }
}

/// Where an unended job stands, part by part: `4,812 of 7,500`, `38 MB`, `812/s`, `3–4 s left`.
pub fn standing(job: &Job) -> Vec<String> {
    let progress = &job.progress;
    let of_found = |part: u64, verb: &str| match (part, progress.found_final) {
        (part, true) => format!("{} of {} {verb}", count(part), count(progress.found)),
        (part, false) => format!("{} {verb}, {} found so far", count(part), count(progress.found)),
    };
    let mut parts = match progress.phase {
        Phase::Waiting if job.state == State::Queued => vec!["waits for a free worker".to_owned()],
        Phase::Waiting => vec!["about to list the source".to_owned()],
        Phase::Copying => vec![of_found(progress.settled(), "objects"), bytes(progress.bytes)],
        Phase::Deleting => vec![format!("{} deleted at the destination", count(progress.deleted))],
        Phase::Shipping => vec![
            of_found(progress.settled(), "objects"),
            things(progress.lines.map_or(0, |lines| lines.encountered), "line"),
            bytes(progress.bytes),
        ],
        Phase::Reading => vec![
            things(progress.lines.map_or(0, |lines| lines.encountered), "event"),
            format!("{} recorded", things(progress.done, "run")),
        ],
        Phase::Verifying => vec![of_found(progress.compared, "compared")],
        Phase::Finished => vec!["about to end".to_owned()],
    };
    if progress.failed > 0 {
        parts.push(format!("{} failed", count(progress.failed)));
    }
    if job.state != State::Running {
        return parts;
    }
    if progress.stalled() {
        parts.push(format!("nothing moved for {}", super::duration(signed(progress.idle_ms))));
    } else if matches!(progress.phase, Phase::Copying | Phase::Shipping) {
        parts.push(rate(progress.rate));
        if progress.byte_rate > 0.0 {
            parts.push(byte_rate(progress.byte_rate));
        }
        parts.extend(progress.left.map(left));
    }
    parts
}

/// What came of an ended job, in a few words; where it stands for the others.
pub fn outcome(job: &Job) -> String {
    match (job.state, &job.proof) {
        (State::Succeeded, Some(Proof::Compared(proof))) => {
            let equal = things(proof.equal_objects(), object(&proof.selection));
            format!("{equal} equal{}", deleted(job))
        }
        (State::Succeeded, Some(Proof::DryRun(proof))) => {
            format!(
                "would copy {}, {}",
                things(proof.would_copy, object(&proof.selection)),
                bytes(proof.would_copy_bytes)
            )
        }
        (State::Succeeded, Some(Proof::Shipped(proof))) => {
            let events = proof.lines.parsed - proof.lines.filtered;
            let done = if proof.sink.is_some() { "sent" } else { "parsed" };
            format!("{} of {} {done}", things(events, "event"), things(proof.objects, "object"))
        }
        (State::Succeeded, Some(Proof::Backfilled(proof))) => {
            format!("{} read, {}", things(proof.events, "event"), things(proof.runs, "run"))
        }
        (State::Failed, Some(Proof::Compared(proof))) if proof.mode == Mode::Verify => {
            let unequal = proof.missing + proof.different + proof.extra;
            format!("{} not equal", things(unequal, object(&proof.selection)))
        }
        (State::Failed, _) if job.progress.failed > 0 => format!("{} failed", things(job.progress.failed, "object")),
        (State::Failed, _) => job.error.as_ref().map_or_else(String::new, |error| error.message.clone()),
        (State::Cancelled, _) if matches!(job.spec, Spec::Reprocess(_)) => {
            format!("{} shipped before", things(job.progress.done, "object"))
        }
        (State::Cancelled, _) if matches!(job.spec, Spec::Backfill(_)) => {
            format!("{} recorded before", things(job.progress.done, "run"))
        }
        (State::Cancelled, _) => format!("{} copied before{}", things(job.progress.done, "object"), deleted(job)),
        _ => standing(job).join(" · "),
    }
}

/// `, 3 deleted` of a mirror that did.
fn deleted(job: &Job) -> String {
    if job.progress.deleted == 0 { String::new() } else { format!(", {} deleted", count(job.progress.deleted)) }
}

/// For the page's title: `61 %` while running, the state's word otherwise.
pub fn headline(job: &Job) -> String {
    if let (State::Running, Some(fraction)) = (job.state, job.progress.fraction()) {
        return percent(fraction);
    }
    let mark = Mark::of(job);
    format!("{} {}", mark.shape, mark.word)
}

/// What kind of job, as the first word of its row: `clone`, `verify`, `dry run`.
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

/// An event as the end of a sentence that begins with who.
pub fn happened(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Created => "asked for it",
        EventKind::Started => "took it",
        EventKind::PauseAsked => "asked to pause",
        EventKind::Paused => "paused it",
        EventKind::Resumed => "resumed it",
        EventKind::CancelAsked => "asked to cancel",
        EventKind::Cancelled => "cancelled it",
        EventKind::Retried => "asked to try again",
        EventKind::Released => "gave it back at shutdown",
        EventKind::TakenOver => "took it over: the worker before fell silent",
        EventKind::Succeeded => "brought it to its end: succeeded, proven",
        EventKind::Failed => "brought it to its end: failed",
    }
}

/// What a count counts: a proof over chosen objects is none over all of them.
pub fn object(selection: &Selection) -> &'static str {
    if selection.is_all() { "object" } else { "chosen object" }
}

/// Milliseconds as the signed number durations are made of.
pub fn signed(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use model::{Comparison, JobError, Progress};

    use super::*;
    use crate::examples;

    #[test]
    fn a_running_job_tells_how_far_how_fast_and_how_long() {
        let parts = standing(&examples::job(1));
        assert_eq!(parts, ["4,812 of 7,500 objects", "38 MB", "2 failed", "812/s", "6.2 MB/s", "3–4 s left"]);
        assert_eq!(headline(&examples::job(1)), "64 %");
    }

    #[test]
    fn a_listing_that_goes_on_claims_no_total() {
        let running = examples::job(1);
        let job = Job { progress: Progress { found_final: false, ..running.progress.clone() }, ..running };
        assert_eq!(standing(&job)[0], "4,812 objects, 7,500 found so far");
        assert_eq!(headline(&job), "● running");
    }

    #[test]
    fn a_stall_is_called_one_and_shows_no_rate() {
        let running = examples::job(1);
        let job = Job { progress: Progress { idle_ms: 61_000, ..running.progress.clone() }, ..running };
        assert_eq!(Mark::of(&job).word, "stalled");
        assert_eq!(standing(&job).last().map(String::as_str), Some("nothing moved for 1 min 1 s"));
    }

    #[test]
    fn what_came_of_a_job_is_its_proof_or_its_fault() {
        assert_eq!(outcome(&examples::proven(1)), "7,500 objects equal");
        let failed = Job { state: State::Failed, ..examples::job(1) };
        assert_eq!(outcome(&failed), "2 objects failed");
        let mirrored = Progress { deleted: 1_003, ..examples::proven(1).progress };
        let mirrored = Job { progress: mirrored, ..examples::proven(1) };
        assert_eq!(outcome(&mirrored), "7,500 objects equal, 1,003 deleted");
        let Some(Proof::Compared(equal)) = examples::proven(1).proof else { unreachable!() };
        let selection = Selection { include: vec!["a".parse().unwrap()], ..Selection::default() };
        let chosen = Proof::Compared(Comparison { selection, ..equal.clone() });
        assert_eq!(outcome(&Job { proof: Some(chosen), ..examples::proven(1) }), "7,500 chosen objects equal");
        let unequal = Comparison { mode: Mode::Verify, missing: 60, extra: 3, ..equal }.judged();
        let verified = Job { proof: Some(Proof::Compared(unequal)), ..failed.clone() };
        assert_eq!(outcome(&verified), "63 objects not equal");
        let error =
            JobError { code: "no_bucket".into(), message: "Bucket x does not exist.".into(), advice: String::new() };
        let failed = Job { progress: Progress::default(), error: Some(error), ..failed };
        assert_eq!(outcome(&failed), "Bucket x does not exist.");
    }
}
