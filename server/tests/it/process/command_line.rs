//! The command line: output and exit codes.

use std::{
    io::Write,
    net::TcpListener,
    path::Path,
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

use crate::support::process::logyard;

const USAGE: i32 = 2;
const UNREACHABLE: i32 = 3;

struct Done {
    code: i32,
    out: String,
    err: String,
}

fn done(command: &mut Command) -> Done {
    let Output { status, stdout, stderr } = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Done { code: status.code().unwrap(), out: text(stdout), err: text(stderr) }
}

/// Runs the command in a folder of its own, on free ports.
fn fresh(folder: &Path) -> Command {
    let mut command = logyard();
    command.current_dir(folder).env("LOGYARD_SERVER_ADDR", "127.0.0.1:0").env("LOGYARD_DEMO_ADDR", "127.0.0.1:0");
    command
}

#[test]
fn every_command_has_help_with_examples() {
    for command in ["serve", "worker", "s3", "hash-password", "token"] {
        let help = done(logyard().args([command, "--help"]));
        assert_eq!(help.code, 0, "{}", help.err);
        assert!(help.out.contains("Examples:\n  ") && help.out.contains("--config"), "{}", help.out);
    }
    let all = done(logyard().arg("--help"));
    assert!(all.out.contains("Exit codes: 0 done, 1 some items failed, 2 bad usage"), "{}", all.out);
}

#[test]
fn bad_usage_or_configuration_exits_2_with_location() {
    let folder = TempDir::new().unwrap();
    assert_eq!(done(logyard().arg("sreve")).code, USAGE);
    std::fs::write(folder.path().join("logyard.toml"), "[server]\nadr = 1\n").unwrap();
    let unknown = done(&mut fresh(folder.path()));
    assert_eq!(unknown.code, USAGE);
    assert_eq!(
        unknown.err.trim(),
        "logyard: logyard.toml line 2: server.adr is not a setting; did you mean server.addr?"
    );
    let missing = done(fresh(folder.path()).args(["--config", "nowhere.toml"]));
    assert_eq!(missing.code, USAGE);
    assert!(missing.err.contains("cannot read the configuration nowhere.toml"), "{}", missing.err);
}

#[test]
fn public_address_without_password_is_refused() {
    let folder = TempDir::new().unwrap();
    let refused = done(fresh(folder.path()).env("LOGYARD_SERVER_ADDR", "0.0.0.0:0"));
    assert_eq!(refused.code, USAGE);
    assert!(refused.err.contains("hash-password"), "{}", refused.err);
}

#[test]
fn port_in_use_is_reported_with_advice() {
    let folder = TempDir::new().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    let refused = done(fresh(folder.path()).env("LOGYARD_SERVER_ADDR", &addr));
    assert_eq!(refused.code, USAGE);
    assert!(refused.err.contains(&addr) && refused.err.contains("LOGYARD_SERVER_ADDR="), "{}", refused.err);
}

#[test]
fn data_directory_allows_one_server() {
    let folder = TempDir::new().unwrap();
    let _owner = logyard::config::DataDir::claim(&folder.path().join("data")).unwrap();
    let refused = done(&mut fresh(folder.path()));
    assert_eq!(refused.code, USAGE);
    assert!(refused.err.contains("another Logyard server already uses data"), "{}", refused.err);
}

#[test]
fn unreachable_database_exits_3_without_showing_password() {
    let folder = TempDir::new().unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("postgres://logyard:hunter2@{free}/logyard");
    let failed = done(fresh(folder.path()).env("LOGYARD_DATABASE_URL", url));
    assert_eq!(failed.code, UNREACHABLE, "{}", failed.err);
    assert!(failed.err.contains("database.url") && !failed.err.contains("hunter2"), "{}", failed.err);
}

#[test]
fn password_is_salted_hashed_and_never_shown() {
    let hash = || {
        let mut child = logyard().arg("hash-password").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(b"correct horse\n").unwrap();
        String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
    };
    let (one, two) = (hash(), hash());
    assert!(one.starts_with("$argon2id$") && one.lines().count() == 1, "{one}");
    assert!(!one.contains("horse"));
    assert_ne!(one, two);
}

#[test]
fn new_token_prints_its_configuration() {
    let token = done(logyard().args(["token", "--name", "deploy", "--json"]));
    let json: serde_json::Value = serde_json::from_str(&token.out).unwrap();
    assert_eq!(json["name"], "deploy");
    let text = done(logyard().args(["token", "--name", "deploy"])).out;
    let snippet = text.split_once("[[auth.tokens]]").unwrap().1;
    let config = format!("[auth]\npassword_hash = '$argon2id$'\n[[auth.tokens]]{snippet}");
    let config = logyard::config::Config::parse(None, &config, &|_| None).unwrap();
    assert_eq!(config.auth.unwrap().tokens[0].name, "deploy");
}

#[test]
fn worker_with_zero_jobs_is_refused() {
    let folder = TempDir::new().unwrap();
    let refused = done(fresh(folder.path()).arg("worker").env("LOGYARD_RUNNER_JOBS", "0"));
    assert_eq!(refused.code, USAGE);
    assert!(refused.err.contains("runner.jobs is 0"), "{}", refused.err);
}
