//! Refusals with every fault that was named.

use super::client::Response;

/// Panics unless `response` has this status and names exactly these faults (pointer, code), in any order.
#[track_caller]
pub fn assert_refused(response: Response, status: u16, faults: &[(&str, &str)]) {
    let text = response.text.clone();
    let mut found = response.expect(status).fault_codes();
    let mut expected: Vec<(String, String)> = faults.iter().map(|(pointer, code)| ((*pointer).into(), (*code).into())).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected, "{text}");
}
