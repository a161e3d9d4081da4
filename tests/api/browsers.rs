//! What browsers are told: headers of every answer, and which pages' scripts may read it.

use crate::support::{Request, Response, TestApp, json};
use cungcau::http::cors::Cors;

const APP: &str = "https://app.example.vn";
const STRANGER: &str = "https://example.com";

/// One answer of each kind: what, and the answer.
fn kinds(app: &TestApp, dress: impl for<'a> Fn(Request<'a>) -> Request<'a>) -> Vec<(&'static str, Response)> {
    let admin = app.admin();
    let send = |request: Request<'_>| dress(request).try_send().unwrap();
    let large = "x".repeat(300 * 1024);
    let kinds = vec![
        ("a list", 200, send(app.get("/v1/producers"))),
        ("a 404 of a record", 404, send(app.get("/v1/producers/org_00000000000000000000000000"))),
        ("a 404 of a path", 404, send(app.get("/nowhere"))),
        ("a 405", 405, send(app.request("PUT", "/v1/producers"))),
        ("a 406", 406, send(app.get("/v1/producers").header("Accept", "text/html"))),
        ("a 401", 401, send(app.post("/v1/producers", json!({})))),
        ("a 413", 413, send(app.post("/v1/producers", json!({"name": large})).key(&admin))),
        ("a 415", 415, send(app.request("POST", "/v1/producers").key(&admin).header("Content-Type", "text/plain").body("x"))),
        ("a 400", 400, send(app.get("/v1/producers?limit=101"))),
        ("the document", 200, send(app.get("/openapi.json"))),
        ("metrics", 200, send(app.get("/metrics"))),
        ("readiness", 200, send(app.get("/readyz"))),
        ("the way to the page", 307, send(app.get("/docs"))),
        ("the page", 200, send(app.get("/docs/"))),
        ("a script of the page", 200, send(app.get("/docs/swagger-ui-bundle.js"))),
        ("a 404 of the page", 404, send(app.get("/docs/nothing.js"))),
    ];
    kinds
        .into_iter()
        .map(|(what, status, answer)| {
            assert_eq!(answer.status, status, "{what}: {}", answer.text);
            (what, answer)
        })
        .collect()
}

#[test]
fn every_answer_tells_browsers_to_do_nothing_else_with_it() {
    let app = TestApp::start();
    for (what, answer) in kinds(&app, |request| request) {
        for (name, value) in [
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
            ("X-Frame-Options", "DENY"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{what}: {name}");
        }
        let policy = answer.header("Content-Security-Policy").unwrap_or_default();
        assert!(policy.starts_with("default-src 'none'; ") && policy.ends_with("frame-ancestors 'none'"), "{what}: {policy}");
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{what}: {policy}");
        assert_eq!(policy.contains("script-src 'self'"), what.contains("page") && what != "the way to the page", "{what}: {policy}");
        assert_eq!(answer.header("Strict-Transport-Security"), None, "{what}");
        for (name, _) in &answer.headers {
            assert!(!name.as_str().starts_with("access-control-"), "{what}: {name}, though no origin is configured");
        }
        assert!(!answer.header("Vary").unwrap_or_default().contains("Origin"), "{what}");
    }
    let preflight = app.request("OPTIONS", "/v1/producers").header("Origin", APP).header("Access-Control-Request-Method", "GET").send();
    assert_eq!((preflight.status, preflight.header("Access-Control-Allow-Origin")), (405, None));
}

#[test]
fn a_panic_is_answered_with_the_same_headers() {
    use actix_web::{App, middleware::from_fn, test, web};
    async fn broken() -> actix_web::HttpResponse {
        panic!("a fault of the program");
    }
    let answer = actix_web::rt::System::new().block_on(async {
        let resource = web::resource("/broken").route(web::get().to(broken)).wrap(from_fn(cungcau::http::edge::edge));
        let service = test::init_service(App::new().service(resource)).await;
        test::call_service(&service, test::TestRequest::get().uri("/broken").to_request()).await
    });
    assert_eq!(answer.status(), 500);
    for name in ["content-security-policy", "x-content-type-options", "referrer-policy", "cross-origin-resource-policy", "x-request-id"] {
        assert!(answer.headers().contains_key(name), "{name}");
    }
}

#[test]
fn https_is_demanded_where_a_trusted_proxy_was_asked_over_https() {
    let behind = TestApp::start_with(|app| app.behind(vec!["127.0.0.0/8".parse().unwrap()]));
    for (said, demanded) in
        [(Some("https"), true), (Some("http"), false), (Some("http, https"), true), (Some("https, http"), false), (None, false)]
    {
        for path in ["/v1/producers", "/nowhere", "/docs/"] {
            let request = behind.get(path);
            let answer = said.map_or(behind.get(path), |said| request.header("X-Forwarded-Proto", said)).try_send().unwrap();
            let expected = demanded.then_some("max-age=31536000");
            assert_eq!(answer.header("Strict-Transport-Security"), expected, "{path} after {said:?}");
        }
    }
    let open = TestApp::start();
    let answer = open.get("/v1/producers").header("X-Forwarded-Proto", "https").send();
    assert_eq!(answer.header("Strict-Transport-Security"), None, "a stranger is not believed");
}

fn open_to(list: &str) -> TestApp {
    let cors = Cors::parse(list).unwrap();
    TestApp::start_with(|app| app.open_to(Some(cors)))
}

fn preflight(app: &TestApp, path: &str, origin: &str, method: &str) -> Response {
    let request = app.request("OPTIONS", path).header("Origin", origin).header("Access-Control-Request-Method", method);
    request.header("Access-Control-Request-Headers", "authorization,content-type").try_send().unwrap()
}

fn words<'a>(answer: &'a Response, name: &str) -> Vec<&'a str> {
    answer.header(name).unwrap_or_default().split(", ").filter(|word| !word.is_empty()).collect()
}

#[test]
fn a_preflight_is_answered_with_the_methods_of_the_route() {
    let app = open_to("https://app.example.vn, http://localhost:5173");
    for (path, methods) in [
        ("/v1/producers", vec!["GET", "HEAD", "POST"]),
        ("/v1/producers/org_1", vec!["GET", "HEAD", "PATCH", "DELETE"]),
        ("/v1/producers/by-ref/a/b", vec!["GET", "HEAD", "PUT"]),
        ("/v1/producers/batch", vec!["POST"]),
        ("/openapi.json", vec!["GET", "HEAD"]),
    ] {
        for origin in [APP, "http://localhost:5173"] {
            let answer = preflight(&app, path, origin, "POST");
            assert_eq!((answer.status, answer.text.as_str()), (204, ""), "{path}");
            assert_eq!(answer.header("Access-Control-Allow-Origin"), Some(origin));
            assert_eq!(words(&answer, "Access-Control-Allow-Methods"), methods, "{path}");
            let taken = words(&answer, "Access-Control-Allow-Headers");
            for name in ["Authorization", "Content-Type", "If-Match", "If-None-Match", "Idempotency-Key", "Accept-Language"] {
                assert!(taken.contains(&name), "{name}: {taken:?}");
            }
            assert_eq!(answer.header("Access-Control-Max-Age"), Some("7200"));
            assert_eq!(answer.header("Access-Control-Allow-Credentials"), None, "there are no cookies");
            let vary = words(&answer, "Vary");
            for name in ["Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"] {
                assert!(vary.contains(&name), "{vary:?}");
            }
        }
    }
    let nowhere = preflight(&app, "/nowhere", APP, "GET");
    assert_eq!((nowhere.status, nowhere.header("Access-Control-Allow-Origin")), (404, Some(APP)));
    // OPTIONS that asks nothing of CORS is a method like others that a path does not take.
    let plain = app.request("OPTIONS", "/v1/producers").header("Origin", APP).send();
    assert_eq!(plain.status, 405);
}

#[test]
fn every_kind_of_answer_is_readable_for_an_origin_that_is_allowed_and_for_no_other() {
    let app = open_to(APP);
    for (what, answer) in kinds(&app, |request| request.header("Origin", APP)) {
        assert_eq!(answer.header("Access-Control-Allow-Origin"), Some(APP), "{what}");
        let exposed = words(&answer, "Access-Control-Expose-Headers");
        for name in [
            "ETag",
            "Location",
            "Retry-After",
            "RateLimit",
            "RateLimit-Policy",
            "X-Request-Id",
            "Idempotency-Replayed",
            "Cungcau-Degraded",
            "Accept-Patch",
            "Accept-Post",
            "Content-Disposition",
        ] {
            assert!(exposed.contains(&name), "{what}: {name}");
        }
    }
    for origin in [STRANGER, "null", "https://app.example.vn.example.com", "http://app.example.vn", "https://APP.example.vn"] {
        for (what, answer) in kinds(&app, |request| request.header("Origin", origin)) {
            assert_eq!(answer.header("Access-Control-Allow-Origin"), None, "{what} for {origin}");
            assert!(words(&answer, "Vary").contains(&"Origin"), "a cache must not give {origin}'s {what} to others");
        }
        let refused = preflight(&app, "/v1/producers", origin, "GET");
        assert_eq!((refused.status, refused.header("Access-Control-Allow-Methods")), (405, None), "{origin}");
    }
    for (what, answer) in kinds(&app, |request| request) {
        assert_eq!(answer.header("Access-Control-Allow-Origin"), None, "{what}");
        assert!(words(&answer, "Vary").contains(&"Origin"), "{what}");
    }
}

#[test]
fn everybody_may_read_without_a_key_where_the_star_is_set() {
    let app = open_to("*,https://app.example.vn");
    let read = app.get("/v1/producers").header("Origin", STRANGER).send().expect(200);
    assert_eq!(read.header("Access-Control-Allow-Origin"), Some("*"));
    let with_key = app.get("/v1/producers").header("Origin", STRANGER).key(&app.admin()).send().expect(200);
    assert_eq!(with_key.header("Access-Control-Allow-Origin"), None);
    let write = app.post("/v1/producers", json!({})).header("Origin", STRANGER).send().expect(401);
    assert_eq!(write.header("Access-Control-Allow-Origin"), None);
    let asked = preflight(&app, "/v1/producers", STRANGER, "GET");
    assert_eq!((asked.status, words(&asked, "Access-Control-Allow-Methods")), (204, vec!["GET", "HEAD"]));
    assert!(!words(&asked, "Access-Control-Allow-Headers").contains(&"Authorization"));
    assert_eq!(preflight(&app, "/v1/producers", STRANGER, "POST").status, 405);
    // The origin that is named may do everything still.
    let ours = preflight(&app, "/v1/producers", APP, "POST");
    assert_eq!((ours.status, ours.header("Access-Control-Allow-Origin")), (204, Some(APP)));
}
