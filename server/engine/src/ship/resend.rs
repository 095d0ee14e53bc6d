//! Sends the events of a dead-letter file, and nothing else.
//!
//! Always: each line of the file is accounted for like a record. A record that could not be parsed is parsed again, and
//! remains a failure if that fails again. An event that fails again becomes a dead letter again.

use std::path::Path;

use futures::future::BoxFuture;
use model::{Bytes, Key, Lines, ParsingFailure, Phase, Proof, Shipped, Summary, Time};
use tokio::{
    fs::File,
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    select,
    task::consume_budget,
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use super::{
    Choice, Options, Origin, Output, Parser, Record, ShipError,
    dead_letters::{DeadLetter, Source},
    error::cut,
    object::{ObjectSender, Shipped as FileRun, finished},
    origin::split_id,
    plan::LedgerError,
    sink::{Mark, Sink},
    tracker::Tracker,
    transform::Transform,
};
use crate::{clock::now, s3::Listed};

/// Longest line of the file, in bytes: an event of the longest record, escaped, and its description.
const LONGEST: u64 = 64 << 20;

/// Characters kept of a line that is not a dead letter.
const CUT: usize = 200;

/// Tells which dead letters still stand for something that is not delivered.
pub trait Standing: Send + Sync {
    /// `started_at`: when the run that left the letter began, if the letter says so.
    fn stands<'a>(&'a self, key: &'a Key, started_at: Option<Time>) -> BoxFuture<'a, Result<bool, LedgerError>>;
}

/// Where nothing is known of later runs, each letter stands.
struct Always;

impl Standing for Always {
    fn stands<'a>(&'a self, _: &'a Key, _: Option<Time>) -> BoxFuture<'a, Result<bool, LedgerError>> {
        Box::pin(std::future::ready(Ok(true)))
    }
}

/// Sends the whole file. It is not resumed midway but sent again: receivers deduplicate events by id.
pub async fn resend(
    file: &Path,
    sink: Option<&Sink>,
    options: &Options,
    tracker: &Tracker,
    stop: &CancellationToken,
) -> Result<Proof, ShipError> {
    resend_standing(file, sink, options, (tracker, &Always), stop).await
}

/// As [`resend`], without the letters of objects that a later run shipped again: what they lack is in that run's
/// letters.
pub async fn resend_standing(
    file: &Path,
    sink: Option<&Sink>,
    options: &Options,
    (tracker, standing): (&Tracker, &dyn Standing),
    stop: &CancellationToken,
) -> Result<Proof, ShipError> {
    tracker.start_over();
    tracker.enter(Phase::Shipping);
    let sent = select! {
        sent = send(file, sink, options, (tracker, standing)) => sent,
        () = stop.cancelled() => Err(ShipError::Stopped),
    };
    tracker.halt();
    if sent.is_ok() {
        tracker.enter(Phase::Finished);
    }
    sent
}

async fn send(
    path: &Path,
    sink: Option<&Sink>,
    options: &Options,
    (tracker, standing): (&Tracker, &dyn Standing),
) -> Result<Proof, ShipError> {
    let unreadable = |why: String| ShipError::DeadLetters { what: "read", path: path.to_path_buf(), why };
    let file = File::open(path).await.map_err(|error| unreadable(error.to_string()))?;
    let size = file.metadata().await.map_err(|error| unreadable(error.to_string()))?.len();
    let key = Key::try_from(path.to_string_lossy().into_owned()).map_err(|error| unreadable(error.to_string()))?;
    let object = Listed { key: key.clone(), size, etag: None, modified: now(), class: None };
    let (started_at, clock) = (now(), Instant::now());
    let Some(ticket) = tracker.admit(&object).await else { return Err(ShipError::Stopped) };
    tracker.all_listed();
    tracker.begin(ticket);

    let send_options = options.send_options(sink.cloned());
    let mut sending = Sending {
        sender: ObjectSender::new(&send_options, Source::default()),
        summary: Summary::default(),
        transform: options.transform.as_deref(),
    };
    let (mut reader, mut line) = (BufReader::new(file), Vec::new());
    loop {
        line.clear();
        let read = (&mut reader).take(LONGEST).read_until(b'\n', &mut line).await;
        let read = read.map_err(|error| unreadable(error.to_string()))?;
        if read == 0 {
            break;
        }
        if !line.ends_with(b"\n") && line.len() as u64 == LONGEST {
            return Err(unreadable(format!("a line is longer than {LONGEST} bytes")));
        }
        if !stands(&line, standing).await? {
            continue;
        }
        sending.dead_letter(&line);
        if sending.sender.pending.is_full() {
            sending.sender.forward().await?;
            tracker.advance(ticket, sending.summary.bytes.read, sending.summary.lines);
            consume_budget().await;
        }
    }
    let Sending { mut sender, mut summary, .. } = sending;
    sender.forward().await?;
    sender.finish(&mut summary).await?;
    summary.duration_ms = u64::try_from(clock.elapsed().as_millis()).unwrap_or(u64::MAX);
    let lines = summary.lines;
    let (unparsed, undelivered) = (summary.failures.parsing.total, summary.failures.sending.total);
    let file = FileRun { key: key.clone(), etag: None, size, started_at };
    tracker.settle(ticket, &key, finished(file, summary, None, None));
    Ok(Proof::Shipped(proof(tracker, sink, (lines, unparsed, undelivered))))
}

/// Whether a line is to be sent; one that is no dead letter is reported as such.
async fn stands(line: &[u8], standing: &dyn Standing) -> Result<bool, ShipError> {
    let Ok(DeadLetter { key: Some(key), started_at, .. }) = serde_json::from_slice::<DeadLetter<'_>>(line) else {
        return Ok(true);
    };
    match Key::try_from(key.into_owned()) {
        Ok(key) => Ok(standing.stands(&key, started_at).await?),
        Err(_) => Ok(true),
    }
}

struct Sending<'a> {
    sender: ObjectSender<'a>,
    summary: Summary,
    transform: Option<&'a Transform>,
}

impl Sending<'_> {
    fn dead_letter(&mut self, line: &[u8]) {
        let Bytes { read, plain, .. } = &mut self.summary.bytes;
        let offset = *read;
        *read += line.len() as u64;
        *plain += line.len() as u64;
        if line.trim_ascii().is_empty() {
            return;
        }
        self.summary.lines.encountered += 1;
        let number = self.summary.lines.encountered;
        let letter = match serde_json::from_slice::<DeadLetter<'_>>(line) {
            Ok(letter) => letter,
            Err(error) => {
                let reason = format!("not a dead letter: {error}");
                let failure = ParsingFailure { line: number, offset, reason, cut: cut(line, CUT) };
                self.sender.pending.failed(&failure, None);
                self.summary.failures.parsing.add(failure);
                return;
            }
        };
        let Some(event) = letter.event else {
            if self.parsed_by_now(&letter) {
                return;
            }
            let reason = format!("could not be parsed: {}", letter.message);
            let cut = letter.cut.as_deref().unwrap_or_default().to_owned();
            let failure = ParsingFailure { line: letter.line, offset: letter.offset, reason, cut };
            self.summary.failures.parsing.add(failure);
            if let Some(dead_letters) = self.sender.dead_letters() {
                dead_letters.add(&letter);
            }
            return;
        };
        let pending = &mut self.sender.pending;
        pending.batch.bytes.extend_from_slice(event.get().as_bytes());
        pending.batch.bytes.push(b'\n');
        let id = split_id(event.get().as_bytes()).and_then(|(_, id)| u128::from_str_radix(id, 16).ok());
        let end = pending.batch.bytes.len();
        pending.add(Mark { end, line: letter.line, offset: letter.offset, id });
        self.summary.lines.parsed += 1;
        self.summary.bytes.written += event.get().len() as u64 + 1;
    }
}

impl Sending<'_> {
    /// Parses a record that could not be parsed when it was shipped: this version may know it. Its event has the id that
    /// it would have had then.
    fn parsed_by_now(&mut self, letter: &DeadLetter<'_>) -> bool {
        let Some(bytes) = letter.record() else { return false };
        let place =
            |bucket: &str, key: &str, etag: &str| Some(Origin::object(&bucket.parse().ok()?, &key.parse().ok()?, etag));
        let origin = match (&letter.bucket, &letter.key, &letter.etag) {
            (Some(bucket), Some(key), Some(etag)) => place(bucket, key, etag),
            _ => None,
        };
        let mut parser = Parser::new(Choice::Auto, origin.unwrap_or_else(Origin::unknown), letter.key.as_deref());
        let record = Record { bytes: &bytes, line: letter.line, offset: letter.offset, fault: None };
        let pending = &mut self.sender.pending;
        let start = pending.batch.bytes.len();
        let Ok(parsed) = parser.event(&record, &mut pending.batch.bytes) else { return false };
        let number = parsed.id.unwrap_or(letter.offset.into());
        if self.transform.is_some_and(|changes| !changes.apply(&mut pending.batch.bytes, start, &bytes, number)) {
            self.summary.lines.parsed += 1;
            self.summary.lines.filtered += 1;
            return true;
        }
        pending.batch.bytes.push(b'\n');
        self.summary.bytes.written += (pending.batch.bytes.len() - start) as u64;
        pending.written(&record, &parsed);
        let lines = &mut self.summary.lines;
        (lines.parsed, lines.replaced) = (lines.parsed + 1, lines.replaced + parsed.replaced);
        lines.omitted += parsed.omitted;
        true
    }
}

fn proof(tracker: &Tracker, sink: Option<&Sink>, (lines, unparsed, undelivered): (Lines, u64, u64)) -> Shipped {
    let totals = tracker.totals();
    Shipped {
        at: now(),
        objects: totals.objects(),
        shipped: totals.shipped,
        skipped: 0,
        failed: totals.failed,
        left_out: 0,
        lines,
        unparsed,
        quarantined: 0,
        excepted: 0,
        undelivered,
        sink: sink.map(Sink::name),
        acknowledged: sink.is_some_and(Sink::acknowledges),
    }
}
