//! The command line: one binary for the server, its workers, headless clones and the small things around them.
//!
//! Always: the requested output goes to standard output, everything else to standard error. The exit
//! code is one of [`Exit`].

#[macro_use]
mod output;

mod clone;
mod completions;
mod moment;
mod parse;
mod password;
mod reprocess;
mod runs;
mod s3;
mod serve;
mod sync;
mod template;
mod token;
mod worker;
mod writable;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{CommandFactory, Parser, Subcommand};
use rustix::process::{Resource, getrlimit, setrlimit};

pub use crate::boot::{Exit, Failure};
use crate::{
    boot::{self, database, log, stop},
    config::Config,
};

const AFTER_HELP: &str = "\
Examples:
  logyard                                    start with the embedded demo store on http://127.0.0.1:3000
  logyard --config /etc/logyard.toml serve   start with your own stores, pipelines and tables
  logyard clone s3://from s3://to            clone without a server
  logyard reprocess s3://logs/elb/ tcp://127.0.0.1:5000 --from 2026-03-09T14:00:00Z --to 2026-03-09T15:00:00Z
  logyard sync orders                        sync a configured table with its remote copy

Exit codes: 0 done, 1 some items failed, 2 bad usage or configuration, 3 could not connect, 130 stopped,
141 the reader of the output is gone.
Settings can also be given as LOGYARD_SECTION_KEY, such as LOGYARD_SERVER_ADDR; see logyard.example.toml, and the
documentation at /docs of a running server.";

/// Clones S3 buckets, ships load-balancer logs, checks what Lambda functions delivered, and syncs tables
#[derive(Parser)]
#[command(name = "logyard", version, after_help = AFTER_HELP)]
struct Cli {
    /// Configuration file [default: logyard.toml if there is one]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve pages and API, and run jobs (the default)
    #[command(after_help = serve::AFTER_HELP)]
    Serve,
    /// Run jobs without pages or API, beside servers on the same database
    #[command(after_help = worker::AFTER_HELP)]
    Worker,
    /// Clone the objects of an S3 place to another, and prove that they are equal
    #[command(after_help = clone::AFTER_HELP)]
    Clone(Box<clone::CloneArgs>),
    /// Send the records of load-balancer logs in S3 to a sink, and account for each of them
    #[command(after_help = reprocess::AFTER_HELP)]
    Reprocess(Box<reprocess::Arguments>),
    /// Sync a table with its remote copy, or compare them
    #[command(after_help = sync::AFTER_HELP)]
    Sync(sync::Arguments),
    /// Import runs of Lambda functions from exported logs
    #[command(subcommand)]
    Runs(runs::Command),
    /// Serve only the embedded S3 store, for demos and tests
    #[command(after_help = s3::AFTER_HELP)]
    S3(s3::Arguments),
    /// Show, compare or put the index template of a search cluster
    #[command(after_help = template::AFTER_HELP)]
    Template(template::Arguments),
    /// Turn load-balancer logs into JSON events
    #[command(after_help = parse::AFTER_HELP)]
    Parse(parse::Arguments),
    /// Read a password and print its hash for the configuration
    #[command(after_help = password::AFTER_HELP)]
    HashPassword,
    /// Make a token for the API and print its configuration
    #[command(after_help = token::AFTER_HELP)]
    Token(token::Arguments),
    /// Print the completions of a shell
    #[command(after_help = completions::COMPLETIONS_HELP)]
    Completions(completions::Completions),
    /// Write the man pages
    #[command(after_help = completions::MAN_HELP)]
    Man(completions::ManPages),
}

/// Runs the command of the process's arguments.
pub fn main() -> ExitCode {
    output::exit(run())
}

fn run() -> ExitCode {
    let cli = Cli::parse(); // exits with 2 on bad usage, 0 on --help
    raise_open_files();
    let done = match cli.command {
        None | Some(Command::Serve) => configured(cli.config.as_deref(), boot::serve::run),
        Some(Command::Worker) => configured(cli.config.as_deref(), boot::worker::run),
        Some(Command::Clone(arguments)) => return clone::main(cli.config.as_deref(), *arguments),
        Some(Command::Reprocess(arguments)) => return reprocess::main(*arguments),
        Some(Command::Sync(arguments)) => return sync::main(cli.config.as_deref(), &arguments),
        Some(Command::Runs(runs::Command::Import(arguments))) => {
            return runs::import(cli.config.as_deref(), &arguments);
        }
        Some(Command::S3(arguments)) => runtime(s3::run(arguments)),
        Some(Command::Template(arguments)) => return template::main(cli.config.as_deref(), &arguments),
        Some(Command::Parse(arguments)) => return parse::run(cli.config.as_deref(), &arguments),
        Some(Command::HashPassword) => password::run(),
        Some(Command::Token(arguments)) => {
            token::run(&arguments);
            Ok(())
        }
        Some(Command::Completions(arguments)) => {
            completions::print(&arguments, Cli::command());
            Ok(())
        }
        Some(Command::Man(arguments)) => completions::write_man_pages(&arguments, Cli::command()),
    };
    match done {
        Ok(()) => Exit::Done.into(),
        Err(failure) => {
            err!("logyard: {}", failure.message);
            failure.exit.into()
        }
    }
}

/// Each copy in flight is a connection, the embedded store has the other ends of them, and the usual limit is 1,024.
/// If it cannot be raised, connections of large clones fail.
fn raise_open_files() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    let _ = setrlimit(Resource::Nofile, limit);
}

fn configured<F: Future<Output = Result<(), Failure>>>(
    file: Option<&Path>,
    command: impl FnOnce(Config) -> F,
) -> Result<(), Failure> {
    let config = Config::load(file, &|name| std::env::var(name).ok()).map_err(Failure::usage)?;
    runtime(command(config))
}

fn runtime(command: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    log::start();
    let runtime = tokio::runtime::Runtime::new().map_err(Failure::usage)?;
    let done = runtime.block_on(command);
    runtime.shutdown_background(); // what has to be written was; open streams need not be waited for
    done
}
