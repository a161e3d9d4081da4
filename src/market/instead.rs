//! Words that would find something, where those of a demand find nothing.
//!
//! A demand's words are read strictly ([`super::wording`]): one too many, or a slip, and nothing is considered. A search for
//! the same words is forgiving, so what it finds says which words to write instead.

use super::Market;
use super::demands::Asked;
use super::facet::rows_of;
use super::matching::Setting;
use super::record::Rows;
use super::text::lexicon::Lexicon;
use super::text::query::Certainty;
use super::text::stages::Among;
use super::text::synonyms::means;
use super::text::tokens::{Token, tokens, without_mark};
use super::text::typed::Typed;
use roaring::RoaringBitmap;
use std::cmp::Reverse;

/// What would be considered otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Instead {
    /// These words would find so many offers of the groups that are asked for.
    Words(String, u32),
    /// The words would find so many offers of other groups.
    OtherGroups(u32),
}

/// A word as it was written, and what it is made of.
struct Written<'a> {
    text: &'a str,
    tokens: Vec<Token>,
}

impl Market {
    /// What would find an offer for a demand, which has the words `text` where it has any, and for which none is considered.
    pub fn instead(&self, asked: &Asked, text: Option<&str>, setting: &Setting<'_>) -> Option<Instead> {
        let text = text?;
        let considered = |asked: &Asked| self.best_offers(asked, setting, 0, 0).considered;
        if asked.need.groups != Rows::ALL {
            let of_any_group = considered(&asked.of_any_group());
            if of_any_group > 0 {
                return Some(Instead::OtherGroups(of_any_group));
            }
        }
        let words = self.words_found(text, asked.need.groups)?;
        let offers = considered(&asked.in_words(&words, self)?);
        (offers > 0).then_some(Instead::Words(words, offers))
    }

    /// Those of the words of `text` that the best of what a search finds has, on offer in `groups`, as it has them.
    fn words_found(&self, text: &str, groups: Rows) -> Option<String> {
        let all = Typed::new(text)?;
        let of_goods = all.of_goods(&self.thesaurus.of_trade(all.words()), &self.tables.names);
        let typed = of_goods.as_ref().unwrap_or(&all);
        let among = self.products_offered(groups);
        let mut found = self.products_among(typed, Among::Some(&among));
        // Who names a province does not mean whatever else has its name.
        let place = typed.place(&self.tables.names).filter(|_| found.certainty() < Certainty::WithOtherMarks);
        if let Some((place, others)) = place.and_then(|place| Some((place.words.len(), typed.without(&place.words)?))) {
            let of_others = self.products_among(&others, Among::Some(&among));
            if of_others.words() + place > found.words() {
                found = of_others;
            }
        }
        let rank = |row: &u32| (found.score(*row, &self.products.words(*row)), Reverse(self.products.id(*row)));
        let best = found.rows().iter().max_by_key(rank)?;
        let (product, producer) = (self.products.name(best), self.organisations.name(self.products.producer(best)));
        let names: Vec<Written<'_>> = written(&product).chain(written(&producer)).collect();
        let lexicon = Some(&self.lexicon).filter(|_| found.certainty() == Certainty::Mended);
        let is_of_goods = |word: &Written<'_>| word.tokens.iter().all(|token| typed.words().contains(token));
        let kept: Vec<Kept<'_>> = written(text).filter(is_of_goods).filter_map(|word| Kept::of(&word, &names, lexicon)).collect();
        // Where one is spelled as a name has it all are.
        let is_mended = kept.iter().any(|kept| kept.typed.is_none());
        let words: Vec<&str> = kept.iter().map(|kept| kept.typed.filter(|_| !is_mended).unwrap_or(kept.named)).collect();
        (!words.is_empty()).then(|| words.join(" "))
    }

    /// The products on offer in `groups`.
    fn products_offered(&self, groups: Rows) -> RoaringBitmap {
        let bitmaps = self.products.bitmaps();
        let mut rows = self.products.in_any([&bitmaps.offered]);
        if groups != Rows::ALL {
            rows.intersect(&self.products.in_any(rows_of(groups).filter_map(|group| bitmaps.group.get(group))));
        }
        rows.iter().collect()
    }
}

/// The words of `text` between spaces.
fn written(text: &str) -> impl Iterator<Item = Written<'_>> {
    let words = without_mark(text).split_whitespace().map(|word| word.trim_matches(|letter: char| !letter.is_alphanumeric()));
    words.map(|text| Written { text, tokens: tokens(text) }).filter(|word| !word.tokens.is_empty())
}

/// A word that a name has.
struct Kept<'a> {
    /// As it was written, where it can stay so.
    typed: Option<&'a str>,
    /// As the name has it.
    named: &'a str,
}

impl<'a> Kept<'a> {
    /// `word` as one of `names` has it: as it is, or with other marks, or where a `lexicon` tells what is near with one error
    /// mended; nothing where none has it.
    fn of(word: &Written<'a>, names: &[Written<'a>], lexicon: Option<&Lexicon>) -> Option<Self> {
        let is_had = |token: &Token| names.iter().flat_map(|name| &name.tokens).any(|named| means(token, named));
        let stays = word.tokens.iter().all(is_had);
        let [token] = word.tokens.as_slice() else { return stays.then_some(Self { typed: Some(word.text), named: word.text }) };
        let near = lexicon.filter(|_| !stays).map(|lexicon| (lexicon, lexicon.near(&token.folded)));
        let is_near = |named: &Token| {
            near.as_ref().is_some_and(|(lexicon, near)| lexicon.fold(&named.folded).is_some_and(|fold| near.contains(&fold)))
        };
        let is_named = |named: &Token| {
            if stays { means(token, named) } else { named.folded == token.folded || is_near(named) }
        };
        let is_it = |name: &&Written<'_>| if let [only] = name.tokens.as_slice() { is_named(only) } else { false };
        let typed = stays.then_some(word.text);
        let spelled = names.iter().find(is_it).map(|found| found.text);
        Some(Self { typed, named: spelled.or(typed)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::matching::{View, Weights};
    use crate::market::record::{Change, DemandRecord};
    use crate::market::samples::{self, TODAY};

    fn market() -> Market {
        let products = [(1, "Hành tím Vĩnh Châu", 1), (2, "Gạo ST25", 2), (3, "Khóm Cầu Đúc", 1), (4, "Mít sấy", 1)];
        let offered = products.into_iter().flat_map(|(id, name, group)| {
            let offer = Change::Offer(samples::offer(100 + id, id, 5_000));
            std::iter::once(Change::Product(samples::product(id, 900, name, group))).chain((id < 4).then_some(offer))
        });
        samples::loaded(std::iter::once(Change::Organisation(samples::organisation(900, "HTX Bưng Tròn", 0))).chain(offered))
    }

    #[test]
    fn where_words_find_nothing_those_that_would_are_told() {
        let market = market();
        let words = |text: &str, offers: u32| Some(Instead::Words(text.to_owned(), offers));
        for (text, groups, instead) in [
            ("hành tím tươi", None, words("hành tím", 1)),
            ("HÀNH TÍM, loại 1", None, words("HÀNH TÍM", 1)),
            ("hanhh tim", None, words("Hành tím", 1)),
            ("hành tin vĩnh châu", None, words("Hành tím Vĩnh Châu", 1)),
            ("gạo ST-25 hữu cơ", None, words("gạo ST-25", 1)),
            ("dứa cầu đúc sấy", None, words("cầu đúc", 1)),
            // Nobody offers what there is of it.
            ("mít sấy", None, None),
            ("xoài", None, None),
            // Rice is of group 2.
            ("gạo", Some(1), Some(Instead::OtherGroups(1))),
            ("gạo hữu cơ", Some(1), None),
        ] {
            let record = DemandRecord { groups: groups.map(|group| Rows::of([group])), ..samples::demand(1, 800, Some(text)) };
            let (asked, setting) = (market.asked_by(&record), market.setting(View::PUBLIC, Weights::default(), TODAY));
            assert_eq!(market.best_offers(&asked, &setting, 0, 0).considered, 0, "{text}");
            assert_eq!(market.instead(&asked, Some(text), &setting), instead, "{text}");
        }
    }
}
