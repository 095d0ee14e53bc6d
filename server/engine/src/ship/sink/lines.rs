//! Lines over TCP or TLS, to a receiver that acknowledges nothing: Logstash's `json_lines`, rsyslog, syslog-ng.
//!
//! The only proof there is: everything was written, our half closed, and then the receiver closed too. So a
//! connection carries one object's events only, and of these no more than can be kept meanwhile; then the proof is
//! waited for and the next connection taken. If a connection breaks, what was written to it is given back: it may have
//! arrived, and nothing says so. What was not yet written whole goes on with the next.

use std::{sync::Arc, time::Duration};

use tokio::{sync::OwnedSemaphorePermit, time::timeout};

use super::{
    Batch, Delivered, Settings, SinkError, Undelivered,
    connection::{Connection, Progress},
    error::SinkFault,
    held::Held,
    pace::Pace,
    pool::Pool,
    trouble::Trouble,
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
    held: Held,
    trouble: Trouble,
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
            held: Held::default(),
            trouble: Trouble::new(self.patience),
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
        self.held.take(batch);
        let mut sent = self.write(undelivered).await;
        if sent.is_ok() && self.held.bytes() >= self.sink.unproven_bytes {
            sent = self.prove(undelivered).await;
        }
        sent.map_err(|fault| {
            self.held.give_up(&fault.to_string(), undelivered);
            fault.at(&self.sink.name)
        })
    }

    pub async fn finish(mut self, undelivered: &mut Vec<Undelivered>) -> Delivered {
        let proven = match self.write(undelivered).await {
            Ok(()) => self.prove(undelivered).await,
            error => error,
        };
        if let Err(fault) = proven {
            self.held.give_up(&fault.to_string(), undelivered);
        }
        self.delivered
    }

    /// Writes everything that is held, over as many connections as it takes.
    async fn write(&mut self, undelivered: &mut Vec<Undelivered>) -> Result<(), SinkFault> {
        while let Some((batch, from)) = self.held.next() {
            let to = self.sink.pace.piece(&batch, from).await;
            let patience = self.sink.patience;
            let connection = self.connected().await?;
            // What such a receiver says means nothing.
            connection.heard.clear();
            match timeout(patience, connection.write(&batch.bytes[from..to])).await {
                Ok(Ok(Progress::Heard)) => {}
                Ok(Ok(Progress::Wrote(bytes))) => {
                    self.held.wrote(bytes);
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
            let connection = self.sink.pool.take(&mut self.trouble, &mut self.delivered).await?;
            self.sink.pool.stand_by();
            connection
        };
        Ok(self.connection.insert(connection))
    }

    /// Waits for the receiver's close: what is held has arrived.
    async fn prove(&mut self, undelivered: &mut Vec<Undelivered>) -> Result<(), SinkFault> {
        let Some(connection) = &mut self.connection else { return Ok(()) };
        match timeout(self.sink.patience, connection.close()).await {
            Ok(Ok(())) => {
                self.connection = None;
                self.delivered.connections.destroyed += 1;
                self.delivered.sent += self.held.arrived();
                self.trouble.over();
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

    /// Gives back what was written, and waits before anything is tried again.
    async fn broke(&mut self, why: &str, undelivered: &mut Vec<Undelivered>) -> Result<(), SinkFault> {
        self.lose(why, undelivered);
        self.trouble.wait().await.map_err(|_| SinkFault::Broken { why: why.to_owned() })
    }

    fn lose(&mut self, why: &str, undelivered: &mut Vec<Undelivered>) {
        self.connection = None;
        self.delivered.connections.destroyed += 1;
        self.delivered.socket_failed(why);
        self.held.give_up_written(&format!("written to a connection that then broke: {why}"), undelivered);
    }
}
