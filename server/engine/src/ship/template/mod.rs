//! The index template for events: what each field is, compared with a cluster and put there.
//!
//! - `mappings`: the wanted template, made from the tables of the formats
//! - `compare`: two templates or mappings as the cluster itself words them. Pure
//! - `cluster`: what a cluster has, and putting what differs
//!
//! Always: a template that is the same is not put again. What a cluster answers is compared, not what was sent: it writes
//! numbers as texts and fills in defaults. No index is changed but by new fields, and none is deleted or reindexed.

mod cluster;
mod compare;
mod mappings;

pub use self::{
    cluster::{TemplateError, compare_template, put_template},
    mappings::Template,
};
