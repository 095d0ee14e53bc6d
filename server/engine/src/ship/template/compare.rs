//! Compares templates and mappings: as flat lists of paths and texts, in the cluster's own words. Pure.
//!
//! Always: three spellings of a setting (`{"index.x": 1}`, `{"x": "1"}`, `{"index": {"x": 1}}`) are one, an empty object or
//! list is the same as none, and the order of a list of patterns does not matter.

use std::collections::{BTreeMap, BTreeSet};

use model::{IndexFields, TemplateChange};
use serde_json::{Map, Value, json};

/// Where two templates differ, by path. Each is the body of a template or of a cluster's simulation of it.
pub fn changes(there: &Value, wanted: &Value) -> Vec<TemplateChange> {
    let (there, wanted) = (template(there), template(wanted));
    let paths: BTreeSet<&String> = there.keys().chain(wanted.keys()).collect();
    let change = |path: &String| {
        let (there, wanted) = (there.get(path).cloned(), wanted.get(path).cloned());
        (there != wanted).then(|| TemplateChange { path: path.clone(), there, wanted })
    };
    paths.into_iter().filter_map(change).collect()
}

/// The parts of a template that decide what an index becomes.
fn template(body: &Value) -> BTreeMap<String, String> {
    let mut flat = BTreeMap::new();
    let inner = &body["template"];
    flatten("mappings", &inner["mappings"], &mut flat);
    flatten("aliases", &inner["aliases"], &mut flat);
    let mut settings = BTreeMap::new();
    flatten("", &inner["settings"], &mut settings);
    for (path, text) in settings {
        let path = path.strip_prefix("index.").unwrap_or(&path).to_owned();
        flat.insert(format!("settings.index.{path}"), text);
    }
    if let Some(patterns) = body["index_patterns"].as_array() {
        let patterns: BTreeSet<&str> = patterns.iter().filter_map(Value::as_str).collect();
        flat.insert("index_patterns".to_owned(), patterns.into_iter().collect::<Vec<_>>().join(", "));
    }
    if let Some(priority) = body["priority"].as_u64() {
        flat.insert("priority".to_owned(), priority.to_string());
    }
    if body["data_stream"].is_object() {
        flat.insert("data_stream".to_owned(), "yes".to_owned());
    }
    flat
}

fn flatten(path: &str, value: &Value, flat: &mut BTreeMap<String, String>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Null => {}
        Value::Object(members) => members.iter().for_each(|(name, value)| flatten(&below(name), value, flat)),
        Value::Array(items) if items.is_empty() => {}
        // A list is one value, as its order counts.
        Value::Array(_) => _ = flat.insert(path.to_owned(), texts(value).to_string()),
        Value::String(text) => _ = flat.insert(path.to_owned(), text.clone()),
        other => _ = flat.insert(path.to_owned(), other.to_string()),
    }
}

/// A value with its numbers and booleans as texts.
fn texts(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(texts).collect(),
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), texts(value))).collect(),
        Value::Number(_) | Value::Bool(_) => Value::String(value.to_string()),
        other => other.clone(),
    }
}

/// Compares the properties of an index with the wanted ones.
pub fn fields(index: &str, there: &Value, wanted: &Value) -> IndexFields {
    let (mut has, mut wants) = (BTreeMap::new(), BTreeMap::new());
    types("", there, &mut has);
    types("", wanted, &mut wants);
    let mut found = IndexFields { index: index.to_owned(), ..IndexFields::default() };
    for (field, wanted) in wants {
        match has.get(&field) {
            None => found.missing.push(field),
            Some(there) if *there != wanted => {
                found.conflicts.push(TemplateChange { path: field, there: Some(there.clone()), wanted: Some(wanted) });
            }
            Some(_) => {}
        }
    }
    found
}

/// The type of each field, `log.offset` for a nested one.
fn types(path: &str, properties: &Value, found: &mut BTreeMap<String, String>) {
    for (name, mapping) in properties.as_object().into_iter().flatten() {
        let field = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        if let Some(kind) = mapping["type"].as_str() {
            found.insert(field.clone(), kind.to_owned());
        }
        types(&field, &mapping["properties"], found);
    }
}

/// The wanted properties of some fields alone, nested as they are.
pub fn only(wanted: &Value, fields: &[String]) -> Value {
    fn part(path: &str, properties: &Value, fields: &[String]) -> Map<String, Value> {
        let mut kept = Map::new();
        for (name, mapping) in properties.as_object().into_iter().flatten() {
            let field = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            if fields.contains(&field) {
                kept.insert(name.clone(), mapping.clone());
            } else {
                let below = part(&field, &mapping["properties"], fields);
                if !below.is_empty() {
                    kept.insert(name.clone(), json!({ "properties": below }));
                }
            }
        }
        kept
    }
    Value::Object(part("", wanted, fields))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_a_setting_are_one() {
        let spelt = |settings: Value| json!({"template": {"settings": settings, "aliases": {}}, "composed_of": []});
        let wanted = spelt(json!({"index": {"codec": "best_compression", "number_of_replicas": 0}}));
        for settings in [
            json!({"index.codec": "best_compression", "number_of_replicas": "0"}),
            json!({"codec": "best_compression", "index": {"number_of_replicas": "0"}}),
        ] {
            assert_eq!(changes(&spelt(settings), &wanted), []);
        }
        let other = spelt(json!({"codec": "default", "number_of_replicas": 0}));
        let change = TemplateChange {
            path: "settings.index.codec".into(),
            there: Some("default".into()),
            wanted: Some("best_compression".into()),
        };
        assert_eq!(changes(&other, &wanted), [change]);
    }

    #[test]
    fn difference_names_path_and_both_sides() {
        let with = |kind: &str, patterns: Value| {
            json!({"index_patterns": patterns, "priority": 200, "template": {"mappings": {
            "date_detection": false, "properties": {"sent_bytes": {"type": kind}}}}})
        };
        assert_eq!(changes(&with("long", json!(["a", "b"])), &with("long", json!(["b", "a"]))), []);
        let found = changes(&with("keyword", json!(["a"])), &with("long", json!(["a", "b"])));
        let paths: Vec<&str> = found.iter().map(|change| change.path.as_str()).collect();
        assert_eq!(paths, ["index_patterns", "mappings.properties.sent_bytes.type"]);
        assert_eq!((found[1].there.as_deref(), found[1].wanted.as_deref()), (Some("keyword"), Some("long")));
    }

    #[test]
    fn fields_of_an_index_are_missing_or_in_conflict() {
        let wanted = json!({"a": {"type": "ip"}, "b": {"type": "long"}, "log": {"properties": {"offset": {"type": "long"}, "key": {"type": "keyword"}}}});
        let there = json!({"a": {"type": "text"}, "log": {"properties": {"key": {"type": "keyword"}}}, "own": {"type": "text"}});
        let found = fields("elb-1", &there, &wanted);
        assert_eq!(found.missing, ["b", "log.offset"]);
        assert_eq!(found.conflicts.len(), 1);
        let part = only(&wanted, &found.missing);
        assert_eq!(part, json!({"b": {"type": "long"}, "log": {"properties": {"offset": {"type": "long"}}}}));
    }
}
