//! `logyard completions` and `logyard man`: what a package installs beside the binary.
//!
//! Always: both are made from the same definition as the command line itself, so they cannot describe another version.

use std::{
    fs,
    io::{self, Write},
    path::PathBuf,
};

use clap::{Args, Command};
use clap_complete::Shell;

use super::{Failure, output};

pub const COMPLETIONS_HELP: &str = "\
Examples:
  logyard completions bash > /etc/bash_completion.d/logyard
  logyard completions zsh > ~/.zfunc/_logyard";

pub const MAN_HELP: &str = "\
Examples:
  logyard man --dir /usr/local/share/man/man1
  logyard man --dir . && man ./logyard-clone.1";

#[derive(Args)]
pub struct Completions {
    /// The shell to complete in
    shell: Shell,
}

#[derive(Args)]
pub struct ManPages {
    /// Folder for the pages, one a command; made if need be
    #[arg(long, value_name = "FOLDER")]
    dir: PathBuf,
}

pub fn print(arguments: &Completions, mut command: Command) {
    // Not onto standard output: it would panic if that is closed.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "logyard", &mut script);
    output::note(io::stdout().write_all(&script).and_then(|()| io::stdout().flush()));
}

pub fn write_man_pages(arguments: &ManPages, command: Command) -> Result<(), Failure> {
    let dir = &arguments.dir;
    let failed = |error: io::Error| Failure::usage(format!("cannot write man pages to {}: {error}", dir.display()));
    fs::create_dir_all(dir).map_err(failed)?;
    clap_mangen::generate_to(command.disable_help_subcommand(true), dir).map_err(failed)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn man_pages_cover_every_command() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("new/man1");
        write_man_pages(&ManPages { dir: dir.clone() }, Cli::command()).unwrap();
        for command in Cli::command().get_subcommands() {
            let page = fs::read_to_string(dir.join(format!("logyard-{}.1", command.get_name()))).unwrap();
            assert!(page.contains(".SH SYNOPSIS"), "{page}");
        }
        assert!(fs::read_to_string(dir.join("logyard.1")).unwrap().contains("Exit codes"));
    }

    #[test]
    fn man_pages_name_unusable_folder() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let refused = write_man_pages(&ManPages { dir: file.join("man1") }, Cli::command()).unwrap_err();
        assert!(refused.message.contains("file/man1"), "{}", refused.message);
    }
}
