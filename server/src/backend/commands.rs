//! Clones and backfills as the command line and the API call that start the same, to copy from a job's page or a form.

use app::command::{Commands, command_line, curl, quoted};
use model::{BackfillSpec, CloneSpec};

use super::AppBackend;
use crate::{config, connections::stores::Entry};

impl AppBackend {
    pub(super) fn clone_commands(&self, spec: &CloneSpec) -> Commands {
        Commands { line: self.clone_line(spec), call: self.with_token(curl(spec, &self.origin)) }
    }

    /// The call with the header that `[auth]` requires.
    pub(super) fn with_token(&self, mut curl: String) -> String {
        if self.config.auth.is_some() {
            curl.push_str(" \\\n  -H \"Authorization: Bearer $LOGYARD_TOKEN\"");
        }
        curl
    }

    /// A backfill has no command line: only the server reads the log group.
    pub(super) fn backfill_commands(&self, spec: &BackfillSpec) -> Commands {
        let url = quoted(&format!("{}/api/v1/pipelines/{}/backfill", self.origin, spec.pipeline));
        let body = quoted(&serde_json::to_string(&spec.window).unwrap_or_default());
        let curl = format!("curl -X POST {url} \\\n  -H 'Content-Type: application/json' \\\n  -d {body}");
        Commands { line: String::new(), call: self.with_token(curl) }
    }

    fn payer(&self, spec: &CloneSpec) -> String {
        let pays = |name| self.stores.get(name).is_some_and(|entry: &Entry| entry.config.requester_pays);
        let pays = pays(&spec.source.store) || pays(&spec.destination.store);
        if pays { " --requester-pays".to_owned() } else { String::new() }
    }

    fn clone_line(&self, spec: &CloneSpec) -> String {
        let config = |name| self.stores.get(name).map(|entry: &Entry| &entry.config);
        let (source, destination) = (config(&spec.source.store), config(&spec.destination.store));
        // One ceiling for both endpoints: the lower.
        let both = || source.into_iter().chain(destination).map(|store| store.ceilings);
        // Those of the clone itself are part of its command line.
        let own = &spec.limits;
        let requests = both().filter_map(|ceilings| ceilings.requests_per_second).min();
        let bytes = both().filter_map(|ceilings| ceilings.bytes_per_second).min();
        let ceilings = self.payer(spec)
            + &option("max-rps", requests.filter(|_| own.requests_per_second.is_none()).map(|most| most.to_string()))
            + &option("max-bandwidth", bytes.filter(|_| own.bytes_per_second.is_none()).map(|most| most.to_string()));
        let endpoint = |store: Option<&config::Store>| store.and_then(|store| store.endpoint_url.clone());
        let (from, to) = (endpoint(source), endpoint(destination));
        if from == to {
            let command = command_line(spec, from.as_deref());
            // Two stores may share one endpoint: only what both configure applies to both.
            let agreed = |of: fn(&config::Store) -> Option<&String>| {
                source.and_then(of).filter(|value| destination.and_then(of) == Some(*value)).cloned()
            };
            let region = agreed(|store| store.region.as_ref());
            let profile = agreed(|store| store.profile.as_ref());
            return command + &option("region", region) + &option("profile", profile) + &ceilings;
        }
        let endpoints = option("source-endpoint-url", from) + &option("destination-endpoint-url", to);
        command_line(spec, None) + &endpoints + &ceilings
    }
}

/// ` --name value`, quoted for a shell.
fn option(name: &str, value: Option<String>) -> String {
    value.map(|value| format!(" --{name} {}", quoted(&value))).unwrap_or_default()
}
