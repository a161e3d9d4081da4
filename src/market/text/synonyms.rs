//! What north and south, market and label call the same: phrases, with their direction.

use super::tokens::{Token, tokens};
use foldhash::fast::RandomState;
use std::borrow::Borrow;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// Words before the name of a fruit that say no more than that it is one: "trái bơ" is "bơ".
const COUNTERS: [&str; 2] = ["trái", "quả"];
/// Words that say with a number before them how much, or how good, and not what: "5 tấn gạo", "gạo 4 sao".
const MEASURES: [&str; 7] = ["tấn", "tạ", "kg", "ký", "cân", "lít", "sao"];
/// Words of trade that name goods without their marks: "cua" is a crab, "tu hài" a clam, "tai heo" a pig's ear.
const ONLY_MARKED: [&str; 3] = ["của", "từ", "tại"];
/// What goods are packed in: "hộp bánh pía" is no box.
const CONTAINERS: [&str; 12] = ["hộp", "thùng", "chai", "gói", "túi", "bao", "lon", "lọ", "hũ", "khay", "can", "bó"];

/// A phrase and another one that means the same.
#[derive(Debug, Clone)]
struct Entry {
    from: Vec<Token>,
    to: Vec<Token>,
}

/// A word, and a phrase in which it has another sense than alone.
type Sense = (Token, Vec<Token>);

/// Synonyms, and phrases in which a word means something else.
#[derive(Debug, Clone, Default)]
pub struct Thesaurus {
    /// By the fold of the first word of the phrase.
    entries: HashMap<String, Vec<Entry>, RandomState>,
    /// Phrases in which the word has another sense than alone, by the fold of the word.
    other_senses: HashMap<String, Vec<Sense>, RandomState>,
    /// The same by the fold of the first word of the phrase.
    sense_phrases: HashMap<String, Vec<Sense>, RandomState>,
    /// [`COUNTERS`] as words.
    counters: Vec<Token>,
    /// [`MEASURES`] as words.
    measures: Vec<Token>,
    /// [`ONLY_MARKED`] as words.
    only_marked: Vec<Token>,
    /// [`CONTAINERS`] as words.
    containers: Vec<Token>,
    /// Phrases that name no goods, the longest first, by the fold of their first word.
    trade_words: HashMap<String, Vec<Vec<Token>>, RandomState>,
    /// How words with marks are spelled that are known to be words.
    spelled: HashSet<String, RandomState>,
}

/// A query with a phrase of it said in other words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewriting<'a> {
    /// The words: those of the query, and of the table.
    pub words: Vec<&'a Token>,
    /// Which of them are the other phrase: they must stand side by side. None where a word was only left out.
    pub phrase: Range<usize>,
}

impl Thesaurus {
    /// `synonyms` are pairs in the direction in which they hold (a pair that holds both ways comes twice); `senses` are
    /// pairs of a word and a longer phrase with it.
    pub fn new<'a>(synonyms: impl IntoIterator<Item = (&'a str, &'a str)>, senses: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let words = |words: &[&str]| words.iter().flat_map(|word| tokens(word)).collect();
        let (counters, measures, containers) = (words(&COUNTERS), words(&MEASURES), words(&CONTAINERS));
        let mut thesaurus = Self { counters, measures, containers, only_marked: words(&ONLY_MARKED), ..Self::default() };
        for (from, to) in synonyms {
            let (from, to) = (tokens(from), tokens(to));
            thesaurus.note_words(from.iter().chain(&to));
            if let (Some(first), false) = (from.first(), to.is_empty()) {
                let first = first.folded.clone();
                thesaurus.entries.entry(first).or_default().push(Entry { from, to });
            }
        }
        for (word, phrase) in senses {
            for token in tokens(word).into_iter().take(1) {
                let fold = token.folded.clone();
                let sense = (token, tokens(phrase));
                thesaurus.note_words(&sense.1);
                if let Some(first) = sense.1.first() {
                    thesaurus.sense_phrases.entry(first.folded.clone()).or_default().push(sense.clone());
                }
                thesaurus.other_senses.entry(fold).or_default().push(sense);
            }
        }
        thesaurus
    }

    /// The same with phrases of buying and selling that name no goods.
    #[must_use]
    pub fn with_trade_words<'a>(mut self, phrases: impl IntoIterator<Item = &'a str>) -> Self {
        for phrase in phrases.into_iter().map(tokens) {
            if let Some(first) = phrase.first() {
                self.trade_words.entry(first.folded.clone()).or_default().push(phrase);
            }
        }
        self.trade_words.values_mut().for_each(|phrases| phrases.sort_by_key(|phrase| std::cmp::Reverse(phrase.len())));
        self
    }

    /// The same with names of goods, whose words are known whether or not anybody offers them.
    #[must_use]
    pub fn with_goods<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        names.into_iter().for_each(|name| self.note_words(&tokens(name)));
        self
    }

    fn note_words<'a>(&mut self, words: impl IntoIterator<Item = &'a Token>) {
        self.spelled.extend(words.into_iter().filter(|word| word.is_marked()).map(Token::spelling));
    }

    /// Whether what was typed is a word as it stands, with its marks: then it is no slip, even where nobody offers it. Without
    /// marks it may be one of many.
    pub fn knows(&self, typed: &Token) -> bool {
        typed.is_marked() && self.spelled.contains(&typed.spelling())
    }

    /// The place of the word of `query` that says what is sought: the first that is neither of trade nor a number, and neither
    /// counts nor holds what comes after it.
    pub fn head(&self, query: &[Token]) -> Option<usize> {
        let of_trade = self.of_trade(query);
        let is_other = |at: usize, word: &Token| {
            let holds = self.counters.iter().chain(&self.containers).any(|other| other == word);
            is_number(word) || holds && at + 1 < query.len() || of_trade.iter().any(|(place, _)| *place == at)
        };
        query.iter().enumerate().find(|(at, word)| !is_other(*at, word)).map(|(at, _)| at)
    }

    /// Places of the words of `query` that are said of buying and selling, each with the word that it is then.
    pub fn of_trade<'a>(&'a self, query: &'a [Token]) -> Vec<(usize, &'a Token)> {
        let (mut at, mut found) = (0, Vec::new());
        while let Some(rest) = query.get(at..).filter(|rest| !rest.is_empty()) {
            let length = match rest {
                [number, measure, ..] if is_number(number) => {
                    let measure = self.measures.iter().find(|word| means(measure, word));
                    found.extend(measure.into_iter().flat_map(|measure| [(at, number), (at + 1, measure)]));
                    measure.map_or(0, |_| 2)
                }
                _ => {
                    let phrase = self.trade_phrase(query, at);
                    found.extend((at..).zip(phrase));
                    phrase.len()
                }
            };
            at += length.max(1);
        }
        found
    }

    /// The phrase of trade that begins at `at`; empty where there is none, or a longer one of another meaning: "giá" is a
    /// price, and "giá đỗ" bean sprouts.
    fn trade_phrase(&self, query: &[Token], at: usize) -> &[Token] {
        let rest = query.get(at..).unwrap_or_default();
        let phrases = rest.first().and_then(|first| self.trade_words.get(&first.folded)).map_or(&[] as &[_], Vec::as_slice);
        let is_meant = |phrase: &&Vec<Token>| match phrase.as_slice() {
            [word] if self.only_marked.contains(word) => rest.first() == Some(word),
            _ => begins_with(rest, phrase),
        };
        let Some(phrase) = phrases.iter().find(is_meant) else { return &[] };
        let is_longer = |other: Range<usize>| other.start == at && other.len() > phrase.len();
        if self.phrases(query).any(is_longer) { &[] } else { phrase }
    }

    /// `query` with each of its phrases that has a synonym said in the other words, one phrase at a time, and without the
    /// word before a fruit that counts it; at most `most`.
    pub fn rewritings<'a>(&'a self, query: &'a [Token], most: usize) -> Vec<Rewriting<'a>> {
        let mut found: Vec<Rewriting<'a>> = Vec::new();
        let mut add = |rewriting: Rewriting<'a>| {
            if found.len() < most && !found.contains(&rewriting) && !rewriting.words.iter().copied().eq(query) {
                found.push(rewriting);
            }
        };
        for at in 0..query.len() {
            for entry in self.entries_at(query, at).filter(|entry| !self.is_in_another_sense(query, at, &entry.from)) {
                let before = query.iter().take(at);
                let after = query.iter().skip(at + entry.from.len());
                let words: Vec<&Token> = before.chain(&entry.to).chain(after).collect();
                add(Rewriting { words, phrase: at..at + entry.to.len() });
            }
        }
        if let Some(counted) = self.without_counter(query) {
            add(Rewriting { words: counted.iter().collect(), phrase: 0..0 });
            self.rewritings(counted, most).into_iter().for_each(add);
        }
        found
    }

    /// Places of `query` where words are known to mean something together.
    pub fn phrases<'a>(&'a self, query: &'a [Token]) -> impl Iterator<Item = Range<usize>> + use<'a> {
        (0..query.len()).flat_map(move |at| {
            let synonyms = self.entries_at(query, at).map(|entry| entry.from.len());
            let senses = self.senses_at(query, at).map(|(_, phrase)| phrase.len());
            synonyms.chain(senses).filter(|length| *length > 1).map(move |length| at..at + length)
        })
    }

    /// Entries whose phrase begins at `at`.
    fn entries_at<'a>(&'a self, query: &'a [Token], at: usize) -> impl Iterator<Item = &'a Entry> + use<'a> {
        let rest = query.get(at..).unwrap_or_default();
        let entries = rest.first().and_then(|first| self.entries.get(&first.folded)).map_or(&[] as &[_], Vec::as_slice);
        entries.iter().filter(move |entry| begins_with(rest, &entry.from))
    }

    /// Other senses of a word of `query` whose phrase begins at `at`.
    fn senses_at<'a>(&'a self, query: &'a [Token], at: usize) -> impl Iterator<Item = &'a Sense> + use<'a> {
        let rest = query.get(at..).unwrap_or_default();
        let senses = rest.first().and_then(|first| self.sense_phrases.get(&first.folded)).map_or(&[] as &[_], Vec::as_slice);
        let is_typed = |word: &Token| query.iter().any(|typed| typed.folded == word.folded);
        senses.iter().filter(move |(word, phrase)| begins_with(rest, phrase) && is_typed(word))
    }

    /// Whether `from` at `at` lies in a longer phrase of the query in which it is not what its synonym means: "trà" in
    /// "Trà Vinh".
    fn is_in_another_sense(&self, query: &[Token], at: usize, from: &[Token]) -> bool {
        (0..=at).any(|start| {
            self.senses_at(query, start)
                .any(|(word, phrase)| phrase.len() > from.len() && start + phrase.len() >= at + from.len() && from.contains(word))
        })
    }

    /// What is counted, where `query` begins with a word for a piece of fruit that does no more than that.
    fn without_counter<'a>(&self, query: &'a [Token]) -> Option<&'a [Token]> {
        let (first, rest) = query.split_first()?;
        let is_counter = !rest.is_empty() && self.counters.iter().any(|counter| means(first, counter));
        (is_counter && !self.phrases(query).any(|phrase| phrase.start == 0)).then_some(rest)
    }

    /// Words, each with a phrase in which it has another sense than alone.
    pub fn senses(&self) -> impl Iterator<Item = (&Token, &[Token])> {
        self.other_senses.values().flatten().map(|(word, phrase)| (word, phrase.as_slice()))
    }

    /// Words that those of `query` can mean of which there are phrases in which they have another sense, most of them once.
    pub fn words_with_other_senses<'a>(&'a self, query: &'a [Token]) -> impl Iterator<Item = &'a Token> {
        query.iter().flat_map(move |typed| {
            let senses = self.other_senses.get(&typed.folded).map_or(&[] as &[_], Vec::as_slice);
            let before = std::iter::once(None).chain(senses.iter().map(|(word, _)| Some(word)));
            let words = senses.iter().map(|(word, _)| word).zip(before);
            words.filter(move |(word, before)| Some(*word) != *before && means(typed, word)).map(|(word, _)| word)
        })
    }

    /// Phrases in which a word of `query` has another sense, unless the query has the phrase itself.
    pub fn other_senses<'a, T: Borrow<Token>>(&'a self, query: &'a [T]) -> impl Iterator<Item = &'a [Token]> {
        query.iter().map(Borrow::borrow).flat_map(move |typed: &Token| {
            let senses = self.other_senses.get(&typed.folded).map_or(&[] as &[_], Vec::as_slice);
            let has = |phrase: &[Token]| (0..query.len()).any(|at| query.get(at..).is_some_and(|rest| begins_with(rest, phrase)));
            let other = senses.iter().filter(move |(word, phrase)| means(typed, word) && !has(phrase));
            other.map(|(_, phrase)| phrase.as_slice())
        })
    }
}

fn is_number(token: &Token) -> bool {
    token.folded.bytes().all(|letter| letter.is_ascii_digit())
}

/// Whether what was typed can mean `word`: with marks that spelling alone, without them any.
pub fn means(typed: &Token, word: &Token) -> bool {
    if typed.is_marked() { typed.letters == word.letters && typed.tone == word.tone } else { typed.folded == word.folded }
}

fn begins_with<T: Borrow<Token>>(typed: &[T], phrase: &[Token]) -> bool {
    typed.len() >= phrase.len() && typed.iter().zip(phrase).all(|(typed, word)| means(typed.borrow(), word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thesaurus() -> Thesaurus {
        Thesaurus::new(
            [("khóm", "dứa"), ("dứa", "khóm"), ("cá lóc", "cá quả"), ("trái", "quả")],
            [("dứa", "cá dứa"), ("dứa", "lá dứa"), ("quả", "cá quả")],
        )
    }

    fn said(query: &str) -> Vec<String> {
        let spell = |words: &[&Token]| words.iter().map(|token| token.folded.as_str()).collect::<Vec<_>>().join(" ");
        thesaurus().rewritings(&tokens(query), 8).iter().map(|rewriting| spell(&rewriting.words)).collect()
    }

    #[test]
    fn a_phrase_is_said_in_other_words_with_or_without_marks() {
        assert_eq!(said("khom say"), ["dua say"]);
        assert_eq!(said("nước dứa"), ["nuoc khom"]);
        assert_eq!(said("khô cá lóc"), ["kho ca qua"]);
        assert!(said("dừa").is_empty(), "coconut is no pineapple");
        assert_eq!(said("dua"), ["khom"], "without marks it may be one");
        assert!(said("quả").is_empty(), "one way only");
    }

    #[test]
    fn a_word_that_counts_fruit_may_be_left_out() {
        assert_eq!(said("trái khóm"), ["qua khom", "trai dua", "khom", "dua"]);
        assert_eq!(said("trai"), ["qua"], "where there is something to count");
        assert_eq!(said("khóm trái"), ["dua trai", "khom qua"], "and it comes first");
        let thesaurus = Thesaurus::new([("trái cây", "hoa quả")], [("trái", "trái vụ")]);
        let others = |query: &str| thesaurus.rewritings(&tokens(query), 8).len();
        assert_eq!((others("trái cây sấy"), others("trái vụ sớm"), others("trái bơ")), (1, 0, 1), "not where it is part of a phrase");
    }

    #[test]
    fn a_word_in_a_phrase_with_another_sense_has_no_other_name() {
        let thesaurus = Thesaurus::new(
            [("trà", "chè"), ("trà", "tea"), ("cá quả", "cá lóc"), ("quả", "trái")],
            [("trà", "trà vinh"), ("quả", "cá quả")],
        );
        let others = |query: &str| thesaurus.rewritings(&tokens(query), 8).len();
        assert_eq!((others("trà sen"), others("dừa trà vinh"), others("cá quả"), others("quả cam")), (2, 0, 1, 2));
        let phrases = |query: &str| thesaurus.phrases(&tokens(query)).collect::<Vec<_>>();
        assert_eq!(phrases("dừa trà vinh"), vec![Range { start: 1, end: 3 }]);
        assert!(phrases("trà sen vinh").is_empty());
    }

    #[test]
    fn words_of_trade_name_no_goods() {
        let thesaurus = Thesaurus::new([], []).with_trade_words(["giá", "giá sỉ", "mua", "sỉ lẻ"]);
        let of_trade = |query: &str| thesaurus.of_trade(&tokens(query)).into_iter().map(|(at, _)| at).collect::<Vec<_>>();
        assert_eq!(of_trade("mua sầu riêng giá sỉ"), [0, 3, 4]);
        assert_eq!(of_trade("MUA sau rieng gia si"), [0, 3, 4], "without marks too");
        assert_eq!(of_trade("già sỉ lẻ"), [1, 2], "another word");
        assert_eq!(of_trade("mua giá"), [0, 1]);
        let thesaurus = Thesaurus::new([("giá đỗ", "giá sống")], []).with_trade_words(["giá", "của", "bán"]);
        let of_trade = |query: &str| thesaurus.of_trade(&tokens(query)).into_iter().map(|(at, _)| at).collect::<Vec<_>>();
        assert_eq!((of_trade("giá đỗ"), of_trade("gia do")), (vec![], vec![]), "bean sprouts");
        assert_eq!((of_trade("ban gao"), of_trade("gạo của mẹ"), of_trade("mua cua")), (vec![0], vec![1], vec![]));
        assert_eq!(of_trade("gạo 5 tấn 4 sao 25"), [1, 2, 3, 4]);
    }

    #[test]
    fn what_is_sought_is_said_first() {
        let thesaurus = Thesaurus::new([], []).with_trade_words(["mua", "cần mua", "của"]);
        let head = |query: &str| thesaurus.head(&tokens(query));
        assert_eq!(head("rau hữu cơ"), Some(0));
        assert_eq!(head("cần mua 5 tấn gạo"), Some(4));
        assert_eq!(head("10 hộp bánh pía"), Some(2));
        assert_eq!(head("quả bơ sáp"), Some(1));
        assert_eq!(head("cua hữu cơ"), Some(0), "a crab");
        assert_eq!(head("hộp"), Some(0), "where it is all that was said");
        assert_eq!(head("mua 5 kg"), None);
    }

    #[test]
    fn a_word_keeps_its_sense_inside_the_phrase_that_was_typed() {
        let thesaurus = thesaurus();
        let senses = |query: &str| thesaurus.other_senses(&tokens(query)).count();
        assert_eq!(senses("dứa"), 2);
        assert_eq!(senses("cá dứa"), 1);
        assert_eq!(senses("dừa"), 0);
    }
}
