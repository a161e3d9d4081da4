//! Daily quotas of keys, counted in the database.

use crate::support::process::{Place, Server};
use crate::support::{Database, TestApp, count, instant};
use cungcau::access::Caller;
use cungcau::db::write_once_on;
use cungcau::error::{Code, Problem, text};
use cungcau::ids::Randomness;
use cungcau::log::Tx;
use cungcau::quotas::{Kind, take};
use std::time::{Duration, Instant};

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
    assert_eq!(refused.code(), Code::TooManyRequests);
    let told = [
        ("Retry-After", "43200".to_owned()),
        ("RateLimit", "\"disclosures\";r=0;t=43200".to_owned()),
        ("RateLimit-Policy", "\"disclosures\";q=3;w=86400".to_owned()),
    ];
    assert_eq!(refused.headers(), told);
    take_at(&app, &key, noon, 4, Ok(())).expect("a refused one is not counted");
    take_at(&app, &other, noon, 1, Ok(())).expect("each key has its own");
    let refused = take_at(&app, &key, "2026-11-23 16:59:59", 4, Ok(())).unwrap_err();
    assert_eq!(refused.headers()[0], ("Retry-After", "1".to_owned()));
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

/// A server whose keys have a hundred tokens a day; a list takes two.
fn serve(place: &Place) -> Server {
    let mut command = place.command(&["serve", "--listen", "127.0.0.1:0"]);
    command.env("CUNGCAU_KEY_DAY", "100");
    Server::start(command)
}

fn admin_key(place: &Place) -> String {
    std::fs::read_to_string(place.data().join("admin-key.txt")).unwrap().trim().to_owned()
}

/// Asks for a list, and sees that `left` tokens are left.
#[track_caller]
fn list(server: &Server, key: &str, left: i64) {
    let answer = server.get("/v1/producers").key(key).send().expect(200);
    assert_eq!(answer.header("RateLimit-Policy"), Some("\"day\";q=100;w=86400"));
    let told = answer.header("RateLimit").unwrap();
    assert!(told.starts_with(&format!("\"day\";r={left};t=")), "{told}, not {left}");
}

/// Asks for a list, and sees that nothing is left of the day.
#[track_caller]
fn list_refused(server: &Server, key: &str) {
    let refused = server.get("/v1/producers").key(key).send().expect(429);
    assert_eq!(refused.problem_code(), "too_many_requests");
    assert_eq!(refused.header("RateLimit-Policy"), Some("\"day\";q=100;w=86400"));
    assert!(refused.header("RateLimit").unwrap().starts_with("\"day\";r=0;t="));
    let wait: i64 = refused.header("Retry-After").unwrap().parse().unwrap();
    assert!((1..=86_400).contains(&wait), "{wait}");
}

/// Waits until `used` tokens of the day are written down.
#[track_caller]
fn wait_until_written(place: &Place, used: i64) {
    let deadline = Instant::now() + Duration::from_secs(30);
    let sum = "SELECT CAST(coalesce(sum(used), 0) AS BIGINT) AS n FROM key_days WHERE kind = 'requests'";
    loop {
        let written = count(&mut place.db(), sum);
        if written == used {
            return;
        }
        assert!(written < used && Instant::now() < deadline, "{written} are written down, not {used}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_day_of_a_key_outlives_the_process() {
    let place = Place::new();
    let first = serve(&place);
    let key = admin_key(&place);
    (0..20).for_each(|n| list(&first, &key, 98 - 2 * n));
    first.get("/v1/producers").send().expect(200);
    first.signal("TERM");
    let (status, said) = first.wait(Duration::from_secs(30));
    assert!(status.success(), "{said}");
    // Known with the first request already.
    let second = serve(&place);
    (0..30).for_each(|n| list(&second, &key, 58 - 2 * n));
    list_refused(&second, &key);
    second.signal("TERM");
    second.wait(Duration::from_secs(30));
    wait_until_written(&place, 100);
    let third = serve(&place);
    list_refused(&third, &key);
    third.get("/healthz").key(&key).send().expect(200);
    third.get("/v1/producers").send().expect(200);
}

#[test]
fn a_day_of_a_key_outlives_a_process_that_is_killed_as_far_as_it_was_written_down() {
    let place = Place::new();
    let first = serve(&place);
    let key = admin_key(&place);
    (0..50).for_each(|n| list(&first, &key, 98 - 2 * n));
    list_refused(&first, &key);
    wait_until_written(&place, 100);
    first.signal("KILL");
    assert!(!first.wait(Duration::from_secs(30)).0.success());
    list_refused(&serve(&place), &key);
}

#[test]
fn who_replaces_a_key_has_no_more_tokens_of_the_day() {
    let place = Place::new();
    let first = serve(&place);
    let key = admin_key(&place);
    (0..20).for_each(|n| list(&first, &key, 98 - 2 * n));
    let rotated =
        first.post(&format!("/v1/keys/{}/rotate", id_of(&key)), &serde_json::json!({"overlap_hours": 1})).key(&key).send().expect(201);
    assert!(rotated.header("RateLimit").unwrap().starts_with("\"day\";r=55;"));
    let new = rotated.json()["key"].as_str().unwrap().to_owned();
    list(&first, &new, 53);
    list(&first, &key, 51);
    (0..25).for_each(|n| list(&first, &new, 49 - 2 * n));
    assert_eq!(first.get("/v1/keys").key(&new).send().status, 429);
    assert_eq!(first.get("/v1/keys").key(&key).send().status, 429);
    first.signal("TERM");
    let (_, said) = first.wait(Duration::from_secs(30));
    for key in [&key, &new] {
        assert!(said.contains(&format!("\"key\":\"{}\"", id_of(key))), "the log names the key that was sent:\n{said}");
    }
    wait_until_written(&place, 99);
    assert_eq!(serve(&place).get("/v1/keys").key(&new).send().status, 429);
}

#[test]
fn a_day_of_a_key_holds_for_processes_beside_one_another() {
    // SQLite is one process's.
    if Database::postgres_url().is_none() {
        return;
    }
    let place = Place::new();
    let (first, second) = (serve(&place), serve(&place));
    let key = admin_key(&place);
    (0..20).for_each(|n| list(&first, &key, 98 - 2 * n));
    wait_until_written(&place, 40);
    (0..10).for_each(|n| list(&second, &key, 58 - 2 * n));
    wait_until_written(&place, 60);
    // What a process knows of a key is five seconds old at most.
    std::thread::sleep(Duration::from_secs(5));
    (0..20).for_each(|n| list(&first, &key, 38 - 2 * n));
    list_refused(&first, &key);
    wait_until_written(&place, 100);
    std::thread::sleep(Duration::from_secs(5));
    list_refused(&second, &key);
    list_refused(&serve(&place), &key);
    wait_until_written(&place, 100);
}

#[test]
fn what_others_have_used_of_a_day_is_heard_while_a_key_is_at_work() {
    if Database::postgres_url().is_none() {
        return;
    }
    let place = Place::new();
    let (first, second) = (serve(&place), serve(&place));
    let key = admin_key(&place);
    list(&second, &key, 98);
    wait_until_written(&place, 2);
    (0..49).for_each(|n| list(&first, &key, 96 - 2 * n));
    wait_until_written(&place, 100);
    // Each of these takes two of the 98 tokens that it believes to be there, until it asks anew.
    let deadline = Instant::now() + Duration::from_secs(10);
    while second.get("/v1/producers").key(&key).send().status != 429 {
        assert!(Instant::now() < deadline, "it hears nothing");
        std::thread::sleep(Duration::from_millis(200));
    }
    list_refused(&second, &key);
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
