//! Words that mean the same thing to people of different regions, markets and languages, phrases in which a word means
//! something else, and what people say about goods without naming any.
//!
//! Both are phrases and not only words: "củ sắn" is jicama in the south although "sắn" is cassava. They are data for
//! the search, which folds and ranks; this module only promises that they are well formed. Nothing follows from two
//! pairs that share a phrase: "trà" leads to "chè" and "tea" to "trà", and whether "tea" leads to "chè" is a row of its own.

use std::collections::HashSet;

use serde::Deserialize;

use super::{Line, ReferenceError, lines};
use crate::text::nfc;

const SYNONYMS_FILE: &str = "synonyms.csv";
const OTHER_SENSES_FILE: &str = "other_senses.csv";
const TRADE_WORDS_FILE: &str = "trade_words.csv";
pub(super) const SYNONYMS_CSV: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/reference/synonyms.csv"));
pub(super) const OTHER_SENSES_CSV: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/reference/other_senses.csv"));
pub(super) const TRADE_WORDS_CSV: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/reference/trade_words.csv"));
/// The longest names here are "mật ong bạc hà" and "bánh ít lá gai"; with more the search would compare longer runs for nothing.
const LONGEST_PHRASE_SYLLABLES: usize = 4;

/// Which of two phrases leads to the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Who types either also finds the other.
    Both,
    /// Who types `from` also finds `to`; not the reverse, since `to` is narrower or has another common sense.
    OneWay,
}

/// Where a phrase is at home.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Region {
    /// The north.
    North,
    /// The centre.
    Central,
    /// The south.
    South,
    /// The whole country.
    All,
    /// Labels and official papers.
    Label,
    /// Sellers' lists and price boards, with their spellings.
    Market,
    /// The English name.
    English,
}

/// How sure we are that people use the phrases like this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// Common knowledge.
    High,
    /// Right for most people, or for a part of the region.
    Medium,
    /// To be confirmed.
    Low,
}

/// Two phrases for one thing.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Synonym {
    /// The phrase that leads to `to`, in lower case with its accents.
    pub from: String,
    /// The phrase that is also found.
    pub to: String,
    /// Whether `to` leads back.
    pub direction: Direction,
    /// Where `from` is at home.
    pub region_from: Region,
    /// Where `to` is at home.
    pub region_to: Region,
    /// How sure we are.
    pub certainty: Certainty,
    /// What the thing is, or in which other sense a phrase is used.
    pub note: Option<String>,
}

/// A phrase in which a word means something else than alone.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct OtherSense {
    /// The word, or words, in lower case with the accents.
    pub word: String,
    /// A longer phrase in which `word` stands: "cá dứa", a fish, for "dứa", pineapple.
    pub phrase: String,
    /// What the phrase means.
    pub note: Option<String>,
}

/// What people say of buying, selling and goods as such, without naming any: "giá sỉ", wholesale price.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct TradeWords {
    /// The words, in lower case with the accents.
    pub phrase: String,
    /// What they mean.
    pub note: Option<String>,
}

/// The tables of synonyms, of other senses and of trade words.
#[derive(Debug)]
pub struct Synonyms {
    all: Vec<Synonym>,
    other_senses: Vec<OtherSense>,
    trade_words: Vec<TradeWords>,
}

impl Synonyms {
    pub(super) fn parse(synonyms: &str, other_senses: &str, trade_words: &str) -> Result<Self, ReferenceError> {
        Ok(Self {
            all: parse_synonyms(synonyms)?,
            other_senses: parse_other_senses(other_senses)?,
            trade_words: parse_trade_words(trade_words)?,
        })
    }

    /// Every pair of phrases, in the order of the file. No two phrases stand together twice, in whatever order.
    pub fn all(&self) -> &[Synonym] {
        &self.all
    }

    /// Every phrase in which a word has another sense, in the order of the file.
    pub fn other_senses(&self) -> &[OtherSense] {
        &self.other_senses
    }

    /// Every phrase that names no goods, in the order of the file.
    pub fn trade_words(&self) -> &[TradeWords] {
        &self.trade_words
    }
}

fn parse_synonyms(text: &str) -> Result<Vec<Synonym>, ReferenceError> {
    let mut all = Vec::new();
    let mut pairs = HashSet::new();
    for Line { number, row, .. } in lines::<Synonym>(SYNONYMS_FILE, text)? {
        let wrong = |problem: String| ReferenceError::new(SYNONYMS_FILE, number, problem);
        check_phrase(&row.from).map_err(wrong)?;
        check_phrase(&row.to).map_err(wrong)?;
        if row.from == row.to {
            return Err(wrong(format!("{:?} is a synonym of itself", row.from)));
        }
        // Two rows of one way each would say what one row of both says, with two certainties.
        let pair = if row.from < row.to { (row.from.clone(), row.to.clone()) } else { (row.to.clone(), row.from.clone()) };
        if !pairs.insert(pair) {
            return Err(wrong(format!("{:?} and {:?} stand together twice", row.from, row.to)));
        }
        all.push(row);
    }
    Ok(all)
}

fn parse_other_senses(text: &str) -> Result<Vec<OtherSense>, ReferenceError> {
    let mut all = Vec::new();
    let mut pairs = HashSet::new();
    for Line { number, row, .. } in lines::<OtherSense>(OTHER_SENSES_FILE, text)? {
        let wrong = |problem: String| ReferenceError::new(OTHER_SENSES_FILE, number, problem);
        check_phrase(&row.word).map_err(wrong)?;
        check_phrase(&row.phrase).map_err(wrong)?;
        if !is_longer_and_contains(&row.phrase, &row.word) {
            return Err(wrong(format!("{:?} is not {:?} with other syllables beside it", row.phrase, row.word)));
        }
        if !pairs.insert((row.word.clone(), row.phrase.clone())) {
            return Err(wrong(format!("{:?} in {:?} stands twice", row.word, row.phrase)));
        }
        all.push(row);
    }
    Ok(all)
}

fn parse_trade_words(text: &str) -> Result<Vec<TradeWords>, ReferenceError> {
    let mut all = Vec::new();
    let mut phrases = HashSet::new();
    for Line { number, row, .. } in lines::<TradeWords>(TRADE_WORDS_FILE, text)? {
        let wrong = |problem: String| ReferenceError::new(TRADE_WORDS_FILE, number, problem);
        check_phrase(&row.phrase).map_err(wrong)?;
        if !phrases.insert(row.phrase.clone()) {
            return Err(wrong(format!("{:?} stands twice", row.phrase)));
        }
        all.push(row);
    }
    Ok(all)
}

/// Refuses what would not be found when it is compared with a text, accents and all.
fn check_phrase(phrase: &str) -> Result<(), String> {
    let syllables: Vec<&str> = phrase.split_whitespace().collect();
    if syllables.is_empty() {
        return Err("a phrase is empty".to_owned());
    }
    if syllables.len() > LONGEST_PHRASE_SYLLABLES {
        return Err(format!("{phrase:?} has more than {LONGEST_PHRASE_SYLLABLES} syllables"));
    }
    if nfc(phrase) != phrase {
        return Err(format!("{phrase:?} is not composed (NFC)"));
    }
    if phrase.to_lowercase() != phrase {
        return Err(format!("{phrase:?} is not in lower case"));
    }
    if syllables.join(" ") != phrase || !phrase.chars().all(|letter| letter == ' ' || letter.is_alphanumeric()) {
        return Err(format!("{phrase:?} is not words of letters and digits with single spaces between them"));
    }
    Ok(())
}

/// Whether the syllables of `word` stand side by side in `phrase`, which has others too.
fn is_longer_and_contains(phrase: &str, word: &str) -> bool {
    let phrase: Vec<&str> = phrase.split(' ').collect();
    let word: Vec<&str> = word.split(' ').collect();
    phrase.len() > word.len() && phrase.windows(word.len()).any(|run| run == word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{reference::reference, text::fold};

    const SYNONYMS_HEADER: &str = "from,to,direction,region_from,region_to,certainty,note\n";
    const OTHER_SENSES_HEADER: &str = "word,phrase,note\n";
    const TRADE_WORDS_HEADER: &str = "phrase,note\n";

    /// Whether who types `typed` also finds `found`.
    fn leads(typed: &str, found: &str) -> bool {
        reference().synonyms.all().iter().any(|pair| {
            (pair.from == typed && pair.to == found) || (pair.direction == Direction::Both && pair.to == typed && pair.from == found)
        })
    }

    fn has_other_sense(word: &str, phrase: &str) -> bool {
        reference().synonyms.other_senses().iter().any(|sense| sense.word == word && sense.phrase == phrase)
    }

    /// Line and problem of a table of synonyms whose third line is `row`.
    fn refusal_of_synonym(row: &str) -> (u64, String) {
        let text = format!("{SYNONYMS_HEADER}heo,lợn,both,south,north,high,\n{row}\n");
        let error = Synonyms::parse(&text, OTHER_SENSES_HEADER, TRADE_WORDS_HEADER).unwrap_err();
        assert_eq!(error.file, "synonyms.csv");
        (error.line, error.problem)
    }

    /// Line and problem of a table of other senses whose third line is `row`.
    fn refusal_of_other_sense(row: &str) -> (u64, String) {
        let text = format!("{OTHER_SENSES_HEADER}dứa,cá dứa,\n{row}\n");
        let error = Synonyms::parse(SYNONYMS_HEADER, &text, TRADE_WORDS_HEADER).unwrap_err();
        assert_eq!(error.file, "other_senses.csv");
        (error.line, error.problem)
    }

    fn refused(line: u64, problem: &str) -> (u64, String) {
        (line, problem.to_owned())
    }

    #[test]
    fn the_tables_are_large_enough_to_search_with() {
        assert!(reference().synonyms.all().len() >= 110);
        assert!(reference().synonyms.other_senses().len() >= 25);
    }

    #[test]
    fn words_of_two_regions_lead_to_each_other() {
        for (one, other) in [
            ("trái", "quả"),
            ("heo", "lợn"),
            ("khóm", "thơm"),
            ("khóm", "dứa"),
            ("thơm", "dứa"),
            ("bắp", "ngô"),
            ("hột", "hạt"),
            ("mãng cầu", "na"),
            ("mè", "vừng"),
            ("đậu phộng", "lạc"),
            ("củ mì", "khoai mì"),
            ("củ mì", "sắn"),
            ("khoai mì", "sắn"),
            ("cá lóc", "cá quả"),
            ("cá lóc", "cá chuối"),
            ("cá quả", "cá chuối"),
            ("ngò", "rau mùi"),
            ("ngò gai", "mùi tàu"),
            ("húng quế", "rau quế"),
            ("bông", "hoa"),
            ("chén", "bát"),
            ("nón", "mũ"),
            ("tía tô", "perilla"),
            ("dưa leo", "dưa chuột"),
            ("bí đỏ", "bí ngô"),
            ("mướp đắng", "khổ qua"),
            ("su su", "chayote"),
            ("củ sắn", "củ đậu"),
            ("hồng xiêm", "sa pô chê"),
            ("chả lụa", "giò lụa"),
            ("bánh tráng", "bánh đa"),
            ("rượu đế", "rượu trắng"),
            ("tôm khô", "tôm nõn"),
            ("mắm nêm", "mắm cái"),
            ("tiêu", "hồ tiêu"),
        ] {
            assert!(leads(one, other), "{one} leads to {other}");
            assert!(leads(other, one), "{other} leads to {one}");
        }
    }

    #[test]
    fn english_names_lead_to_vietnamese_ones_and_back() {
        for (english, vietnamese) in [
            ("coffee", "cà phê"),
            ("rice", "gạo"),
            ("cashew", "hạt điều"),
            ("pepper", "tiêu"),
            ("pepper", "hồ tiêu"),
            ("honey", "mật ong"),
            ("pomelo", "bưởi"),
            ("mango", "xoài"),
            ("durian", "sầu riêng"),
            ("dragon fruit", "thanh long"),
            ("shrimp", "tôm"),
            ("fish sauce", "nước mắm"),
            ("palm sugar", "đường thốt nốt"),
            ("shallot", "hành tím"),
        ] {
            assert!(leads(english, vietnamese), "{english} leads to {vietnamese}");
            assert!(leads(vietnamese, english), "{vietnamese} leads to {english}");
        }
    }

    #[test]
    fn a_word_with_two_senses_is_found_and_does_not_lead_on() {
        // "mận" is plum in the north, "chè" sweet soup, "hương" fragrance, "ruốc" a shrimp in the south.
        for (clear, ambiguous) in [("roi", "mận"), ("trà", "chè"), ("nhang", "hương"), ("chà bông", "ruốc")] {
            assert!(leads(clear, ambiguous), "{clear} leads to {ambiguous}");
            assert!(!leads(ambiguous, clear), "{ambiguous} does not lead to {clear}");
        }
        assert!(leads("chè thái nguyên", "trà thái nguyên"));
    }

    #[test]
    fn chance_meetings_of_a_word_are_listed() {
        for (word, phrase) in [
            ("dứa", "cá dứa"),
            ("dứa", "lá dứa"),
            ("thơm", "gạo thơm"),
            ("thơm", "lúa thơm"),
            ("thơm", "rau thơm"),
            ("thơm", "húng thơm"),
            ("lạc", "lạc đà"),
            ("mè", "cá mè"),
            ("bắp", "bắp cải"),
            ("bắp", "bắp bò"),
            ("bắp", "bắp chuối"),
            ("quả", "cá quả"),
            ("chuối", "cá chuối"),
            ("ngô", "bí ngô"),
            ("sắn", "củ sắn"),
            ("na", "na rì"),
            ("roi", "năm roi"),
        ] {
            assert!(has_other_sense(word, phrase), "{word} in {phrase}");
        }
    }

    #[test]
    fn two_phrases_of_a_pair_differ_with_their_accents_on_or_off() {
        for pair in reference().synonyms.all() {
            let differ = fold(&pair.from) != fold(&pair.to) || nfc(&pair.from) != nfc(&pair.to);
            assert!(differ, "{} and {}", pair.from, pair.to);
            assert!(!fold(&pair.from).is_empty() && !fold(&pair.to).is_empty());
        }
    }

    #[test]
    fn a_word_does_not_lead_to_a_phrase_in_which_it_has_another_sense() {
        for sense in reference().synonyms.other_senses() {
            assert!(!leads(&sense.word, &sense.phrase), "{} in {}", sense.word, sense.phrase);
        }
    }

    #[test]
    fn tones_stand_where_the_older_spelling_puts_them() {
        // "hòa", not "hoà". After "q" the u belongs to the consonant, as in "quý".
        let newer: Vec<String> = ["oà", "oá", "oả", "oã", "oạ", "oè", "oé", "oẻ", "oẽ", "oẹ", "uỳ", "uý", "uỷ", "uỹ", "uỵ"]
            .iter()
            .map(|ending| nfc(ending).into_owned())
            .collect();
        let tables = &reference().synonyms;
        let synonyms = tables.all().iter().flat_map(|pair| [&pair.from, &pair.to]);
        let other_senses = tables.other_senses().iter().flat_map(|sense| [&sense.word, &sense.phrase]);
        let trade_words = tables.trade_words().iter().map(|words| &words.phrase);
        for phrase in synonyms.chain(other_senses).chain(trade_words) {
            for syllable in phrase.split(' ').filter(|syllable| !syllable.starts_with('q')) {
                assert!(!newer.iter().any(|ending| syllable.ends_with(ending)), "{phrase}");
            }
        }
    }

    #[test]
    fn a_malformed_phrase_is_refused_with_its_line() {
        let row = |from: &str| format!("{from},ngô,both,south,north,high,");
        assert_eq!(refusal_of_synonym(&row("")), refused(3, "a phrase is empty"));
        assert_eq!(refusal_of_synonym(&row("một hai ba bốn năm")), refused(3, "\"một hai ba bốn năm\" has more than 4 syllables"));
        // Without the debug form, which would print the mark as an escape.
        let (line, problem) = refusal_of_synonym(&row("ba\u{301}p"));
        assert_eq!(line, 3);
        assert!(problem.ends_with("is not composed (NFC)"), "{problem}");
        assert_eq!(refusal_of_synonym(&row("Bắp")), refused(3, "\"Bắp\" is not in lower case"));
        for odd in ["bắp  nếp", " bắp", "bắp-nếp", "bắp/nếp"] {
            let expected = format!("{odd:?} is not words of letters and digits with single spaces between them");
            assert_eq!(refusal_of_synonym(&row(odd)), (3, expected));
        }
        assert_eq!(refusal_of_synonym("bắp,,both,south,north,high,"), refused(3, "a phrase is empty"));
    }

    #[test]
    fn trade_words_name_no_goods_and_stand_once() {
        let refusal = |row: &str| {
            let error =
                Synonyms::parse(SYNONYMS_HEADER, OTHER_SENSES_HEADER, &format!("{TRADE_WORDS_HEADER}giá sỉ,\n{row},\n")).unwrap_err();
            assert_eq!(error.file, "trade_words.csv");
            (error.line, error.problem)
        };
        assert_eq!(refusal("giá sỉ"), refused(3, "\"giá sỉ\" stands twice"));
        assert_eq!(refusal("Giá"), refused(3, "\"Giá\" is not in lower case"));
        // What leads to goods by another name names some.
        let trade_words = reference().synonyms.trade_words();
        let is_of_trade = |phrase: &str| trade_words.iter().any(|words| words.phrase == phrase);
        for pair in reference().synonyms.all().iter().filter(|pair| is_of_trade(&pair.from)) {
            assert!(is_of_trade(&pair.to), "{} leads to {}", pair.from, pair.to);
        }
    }

    #[test]
    fn a_synonym_of_itself_is_refused() {
        assert_eq!(refusal_of_synonym("ngô,ngô,both,south,north,high,"), refused(3, "\"ngô\" is a synonym of itself"));
    }

    #[test]
    fn a_pair_stands_once_in_whatever_order_and_direction() {
        for direction in ["both", "one_way"] {
            let again = refusal_of_synonym(&format!("heo,lợn,{direction},south,north,high,"));
            assert_eq!(again, refused(3, "\"heo\" and \"lợn\" stand together twice"));
            let turned = refusal_of_synonym(&format!("lợn,heo,{direction},north,south,high,"));
            assert_eq!(turned, refused(3, "\"lợn\" and \"heo\" stand together twice"));
        }
    }

    #[test]
    fn unknown_words_for_direction_region_and_certainty_are_refused() {
        for row in [
            "bắp,ngô,back,south,north,high,",
            "bắp,ngô,both,west,north,high,",
            "bắp,ngô,both,south,west,high,",
            "bắp,ngô,both,south,north,sure,",
            "bắp,ngô,,south,north,high,",
        ] {
            let (line, problem) = refusal_of_synonym(row);
            assert_eq!(line, 3, "{row}");
            assert!(problem.contains("unknown variant"), "{problem}");
        }
    }

    #[test]
    fn a_phrase_of_another_sense_contains_its_word_as_whole_syllables() {
        for (row, word, phrase) in [
            ("dứa,dứa,", "dứa", "dứa"),
            ("na,nan tre,", "na", "nan tre"),
            ("dứa,cá dừa,", "dứa", "cá dừa"),
            ("lá dứa,lá cây dứa,", "lá dứa", "lá cây dứa"),
            ("cá dứa khô,cá dứa,", "cá dứa khô", "cá dứa"),
        ] {
            let expected = format!("{phrase:?} is not {word:?} with other syllables beside it");
            assert_eq!(refusal_of_other_sense(row), (3, expected));
        }
    }

    #[test]
    fn an_other_sense_is_well_formed_and_stands_once() {
        assert_eq!(refusal_of_other_sense(",cá mè,"), refused(3, "a phrase is empty"));
        assert_eq!(refusal_of_other_sense("mè,Cá mè,"), refused(3, "\"Cá mè\" is not in lower case"));
        assert_eq!(refusal_of_other_sense("dứa,cá dứa,"), refused(3, "\"dứa\" in \"cá dứa\" stands twice"));
    }
}
