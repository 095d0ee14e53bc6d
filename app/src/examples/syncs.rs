//! Example tables and remote copies for tests, in every state, with texts that look like HTML.

use model::{
    Direction, Evidence, KeySpan, MassDelete, Page, Quarantined, SpanState, SyncEnd, SyncEvaluation, SyncId,
    SyncMinute, SyncSource, SyncState, SyncStatus, SyncView, Time, Verified,
};

const START: i64 = 1_770_000_000_000;
const MINUTE_MS: i64 = 60_000;

pub const SYNC_STATES: [SyncState; 11] = [
    SyncState::New,
    SyncState::InSync,
    SyncState::Uploading,
    SyncState::Reconciling,
    SyncState::HeldBack,
    SyncState::Quarantined,
    SyncState::Waiting,
    SyncState::EpochChanged,
    SyncState::ShapeDiffers,
    SyncState::Unreachable,
    SyncState::Refused,
];

/// A table synced by Logyard, with the values that its state implies.
pub fn sync(table: &str, state: SyncState) -> SyncStatus {
    let looked = state != SyncState::New;
    let waiting = state == SyncState::Waiting;
    SyncStatus {
        table: table.parse().unwrap(),
        source: SyncSource::Logyard,
        state,
        since: Time(START),
        reason: "The remote said <b>so</b>.".to_owned(),
        local: looked.then_some(SyncEnd { count: 1_000_000, version: Some(1_204_311) }),
        remote: looked.then_some(SyncEnd { count: 999_988, version: Some(1_204_299) }),
        behind: looked.then_some(12),
        rate: (state == SyncState::Uploading).then_some(812.0),
        left_ms: (state == SyncState::Uploading).then_some(190_000),
        verified: looked.then_some(Verified { below: 1_204_300, at: Time(START), shown_by: Evidence::Cells }),
        compared: None,
        held_back: None,
        waiting: waiting.then_some(MassDelete { rows: 12_000, remote_rows: 999_988 }),
        quarantined: if state == SyncState::Quarantined { 2 } else { 0 },
        batch: looked.then_some(500),
        position: looked.then_some(1_204_299),
        paused: false,
        looked_at: looked.then_some(Time(START + 5_000)),
        every_ms: 10_000,
        holder: Some("worker-<1>".to_owned()),
        held: true,
    }
}

/// A minute with this index, counted from 0.
pub fn minute(index: i64, requests: u64, found: u64) -> SyncMinute {
    SyncMinute {
        at: Time(START + index * MINUTE_MS),
        uploaded: found,
        deleted: 0,
        found,
        requests,
        bytes_sent: requests * 200,
        bytes_received: requests * 360,
        local_rows: requests * 64,
        remote_rows: requests * 64,
        batch: 500,
    }
}

fn evaluation(number: u128, verify: bool) -> SyncEvaluation {
    SyncEvaluation {
        id: SyncId(uuid::Uuid::from_u128((0x0198_5c0d << 96) + number)),
        started_at: Time(START),
        ended_at: Time(START + 1_200),
        verify,
        state: SyncState::InSync,
        reason: "Nothing <i>differs</i>.".to_owned(),
        verified: Some(Verified { below: 1_204_300, at: Time(START), shown_by: Evidence::Cells }),
        uploaded: 3,
        deleted: 1,
        found: 4,
        rounds: 2,
        requests: 5,
        bytes_sent: 900,
        bytes_received: 1_400,
        local_rows: 640,
        remote_rows: 650,
    }
}

/// A view with differences in the first minute and none in the forty after it.
pub fn sync_view(state: SyncState) -> SyncView {
    let span = |index: u64| KeySpan {
        from: index * 4_096,
        until: (index + 1) * 4_096,
        rows: (index != 2).then_some(4_000),
        look: match index {
            0 | 1 | 5 => SpanState::Verified,
            2 | 3 => SpanState::Differing,
            _ => SpanState::NotYet,
        },
    };
    let place = |end: &str, place: &str| Direction { end: end.to_owned(), place: place.to_owned() };
    SyncView {
        now: Time(START + 41 * MINUTE_MS),
        sync: sync("orders", state),
        places: vec![
            place("local", "table orders of postgres://db.internal/<shop>"),
            place("remote", "https://copy.example.com/v1/customers/acme/databases/shop/tables/orders"),
        ],
        map: (0..6).map(span).collect(),
        minutes: std::iter::once(minute(0, 10, 4)).chain((1..41).map(|index| minute(index, 2, 0))).collect(),
        quarantine: vec![Quarantined {
            key: "7<script>".to_owned(),
            version: 41,
            error: "value too long for <b>type</b> character(5)".to_owned(),
            attempts: 3,
            retry_at: Time(START + 42 * MINUTE_MS),
        }],
        evaluations: Page { items: vec![evaluation(2, true), evaluation(1, false)], next: Some("older".to_owned()) },
    }
}
