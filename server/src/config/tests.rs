use std::path::PathBuf;

use super::*;

fn parse_with(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let environment = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
    Config::parse(Some(PathBuf::from("logyard.toml")), text, &environment)
}

fn parse(text: &str) -> Config {
    parse_with(text, &[]).unwrap()
}

fn refused(text: &str) -> String {
    parse_with(text, &[]).unwrap_err().to_string()
}

#[test]
fn no_file_means_demo_store_on_loopback() {
    let config = parse("");
    assert_eq!(config.server.addr.to_string(), "127.0.0.1:3000");
    assert_eq!(config.database.url, "sqlite:data/logyard.db");
    assert!(config.demo.enabled && config.auth.is_none());
    assert_eq!(config.stores.iter().map(|store| store.name.as_str()).collect::<Vec<_>>(), ["demo"]);
}

#[test]
fn configured_stores_replace_demo_unless_enabled() {
    let own = "[[stores]]\nname = 'aws'\n";
    let names = |text: &str| parse(text).stores.iter().map(|store| store.name.to_string()).collect::<Vec<_>>();
    assert_eq!(names(own), ["aws"]);
    assert_eq!(names(&format!("{own}[demo]\nenabled = true")), ["aws", "demo"]);
    assert!(refused("[demo]\nenabled = false").contains("there is no store"));
    assert!(refused("[[stores]]\nname = 'demo'\n[demo]\nenabled = true").contains("two stores are named demo"));
}

#[test]
fn the_environment_overrides_the_file() {
    let config = parse_with(
        "[server]\naddr = '127.0.0.1:4000'\n[runner]\njobs = 2",
        &[("LOGYARD_SERVER_ADDR", "127.0.0.1:5000"), ("LOGYARD_RUNNER_JOBS", "0"), ("LOGYARD_DEMO_ADDR", "[::1]:9")],
    )
    .unwrap();
    assert_eq!(config.server.addr.port(), 5000);
    assert_eq!(config.runner.jobs, 0);
    assert_eq!(config.demo.addr.to_string(), "[::1]:9");
}

#[test]
fn tasks_are_on_unless_switched_off() {
    let on = |text: &str, environment: &[(&str, &str)]| parse_with(text, environment).unwrap().tasks.names();
    assert_eq!(on("", &[]).len(), 10);
    let some = on("[tasks]\nfollow = false\nsync = false", &[("LOGYARD_TASKS_SWEEP", "false")]);
    assert!(some.len() == 7 && ["follow", "sync", "sweep"].iter().all(|name| !some.contains(name)), "{some:?}");
    assert!(!on("[runner]\njobs = 0", &[]).contains(&"run_jobs"));
    assert!(refused("[tasks]\nfolow = false").contains("tasks.folow"));
}

#[test]
fn size_takes_unit_or_bytes() {
    let bytes =
        |text: &str| parse(&format!("[runner]\nmultipart_threshold = {text}")).runner.multipart_threshold.bytes();
    assert_eq!((bytes("'8MiB'"), bytes("8388608")), (8 << 20, 8 << 20));
    assert_eq!(parse("").runner.multipart_threshold.bytes(), 5 << 30);
    let variable = parse_with("", &[("LOGYARD_RUNNER_MULTIPART_THRESHOLD", "1GiB")]).unwrap();
    assert_eq!(variable.runner.multipart_threshold.bytes(), 1 << 30);
}

#[test]
fn store_ceilings_default_to_the_runners() {
    let config = parse(
        "[runner]\nmax_requests_per_second = 9\nmax_bytes_per_second = '1MB'\n[demo]\nenabled = true\n\
         [[stores]]\nname = 'own'\nmax_requests_per_second = 5\n[[stores]]\nname = 'none'",
    );
    let ceilings = |store: &Store| {
        let Ceilings { requests_per_second, bytes_per_second } = store.ceilings;
        (store.name.to_string(), requests_per_second.unwrap().get(), bytes_per_second.unwrap().to_string())
    };
    let all: Vec<_> = config.stores.iter().map(ceilings).collect();
    let expected = [("own", 5), ("none", 9), ("demo", 9)].map(|(name, most)| (name.into(), most, "1MB".to_owned()));
    assert_eq!(all, expected);
    let wrong = refused("[[stores]]\nname = 'a'\nmax_bytes_per_second = 'fast'");
    assert!(wrong.contains("line 3: stores.max_bytes_per_second = \"fast\""), "{wrong}");
    assert_eq!(parse("").stores[0].ceilings, Ceilings::default());
}

#[test]
fn password_may_come_from_environment_alone() {
    let auth = [("LOGYARD_AUTH_PASSWORD_HASH", "$argon2id$v=19$x"), ("LOGYARD_SERVER_ADDR", "0.0.0.0:3000")];
    assert_eq!(parse_with("", &auth).unwrap().auth.unwrap().user, "operator");
}

#[test]
fn unset_variable_is_named_with_its_line() {
    let text = "[database]\n\nurl = 'postgres://logyard:${PASSWORD}@db/logyard'";
    let config = parse_with(text, &[("PASSWORD", "a$b")]).unwrap();
    assert_eq!(config.database.url, "postgres://logyard:a$b@db/logyard");
    assert_eq!(
        refused(text),
        "logyard.toml line 3: database.url uses ${PASSWORD}, which is not set in the environment"
    );
    assert_eq!(refused("[server]\ndata_dir = '${HOME'"), "logyard.toml line 2: server.data_dir has a ${ without its }");
}

#[test]
fn unknown_key_suggests_the_nearest() {
    assert_eq!(
        refused("[server]\nadress = '127.0.0.1:1'"),
        "logyard.toml line 2: server.adress is not a setting; did you mean server.addr?"
    );
    assert_eq!(refused("[serverr]"), "logyard.toml line 1: serverr is not a setting; did you mean server?");
    assert_eq!(refused("[runner]\nqqq = 1"), "logyard.toml line 2: runner.qqq is not a setting");
    assert_eq!(
        refused("[[stores]]\nname = 'aws'\nendpoint = 'http://a'"),
        "logyard.toml line 3: stores.endpoint is not a setting; did you mean stores.endpoint_url?"
    );
}

#[test]
fn bad_value_is_shown_with_expected_form() {
    assert_eq!(
        refused("[server]\naddr = 'localhost'"),
        "logyard.toml line 2: server.addr = \"localhost\" is not valid: it must be an address and port such as \
         127.0.0.1:3000"
    );
    assert!(refused("[runner]\nmax_requests_per_second = 0").contains("runner.max_requests_per_second = \"0\""));
    assert!(
        refused("[runner]\nmax_bytes_per_second = '5TB'").contains("\"5TB\" is not valid: it must be bytes a second")
    );
    assert!(refused("[runner]\nlease_ms = 10").contains("runner.lease_ms = \"10\" is not valid"));
    assert!(
        refused("[runner]\nmultipart_threshold = '4MiB'").contains("\"4MiB\" is not valid: it must be a size from")
    );
    assert!(refused("[[stores]]\nname = 'A B'").contains("stores.name = \"A B\""));
    assert!(refused("[[stores]]\nname = 'a'\nendpoint_url = 'ftp://a'").contains("stores.endpoint_url"));
    assert!(refused("[[stores]]\nregion = 'a'").contains("line 1: stores.name is missing"));
    assert!(refused("stores = 3").contains("[[name]]"));
    assert!(refused("server = 3").contains("must be a table"));
    assert!(refused("[server").contains("line 1: this is not TOML"));
    assert!(refused("[demo]\naddr = '0.0.0.0:3001'").contains("loopback"));
    let variable = parse_with("", &[("LOGYARD_RUNNER_JOBS", "many")]).unwrap_err().to_string();
    assert!(variable.starts_with("the variable LOGYARD_RUNNER_JOBS: runner.jobs = \"many\""), "{variable}");
}

#[test]
fn prices_are_nonnegative_and_name_their_source() {
    let prices = |text: &str| parse_with(text, &[]).unwrap().prices;
    assert!(prices("").source.starts_with("AWS's list prices"));
    let own = prices("[prices]\ncurrency = 'EUR'\nlist_copy_put = 0.0054\nget_head = 0");
    assert_eq!((own.currency.as_str(), own.list_copy_put.0, own.get_head.0), ("EUR", 5_400, 0));
    assert_eq!(own.source, "the prices of the configuration");
    let one = parse_with("", &[("LOGYARD_PRICES_GET_HEAD", "0.5")]).unwrap().prices;
    assert_eq!((one.get_head.0, one.list_copy_put), (500_000, Prices::default().list_copy_put));
    for wrong in ["-0.005", "'free'", "nan", "inf", "1e3", "0.0000001", "true"] {
        let message = refused(&format!("[prices]\nget_head = {wrong}"));
        assert!(message.contains("line 2: prices.get_head = ") && message.contains("not negative"), "{message}");
    }
    assert!(refused("[prices]\ncurrency = '$'").contains("prices.currency = \"$\" is not valid"));
    assert!(refused("[prices]\nput = 1").contains("prices.put is not a setting"));
}

#[test]
fn secret_value_is_not_repeated_in_error() {
    for text in [
        "[auth]\npassword_hash = 'hunter2'",
        "[database]\nurl = 'mysql://root:hunter2@db'",
        "[auth]\npassword_hash = '$argon2id$'\n[[auth.tokens]]\nname = 'ci'\nsha256 = 'hunter2'",
    ] {
        let message = refused(text);
        assert!(message.contains("is not valid") && !message.contains("hunter2"), "{message}");
    }
}

const SINK: &str = "[[sinks]]\nname = 'log'\nurl = 'tcp://127.0.0.1:5000'\n";

#[test]
fn a_pipeline_brings_store_sink_and_format() {
    let text = format!(
        "{SINK}[[pipelines]]\nname = 'api'\nsource = 's3://logs/api/'\nsink = 'log'\nformat = 'alb'\nevery = '5m'\n\
         follow = true\nlabels = {{ team = 'edge' }}"
    );
    let config = parse(&text);
    let pipeline = &config.pipelines[0];
    assert_eq!((pipeline.source.store.as_str(), pipeline.source.url().as_str()), ("demo", "s3://logs/api/"));
    assert_eq!((pipeline.sink.as_str(), pipeline.every_s, pipeline.follow), ("log", Some(300), true));
    assert_eq!((pipeline.format.as_str(), pipeline.labels["team"].as_str()), ("alb", "edge"));
    assert_eq!(config.sinks.len(), 1, "the demo's sink is there only while nothing else is configured");
}

#[test]
fn queue_belongs_to_one_followed_pipeline() {
    let pipeline = |name: &str, rest: &str| {
        format!("[[pipelines]]\nname = '{name}'\nsource = 's3://logs/{name}/'\nsink = 'log'\n{rest}\n")
    };
    let queue = "sqs_queue_url = 'https://sqs.eu-west-1.amazonaws.com/123456789012/elb-logs'";
    let followed = format!("{queue}\nfollow = true");
    let config = parse(&format!("{SINK}{}", pipeline("api", &followed)));
    assert_eq!(config.pipelines[0].sqs_queue_url.as_ref().unwrap().region(), Some("eu-west-1"));
    let refused = |text: String| refused(&format!("{SINK}{text}"));
    assert_eq!(
        refused(pipeline("api", queue)),
        "logyard.toml line 4: pipelines.follow is missing: it must be true where sqs_queue_url is set"
    );
    let message = refused(pipeline("api", &format!("{queue}\nfollow = false")));
    assert!(message.contains("line 9: pipelines.follow = \"false\" is not valid: it must be true where"), "{message}");
    let message = refused(pipeline("api", "sqs_queue_url = 'elb-logs'\nfollow = true"));
    assert!(message.contains("line 8: pipelines.sqs_queue_url = \"elb-logs\" is not valid"), "{message}");
    let message = refused(pipeline("api", &followed) + &pipeline("web", &followed));
    assert!(
        message.contains("line 14: pipelines.sqs_queue_url") && message.contains("this pipeline alone"),
        "{message}"
    );
}

#[test]
fn sink_and_pipeline_errors_name_line_and_key() {
    let pipeline = |rest: &str| refused(&format!("{SINK}[[pipelines]]\nname = 'api'\n{rest}"));
    assert!(refused("[[sinks]]\nname = 'a'").contains("line 1: sinks.url is missing"));
    assert!(
        refused("[[sinks]]\nname = 'a'\nurl = 'udp://x'")
            .contains("line 3: sinks.url is not valid: it must be a URL such as")
    );
    assert!(refused(&format!("{SINK}connections = 0")).contains("line 4: sinks.connections = \"0\" is not valid"));
    assert!(refused(&format!("{SINK}username = 'a'")).contains("sinks.password is missing"));
    assert!(refused(&format!("{SINK}{SINK}")).contains("line 4: two sinks are named log"));
    assert!(pipeline("sink = 'log'").contains("line 4: pipelines.source is missing"));
    let message = pipeline("source = 's3://logs'\nsink = 'other'");
    assert!(message.contains("line 7: pipelines.sink = \"other\"") && message.contains("[[sinks]]"), "{message}");
    assert!(
        pipeline("store = 'aws'").contains("pipelines.store = \"aws\" is not valid: it must be the name of one of")
    );
    assert!(pipeline("source = 's3://logs'\nsink = 'log'\nevery = '5'").contains("line 8: pipelines.every = \"5\""));
    assert!(pipeline("source = 's3://logs'\nsink = 'log'\nformat = 'iis'").contains("pipelines.format = \"iis\""));
    let message = pipeline("source = 's3://logs'\nsink = 'log'\nlogs = '/aws/lambda/x'");
    assert!(message.contains("pipelines.logs is not a setting"), "{message}");
    let message = pipeline("source = 's3://logs'\nsink = 'log'\nlabels = { team = 3 }");
    assert!(message.contains("line 8: pipelines.labels.team must be a text"), "{message}");
    let secret = refused(&format!("{SINK}username = 'a'\npassword = 'hunter2'\napi_key = 'hunter2'"));
    assert!(secret.contains("sinks.api_key is not valid") && !secret.contains("hunter2"), "{secret}");
}

#[test]
fn receivers_have_unique_names_and_secret_urls() {
    let webhook = "[[webhooks]]\nname = 'ops'\nurl = 'https://hooks.example.com/x'\n";
    let message = refused(&format!("{webhook}[[topics]]\nname = 'ops'\narn = 'arn:aws:sns:eu-west-1:1:a'"));
    assert!(message.contains("two webhooks or topics are named ops"), "{message}");
    let message = refused("[[webhooks]]\nname = 'ops'\nurl = 'ftp://hooks.example.com/hunter2'");
    assert!(message.contains("webhooks.url is not valid") && !message.contains("hunter2"), "{message}");
    let message = refused(&format!("{webhook}secret = 'hunter2'"));
    assert!(message.contains("at least 16 characters") && !message.contains("hunter2"), "{message}");
    let config = parse(&format!("{webhook}secret = '0123456789abcdef'"));
    let shown = format!("{config:?}");
    assert!(!shown.contains("0123456789abcdef") && !shown.contains("example.com/x"), "{shown}");
    let message = refused("[[topics]]\nname = 'pager'\narn = 'alerts'");
    assert!(message.contains("topics.arn = \"alerts\""), "{message}");
    assert!(refused("[heartbeat]\nevery = '1m'").contains("heartbeat.url is missing"));
}

#[test]
fn retention_of_alerts_is_read() {
    let kept = |text: &str| parse(text).retention.alerts_ms / 86_400_000;
    assert_eq!((kept(""), kept("[retention]\nalerts = '7d'\nruns = '30d'")), (90, 7));
    assert!(refused("[retention]\nalerts = '0d'").contains("retention.alerts = \"0d\""));
}

#[test]
fn wrong_limit_is_refused_by_name() {
    let limits = |line: &str| {
        refused(&format!(
            "{SINK}[[pipelines]]\nname = 'api'\nsource = 's3://logs'\nsink = 'log'\n[pipelines.alerts]\n{line}"
        ))
    };
    assert!(limits("loss = 2").contains("alerts.loss = \"2\""));
    assert!(limits("lag = '15'").contains("alerts.lag = \"15\""));
    assert!(limits("off = 'memory, canary'").contains("alerts.off"));
    assert!(limits("twice = 0").contains("alerts.twice = \"0\""));
    assert!(limits("los = 0.1").contains("did you mean alerts.loss"));
    assert!(refused(&format!("{SINK}[sinks.canary]\nevery = '1s'")).contains("canary.every = \"1s\""));
}

#[test]
fn open_address_without_password_is_refused() {
    let message = refused("[server]\naddr = '0.0.0.0:3000'");
    assert!(message.contains("0.0.0.0:3000") && message.contains("logyard hash-password"), "{message}");
    let auth = "[server]\naddr = '0.0.0.0:3000'\n[auth]\npassword_hash = '$argon2id$'";
    assert_eq!(parse(auth).server.addr.port(), 3000);
}

const SHIPPED: &str = "[[stores]]\nname = 'aws'\n[[sinks]]\nname = 's'\nurl = 'tcp://127.0.0.1:5000'\n[[pipelines]]\n\
                       name = 'p'\nsource = 's3://logs/'\nsink = 's'\n";

#[test]
fn pipeline_reads_log_group_and_counters() {
    let config = parse(&format!(
        "{SHIPPED}log_group = '/aws/lambda/p'\nfunction_timeout = '60s'\n[pipelines.summary]\nsent = '/stats/ok'\n[logs]\n\
         requests_per_second = 9"
    ));
    let function = config.pipelines[0].function.as_ref().unwrap();
    assert_eq!((function.log_group.as_str(), function.timeout_s, &function.region), ("/aws/lambda/p", 60, &None));
    let mapping = &config.logs.mappings[&config.pipelines[0].name];
    assert_eq!((mapping.sent.as_str(), mapping.parsed.as_str()), ("/stats/ok", "/lines/parsed"));
    assert_eq!(config.logs.requests_per_second.get(), 9);
    assert!(parse(SHIPPED).pipelines[0].function.is_none());
}

#[test]
fn wrong_log_group_is_refused_by_name() {
    for (said, named) in [
        ("log_group = 'a b'", "pipelines.log_group = \"a b\""),
        ("function_timeout = '60s'", "pipelines.log_group is missing"),
        ("log_group = '/p'\nfunction_timeout = '1h'", "pipelines.function_timeout = \"1h\""),
        ("log_group = '/p'\n[pipelines.summary]\nsend = '/ok'", "send"),
        ("log_group = '/p'\n[pipelines.summary]\nsent = 'ok'", "/lines/sent"),
    ] {
        let error = refused(&format!("{SHIPPED}{said}"));
        assert!(error.contains(named), "{said}: {error}");
    }
    let twice = SHIPPED.replace("name = 'p'", "name = 'q'");
    let second = twice.split_once("[[pipelines]]").unwrap().1;
    let error = refused(&format!("{SHIPPED}log_group = '/p'\n[[pipelines]]{second}log_group = '/p'"));
    assert!(error.contains("and no other"), "{error}");
}

#[test]
fn sink_takes_signatures_certificates_proxies_indexes() {
    let sink = |url: &str, rest: &str| format!("[[sinks]]\nname = 'search'\nurl = '{url}'\n{rest}");
    let bulk = "https://search:9200/_bulk";
    let config = parse(&sink(
        bulk,
        "index = 'elb-{date}'\naws_service = 'es'\naws_region = 'eu-west-1'\nproxy = 'http://u:hush@p:1'",
    ));
    let settings = &config.sinks[0].settings;
    assert_eq!(settings.index_patterns(), ["elb-*"]);
    assert_eq!(settings.signing.as_ref().unwrap().region.as_deref(), Some("eu-west-1"));
    assert!(!format!("{config:?}").contains("hush"));
    for (url, rest, words) in [
        (bulk, "index = 'Elb'", "such as elb-{date}"),
        (bulk, "aws_service = 's3'", "aoss for a serverless collection"),
        (bulk, "aws_region = 'eu-west-1'", "left out where there is no aws_service"),
        (bulk, "aws_service = 'es'\napi_key = 'x'", "aws_service no other credentials"),
        (bulk, "client_cert = 'a.pem'", "sinks.client_key is missing"),
        (bulk, "proxy = 'socks5://u:hush@p:1'", "reached over plain HTTP"),
        ("tcp://logs:1", "index = 'elb'", "need http or https"),
        ("tcp://logs:1", "client_cert = 'a.pem'\nclient_key = 'b.pem'", "client_cert needs https, tls"),
        ("file:out", "proxy = 'http://p:1'", "no proxy leads to a file"),
    ] {
        let message = refused(&sink(url, rest));
        assert!(message.contains(words) && !message.contains("hush"), "{rest}: {message}");
    }
}

#[test]
fn events_that_cannot_be_are_refused_with_their_place() {
    let pipeline = |rest: &str| {
        format!("{SINK}[[pipelines]]\nname = 'api'\nsource = 's3://logs'\nsink = 'log'\n[pipelines.events]\n{rest}")
    };
    let config =
        parse(&pipeline("schema = 'ecs'\nredact = ['queries']\nsample = 10\nsample_if = 'elb_status_code < 400'"));
    assert_eq!(config.pipelines[0].events.sample, Some(10));
    for (rest, words) in [
        ("schema = 'otel'", "aws or ecs"),
        ("redact = ['names']", "addresses and queries"),
        ("sample = 0", "one event in so many"),
        ("keep_if = 'elb_status_cod = 1'", "perhaps elb_status_code"),
        ("raw = true\nredact = ['queries']", "what they remove"),
        ("rename_fields = { elb = 'type' }", "[pipelines.events]: rename_fields"),
        ("colour = 'red'", "is not a setting"),
    ] {
        let message = refused(&pipeline(rest));
        assert!(message.contains("line ") && message.contains(words), "{rest}: {message}");
    }
}
