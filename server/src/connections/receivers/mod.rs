//! Receivers of alerts: webhooks and topics, opened once at start-up.
//!
//! Always: only the host or the topic of a receiver is shown, never the path of a URL, which is often the secret.

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

/// One message to a receiver.
pub struct Envelope<'a> {
    /// The message's id, the same in each attempt.
    pub delivery: &'a str,
    /// `opened`, `updated`, `resolved`, `test`.
    pub what: &'a str,
    /// `None` for a test.
    pub alert: Option<&'a Alert>,
    pub attempt: u32,
    pub now: Time,
}

impl Receivers {
    /// Sends no request yet. Requests to a topic use the credentials of its store.
    pub async fn open(config: &config::Alerts, stores: &Stores, origin: Option<String>) -> Self {
        let mut entries = Vec::new();
        for webhook in &config.webhooks {
            let config::Webhook { name, url, format, secret, allow_private, ca } = webhook.clone();
            let place = url.to_string();
            let way = Way::Webhook(Webhook::new(url, secret, allow_private, ca), format);
            entries.push(Receiver { name, place, way });
        }
        for topic in &config.topics {
            // The configuration names only stores that exist.
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

    /// In the order of the configuration, without the last delivery.
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

    /// Sends once, and returns the result. `None`: no receiver has this name.
    pub async fn send(&self, name: &str, envelope: &Envelope<'_>) -> Option<Notice> {
        let receiver = self.entries.iter().find(|receiver| receiver.name == name)?;
        let began = Instant::now();
        let message = Message::new(envelope, self.origin.as_deref());
        let sent = receiver.send(envelope, &message).await;
        Some(Notice {
            alert: envelope.alert.map(|alert| alert.id),
            receiver: name.to_owned(),
            at: envelope.now,
            attempt: envelope.attempt,
            what: envelope.what.to_owned(),
            status: sent.as_ref().map_or_else(NotifyError::status, |status| *status),
            error: sent.err().map(|error| error.to_string()),
            took_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        })
    }
}

impl Receiver {
    async fn send(&self, envelope: &Envelope<'_>, message: &Message) -> Result<Option<u16>, NotifyError> {
        match &self.way {
            Way::Webhook(webhook, format) => {
                let body = match format {
                    Format::Json => message.json(),
                    Format::Slack => message.slack(),
                };
                webhook.post(envelope.delivery, envelope.now, body).await.map(Some)
            }
            Way::Topic(topic) => {
                let kind = envelope.alert.map_or("test", |alert| alert.kind.as_str());
                let attributes = [("delivery", envelope.delivery), ("what", envelope.what), ("kind", kind)];
                topic.publish(&message.subject(), message.json(), &attributes).await.map(|()| None)
            }
        }
    }
}
