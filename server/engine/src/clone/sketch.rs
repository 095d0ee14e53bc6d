//! A plan in the making: counts and digests of what the listings show, pair by pair, nothing kept.
//!
//! Always: a pure function of the request and of the pairs in key order. Each text goes in with its length before it,
//! so that no two different listings are written alike.

use model::{CloneSpec, Digest, Plan, Time};
use sha2::{Digest as _, Sha256};

use crate::s3::Listed;

/// What the destination alone has.
#[derive(Clone, Default)]
pub(super) struct Extras {
    hash: Sha256,
    pub count: u64,
    pub bytes: u64,
    pub newest: Option<Time>,
}

pub(super) struct Sketch {
    /// Of the request, and of what is missing or different.
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

impl Sketch {
    pub fn of(spec: &CloneSpec) -> Self {
        let mut hash = Sha256::new();
        let asked = CloneSpec { plan: None, dry_run: false, ..spec.clone() };
        write_text(&mut hash, &serde_json::to_string(&asked).unwrap_or_default());
        Self { hash, source_objects: 0, to_copy: 0, to_copy_bytes: 0, extras: Extras::default() }
    }

    /// Equal at both.
    pub fn equal(&mut self) {
        self.source_objects += 1;
    }

    /// Missing or different.
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
            selection: Selection::default(),
            fidelity: model::Fidelity::default(),
            plan: None,
        }
    }

    fn plan(bucket: &str, copied: &[Listed], extras: &[Listed]) -> Plan {
        let mut sketch = Sketch::of(&spec(bucket));
        for object in copied {
            sketch.copied(object, None);
        }
        for object in extras {
            sketch.extras.add(object);
        }
        sketch.finish(Time(9))
    }

    #[test]
    fn the_same_listings_give_the_same_plan_and_others_another() {
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
    fn where_a_key_ends_is_part_of_the_plan() {
        let one = plan("aaa", &[], &[object("ab", "c", 0)]);
        assert_ne!(one.extras, plan("aaa", &[], &[object("a", "bc", 0)]).extras);
    }
}
