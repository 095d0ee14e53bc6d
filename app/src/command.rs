//! A clone as the equivalent command line and API request, to copy from a page.
//!
//! Everything that a user supplied is quoted for the shell: a prefix may contain spaces, quotes and dollar signs.

use model::{
    ClassFallback, CloneRequest, CloneSpec, Compare, CopyBy, Encryption, Fidelity, Limits, Mode, ObjectLock, Place,
    Report, Selection, UnreadableTags,
};

/// A command line and an equivalent `curl` call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commands {
    pub line: String,
    pub call: String,
}

/// `logyard clone s3://a/p s3://b/q …`. `endpoint` is the URL of the store's endpoint, unless it is AWS itself.
pub fn command_line(spec: &CloneSpec, endpoint: Option<&str>) -> String {
    let mut command = format!("logyard clone {} {}", quoted(&spec.source.url()), quoted(&spec.destination.url()));
    if let Some(endpoint) = endpoint.filter(|endpoint| endpoint.starts_with("http")) {
        command.push_str(" --endpoint-url ");
        command.push_str(&quoted(endpoint));
    }
    match spec.mode {
        Mode::Copy => {}
        Mode::Verify => command.push_str(" --mode verify"),
        Mode::Mirror => command.push_str(" --mode mirror"),
    }
    if spec.dry_run {
        command.push_str(" --dry-run");
    }
    let name = spec.name.as_ref().map(|name| format!(" --name {}", quoted(name.as_str()))).unwrap_or_default();
    command + &name + &only(&spec.selection) + &kept(&spec.fidelity) + &limited(&spec.limits)
}

/// The flags of limits: ` --max-rps N --bandwidth-hours HOURS …`; empty for none.
pub fn limited(limits: &Limits) -> String {
    let Limits { concurrency, requests_per_second, bytes_per_second, bandwidth_hours, bandwidth_zone, max_failures } =
        limits;
    let parts = [
        concurrency.map(|most| format!(" --concurrency {most}")),
        requests_per_second.map(|most| format!(" --max-rps {most}")),
        bytes_per_second.map(|most| format!(" --max-bandwidth {most}")),
        bandwidth_hours.as_ref().map(|hours| format!(" --bandwidth-hours {}", quoted(&hours.to_string()))),
        bandwidth_zone.as_ref().map(|zone| format!(" --bandwidth-zone {}", quoted(zone))),
        max_failures.map(|most| format!(" --max-failures {most}")),
    ];
    parts.into_iter().flatten().collect()
}

/// The flags of options that differ from the default: ` --sse … --acl …`.
pub fn kept(fidelity: &Fidelity) -> String {
    let Fidelity { encryption, acl, object_lock, website_redirects, compare, unreadable_tags, .. } = fidelity;
    let Fidelity { storage_class, storage_class_fallback, set_headers, copy_by, .. } = fidelity;
    let key = encryption.as_ref().and_then(Encryption::key_id);
    let parts = [
        encryption.as_ref().map(|how| format!(" --sse {}", how.name())),
        key.map(|key| format!(" --sse-kms-key-id {}", quoted(key))),
        acl.map(|acl| format!(" --acl {}", acl.name())),
        (*object_lock == ObjectLock::Copy).then(|| " --object-lock copy".to_owned()),
        website_redirects.then(|| " --website-redirects".to_owned()),
        (*compare != Compare::Listing).then(|| format!(" --compare {}", compare.name())),
        (*unreadable_tags != UnreadableTags::Fail).then(|| format!(" --unreadable-tags {}", unreadable_tags.name())),
        (!storage_class.is_keep()).then(|| format!(" --storage-class {storage_class}")),
        (*storage_class_fallback != ClassFallback::Fail)
            .then(|| format!(" --storage-class-fallback {storage_class_fallback}")),
        (*copy_by != CopyBy::Auto).then(|| format!(" --copy-by {copy_by}")),
    ];
    let headers = set_headers.iter().map(|change| format!(" --set-header {}", quoted(&change.to_string())));
    parts.into_iter().flatten().chain(headers).collect()
}

/// The flags of a selection: ` --include GLOB --newer-than TIME --min-size BYTES …`; empty for all objects.
pub fn only(selection: &Selection) -> String {
    let globs = |name: &str, globs: &[model::Glob]| {
        globs.iter().fold(String::new(), |line, glob| line + " --" + name + " " + &quoted(glob.as_str()))
    };
    let Selection { include, exclude, newer_than, older_than, min_size, max_size, storage_classes, keys_from } =
        selection;
    let attributes = [
        newer_than.map(|since| format!(" --newer-than {since}")),
        older_than.map(|until| format!(" --older-than {until}")),
        min_size.map(|least| format!(" --min-size {least}")),
        max_size.map(|most| format!(" --max-size {most}")),
        keys_from.as_ref().map(|keys| {
            let option = if keys.listed_at.is_some() { "inventory" } else { "keys" };
            format!(" --{option} {}", quoted(&keys.name))
        }),
    ];
    let classes = storage_classes.iter().map(|class| format!(" --of-class {class}"));
    globs("include", include)
        + &globs("exclude", exclude)
        + &attributes.into_iter().flatten().chain(classes).collect::<String>()
}

/// The `curl` call for `POST /api/v1/clones` at `origin`, such as `http://127.0.0.1:3000`; an empty origin becomes
/// `$LOGYARD`. For a mirror it calls the preview, because a mirror starts only with the plan of a preview and a typed name.
pub fn curl(spec: &CloneSpec, origin: &str) -> String {
    let request = CloneRequest {
        source: Place::from(spec.source.clone()),
        destination: Place::from(spec.destination.clone()),
        mode: spec.mode,
        dry_run: spec.dry_run,
        name: spec.name.clone(),
        selection: spec.selection.clone(),
        fidelity: spec.fidelity.clone(),
        limits: spec.limits.clone(),
        report: spec.report.clone().map(Report::from),
        plan: None,
        confirm: None,
    };
    let path = if spec.mode == Mode::Mirror && !spec.dry_run { "/api/v1/clones/preview" } else { "/api/v1/clones" };
    let body = serde_json::to_string(&request).unwrap_or_default();
    let url = match origin {
        "" => format!("\"$LOGYARD{path}\""),
        origin => quoted(&format!("{origin}{path}")),
    };
    let body = quoted(&body);
    format!("curl -X POST {url} \\\n  -H 'Content-Type: application/json' \\\n  -d {body}")
}

/// Quotes a text as one word of a POSIX shell.
pub fn quoted(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._/:@%+,=".contains(&b);
    if !text.is_empty() && text.bytes().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use model::Location;

    use super::*;

    fn spec(prefix: &str) -> CloneSpec {
        let location = |bucket: &str, prefix: &str| Location {
            store: "demo".parse().unwrap(),
            bucket: bucket.parse().unwrap(),
            prefix: prefix.parse().unwrap(),
        };
        CloneSpec {
            source: location("demo-assets", prefix),
            destination: location("demo-clone", ""),
            mode: Mode::Verify,
            dry_run: true,
            name: None,
            selection: Selection::default(),
            fidelity: Fidelity::default(),
            limits: Limits::default(),
            plan: None,
            report: None,
            consent: None,
        }
    }

    fn some() -> Selection {
        let globs = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
        Selection {
            include: globs(&["**/*.gz", "it's"]),
            exclude: globs(&["a$b"]),
            newer_than: Some(model::Time(0)),
            max_size: Some(model::ByteSize(1 << 20)),
            storage_classes: vec!["GLACIER_IR".parse().unwrap()],
            ..Selection::default()
        }
    }

    #[test]
    fn command_has_all_nondefault_flags() {
        assert_eq!(
            command_line(&spec(""), Some("http://127.0.0.1:9000")),
            "logyard clone s3://demo-assets s3://demo-clone --endpoint-url http://127.0.0.1:9000 --mode verify --dry-run"
        );
    }

    #[test]
    fn command_has_the_same_selection() {
        let spec = CloneSpec { selection: some(), ..spec("") };
        let command = command_line(&spec, None);
        let (_, only) = command.split_once(" --dry-run").unwrap();
        let said = r" --include '**/*.gz' --include 'it'\''s' --exclude 'a$b' --newer-than 1970-01-01T00:00:00Z";
        assert_eq!(only, format!("{said} --max-size 1MiB --of-class GLACIER_IR"));
        assert!(curl(&spec, "").contains(r#""include":["**/*.gz","#));
    }

    #[test]
    fn command_has_the_same_options() {
        let fidelity = Fidelity {
            encryption: Encryption::read("aws:kms", "alias/it's").unwrap(),
            acl: Some(model::Acl::Copy),
            object_lock: ObjectLock::Copy,
            website_redirects: true,
            compare: Compare::Metadata,
            unreadable_tags: UnreadableTags::Ignore,
            storage_class: "GLACIER=none".parse().unwrap(),
            storage_class_fallback: "STANDARD".parse().unwrap(),
            set_headers: model::HeaderChanges::lines("Expires:\nx-amz-meta-a: it's").unwrap(),
            copy_by: CopyBy::Stream,
        };
        let spec = CloneSpec { fidelity, ..spec("") };
        let said = r" --sse aws:kms --sse-kms-key-id 'alias/it'\''s' --acl copy --object-lock copy --website-redirects";
        let classes = "--storage-class GLACIER=none --storage-class-fallback STANDARD --copy-by stream";
        let headers = r"--set-header expires: --set-header 'x-amz-meta-a: it'\''s'";
        let said = format!("{said} --compare metadata --unreadable-tags ignore {classes} {headers}");
        let line = command_line(&spec, None);
        assert!(line.ends_with(&said), "{line}");
        assert!(curl(&spec, "").contains(r#""fidelity":{"encryption":{"algorithm":"aws:kms""#));
    }

    #[test]
    fn command_has_the_same_name_and_limits() {
        let json =
            r#"{"concurrency": 9, "bytes_per_second": "1MB", "bandwidth_hours": "08:00-18:00 1kB", "max_failures": 0}"#;
        let name = Some("it's".parse().unwrap());
        let spec = CloneSpec { name, limits: serde_json::from_str(json).unwrap(), ..spec("") };
        let said = r" --name 'it'\''s' --concurrency 9 --max-bandwidth 1MB --bandwidth-hours '08:00-18:00 1kB' --max-failures 0";
        assert!(command_line(&spec, None).ends_with(said), "{}", command_line(&spec, None));
        assert!(curl(&spec, "").contains(r#""limits":{"concurrency":9,"#));
    }

    #[test]
    fn prefix_is_quoted_for_shell() {
        let command = command_line(&spec("it's $(rm) x"), Some("AWS ap-southeast-2"));
        assert!(command.starts_with(r"logyard clone 's3://demo-assets/it'\''s $(rm) x' s3://demo-clone"), "{command}");
        assert!(curl(&spec("it's"), "http://h").contains(r#""prefix":"it'\''s""#));
    }

    #[test]
    fn mirror_calls_its_preview() {
        let mirror = CloneSpec { mode: Mode::Mirror, dry_run: false, ..spec("") };
        assert!(command_line(&mirror, None).ends_with(" --mode mirror"));
        assert!(curl(&mirror, "http://h").contains("http://h/api/v1/clones/preview "));
        assert!(curl(&CloneSpec { dry_run: true, ..mirror }, "http://h").contains("http://h/api/v1/clones "));
    }

    #[test]
    fn body_is_a_valid_request() {
        let curl = curl(&spec("a/"), "http://127.0.0.1:3000");
        let body = curl.rsplit(" -d ").next().unwrap().trim_matches('\'');
        let request: CloneRequest = serde_json::from_str(body).unwrap();
        assert_eq!(request.source.prefix.as_str(), "a/");
        assert_eq!(request.mode, Mode::Verify);
    }
}
