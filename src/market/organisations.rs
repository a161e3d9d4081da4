//! Organisations in the index: who makes and who buys, with their names and products.

use super::ids::{Index, id_in};
use super::names::{Names, PartWords};
use super::products::NO_ROW;
use super::record::{Id, OrganisationRecord};
use super::text::lexicon::{Lexicon, Word};
use super::text::query::NameWords;
use roaring::RoaringBitmap;

/// An organisation. One that only others refer to so far has no name.
#[derive(Debug, Clone)]
pub struct Organisation {
    /// Version; 0 before its record came.
    pub version: u32,
    /// Unit, as recorded.
    pub province: u8,
    /// Kind of producer, where it is one.
    pub producer_kind: Option<u8>,
    /// Whether it buys.
    pub is_buyer: bool,
    /// Whether it is paused or ended: it offers nothing and needs nothing. One without a record is not.
    pub is_idle: bool,
    /// Row of the last of its products, or [`NO_ROW`].
    pub last_product: u32,
}

impl Default for Organisation {
    fn default() -> Self {
        Self { version: 0, province: 0, producer_kind: None, is_buyer: false, is_idle: false, last_product: NO_ROW }
    }
}

/// A side of the market; an organisation may be on both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Makes products.
    Producers,
    /// Buys.
    Buyers,
}

/// All of them.
#[derive(Debug, Clone, Default)]
pub struct Organisations {
    index: Index,
    ids: Vec<Id>,
    rows: Vec<Organisation>,
    producers: RoaringBitmap,
    buyers: RoaringBitmap,
    names: Names,
    /// Words in the organisations' lexicon.
    words: PartWords,
    /// Words in the products' lexicon.
    product_words: PartWords,
}

impl Organisations {
    /// The row of `id`; one without a record yet is made.
    pub fn row_or_new(&mut self, id: Id) -> u32 {
        if let Some(row) = self.row(id) {
            return row;
        }
        let row = u32::try_from(self.ids.len()).unwrap_or(u32::MAX);
        self.ids.push(id);
        self.rows.push(Organisation::default());
        self.names.push();
        self.index.insert(id, row, id_in(&self.ids));
        row
    }

    /// The row of `id`, where it is known.
    pub fn row(&self, id: Id) -> Option<u32> {
        self.index.find(id, id_in(&self.ids))
    }

    /// The organisation in `row`.
    pub fn get(&self, row: u32) -> Option<&Organisation> {
        self.rows.get(row as usize)
    }

    /// The organisation in `row`.
    pub fn get_mut(&mut self, row: u32) -> Option<&mut Organisation> {
        self.rows.get_mut(row as usize)
    }

    /// Id of `row`.
    pub fn id(&self, row: u32) -> Id {
        self.ids.get(row as usize).copied().unwrap_or_default()
    }

    /// Name of `row`.
    pub fn name(&self, row: u32) -> String {
        self.names.get(row)
    }

    /// Whether `row` has this name.
    pub fn is_named(&self, row: u32, name: &str) -> bool {
        self.names.is(row, name)
    }

    /// Words of the name in the organisations' lexicon.
    pub fn words(&self, row: u32) -> impl Iterator<Item = Word> {
        self.words.of_name(&self.names, row)
    }

    /// The first of them, for ranking.
    pub fn ranked(&self, row: u32) -> NameWords {
        self.words.ranked(&self.names, row)
    }

    /// Words of the name in the products' lexicon.
    pub fn product_words(&self, row: u32) -> impl Iterator<Item = Word> {
        self.product_words.of_name(&self.names, row)
    }

    /// Writes down what `record` says; the words of the name are learned in both lexicons.
    pub fn put(&mut self, row: u32, record: &OrganisationRecord, lexicon: &mut Lexicon, product_lexicon: &mut Lexicon) {
        let Some(known) = self.rows.get_mut(row as usize) else { return };
        known.version = u32::try_from(record.version).unwrap_or(u32::MAX);
        known.province = record.province;
        known.producer_kind = record.producer_kind;
        known.is_buyer = record.is_buyer;
        known.is_idle = !record.is_active;
        for (set, is_in) in [(&mut self.producers, record.producer_kind.is_some()), (&mut self.buyers, record.is_buyer)] {
            _ = if is_in { set.insert(row) } else { set.remove(row) };
        }
        self.names.set(row, &record.name);
        self.words.learn(&self.names, lexicon);
        self.product_words.learn(&self.names, product_lexicon);
    }

    /// The rows of those on `side`.
    pub fn on(&self, side: Side) -> &RoaringBitmap {
        match side {
            Side::Producers => &self.producers,
            Side::Buyers => &self.buyers,
        }
    }

    /// Gives back what columns have grown beyond what they hold.
    pub fn shrink(&mut self) {
        self.rows.shrink_to_fit();
        self.index.shrink(id_in(&self.ids));
        self.ids.shrink_to_fit();
        self.names.shrink();
        self.words.shrink();
        self.product_words.shrink();
    }

    /// How many have a record.
    pub fn len(&self) -> usize {
        self.rows.iter().filter(|organisation| organisation.version > 0).count()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Every row with its organisation.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &Organisation)> {
        (0_u32..).zip(&self.rows)
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        self.index.bytes()
            + self.ids.capacity() * size_of::<Id>()
            + self.rows.capacity() * size_of::<Organisation>()
            + self.names.bytes()
            + self.words.bytes()
            + self.product_words.bytes()
            + self.producers.serialized_size()
            + self.buyers.serialized_size()
    }
}
