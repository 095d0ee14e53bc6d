//! The completion report as files have it: as CSV (RFC 4180), and compressed with gzip.
//!
//! Always: each piece that is compressed is a gzip member, so that pieces in a row are one file.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};

use super::completions::Completion;

/// Compresses lines of the report, or rows.
pub fn compress_completions(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    // Memory takes any writing.
    let _ = encoder.write_all(text);
    encoder.finish().unwrap_or_default()
}

/// Converts complete lines of the report: a field without a value becomes an empty cell. `header`: whether the names of the columns come first.
pub fn completions_as_csv(lines: &[u8], header: bool) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new().has_headers(header).from_writer(Vec::new());
    for line in serde_json::Deserializer::from_slice(lines).into_iter::<Completion>() {
        writer.serialize(line.map_err(|error| csv::Error::from(std::io::Error::from(error)))?)?;
    }
    if header && lines.is_empty() {
        writer.write_record(Completion::COLUMNS)?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_the_fields_of_the_lines() {
        let lines = r#"{"at":"2026-03-09T14:00:00Z","action":"copied","key":"a,\"b\n","size":7,"etag":"e","destination_key":"to/a","destination_etag":"f","evidence":"digest"}
{"at":"2026-03-09T14:00:00Z","action":"deleted","key":null,"size":1,"etag":null,"destination_key":"x","destination_etag":"g","evidence":null}
"#;
        let csv = String::from_utf8(completions_as_csv(lines.as_bytes(), true).unwrap()).unwrap();
        let (header, rows) = csv.split_once('\n').unwrap();
        assert_eq!(header, Completion::COLUMNS.join(","));
        let said =
            "2026-03-09T14:00:00Z,copied,\"a,\"\"b\n\",7,e,to/a,f,digest\n2026-03-09T14:00:00Z,deleted,,1,,x,g,\n";
        assert_eq!(rows, said);
        let again = completions_as_csv(lines.as_bytes(), false).unwrap();
        assert_eq!(String::from_utf8(again).unwrap(), said);
    }

    #[test]
    fn empty_report_has_its_header() {
        assert_eq!(completions_as_csv(b"", true).unwrap(), format!("{}\n", Completion::COLUMNS.join(",")).as_bytes());
        assert!(completions_as_csv(b"{", false).is_err());
    }
}
