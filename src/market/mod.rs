//! The market index: structured supply against structured demand, in memory.
//!
//! Pure: no I/O, no clock, no HTTP, no SQL, and nothing of the reference tables but what it is given
//! ([`tables::Tables`]). The same records give the same answers, in whatever order they came. It is fed by the change
//! log; everything in it can be thrown away and rebuilt from the tables.
//!
//! In reading order: [`record`] (what goes in), [`tables`] (what it is told of the reference tables), `upkeep` (what
//! each change means), `loading` (all of them at once), [`products`], [`organisations`], [`offers`] (the columns),
//! [`numbers`], `rings`, `whereabouts`, [`prices`], [`orders`], `varints` (how they take few bytes), `names`, `certificates`,
//! [`introductions`] (who sees more than others), `met` (what is promised to demands), [`text`] (words), [`search`] (which products, how many by facet),
//! [`matching`] (which offer serves which demand, and why), [`wording`], `wordings`, [`answering`], [`demands`] and
//! [`instead`] (what is asked of the latter, and what would find more).

pub mod answering;
#[cfg(test)]
mod at_work;
mod certificates;
pub mod demands;
pub mod facet;
pub mod facts;
mod fetch;
pub mod ids;
pub mod instead;
pub mod introductions;
pub mod kept;
mod loading;
pub mod matching;
mod met;
pub mod month_prices;
mod names;
pub mod numbers;
pub mod offers;
pub mod order;
pub mod orders;
pub mod organisations;
pub mod pairs;
pub mod prices;
pub mod products;
pub mod record;
mod rings;
pub mod rowset;
#[cfg(test)]
mod samples;
pub mod search;
pub mod tables;
pub mod text;
mod turning;
mod upkeep;
mod varints;
mod whereabouts;
pub mod wording;
mod wordings;

use demands::Demands;
use foldhash::fast::RandomState;
use introductions::Introductions;
use kept::Kept;
use matching::{Papers, PromiseSet, Promises};
use met::Met;
use offers::Offers;
use organisations::Organisations;
use products::{NO_ROW, Products};
use record::{Day, OfferRecord, ProductRecord};
use rowset::RowSet;
use std::collections::HashMap;
use tables::Tables;
use text::lexicon::Lexicon;
use text::synonyms::Thesaurus;

/// The whole index: every product, offer and demand of the register.
#[derive(Debug)]
pub struct Market {
    tables: Tables,
    thesaurus: Thesaurus,
    today: Day,
    is_loading: bool,
    waiting_products: Vec<ProductRecord>,
    waiting_offers: Vec<OfferRecord>,
    lexicon: Lexicon,
    organisation_lexicon: Lexicon,
    organisations: Organisations,
    products: Products,
    offers: Offers,
    demands: Demands,
    papers: Papers,
    promises: Promises,
    met: Met,
    promise_sets: HashMap<u32, PromiseSet, RandomState>,
    /// The products that have one.
    promised_products: RowSet,
    introductions: Introductions,
    sources: upkeep::Sources,
    kept: Kept,
    kept_offers: Kept,
    kept_shown: Kept,
}

impl Market {
    /// An empty index for `today`, which is being loaded: it answers after [`Market::finish_loading`].
    pub fn new(tables: Tables, thesaurus: Thesaurus, today: Day) -> Self {
        let mut offers = Offers::default();
        offers.set_today(today);
        offers.begin_loading();
        Self {
            tables,
            lexicon: Lexicon::with_senses(&thesaurus),
            thesaurus,
            today,
            is_loading: true,
            waiting_products: Vec::new(),
            waiting_offers: Vec::new(),
            organisation_lexicon: Lexicon::default(),
            organisations: Organisations::default(),
            products: Products::default(),
            offers,
            demands: Demands::default(),
            papers: Papers::default(),
            promises: Promises::default(),
            met: Met::default(),
            promise_sets: HashMap::default(),
            promised_products: RowSet::default(),
            introductions: Introductions::default(),
            sources: upkeep::Sources::default(),
            kept: Kept::default(),
            kept_offers: Kept::default(),
            kept_shown: Kept::default(),
        }
    }

    /// The day for which stars and validity are kept ready.
    pub fn today(&self) -> Day {
        self.today
    }

    /// What it was told of the reference tables.
    pub fn tables(&self) -> &Tables {
        &self.tables
    }

    /// Products in columns.
    pub fn products(&self) -> &Products {
        &self.products
    }

    /// Organisations.
    pub fn organisations(&self) -> &Organisations {
        &self.organisations
    }

    /// Offers.
    pub fn offers(&self) -> &Offers {
        &self.offers
    }

    /// What was made of products' rows.
    pub fn kept(&self) -> &Kept {
        &self.kept
    }

    /// What was made of offers' rows.
    pub fn kept_offers(&self) -> &Kept {
        &self.kept_offers
    }

    /// What was made of products' rows as they show one of several offers, by the offer.
    pub fn kept_shown(&self) -> &Kept {
        &self.kept_shown
    }

    /// The rows of an organisation's products.
    pub fn products_of(&self, organisation: u32) -> impl Iterator<Item = u32> {
        self.products.made_by(self.organisations.get(organisation).map_or(NO_ROW, |known| known.last_product))
    }

    /// Who was introduced to whom.
    pub fn introductions(&self) -> &Introductions {
        &self.introductions
    }

    /// The products of which something is promised, on whatever day.
    pub fn promised_products(&self) -> &RowSet {
        &self.promised_products
    }

    /// Papers of products.
    pub fn papers(&self) -> &Papers {
        &self.papers
    }

    /// How many products, offers and demands it holds.
    pub fn sizes(&self) -> Sizes {
        Sizes {
            organisations: self.organisations.len(),
            products: usize::try_from(self.products.shown().len()).unwrap_or(usize::MAX),
            offers: self.offers.len(),
            demands: self.demands.len(),
            bytes: self.parts().into_iter().map(|(_, bytes)| bytes).sum(),
        }
    }

    /// Bytes of memory by part, estimated.
    pub fn parts(&self) -> [(&'static str, usize); 9] {
        [
            ("words", self.lexicon.bytes() + self.organisation_lexicon.bytes()),
            ("organisations", self.organisations.bytes()),
            ("products", self.products.bytes()),
            ("offers", self.offers.bytes()),
            ("demands", self.demands.bytes()),
            ("papers", self.papers.bytes()),
            (
                "promises",
                self.promises.bytes() + upkeep::table_bytes(&self.promise_sets) + self.promised_products.bytes() + self.met.bytes(),
            ),
            ("sources", self.sources.bytes() + self.introductions.bytes()),
            ("kept texts", [&self.kept, &self.kept_offers, &self.kept_shown].into_iter().map(Kept::bytes).sum()),
        ]
    }
}

/// How large the index is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sizes {
    /// Organisations.
    pub organisations: usize,
    /// Products that are still made.
    pub products: usize,
    /// Offers, of whatever day.
    pub offers: usize,
    /// Demands, of whatever day.
    pub demands: usize,
    /// Bytes of memory, estimated.
    pub bytes: usize,
}
