//! The vocabulary of Logyard as types, used by database, engines, API and pages.
//!
//! Shared by server and browser, hence serde only, no I/O, no clock, nothing large in wasm. Always: input
//! from outside (names, keys, times, cursors) is parsed into a type once and trusted afterwards.

mod alert;
mod backfill;
mod byte_size;
mod bytes_per_second;
mod canary;
mod clone;
mod consent;
mod dead_letter;
mod encryption;
mod error;
mod event;
mod event_options;
mod failure;
mod fidelity;
mod firing;
mod glob;
mod header_changes;
mod health;
mod hours;
mod id;
mod job;
mod job_name;
mod limits;
mod list;
mod live;
mod name;
mod named;
pub mod number;
mod pipeline;
mod place;
mod plan;
mod price;
mod progress;
mod proof;
mod queue;
mod report;
mod reprocess;
mod run;
mod schedule;
mod selection;
mod sentence;
mod storage_class;
mod summary;
mod sync;
mod template;
mod time;
mod view;
mod window;

pub use alert::{
    Alert, AlertAction, AlertFilter, AlertId, AlertKind, AlertList, AlertSchedule, AlertState, DeliveryId, Notice,
    ReceiverStatus,
};
pub use backfill::{BackfillSpec, Backfilled};
pub use byte_size::{ByteSize, NotASize};
pub use bytes_per_second::{BytesPerSecond, NotARate};
pub use canary::{Canary, CanarySize, MarkedEvent};
pub use clone::{ClonePreview, CloneRequest, CloneSpec, Mode, RequestCounts};
pub use consent::{Confirmation, Consent, Decision, DeletionLimits, NEEDS_CONFIRMATION, StandingConsent};
pub use dead_letter::{DeadLetterLine, DeadLetterList};
pub use encryption::{Encryption, KmsKeyId};
pub use error::{Invalid, Problem, ProblemCode};
pub use event::{Event, EventKind};
pub use event_options::{EventOptions, Redaction, Schema};
pub use failure::{Failure, FailureGroup, Reason};
pub use fidelity::{Acl, Compare, CopyBy, Fidelity, ObjectLock, UnreadableTags};
pub use firing::{Fired, Firing, FiringId, FiringList, FiringRecord, Waiting};
pub use glob::Glob;
pub use header_changes::{HeaderChange, HeaderChanges};
pub use health::{Dimension, Gap, GapKind, LossShape, Percentiles, PipelineHealth, Reconciled, Reconciliation, Tile};
pub use hours::Hours;
pub use id::JobId;
pub use job::{Action, Job, JobError, Kind, NotAllowed, Retry, Spec, State, Stop};
pub use job_name::JobName;
pub use limits::Limits;
pub use list::{Count, Cursor, Filter, Page};
pub use live::{Beat, Counts, LiveMessage, Snapshot, SyncChange};
pub use name::{BucketName, Key, PipelineName, Prefix, ScheduleName, SinkName, StoreName, TableName};
pub use pipeline::{Following, Function, Pipeline, PipelineList, PipelineStatus, PipelineView, SinkStatus};
pub use place::{Location, Place};
pub use plan::{Digest, Plan};
pub use price::{Amount, Price, Prices};
pub use progress::{Left, Limit, Phase, Point, Progress, STALLED_AFTER_MS, Stretch, StretchState};
pub use proof::{Comparison, DryRun, Proof, Shipped};
pub use queue::{QueueUrl, Queued};
pub use report::Report;
pub use reprocess::{Extent, Interval, LogFormat, LogObject, ReprocessPreview, ReprocessRequest, ReprocessSpec};
pub use run::{
    AcceptRequest, Acceptance, AcceptedRuns, Invocation, LogLine, LogTemplate, Outcome, Run, RunCursor, RunFilter,
    RunId, RunList, RunLog, RunSource, RunSums, RunView,
};
pub use schedule::{
    NextTimes, Schedule, ScheduleAction, ScheduleEdit, ScheduleId, ScheduleList, ScheduleRequest, Task, Timing,
    Upcoming,
};
pub use selection::{Attributes, KeysFrom, Selection};
pub use sentence::sentence;
pub use storage_class::{ClassFallback, ClassRule, StorageClass};
pub use summary::{
    Bytes, Connections, Failures, LAST_FEW, Lines, ParsingFailure, ReadingFailure, SendingFailure, SocketFailure,
    Summary, Tally,
};
pub use sync::{
    Direction, Evidence, HeldBack, KeySpan, MassDelete, Quarantined, SpanState, SyncAction, SyncEnd, SyncEvaluation,
    SyncId, SyncList, SyncMinute, SyncReport, SyncSource, SyncState, SyncStatus, SyncView, Verified,
};
pub use template::{IndexFields, TemplateChange, TemplateComparison, TemplateState};
pub use time::{Time, TimeError};
pub use view::{Bulk, BulkOutcome, FailurePage, Health, JobView, Overview, Settings, StoreStatus, TaskLease, Viewer};
pub use window::Window;
