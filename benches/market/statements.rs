//! The benchmarks' questions in SQL: one statement each, with all facets.
//!
//! What a tuned application would ask of flat tables made for searching: words in a full-text index, one row a product
//! with everything that filters and facets need in covering indexes, offers clustered by group. A facet that is chosen
//! does not narrow itself. Where SQL could only be slower, it is spared the work: no synonyms, no typing errors, words
//! ranked by age, no texts of the parts of a match, months and certificates are counted by their combination and added up
//! by the caller, and months and prices are counted as all offers of a product have them together.

use crate::questions::{Asked, LIMIT, Search, day, groups, provinces};
use chrono::{Datelike, NaiveDate};
use cungcau::market::matching::{Need, View};
use cungcau::market::record::{Basis, Day, Rows};
use cungcau::market::search::Sort;
use cungcau::market::text::tokens::{Token, tokens};
use std::collections::HashMap;

/// Which words are meant by what is typed: the spellings of the catalogue.
pub struct Vocabulary(HashMap<String, Vec<Token>>);

impl Vocabulary {
    pub fn new(words: impl Iterator<Item = Token>) -> Self {
        let mut by_fold: HashMap<String, Vec<Token>> = HashMap::new();
        for word in words {
            let spellings = by_fold.entry(word.folded.clone()).or_default();
            if !spellings.contains(&word) {
                spellings.push(word);
            }
        }
        Self(by_fold)
    }

    /// Spellings that `typed`, the last word, may become.
    fn becoming<'a>(&'a self, typed: &'a Token) -> impl Iterator<Item = &'a Token> {
        let begin = self.0.iter().filter(|(fold, _)| fold.starts_with(&typed.folded)).flat_map(|(_, words)| words);
        begin.filter(|word| {
            let same_tone = word.tone == typed.tone;
            if word.folded == typed.folded {
                same_tone && word.letters == typed.letters
            } else {
                word.letters.starts_with(&typed.letters) && (typed.tone.is_none() || same_tone)
            }
        })
    }
}

/// The dialects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

/// A word in letters and digits alone, so that any tokenizer takes it as one: `f` without its marks, `m` with them.
pub fn folded_key(token: &Token) -> String {
    format!("f{}", coded(&token.folded))
}

pub fn marked_key(token: &Token) -> String {
    format!("m{}", coded(&token.spelling()))
}

fn coded(text: &str) -> String {
    text.chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter.to_string() } else { format!("0x{:x}", u32::from(letter)) })
        .collect()
}

/// A filter as a condition. `scans` says whether few rows are looked at, or an index is to be used.
fn condition(asked: &Asked, today: Day, scans: bool) -> String {
    let list = |rows: Rows| (0..128).filter(|row| rows.contains(*row)).map(|row| row.to_string()).collect::<Vec<_>>().join(",");
    match asked {
        Asked::Provinces(units) => format!("province IN ({})", list(provinces(units, day(today)))),
        Asked::Groups(found) => format!("grp IN ({})", list(groups(found))),
        Asked::Stars(stars) => format!("stars >= {stars}"),
        Asked::Kinds(kinds) => format!("kind IN ({})", kinds.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")),
        Asked::Certificate(kind) if scans => format!("(certificates >> {}) & 1 = 1", kind.row()),
        Asked::Certificate(kind) => format!("id IN (SELECT product FROM product_certificates WHERE kind = {})", kind.row()),
        Asked::Month(month) => format!("(months >> {month}) & 1 = 1"),
        Asked::PriceAtMost(most) => format!("price <= {most}"),
    }
}

/// Columns of the facets by their number in the answer, which is the place of the dimension from 1.
pub const FACETS: [&str; 7] = ["province", "grp", "stars", "certificates", "kind", "months", "bucket"];

fn facet_of(asked: &Asked) -> usize {
    match asked {
        Asked::Provinces(_) => 0,
        Asked::Groups(_) => 1,
        Asked::Stars(_) => 2,
        Asked::Certificate(_) => 3,
        Asked::Kinds(_) => 4,
        Asked::Month(_) => 5,
        Asked::PriceAtMost(_) => 6,
    }
}

/// Whether flat rows can answer it: what is asked of one offer is one thing.
pub fn is_flat(search: &Search) -> bool {
    search.asked.iter().filter(|asked| matches!(asked, Asked::Month(_) | Asked::PriceAtMost(_))).count() < 2
}

/// Whether a facet counts, beside what is asked of one offer, what only some offers of a product have: flat rows have what all
/// have together, and SQL is spared looking at each.
pub fn is_narrowed(search: &Search, facet: usize) -> bool {
    search.asked.iter().any(|asked| match asked {
        Asked::Month(_) => FACETS[facet] == "bucket",
        Asked::PriceAtMost(_) => FACETS[facet] == "months",
        _ => false,
    })
}

/// Words with filters: the rows of the words are looked at once, each with the filters that it fails.
pub fn by_words(search: &Search, today: Day, vocabulary: &Vocabulary, dialect: Dialect) -> String {
    let fails: Vec<String> =
        search.asked.iter().map(|asked| format!("CASE WHEN {} THEN 0 ELSE 1 END", condition(asked, today, true))).collect();
    let columns: Vec<String> = fails.iter().enumerate().map(|(at, fails)| format!("{fails} AS f{at}")).collect();
    let words = words(search.text.as_deref().unwrap_or(""), vocabulary, dialect);
    let source = match dialect {
        Dialect::Sqlite => format!("words JOIN products ON products.id = words.rowid WHERE words MATCH '{words}'"),
        Dialect::Postgres => format!("products WHERE words @@ '{}'::tsquery", words.replace('\'', "''")),
    };
    let mut sql = format!(
        "WITH base AS MATERIALIZED (SELECT id, {}, {} FROM {source} AND {} <= 1)\n",
        FACETS.join(", "),
        columns.join(", "),
        fails.join(" + ")
    );
    let passing = |without: Option<usize>| {
        let kept = search.asked.iter().enumerate().filter(|(_, asked)| Some(facet_of(asked)) != without);
        let all: Vec<String> = kept.map(|(at, _)| format!("f{at} = 0")).collect();
        if all.is_empty() { "1 = 1".to_owned() } else { all.join(" AND ") }
    };
    sql += &format!(
        "SELECT 0 AS d, id AS v, 0 AS n FROM (SELECT id FROM base WHERE {} ORDER BY id DESC LIMIT {LIMIT}) AS page\n",
        passing(None)
    );
    for (at, column) in FACETS.iter().enumerate() {
        sql += &format!("UNION ALL SELECT {}, {column}, count(*) FROM base WHERE {} GROUP BY {column}\n", at + 1, passing(Some(at)));
    }
    sql + &format!("UNION ALL SELECT 8, 0, count(*) FROM base WHERE {}", passing(None))
}

/// Every word, the last one as the beginning of one too.
fn words(text: &str, vocabulary: &Vocabulary, dialect: Dialect) -> String {
    let typed = tokens(text);
    let last = typed.len().saturating_sub(1);
    let slots: Vec<String> = typed
        .iter()
        .enumerate()
        .map(|(at, token)| match (token.is_marked(), at == last, dialect) {
            (false, true, Dialect::Sqlite) => format!("{}*", folded_key(token)),
            (false, true, Dialect::Postgres) => format!("'{}':*", folded_key(token)),
            (false, false, Dialect::Sqlite) => folded_key(token),
            (false, false, Dialect::Postgres) => format!("'{}'", folded_key(token)),
            (true, false, Dialect::Sqlite) => marked_key(token),
            (true, false, Dialect::Postgres) => format!("'{}'", marked_key(token)),
            (true, true, _) => {
                let mut keys: Vec<String> = vocabulary.becoming(token).map(marked_key).collect();
                keys.sort();
                match dialect {
                    Dialect::Sqlite => format!("({})", keys.join(" OR ")),
                    Dialect::Postgres => format!("({})", keys.iter().map(|key| format!("'{key}'")).collect::<Vec<_>>().join(" | ")),
                }
            }
        })
        .collect();
    slots.join(if dialect == Dialect::Sqlite { " AND " } else { " & " })
}

/// Filters alone: what passes all of them is kept for the page and most facets; a chosen facet is counted without itself.
pub fn by_filters(search: &Search, today: Day) -> String {
    let passing = |without: Option<usize>| {
        let kept = search.asked.iter().filter(|asked| Some(facet_of(asked)) != without);
        let all: Vec<String> = kept.map(|asked| condition(asked, today, false)).collect();
        if all.is_empty() { "1 = 1".to_owned() } else { all.join(" AND ") }
    };
    let (order, column) = match search.sort {
        Sort::Price => ("price, id", "price"),
        Sort::Quantity => ("quantity DESC, id", "quantity"),
        Sort::Stars => ("stars DESC, id", "offered"),
        _ => ("id DESC", "offered"),
    };
    let mut sql = format!("WITH hit AS MATERIALIZED (SELECT id, {}, {column} FROM products WHERE {})\n", FACETS.join(", "), passing(None));
    sql += &format!("SELECT 0 AS d, id AS v, 0 AS n FROM (SELECT id FROM hit ORDER BY {order} LIMIT {LIMIT}) AS page\n");
    for (at, column) in FACETS.iter().enumerate() {
        let source = if search.asked.iter().any(|asked| facet_of(asked) == at) {
            format!("products WHERE {}", passing(Some(at)))
        } else {
            "hit".to_owned()
        };
        sql += &format!("UNION ALL SELECT {}, {column}, count(*) FROM {source} GROUP BY {column}\n", at + 1);
    }
    sql + "UNION ALL SELECT 8, 0, count(*) FROM hit"
}

/// The best offers for a demand and those that just miss: everything but papers first, papers for what is left.
pub fn matches(need: &Need, today: Day, best: usize, near: usize, dialect: Dialect) -> String {
    let (least, most) = match dialect {
        Dialect::Sqlite => ("min", "max"),
        Dialect::Postgres => ("least", "greatest"),
    };
    let groups: Vec<String> = (0..128).filter(|row| need.groups.contains(*row)).map(|row| row.to_string()).collect();
    let fails = |condition: &str| format!("CASE WHEN {condition} THEN 1 ELSE 0 END");
    let shares = format!("from_day <= {} AND end_day >= {}", need.until, need.from);
    let common: Vec<String> = calendar(need)
        .iter()
        .map(|(month, first, last)| {
            format!("CASE WHEN (months >> {month}) & 1 = 1 AND from_day <= {last} AND end_day >= {first} THEN 1 ELSE 0 END")
        })
        .collect();
    let quantity = if need.single_supplier { format!("quantity < {}", need.quantity) } else { "quantity <= 0".to_owned() };
    let (above, fit) = prices(need);
    let half = if need.place < 64 { "units_low" } else { "units_high" };
    let cheap = [
        fails(&format!("NOT ({shares})")),
        fails(&format!("minimum > {} OR (minimum > quantity AND NOT ({quantity}))", need.quantity)),
        fails(&quantity),
        fails(&above),
        fails(&format!("units_low IS NOT NULL AND ({half} >> {}) & 1 = 0", need.place % 64)),
        fails(&format!("shelf < {}", need.shelf_life_days)),
    ];
    let required = need.required.count_ones();
    let holds = format!("p.product = shared.product AND p.from_day <= {} AND p.until_day >= {}", need.from, need.until);
    let count = |kinds: u64| {
        let list: Vec<String> = (0..64).filter(|kind| kinds >> kind & 1 == 1).map(|kind| kind.to_string()).collect();
        if list.is_empty() {
            "0".to_owned()
        } else {
            format!("(SELECT count(DISTINCT p.kind) FROM papers p WHERE {holds} AND p.kind IN ({}))", list.join(","))
        }
    };
    let preferred = match need.preferred.count_ones() {
        0 => "10000".to_owned(),
        asked => format!("preferred * 10000 / {asked}"),
    };
    let volume = format!("{least}({most}(quantity, 0), {0}) * 10000 / {0}", need.quantity);
    let months_fit = format!("{least}(10000, common * 10000 / {})", need.months_needed);
    // Of each part whole basis points, as the index counts them: the division of whole numbers rounds down.
    let score = format!(
        "30 * ({volume}) / 100 + 15 * ({months_fit}) / 100 + 20 * ({fit}) / 100 + 10 * (held_stars * 2000) / 100 + 10 * ({preferred}) / 100 + 10 * ({most}(0, 10000 - 5 * km)) / 100 + 250"
    );
    let (groups, unit, province) = (groups.join(","), need.unit, need.province);
    let open = format!("grp IN ({groups}) AND last_day >= {today}");
    let fails = cheap.join(" + ");
    let (too_few, out_of_season) = if need.single_supplier {
        (format!("common < {}", need.months_needed), format!("months & {0} <> {0}", need.months))
    } else {
        ("common = 0".to_owned(), format!("months & {} = 0", need.months))
    };
    let months_fail = format!("CASE WHEN CASE WHEN {shares} THEN {too_few} ELSE {out_of_season} END THEN 1 ELSE 0 END");
    format!(
        "WITH cheap AS MATERIALIZED (SELECT id, product, province, quantity, months, from_day, end_day, amount, per_base, currency, basis, vat, {fails} AS fails \
         FROM offers WHERE {open} AND unit = {unit} AND {fails} <= 1),\n\
         reach AS MATERIALIZED (SELECT cheap.*, km, CASE WHEN {shares} THEN {} ELSE 0 END AS common FROM cheap \
         JOIN distances ON from_province = {province} AND to_province = cheap.province),\n\
         shared AS MATERIALIZED (SELECT reach.*, fails + {months_fail} AS failed FROM reach WHERE fails + {months_fail} <= 1),\n\
         held AS MATERIALIZED (SELECT shared.*, COALESCE((SELECT max(p.stars) FROM papers p WHERE {holds}), 0) AS held_stars, \
         {} AS required, {} AS preferred FROM shared),\n\
         judged AS MATERIALIZED (SELECT id, km, failed + CASE WHEN held_stars < {} THEN 1 ELSE 0 END + CASE WHEN required < {required} THEN 1 ELSE 0 END AS failed, \
         {score} AS score FROM held)\n\
         SELECT 0 AS d, id AS v, score AS n FROM (SELECT id, score FROM judged WHERE failed = 0 ORDER BY score DESC, km, id LIMIT {best}) AS best\n\
         UNION ALL SELECT 1, id, score FROM (SELECT id, score FROM judged WHERE failed = 1 ORDER BY score DESC, km, id LIMIT {near}) AS near\n\
         UNION ALL SELECT 2, 0, count(*) FROM judged WHERE failed = 0\n\
         UNION ALL SELECT 3, 0, count(*) FROM offers WHERE {open}",
        if common.is_empty() { "0".to_owned() } else { common.join(" + ") },
        count(need.required),
        count(need.preferred),
        need.least_stars,
    )
}

/// When a price is above the ceiling, and how well it fits, as far as everybody may know; only such prices stand in the table.
fn prices(need: &Need) -> (String, String) {
    let Some(ceiling) = need.ceiling.filter(|_| View::PUBLIC.sees_ceiling(need)) else { return ("1 = 0".into(), "5000".into()) };
    let (basis, vat) = (basis(ceiling.basis), i32::from(ceiling.vat_included));
    let known = format!("amount IS NOT NULL AND currency = {}", ceiling.currency);
    let bounds = format!("basis <= {basis} AND vat <= {vat}");
    // In lowest terms, and each product begun by a column, which is wide: whole numbers must not overflow.
    let divisor = common_divisor(ceiling.amount, ceiling.per_base);
    let (ceiling_amount, ceiling_per) = (ceiling.amount / divisor, ceiling.per_base / divisor);
    let over = format!("amount * {ceiling_per} > {ceiling_amount} * per_base");
    let (above_nothing, of) =
        (format!("(per_base * {ceiling_amount} * 10000 - amount * {ceiling_per} * 5000)"), format!("({ceiling_amount} * per_base)"));
    (
        format!("{known} AND {bounds} AND {over}"),
        format!(
            "CASE WHEN {known} AND basis = {basis} AND vat = {vat} THEN CASE WHEN {above_nothing} <= 0 THEN 0 ELSE {above_nothing} / {of} END ELSE 5000 END"
        ),
    )
}

/// The greatest number that divides both, of which one is more than 0.
fn common_divisor(one: i64, other: i64) -> i64 {
    if other == 0 { one } else { common_divisor(other, one % other) }
}

/// A price at the gate can only come out higher once delivered.
pub fn basis(basis: Basis) -> i32 {
    i32::from(basis == Basis::Delivered)
}

/// The calendar months in which a demand needs something: month of the year, first and last day.
fn calendar(need: &Need) -> Vec<(u32, Day, Day)> {
    let epoch = NaiveDate::default();
    let (mut month, last) = (day(need.from).with_day(1).unwrap(), day(need.until));
    let mut found = Vec::new();
    while month <= last {
        let next = month.checked_add_months(chrono::Months::new(1)).unwrap();
        if need.months >> month.month0() & 1 == 1 {
            let number = |day: NaiveDate| day.signed_duration_since(epoch).num_days() as Day;
            found.push((month.month0(), number(month), number(next) - 1));
        }
        month = next;
    }
    found
}
