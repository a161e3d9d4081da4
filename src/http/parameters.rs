//! Query parameters as they are declared: what each may be, what it says of a value that is not, and how the document tells
//! of it.

use crate::error::{Text, text};
use chrono::{DateTime, NaiveDate};
use serde_json::{Value, json};

/// A query string longer than this is no question that a person or program asks here.
const LONGEST_VALUE: usize = 300;
/// Values of one parameter: more are a list to choose from, not a choice.
pub(super) const MOST_REPEATED: usize = 20;

/// What `Kind::refuse` lets through: no control characters, and something beside blanks.
const A_LINE: &str = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$";

/// What a parameter's value may be.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// A day, `YYYY-MM-DD`.
    Day,
    /// An instant, RFC 3339.
    Instant,
    /// A province-level unit: code or name, as of the day asked.
    Province,
    /// A product group's code.
    Group,
    /// Free text.
    Text,
    /// An id.
    Id,
    /// `true` or `false`.
    Flag,
    /// 3, 4 or 5.
    Stars,
    /// One of these words.
    Word(&'static [&'static str]),
    /// 1 to 100.
    Limit,
    /// The same, this many unless given.
    Few(i64),
    /// 0 to this.
    Count(i64),
    /// 1 to this.
    Whole(i64),
    /// An opaque cursor.
    Cursor,
    /// Names of members, separated by commas.
    Fields,
}

/// A query parameter.
#[derive(Debug, Clone, Copy)]
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// What it may be.
    pub kind: Kind,
    /// For the document.
    pub description: &'static str,
    /// Whether it may be given several times.
    pub many: bool,
}

impl Param {
    /// JSON Schema for the document.
    pub fn schema(&self) -> Value {
        let one = self.kind.schema();
        if self.many { json!({"type": "array", "items": one, "maxItems": MOST_REPEATED}) } else { one }
    }

    /// An example for the document: it is prefilled on the documentation page, so it must be accepted there.
    pub fn example(&self) -> Value {
        match (self.kind, self.name) {
            (Kind::Text, "certificate_kind" | "kind") => "OCOP".into(),
            (Kind::Text, "tax_code") => "0300588569".into(),
            (Kind::Text, "gtin") => "8936017360016".into(),
            (Kind::Text, "retail_system") => "SAIGON_COOP".into(),
            (Kind::Text, "number") => "SOCTRANG-2020-1".into(),
            (Kind::Text, "external_number") => "12/BBGN-2020".into(),
            (Kind::Text, "operation") => "get_mou".into(),
            (Kind::Text, "rule") => "QD26-2026".into(),
            (Kind::Text, "dimension") => "mass".into(),
            (Kind::Text, "q") => "hành tím".into(),
            (Kind::Text, "facets") => "province,group,stars".into(),
            (Kind::Text, "region") => json!(["DBSCL"]),
            (Kind::Text, "certificates") => json!(["HACCP"]),
            (Kind::Text, "near") => "Hà Nội".into(),
            (Kind::Text, "quantity") => "5000".into(),
            (Kind::Text, "unit") => "KG".into(),
            (Kind::Whole(_), "price_at_most") => 35_000.into(),
            (Kind::Text, "weights") => "volume:40,price:40,distance:20".into(),
            _ if self.many => json!([self.kind.example()]),
            _ => self.kind.example(),
        }
    }
}

/// Declares a parameter.
pub const fn param(name: &'static str, kind: Kind, description: &'static str) -> Param {
    Param { name, kind, description, many: false }
}

/// Declares a parameter that may be given several times.
pub const fn many(name: &'static str, kind: Kind, description: &'static str) -> Param {
    Param { name, kind, description, many: true }
}

/// The day for which what follows from dates is worked out.
pub const AS_OF: Param = param(
    "as_of",
    Kind::Day,
    "Day for which what follows from dates is worked out (provinces, validity of certificates, stars, phases); today in Viet Nam unless given.",
);
/// Items on a page.
pub const LIMIT: Param = param("limit", Kind::Limit, "Items on a page, 1 to 100; 20 unless given.");
/// Where to go on.
pub const CURSOR: Param = param("cursor", Kind::Cursor, "`next_cursor` of the page before, with the same filters and sort.");
/// Members to keep.
pub const FIELDS: Param = param(
    "fields",
    Kind::Fields,
    "Members of each item to answer, separated by commas; all unless given. The answer then holds these alone: its schema speaks of whole records.",
);
/// Check only.
pub const VALIDATE_ONLY: Param = param(
    "validate_only",
    Kind::Flag,
    "`true` does every check and keeps nothing; the answer is 200 with what would have been stored, of a batch without ids.",
);
/// Record as of an instant.
pub const AT: Param = param(
    "at",
    Kind::Instant,
    "Answers the record as the register knew it at this instant. What follows from other records is worked out from today's register. Unless `as_of` is given too, its day is that of the instant.",
);
/// What a batch does with a bad item.
pub const ON_ERROR: Param = param(
    "on_error",
    Kind::Word(&["rollback", "skip"]),
    "`rollback` (unless given) keeps nothing when any item is refused; `skip` keeps the others.",
);

/// Why `value` is no whole number from `least` to `most`.
fn outside(value: &str, least: i64, most: i64) -> Option<(&'static str, Text)> {
    let is_inside = value.parse::<i64>().is_ok_and(|number| (least..=most).contains(&number));
    (!is_inside).then(|| {
        let (mut en, mut vi) = (format!("A whole number from {least} to {most}."), format!("Một số nguyên từ {least} đến {most}."));
        if let Some(digits) = without_separators(value).filter(|digits| outside(digits, least, most).is_none()) {
            en += &format!(" Without separators: {digits}.");
            vi += &format!(" Viết liền, không có dấu phân cách: {digits}.");
        }
        ("out_of_range", text(en, vi))
    })
}

/// `20.000` and the like as digits alone: so thousands are written in Vietnam, where others write `20,000`.
fn without_separators(value: &str) -> Option<String> {
    let mut groups = value.split(['.', ',', ' ', '_', '\u{a0}', '\u{202f}']);
    let first = groups.next()?;
    let rest: Vec<&str> = groups.collect();
    let is_digits = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    let is_grouped =
        (1..=3).contains(&first.len()) && !first.starts_with('0') && !rest.is_empty() && rest.iter().all(|group| group.len() == 3);
    (is_grouped && is_digits(first) && rest.iter().all(|group| is_digits(group))).then(|| [&[first], rest.as_slice()].concat().concat())
}

impl Kind {
    /// Why `value` can't be of this kind.
    pub(super) fn refuse(self, value: &str) -> Option<(&'static str, Text)> {
        if value.chars().any(char::is_control) {
            return Some(("control_character", text("Control characters are not allowed.", "Không được dùng ký tự điều khiển.")));
        }
        if !matches!(self, Self::Cursor | Self::Fields) && value.chars().count() > LONGEST_VALUE {
            return Some(("too_long", text(format!("At most {LONGEST_VALUE} characters."), format!("Tối đa {LONGEST_VALUE} ký tự."))));
        }
        match self {
            Self::Day => value
                .parse::<NaiveDate>()
                .ok()
                .as_ref()
                .is_none_or(|day| !(day.to_string() == value && (1900..=2200).contains(&chrono::Datelike::year(day))))
                .then(|| {
                    (
                        "not_a_day",
                        text(
                            "A day that exists, as YYYY-MM-DD, from 1900 to 2200.",
                            "Một ngày có thật, dạng YYYY-MM-DD, từ 1900 đến 2200.",
                        ),
                    )
                }),
            Self::Instant => DateTime::parse_from_rfc3339(value).is_err().then(|| {
                (
                    "not_an_instant",
                    text("An instant such as 2026-11-23T07:30:00Z (RFC 3339).", "Một thời điểm như 2026-11-23T07:30:00Z (RFC 3339)."),
                )
            }),
            Self::Flag => (!matches!(value, "true" | "false")).then(|| ("not_a_flag", text("true or false.", "true hoặc false."))),
            Self::Stars => (!matches!(value, "3" | "4" | "5")).then(|| ("not_stars", text("3, 4 or 5.", "3, 4 hoặc 5."))),
            Self::Word(words) => (!words.contains(&value)).then(|| {
                let words = words.join(", ");
                ("not_allowed", text(format!("One of: {words}."), format!("Một trong: {words}.")))
            }),
            Self::Limit | Self::Few(_) => outside(value, 1, 100),
            Self::Count(most) => outside(value, 0, most),
            Self::Whole(most) => outside(value, 1, most),
            Self::Province | Self::Group | Self::Text | Self::Id | Self::Fields => value
                .trim()
                .is_empty()
                .then(|| ("empty", text("Leave the parameter out or give it a value.", "Bỏ tham số hoặc cho nó một giá trị."))),
            Self::Cursor => None,
        }
    }

    /// JSON Schema for the document.
    pub fn schema(self) -> Value {
        match self {
            Self::Day => {
                json!({"type": "string", "format": "date", "pattern": "^(19[0-9]{2}|2[01][0-9]{2}|2200)-[0-9]{2}-[0-9]{2}$", "minLength": 10, "maxLength": 10})
            }
            Self::Instant => json!({"type": "string", "format": "date-time", "maxLength": 40}),
            Self::Flag => json!({"type": "boolean"}),
            Self::Stars => json!({"type": "integer", "format": "int32", "minimum": 3, "maximum": 5}),
            Self::Word(words) => json!({"type": "string", "enum": words}),
            Self::Limit => Self::Few(20).schema(),
            Self::Few(default) => json!({"type": "integer", "format": "int32", "minimum": 1, "maximum": 100, "default": default}),
            Self::Count(most) => json!({"type": "integer", "format": "int32", "minimum": 0, "maximum": most}),
            Self::Whole(most) => json!({"type": "integer", "format": "int32", "minimum": 1, "maximum": most}),
            Self::Cursor => json!({"type": "string", "minLength": 1, "maxLength": 2000, "pattern": "^[0-9A-Za-z_-]+$"}),
            Self::Fields => json!({"type": "string", "minLength": 1, "maxLength": 1000, "pattern": A_LINE}),
            Self::Province | Self::Group | Self::Text | Self::Id => {
                json!({"type": "string", "minLength": 1, "maxLength": LONGEST_VALUE, "pattern": A_LINE})
            }
        }
    }

    /// An example for the document.
    pub fn example(self) -> Value {
        match self {
            Self::Day => "2026-11-23".into(),
            Self::Instant => "2026-11-23T07:30:00Z".into(),
            Self::Flag => true.into(),
            Self::Stars => 4.into(),
            Self::Word(words) => words.first().copied().unwrap_or_default().into(),
            Self::Limit => 20.into(),
            Self::Few(default) => default.into(),
            Self::Count(_) => 5.into(),
            Self::Whole(_) => 300.into(),
            Self::Cursor => "eyJrIjoiIn0".into(),
            // Members that every record has.
            Self::Fields => "id,version".into(),
            Self::Province => "92".into(),
            Self::Group => "I.2.a".into(),
            Self::Text => "gạo".into(),
            Self::Id => "org_01JDB3B8Q00000000000000000".into(),
        }
    }
}
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_with_separators_is_shown_without() {
        let detail = |value: &str| Kind::Whole(1_000_000_000).refuse(value).unwrap().1.en;
        let plain = "A whole number from 1 to 1000000000.";
        for value in ["20.000", "20,000", "20 000", "20_000", "20\u{a0}000"] {
            assert_eq!(detail(value), format!("{plain} Without separators: 20000."), "{value}");
        }
        assert_eq!(detail("1.250.000"), format!("{plain} Without separators: 1250000."));
        for value in ["20.5", "20.0000", ".000", "2000.000", "20.000đ", "9.000.000.000", "-1", "0", "000", "0.000", "0.500", "001.000"] {
            assert_eq!(detail(value), plain, "{value}");
        }
    }
}
