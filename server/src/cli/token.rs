//! `logyard token`: a new token for the API, shown once.

use clap::Args;

use crate::config::secrets::token::new_token;

pub const AFTER_HELP: &str = "\
Examples:
  logyard token --name deploy
  logyard token --json

The token is shown once; Logyard keeps its SHA-256 alone. Send it as `Authorization: Bearer TOKEN`.";

#[derive(Args)]
pub struct Arguments {
    /// The author of the jobs it starts
    #[arg(long, default_value = "api")]
    name: String,
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) {
    let (token, sha256) = new_token();
    let name = &arguments.name;
    if arguments.json {
        out!("{}", serde_json::json!({ "token": token, "name": name, "sha256": sha256 }));
        return;
    }
    out!("Token, shown once: {token}");
    out!();
    out!("Put this into the configuration, under [auth]:");
    out!();
    out!("[[auth.tokens]]");
    out!("name = {name:?}");
    out!("sha256 = \"{sha256}\"");
}
