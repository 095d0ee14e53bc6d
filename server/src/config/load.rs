//! Reads file and environment into a checked [`Config`]. Each default is here, beside its key.

use std::{
    fs,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    num::NonZeroU32,
    path::{Path, PathBuf},
};

use engine::{
    limit::BytesPerSecond,
    s3::{Ceilings, Threshold},
};
use model::{Amount, Prices};

use super::{
    Alerts, Auth, Config, ConfigError, Database, Demo, Logs, Runner, Server, Store, Token, alerts, function, pipelines,
    replicas, retention, sinks,
    source::{Environment, Section, Source},
    tables, tasks,
    values::{NAME, WHOLE, YES_NO, not_empty, origin, parsed, within},
};

/// Read from the working directory where no `--config` is given.
pub const DEFAULT_FILE: &str = "logyard.toml";
/// The name of the embedded store.
pub const DEMO_STORE: &str = "demo";

const ADDRESS: &str = "an address and port such as 127.0.0.1:3000";
const URL: &str = "a URL such as https://logyard.example.com, without a path";
const HASH: &str = "a line that `logyard hash-password` prints, starting with $argon2id$";
const PRICE: &str = "the price of 1,000 requests, a number such as 0.005, not negative, with at most six decimals";
const GB_SECOND: &str =
    "the price of a GB-second, a number such as 0.0000166667, not negative, with at most twelve decimals";
const INVOCATIONS: &str =
    "the price of a million requests, a number such as 0.20, not negative, with at most six decimals";
const DATABASE: &str = "sqlite:PATH or postgres://USER@HOST/NAME";

impl Config {
    /// Reads `file`, else `logyard.toml` if it exists, else the defaults. The environment overrides all of them.
    pub fn load(file: Option<&Path>, environment: Environment<'_>) -> Result<Self, ConfigError> {
        let default = Path::new(DEFAULT_FILE);
        let file = file.map(Path::to_owned).or_else(|| default.is_file().then(|| default.to_owned()));
        let text = match &file {
            None => String::new(),
            Some(path) => {
                fs::read_to_string(path).map_err(|source| ConfigError::Read { file: path.clone(), source })?
            }
        };
        Self::parse(file, &text, environment)
    }

    /// Reads the text of a file; errors name `file`.
    pub fn parse(file: Option<PathBuf>, text: &str, environment: Environment<'_>) -> Result<Self, ConfigError> {
        let source = Source { file: file.as_deref().unwrap_or(Path::new(DEFAULT_FILE)), text, environment };
        let table = source.parse()?;
        let mut root = source.root(table.get_ref());

        let server = server(root.section("server")?)?;
        let database = database(root.section("database")?, &server.data_dir)?;
        let auth = auth(root.section("auth")?)?;
        let (runner, ceilings) = runner(root.section("runner")?)?;
        let tasks = tasks::read(root.section("tasks")?, runner.jobs)?;
        let prices = prices(root.section("prices")?)?;
        let retention = retention::read(root.section("retention")?)?;
        let mut stores = stores(root.sections("stores")?, ceilings)?;
        let demo = demo(root.section("demo")?, stores.is_empty())?;
        let mut alerts = Alerts {
            webhooks: alerts::webhooks(root.sections("webhooks")?)?,
            heartbeat: alerts::heartbeat(root.section("heartbeat")?)?,
            ..Alerts::default()
        };
        let mut sinks = sinks::read(root.sections("sinks")?, &mut alerts.canaries)?;
        let (pipelines, topics) = (root.sections("pipelines")?, root.sections("topics")?);
        let requests_per_second = function::rate(root.section("logs")?)?;
        let sync = tables::ceilings(root.section("sync")?)?;
        let tables = tables::read(root.sections("tables")?)?;
        let replicas = replicas::read(root.sections("replicas")?)?;
        root.finish()?;

        if demo.enabled {
            let store = demo_store(&demo, ceilings)?;
            if stores.iter().any(|other| other.name == store.name) {
                return Err(ConfigError::Twice { at: source.at(0), what: "stores", name: DEMO_STORE.to_owned() });
            }
            stores.push(store);
        }
        if stores.is_empty() {
            return Err(ConfigError::NoStores);
        }
        alerts.topics = alerts::topics(topics, &alerts.webhooks, &stores)?;
        let (mut pipelines, mappings) = pipelines::read(pipelines, &stores, &sinks, &mut alerts.limits)?;
        let logs = Logs { requests_per_second, mappings };
        if demo.enabled && sinks.is_empty() && pipelines.is_empty() {
            let receiver = sinks::demo();
            alerts.canaries.extend(receiver.iter().map(|sink| (sink.name.clone(), alerts::CANARY_EVERY)));
            sinks.extend(receiver);
            pipelines.extend(stores.last().and_then(|store| pipelines::demo(&store.name)));
        }
        if auth.is_none() && !server.addr.ip().is_loopback() {
            return Err(ConfigError::Open { addr: server.addr });
        }
        Ok(Self {
            file,
            server,
            database,
            auth,
            runner,
            tasks,
            prices,
            retention,
            stores,
            sinks,
            pipelines,
            tables,
            sync,
            logs,
            demo,
            alerts,
            replicas,
        })
    }
}

fn server(mut section: Section<'_>) -> Result<Server, ConfigError> {
    let server = Server {
        addr: section.get("addr", ADDRESS, parsed)?.unwrap_or(loopback(3000)),
        data_dir: section.get("data_dir", "a folder", parsed)?.unwrap_or_else(|| PathBuf::from("data")),
        public_url: section.get("public_url", URL, origin)?,
    };
    section.finish()?;
    Ok(server)
}

fn database(mut section: Section<'_>, data_dir: &Path) -> Result<Database, ConfigError> {
    let known = |text: &str| {
        let fits = ["sqlite:", "postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme));
        fits.then(|| text.to_owned())
    };
    let default = || format!("sqlite:{}", data_dir.join("logyard.db").display());
    let url = section.get_secret("url", DATABASE, known)?.unwrap_or_else(default);
    section.finish()?;
    Ok(Database { url })
}

fn auth(mut section: Section<'_>) -> Result<Option<Auth>, ConfigError> {
    let present = section.present(&["user", "password_hash", "session_hours"]);
    let user = section.get("user", "a name", not_empty)?.unwrap_or_else(|| "operator".to_owned());
    let phc = |text: &str| text.starts_with("$argon2").then(|| text.to_owned());
    let password_hash = section.get_secret("password_hash", HASH, phc)?;
    let session_hours = section.get("session_hours", WHOLE, |text| within(text, 1, 8_760))?.unwrap_or(12);
    let mut tokens = Vec::new();
    for mut token in section.sections("tokens")? {
        let digest =
            |text: &str| (text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit())).then(|| text.to_lowercase());
        let name = token.get("name", "a name", not_empty)?;
        let sha256 = token.get_secret("sha256", "the 64 hex digits that `logyard token` prints", digest)?;
        tokens.push(Token {
            name: name.ok_or_else(|| token.missing("name", "a name for the author of what it does"))?,
            sha256: sha256.ok_or_else(|| token.missing("sha256", "the 64 hex digits that `logyard token` prints"))?,
        });
        token.finish()?;
    }
    if !present {
        return Ok(None);
    }
    let password_hash = password_hash.ok_or_else(|| section.missing("password_hash", HASH))?;
    section.finish()?;
    Ok(Some(Auth { user, password_hash, session_hours, tokens }))
}

/// Reads `[runner]`, and the ceilings of stores that have none of their own.
fn runner(mut section: Section<'_>) -> Result<(Runner, Ceilings), ConfigError> {
    let ceilings = ceilings(&mut section)?;
    let runner = Runner {
        jobs: section.get("jobs", WHOLE, |text| within(text, 0, 1_000))?.unwrap_or(4),
        concurrency: section.get("concurrency", WHOLE, |text| within(text, 1, 1_024))?.unwrap_or(512),
        lease_ms: section.get("lease_ms", WHOLE, |text| within(text, 3_000, 3_600_000))?.map_or(15_000, i64::from),
        multipart_threshold: section.get("multipart_threshold", Threshold::EXPECTED, parsed)?.unwrap_or_default(),
    };
    section.finish()?;
    Ok((runner, ceilings))
}

fn ceilings(section: &mut Section<'_>) -> Result<Ceilings, ConfigError> {
    let requests = section.get("max_requests_per_second", WHOLE, |text| within(text, 1, 1_000_000))?;
    Ok(Ceilings {
        requests_per_second: requests.and_then(NonZeroU32::new),
        bytes_per_second: section.get("max_bytes_per_second", BytesPerSecond::EXPECTED, parsed)?,
    })
}

/// Reads `[prices]`; the defaults are AWS's list prices.
fn prices(mut section: Section<'_>) -> Result<Prices, ConfigError> {
    let listed = Prices::default();
    let word = |text: &str| {
        let fits = (1..=10).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphabetic());
        fits.then(|| text.to_owned())
    };
    let currency = section.get("currency", "1 to 10 letters such as USD", word)?;
    let list_copy_put = section.get("list_copy_put", PRICE, parsed)?;
    let get_head = section.get("get_head", PRICE, parsed)?;
    let gb_second = section.get("lambda_gb_second", GB_SECOND, |text| Amount::of_a_million(text).ok())?;
    let invocations = section.get("lambda_million_requests", INVOCATIONS, parsed)?;
    section.finish()?;
    let own = currency.is_some() || list_copy_put.is_some() || get_head.is_some();
    Ok(Prices {
        currency: currency.unwrap_or(listed.currency),
        list_copy_put: list_copy_put.unwrap_or(listed.list_copy_put),
        get_head: get_head.unwrap_or(listed.get_head),
        lambda_million_gb_seconds: gb_second.unwrap_or(listed.lambda_million_gb_seconds),
        lambda_million_requests: invocations.unwrap_or(listed.lambda_million_requests),
        source: if own { "the prices of the configuration".to_owned() } else { listed.source },
    })
}

fn stores(sections: Vec<Section<'_>>, default: Ceilings) -> Result<Vec<Store>, ConfigError> {
    let mut stores: Vec<Store> = Vec::new();
    for mut section in sections {
        let name = section.get("name", NAME, parsed)?.ok_or_else(|| section.missing("name", NAME))?;
        if stores.iter().any(|store| store.name == name) {
            return Err(ConfigError::Twice { at: section.at(), what: "stores", name: name.to_string() });
        }
        let own = ceilings(&mut section)?;
        stores.push(Store {
            name,
            endpoint_url: section.get("endpoint_url", URL, origin)?,
            region: section.get("region", "a region such as ap-southeast-2", not_empty)?,
            path_style: section.get("path_style", YES_NO, parsed)?,
            profile: section.get("profile", "a profile of the AWS configuration files", not_empty)?,
            requester_pays: section.get("requester_pays", YES_NO, parsed)?.unwrap_or(false),
            max_jobs: section.get("max_jobs", WHOLE, |text| within(text, 1, 1_000))?.unwrap_or(2),
            ceilings: Ceilings {
                requests_per_second: own.requests_per_second.or(default.requests_per_second),
                bytes_per_second: own.bytes_per_second.or(default.bytes_per_second),
            },
        });
        section.finish()?;
    }
    Ok(stores)
}

fn demo(mut section: Section<'_>, by_default: bool) -> Result<Demo, ConfigError> {
    let loopback_only = |text: &str| parsed(text).filter(|addr: &SocketAddr| addr.ip().is_loopback());
    let demo = Demo {
        enabled: section.get("enabled", YES_NO, parsed)?.unwrap_or(by_default),
        addr: section
            .get("addr", "a loopback address and port such as 127.0.0.1:3001", loopback_only)?
            .unwrap_or(loopback(3001)),
    };
    section.finish()?;
    Ok(demo)
}

/// The embedded store. It comes last in the list, so it is the default store only where it is the only one.
fn demo_store(demo: &Demo, ceilings: Ceilings) -> Result<Store, ConfigError> {
    let name = DEMO_STORE.parse().map_err(|_| ConfigError::NoStores)?;
    let endpoint_url = Some(format!("http://{}", demo.addr));
    let (region, profile, path_style) = (None, None, Some(true));
    Ok(Store { name, endpoint_url, region, path_style, profile, requester_pays: false, max_jobs: 2, ceilings })
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}
