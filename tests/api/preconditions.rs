//! ETags: nobody's change is lost, and nothing is sent twice.

use crate::support::document::{collections, operations};
use crate::support::{Request, TestApp, a_producer, a_product, an_ocop_certificate, json, seeds};

/// The part of an `ETag` that `If-Match` compares.
fn version(etag: &str) -> &str {
    etag.trim_matches('"').split('-').next().unwrap()
}

#[test]
fn a_script_may_say_which_version_it_replaces() {
    let app = TestApp::start();
    let admin = app.admin();
    let put = |name: &str, version: &str| {
        let body = a_producer(&app).with(json!({"name": name})).into_body();
        app.request("PUT", "/v1/producers/by-ref/script/1").key(&admin).header("If-Match", version).json(&body).send()
    };
    for version in ["*", "\"v1\""] {
        assert_eq!(put("Hợp tác xã Một (minh họa)", version).expect(412).problem_code(), "precondition_failed", "nothing is there");
    }
    let body = a_producer(&app).with(json!({"name": "Hợp tác xã Một (minh họa)"})).into_body();
    let made = app.request("PUT", "/v1/producers/by-ref/script/1").key(&admin).json(&body).send().expect(201);
    let second = put("Hợp tác xã Hai (minh họa)", &made.etag()).expect(200);
    let stale = put("Hợp tác xã Ba (minh họa)", &made.etag()).expect(412);
    assert_eq!(version(&stale.etag()), version(&second.etag()));
    let read = app.get("/v1/producers/by-ref/script/1").key(&admin).send();
    assert_eq!(stale.etag(), read.etag(), "the one that reading it gives");
    put("Hợp tác xã Ba (minh họa)", "v2").expect(400);
    assert_eq!(app.get("/v1/producers/by-ref/script/1").send().json()["name"], "Hợp tác xã Hai (minh họa)");
}

#[test]
fn whatever_changes_a_record_needs_if_match_and_a_current_one() {
    let app = TestApp::start();
    let admin = app.admin();
    let mut asked = 0;
    for operation in operations() {
        let documented = operation.spec["parameters"].as_array().unwrap().iter().any(|known| known["name"] == "If-Match");
        let changes_one = operation.path.contains("{id}") && ["PATCH", "PUT", "DELETE"].contains(&operation.method.as_str());
        let may = operation.method == "POST" || operation.path.contains("by-ref");
        assert_eq!(documented, changes_one || (documented && may), "{}", operation.id);
        // A decision may be sent without: what is legal is asked of the status. Contacts are tested with the contacts.
        if !documented || may || operation.path.contains("{contact}") {
            continue;
        }
        let collection = operation.path.split('/').nth(2).unwrap();
        let seed = seeds(&app, collection, 1).remove(0).record;
        let path = operation.path.replace("{id}", &seed.id);
        // Version 2, so that version 1 is stale.
        let second = app.patch(&seed.path, &seed.etag, json!({"illustrative": false})).key(&admin).send().expect(200);
        let (rows, head) = (app.rows(), app.log_head());
        let bare = |etag: Option<&str>| {
            let request = app.request(&operation.method, &path).key(&admin);
            let request = if operation.method == "DELETE" { request } else { request.json(&json!({"kind": "enterprise"})) };
            match etag {
                None => request,
                Some(etag) => request.header("If-Match", etag),
            }
        };
        assert_eq!(bare(None).send().expect(428).problem_code(), "precondition_required", "{}", operation.id);
        for malformed in ["v2", "\"2\"", "W/\"v2-2026-11-23-a\"", "\"v0\"", ""] {
            assert_eq!(bare(Some(malformed)).send().expect(400).problem_code(), "invalid_header", "{}: {malformed}", operation.id);
        }
        // The body is read before the record is: what is stale is told once the body can be one.
        let body_fits = operation.method == "DELETE" || operation.path.ends_with("/producer");
        if body_fits || operation.method == "PATCH" {
            let request: Request = if body_fits { bare(Some(&seed.etag)) } else { bare(Some(&seed.etag)).json(&json!({})) };
            let request =
                if operation.method == "PATCH" { request.header("Content-Type", "application/merge-patch+json") } else { request };
            let stale = request.send().expect(412);
            assert_eq!(stale.problem_code(), "precondition_failed", "{}", operation.id);
            assert_eq!(version(&stale.etag()), version(&second.etag()), "{}", operation.id);
            asked += 1;
        }
        assert_eq!((app.rows(), app.log_head()), (rows, head), "{}", operation.id);
    }
    assert!(asked >= 2 * collections().len());
}

#[test]
fn if_match_compares_the_version_whatever_day_and_view_the_etag_is_of() {
    let app = TestApp::start();
    let admin = app.admin();
    let made = a_producer(&app).create();
    let of_2020 = app.get(&format!("{}?as_of=2020-10-27", made.path)).send().expect(200).etag();
    assert!(of_2020.starts_with("\"v1-2020-10-27-p-"), "{of_2020}");
    let changed = app.patch(&made.path, &of_2020, json!({"name": "Hai"})).key(&admin).send().expect(200);
    assert!(changed.etag().starts_with("\"v2-2026-11-23-a-"), "{}", changed.etag());
    // One of several, or any.
    let list = format!("{of_2020}, {}", changed.etag());
    let changed = app.patch(&made.path, &list, json!({"name": "Ba"})).key(&admin).send().expect(200);
    assert_eq!(changed.json()["version"], 3);
    app.patch(&made.path, "*", json!({"name": "Bốn"})).key(&admin).send().expect(200);
}

#[test]
fn a_copy_that_is_current_is_not_sent_again() {
    let app = TestApp::start();
    for collection in collections() {
        let admin = app.admin();
        let seed = seeds(&app, &collection, 1).remove(0).record;
        let read = app.get(&seed.path).key(&admin).send().expect(200);
        let ask = |sent: &str| app.get(&seed.path).key(&admin).header("If-None-Match", sent).send();
        let tag = read.etag();
        for current in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".into()] {
            let answer = ask(&current).expect(304);
            assert_eq!((answer.text.as_str(), answer.etag()), ("", tag.clone()), "{collection}: {current}");
        }
        // What is shown depends on the day and on who looks.
        let others = [("v1", "v2"), ("11-23", "11-22"), ("-a-", "-p-")].map(|(from, to)| tag.replace(from, to));
        for other in others.iter().chain([&"x".to_owned(), &tag.replace('"', "")]) {
            assert_ne!(*other, tag);
            ask(other).expect(200);
        }
        app.patch(&seed.path, &tag, json!({"illustrative": false})).key(&admin).send().expect(200);
        ask(&tag).expect(200);
    }
}

#[test]
fn a_product_whose_stars_changed_is_sent_again() {
    let app = TestApp::start();
    let admin = app.admin();
    let product = a_product(&app, &a_producer(&app).create()).create();
    let path = format!("{}?as_of=2020-10-27", product.path);
    let ask = |etag: &str| app.get(&path).header("If-None-Match", etag).send();
    let bare = app.get(&path).send().expect(200).etag();
    ask(&bare).expect(304);
    let certificate = an_ocop_certificate(&app, &product).stars(4).issued_on("2020-06-24").valid_until("2023-06-24").create();
    let starred = ask(&bare).expect(200).etag();
    ask(&starred).expect(304);
    app.patch(&certificate.path, &certificate.etag, json!({"revoked_on": "2020-10-01", "revocation_reason": "Sai hồ sơ"}))
        .key(&admin)
        .send()
        .expect(200);
    ask(&starred).expect(200);
}

#[test]
fn the_etag_of_a_day_ends_with_the_day() {
    let app = TestApp::start();
    let made = a_producer(&app).create();
    let today = app.get(&made.path).send().expect(200).etag();
    // 17:00 UTC is midnight in Viet Nam.
    app.set_clock("2026-11-23 16:59:59");
    app.get(&made.path).header("If-None-Match", &today).send().expect(304);
    app.set_clock("2026-11-23 17:00:00");
    let tomorrow = app.get(&made.path).header("If-None-Match", &today).send().expect(200).etag();
    assert!(tomorrow.starts_with("\"v1-2026-11-24-p-"), "{tomorrow}");
}

#[test]
fn an_answer_that_other_records_changed_has_another_etag() {
    let app = TestApp::start();
    let first = a_producer(&app).named("Hợp tác xã Hòa Bình").create();
    let alone = app.get(&first.path).send().expect(200).etag();
    app.get(&first.path).header("If-None-Match", &alone).send().expect(304);
    a_producer(&app).named("Hợp tác xã Hoà Bình").create();
    let read = app.get(&first.path).header("If-None-Match", &alone).send().expect(200);
    assert_eq!(read.json()["possible_duplicates"].as_array().map(Vec::len), Some(1));
    assert_ne!(read.etag(), alone);
    // Nobody has changed the record itself.
    app.patch(&first.path, &alone, json!({"address": "Số 1"})).key(&app.admin()).send().expect(200);
}

#[test]
fn reference_data_is_not_sent_again_either() {
    let app = TestApp::start();
    for path in ["/v1/provinces", "/v1/provinces/92", "/v1/product-groups", "/v1/certificate-kinds", "/v1/units"] {
        let read = app.get(path).send().expect(200);
        let again = app.get(path).header("If-None-Match", &read.etag()).send().expect(304);
        assert_eq!(again.text, "");
    }
}

#[test]
fn of_64_patches_on_one_etag_exactly_one_is_taken() {
    let app = TestApp::start();
    // On PostgreSQL the callers are spread over two servers.
    let other = app.second_server();
    let admin = app.admin();
    let made = a_producer(&app).create();
    let head = app.log_head();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..64)
            .map(|index| {
                let app = other.as_ref().filter(|_| index % 2 == 1).unwrap_or(&app);
                let (made, admin) = (&made, &admin);
                scope.spawn(move || {
                    let body = json!({"name": format!("Tên {index}")});
                    app.patch(&made.path, &made.etag, body).key(admin).send_patiently().status
                })
            })
            .collect();
        asked.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 412).count(), 63, "{statuses:?}");
    assert_eq!(app.get(&made.path).send().json()["version"], 2);
    assert_eq!(app.log_head(), head + 1);
}

#[test]
fn of_16_deletions_exactly_one_deletes() {
    let app = TestApp::start();
    let admin = app.admin();
    let made = a_producer(&app).create();
    let path = format!("/v1/organisations/{}", made.id);
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..16).map(|_| scope.spawn(|| app.delete(&path, &made.etag).key(&admin).send().status)).collect();
        asked.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 204).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 204 | 404 | 412)), "{statuses:?}");
    assert_eq!(app.changes_after(0).iter().filter(|change| change.body.is_none()).count(), 1);
}
