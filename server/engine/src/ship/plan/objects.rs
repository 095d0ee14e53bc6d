//! The objects of a reprocess in key order: those of a place and a window, or those of a list of keys.

use model::{Key, ReprocessSpec, Window};

use super::days::Walk;
use crate::{
    log_object::{Foreign, Kind, LogName},
    s3::{Failed, Listed, S3Client, S3Error},
};

/// What was found at a key.
#[derive(Debug)]
pub enum Found {
    /// An object to ship, unless it was shipped before.
    Object(Listed),
    /// Positively not a log of requests: of health checks, of another service, a folder, the test object of AWS.
    LeftOut(Listed),
    /// A listed key whose object cannot be requested.
    Unreadable(Key, Failed),
}

pub struct Objects {
    source: Source,
    window: Option<Window>,
}

enum Source {
    Walk(Box<Walk>),
    Keys { store: S3Client, spec: Box<ReprocessSpec>, keys: std::vec::IntoIter<Key> },
}

impl Objects {
    /// The objects of a request; only those after a key, if one is given.
    pub fn new(spec: &ReprocessSpec, store: &S3Client, after: Option<&Key>) -> Self {
        let window = spec.window;
        if spec.keys.is_empty() {
            let walk = Walk::new(store, &spec.source, window.as_ref(), after.map(ToString::to_string));
            return Self { source: Source::Walk(Box::new(walk)), window };
        }
        let mut keys: Vec<Key> =
            spec.keys.iter().filter(|key| after.is_none_or(|after| *key > after)).cloned().collect();
        keys.sort_unstable();
        keys.dedup();
        // An explicitly named key is shipped regardless of the time in its name.
        let spec = Box::new(ReprocessSpec { keys: Vec::new(), ..spec.clone() });
        Self { source: Source::Keys { store: store.clone(), spec, keys: keys.into_iter() }, window: None }
    }

    pub async fn next(&mut self) -> Result<Option<Found>, S3Error> {
        loop {
            let found = match &mut self.source {
                Source::Walk(walk) => match walk.next().await? {
                    Some(object) => Found::Object(object),
                    None => return Ok(None),
                },
                Source::Keys { store, spec, keys } => match keys.next() {
                    Some(key) => look(store, spec, key).await?,
                    None => return Ok(None),
                },
            };
            match found {
                Found::Object(object) => match choose(&object, self.window.as_ref()) {
                    Choice::Ship => return Ok(Some(Found::Object(object))),
                    Choice::LeaveOut => return Ok(Some(Found::LeftOut(object))),
                    Choice::PassOver => {}
                },
                other => return Ok(Some(other)),
            }
        }
    }
}

async fn look(store: &S3Client, spec: &ReprocessSpec, key: Key) -> Result<Found, S3Error> {
    match store.head(&spec.source.bucket, &key).await {
        Ok(head) => Ok(Found::Object(head.object)),
        Err(failed) if failed.error.fatal() => Err(failed.error),
        Err(failed) => Ok(Found::Unreadable(key, failed)),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choice {
    Ship,
    LeaveOut,
    /// Skip: it cannot hold a record of the window.
    PassOver,
}

/// Decides by the time in the key; without one by the modification time, as a record is older than its object.
fn choose(object: &Listed, window: Option<&Window>) -> Choice {
    let name = LogName::of_key(object.key.as_str());
    let in_time = window.is_none_or(|window| match &name {
        Some(name) => name.may_hold(window),
        None => object.modified >= window.from(),
    });
    match Kind::of_key(object.key.as_str()) {
        _ if !in_time => Choice::PassOver,
        Some(Kind::AlbHealthCheck) => Choice::LeaveOut,
        _ if Foreign::of_key(object.key.as_str(), object.size).is_some() => Choice::LeaveOut,
        _ => Choice::Ship,
    }
}

#[cfg(test)]
mod tests {
    use model::Time;

    use super::*;

    fn chosen(key: &str, modified: &str) -> Choice {
        let time = |text: &str| text.parse::<Time>().unwrap();
        let window = Window::new(time("2026-03-09T14:00:00Z"), time("2026-03-09T15:00:00Z")).unwrap();
        let object = Listed { key: key.parse().unwrap(), size: 1, etag: None, modified: time(modified), class: None };
        choose(&object, Some(&window))
    }

    #[test]
    fn key_time_decides_else_modification_time() {
        let log = |end: &str| format!("1_elasticloadbalancing_r_app.a.b_{end}_ip_x.log.gz");
        let late = "2026-03-10T01:00:00Z";
        assert_eq!(chosen(&log("20260309T1400Z"), late), Choice::Ship);
        assert_eq!(chosen(&log("20260309T1500Z"), late), Choice::Ship);
        assert_eq!(chosen(&log("20260309T1505Z"), late), Choice::PassOver);
        assert_eq!(chosen(&log("20260309T1355Z"), late), Choice::PassOver);
        assert_eq!(chosen("custom.log", late), Choice::Ship);
        assert_eq!(chosen("custom.log", "2026-03-09T13:59:59Z"), Choice::PassOver);
        assert_eq!(chosen(&format!("health_check_log_{}", log("20260309T1430Z")), late), Choice::LeaveOut);
        assert_eq!(chosen("elb/AWSLogs/111122223333/ELBAccessLogTestFile", late), Choice::LeaveOut);
    }
}
