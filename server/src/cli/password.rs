//! `logyard hash-password`: turns a password into the line for the configuration.

use std::io::{BufRead, IsTerminal, stdin};

use console::Term;

use super::Failure;
use crate::config::secrets::password::hash_password;

pub const AFTER_HELP: &str = "\
Examples:
  logyard hash-password
  printf %s \"$PASSWORD\" | logyard hash-password

Put the printed line under [auth] as password_hash = \"…\", in quotes, or into LOGYARD_AUTH_PASSWORD_HASH.";

pub fn run() -> Result<(), Failure> {
    let password = read().map_err(|error| Failure::usage(format!("cannot read the password: {error}")))?;
    out!("{}", hash_password(&password).map_err(Failure::usage)?);
    Ok(())
}

/// Reads one line of standard input; a terminal does not show it.
fn read() -> std::io::Result<String> {
    if stdin().is_terminal() {
        let terminal = Term::stderr();
        terminal.write_str("Password: ")?;
        return terminal.read_secure_line();
    }
    let mut line = String::new();
    stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
