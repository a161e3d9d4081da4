//! Fuzz targets: what takes text from strangers, fed with bytes that nobody thought of.
//!
//! `cargo test` gives each of them a second of random input; `scripts/fuzz.sh` goes on for as long as one wants, led by
//! the coverage.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a fuzz target that can't go on panics with the reason"
)]

mod merge_patch;

use cungcau::http::page::{self, After};
use cungcau::http::query::{Args, Param};
use cungcau::ids::Randomness;
use cungcau::indexing::tables;
use cungcau::keys::KeyText;
use cungcau::market::wording::Wording;
use cungcau::text::{fold, nfc};
use std::sync::LazyLock;
use std::sync::atomic::AtomicU64;

const SECRET: &[u8] = b"a secret of this process";

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Splits the input at its first NUL, so that one string of bytes carries two arguments.
fn two(bytes: &[u8]) -> (&[u8], &[u8]) {
    let at = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    (&bytes[..at], bytes.get(at + 1..).unwrap_or_default())
}

#[test]
fn fuzz_cursor() {
    bolero::check!().for_each(|bytes: &[u8]| {
        // Nobody without the secret makes a cursor, whatever the bytes say.
        assert_eq!(page::open(&text(bytes), "products", "", SECRET), None);
        // One that was sealed opens under its own filters alone, whatever it holds and whatever they are.
        let (id, rest) = two(bytes);
        let after = After { id: text(id).replace('\n', " "), key: text(rest) };
        let filters = text(rest);
        let cursor = page::seal(&after, "products", &filters, SECRET);
        assert_eq!(page::open(&cursor, "products", &filters, SECRET), Some(after));
        assert_eq!(page::open(&cursor, "mous", &filters, SECRET), None);
        assert_eq!(page::open(&cursor, "products", &format!("{filters}&"), SECRET), None);
        // And no longer once a character is left out.
        assert_eq!(page::open(&cursor[1..], "products", &filters, SECRET), None);
    });
}

#[test]
fn fuzz_query() {
    static PARAMS: LazyLock<Vec<Vec<Param>>> =
        LazyLock::new(|| cungcau::app::routes().into_iter().map(|route| route.doc.params).filter(|params| !params.is_empty()).collect());
    static THESAURUS: LazyLock<cungcau::market::text::synonyms::Thesaurus> = LazyLock::new(tables::thesaurus);
    let day = chrono::NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
    bolero::check!().for_each(|bytes: &[u8]| {
        let (Some(first), query) = (bytes.first(), text(bytes.get(1..).unwrap_or_default())) else { return };
        let params = &PARAMS[usize::from(*first) % PARAMS.len()];
        // As it came, and with a name that is known before it, so that values are reached as well.
        for query in [query.clone(), format!("{}={query}", params[query.len() % params.len()].name)] {
            match Args::parse(&query, &[params]) {
                Ok(args) => {
                    // What was accepted stays accepted and means the same when it is read again.
                    let again = Args::parse(&query, &[params]).expect("the same query");
                    assert_eq!(args.fingerprint(), again.fingerprint());
                    let _ = (args.provinces("province", day).is_ok(), args.groups("group", day).is_ok());
                }
                Err(problem) => {
                    assert_eq!(problem.code().status().as_u16(), 400);
                    assert!(problem.errors().iter().all(|fault| fault.pointer.starts_with('?') && !fault.pointer.contains('\0')));
                }
            }
        }
        // The words of a search are a language of their own: accents, synonyms, other senses.
        assert_eq!(Wording::new(&query, &THESAURUS).is_none(), fold(&query).is_empty());
    });
}

#[test]
fn fuzz_key() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let sent = text(bytes);
        if let Some(key) = KeyText::parse(&sent) {
            assert_eq!(key.reveal(), sent);
            assert!(sent.starts_with("cc_live_") && sent.len() <= 120);
        }
        // A key that was given out is read, and is none once something stands before, within or behind it.
        let Some(byte) = bytes.first().filter(|byte| byte.is_ascii_graphic()) else { return };
        let random = Randomness::Counter(AtomicU64::new(u64::from(*byte)));
        let key = KeyText::generate("01JDB3B8Q00000000000000000A", &random).unwrap();
        let right = key.reveal();
        assert_eq!(KeyText::parse(right), Some(key.clone()));
        let mut wrong = right.to_owned();
        wrong.insert(usize::from(bytes.get(1).copied().unwrap_or_default()) % (right.len() + 1), char::from(*byte));
        assert_eq!(KeyText::parse(&wrong), None, "{wrong}");
    });
}

#[test]
fn fuzz_folding() {
    bolero::check!().for_each(|bytes: &[u8]| {
        let typed = text(bytes);
        let key = fold(&typed);
        assert_eq!(fold(&key), key, "folded twice");
        assert_eq!(fold(&nfc(&typed)), key, "composed");
        assert_eq!(nfc(&nfc(&typed)), nfc(&typed), "composed twice");
        assert!(!key.starts_with(' ') && !key.ends_with(' ') && !key.contains("  "), "{key:?}");
        assert!(key.chars().all(|letter| letter == ' ' || letter.is_alphanumeric()), "{key:?}");
        assert!(!key.contains(['đ', 'Đ', 'ă', 'ơ', 'ư']), "{key:?}");
        // Words are told apart wherever they stand.
        assert_eq!(fold(&format!("{typed} x")).trim_end_matches('x').trim_end(), key);
    });
}
