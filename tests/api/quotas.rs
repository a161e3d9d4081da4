//! Daily quotas of keys, counted in the database.

use crate::support::{TestApp, instant};
use cungcau::access::Caller;
use cungcau::db::write_once_on;
use cungcau::error::{Code, Problem, text};
use cungcau::ids::Randomness;
use cungcau::log::Tx;
use cungcau::quotas::{Kind, take};

fn id_of(key: &str) -> String {
    format!("key_{}", key.split('_').nth(2).unwrap())
}

/// Takes one in a transaction of its own, which `end` ends.
fn take_at(app: &TestApp, key: &str, now: &str, limit: i64, end: Result<(), Problem>) -> Result<(), Problem> {
    let (caller, ids) = (Caller::system(), Randomness::System);
    write_once_on(&mut app.db(), |db| {
        let mut tx = Tx::new(db, instant(now), "TEST", b"", &caller, &ids);
        take(&mut tx, &id_of(key), Kind::Disclosures, limit)?;
        tx.finish()?;
        end
    })
}

#[test]
fn a_quota_is_exact_and_begins_anew_at_midnight_in_viet_nam() {
    let app = TestApp::start();
    let (key, other) = (app.admin(), app.auditor());
    let noon = "2026-11-23 05:00:00";
    for _ in 0..3 {
        take_at(&app, &key, noon, 3, Ok(())).unwrap();
    }
    let refused = take_at(&app, &key, noon, 3, Ok(())).unwrap_err();
    assert_eq!((refused.code(), refused.headers()), (Code::TooManyRequests, [("Retry-After", "43200".to_owned())].as_slice()));
    take_at(&app, &key, noon, 4, Ok(())).expect("a refused one is not counted");
    take_at(&app, &other, noon, 1, Ok(())).expect("each key has its own");
    let refused = take_at(&app, &key, "2026-11-23 16:59:59", 4, Ok(())).unwrap_err();
    assert_eq!(refused.headers(), [("Retry-After", "1".to_owned())]);
    take_at(&app, &key, "2026-11-23 17:00:00", 1, Ok(())).unwrap();
    assert_eq!(take_at(&app, &other, noon, 0, Ok(())).unwrap_err().code(), Code::TooManyRequests, "none at all");
}

#[test]
fn what_is_not_kept_does_not_count() {
    let app = TestApp::start();
    let key = app.admin();
    let noon = "2026-11-23 05:00:00";
    take_at(&app, &key, noon, 1, Err(Problem::forbidden(text("no", "không")))).unwrap_err();
    take_at(&app, &key, noon, 1, Ok(())).unwrap();
    take_at(&app, &key, noon, 1, Ok(())).unwrap_err();
}

#[test]
fn no_more_are_given_than_there_are_to_many_at_once() {
    let app = TestApp::start();
    let key = app.admin();
    let given = std::thread::scope(|scope| {
        let asks: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| (0..3).filter(|_| take_at(&app, &key, "2026-11-23 05:00:00", 10, Ok(())).is_ok()).count()))
            .collect();
        asks.into_iter().map(|ask| ask.join().unwrap()).sum::<usize>()
    });
    assert_eq!(given, 10);
}
