//! Pages: keyset, with an opaque cursor that is bound to its filters and can't be made up.

use super::query::Args;
use crate::error::{Problem, Result, text};
use crate::text::fold;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Items on a page unless asked otherwise.
const DEFAULT_LIMIT: i64 = 20;
/// Enough against chance and tampering by hand; a cursor opens nothing that its filters don't.
const TAG_BYTES: usize = 12;

/// Where the last page ended: the sort key of its last item, then its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct After {
    /// Sort key as text; empty when the list is sorted by id.
    pub key: String,
    /// Id of the last item.
    pub id: String,
}

/// Which page of a list.
#[derive(Debug, Clone)]
pub struct Page {
    /// Items on it.
    pub limit: i64,
    /// The sort, such as `name` or `-created`.
    pub sort: &'static str,
    /// Where the page before ended.
    pub after: Option<After>,
}

impl Page {
    /// Reads `limit`, `sort` and `cursor`; `sorts` are the allowed ones, the first is the default.
    ///
    /// # Errors
    /// 400 for a cursor that was tampered with or belongs to other filters.
    pub fn read(args: &Args, sorts: &'static [&'static str], scope: &str, secret: &[u8]) -> Result<Self> {
        let asked = args.get("sort");
        let sort = sorts.iter().find(|sort| Some(**sort) == asked).or(sorts.first()).copied().unwrap_or("created");
        let after = match args.get("cursor") {
            None => None,
            Some(cursor) => Some(open(cursor, scope, &args.fingerprint(), secret).ok_or_else(invalid_cursor)?),
        };
        Ok(Self { limit: args.number("limit").unwrap_or(DEFAULT_LIMIT), sort, after })
    }

    /// How many rows to load: one more tells whether another page follows.
    pub fn rows(&self) -> i64 {
        self.limit + 1
    }

    /// Cuts the extra row off; whether there was one.
    pub fn cut<T>(&self, items: &mut Vec<T>) -> bool {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        more
    }
}

/// 400 for a cursor that was tampered with or belongs to other filters.
pub fn invalid_cursor() -> Problem {
    Problem::parameter(
        "cursor",
        "invalid_cursor",
        text(
            "Send next_cursor unchanged, with the filters and sort of the page that gave it.",
            "Hãy gửi next_cursor nguyên vẹn, cùng bộ lọc và thứ tự của trang đã cho nó.",
        ),
    )
}

/// A cursor after `after`, for `scope` (the list) and `fingerprint` (its filters).
pub fn seal(after: &After, scope: &str, fingerprint: &str, secret: &[u8]) -> String {
    let payload = format!("{}\n{}", after.id, after.key);
    let mut sealed = tag(payload.as_bytes(), scope, fingerprint, secret);
    sealed.extend_from_slice(payload.as_bytes());
    BASE64.encode(sealed)
}

/// Where the page before ended, of a cursor that was sealed for `scope` and `fingerprint`; nothing for any other text.
pub fn open(cursor: &str, scope: &str, fingerprint: &str, secret: &[u8]) -> Option<After> {
    let sealed = BASE64.decode(cursor).ok()?;
    let (tag_sent, payload) = sealed.split_at_checked(TAG_BYTES)?;
    if !bool::from(subtle::ConstantTimeEq::ct_eq(tag(payload, scope, fingerprint, secret).as_slice(), tag_sent)) {
        return None;
    }
    let (id, key) = std::str::from_utf8(payload).ok()?.split_once('\n')?;
    Some(After { key: key.to_owned(), id: id.to_owned() })
}

fn tag(payload: &[u8], scope: &str, fingerprint: &str, secret: &[u8]) -> Vec<u8> {
    // HMAC takes a key of any length, so this can't fail; an empty tag would open nothing.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { return Vec::new() };
    for part in [scope.as_bytes(), fingerprint.as_bytes(), payload] {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().iter().take(TAG_BYTES).copied().collect()
}

/// Orders and cuts a boxed query by id alone, or by a key column and then id, as `page` asks.
///
/// `$key` must be a NOT NULL column or expression that sorts by bytes; `$parse` turns the cursor's text back into its type.
macro_rules! keyset {
    ($query:expr, $page:expr, $id:expr) => {{
        let (page, id) = ($page, $id);
        let descending = page.sort.starts_with('-');
        let query = match (&page.after, descending) {
            (Some(after), false) => $query.filter(id.gt(after.id.clone())),
            (Some(after), true) => $query.filter(id.lt(after.id.clone())),
            (None, _) => $query,
        };
        let query = if descending { query.order(id.desc()) } else { query.order(id.asc()) };
        query.limit(page.rows())
    }};
    ($query:expr, $page:expr, $id:expr, $key:expr, $parse:expr) => {{
        let (page, id, key) = ($page, $id, || $key);
        let descending = page.sort.starts_with('-');
        let query = match &page.after {
            None => $query,
            Some(after) => {
                let last = $parse(after.key.as_str())?;
                if descending {
                    $query.filter(key().lt(last.clone()).or(key().eq(last).and(id.lt(after.id.clone()))))
                } else {
                    $query.filter(key().gt(last.clone()).or(key().eq(last).and(id.gt(after.id.clone()))))
                }
            }
        };
        let query = if descending { query.order((key().desc(), id.desc())) } else { query.order((key().asc(), id.asc())) };
        query.limit(page.rows())
    }};
}
pub(crate) use keyset;

/// A cursor's key that is text.
///
/// # Errors
/// Never: it has the form of `keyset!`'s parser.
pub fn text_key(key: &str) -> Result<String> {
    Ok(key.to_owned())
}

/// A cursor's key that is a day.
///
/// # Errors
/// 400 when it isn't: the cursor was sealed for another sort.
pub fn day_key(key: &str) -> Result<chrono::NaiveDate> {
    key.parse()
        .map_err(|_| Problem::parameter("cursor", "invalid_cursor", text("Send next_cursor unchanged.", "Hãy gửi next_cursor nguyên vẹn.")))
}

/// Parameter `name` has neither letter nor digit: it names nothing.
pub fn no_words(name: &str) -> Problem {
    Problem::parameter(name, "no_words", text("Give at least one letter or digit.", "Hãy gõ ít nhất một chữ cái hoặc chữ số."))
}

/// Where the search keys begin and end that begin with the words of parameter `name`, for `column >= from AND column < end`.
///
/// # Errors
/// 400 for a text without a letter or digit: every key begins with nothing.
pub fn keys_with(args: &Args, name: &str) -> Result<Option<(String, String)>> {
    let Some(words) = args.get(name) else { return Ok(None) };
    let from = fold(words);
    if from.is_empty() {
        return Err(no_words(name));
    }
    let end = prefix_end(&from);
    Ok(Some((from, end)))
}

/// Upper end of the range of texts that begin with `prefix`, for `column >= prefix AND column < end`.
fn prefix_end(prefix: &str) -> String {
    format!("{prefix}\u{10FFFF}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cursor_opens_only_under_its_own_filters_and_secret(key in "[^\n]{0,40}", id in "[a-z0-9_]{1,30}", filters in "[a-z=&]{0,20}", flip in 0_usize..200) {
            let after = After { key, id };
            let cursor = seal(&after, "products", &filters, b"secret");
            prop_assert_eq!(open(&cursor, "products", &filters, b"secret"), Some(after));
            prop_assert_eq!(open(&cursor, "mous", &filters, b"secret"), None);
            prop_assert_eq!(open(&cursor, "products", &format!("{filters}x"), b"secret"), None);
            prop_assert_eq!(open(&cursor, "products", &filters, b"other"), None);
            let mut bytes = BASE64.decode(&cursor).unwrap();
            let at = flip % bytes.len();
            bytes[at] ^= 1;
            prop_assert_eq!(open(&BASE64.encode(bytes), "products", &filters, b"secret"), None);
        }

        #[test]
        fn no_text_is_taken_for_a_cursor(text in ".{0,80}") {
            prop_assert_eq!(open(&text, "products", "", b"secret"), None);
        }
    }
}
