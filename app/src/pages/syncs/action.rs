//! What a button does to a sync, its name, and what is said once it was pressed.

use model::{Invalid, SyncAction, TableName};

/// What a form's fields ask for. A deletion is for the number of rows that its reader was shown, and only with the table's
/// name typed.
pub fn sync_action(table: &TableName, name: &str, rows: &str, confirm: &str, key: &str) -> Result<SyncAction, Invalid> {
    match name {
        "evaluate" => Ok(SyncAction::Evaluate),
        "verify" => Ok(SyncAction::Verify),
        "pause" => Ok(SyncAction::Pause),
        "resume" => Ok(SyncAction::Resume),
        "accept_epoch" => Ok(SyncAction::AcceptEpoch),
        "retry" => Ok(SyncAction::RetryQuarantined { key: (!key.is_empty()).then(|| key.to_owned()) }),
        "approve" if confirm.trim() != table.as_str() => {
            Err(Invalid::new("confirm", confirm, format!("the table's name, {table}, letter by letter")))
        }
        "approve" => {
            let read = rows.parse().map_err(|_| Invalid::new("rows", rows, "the number of rows to be deleted"))?;
            Ok(SyncAction::Approve { rows: read })
        }
        _ => Err(Invalid::new("action", name, "one of evaluate, verify, approve, accept_epoch, retry, pause, resume")),
    }
}

/// What the page says after such a form. Only the name travels in the link.
pub fn done_words(name: &str) -> Option<&'static str> {
    Some(match name {
        "evaluate" => "Asked for: the table is looked at as soon as whoever keeps it is free.",
        "verify" => {
            "Asked for: both ends are compared and nothing is changed. What differs will stand in the history below."
        }
        "approve" => "You said yes. The rows are deleted at the remote when the table is looked at next.",
        "accept_epoch" => "Accepted. The local database as it is now is followed from the next look on.",
        "retry" => "Asked for: what is in quarantine is tried again at the next look.",
        "pause" => "Paused. Nothing is looked at or changed until it is resumed.",
        "resume" => "Resumed. The table is looked at as soon as whoever keeps it is free.",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, rows: &str, confirm: &str, key: &str) -> Result<SyncAction, Invalid> {
        sync_action(&"orders".parse().unwrap(), name, rows, confirm, key)
    }

    #[test]
    fn a_deletion_needs_the_tables_name_and_the_number_that_was_shown() {
        assert_eq!(read("approve", "12000", "orders", ""), Ok(SyncAction::Approve { rows: 12_000 }));
        for confirm in ["", "order", "Orders", "customers"] {
            assert_eq!(read("approve", "12000", confirm, "").unwrap_err().field, "confirm");
        }
        assert_eq!(read("approve", "all", "orders", "").unwrap_err().field, "rows");
    }

    #[test]
    fn a_retry_is_of_one_row_or_of_all() {
        assert_eq!(read("retry", "", "", "7"), Ok(SyncAction::RetryQuarantined { key: Some("7".to_owned()) }));
        assert_eq!(read("retry", "", "", ""), Ok(SyncAction::RetryQuarantined { key: None }));
    }

    #[test]
    fn every_action_is_told_and_no_other() {
        for name in ["evaluate", "verify", "accept_epoch", "retry", "pause", "resume"] {
            assert!(read(name, "", "", "").is_ok() && done_words(name).is_some(), "{name}");
        }
        assert_eq!(read("delete", "", "", "").unwrap_err().field, "action");
        assert_eq!(done_words("<b>"), None);
    }
}
