//! The changes to events of each pipeline, checked once when the configuration was read.

use std::{collections::HashMap, sync::Arc};

use engine::ship::Transform;
use model::{Pipeline, PipelineName};

/// Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Transforms(Arc<HashMap<PipelineName, Arc<Transform>>>);

impl Transforms {
    pub fn new(pipelines: &[Pipeline]) -> Self {
        let of = |pipeline: &Pipeline| Some((pipeline.name.clone(), of_pipeline(pipeline)?));
        Self(Arc::new(pipelines.iter().filter_map(of).collect()))
    }

    /// `None`: events stay as they are.
    pub fn of(&self, pipeline: Option<&PipelineName>) -> Option<Arc<Transform>> {
        self.0.get(pipeline?).cloned()
    }
}

/// The configuration refuses what cannot be read, so that no change is left out in silence.
pub fn of_pipeline(pipeline: &Pipeline) -> Option<Arc<Transform>> {
    Transform::new(&pipeline.events, &pipeline.labels).ok().flatten().map(Arc::new)
}
