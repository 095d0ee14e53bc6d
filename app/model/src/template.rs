//! How a cluster's index template differs from the wanted one, in the cluster's own words.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateComparison {
    pub template: String,
    /// `OpenSearch 2.19.6`
    pub cluster: String,
    pub state: TemplateState,
    /// Where the template differs.
    pub changes: Vec<TemplateChange>,
    /// Templates of a higher priority for some of these indexes, which follow them and not this one.
    pub hidden_by: Vec<String>,
    /// Templates of a lower priority for some of these indexes, which follow this one instead.
    pub hides: Vec<String>,
    /// The newest index of these names: a template changes no index that exists.
    pub index: Option<IndexFields>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TemplateState {
    /// The cluster has no template of this name.
    New,
    Same,
    Changed,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateChange {
    /// `mappings.properties.sent_bytes.type`, or a field of an index.
    pub path: String,
    /// The template that the cluster has under this name; `None` if it has none.
    pub there: Option<String>,
    pub wanted: Option<String>,
}

/// Fields of an index that exists, compared with the wanted ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexFields {
    pub index: String,
    /// Fields that it does not have yet, which can be added.
    pub missing: Vec<String>,
    /// Fields of another type, which no index can change: they hold from the next index on.
    pub conflicts: Vec<TemplateChange>,
}

impl TemplateComparison {
    /// Whether template and newest index are as wanted.
    pub fn same(&self) -> bool {
        let index = self.index.as_ref();
        let fields = index.is_none_or(|index| index.missing.is_empty() && index.conflicts.is_empty());
        self.state == TemplateState::Same && self.hidden_by.is_empty() && fields
    }

    /// Whether putting it would change something at the cluster.
    pub fn would_change(&self) -> bool {
        self.state != TemplateState::Same || self.index.as_ref().is_some_and(|index| !index.missing.is_empty())
    }
}
