//! What the command line says, read into what the engine needs.

use std::{
    num::NonZeroU32,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use crate::{
    cli::{
        moment::{Moment, zone},
        writable::check_writable,
    },
    config::seconds,
};
use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use engine::{
    s3::Endpoint,
    ship::{
        Options, RECORD_LIMIT,
        sink::{Settings, SinkUrl},
    },
};
use model::{Extent, Invalid, Key, LogFormat, Place, ReprocessSpec, SinkName, StoreName, Time, Window};

#[derive(Args)]
pub struct Arguments {
    #[arg(help = "What to send: s3://bucket/prefix, s3://bucket/key, or a file of dead letters", value_parser = source)]
    source: Source,
    #[arg(help = "Where to: tcp://, tls://, lumberjack://, lumberjacks://, http(s)://…/_bulk, or file:PATH")]
    sink: SinkUrl,
    /// Start of the window, inclusive: 2026-03-09T14:00:00Z, 2026-03-09T14:00 or 2026-03-09 (local), 14:00, yesterday, -1h
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    from: Option<Moment>,
    /// End of the window, exclusive [default: now]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, requires = "from")]
    to: Option<Moment>,
    /// Zone of dates and local times, such as Europe/Madrid [default: the machine's]
    #[arg(long, value_name = "ZONE", requires = "from")]
    zone: Option<String>,
    /// Which format to read; auto judges each record by how it begins
    #[arg(long, default_value = "auto", value_parser = formats())]
    format: LogFormat,
    /// Endpoint of an S3-compatible store [default: AWS]
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<String>,
    /// Region of the store [default: as configured for AWS, else us-east-1]
    #[arg(long)]
    region: Option<String>,
    /// Profile of the AWS configuration files
    #[arg(long)]
    profile: Option<String>,
    /// Pay for requests at buckets that require it
    #[arg(long)]
    requester_pays: bool,
    /// Ceiling on events a second [default: none]
    #[arg(long, value_name = "N")]
    max_eps: Option<NonZeroU32>,
    /// Only the keys in this file, one a line
    #[arg(long, value_name = "FILE")]
    keys_from: Option<PathBuf>,
    /// Write what could not be parsed or delivered to this file, to be sent again later
    #[arg(long, value_name = "FILE")]
    dead_letters: Option<PathBuf>,
    /// Objects read at once, each over a connection of its own to the sink
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=64))]
    concurrency: u8,
    /// How long the receiver may be away or silent before its events are given up: 90s, 5m, 1h, or seconds
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = patience)]
    patience: Duration,
    /// Parse only, send nothing
    #[arg(long)]
    dry_run: bool,
    /// JSON lines on standard output: progress once a second, the summary last
    #[arg(long)]
    pub json: bool,
}

/// What is to be sent.
#[derive(Clone, Debug)]
enum Source {
    Place(Place),
    DeadLetters(PathBuf),
}

fn source(text: &str) -> Result<Source, String> {
    if text.starts_with("s3://") {
        return text.parse().map(Source::Place).map_err(|invalid: Invalid| invalid.to_string());
    }
    if Path::new(text).is_file() {
        return Ok(Source::DeadLetters(text.into()));
    }
    Err(format!(
        "there is no such file; it must be one of dead letters, or a place such as s3://{}",
        text.trim_start_matches('/')
    ))
}

fn patience(text: &str) -> Result<Duration, &'static str> {
    const MOST: u64 = 86_400;
    let seconds = text.parse().ok().or_else(|| seconds(text)).filter(|seconds| (1..=MOST).contains(seconds));
    seconds.map(Duration::from_secs).ok_or("it must be whole seconds such as 60, or 90s, 5m or 1h; at most a day")
}

fn formats() -> impl TypedValueParser<Value = LogFormat> {
    PossibleValuesParser::new(["auto", "classic", "alb", "nlb", "alb_connection"]).map(|name| match name.as_str() {
        "classic" => LogFormat::Classic,
        "alb" => LogFormat::Alb,
        "nlb" => LogFormat::Nlb,
        "alb_connection" => LogFormat::AlbConnection,
        _ => LogFormat::Auto,
    })
}

/// What is to be done.
pub struct Order {
    pub work: Work,
    /// `None`: a dry run.
    pub sink: Option<Settings>,
    pub options: Options,
    /// As it is shown: from where, to where.
    pub title: String,
    pub window: Option<Window>,
}

pub enum Work {
    Objects { spec: Box<ReprocessSpec>, endpoint: Endpoint },
    DeadLetters(PathBuf),
}

impl Order {
    /// The message says what is wrong and what would be right.
    pub fn read(arguments: &Arguments) -> Result<Self, String> {
        let Arguments { source, sink, dry_run, max_eps, .. } = arguments;
        if let Some(file) = &arguments.dead_letters {
            check_writable("--dead-letters", file)?;
        }
        let window = arguments.window(SystemTime::now().into())?;
        let options = Options {
            objects_at_once: arguments.concurrency.into(),
            record_limit: RECORD_LIMIT,
            max_events_per_second: *max_eps,
            dead_letters: arguments.dead_letters.clone(),
            sends_again: false,
            transform: None,
        };
        let shown = match source {
            Source::Place(place) => place.clone().at(&store_name()?).url(),
            Source::DeadLetters(path) => path.display().to_string(),
        };
        let title = format!("{shown} → {sink}");
        let settings = Settings {
            connections: arguments.concurrency.into(),
            patience: arguments.patience,
            ..Settings::new(sink.clone())
        };
        let sink = (!dry_run).then_some(settings);
        let work = match source {
            Source::Place(place) => arguments.objects(place, window)?,
            Source::DeadLetters(path) => {
                if window.is_some() || arguments.keys_from.is_some() {
                    return Err("a file of dead letters is sent whole: leave --from, --to and --keys-from away".into());
                }
                if arguments.dead_letters.as_ref() == Some(path) {
                    return Err("--dead-letters must name another file than the one that is read".into());
                }
                Work::DeadLetters(path.clone())
            }
        };
        Ok(Self { work, sink, options, title, window })
    }
}

impl Arguments {
    fn window(&self, now: Time) -> Result<Option<Window>, String> {
        let Some(from) = &self.from else { return Ok(None) };
        let zone = zone(self.zone.as_deref())?;
        let from = from.resolve(now, &zone).map_err(|why| format!("--from: {why}"))?;
        let to = self.to.as_ref().map_or(Ok(now), |to| to.resolve(now, &zone)).map_err(|why| format!("--to: {why}"))?;
        Window::new(from, to).map(Some).map_err(|_| format!("--to {to} must be after --from {from}"))
    }

    fn objects(&self, place: &Place, window: Option<Window>) -> Result<Work, String> {
        if let Some(url) = &self.endpoint_url
            && !url.starts_with("http://")
            && !url.starts_with("https://")
        {
            return Err(format!("endpoint {url:?} is not valid: it must begin with http:// or https://"));
        }
        let name = store_name()?;
        let spec = ReprocessSpec {
            pipeline: None,
            source: place.clone().at(&name),
            sink: SinkName::try_from("sink".to_owned()).map_err(|invalid| invalid.to_string())?,
            format: self.format,
            window,
            keys: self.keys_from.as_deref().map(keys).transpose()?.unwrap_or_default(),
            dead_letters_of: None,
            extent: Extent::All,
            max_events_per_second: self.max_eps.map(NonZeroU32::get),
            dry_run: self.dry_run,
            plan: None,
        };
        let endpoint = Endpoint {
            name,
            url: self.endpoint_url.clone(),
            region: self.region.clone(),
            path_style: None,
            profile: self.profile.clone(),
            requester_pays: self.requester_pays,
            credentials: None,
            anonymous: false,
        };
        Ok(Work::Objects { spec: Box::new(spec), endpoint })
    }
}

fn store_name() -> Result<StoreName, String> {
    StoreName::try_from("s3".to_owned()).map_err(|invalid| invalid.to_string())
}

/// One a line; lines without text are passed over.
fn keys(path: &Path) -> Result<Vec<Key>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("--keys-from {}: {error}", path.display()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text); // some editors begin a file with it
    let keys = text.lines().enumerate().filter(|(_, line)| !line.is_empty()).map(|(index, line)| {
        line.parse()
            .map_err(|invalid: Invalid| format!("--keys-from {}, line {}: {invalid}", path.display(), index + 1))
    });
    let keys: Vec<Key> = keys.collect::<Result<_, _>>()?;
    if keys.is_empty() { Err(format!("--keys-from {}: it holds no keys", path.display())) } else { Ok(keys) }
}
