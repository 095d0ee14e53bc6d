//! What the codes and statuses of stores mean.

use aws_sdk_s3::config::http::HttpResponse;
use model::BucketName;

use super::{
    Action, Answer, S3Fault,
    answer::{came, element},
    classify::Context,
    exchange::{self, Sent},
};

impl Context {
    /// Turns an answer that is no success into a fault. `why` is the SDK's reason if it could not parse the answer.
    pub(super) fn fault(&self, answer: &Answer, response: &HttpResponse, why: String) -> S3Fault {
        if let Some(fault) = skewed(answer, response).or_else(|| self.elsewhere(answer, response)) {
            return fault;
        }
        if answer.code.is_empty() && response.body().bytes().is_none_or(|body| !body.is_empty()) {
            return not_understood(answer, response, why);
        }
        let (code, message) = (answer.code.as_str(), answer.message.as_str());
        let other = || S3Fault::Other(Box::new(answer.clone()));
        match (code, answer.status) {
            ("", ..300) => self.empty(answer),
            ("NoSuchBucket", _) => S3Fault::NoBucket,
            ("NoSuchKey" | "NotFound", _) => S3Fault::NotFound,
            ("PreconditionFailed", _) | (_, 412) => S3Fault::Changed,
            ("InvalidObjectState" | "ObjectNotInActiveTierError", _) => S3Fault::Archived,
            ("AccessControlListNotSupported", _) => S3Fault::NoAcls,
            ("NotImplemented", _) if self.action == Action::ReadAcl => S3Fault::NoAcls,
            ("ObjectLockConfigurationNotFoundError", _) => S3Fault::NoObjectLock,
            ("NotImplemented", _) if self.action == Action::ReadLockSettings => S3Fault::NoObjectLock,
            ("InvalidRequest", _) if says_no_lock(message) => S3Fault::NoObjectLock,
            (
                "InvalidAccessKeyId"
                | "InvalidSecurity"
                | "SignatureDoesNotMatch"
                | "ExpiredToken"
                | "InvalidToken"
                | "TokenRefreshRequired",
                _,
            ) => S3Fault::BadCredentials { code: code.to_owned() },
            _ if is_blocked(code) => S3Fault::Blocked,
            _ if is_full(code, answer.status, message) => S3Fault::Full,
            _ if is_locked(code, message) => S3Fault::Locked,
            _ if is_denial(code, answer.status) => denial(message),
            _ if answer.throttles() => {
                S3Fault::Throttled { code: if code.is_empty() { answer.status.to_string() } else { code.into() } }
            }
            ("RequestTimeout", _) => S3Fault::Broken { why: "the store waited in vain for the request".to_owned() },
            // Aborted by someone else, or completed by a request whose answer was lost: it says nothing of the object.
            ("NoSuchUpload", _) => other(),
            (_, 404) if self.action == Action::List => S3Fault::NoBucket,
            (_, 404) => S3Fault::NotFound,
            _ => other(),
        }
    }

    /// The store names another region or address, which the next request uses.
    fn elsewhere(&self, answer: &Answer, response: &HttpResponse) -> Option<S3Fault> {
        let sent = Sent::before(response);
        let bucket = self.bucket.as_ref().map(BucketName::as_str);
        let about_region = matches!(
            answer.code.as_str(),
            "PermanentRedirect" | "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException"
        );
        let refused = about_region || matches!(answer.status, 301 | 307 | 400 | 403);
        let region = region(answer, response, about_region).filter(|_| refused);
        if let Some(region) = &region
            && sent.and_then(|sent| sent.region.as_ref()).is_some_and(|used| used != region)
            && self.routes.to_region(bucket, region)
        {
            return Some(S3Fault::Moved { to: format!("region {region}") });
        }
        if about_region {
            return Some(S3Fault::WrongRegion { region });
        }
        if !matches!(answer.status, 300..400) {
            return None;
        }
        let to = response.headers().get("location").map(|to| super::answer::safe(to, 300));
        if let Some((sent, to)) = sent.and_then(|sent| sent.url.as_ref()).zip(to.as_deref())
            && matches!(answer.status, 307 | 308)
            && self.routes.redirect(bucket, sent, to)
        {
            return Some(S3Fault::Moved { to: to.to_owned() });
        }
        Some(S3Fault::Redirected { status: answer.status, to })
    }

    fn empty(&self, answer: &Answer) -> S3Fault {
        // Late failures of a write come like that, and pass.
        let writes = matches!(self.action, Action::Copy | Action::Put);
        let what = format!("it was answered with {} and nothing inside", answer.status);
        if writes { S3Fault::Unclear { what } } else { S3Fault::Unreadable { what, passes: true } }
    }
}

fn region(answer: &Answer, response: &HttpResponse, in_message: bool) -> Option<String> {
    let header = response.headers().get("x-amz-bucket-region").map(str::to_owned);
    let body = response.body().bytes().unwrap_or_default();
    let named = header.or_else(|| element(body, "Region")).or_else(|| element(body, "LocationConstraint"));
    named.or_else(|| {
        // "…; expecting 'eu-west-1'", "The eu-west-1 location constraint is incompatible …"
        let message = Some(answer.message.as_str()).filter(|_| in_message)?;
        let quoted = message.split_once("expecting '").and_then(|(_, rest)| rest.split('\'').next());
        let first = || message.strip_prefix("The ")?.split_once(" location constraint").map(|(region, _)| region);
        quoted.or_else(first).map(str::to_owned)
    })
}

/// The time of the request may be why the store refuses it. The SDK signs the next one by the store's clock.
fn skewed(answer: &Answer, response: &HttpResponse) -> Option<S3Fault> {
    let refused = matches!(answer.status, 400 | 401 | 403);
    let off = Sent::before(response).and_then(|sent| sent.skew(response)).is_some();
    (refused && (off || answer.denies_the_time())).then(|| S3Fault::ClockSkew { ahead: exchange::ahead(response) })
}

/// An answer that is not S3's, or has a field in a form that is not S3's.
fn not_understood(answer: &Answer, response: &HttpResponse, why: String) -> S3Fault {
    let body = response.body().bytes().unwrap_or_default();
    if answer.status >= 300 && answer.passes() {
        return if answer.throttles() {
            S3Fault::Throttled { code: answer.status.to_string() }
        } else {
            S3Fault::Other(Box::new(answer.clone()))
        };
    }
    if breaks_off(body) {
        return S3Fault::Broken { why: format!("the answer breaks off after {} bytes", body.len()) };
    }
    let came = Answer { message: came(response.headers().get("content-type"), body), ..answer.clone() };
    let why = if why.is_empty() { why } else { format!("; {why}") };
    S3Fault::Unreadable { what: format!("the answer is not one of S3: {came}{why}"), passes: false }
}

/// Whether it is the beginning of an XML document. Pages in HTML are never answers of S3, whole or not.
fn breaks_off(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body);
    let text = text.trim();
    if !text.starts_with('<') || text.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("<!doctype")) {
        return false;
    }
    let root = match text.strip_prefix("<?xml") {
        Some(rest) => rest.split_once("?>").map(|(_, rest)| rest.trim_start()),
        None => Some(text),
    };
    let Some(name) = root.and_then(|root| root.strip_prefix('<')) else { return true };
    let Some(end) = name.find(|c: char| c.is_whitespace() || c == '>' || c == '/') else { return true };
    let empty = name[end..].ends_with("/>") && !name[end..].contains('<');
    let name = &name[..end];
    !name.eq_ignore_ascii_case("html") && !empty && !text.ends_with(&format!("</{name}>"))
}

fn is_blocked(code: &str) -> bool {
    matches!(
        code,
        "AccountLocked"
            | "AccountProblem"
            | "AccountSuspended"
            | "AllAccessDisabled"
            | "BillingDisabled"
            | "InvalidPayer"
            | "NotSignedUp"
            | "OptInRequired"
            | "UserProjectAccountProblem"
            | "UserSuspended"
    )
}

fn is_full(code: &str, status: u16, message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    code.contains("Quota")
        || code.to_ascii_lowercase().replace('_', "").ends_with("capexceeded")
        || matches!(code, "XMinioStorageFull" | "InsufficientCapacity" | "StorageLimitExceeded" | "NotEnoughSpace")
        || status == 507
        || (status == 403 && ["quota", "cap exceeded", "storage limit"].iter().any(|words| message.contains(words)))
}

fn is_locked(code: &str, message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    matches!(code, "ObjectLocked" | "ObjectUnderRetention" | "RetentionPolicyNotMet" | "FileImmutable")
        || (is_denial(code, 403)
            && ["object lock", "worm protected", "legal hold", "retention period", "retention policy"]
                .iter()
                .any(|words| message.contains(words))
            && !message.contains("not authorized to perform"))
}

fn is_denial(code: &str, status: u16) -> bool {
    let named = matches!(
        code,
        "AccessDenied"
            | "AccessDeniedException"
            | "AccessForbidden"
            | "AuthorizationError"
            | "Forbidden"
            | "Unauthorized"
            | "UnauthorizedAccess"
    );
    named || (code.is_empty() && matches!(status, 401 | 403))
}

fn denial(message: &str) -> S3Fault {
    let named = permission(message, "perform: s3:");
    if message.contains("explicit deny") {
        return S3Fault::ExplicitlyDenied { permission: permission(message, "kms:").or(named) };
    }
    let key = permission(message, "kms:").map(|permission| S3Fault::KeyDenied { permission });
    key.or_else(|| named.map(|permission| S3Fault::NamedDenied { permission })).unwrap_or(S3Fault::Denied)
}

/// The `kms:Decrypt` of "… is not authorized to perform: kms:Decrypt on resource …", as stores name what is missing.
fn permission(message: &str, mark: &str) -> Option<String> {
    let (_, rest) = message.split_once(mark)?;
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
    let service = mark.rsplit(' ').next().unwrap_or_default();
    (end > 0).then(|| format!("{service}{}", &rest[..end]))
}

/// "Bucket is missing Object Lock Configuration", as AWS and others say it.
fn says_no_lock(message: &str) -> bool {
    let message = message.to_ascii_lowercase().replace(' ', "");
    message.contains("objectlockconfiguration") && message.contains("missing")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permission_is_read_from_the_stores_message() {
        let message =
            |what: &str| format!("User: arn:aws:iam::1:user/u is not authorized to perform: {what} on resource: x");
        assert_eq!(permission(&message("kms:Decrypt"), "kms:").as_deref(), Some("kms:Decrypt"));
        let s3 = permission(&message("s3:PutObjectRetention"), "perform: s3:");
        assert_eq!(s3.as_deref(), Some("s3:PutObjectRetention"));
        assert_eq!(permission("Access Denied", "kms:"), None);
        let denied = denial(&(message("s3:PutObject") + " with an explicit deny in a resource-based policy"));
        assert_eq!(denied, S3Fault::ExplicitlyDenied { permission: Some("s3:PutObject".to_owned()) });
    }

    #[test]
    fn missing_object_lock_is_read_from_the_message() {
        assert!(says_no_lock("Bucket is missing Object Lock Configuration"));
        assert!(says_no_lock("Bucket is missing ObjectLockConfiguration"));
        assert!(!says_no_lock("The Object Lock configuration is odd"));
    }

    #[test]
    fn quota_and_lock_are_told_from_permissions() {
        assert!(is_full("QuotaExceeded", 403, "") && is_full("storage_cap_exceeded", 403, ""));
        assert!(is_full("AccessDenied", 403, "Cannot upload files, storage cap exceeded."));
        assert!(!is_full("AccessDenied", 403, "Access Denied"));
        assert!(is_locked("AccessDenied", "Access Denied because object protected by object lock."));
        let policy = "User: u is not authorized to perform: s3:PutObject because of a retention policy";
        assert!(!is_locked("AccessDenied", policy));
        assert!(is_denial("", 403) && !is_denial("Odd", 403));
    }

    #[test]
    fn documents_that_break_off_are_told_from_whole_ones() {
        for whole in [
            "<a><b>1</b></a>",
            "<?xml version=\"1.0\"?>\n<a x=\"y\"></a>\n",
            "<a/>",
            "<html><p>",
            "<!DOCTYPE html>",
            "no",
            "",
        ] {
            assert!(!breaks_off(whole.as_bytes()), "{whole}");
        }
        for cut in ["<", "<?xml", "<?xml version=\"1.0\"?>", "<a", "<a>", "<a><b>1</b>", "<a><b/>", "<a><b>1</"] {
            assert!(breaks_off(cut.as_bytes()), "{cut}");
        }
    }
}
