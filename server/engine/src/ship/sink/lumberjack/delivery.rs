//! One object's way through Lumberjack.

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
    held::Spare,
    piece::Piece,
    trouble::Trouble,
};

/// Windows on their way at once: the receiver works on one, the next is there already, and one comes.
const WINDOWS: usize = 3;

/// The bytes that a frame of JSON has beside it.
const FRAMING: usize = 10;

pub struct LumberjackDelivery {
    sink: Lumberjack,
    _place: OwnedSemaphorePermit,
    connection: Option<Connection>,
    /// Not on this connection yet, in order.
    waiting: VecDeque<Window>,
    /// On this connection and not acknowledged, the oldest first.
    under_way: VecDeque<Window>,
    encoder: Encoder,
    /// Of the newest window under way, and how much of it is written.
    frames: Vec<u8>,
    written: usize,
    spare: Spare,
    trouble: Trouble,
    delivered: Delivered,
}

/// Some events that nobody acknowledged yet.
struct Window {
    piece: Piece,
    /// Of those that it has on this connection, so many are acknowledged already.
    acknowledged: usize,
    /// Whether some of it has been written before, and so it been counted as sent.
    counted: bool,
}

/// Why nothing came forward.
enum Broke {
    /// The connection is of no use any more; the fault is what to say if another one was not either for too long.
    Connection(SinkFault),
    /// Another one would be of no use.
    Sink(SinkFault),
}

impl LumberjackDelivery {
    pub(super) fn new(sink: Lumberjack, place: OwnedSemaphorePermit) -> Self {
        Self {
            _place: place,
            connection: None,
            waiting: VecDeque::new(),
            under_way: VecDeque::new(),
            encoder: Encoder::new(sink.compression),
            frames: Vec::new(),
            written: 0,
            spare: Spare::default(),
            trouble: Trouble::new(sink.patience),
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
        while !self.waiting.is_empty() || !self.under_way.is_empty() {
            if self.step(undelivered).await.is_err() {
                break;
            }
        }
        if let Some(connection) = self.connection.take() {
            self.sink.pool.put(connection);
        }
        self.delivered
    }

    /// Brings something forward; where that fails, waits and puts everything back to be sent again.
    async fn step(&mut self, undelivered: &mut Vec<Undelivered>) -> Result<(), SinkError> {
        let fault = match self.forward().await {
            Ok(()) => return Ok(()),
            Err(Broke::Sink(fault)) => fault,
            Err(Broke::Connection(fault)) => {
                self.disconnect(&fault.to_string());
                if self.trouble.wait().await.is_ok() {
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
            None => self.sink.pool.take(&mut self.trouble, &mut self.delivered).await.map_err(Broke::Sink)?,
        };
        let connection = self.connection.insert(connection);
        let patience = self.sink.patience;
        let progress = if self.written < self.frames.len() {
            let written = timeout(patience, connection.write(&self.frames[self.written..])).await;
            written.map_err(|_| self.silent("the receiver took nothing"))?
        } else if self.under_way.len() < WINDOWS && !self.waiting.is_empty() {
            return self.begin_window().await;
        } else {
            let heard = timeout(patience, connection.answer()).await;
            heard.map_err(|_| self.silent("the receiver acknowledged nothing"))?
        };
        // Also if the connection broke: what was acknowledged before need not be sent again.
        self.listen()?;
        match progress {
            Ok(Progress::Wrote(bytes)) => self.wrote(bytes),
            Ok(Progress::Heard) => {}
            Err(error) => return Err(Broke::Connection(SinkFault::Broken { why: error.to_string() })),
        }
        Ok(())
    }

    fn wrote(&mut self, bytes: usize) {
        self.written += bytes;
        self.delivered.wire += bytes as u64;
        if let Some(newest) = self.under_way.back_mut().filter(|window| !window.counted) {
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
        self.under_way.push_back(window);
        encoded.map_err(|error| Broke::Sink(SinkFault::Protocol { why: error.to_string() }))
    }

    /// Takes in the acknowledgements that are there.
    fn listen(&mut self) -> Result<(), Broke> {
        let Some(connection) = &mut self.connection else { return Ok(()) };
        loop {
            let number = match acknowledgement(&mut connection.heard) {
                Ok(Some(number)) => number,
                Ok(None) => return Ok(()),
                Err(why) => return Err(Broke::Sink(SinkFault::Protocol { why })),
            };
            // The receiver is alive and busy.
            if number == 0 {
                continue;
            }
            let Some(oldest) = self.under_way.front_mut() else {
                return Err(Broke::Sink(SinkFault::Protocol { why: format!("it acknowledges {number} of nothing") }));
            };
            let announced = oldest.piece.events.len();
            if number > announced {
                let why = format!("it acknowledges {number} of {announced} events");
                return Err(Broke::Sink(SinkFault::Protocol { why }));
            }
            // Said already.
            if number <= oldest.acknowledged {
                continue;
            }
            self.delivered.acknowledged += (number - oldest.acknowledged) as u64;
            oldest.acknowledged = number;
            self.trouble.over();
            if number == announced
                && let Some(settled) = self.under_way.pop_front()
            {
                self.spare.put(settled.piece.batch);
            }
        }
    }

    /// What is not acknowledged is to be sent again, before what was not sent yet.
    fn disconnect(&mut self, why: &str) {
        self.connection = None;
        self.delivered.connections.destroyed += 1;
        self.delivered.socket_failed(why);
        self.frames.clear();
        self.written = 0;
        while let Some(mut window) = self.under_way.pop_back() {
            window.piece.events.start += window.acknowledged;
            window.acknowledged = 0;
            self.waiting.push_front(window);
        }
    }

    fn silent(&self, what: &'static str) -> Broke {
        Broke::Connection(SinkFault::Silent { what, patience: self.sink.patience })
    }
}
