//! A job as the command line and as the call of the API that do the same, to copy from its page or from its form.

use app::command::{Commands, command_line, curl, quoted};
use model::CloneSpec;

use super::AppBackend;
use crate::{config, connections::stores::Entry};

impl AppBackend {
    pub(super) fn clone_commands(&self, spec: &CloneSpec) -> Commands {
        Commands { line: self.clone_command(spec), call: self.call(curl(spec, &self.origin)) }
    }

    pub(super) fn call(&self, mut curl: String) -> String {
        if self.config.auth.is_some() {
            curl.push_str(" \\\n  -H \"Authorization: Bearer $LOGYARD_TOKEN\"");
        }
        curl
    }

    fn payer(&self, spec: &CloneSpec) -> String {
        let pays = |name| self.stores.get(name).is_some_and(|entry: &Entry| entry.config.requester_pays);
        let pays = pays(&spec.source.store) || pays(&spec.destination.store);
        if pays { " --requester-pays".to_owned() } else { String::new() }
    }

    fn clone_command(&self, spec: &CloneSpec) -> String {
        let config = |name| self.stores.get(name).map(|entry: &Entry| &entry.config);
        let (source, destination) = (config(&spec.source.store), config(&spec.destination.store));
        // One ceiling for both sides: the lower.
        let both = || source.into_iter().chain(destination).map(|store| store.ceilings);
        let requests = both().filter_map(|ceilings| ceilings.requests_per_second).min();
        let bytes = both().filter_map(|ceilings| ceilings.bytes_per_second).min();
        let ceilings = self.payer(spec)
            + &option("max-rps", requests.map(|most| most.to_string()))
            + &option("max-bandwidth", bytes.map(|most| most.to_string()));
        let endpoint = |store: Option<&config::Store>| store.and_then(|store| store.endpoint_url.clone());
        let (from, to) = (endpoint(source), endpoint(destination));
        if from == to {
            let command = command_line(spec, from.as_deref());
            // Of two entries for one endpoint only what they agree on holds for both sides.
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

/// ` --name value`, whatever the value holds.
fn option(name: &str, value: Option<String>) -> String {
    value.map(|value| format!(" --{name} {}", quoted(&value))).unwrap_or_default()
}
