//! Each trouble by itself: now and then, often, and more often than not; both ways of copying.

use super::{
    Trouble,
    rounds::{Case, Way},
    survive,
};

const CHANCES: [f64; 3] = [0.05, 0.2, 0.6];
const SEEDS: u64 = 6;

async fn survived(trouble: Trouble) {
    let mut struck = 0;
    for (seed, chance) in (0..SEEDS).zip(CHANCES.into_iter().cycle()) {
        let way = if seed % 2 == 0 { Way::Copied } else { Way::Streamed };
        let large = seed < 2;
        let (errors, failed) = survive(&Case { seed, troubles: &[trouble], chance, way, large }).await;
        struck += errors + failed;
    }
    if trouble == Trouble::KeysUnordered {
        assert_eq!(struck, 0, "listings without order are sorted, and that is that");
    } else {
        assert!(struck > 0, "{trouble:?} never did any harm: it is not tested here");
    }
}

macro_rules! survives {
    ($($name:ident: $trouble:ident;)+) => {
        $(#[tokio::test]
        async fn $name() {
            survived(Trouble::$trouble).await;
        })+
    };
}

survives! {
    slow_down_loses_nothing: SlowDown;
    internal_errors_lose_nothing: InternalError;
    stalls_lose_nothing: Stall;
    broken_connections_lose_nothing: ResetBefore;
    lost_answers_lose_nothing: LostAnswer;
    answers_that_break_off_lose_nothing: CutAnswer;
    errors_inside_success_lose_nothing: ErrorInSuccess;
    success_with_nothing_inside_loses_nothing: EmptySuccess;
    listings_cut_short_lose_nothing: ListingCut;
    pages_that_come_again_lose_nothing: PageRepeated;
    keys_listed_twice_lose_nothing: KeyRepeated;
    keys_out_of_order_lose_nothing: KeysUnordered;
    keys_missing_from_a_page_lose_nothing: KeyMissing;
    pages_that_count_wrong_lose_nothing: Miscounted;
    altered_bytes_lose_nothing: Altered;
    objects_that_vanish_take_no_other_with_them: Vanishing;
    objects_that_change_are_copied_as_some_version_of_them: Changing;
    a_clock_that_is_wrong_loses_nothing: ClockSkew;
    credentials_that_expire_lose_nothing: ExpiredToken;
    permissions_that_are_missing_lose_nothing: RefusedHere;
    another_region_loses_nothing: WrongRegion;
    another_region_in_the_header_loses_nothing: WrongRegionInHeader;
    refusals_that_pass_lose_nothing: PassingRefusal;
    pages_of_a_proxy_lose_nothing: Page;
}
