//! The queue of a pipeline: messages are received, sorted, held while their objects are shipped, and settled.
//!
//! Always: a message is deleted once each object that it names needs no further run according to recorded runs, or if
//! it names none. A message that is not a notification, or that names an object elsewhere, is counted and left: it
//! comes back ever later, until the queue's own policy moves it to its dead-letter queue.

use std::{
    collections::{BTreeMap, HashSet},
    convert::Infallible,
    time::Duration,
};

use engine::ship::{
    Foreign, Kind,
    queue::{Message, Notification, Queue, QueueError},
};
use model::{Key, Location, Queued, Time};
use tokio::time::sleep;
use tracing::warn;

/// As long as SQS waits for a first message.
const WAIT: Duration = Duration::from_secs(20);
/// Messages of one round.
const MOST: usize = 100;
/// Messages are held again after one part in this many of the time that they are hidden.
const HOLDS: u32 = 3;
/// Left messages are counted up to this number.
const COUNTED: usize = 1_000;

pub struct Notices {
    queue: Queue,
    source: Location,
    left: HashSet<String>,
    queued: Queued,
}

/// The messages of one round.
#[derive(Default)]
pub struct Batch {
    /// Objects that they name, with the time each was written.
    pub objects: BTreeMap<Key, Time>,
    messages: Vec<(Message, Sense)>,
}

/// What a message asks for.
#[derive(Debug, PartialEq, Eq)]
enum Sense {
    Ship(Vec<(Key, Time)>),
    /// Some of the objects are not of this pipeline; those that are, are shipped all the same.
    Leave(Vec<(Key, Time)>, String),
}

impl Batch {
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    fn add(&mut self, message: Message, sense: Sense) {
        let (Sense::Ship(objects) | Sense::Leave(objects, _)) = &sense;
        self.objects.extend(objects.iter().cloned());
        self.messages.push((message, sense));
    }
}

impl Notices {
    pub fn of(queue: Queue, source: Location) -> Self {
        Self { queue, source, left: HashSet::new(), queued: Queued::default() }
    }

    pub fn queued(&self) -> Queued {
        self.queued.clone()
    }

    /// Receives messages up to a bound; waits for the first one for a while.
    pub async fn gather(&mut self, now: Time) -> Result<Batch, QueueError> {
        let waiting = self.queue.waiting().await?;
        let mut batch = Batch::default();
        let mut wait = WAIT;
        while batch.messages.len() < MOST {
            let messages = match self.queue.receive(wait).await {
                Err(error) if batch.is_empty() => return Err(error),
                Ok(messages) if !messages.is_empty() => messages,
                // What was received is shipped; the next round reports its own error.
                Ok(_) | Err(_) => break,
            };
            for message in messages {
                let sense = sense(&message.body, &self.source, now);
                if let Sense::Leave(_, why) = &sense {
                    self.leave(&message, why);
                }
                batch.add(message, sense);
            }
            wait = Duration::ZERO;
        }
        self.queued.messages = waiting.saturating_sub(batch.messages.len() as u64);
        Ok(batch)
    }

    fn leave(&mut self, message: &Message, why: &str) {
        if self.left.len() < COUNTED && self.left.insert(message.id.clone()) {
            warn!(id = message.id, why, "message left in the queue: it names no object of this pipeline");
            self.queued.left = self.left.len() as u64;
        }
        self.queued.left_because = Some(why.to_owned());
    }

    /// Keeps messages hidden for as long as this future is polled.
    pub async fn hold(&self, batch: &Batch) -> Infallible {
        let messages: Vec<Message> = batch.messages.iter().map(|(message, _)| message.clone()).collect();
        loop {
            sleep(self.queue.held() / HOLDS).await;
            if let Err(error) = self.queue.hold(&messages).await {
                warn!(%error, "messages not kept hidden; they may come back before their objects are shipped");
            }
        }
    }

    /// Deletes messages whose objects are all settled. The others come back: at once if this process ends.
    pub async fn settle(&self, batch: Batch, whole: &HashSet<Key>, ending: bool) -> Result<(), QueueError> {
        let settled = |sense: &Sense| match sense {
            Sense::Ship(objects) => objects.iter().all(|(key, _)| whole.contains(key)),
            Sense::Leave(..) => false,
        };
        let (over, back): (Vec<_>, Vec<_>) = batch.messages.into_iter().partition(|(_, sense)| settled(sense));
        let messages =
            |sorted: Vec<(Message, Sense)>| sorted.into_iter().map(|(message, _)| message).collect::<Vec<_>>();
        self.queue.delete(&messages(over)).await?;
        self.queue.give_back(&messages(back), ending).await
    }
}

fn sense(body: &str, source: &Location, now: Time) -> Sense {
    let notification = match Notification::read(body) {
        Ok(notification) => notification,
        Err(error) => return Sense::Leave(Vec::new(), error.to_string()),
    };
    let (mut ours, mut foreign) = (Vec::new(), None);
    for object in notification.created {
        if object.bucket != source.bucket || !object.key.as_str().starts_with(source.prefix.as_str()) {
            foreign.get_or_insert_with(|| {
                format!(
                    "s3://{}/{} does not lie in {}",
                    object.bucket,
                    object.key.as_str().escape_debug(),
                    source.url()
                )
            });
        } else if Kind::of_key(object.key.as_str()) != Some(Kind::AlbHealthCheck)
            && Foreign::of_key(object.key.as_str(), 0).is_none()
        {
            // A log of health checks holds no events, and what is no log needs no run.
            ours.push((object.key, object.at.unwrap_or(now)));
        }
    }
    match foreign {
        None => Sense::Ship(ours),
        Some(why) => Sense::Leave(ours, why),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(objects: &[(&str, &str)]) -> Sense {
        let record = |(bucket, key): &(&str, &str)| {
            let s3 = json!({"bucket": {"name": bucket}, "object": {"key": key}});
            json!({"eventName": "ObjectCreated:Put", "s3": s3})
        };
        let records: Vec<_> = objects.iter().map(record).collect();
        let source = Location {
            store: "aws".parse().unwrap(),
            bucket: "logs".parse().unwrap(),
            prefix: "api/".parse().unwrap(),
        };
        sense(&json!({"Records": records}).to_string(), &source, Time(7))
    }

    fn object(key: &str) -> (Key, Time) {
        (key.parse().unwrap(), Time(7))
    }

    #[test]
    fn foreign_object_is_left_and_own_is_shipped() {
        assert_eq!(told(&[("logs", "api/a"), ("logs", "api/b")]), Sense::Ship(vec![object("api/a"), object("api/b")]));
        let why = "s3://logs/web/a does not lie in s3://logs/api/".to_owned();
        assert_eq!(told(&[("logs", "api/a"), ("logs", "web/a")]), Sense::Leave(vec![object("api/a")], why));
        assert!(matches!(told(&[("other", "api/a")]), Sense::Leave(objects, _) if objects.is_empty()));
    }

    #[test]
    fn health_check_log_needs_no_run() {
        let key = "api/health_check_log_1_elasticloadbalancing_r_app.a.b_20260309T1400Z_ip_x.log.gz";
        assert_eq!(told(&[("logs", key)]), Sense::Ship(Vec::new()));
    }
}
