//! Query parameters as they come: read by the table that declares them.

use super::parameters::MOST_REPEATED;
pub use super::parameters::{AS_OF, AT, CURSOR, FIELDS, Kind, LIMIT, ON_ERROR, Param, VALIDATE_ONLY, many, param};
use crate::error::{Code, Fault, Problem, Result, text};
use crate::reference::{GroupId, ProvinceId, reference};
use crate::text::in_vietnamese;
use actix_web::web::Query;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};

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
