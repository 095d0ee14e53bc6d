//! A reprocess as the command line and as the call of the API that do the same.

use app::command::{Commands, quoted};
use model::{LogFormat, Place, ReprocessRequest, ReprocessSpec};

use super::AppBackend;
use crate::connections::dead_letters::dead_letters;

impl AppBackend {
    pub(super) fn reprocess_commands(&self, spec: &ReprocessSpec) -> Commands {
        let request = request_of(spec);
        let body = quoted(&serde_json::to_string(&request).unwrap_or_default());
        let url = quoted(&format!("{}/api/v1/reprocesses", self.origin));
        let call = format!("curl -X POST {url} \\\n  -H 'Content-Type: application/json' \\\n  -d {body}");
        Commands { line: self.reprocess_line(spec), call: self.with_token(call) }
    }

    /// Several keys come through a pipe. The command line has no record of earlier runs, so it sends everything.
    fn reprocess_line(&self, spec: &ReprocessSpec) -> String {
        let source = match (spec.dead_letters_of, spec.keys.as_slice()) {
            (Some(job), _) => dead_letters(&self.config.server.data_dir, job).display().to_string(),
            (None, [key]) => format!("s3://{}/{key}", spec.source.bucket),
            (None, [_, ..]) => format!("s3://{}", spec.source.bucket),
            (None, []) => spec.source.url(),
        };
        let sink = self.sinks.get(&spec.sink).map(|sink| sink.settings.url.to_string()).unwrap_or_default();
        let mut line = String::new();
        if let [_, _, ..] = spec.keys.as_slice() {
            let keys: Vec<String> = spec.keys.iter().map(|key| quoted(key.as_str())).collect();
            line = format!("printf '%s\\n' {} | ", keys.join(" "));
        }
        line = format!("{line}logyard reprocess {} {}", quoted(&source), quoted(&sink));
        let mut option = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                line = format!("{line} --{name} {}", quoted(&value));
            }
        };
        option("from", spec.window.map(|window| window.from().to_string()));
        option("to", spec.window.map(|window| window.to().to_string()));
        option("format", Some(spec.format.as_str().to_owned()).filter(|_| spec.format != LogFormat::Auto));
        let store = self.stores.get(&spec.source.store);
        option("endpoint-url", store.and_then(|entry| entry.config.endpoint_url.clone()));
        option("max-eps", spec.max_events_per_second.map(|most| most.to_string()));
        if spec.keys.len() > 1 {
            line.push_str(" --keys-from /dev/stdin");
        }
        if spec.dry_run {
            line.push_str(" --dry-run");
        }
        line
    }
}

/// The request that would start the same job. A pipeline supplies its own source, sink and format.
fn request_of(spec: &ReprocessSpec) -> ReprocessRequest {
    let own = spec.pipeline.is_none();
    let place = Place {
        store: Some(spec.source.store.clone()),
        bucket: spec.source.bucket.clone(),
        prefix: spec.source.prefix.clone(),
    };
    ReprocessRequest {
        pipeline: spec.pipeline.clone(),
        source: own.then_some(place),
        sink: own.then(|| spec.sink.clone()),
        format: own.then_some(spec.format),
        from: spec.window.map(|window| window.from()),
        to: spec.window.map(|window| window.to()),
        keys: spec.keys.clone(),
        dead_letters_of: spec.dead_letters_of,
        extent: spec.extent,
        max_events_per_second: spec.max_events_per_second,
        dry_run: spec.dry_run,
        plan: None,
    }
}
