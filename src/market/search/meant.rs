//! Which products and organisations the words of a question mean.

use crate::market::Market;
use crate::market::facet::rows_of;
use crate::market::organisations::Side;
use crate::market::record::Rows;
use crate::market::rowset::Bits;
use crate::market::text::query::{Found as Words, Typed};
use crate::market::text::senses::RowNames;
use roaring::RoaringBitmap;

impl Market {
    /// The products that `text` means, by their names and their producers'; `None` where it has no word.
    pub(super) fn products_meant(&self, text: &str) -> Option<Words<'_>> {
        let typed = Typed::new(text)?;
        let by_words = self.products_among(&typed, None);
        if by_words.is_certain() {
            return Some(by_words);
        }
        // Who says that they are buying has said nothing of what.
        let Some(of_goods) = typed.of_goods(&self.thesaurus) else { return Some(self.products_in_place(&typed, by_words)) };
        let by_goods = self.products_among(&of_goods, None);
        let by_goods = if by_goods.is_certain() { by_goods } else { self.products_in_place(&of_goods, by_goods) };
        // Words of goods weigh more than as many of trade.
        Some(if by_goods.is_certain() || by_goods.words() >= by_words.words() { by_goods.in_part() } else { by_words })
    }

    /// The products of those `among` that `typed` means.
    pub(in crate::market) fn products_among(&self, typed: &Typed, among: Option<&RoaringBitmap>) -> Words<'_> {
        Words::within(typed, &self.lexicon, &self.thesaurus, |row, names| self.names_of(row, names), among)
    }

    /// The products of a province that was `typed` which the other words mean, where that says more of what was typed than
    /// `by_words` does. A province that is one no more has few producers that still stand in it: then those of today's.
    fn products_in_place<'a>(&'a self, typed: &Typed, by_words: Words<'a>) -> Words<'a> {
        let Some(place) = typed.place(&self.tables.names) else { return by_words };
        let others = typed.without(&place.words);
        let mut best = by_words;
        for units in [place.units, place.around] {
            let rows = self.products_of_units(units);
            let found = match &others {
                Some(others) => self.products_among(others, Some(&rows)),
                None => Words::all(rows),
            };
            let found = if found.rows().is_empty() { found } else { found.in_place(place.words.len()) };
            if found.is_certain() {
                return found;
            }
            let is_any = !found.rows().is_empty();
            if found.words() > best.words() {
                best = found;
            }
            // What others in its neighbourhood have by chance is not what there is of it here.
            if is_any {
                break;
            }
        }
        best
    }

    /// The products of producers in `units`, as recorded.
    fn products_of_units(&self, units: Rows) -> RoaringBitmap {
        let mut rows = Bits::none(self.products.rows());
        rows_of(units).filter_map(|unit| self.products.bitmaps().province.get(unit)).for_each(|of_unit| rows.add(of_unit));
        rows.iter().collect()
    }

    /// The organisations on `side` that `text` means; `None` where it has no word.
    pub(super) fn organisations_meant(&self, text: &str, side: Side) -> Option<Words<'_>> {
        let names_of = |row: u32, names: &mut RowNames| {
            names.own.clear();
            names.own.extend(self.organisations.words(row));
        };
        let typed = Typed::new(text)?;
        Some(Words::within(&typed, &self.organisation_lexicon, &self.thesaurus, names_of, Some(self.organisations.on(side))))
    }

    /// Writes down all words of a product's name and of its producer's: those by which the product is posted.
    pub(in crate::market) fn names_of(&self, product: u32, names: &mut RowNames) {
        let of = self.products.producer(product);
        names.own.clear();
        names.own.extend(self.products.all_words(product));
        if names.of.replace(of) != Some(of) {
            names.producer.clear();
            names.producer.extend(self.organisations.product_words(of));
        }
    }
}
