//! The sink for lines over TCP or TLS, to receivers that do not acknowledge: Logstash's `json_lines`, rsyslog,
//! syslog-ng.
//!
//! The only available evidence is an orderly close: everything was written, our half was closed, and then the receiver
//! closed too. That makes events *sent*, never delivered. So a connection carries events of one object only, and no
//! more than can be kept until its close; then the next connection is used. If a connection breaks, the events written
//! to it are given up: they may have arrived, but nothing confirms it. Events not completely written go on the next
//! connection.

use std::{sync::Arc, time::Duration};

use tokio::{sync::OwnedSemaphorePermit, time::timeout};

use super::{
    Batch, Delivered, Settings, SinkError, Undelivered,
    connection::{Connection, Progress},
    error::SinkFault,
    pace::Pace,
    pool::Pool,
    retry_budget::RetryBudget,
    unconfirmed::Unconfirmed,
    url::Peer,
};

#[derive(Clone)]
pub(super) struct Lines {
    name: Arc<str>,
    pub pool: Arc<Pool>,
    pace: Arc<Pace>,
    patience: Duration,
    unproven_bytes: usize,
}

pub(super) struct LinesDelivery {
    sink: Lines,
    _place: OwnedSemaphorePermit,
    connection: Option<Connection>,
    unconfirmed: Unconfirmed,
    retries: RetryBudget,
    delivered: Delivered,
}

impl Lines {
    pub async fn open(peer: &Peer, settings: &Settings, pace: Arc<Pace>) -> Result<Self, SinkFault> {
        Ok(Self {
            name: settings.url.to_string().into(),
            pool: Pool::open(peer, settings).await?,
            pace,
            patience: settings.patience,
            unproven_bytes: settings.unproven_bytes,
        })
    }

    pub async fn delivery(&self) -> Result<LinesDelivery, SinkError> {
        Ok(LinesDelivery {
            _place: self.pool.place().await.map_err(|fault| fault.at(&self.name))?,
            connection: None,
            unconfirmed: Unconfirmed::default(),
            retries: RetryBudget::new(self.patience),
            delivered: Delivered::default(),
            sink: self.clone(),
        })
    }

    fn silent(&self, what: &'static str) -> SinkFault {
        SinkFault::Silent { what, patience: self.patience }
    }
}

impl LinesDelivery {
    pub async fn send(&mut self, batch: &mut Batch, undelivered: &mut Vec<Undelivered>) -> Result<(), SinkError> {
        self.unconfirmed.take(batch);
        let mut sent = self.write(undelivered).await;
        if sent.is_ok() && self.unconfirmed.bytes() >= self.sink.unproven_bytes {
            sent = self.confirm(undelivered).await;
        }
        sent.map_err(|fault| {
            self.unconfirmed.give_up(&fault.to_string(), undelivered);
            fault.at(&self.sink.name)
        })
    }

    pub async fn finish(mut self, undelivered: &mut Vec<Undelivered>) -> Delivered {
        let confirmed = match self.write(undelivered).await {
            Ok(()) => self.confirm(undelivered).await,
            error => error,
        };
        if let Err(fault) = confirmed {
            self.unconfirmed.give_up(&fault.to_string(), undelivered);
        }
        self.delivered
    }

    /// Writes all unconfirmed events, over as many connections as needed.
    async fn write(&mut self, undelivered: &mut Vec<Undelivered>) -> Result<(), SinkFault> {
        while let Some((batch, from)) = self.unconfirmed.next() {
            let to = self.sink.pace.piece(&batch, from).await;
            let patience = self.sink.patience;
            let connection = self.connected().await?;
            // Such a receiver's output has no meaning.
            connection.received.clear();
            match timeout(patience, connection.write(&batch.bytes[from..to])).await {
                Ok(Ok(Progress::Received)) => {}
                Ok(Ok(Progress::Wrote(bytes))) => {
                    self.unconfirmed.wrote(bytes);
                    self.delivered.wire += bytes as u64;
                }
                Ok(Err(error)) => self.broke(&error.to_string(), undelivered).await?,
                Err(_) => {
                    let fault = self.sink.silent("the receiver took nothing");
                    self.lose(&fault.to_string(), undelivered);
                    return Err(fault);
                }
            }
        }
        Ok(())
    }

    async fn connected(&mut self) -> Result<&mut Connection, SinkFault> {
        let connection = if let Some(connection) = self.connection.take() {
            connection
        } else {
            let connection = self.sink.pool.take(&mut self.retries, &mut self.delivered).await?;
            self.sink.pool.stand_by();
            connection
        };
        Ok(self.connection.insert(connection))
    }

    /// Closes the connection in order, which makes the events on it sent.
    async fn confirm(&mut self, undelivered: &mut Vec<Undelivered>) -> Result<(), SinkFault> {
        let Some(connection) = &mut self.connection else { return Ok(()) };
        match timeout(self.sink.patience, connection.close()).await {
            Ok(Ok(())) => {
                self.connection = None;
                self.delivered.connections.destroyed += 1;
                self.delivered.sent += self.unconfirmed.arrived();
                self.retries.reset();
                Ok(())
            }
            Ok(Err(error)) => self.broke(&error.to_string(), undelivered).await,
            Err(_) => {
                let fault = self.sink.silent("everything was written, and the receiver did not close its half");
                self.lose(&fault.to_string(), undelivered);
                Err(fault)
            }
        }
    }

    /// Gives up the written events, and waits before the next attempt.
    async fn broke(&mut self, why: &str, undelivered: &mut Vec<Undelivered>) -> Result<(), SinkFault> {
        self.lose(why, undelivered);
        self.retries.wait().await.map_err(|_| SinkFault::Broken { why: why.to_owned() })
    }

    fn lose(&mut self, why: &str, undelivered: &mut Vec<Undelivered>) {
        self.connection = None;
        self.delivered.connections.destroyed += 1;
        self.delivered.socket_failed(why);
        self.unconfirmed.give_up_written(&format!("written to a connection that then broke: {why}"), undelivered);
    }
}
