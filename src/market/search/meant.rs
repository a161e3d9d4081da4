//! Which products and organisations the words of a question mean.

use crate::market::Market;
use crate::market::organisations::Side;
use crate::market::text::query::Found as Words;
use crate::market::text::senses::RowNames;

impl Market {
    /// The products that `text` means, by their names and their producers'; `None` where it has no word.
    pub(super) fn products_meant(&self, text: &str) -> Option<Words<'_>> {
        Words::new(text, &self.lexicon, &self.thesaurus, |row, names| self.names_of(row, names))
    }

    /// The organisations on `side` that `text` means; `None` where it has no word.
    pub(super) fn organisations_meant(&self, text: &str, side: Side) -> Option<Words<'_>> {
        let names_of = |row: u32, names: &mut RowNames| {
            names.own.clear();
            names.own.extend(self.organisations.words(row));
        };
        Words::within(text, &self.organisation_lexicon, &self.thesaurus, names_of, Some(self.organisations.on(side)))
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
