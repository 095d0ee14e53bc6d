//! What may go wrong with one request.

use hyper::Method;
use rand::{Rng, rngs::StdRng};

use crate::proxy::{Fate, Kind, Seen};

const PASSING: [(u16, &str); 6] = [
    (408, "RequestTimeout"),
    (409, "OperationAborted"),
    (409, "ConditionalRequestConflict"),
    (400, "BadDigest"),
    (400, "IncompleteBody"),
    (400, "ThrottlingException"),
];
const LATE: &str = "<Error><Code>InternalError</Code><Message>late</Message></Error>";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    SlowDown,
    InternalError,
    /// No answer for longer than any request may take.
    Stall,
    ResetBefore,
    /// Done, but the connection breaks before the answer.
    LostAnswer,
    CutAnswer,
    /// 200, with an error or nothing inside. Not done, or done all the same.
    ErrorInSuccess,
    EmptySuccess,
    /// The XML of a listing ends in its midst.
    ListingCut,
    /// The first page again, in place of the one asked for.
    PageRepeated,
    KeyRepeated,
    KeysUnordered,
    KeyMissing,
    /// `KeyCount` is not the number of keys.
    Miscounted,
    /// A bit of an object's bytes is altered, on its way here or from here.
    Altered,
    Vanishing,
    Changing,
    ClockSkew,
    ExpiredToken,
    RefusedHere,
    WrongRegion,
    WrongRegionInHeader,
    /// What may pass though its status says that the request is at fault.
    PassingRefusal,
    /// A page of something on the way, in place of the store's answer.
    Page,
}

impl Trouble {
    pub const ALL: [Self; 24] = [
        Self::SlowDown,
        Self::InternalError,
        Self::Stall,
        Self::ResetBefore,
        Self::LostAnswer,
        Self::CutAnswer,
        Self::ErrorInSuccess,
        Self::EmptySuccess,
        Self::ListingCut,
        Self::PageRepeated,
        Self::KeyRepeated,
        Self::KeysUnordered,
        Self::KeyMissing,
        Self::Miscounted,
        Self::Altered,
        Self::Vanishing,
        Self::Changing,
        Self::ClockSkew,
        Self::ExpiredToken,
        Self::RefusedHere,
        Self::WrongRegion,
        Self::WrongRegionInHeader,
        Self::PassingRefusal,
        Self::Page,
    ];

    /// Whether it can happen to this request at all.
    pub fn befalls(self, request: &Seen) -> bool {
        let listing = request.kind == Kind::List;
        let writes_or_reads = !listing && request.method != Method::HEAD && request.method != Method::DELETE;
        match self {
            Self::ListingCut | Self::KeyRepeated | Self::KeysUnordered | Self::KeyMissing | Self::Miscounted => listing,
            Self::PageRepeated => request.target.contains("continuation-token="),
            Self::Vanishing | Self::Changing => writes_or_reads,
            Self::Altered => request.has_bytes(),
            // A HEAD has no body: nothing to cut, and nothing inside.
            Self::CutAnswer | Self::ErrorInSuccess | Self::EmptySuccess | Self::Page => listing || writes_or_reads,
            _ => true,
        }
    }

    /// How often it strikes, beside the others: what ends a run at once, or changes the world, is rarer.
    pub fn weight(self) -> f64 {
        match self {
            Self::ExpiredToken | Self::WrongRegion | Self::WrongRegionInHeader => 0.05,
            Self::Stall => 0.2,
            _ => 1.0,
        }
    }

    /// What becomes of the request; not of those that change the store or stop the clock.
    pub fn fate(self, request: &Seen, random: &mut StdRng) -> Fate {
        let pick = random.random::<f64>();
        match self {
            Self::SlowDown => Fate::Refuse(503, "SlowDown"),
            Self::InternalError => Fate::Refuse(500, "InternalError"),
            Self::ResetBefore => Fate::Reset,
            Self::LostAnswer => Fate::Lost,
            Self::CutAnswer => Fate::CutOff,
            Self::ErrorInSuccess if pick < 0.5 => Fate::Answer(LATE),
            Self::ErrorInSuccess => Fate::Belied(LATE),
            Self::EmptySuccess if pick < 0.5 => Fate::Answer(""),
            Self::EmptySuccess => Fate::Belied(""),
            Self::ListingCut => Fate::Alter(Box::new(move |page| cut(&page, pick))),
            Self::PageRepeated => Fate::Instead(without_token(&request.target)),
            Self::KeyRepeated => on_keys(move |keys| keys.insert(at(pick, keys), keys[at(pick, keys)].clone())),
            Self::KeysUnordered => on_keys(move |keys| {
                let (one, last) = (at(pick, keys), keys.len() - 1);
                keys.swap(one, last);
            }),
            Self::KeyMissing => Fate::Alter(Box::new(move |page| {
                let (before, mut keys, after) = split(&page);
                if !keys.is_empty() {
                    keys.remove(at(pick, &keys));
                }
                before + &keys.concat() + &after
            })),
            Self::Miscounted => Fate::Alter(Box::new(|page| counted(&page, 1))),
            Self::Altered if request.method == Method::GET => Fate::FlipAnswer(pick),
            Self::Altered => Fate::FlipRequest(pick),
            Self::ClockSkew => Fate::Refuse(403, "RequestTimeTooSkewed"),
            Self::ExpiredToken => Fate::Refuse(400, "ExpiredToken"),
            Self::RefusedHere => Fate::Refuse(403, "AccessDenied"),
            Self::WrongRegion => Fate::Refuse(301, "PermanentRedirect"),
            Self::WrongRegionInHeader => Fate::Refuse(400, "AuthorizationHeaderMalformed"),
            Self::PassingRefusal => {
                let (status, code) = PASSING[at(pick, &PASSING)];
                Fate::Refuse(status, code)
            }
            Self::Page => {
                let status = [200, 403, 404][at(pick, &[0; 3])];
                Fate::Reply(status, vec![("content-type", "text/html".to_owned())], "<html>sign in</html>".to_owned())
            }
            Self::Stall | Self::Vanishing | Self::Changing => Fate::Forward,
        }
    }
}

fn at<T>(pick: f64, of: &[T]) -> usize {
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small")]
    let index = (pick * of.len() as f64) as usize;
    index
}

fn cut(page: &str, pick: f64) -> String {
    page[..page.floor_char_boundary(at(pick, page.as_bytes()))].to_owned()
}

fn without_token(target: &str) -> String {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let kept: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with("continuation-token=")).collect();
    format!("{path}?{}", kept.join("&"))
}

/// What stands before the objects, the objects, and what stands after.
fn split(page: &str) -> (String, Vec<String>, String) {
    let begin = page.find("<Contents>").unwrap_or(page.len());
    let end = page.rfind("</Contents>").map_or(begin, |end| end + "</Contents>".len());
    let keys = page[begin..end].split_inclusive("</Contents>").map(str::to_owned).collect();
    (page[..begin].to_owned(), keys, page[end..].to_owned())
}

/// Other objects in a page that counts them right. An empty page stays as it is.
fn on_keys(change: impl FnOnce(&mut Vec<String>) + Send + 'static) -> Fate {
    Fate::Alter(Box::new(move |page| {
        let (before, mut keys, after) = split(&page);
        if keys.is_empty() {
            return page;
        }
        let were = keys.len();
        change(&mut keys);
        let more = keys.len() - were;
        counted(&(before + &keys.concat() + &after), more)
    }))
}

/// With so much more in `KeyCount`.
fn counted(page: &str, more: usize) -> String {
    let Some((before, rest)) = page.split_once("<KeyCount>") else { return page.to_owned() };
    let Some((count, after)) = rest.split_once("</KeyCount>") else { return page.to_owned() };
    format!("{before}<KeyCount>{}</KeyCount>{after}", count.parse::<usize>().unwrap() + more)
}
