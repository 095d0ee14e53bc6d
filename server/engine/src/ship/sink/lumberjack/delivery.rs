//! The delivery of one object over Lumberjack.

use std::collections::VecDeque;

use tokio::{sync::OwnedSemaphorePermit, time::timeout};

use super::{
    Lumberjack,
    frame::{Encoder, acknowledgement},
};
use crate::ship::sink::{
    Batch, Delivered, SinkError, Undelivered,
    connection::{Connection, Progress},
    error::SinkFault,
    piece::Piece,
    retry_budget::RetryBudget,
    unconfirmed::BatchPool,
};

/// Most windows in flight: the receiver processes one, has received the next, and a third is being sent.
const WINDOWS: usize = 3;

/// Bytes of a JSON frame in addition to the event.
const FRAMING: usize = 10;

pub struct LumberjackDelivery {
    sink: Lumberjack,
    _place: OwnedSemaphorePermit,
    connection: Option<Connection>,
    /// Windows not yet sent on this connection, in order.
    waiting: VecDeque<Window>,
    /// Windows sent on this connection and not acknowledged, oldest first.
    in_flight: VecDeque<Window>,
    encoder: Encoder,
    /// Frames of the newest window in flight.
    frames: Vec<u8>,
    /// Bytes of the frames that are written.
    written: usize,
    spare: BatchPool,
    retries: RetryBudget,
    delivered: Delivered,
}

/// A window of events that are not yet all acknowledged.
struct Window {
    piece: Piece,
    /// Events acknowledged on this connection.
    acknowledged: usize,
    /// Whether its events are already counted as sent.
    counted: bool,
}

/// Why a step failed.
enum Broke {
    /// The connection is unusable; the fault is reported if further connections fail for too long.
    Connection(SinkFault),
    /// Another connection would fail as well.
    Sink(SinkFault),
}

impl LumberjackDelivery {
    pub(super) fn new(sink: Lumberjack, place: OwnedSemaphorePermit) -> Self {
        Self {
            _place: place,
            connection: None,
            waiting: VecDeque::new(),
            in_flight: VecDeque::new(),
            encoder: Encoder::new(sink.compression),
            frames: Vec::new(),
            written: 0,
            spare: BatchPool::default(),
            retries: RetryBudget::new(sink.patience),
            delivered: Delivered::default(),
            sink,
        }
    }

    pub async fn send(&mut self, batch: &mut Batch, undelivered: &mut Vec<Undelivered>) -> Result<(), SinkError> {
        let batch = self.spare.swap(batch);
        let mut pieces = VecDeque::new();
        self.sink.limits.cut(&batch, FRAMING, &mut pieces);
        self.waiting.extend(pieces.into_iter().map(|piece| Window { piece, acknowledged: 0, counted: false }));
        while !self.waiting.is_empty() || self.written < self.frames.len() {
            self.step(undelivered).await?;
        }
        Ok(())
    }

    pub async fn finish(mut self, undelivered: &mut Vec<Undelivered>) -> Delivered {
        while !self.waiting.is_empty() || !self.in_flight.is_empty() {
            if let Err(error) = self.step(undelivered).await {
                self.delivered.stopped = Some(error);
                break;
            }
        }
        if let Some(connection) = self.connection.take() {
            self.sink.pool.put(connection);
        }
        self.delivered
    }

    /// Makes one step; if it fails, waits and queues unacknowledged windows to be sent again.
    async fn step(&mut self, undelivered: &mut Vec<Undelivered>) -> Result<(), SinkError> {
        let fault = match self.forward().await {
            Ok(()) => return Ok(()),
            Err(Broke::Sink(fault)) => fault,
            Err(Broke::Connection(fault)) => {
                self.disconnect(&fault.to_string());
                if self.retries.wait().await.is_ok() {
                    return Ok(());
                }
                fault
            }
        };
        if self.connection.is_some() {
            self.disconnect(&fault.to_string());
        }
        let reason = fault.to_string();
        for Window { piece, .. } in self.waiting.drain(..) {
            piece.batch.give_up(piece.events, &reason, undelivered);
        }
        Err(fault.at(&self.sink.name))
    }

    async fn forward(&mut self) -> Result<(), Broke> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.sink.pool.take(&mut self.retries, &mut self.delivered).await.map_err(Broke::Sink)?,
        };
        let connection = self.connection.insert(connection);
        let patience = self.sink.patience;
        let progress = if self.written < self.frames.len() {
            let written = timeout(patience, connection.write(&self.frames[self.written..])).await;
            written.map_err(|_| self.silent("the receiver took nothing"))?
        } else if self.in_flight.len() < WINDOWS && !self.waiting.is_empty() {
            return self.begin_window().await;
        } else {
            let received = timeout(patience, connection.answer()).await;
            received.map_err(|_| self.silent("the receiver acknowledged nothing"))?
        };
        // Even if the connection broke: events acknowledged before need not be sent again.
        self.listen()?;
        match progress {
            Ok(Progress::Wrote(bytes)) => self.wrote(bytes),
            Ok(Progress::Received) => {}
            Err(error) => return Err(Broke::Connection(SinkFault::Broken { why: error.to_string() })),
        }
        Ok(())
    }

    fn wrote(&mut self, bytes: usize) {
        self.written += bytes;
        self.delivered.wire += bytes as u64;
        if let Some(newest) = self.in_flight.back_mut().filter(|window| !window.counted) {
            newest.counted = true;
            self.delivered.sent += newest.piece.events.len() as u64;
        }
    }

    async fn begin_window(&mut self) -> Result<(), Broke> {
        let Some(window) = self.waiting.front() else { return Ok(()) };
        self.sink.pace.turn(window.piece.events.len()).await;
        let Some(mut window) = self.waiting.pop_front() else { return Ok(()) };
        self.frames.clear();
        self.written = 0;
        let encoded = self.encoder.window(&window.piece, &mut self.frames);
        window.acknowledged = 0;
        self.in_flight.push_back(window);
        encoded.map_err(|error| Broke::Sink(SinkFault::Protocol { why: error.to_string() }))
    }

    /// Processes the received acknowledgements.
    fn listen(&mut self) -> Result<(), Broke> {
        let Some(connection) = &mut self.connection else { return Ok(()) };
        loop {
            let number = match acknowledgement(&mut connection.received) {
                Ok(Some(number)) => number,
                Ok(None) => return Ok(()),
                Err(why) => return Err(Broke::Sink(SinkFault::Protocol { why })),
            };
            // The receiver is busy.
            if number == 0 {
                continue;
            }
            let Some(oldest) = self.in_flight.front_mut() else {
                return Err(Broke::Sink(SinkFault::Protocol { why: format!("it acknowledges {number} of nothing") }));
            };
            let announced = oldest.piece.events.len();
            if number > announced {
                let why = format!("it acknowledges {number} of {announced} events");
                return Err(Broke::Sink(SinkFault::Protocol { why }));
            }
            // Already acknowledged.
            if number <= oldest.acknowledged {
                continue;
            }
            self.delivered.acknowledged += (number - oldest.acknowledged) as u64;
            oldest.acknowledged = number;
            self.retries.reset();
            if number == announced
                && let Some(settled) = self.in_flight.pop_front()
            {
                self.spare.put(settled.piece.batch);
            }
        }
    }

    /// Drops the connection and queues unacknowledged windows before those not yet sent.
    fn disconnect(&mut self, why: &str) {
        self.connection = None;
        self.delivered.connections.destroyed += 1;
        self.delivered.socket_failed(why);
        self.frames.clear();
        self.written = 0;
        while let Some(mut window) = self.in_flight.pop_back() {
            window.piece.events.start += window.acknowledged;
            window.acknowledged = 0;
            self.waiting.push_front(window);
        }
    }

    fn silent(&self, what: &'static str) -> Broke {
        Broke::Connection(SinkFault::Silent { what, patience: self.sink.patience })
    }
}
