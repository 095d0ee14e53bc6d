//! Who is told: webhooks and topics, opened once at start-up.
//!
//! Always: what is shown of a receiver is its host or its topic, never the path of a URL, which often is the secret.

use std::{sync::Arc, time::Instant};

use engine::notify::{NotifyError, Topic, Webhook};
use model::{Alert, Notice, ReceiverStatus, Time};

mod message;

use self::message::Message;
use crate::{
    config::{self, Format},
    connections::stores::Stores,
};

/// Cheap to clone.
#[derive(Clone)]
pub struct Receivers {
    entries: Arc<[Receiver]>,
    /// Where pages are, for links.
    origin: Option<Arc<str>>,
}

struct Receiver {
    name: String,
    place: String,
    way: Way,
}

enum Way {
    Webhook(Webhook, Format),
    Topic(Box<Topic>),
}

/// What is told once, and under which id.
pub struct Telling<'a> {
    /// The same in each attempt to say the same.
    pub delivery: &'a str,
    /// `opened`, `updated`, `resolved`, `test`.
    pub what: &'a str,
    /// `None` for a test.
    pub alert: Option<&'a Alert>,
    pub attempt: u32,
    pub now: Time,
}

impl Receivers {
    /// Asks nobody yet. A topic is asked with the credentials of its store.
    pub async fn open(config: &config::Alerts, stores: &Stores, origin: Option<String>) -> Self {
        let mut entries = Vec::new();
        for webhook in &config.webhooks {
            let config::Webhook { name, url, format, secret, allow_private, ca } = webhook.clone();
            let place = url.to_string();
            let way = Way::Webhook(Webhook::new(url, secret, allow_private, ca), format);
            entries.push(Receiver { name, place, way });
        }
        for topic in &config.topics {
            // The configuration names none that is not there.
            let Some(store) = stores.get(&topic.store) else { continue };
            let endpoint = store.client.endpoint();
            let open = Topic::connect(topic.arn.clone(), endpoint, topic.endpoint_url.as_deref()).await;
            let (name, place) = (topic.name.clone(), topic.arn.to_string());
            entries.push(Receiver { name, place, way: Way::Topic(Box::new(open)) });
        }
        Self { entries: entries.into(), origin: origin.map(Into::into) }
    }

    pub fn names(&self) -> Vec<&str> {
        self.entries.iter().map(|receiver| receiver.name.as_str()).collect()
    }

    /// In the order of the configuration, without what was told last.
    pub fn statuses(&self) -> Vec<ReceiverStatus> {
        let status = |receiver: &Receiver| ReceiverStatus {
            name: receiver.name.clone(),
            place: receiver.place.clone(),
            format: match &receiver.way {
                Way::Webhook(_, format) => format.as_str().to_owned(),
                Way::Topic(_) => "sns".to_owned(),
            },
            last: None,
        };
        self.entries.iter().map(status).collect()
    }

    /// Tries once, and says what came of it. `None`: no receiver has this name.
    pub async fn tell(&self, name: &str, telling: &Telling<'_>) -> Option<Notice> {
        let receiver = self.entries.iter().find(|receiver| receiver.name == name)?;
        let began = Instant::now();
        let message = Message::new(telling, self.origin.as_deref());
        let told = receiver.tell(telling, &message).await;
        Some(Notice {
            alert: telling.alert.map(|alert| alert.id),
            receiver: name.to_owned(),
            at: telling.now,
            attempt: telling.attempt,
            what: telling.what.to_owned(),
            status: told.as_ref().map_or_else(NotifyError::status, |status| *status),
            error: told.err().map(|error| error.to_string()),
            took_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        })
    }
}

impl Receiver {
    async fn tell(&self, telling: &Telling<'_>, message: &Message) -> Result<Option<u16>, NotifyError> {
        match &self.way {
            Way::Webhook(webhook, format) => {
                let body = match format {
                    Format::Json => message.json(),
                    Format::Slack => message.slack(),
                };
                webhook.post(telling.delivery, telling.now, body).await.map(Some)
            }
            Way::Topic(topic) => {
                let kind = telling.alert.map_or("test", |alert| alert.kind.as_str());
                let attributes = [("delivery", telling.delivery), ("what", telling.what), ("kind", kind)];
                topic.publish(&message.subject(), message.json(), &attributes).await.map(|()| None)
            }
        }
    }
}
