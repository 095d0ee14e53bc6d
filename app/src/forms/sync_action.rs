//! The actions on a sync, by the names of their buttons, and the confirmation shown after each.

use model::{Invalid, SyncAction, TableName};

/// Reads an action from a form. A deletion is approved for exactly the number of rows shown, and only if the table's name
/// was typed.
pub fn sync_action(table: &TableName, name: &str, rows: &str, confirm: &str, key: &str) -> Result<SyncAction, Invalid> {
    match name {
        "evaluate" => Ok(SyncAction::Evaluate),
        "verify" => Ok(SyncAction::Verify { contents: false }),
        "compare_contents" => Ok(SyncAction::CompareContents),
        "pause" => Ok(SyncAction::Pause),
        "resume" => Ok(SyncAction::Resume),
        "accept_epoch" => Ok(SyncAction::AcceptEpoch { send_all: false }),
        "accept_and_send_all" => Ok(SyncAction::AcceptEpoch { send_all: true }),
        "retry" => Ok(SyncAction::RetryQuarantined { key: (!key.is_empty()).then(|| key.to_owned()) }),
        "approve" if confirm.trim() != table.as_str() => {
            Err(Invalid::new("confirm", confirm, format!("exactly the table's name, {table}")))
        }
        "approve" => {
            let read = rows.parse().map_err(|_| Invalid::new("rows", rows, "the number of rows to be deleted"))?;
            Ok(SyncAction::Approve { rows: read })
        }
        _ => {
            let known = "one of evaluate, verify, compare_contents, approve, accept_epoch, accept_and_send_all, retry, pause, resume";
            Err(Invalid::new("action", name, known))
        }
    }
}

/// The confirmation after an action, by the action's name in the link.
pub fn done_words(name: &str) -> Option<&'static str> {
    Some(match name {
        "evaluate" => "Requested: the table is evaluated as soon as its worker is free.",
        "verify" => {
            "Requested: both endpoints are compared and nothing is changed. The result will appear in the history below."
        }
        "approve" => "Approved. The rows are deleted at the remote at the next evaluation.",
        "compare_contents" => {
            "Requested: the values of all rows are compared, from the next evaluation on, and rows that differ are sent again."
        }
        "accept_epoch" => {
            "Accepted. The current local database is synced from the next evaluation, and all contents are compared."
        }
        "accept_and_send_all" => {
            "Accepted. All rows of the current local database are sent again, from the next evaluation on."
        }
        "retry" => "Requested: quarantined rows are retried at the next evaluation.",
        "pause" => "Paused. Nothing is checked or changed until the sync is resumed.",
        "resume" => "Resumed. The table is evaluated as soon as its worker is free.",
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
    fn deletion_needs_table_name_and_row_count() {
        assert_eq!(read("approve", "12000", "orders", ""), Ok(SyncAction::Approve { rows: 12_000 }));
        for confirm in ["", "order", "Orders", "customers"] {
            assert_eq!(read("approve", "12000", confirm, "").unwrap_err().field, "confirm");
        }
        assert_eq!(read("approve", "all", "orders", "").unwrap_err().field, "rows");
    }

    #[test]
    fn retry_is_for_one_row_or_all() {
        assert_eq!(read("retry", "", "", "7"), Ok(SyncAction::RetryQuarantined { key: Some("7".to_owned()) }));
        assert_eq!(read("retry", "", "", ""), Ok(SyncAction::RetryQuarantined { key: None }));
    }

    #[test]
    fn every_action_has_a_confirmation() {
        for name in [
            "evaluate",
            "verify",
            "compare_contents",
            "accept_epoch",
            "accept_and_send_all",
            "retry",
            "pause",
            "resume",
        ] {
            assert!(read(name, "", "", "").is_ok() && done_words(name).is_some(), "{name}");
        }
        assert_eq!(read("delete", "", "", "").unwrap_err().field, "action");
        assert_eq!(done_words("<b>"), None);
    }
}
