//! What goes into the index: records of the register with every word as a small number.
//!
//! Provinces, groups, kinds and units are row numbers of the reference tables; days are days since 1970-01-01;
//! quantities are thousandths of the base unit (kilogram, litre, piece); money is hundredths of a currency.

/// Days since 1970-01-01.
pub type Day = i32;
/// The last day of what has no end.
pub const FOREVER: Day = i32::MAX;
/// A calendar month as a whole number: months since the year 0 (`year * 12 + month0`).
pub type Month = i32;
/// Months of the year, January the lowest bit.
pub type MonthBits = u16;
/// All twelve months.
pub const ALL_MONTHS: MonthBits = 0x0FFF;

/// The number inside an id such as `prd_01HF…`: 26 digits of Crockford's base 32, which sort by time of making.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Id(pub u128);

impl Id {
    /// The number in `text`, whatever its prefix; `None` where the text is not of this service's form.
    pub fn parse(text: &str) -> Option<Self> {
        // From its end, in three numbers that fit a register: a start of the service reads millions of these.
        let (prefix, digits) = text.as_bytes().split_last_chunk::<26>()?;
        let (mark, prefix) = prefix.split_last()?;
        if *mark != b'_' || prefix.contains(&b'_') || !matches!(digits.first(), Some(b'0'..=b'7')) {
            return None;
        }
        let (high, rest) = digits.split_at_checked(12)?;
        let (middle, low) = rest.split_at_checked(12)?;
        let (high, middle, low) = (number_of(high)?, number_of(middle)?, number_of(low)?);
        Some(Self((u128::from(high) << 70) | (u128::from(middle) << 10) | u128::from(low)))
    }
}

/// Marks what is no digit in [`VALUES`].
const NO_DIGIT: u8 = 0x80;

/// The value of each byte as a digit of Crockford's base 32. Digits come at random: a branch for each would be foretold
/// wrongly, which took a third of the time of reading the register.
#[expect(clippy::indexing_slicing, reason = "worked out by the compiler, which refuses an index that is out of bounds")]
static VALUES: [u8; 256] = {
    let digits = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let mut values = [NO_DIGIT; 256];
    let mut value = 0_u8;
    while (value as usize) < digits.len() {
        values[digits[value as usize] as usize] = value;
        value += 1;
    }
    values
};

/// The number that at most twelve digits write.
fn number_of(digits: &[u8]) -> Option<u64> {
    let (number, seen) = digits.iter().fold((0_u64, 0_u8), |(number, seen), digit| {
        let value = VALUES.get(usize::from(*digit)).copied().unwrap_or(NO_DIGIT);
        ((number << 5) | u64::from(value & 31), seen | value)
    });
    (seen & NO_DIGIT == 0).then_some(number)
}

/// Row numbers of a reference table as a set: no table that is used so has more than 128 rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Rows(pub u128);

impl Rows {
    /// Every number there can be: since no table has as many rows, it says that none is left out.
    pub const ALL: Self = Self(u128::MAX);

    /// The set of `rows`; numbers from 128 on are left out.
    pub fn of(rows: impl IntoIterator<Item = u8>) -> Self {
        Self(rows.into_iter().filter(|row| *row < 128).fold(0, |set, row| set | (1 << row)))
    }

    /// Whether `row` is in it.
    pub fn contains(self, row: u8) -> bool {
        row < 128 && (self.0 >> row) & 1 == 1
    }

    /// Whether it is empty.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// An organisation that makes or buys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationRecord {
    /// `org_…`
    pub id: Id,
    /// Version, from 1.
    pub version: i64,
    /// Name, composed (NFC).
    pub name: String,
    /// Unit, as recorded.
    pub province: u8,
    /// Kind of producer, where it is one: place in `ProducerKind::WORDS`.
    pub producer_kind: Option<u8>,
    /// Whether it buys.
    pub is_buyer: bool,
    /// Whether it is at work: who is not offers nothing and needs nothing.
    pub is_active: bool,
}

/// A product that is still made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductRecord {
    /// `prd_…`
    pub id: Id,
    /// Version, from 1.
    pub version: i64,
    /// `org_…`
    pub producer: Id,
    /// Name, composed (NFC).
    pub name: String,
    /// Group, as recorded.
    pub group: u8,
    /// Shelf life in days, where stated.
    pub shelf_life_days: Option<u16>,
    /// Invented for a demo.
    pub illustrative: bool,
    /// Whether it is still made: one that is not stays out of every answer.
    pub is_active: bool,
}

/// A dated paper: of a product, or of an organisation with all its products.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CertificateRecord {
    /// `crt_…`
    pub id: Id,
    /// Version, from 1.
    pub version: i64,
    /// Organisation that holds it.
    pub holder: Id,
    /// The product that it is for; without one it is for the holder's facility, farm, chain or the holder itself.
    pub product: Option<Id>,
    /// What it says and when.
    pub paper: Paper,
}

/// A paper's kind and the days it is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Paper {
    /// Kind: row of the certificate kinds; fewer than 64.
    pub kind: u8,
    /// OCOP stars, 3 to 5; 0 for other kinds.
    pub stars: u8,
    /// First day.
    pub from: Day,
    /// Last day, extension and revocation considered; [`FOREVER`] without an end.
    pub until: Day,
}

impl Paper {
    /// Whether it is in force on every day from `from` to `until`.
    pub fn holds_through(&self, from: Day, until: Day) -> bool {
        self.from <= from && until <= self.until
    }
}

/// Who may see a price or a ceiling, from everybody to nobody but its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Visibility {
    /// Everybody.
    Public,
    /// Keys of buyers, officers, auditors, partners, administrators, and its owner.
    Keys,
    /// Its owner, its officers, and the sides of an introduction.
    Parties,
    /// Its owner and its officers.
    Hidden,
}

/// Where a price holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Basis {
    /// At the producer's gate.
    FarmGate,
    /// Brought to the buyer.
    Delivered,
}

/// A price, or a ceiling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Price {
    /// Hundredths of the currency for `per_base` thousandths of the base unit.
    pub amount: i64,
    /// How many thousandths of the base unit are priced; more than 0.
    pub per_base: i64,
    /// Place of the currency in `decimal::CURRENCIES`; 0 is VND.
    pub currency: u8,
    /// Where it holds.
    pub basis: Basis,
    /// Whether value-added tax is in it.
    pub vat_included: bool,
    /// Who may see it.
    pub visibility: Visibility,
}

/// Supply in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferRecord {
    /// `ofr_…`
    pub id: Id,
    /// Version, from 1.
    pub version: i64,
    /// `prd_…`
    pub product: Id,
    /// Base unit: row of the units.
    pub unit: u8,
    /// Thousandths of the base unit a month.
    pub quantity: i64,
    /// Months of the year in which it supplies; never empty.
    pub months: MonthBits,
    /// First day.
    pub from: Day,
    /// Last day; [`FOREVER`] without one.
    pub until: Day,
    /// Day from which on it is closed; [`FOREVER`] while it is not.
    pub closed_on: Day,
    /// Least quantity of one order, thousandths of the base unit; 0 without one.
    pub minimum_order: i64,
    /// Days from order to delivery, where stated.
    pub lead_time_days: Option<u16>,
    /// Price, where stated.
    pub price: Option<Price>,
    /// Units of today it delivers to (see [`super::tables::Tables::current`]); everywhere when `None`.
    pub delivers_to: Option<Rows>,
    /// Days of shelf life left at delivery, where stated.
    pub shelf_life_days: Option<u16>,
    /// Invented for a demo.
    pub illustrative: bool,
}

/// Need in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemandRecord {
    /// `dmd_…`; of a preview, 0.
    pub id: Id,
    /// Version, from 1.
    pub version: i64,
    /// `org_…`
    pub buyer: Id,
    /// What it is called.
    pub title: String,
    /// Words for what is needed.
    pub text: Option<String>,
    /// Groups in which a product serves it, under every decision; everything when `None`.
    pub groups: Option<Rows>,
    /// Base unit: row of the units.
    pub unit: u8,
    /// Thousandths of the base unit a month; more than 0.
    pub quantity: i64,
    /// Months of the year in which it is needed; never empty.
    pub months: MonthBits,
    /// First day of delivery.
    pub from: Day,
    /// Last day of delivery.
    pub until: Day,
    /// Unit of delivery, as recorded.
    pub province: u8,
    /// Ceiling, where stated.
    pub ceiling: Option<Price>,
    /// OCOP stars at least; 0 for any.
    pub least_stars: u8,
    /// Kinds that must hold over the whole period: one bit a row of the certificate kinds.
    pub required: u64,
    /// Kinds that are welcome.
    pub preferred: u64,
    /// Days of shelf life that must be left at delivery; 0 for any.
    pub shelf_life_days: u16,
    /// Last day on which it takes answers.
    pub answer_by: Day,
    /// Among how many suppliers it may be divided; 0 for any number.
    pub suppliers_at_most: u8,
    /// Day from which on it is closed; [`FOREVER`] while it is not.
    pub closed_on: Day,
    /// Invented for a demo.
    pub illustrative: bool,
}

/// What one signed `MoU` has promised: of products, and to demands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MouRecord {
    /// `mou_…`
    pub id: Id,
    /// Rises with each version of it, and with each version of a product that it names: what a pack holds is worth.
    pub version: i64,
    /// Its commitments that name a product, each with that, where it was ever signed.
    pub promises: Vec<(Id, Promise)>,
    /// Its commitments that are to meet a demand, each with that, where it was ever signed.
    pub meets: Vec<(Id, Promise)>,
}

/// How a promised quantity is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Per {
    /// Each month of the period.
    Month,
    /// Each quarter.
    Quarter,
    /// Each year.
    Year,
    /// All together.
    Total,
}

/// A commitment to a quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Promise {
    /// Base unit: row of the units.
    pub unit: u8,
    /// Thousandths of the base unit.
    pub quantity: i64,
    /// For how long each.
    pub per: Per,
    /// First day.
    pub from: Day,
    /// Last day; [`FOREVER`] without one.
    pub until: Day,
    /// First and last day on which the `MoU` is in effect, the last one [`FOREVER`] without one: in months beyond these it
    /// promises nothing.
    pub effect: (Day, Day),
    /// Day on which the `MoU` was signed: it promises from then on.
    pub signed_on: Day,
    /// Day from which on the `MoU` has ended; [`FOREVER`] while it has not.
    pub ended_on: Day,
}

/// A buyer and a producer who were brought together about a demand and an offer, or are to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntroductionRecord {
    /// `int_…`
    pub id: Id,
    /// Version, from 1.
    pub version: i64,
    /// `dmd_…`
    pub demand: Id,
    /// `ofr_…`
    pub offer: Id,
    /// `org_…`, the demand's.
    pub buyer: Id,
    /// `org_…`, the offer's.
    pub producer: Id,
    /// Whether both agreed, and neither ended it.
    pub is_accepted: bool,
}

/// One step of the register, as the index takes it. A record of a version that is known already changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// An organisation as it is now; one that neither makes nor buys any more stays, with its name.
    Organisation(OrganisationRecord),
    /// An organisation that was deleted.
    OrganisationGone(Id),
    /// A product as it is now.
    Product(ProductRecord),
    /// A product that was deleted.
    ProductGone(Id),
    /// A certificate as it is now.
    Certificate(CertificateRecord),
    /// A certificate that was deleted.
    CertificateGone(Id),
    /// An offer as it is now.
    Offer(OfferRecord),
    /// An offer that was deleted.
    OfferGone(Id),
    /// A demand as it is now.
    Demand(DemandRecord),
    /// A demand that was deleted.
    DemandGone(Id),
    /// What an `MoU` promises now.
    Mou(MouRecord),
    /// An `MoU` that was deleted.
    MouGone(Id),
    /// An introduction as it is now.
    Introduction(IntroductionRecord),
    /// An introduction that was deleted.
    IntroductionGone(Id),
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_id_is_the_number_that_its_digits_write() {
        assert_eq!(Id::parse("prd_00000000000000000000000010"), Some(Id(32)));
        assert_eq!(Id::parse("prd_7ZZZZZZZZZZZZZZZZZZZZZZZZZ"), Some(Id(u128::MAX)));
        for wrong in [
            "",
            "prd",
            "prd_1",
            "prd_8ZZZZZZZZZZZZZZZZZZZZZZZZZ",
            "prd_0000000000000000000000000U",
            "prd_0000000000000000000000000l",
            "a_prd_00000000000000000000000010",
            "prd000000000000000000000000010",
            "prd_000000000000000000000000010",
            "00000000000000000000000010",
            "prd_0000000000000000000000000é",
        ] {
            assert_eq!(Id::parse(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn an_id_reads_what_the_register_writes(number in any::<u128>()) {
            prop_assert_eq!(Id::parse(&format!("ofr_{}", crate::ids::base32(number, 26))), Some(Id(number)));
        }
    }
}
