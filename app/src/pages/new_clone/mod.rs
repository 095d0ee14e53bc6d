//! The form for a clone: what from where to where, checked while it is filled in, with a preview of what it will do.

mod form;

pub use form::CloneForm;
