//! What a cluster has of a template, and putting what differs.
//!
//! The cluster simulates both templates, so that what is compared is its own wording of each. One without simulation (a
//! serverless collection) is compared by what it stores.
//!
//! Always: what could not be read is an error, never "no difference".

use model::{IndexFields, TemplateComparison, TemplateState};
use serde_json::{Value, json};

use super::{Template, compare};
use crate::ship::sink::{Cluster, ClusterAnswer, SinkError};

/// Why a template was not compared or put.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// The cluster's own words follow what was asked.
    #[error("{asked}: the cluster answered {words}")]
    Refused { asked: String, words: String },
    #[error("{cluster} has no composable index templates: they came with Elasticsearch 7.8 and OpenSearch 1.0")]
    TooOld { cluster: String },
}

impl TemplateError {
    /// What to do now.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Sink(error) => error.advice(),
            Self::Refused { .. } => {
                "Allow these credentials to read and manage index templates, or correct what the cluster names."
            }
            Self::TooOld { .. } => {
                "Put the mappings that `logyard template --show` prints as a legacy template by hand."
            }
        }
    }

    pub fn unreachable(&self) -> bool {
        matches!(self, Self::Sink(error) if error.unreachable())
    }
}

/// Compares the template with the cluster's, and the newest index that it is for. Changes nothing.
pub async fn compare_template(cluster: &Cluster<'_>, template: &Template) -> Result<TemplateComparison, TemplateError> {
    let name = cluster_name(cluster).await?;
    let path = format!("/_index_template/{}", template.name);
    let found = cluster.get(&path).await?;
    let mut comparison = TemplateComparison {
        template: template.name.clone(),
        cluster: name,
        state: TemplateState::New,
        changes: Vec::new(),
        hidden_by: Vec::new(),
        hides: Vec::new(),
        index: None,
    };
    let simulated = simulate(cluster, template).await?;
    let wanted = simulated.as_ref().map_or_else(|| template.body.clone(), |answer| joined(&template.body, answer));
    if found.ok() {
        let stored = &found.body["index_templates"][0]["index_template"];
        let there = match (&simulated, simulation_of(cluster, &template.name).await?) {
            (Some(_), Some(answer)) => joined(stored, &answer),
            _ => stored.clone(),
        };
        comparison.changes = compare::changes(&there, &wanted);
        let same = comparison.changes.is_empty();
        comparison.state = if same { TemplateState::Same } else { TemplateState::Changed };
    } else if found.status != 404 {
        return Err(match found.status {
            400 | 405 => TemplateError::TooOld { cluster: comparison.cluster },
            _ => refused("reading the index template", &found),
        });
    }
    if let Some(answer) = &simulated {
        overlaps(cluster, answer, template, &mut comparison).await?;
    }
    comparison.index = newest_index(cluster, template).await?;
    Ok(comparison)
}

/// Puts the template if it differs, adds missing fields to the newest index, and compares again: that is the proof.
pub async fn put_template(cluster: &Cluster<'_>, template: &Template) -> Result<TemplateComparison, TemplateError> {
    let before = compare_template(cluster, template).await?;
    if before.state != TemplateState::Same {
        let put = cluster.put(&format!("/_index_template/{}", template.name), &template.body).await?;
        if !put.ok() {
            return Err(refused("putting the index template", &put));
        }
    }
    if let Some(IndexFields { index, missing, .. }) = before.index.filter(|index| !index.missing.is_empty()) {
        let properties = compare::only(&template.body["template"]["mappings"]["properties"], &missing);
        let put = cluster.put(&format!("/{index}/_mapping"), &json!({ "properties": properties })).await?;
        if !put.ok() {
            return Err(refused(&format!("adding fields to index {index}"), &put));
        }
    }
    compare_template(cluster, template).await
}

/// `OpenSearch 2.19.6`. A serverless collection does not say.
async fn cluster_name(cluster: &Cluster<'_>) -> Result<String, TemplateError> {
    let answer = cluster.get("/").await?;
    match answer.status {
        200 => {}
        404 => return Ok("a collection that does not say its version".to_owned()),
        _ => return Err(refused("reading its version", &answer)),
    }
    let version = &answer.body["version"];
    let Some(number) = version["number"].as_str() else {
        return Err(refused("reading its version", &answer));
    };
    let kind = if version["distribution"] == "opensearch" { "OpenSearch" } else { "Elasticsearch" };
    Ok(format!("{kind} {number}"))
}

/// The cluster's wording of the wanted template; `None` if it does not simulate.
async fn simulate(cluster: &Cluster<'_>, template: &Template) -> Result<Option<ClusterAnswer>, TemplateError> {
    // By its name: without one it would overlap with the template that it is to replace.
    let path = format!("/_index_template/_simulate/{}", template.name);
    let answer = cluster.post(&path, Some(&template.body)).await?;
    match answer.status {
        200 => Ok(Some(answer)),
        400 if answer.body["error"]["type"] == "illegal_argument_exception" => {
            Err(refused("simulating the index template", &answer))
        }
        400 | 403..=405 => Ok(None),
        _ => Err(refused("simulating the index template", &answer)),
    }
}

/// The cluster's wording of the template that it has.
async fn simulation_of(cluster: &Cluster<'_>, name: &str) -> Result<Option<ClusterAnswer>, TemplateError> {
    let answer = cluster.post(&format!("/_index_template/_simulate/{name}"), None).await?;
    Ok(answer.ok().then_some(answer))
}

/// A template with the cluster's wording of its content.
fn joined(body: &Value, simulated: &ClusterAnswer) -> Value {
    json!({
        "index_patterns": body["index_patterns"],
        "priority": body["priority"],
        "data_stream": body["data_stream"],
        "template": simulated.body["template"],
    })
}

/// Tells the templates that overlap by priority. Legacy ones never count where a composable one matches.
async fn overlaps(
    cluster: &Cluster<'_>,
    simulated: &ClusterAnswer,
    template: &Template,
    comparison: &mut TemplateComparison,
) -> Result<(), TemplateError> {
    let own = template.body["priority"].as_u64().unwrap_or_default();
    for other in simulated.body["overlapping"].as_array().into_iter().flatten() {
        let Some(name) = other["name"].as_str() else { continue };
        let found = cluster.get(&format!("/_index_template/{name}")).await?;
        let priority = found.body["index_templates"][0]["index_template"]["priority"].as_u64();
        if found.ok() && priority.unwrap_or_default() > own {
            comparison.hidden_by.push(name.to_owned());
        } else {
            comparison.hides.push(name.to_owned());
        }
    }
    Ok(())
}

/// The fields of the last index in the order of names; of indexes by date that is the newest.
async fn newest_index(cluster: &Cluster<'_>, template: &Template) -> Result<Option<IndexFields>, TemplateError> {
    let patterns: Vec<&str> =
        template.body["index_patterns"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let path = format!("/{}/_mapping?ignore_unavailable=true&allow_no_indices=true", patterns.join(","));
    let answer = cluster.get(&path).await?;
    match answer.status {
        200 => {}
        404 => return Ok(None),
        _ => return Err(refused("reading the fields of its indexes", &answer)),
    }
    let Some((index, mapping)) =
        answer.body.as_object().and_then(|indexes| indexes.iter().max_by_key(|(name, _)| *name))
    else {
        return Ok(None);
    };
    let wanted = &template.body["template"]["mappings"]["properties"];
    Ok(Some(compare::fields(index, &mapping["mappings"]["properties"], wanted)))
}

fn refused(asked: &str, answer: &ClusterAnswer) -> TemplateError {
    TemplateError::Refused { asked: asked.to_owned(), words: answer.words() }
}
