//! Reads exported JSON: answers of CloudWatch, as one document or line by line, or a function's own JSON log lines.

use std::io::{BufRead, Read};

use model::Time;
use serde_json::Value;

use super::{DOCUMENT, ExportError, id, next_line, time};
use crate::runs::LogEvent;

pub(super) struct Documents<'a, R> {
    file: R,
    stream: &'a str,
    number: u64,
    /// Time of the previous event; a line without a time gets the same.
    at: Option<Time>,
}

impl<'a, R: BufRead> Documents<'a, R> {
    pub(super) fn new(file: R, stream: &'a str) -> Self {
        Self { file, stream, number: 0, at: None }
    }

    pub(super) fn read(mut self, take: &mut dyn FnMut(LogEvent)) -> Result<(), ExportError> {
        let mut line = Vec::new();
        let mut number = 0;
        while next_line(&mut self.file, number + 1, &mut line)?.is_some() {
            number += 1;
            if line.trim_ascii().is_empty() {
                continue;
            }
            match serde_json::from_slice(&line) {
                Ok(document) => self.document(&document, take),
                // One document over several lines, which is the whole file then.
                Err(_) if number == 1 => {
                    line.push(b'\n');
                    self.file.by_ref().take(DOCUMENT).read_to_end(&mut line)?;
                    return match serde_json::from_slice(&line) {
                        Ok(document) => {
                            self.document(&document, take);
                            Ok(())
                        }
                        Err(error) => Err(ExportError::Json { line: error.line() as u64, why: error.to_string() }),
                    };
                }
                Err(error) => return Err(ExportError::Json { line: number, why: error.to_string() }),
            }
        }
        Ok(())
    }

    fn document(&mut self, document: &Value, take: &mut dyn FnMut(LogEvent)) {
        let lists = ["events", "results"].iter();
        let list = lists.filter_map(|name| document.get(name)).chain([document]).find_map(Value::as_array);
        match list {
            // A single row of Insights.
            Some(fields) if fields.iter().all(|field| field.get("field").is_some()) => self.event(document, take),
            Some(rows) => {
                let times: Vec<Time> = rows.iter().filter_map(at).collect();
                let newest_first = times.first() > times.last();
                for index in 0..rows.len() {
                    let index = if newest_first { rows.len() - 1 - index } else { index };
                    self.event(&rows[index], take);
                }
            }
            None => self.event(document, take),
        }
    }

    fn event(&mut self, row: &Value, take: &mut dyn FnMut(LogEvent)) {
        let text = |names: &[&str]| names.iter().find_map(|name| field(row, name)?.as_str());
        self.at = at(row).or(self.at);
        let Some(at) = self.at else { return };
        self.number += 1;
        let enveloped = field(row, "@message").or_else(|| row.get("message").filter(|_| row["timestamp"].is_number()));
        let message = enveloped.and_then(Value::as_str).map_or_else(|| row.to_string(), str::to_owned);
        take(LogEvent {
            at,
            id: text(&["eventId"]).map_or_else(|| id(self.number), str::to_owned),
            stream: text(&["logStreamName", "@logStream"]).unwrap_or(self.stream).to_owned(),
            text: message,
        });
    }
}

/// A field of an object, or of a row of Insights: `[{"field": …, "value": …}, …]`.
fn field<'a>(row: &'a Value, name: &str) -> Option<&'a Value> {
    match row {
        Value::Array(fields) => {
            fields.iter().find(|field| field.get("field").and_then(Value::as_str) == Some(name))?.get("value")
        }
        _ => row.get(name),
    }
}

fn at(row: &Value) -> Option<Time> {
    let value = ["timestamp", "@timestamp", "time"].iter().find_map(|name| field(row, name))?;
    value.as_i64().map(Time).or_else(|| time(value.as_str()?))
}
