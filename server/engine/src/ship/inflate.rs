//! Decompresses an object while it arrives if it is gzip; passes other objects through.
//!
//! The first two bytes decide, not the name. A gzip stream may have several members, and zeros after the last. An
//! object without bytes is empty, whatever its name.

use flate2::{Decompress, FlushDecompress, Status};

use super::error::Broken;

const GZIP: [u8; 2] = [0x1F, 0x8B];
const WINDOW_BITS: u8 = 15;

/// Takes stored bytes and returns plain bytes. Stops for good at the first fault.
pub struct Inflater {
    state: State,
    read: u64,
    fault: Option<Broken>,
}

enum State {
    Start,
    /// The first byte was gzip's; the second has not arrived yet.
    FirstByte,
    Plain,
    Member(Box<Decompress>),
    /// After a member: another member, zeros or the end may follow.
    Between,
}

impl Default for Inflater {
    fn default() -> Self {
        Self { state: State::Start, read: 0, fault: None }
    }
}

impl Inflater {
    /// Stored bytes read so far; after a fault, those before it.
    pub fn read(&self) -> u64 {
        self.read
    }

    /// Consumes `input` and writes to `output`, which must not be empty. Returns the number of bytes written; 0 with an
    /// empty `input` means that more input is needed. A fault is returned after all bytes before it have been written.
    pub fn inflate(&mut self, input: &mut &[u8], output: &mut [u8]) -> Result<usize, Broken> {
        loop {
            if let Some(fault) = &self.fault {
                return Err(fault.clone());
            }
            let Some(&first) = input.first() else {
                return match &mut self.state {
                    State::Member(_) => Ok(self.member(input, output)), // may have output left that did not fit
                    _ => Ok(0),
                };
            };
            match &mut self.state {
                State::Start if first != GZIP[0] => self.state = State::Plain,
                State::Start if input.len() == 1 => {
                    self.state = State::FirstByte;
                    self.take(input, 1);
                }
                State::Start if input[1] == GZIP[1] => self.state = new_member(),
                State::Start => self.state = State::Plain,
                State::FirstByte if first == GZIP[1] => {
                    self.state = new_member();
                    self.read = 0;
                    self.member(&mut &GZIP[..1], output); // a header gives no output
                }
                State::FirstByte => {
                    self.state = State::Plain;
                    output[0] = GZIP[0];
                    return Ok(1);
                }
                State::Plain => {
                    let length = input.len().min(output.len());
                    output[..length].copy_from_slice(&input[..length]);
                    self.take(input, length);
                    return Ok(length);
                }
                State::Member(_) => {
                    let written = self.member(input, output);
                    if written > 0 {
                        return Ok(written);
                    }
                }
                State::Between if first == 0 => self.take(input, 1),
                State::Between if first == GZIP[0] => self.state = new_member(),
                State::Between => self.fault = Some(Broken::Trailing),
            }
        }
    }

    /// Checks whether the object may end here.
    pub fn finish(&self) -> Result<(), Broken> {
        match (&self.fault, &self.state) {
            (Some(fault), _) => Err(fault.clone()),
            (None, State::Start | State::Plain | State::Between) => Ok(()),
            (None, State::FirstByte | State::Member(_)) => Err(Broken::Truncated),
        }
    }

    /// Decompresses a part of a member. Returns the number of bytes written; a fault is kept for the next call.
    fn member(&mut self, input: &mut &[u8], output: &mut [u8]) -> usize {
        let State::Member(decompress) = &mut self.state else { return 0 };
        let (read, written) = (decompress.total_in(), decompress.total_out());
        let result = decompress.decompress(input, output, FlushDecompress::None);
        let read = usize::try_from(decompress.total_in() - read).unwrap_or(input.len());
        let written = usize::try_from(decompress.total_out() - written).unwrap_or(output.len());
        self.take(input, read);
        match result {
            Ok(Status::StreamEnd) => self.state = State::Between,
            Ok(_) if read == 0 && written == 0 && !input.is_empty() => {
                self.fault = Some(Broken::Corrupt { reason: "it cannot be read any further".to_owned() });
            }
            Ok(_) => {}
            Err(error) => {
                let reason = error.message().unwrap_or("its data is not valid").to_owned();
                self.fault = Some(Broken::Corrupt { reason });
            }
        }
        written
    }

    fn take(&mut self, input: &mut &[u8], length: usize) {
        *input = &input[length..];
        self.read += length as u64;
    }
}

/// A decompressor that parses the gzip header and checks length and checksum at the end.
fn new_member() -> State {
    State::Member(Box::new(Decompress::new_gzip(WINDOW_BITS)))
}
