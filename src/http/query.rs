//! Query parameters: declared once in a table, which parses them and documents them.

use crate::error::{Code, Fault, Problem, Result, Text, text};
use crate::reference::{GroupId, ProvinceId, reference};
use crate::text::in_vietnamese;
use actix_web::web::Query;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};
use serde_json::{Value, json};

/// A query string longer than this is no question that a person or program asks here.
const LONGEST_VALUE: usize = 300;
/// Values of one parameter: more are a list to choose from, not a choice.
const MOST_REPEATED: usize = 20;

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
pub const VALIDATE_ONLY: Param =
    param("validate_only", Kind::Flag, "`true` does every check and keeps nothing; the answer is 200 with what would have been stored.");
/// Record as of an instant.
pub const AT: Param = param(
    "at",
    Kind::Instant,
    "Answers the record as the register knew it at this instant. What follows from other records is worked out from today's register.",
);
/// What a batch does with a bad item.
pub const ON_ERROR: Param = param(
    "on_error",
    Kind::Word(&["rollback", "skip"]),
    "`rollback` (unless given) keeps nothing when any item is refused; `skip` keeps the others.",
);

/// Parsed parameters.
#[derive(Debug, Clone, Default)]
pub struct Args {
    values: Vec<(&'static str, String)>,
}

impl Args {
    /// Parses `query` against the declared parameters.
    ///
    /// # Errors
    /// 400 with every unknown, repeated or malformed parameter at once, and every period in the wrong order.
    pub fn parse(query: &str, declared: &[&[Param]]) -> Result<Self> {
        if !is_text(query) {
            return Err(Problem::new(
                Code::InvalidParameter,
                text("The query string is no percent-encoded UTF-8.", "Chuỗi truy vấn không phải UTF-8 mã hóa phần trăm."),
            ));
        }
        let pairs = Query::<Vec<(String, String)>>::from_query(query)
            .map_err(|_| Problem::new(Code::InvalidParameter, text("The query string can't be read.", "Không đọc được chuỗi truy vấn.")))?
            .into_inner();
        let params = || declared.iter().flat_map(|list| list.iter());
        let mut values: Vec<(&'static str, String)> = Vec::new();
        let mut faults = Vec::new();
        for (name, value) in pairs {
            let mut fault = |code, detail| faults.push(Fault { pointer: format!("?{}", shorten(&name)), code, detail });
            let Some(param) = params().find(|param| param.name == name) else {
                let allowed: Vec<&str> = params().map(|param| param.name).collect();
                let allowed = allowed.join(", ");
                let detail = if allowed.is_empty() {
                    text("There are no parameters here.", "Ở đây không có tham số nào.")
                } else {
                    text(
                        format!("There is no parameter of this name here; there are: {allowed}."),
                        format!("Không có tham số này; các tham số có: {allowed}."),
                    )
                };
                fault("unknown_parameter", detail);
                continue;
            };
            let times = values.iter().filter(|(known, _)| *known == param.name).count();
            if times >= if param.many { MOST_REPEATED } else { 1 } {
                let detail = if param.many {
                    text(
                        format!("Give this parameter at most {MOST_REPEATED} times."),
                        format!("Dùng tham số này tối đa {MOST_REPEATED} lần."),
                    )
                } else {
                    text("Give this parameter once.", "Chỉ dùng tham số này một lần.")
                };
                fault("repeated_parameter", detail);
                continue;
            }
            match param.kind.refuse(&value) {
                Some((code, detail)) => fault(code, detail),
                None => values.push((param.name, value)),
            }
        }
        let parsed = Self { values };
        faults.extend(parsed.periods_in_the_wrong_order());
        if faults.is_empty() {
            return Ok(parsed);
        }
        let detail = faults.first().map(|fault| fault.detail.clone());
        Err(Problem::new(Code::InvalidParameter, detail.unwrap_or_else(|| text("", ""))).with_errors(faults))
    }

    /// Of each `…from` with its `…until` that ends before it begins: an empty list would say that nothing happened.
    fn periods_in_the_wrong_order(&self) -> Vec<Fault> {
        let moment = |name: &str| self.instant(name).or_else(|| Some(self.day(name)?.and_time(NaiveTime::MIN)));
        let fault = |(name, until): &(&'static str, String)| {
            let begin = format!("{}from", name.strip_suffix("until")?);
            let from = self.get(&begin)?;
            (moment(name)? < moment(&begin)?).then(|| Fault {
                pointer: format!("?{name}"),
                code: "wrong_order",
                detail: text(
                    format!("A period does not end before it begins ({until} is before {from})."),
                    format!("Kỳ không được kết thúc trước khi bắt đầu ({} trước {}).", vietnamese(until), vietnamese(from)),
                ),
            })
        };
        self.values.iter().filter_map(fault).collect()
    }

    /// The raw value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// Every value of a parameter that may be given several times.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.values.iter().filter(move |(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// Whether a parameter was given.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// A day.
    pub fn day(&self, name: &str) -> Option<NaiveDate> {
        self.get(name).and_then(|value| value.parse().ok())
    }

    /// An instant, UTC.
    pub fn instant(&self, name: &str) -> Option<NaiveDateTime> {
        self.get(name).and_then(|value| DateTime::parse_from_rfc3339(value).ok()).map(|instant| instant.naive_utc())
    }

    /// A whole number.
    pub fn number(&self, name: &str) -> Option<i64> {
        self.get(name).and_then(|value| value.parse().ok())
    }

    /// The same, as a number of things.
    pub fn count(&self, name: &str) -> Option<usize> {
        self.get(name).and_then(|value| value.parse().ok())
    }

    /// Whether a flag is `true`.
    pub fn flag(&self, name: &str) -> bool {
        self.get(name) == Some("true")
    }

    /// A flag, or nothing.
    pub fn maybe_flag(&self, name: &str) -> Option<bool> {
        self.get(name).map(|value| value == "true")
    }

    /// A word of a closed list.
    pub fn word<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.get(name).and_then(|value| value.parse().ok())
    }

    /// Every unit whose records a filter by this province finds: the unit that the code or name means on
    /// `day`, and those which it succeeded.
    ///
    /// # Errors
    /// 400 with the nearest names.
    pub fn provinces(&self, name: &str, day: NaiveDate) -> Result<Option<Vec<ProvinceId>>> {
        let mut wrong = Wrong::default();
        let mut found = None;
        for input in self.all(name) {
            let units = reference()
                .provinces
                .match_filter(input, day)
                .map_err(|error| Problem::parameter(name, "unknown_province", crate::reference::texts::province_error(&error)));
            found.get_or_insert_with(Vec::new).extend(wrong.or_default(units));
        }
        wrong.into_result()?;
        Ok(found)
    }

    /// Every group whose products a filter by this group finds, under any rule.
    ///
    /// # Errors
    /// 400 with what is allowed.
    pub fn groups(&self, name: &str, day: NaiveDate) -> Result<Option<Vec<GroupId>>> {
        let mut wrong = Wrong::default();
        let mut found = None;
        for input in self.all(name) {
            let groups = reference()
                .product_groups
                .resolve(input, day)
                .map(|group| reference().product_groups.descendants(group))
                .map_err(|error| Problem::parameter(name, "unknown_group", crate::reference::texts::group_error(&error)));
            found.get_or_insert_with(Vec::new).extend(wrong.or_default(groups));
        }
        wrong.into_result()?;
        Ok(found)
    }

    /// Refuses provinces and groups among the values of `declared` that there are none of, all at once.
    ///
    /// # Errors
    /// 400 with what is allowed for each.
    pub fn check_names(&self, declared: &[Param], day: NaiveDate) -> Result<()> {
        let mut wrong = Wrong::default();
        for param in declared {
            match param.kind {
                Kind::Province => drop(wrong.or_default(self.provinces(param.name, day))),
                Kind::Group => drop(wrong.or_default(self.groups(param.name, day))),
                _ => {}
            }
        }
        wrong.into_result()
    }

    /// The parameters that choose the items of a list, in a fixed order: what a cursor is bound to.
    pub fn fingerprint(&self) -> String {
        let chosen = self.values.iter().filter(|(name, _)| !matches!(*name, "cursor" | "limit" | "fields"));
        let mut chosen: Vec<(&str, &str)> = chosen.map(|(name, value)| (*name, value.as_str())).collect();
        // The order of `name=value`: what names are made of comes after `=`.
        chosen.sort_unstable();
        let mut text = String::with_capacity(chosen.iter().map(|(name, value)| name.len() + value.len() + 2).sum());
        for (name, value) in chosen {
            if !text.is_empty() {
                text.push('&');
            }
            text.push_str(name);
            text.push('=');
            text.push_str(value);
        }
        text
    }
}

/// A day as Vietnamese sentences write it; an instant as it was given.
fn vietnamese(value: &str) -> String {
    value.parse().map_or_else(|_| value.to_owned(), |day| in_vietnamese(day).to_string())
}

/// What is wrong with several parameters, gathered before any of it is answered.
#[derive(Debug, Default)]
pub struct Wrong {
    first: Option<Problem>,
    faults: Vec<Fault>,
}

impl Wrong {
    /// What was read, or what stands for it while the rest is read.
    pub fn or_default<T: Default>(&mut self, read: Result<T>) -> T {
        read.unwrap_or_else(|problem| {
            self.faults.extend_from_slice(problem.errors());
            self.first.get_or_insert(problem);
            T::default()
        })
    }

    /// `Ok` when nothing was wrong.
    ///
    /// # Errors
    /// The first problem, with the faults of all.
    pub fn into_result(self) -> Result<()> {
        match self.first {
            None => Ok(()),
            Some(problem) => Err(problem.with_errors(self.faults)),
        }
    }
}

fn shorten(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(60).collect()
}

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

/// Whether `query` is percent-encoded UTF-8; what is not would be read as something else than was meant.
fn is_text(query: &str) -> bool {
    if !query.contains('%') {
        return true;
    }
    let mut decoded = Vec::with_capacity(query.len());
    let mut bytes = query.bytes();
    while let Some(byte) = bytes.next() {
        let mut digit = || bytes.next().and_then(|byte| char::from(byte).to_digit(16)).and_then(|digit| u8::try_from(digit).ok());
        decoded.push(match byte {
            b'%' => match (digit(), digit()) {
                (Some(high), Some(low)) => high << 4 | low,
                _ => return false,
            },
            other => other,
        });
    }
    std::str::from_utf8(&decoded).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_encoded_well_is_no_text() {
        for text in ["", "q=h%C3%A0nh", "q=a+b&name=%e1%ba%a1", "q=%25"] {
            assert!(is_text(text), "{text}");
        }
        for text in ["%", "q=100%", "q=%2", "q=%zz", "q=%+1", "q=%ff", "q=%C3", "q=%C3&name=%A0", "q=%ED%A0%80"] {
            assert!(!is_text(text), "{text}");
        }
    }

    const DECLARED: &[Param] = &[AS_OF, LIMIT, param("kind", Kind::Word(&["a", "b"]), "")];

    #[test]
    fn every_fault_of_a_query_is_named_at_once() {
        let problem = Args::parse("as_of=2021-02-29&limit=101&colour=red&kind=a&kind=b", &[DECLARED]).unwrap_err();
        let codes: Vec<(&str, &str)> = problem.errors().iter().map(|fault| (fault.pointer.as_str(), fault.code)).collect();
        assert_eq!(
            codes,
            [("?as_of", "not_a_day"), ("?limit", "out_of_range"), ("?colour", "unknown_parameter"), ("?kind", "repeated_parameter")]
        );
    }

    #[test]
    fn where_there_are_no_parameters_none_are_listed() {
        let refused = |declared: &[Param]| Args::parse("colour=red", &[declared]).unwrap_err().errors()[0].detail.en.clone();
        assert_eq!(refused(&[]), "There are no parameters here.");
        assert_eq!(refused(&[LIMIT]), "There is no parameter of this name here; there are: limit.");
    }

    #[test]
    fn a_number_with_separators_is_shown_without() {
        const PRICES: &[Param] = &[param("price_at_most", Kind::Whole(1_000_000_000), "")];
        let detail = |value: &str| Args::parse(&format!("price_at_most={value}"), &[PRICES]).unwrap_err().errors()[0].detail.en.clone();
        let plain = "A whole number from 1 to 1000000000.";
        for value in ["20.000", "20,000", "20 000", "20_000", "20%C2%A0000"] {
            assert_eq!(detail(value), format!("{plain} Without separators: 20000."), "{value}");
        }
        assert_eq!(detail("1.250.000"), format!("{plain} Without separators: 1250000."));
        for value in ["20.5", "20.0000", ".000", "2000.000", "20.000đ", "9.000.000.000", "-1", "0", "000", "0.000", "0.500", "001.000"] {
            assert_eq!(detail(value), plain, "{value}");
        }
    }

    #[test]
    fn a_period_that_ends_before_it_begins_is_named() {
        const PERIODS: &[Param] = &[
            param("from", Kind::Instant, ""),
            param("until", Kind::Instant, ""),
            param("signed_from", Kind::Day, ""),
            param("signed_until", Kind::Day, ""),
        ];
        let faults = |query: &str| {
            let refused = Args::parse(query, &[PERIODS]).err();
            refused.map_or_else(Vec::new, |problem| problem.errors().iter().map(|fault| (fault.pointer.clone(), fault.code)).collect())
        };
        let wrong = |name: &str| (format!("?{name}"), "wrong_order");
        assert_eq!(faults("signed_from=2020-10-28&signed_until=2020-10-27"), [wrong("signed_until")]);
        // The same instant, and one second apart, in two zones.
        assert_eq!(faults("from=2020-10-27T07:00:00%2B07:00&until=2020-10-27T00:00:00Z"), []);
        assert_eq!(faults("from=2020-10-27T07:00:01%2B07:00&until=2020-10-27T00:00:00Z"), [wrong("until")]);
        assert_eq!(faults("signed_from=2020-10-27&signed_until=2020-10-27&until=2020-10-27T00:00:00Z"), []);
    }

    #[test]
    fn a_fingerprint_has_its_parameters_in_the_order_of_their_texts() {
        for route in crate::app::routes() {
            let names = route.doc.params.iter().map(|param| param.name);
            names.for_each(|name| assert!(name.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase()), "{name}"));
        }
        let values = [("quantity", "5"), ("q", "z"), ("limit", "3"), ("group", "b"), ("group", "a=1"), ("group_by", "x"), ("group", "a")];
        let args = Args { values: values.map(|(name, value)| (name, value.to_owned())).into() };
        let mut expected = values.map(|(name, value)| format!("{name}={value}")).to_vec();
        expected.retain(|pair| pair != "limit=3");
        expected.sort();
        assert_eq!(args.fingerprint(), expected.join("&"));
        assert_eq!(Args { values: Vec::new() }.fingerprint(), "");
    }

    #[test]
    fn the_order_of_parameters_does_not_matter_to_a_cursor() {
        let one = Args::parse("kind=a&as_of=2020-10-27&limit=3", &[DECLARED]).unwrap();
        let other = Args::parse("limit=50&as_of=2020-10-27&kind=a", &[DECLARED]).unwrap();
        assert_eq!(one.fingerprint(), other.fingerprint());
    }
}
