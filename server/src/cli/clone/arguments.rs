//! What the command line says, read into what the engine needs.

use std::{
    num::NonZeroU32,
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::{Args, ValueEnum};
use engine::{
    clock::now,
    clone::Options,
    limit::BytesPerSecond,
    s3::{Ceilings, Endpoint, S3Client, Threshold},
};
use model::{ByteSize, CloneSpec, Digest, Glob, Mode, Selection, StorageClass};
use sha2::{Digest as _, Sha256};

use super::{
    completions::CompletionFile,
    ends::EndArgs,
    fidelity::{FidelityArgs, Keys},
    keys::KeyArgs,
    limits::LimitArgs,
    lock::StateLock,
    mirror::Confirmation,
    since::Since,
    state::State,
};
use crate::cli::writable::check_writable;

/// Clone the objects of an S3 place to another, and prove that they are equal
#[derive(Args)]
pub struct CloneArgs {
    #[command(flatten)]
    ends: EndArgs,
    /// copy: copy what is missing or different; verify: only compare; mirror: also delete what the source does not have
    #[arg(long, value_enum, default_value_t = ModeArg::Copy)]
    mode: ModeArg,
    /// Write nothing and say what would be done
    #[arg(long)]
    dry_run: bool,
    /// Plan of a mirror, from its --dry-run
    #[arg(long, value_name = "DIGEST", requires = "confirm")]
    plan: Option<Digest>,
    /// The destination's name again, because a mirror deletes there
    #[arg(long, value_name = "S3URL", requires = "plan")]
    confirm: Option<String>,
    /// Only keys that match, after the prefix: * within a segment, ** across, ? one character, [a-z]; repeatable
    #[arg(long, value_name = "GLOB", allow_hyphen_values = true)]
    include: Vec<Glob>,
    /// No keys that match, even if --include matches; repeatable
    #[arg(long, value_name = "GLOB", allow_hyphen_values = true)]
    exclude: Vec<Glob>,
    /// Only objects modified at the source since a time: 2026-03-09T14:00:00Z, or an age such as 36h or 7d
    #[arg(long, value_name = "TIME")]
    newer_than: Option<Since>,
    /// Only objects modified at the source before a time, written like that of --newer-than
    #[arg(long, value_name = "TIME")]
    older_than: Option<Since>,
    /// Only objects of this size or more, such as 50MB, 1GiB or 8388608
    #[arg(long, value_name = "BYTES")]
    min_size: Option<ByteSize>,
    /// Only objects of this size or less
    #[arg(long, value_name = "BYTES")]
    max_size: Option<ByteSize>,
    /// Only objects that the source keeps in this storage class, such as GLACIER; repeatable
    #[arg(long = "of-class", value_name = "CLASS")]
    storage_classes: Vec<StorageClass>,
    #[command(flatten)]
    keys: KeyArgs,
    /// Skip the comparison at the end; the clone is then not proven
    #[arg(long)]
    no_verify: bool,
    /// Ceiling on copies in flight; the run finds out how many help
    #[arg(long, value_name = "N", default_value_t = 512, value_parser = clap::value_parser!(u16).range(1..=1024))]
    concurrency: u16,
    /// Ceiling on requests a second, for each store [default: none]
    #[arg(long, value_name = "N")]
    max_rps: Option<NonZeroU32>,
    /// Ceiling on bytes copied a second, for each store, such as 50MB or 1GiB [default: none]
    #[arg(long, value_name = "BYTES")]
    max_bandwidth: Option<BytesPerSecond>,
    /// Objects larger than this are copied in parts, several at once: 5MiB to 5GiB
    #[arg(long, value_name = "SIZE", default_value_t)]
    multipart_threshold: Threshold,
    /// JSON lines on standard output: progress once a second, the summary last
    #[arg(long)]
    pub json: bool,
    /// Write the state to this file once a second; if the file exists, continue from it
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Continue from a state file [default: that of --state, else the one that a stop leaves in this folder]
    #[arg(long, value_name = "FILE", num_args = 0..=1)]
    #[expect(clippy::option_option, reason = "absent, alone, or with a file: clap's own way to say it")]
    resume: Option<Option<PathBuf>>,
    /// Write the failed objects as JSON lines
    #[arg(long, value_name = "FILE")]
    failures: Option<PathBuf>,
    /// List each object that was copied or deleted: in a file named .csv, .ndjson, .csv.gz or .ndjson.gz
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    #[command(flatten)]
    limits: LimitArgs,
    #[command(flatten)]
    fidelity: FidelityArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ModeArg {
    Copy,
    Verify,
    Mirror,
}

/// What is to be done.
pub struct Order {
    pub spec: CloneSpec,
    pub source: Endpoint,
    pub destination: Endpoint,
    pub options: Options,
    /// Of each store, as the options say.
    pub ceilings: Ceilings,
    /// Of source and destination, where the options say nothing as their configuration does.
    own_ceilings: [Ceilings; 2],
    pub ends: EndArgs,
    /// The configuration file that was named.
    pub config: Option<PathBuf>,
    /// Where the state goes when it is written.
    pub state: PathBuf,
    /// Written every second, not only when stopped.
    pub keep_state: bool,
    /// To go on from.
    pub resumed: Option<State>,
    /// Held while the state file is in use.
    locks: Vec<StateLock>,
    /// To be told before the start.
    pub notice: Option<String>,
    pub failures: Option<PathBuf>,
    pub report: Option<CompletionFile>,
    /// The file of the report, as it was named.
    pub report_file: Option<PathBuf>,
    /// Of a mirror.
    pub confirmation: Confirmation,
    pub keys: Keys,
}

impl Order {
    /// The message says what is wrong and what would be right.
    pub async fn read(args: CloneArgs, config: Option<&Path>) -> Result<Self, String> {
        if args.plan.is_some() && !matches!(args.mode, ModeArg::Mirror) {
            return Err("--plan and --confirm are for --mode mirror only: leave them away".to_owned());
        }
        let [source, destination] = args.ends.read(config, args.fidelity.requester_pays)?;
        let named = args.keys.read(&source, matches!(args.mode, ModeArg::Mirror)).await?;
        let started = now();
        let selection = Selection {
            include: args.include,
            exclude: args.exclude,
            newer_than: args.newer_than.map(|since| since.before(started)),
            older_than: args.older_than.map(|until| until.before(started)),
            min_size: args.min_size,
            max_size: args.max_size,
            storage_classes: args.storage_classes,
            keys_from: named.from,
        };
        selection.check().map_err(|invalid| invalid.to_string())?;
        let spec = CloneSpec {
            source: source.location,
            destination: destination.location,
            mode: match args.mode {
                ModeArg::Copy => Mode::Copy,
                ModeArg::Verify => Mode::Verify,
                ModeArg::Mirror => Mode::Mirror,
            },
            dry_run: args.dry_run,
            limits: args.limits.limits()?,
            name: args.limits.name,
            selection,
            fidelity: args.fidelity.fidelity()?,
            plan: None,
            report: None,
            consent: None,
        };
        let ceilings = Ceilings { requests_per_second: args.max_rps, bytes_per_second: args.max_bandwidth };
        let [own_source, own_destination] = [source.ceilings, destination.ceilings].map(|own| ceilings.or(own));
        let (source, destination) = (source.endpoint, destination.endpoint);
        let default = default_state(&spec, &[source.url.clone(), destination.url.clone()]);
        let resume = args.resume.map(|file| file.or_else(|| args.state.clone()).unwrap_or_else(|| default.clone()));
        let keep_state = args.state.is_some() || resume.is_some();
        let state = args.state.or_else(|| resume.clone()).unwrap_or(default);
        let mut order = Self {
            spec,
            source,
            destination,
            options: Options {
                concurrency: args.concurrency.into(),
                verify: !args.no_verify,
                multipart_threshold: args.multipart_threshold,
                keys: named.list.map(Arc::new),
            },
            ceilings,
            own_ceilings: [own_source, own_destination],
            ends: args.ends,
            config: config.map(Path::to_owned),
            state,
            keep_state,
            resumed: None,
            locks: Vec::new(),
            notice: named.notice,
            failures: args.failures,
            report: None,
            report_file: args.report,
            confirmation: Confirmation { plan: args.plan, name: args.confirm },
            keys: args.fidelity.keys()?,
        };
        if let Some(file) = &order.failures {
            check_writable("--failures", file)?;
        }
        if keep_state {
            let read = resume.iter().filter(|file| **file != order.state);
            order.locks =
                [&order.state].into_iter().chain(read).map(|file| StateLock::take(file)).collect::<Result<_, _>>()?;
        }
        order.resumed = match resume {
            Some(file) => Some(State::read(&file, &order).await?),
            None if keep_state => State::read_if_there(&order.state, &order).await?,
            None => None,
        };
        if let Some(state) = &order.resumed {
            order.spec.plan = state.plan();
        }
        let reported = order.resumed.as_ref().and_then(|state| state.report.as_ref());
        order.report = order.report_file.as_deref().map(|file| CompletionFile::of(file, reported)).transpose()?;
        Ok(order)
    }

    /// The endpoints' URLs, source first: part of what makes two clones the same.
    pub fn urls(&self) -> [Option<String>; 2] {
        [self.source.url.clone(), self.destination.url.clone()]
    }

    /// Source and destination, each with its customer's key; one connection under the same ceilings where both are reached
    /// alike.
    pub async fn connect(&self) -> (S3Client, S3Client) {
        let store = async |endpoint: &Endpoint, own| S3Client::connect(endpoint.clone()).await.under(own);
        let [from, to] = self.own_ceilings;
        let (source, destination) = if self.source.is_reached_as(&self.destination) && from == to {
            let store = store(&self.source, from).await;
            (store.clone(), store)
        } else {
            tokio::join!(store(&self.source, from), store(&self.destination, to))
        };
        let (reading, writing) = (self.keys.of_source(), self.keys.of_destination());
        (source.under_keys(reading.clone(), None), destination.under_keys(writing, reading))
    }

    /// `s3://a → s3://b`, behind the clone's name if it has one.
    pub fn title(&self) -> String {
        let name = self.spec.name.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
        format!("{name}{} → {}", self.spec.source.url(), self.spec.destination.url())
    }

    pub fn lock_state(&mut self) -> Result<(), String> {
        if self.locks.is_empty() {
            self.locks.push(StateLock::take(&self.state)?);
        }
        Ok(())
    }

    pub fn forget_state(&self) -> Result<(), String> {
        let resumed = self.resumed.as_ref().map(State::file);
        for file in [Some(self.state.as_path()).filter(|_| self.keep_state), resumed].into_iter().flatten() {
            remove(file)?;
        }
        Ok(())
    }
}

fn remove(file: &Path) -> Result<(), String> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("the state file {} could not be removed: {error}", file.display()))
        }
        _ => Ok(()),
    }
}

/// In the working folder, one name for one clone: `clone-from-to-1a2b3c4d.json`.
fn default_state(spec: &CloneSpec, urls: &[Option<String>; 2]) -> PathBuf {
    let hash = Sha256::digest(format!("{:?} {urls:?}", spec.essence()).as_bytes());
    let short = hash.iter().take(4).fold(0_u32, |short, byte| short << 8 | u32::from(*byte));
    format!("clone-{}-{}-{short:08x}.json", spec.source.bucket, spec.destination.bucket).into()
}

#[cfg(test)]
mod tests;
