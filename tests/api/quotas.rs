//! Daily quotas of keys, counted in the database.

use crate::support::process::{Place, Server};
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
fn who_replaces_a_key_has_no_more_of_the_day() {
    let app = TestApp::start();
    let key = app.auditor();
    let noon = "2026-11-23 05:00:00";
    let replace = |key: &str| {
        let path = format!("/v1/keys/{}/rotate", id_of(key));
        let made = app.post(&path, serde_json::json!({"overlap_hours": 1})).key(&app.admin()).send().expect(201).json();
        made["key"].as_str().unwrap().to_owned()
    };
    let second = replace(&key);
    let third = replace(&second);
    for key in [&third, &key, &second] {
        take_at(&app, key, noon, 3, Ok(())).unwrap();
    }
    for key in [&key, &second, &third] {
        assert_eq!(take_at(&app, key, noon, 3, Ok(())).unwrap_err().code(), Code::TooManyRequests);
    }
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

fn serve(place: &Place) -> Server {
    let mut command = place.command(&["serve", "--listen", "127.0.0.1:0"]);
    command.env("CUNGCAU_KEY_DAY", "100");
    Server::start(command)
}

#[test]
fn a_day_of_a_key_outlives_the_process_and_holds_for_those_beside_it() {
    let place = Place::new();
    let first = serve(&place);
    let key = std::fs::read_to_string(place.data().join("admin-key.txt")).unwrap().trim().to_owned();
    // A list takes two tokens.
    for left in (60..100).rev().step_by(2).map(|n| n - 1) {
        let answer = first.get("/v1/producers").key(&key).send().expect(200);
        assert_eq!(answer.header("RateLimit-Policy"), Some("\"day\";q=100;w=86400"));
        assert!(answer.header("RateLimit").unwrap().starts_with(&format!("\"day\";r={left};t=")), "{left}");
    }
    first.get("/v1/producers").send().expect(200);
    first.signal("TERM");
    let (status, said) = first.wait(std::time::Duration::from_secs(30));
    assert!(status.success(), "{said}");
    let second = serve(&place);
    // What the first has used it hears when it writes down the first of its own.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    let mut taken = 0;
    let ask = |taken: &mut i64| {
        let answer = second.get("/v1/producers").key(&key).send();
        *taken += if answer.status == 200 { 2 } else { 0 };
        answer
    };
    while ask(&mut taken).header("RateLimit").is_none_or(|left| !left.starts_with(&format!("\"day\";r={};", 60 - taken))) {
        assert!(std::time::Instant::now() < deadline, "{taken} are taken, and it hears nothing");
        std::thread::sleep(std::time::Duration::from_millis(500));
    }
    let refused = loop {
        let answer = ask(&mut taken);
        if answer.status != 200 {
            break answer;
        }
    };
    assert_eq!(taken, 60);
    assert_eq!(refused.problem_code(), "too_many_requests");
    assert!(refused.header("RateLimit").unwrap().starts_with("\"day\";r=0;t="));
    let wait: i64 = refused.header("Retry-After").unwrap().parse().unwrap();
    assert!((1..=86_400).contains(&wait), "{wait}");
    second.get("/healthz").key(&key).send().expect(200);
    second.get("/v1/producers").send().expect(200);
}

#[test]
fn a_person_without_a_key_has_a_share_too() {
    let app = TestApp::start();
    let (caller, ids) = (Caller::system(), Randomness::System);
    let take_one = || {
        write_once_on(&mut app.db(), |db| {
            let mut tx = Tx::new(db, instant("2026-11-23 05:00:00"), "TEST", b"", &caller, &ids);
            take(&mut tx, "person_4f1c", Kind::Disclosures, 1)?;
            tx.finish().map(drop)
        })
    };
    take_one().unwrap();
    assert_eq!(take_one().unwrap_err().code(), Code::TooManyRequests);
}
