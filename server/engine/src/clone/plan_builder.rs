//! Builds a plan from counts and digests of the listings, pair by pair, without keeping the pairs.
//!
//! Always: a plan is a pure function of the request and of the pairs in key order. Each text is hashed with its length
//! before it, so that no two different listings give the same digest.

use model::{CloneSpec, Digest, Plan, Time};
use sha2::{Digest as _, Sha256};

use crate::s3::Listed;

/// Count and digest of the objects that only the destination has.
#[derive(Clone, Default)]
pub(super) struct Extras {
    hash: Sha256,
    pub count: u64,
    pub bytes: u64,
    pub newest: Option<Time>,
}

pub(super) struct PlanBuilder {
    /// Hash of the request and of what is missing or different.
    hash: Sha256,
    source_objects: u64,
    to_copy: u64,
    to_copy_bytes: u64,
    pub extras: Extras,
}

fn write_text(hash: &mut Sha256, text: &str) {
    hash.update((text.len() as u64).to_be_bytes());
    hash.update(text);
}

pub(super) fn write_object(hash: &mut Sha256, object: &Listed) {
    write_text(hash, object.key.as_str());
    write_text(hash, &object.etag.as_ref().map(ToString::to_string).unwrap_or_default());
    hash.update(object.size.to_be_bytes());
}

impl Extras {
    pub fn add(&mut self, object: &Listed) {
        write_object(&mut self.hash, object);
        self.count += 1;
        self.bytes += object.size;
        self.newest = self.newest.max(Some(object.modified));
    }

    pub fn digest(&self) -> Digest {
        Digest::of(self.hash.clone().finalize().into())
    }
}

impl PlanBuilder {
    pub fn of(spec: &CloneSpec) -> Self {
        let mut hash = Sha256::new();
        let asked = CloneSpec { plan: None, consent: None, report: None, dry_run: false, ..spec.clone() };
        write_text(&mut hash, &serde_json::to_string(&asked).unwrap_or_default());
        Self { hash, source_objects: 0, to_copy: 0, to_copy_bytes: 0, extras: Extras::default() }
    }

    /// Adds an object that is equal at both places.
    pub fn equal(&mut self) {
        self.source_objects += 1;
    }

    /// Adds an object that is missing or different at the destination.
    pub fn copied(&mut self, source: &Listed, destination: Option<&Listed>) {
        self.source_objects += 1;
        self.to_copy += 1;
        self.to_copy_bytes += source.size;
        self.hash.update([u8::from(destination.is_some())]);
        write_object(&mut self.hash, source);
        if let Some(destination) = destination {
            write_object(&mut self.hash, destination);
        }
    }

    pub fn finish(mut self, at: Time) -> Plan {
        let extras = self.extras.digest();
        write_text(&mut self.hash, extras.as_str());
        Plan {
            id: Digest::of(self.hash.finalize().into()),
            at,
            source_objects: self.source_objects,
            to_copy: self.to_copy,
            to_copy_bytes: self.to_copy_bytes,
            to_delete: self.extras.count,
            to_delete_bytes: self.extras.bytes,
            extras,
            newest_extra: self.extras.newest,
        }
    }
}

#[cfg(test)]
mod tests {
    use model::{Location, Mode, Selection};

    use super::*;
    use crate::s3::ETag;

    fn object(key: &str, etag: &str, modified: i64) -> Listed {
        Listed { key: key.parse().unwrap(), size: 1, etag: ETag::parse(etag), modified: Time(modified), class: None }
    }

    fn spec(bucket: &str) -> CloneSpec {
        let place = |bucket: &str| Location {
            store: "here".parse().unwrap(),
            bucket: bucket.parse().unwrap(),
            prefix: "".parse().unwrap(),
        };
        CloneSpec {
            source: place(bucket),
            destination: place("to-here"),
            mode: Mode::Mirror,
            dry_run: false,
            name: None,
            selection: Selection::default(),
            fidelity: model::Fidelity::default(),
            limits: model::Limits::default(),
            plan: None,
            report: None,
            consent: None,
        }
    }

    fn plan(bucket: &str, copied: &[Listed], extras: &[Listed]) -> Plan {
        let mut builder = PlanBuilder::of(&spec(bucket));
        for object in copied {
            builder.copied(object, None);
        }
        for object in extras {
            builder.extras.add(object);
        }
        builder.finish(Time(9))
    }

    #[test]
    fn plans_are_equal_only_for_equal_listings() {
        let (a, b) = (object("a", "1", 5), object("b", "2", 7));
        let this = plan("aaa", std::slice::from_ref(&a), std::slice::from_ref(&b));
        assert_eq!(this, plan("aaa", std::slice::from_ref(&a), std::slice::from_ref(&b)));
        assert_eq!((this.to_copy, this.to_delete, this.newest_extra), (1, 1, Some(Time(7))));
        let others = [
            plan("bbb", std::slice::from_ref(&a), std::slice::from_ref(&b)),
            plan("aaa", std::slice::from_ref(&b), std::slice::from_ref(&a)),
            plan("aaa", &[], &[a.clone(), b.clone()]),
            plan("aaa", std::slice::from_ref(&a), &[object("b", "3", 7)]),
            plan("aaa", &[object("ab", "1", 5)], std::slice::from_ref(&b)),
        ];
        assert!(others.iter().all(|other| other.id != this.id));
    }

    #[test]
    fn plan_depends_on_where_keys_end() {
        let one = plan("aaa", &[], &[object("ab", "c", 0)]);
        assert_ne!(one.extras, plan("aaa", &[], &[object("a", "bc", 0)]).extras);
    }
}
