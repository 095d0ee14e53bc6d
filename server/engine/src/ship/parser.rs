//! Parses one record into one event, by the table of its format.
//!
//! Always: an event is written completely or not at all; earlier content of the buffer stays.

use model::Time;

use super::{
    cursor::{skip_field, skip_spaces},
    draft::Draft,
    error::{Likely, RecordError},
    event::EventWriter,
    format::Choice,
    origin::Origin,
    records::Record,
    timestamp::Minute,
};
use crate::log_object::{Format, Kind};

/// What parsing a record has found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parsed {
    pub format: Format,
    /// The record's own time, cut to milliseconds.
    pub time: Time,
    /// The event's id; `None` if the origin is not an object of a bucket.
    pub id: Option<u128>,
    /// Number of U+FFFD in the event that replace invalid UTF-8.
    pub replaced: u64,
    /// Number of optional fields left out, because their text is not what the format has there.
    pub omitted: u64,
}

/// Parses the records of one object. Reuses its memory: parsing a record allocates nothing unless it fails.
#[derive(Debug)]
pub struct Parser {
    choice: Choice,
    origin: Origin,
    /// With `Choice::Auto`, the format of the previous record, used for a record whose beginning is not recognised.
    last: Option<Format>,
    draft: Draft,
    scratch: Vec<u8>,
    minute: Minute,
}

impl Parser {
    /// `name` is the key or file name, if any: a hint until the first record is recognised.
    pub fn new(choice: Choice, origin: Origin, name: Option<&str>) -> Self {
        let name = origin.key().map(model::Key::as_str).or(name);
        let last = name.and_then(Kind::of_key).and_then(Kind::format);
        Self { choice, origin, last, draft: Draft::default(), scratch: Vec::new(), minute: Minute::default() }
    }

    /// Appends the record's event to `out`, without a line feed.
    pub fn event(&mut self, record: &Record<'_>, out: &mut Vec<u8>) -> Result<Parsed, RecordError> {
        if let Some(fault) = &record.fault {
            return Err(fault.clone());
        }
        // A record that parses as classic is classic: no other format has a time first and `ip:port` or `-` third. So
        // in a classic log no record is examined twice.
        if self.choice == Choice::Auto
            && self.last == Some(Format::Classic)
            && let Ok(parsed) = self.write(Format::Classic, record, out)
        {
            return Ok(parsed);
        }
        let format = self.format_of(record.bytes)?;
        self.write(format, record, out)
    }

    fn format_of(&mut self, record: &[u8]) -> Result<Format, RecordError> {
        if let Choice::Only(format) = self.choice {
            return Ok(format);
        }
        match Likely::of(record) {
            Likely::Unknown => {}
            other => return Err(RecordError::Unrecognised(other)),
        }
        self.last = Format::recognise(record).or(self.last);
        self.last.ok_or(RecordError::Unrecognised(Likely::Unknown))
    }

    fn write(&mut self, format: Format, record: &Record<'_>, out: &mut Vec<u8>) -> Result<Parsed, RecordError> {
        let mut rest = record.bytes;
        self.draft.begin(format.opening(), format.fields().len(), record.bytes.len() + self.origin.length());
        let mut event = EventWriter::new(&mut self.draft, &mut self.scratch, &mut self.minute);
        let (mut later_group, mut omitted) = (false, 0);
        for (index, field) in format.fields().iter().enumerate() {
            rest = skip_spaces(rest);
            if rest.is_empty() {
                if field.optional {
                    break;
                }
                return Err(RecordError::Missing { field: field.name, fields: index });
            }
            later_group |= field.optional;
            rest = match event.field(field, rest) {
                // Balancers changed fields of the later groups more than once: one costs itself, not the record.
                Err(RecordError::Field { .. }) if later_group => {
                    omitted += 1;
                    skip_field(rest)
                }
                written => written?,
            };
        }
        let (time, replaced) = event.finish();
        self.origin.close(record.offset, &mut self.draft);
        out.extend_from_slice(self.draft.written());
        Ok(Parsed { format, time, id: self.origin.id(record.offset), replaced, omitted })
    }
}
