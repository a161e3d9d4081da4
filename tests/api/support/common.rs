//! What is asked of every list in the same way.

use super::app::TestApp;

/// The ids of a whole list, page by page; `query` has its filters and `limit`.
#[track_caller]
pub fn walk(app: &TestApp, query: &str) -> Vec<String> {
    walk_as(app, query, None)
}

/// The same with a key.
#[track_caller]
pub fn walk_as(app: &TestApp, query: &str, key: Option<&str>) -> Vec<String> {
    let mut found = Vec::new();
    let mut cursor: Option<String> = None;
    for _ in 0..10_000 {
        let mark = if query.contains('?') { '&' } else { '?' };
        let path = cursor.as_ref().map_or(query.to_owned(), |cursor| format!("{query}{mark}cursor={cursor}"));
        let request = app.get(&path);
        let page = match key {
            Some(key) => request.key(key),
            None => request,
        };
        let page = page.send().expect(200);
        found.extend(page.ids());
        match page.json()["next_cursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => return found,
        }
    }
    panic!("{query} never ends");
}
