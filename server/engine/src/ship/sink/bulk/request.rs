//! Builds the body of a bulk request: for each event an action line and the event.

use std::io::{self, Write};

use flate2::{Compression, write::GzEncoder};

use super::index::IndexPattern;

use crate::ship::{
    origin::split_id,
    sink::{Batch, BatchLimits},
};

/// Most bytes that an event takes in addition to its own: its action line. The id moves there from the event.
pub(super) const FRAMING: usize = BatchLimits::FRAMING;

/// Uses `create`, the only action that a data stream accepts; elsewhere it reports an existing id instead of replacing
/// the document. The id is only in the action, as the receiver rejects it as a field of the document.
pub(super) fn body(
    batch: &Batch,
    events: &[usize],
    index: Option<&IndexPattern>,
    compression: u32,
) -> io::Result<Vec<u8>> {
    if compression == 0 {
        let mut body = Vec::new();
        lines(batch, events, index, &mut body)?;
        return Ok(body);
    }
    let mut gzip = GzEncoder::new(Vec::new(), Compression::new(compression));
    lines(batch, events, index, &mut gzip)?;
    gzip.finish()
}

fn lines(batch: &Batch, events: &[usize], index: Option<&IndexPattern>, out: &mut impl Write) -> io::Result<()> {
    for event in events {
        let event = batch.event(*event);
        if let Some(index) = index {
            // A name holds nothing that JSON would escape.
            let index = index.name(event);
            let (event, id) = split_id(event).map_or((event, None), |(open, id)| (open, Some(id)));
            match id {
                Some(id) => writeln!(out, "{{\"create\":{{\"_index\":\"{index}\",\"_id\":\"{id}\"}}}}")?,
                None => writeln!(out, "{{\"create\":{{\"_index\":\"{index}\"}}}}")?,
            }
            out.write_all(event)?;
            out.write_all(if id.is_some() { b"}\n" } else { b"\n" })?;
            continue;
        }
        if let Some((open, id)) = split_id(event) {
            writeln!(out, "{{\"create\":{{\"_id\":\"{id}\"}}}}")?;
            out.write_all(open)?;
            out.write_all(b"}\n")?;
        } else {
            out.write_all(b"{\"create\":{}}\n")?;
            out.write_all(event)?;
            out.write_all(b"\n")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{super::super::Mark, *};

    #[test]
    fn id_is_in_the_action_not_document() {
        let id = "0123456789abcdef0123456789abcdef";
        let mut batch = Batch::default();
        for event in [
            format!(r#"{{"a":1,"log":{{"offset":0}},"@metadata":{{"_id":"{id}"}}}}"#),
            format!(r#"{{"a":2,"log":{{"offset":9}},"_id":"{id}"}}"#),
            r#"{"a":3,"log":{"offset":18}}"#.to_owned(),
        ] {
            batch.bytes.extend_from_slice(event.as_bytes());
            batch.bytes.push(b'\n');
            batch.marks.push(Mark { end: batch.bytes.len(), line: 1, offset: 0, id: None });
        }
        let body = String::from_utf8(body(&batch, &[0, 1, 2], None, 0).unwrap()).unwrap();
        assert_eq!(
            body,
            format!(
                "{{\"create\":{{\"_id\":\"{id}\"}}}}\n{{\"a\":1,\"log\":{{\"offset\":0}}}}\n\
                 {{\"create\":{{\"_id\":\"{id}\"}}}}\n{{\"a\":2,\"log\":{{\"offset\":9}}}}\n\
                 {{\"create\":{{}}}}\n{{\"a\":3,\"log\":{{\"offset\":18}}}}\n"
            )
        );
        let index = "elb-{a}".parse().unwrap();
        let named = String::from_utf8(super::body(&batch, &[0, 2], Some(&index), 0).unwrap()).unwrap();
        assert_eq!(
            named,
            format!(
                "{{\"create\":{{\"_index\":\"elb-1\",\"_id\":\"{id}\"}}}}\n{{\"a\":1,\"log\":{{\"offset\":0}}}}\n\
                 {{\"create\":{{\"_index\":\"elb-3\"}}}}\n{{\"a\":3,\"log\":{{\"offset\":18}}}}\n"
            )
        );
    }
}
