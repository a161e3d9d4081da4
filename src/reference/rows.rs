//! Ids of reference rows as plain row numbers, for what counts in bits and small columns: the market index.
//!
//! A row number means nothing outside the process and nothing to the next release.

use super::{CertificateKindId, GroupId, ProvinceId, UnitId, reference};

macro_rules! rows {
    ($id:ident, $table:ident) => {
        impl $id {
            /// The number of its row.
            pub fn row(self) -> u8 {
                // A test keeps every table of these under 128 rows.
                u8::try_from(self.0).unwrap_or(u8::MAX)
            }

            /// The id of this row, where the table has one.
            pub fn from_row(row: u8) -> Option<Self> {
                reference().$table.all().get(usize::from(row)).map(|found| found.id)
            }
        }
    };
}

rows!(ProvinceId, provinces);
rows!(GroupId, product_groups);
rows!(CertificateKindId, certificate_kinds);
rows!(UnitId, units);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_fit_into_the_sets_of_the_market_index() {
        let tables = reference();
        // `market::record::Rows` has 128 bits, a set of certificate kinds 64.
        assert!(tables.provinces.all().len() < 128);
        assert!(tables.product_groups.all().len() < 128);
        assert!(tables.units.all().len() < 128);
        assert!(tables.certificate_kinds.all().len() < 64);
    }

    #[test]
    fn a_row_leads_back_to_its_id() {
        for province in reference().provinces.all() {
            assert_eq!(ProvinceId::from_row(province.id.row()), Some(province.id));
        }
        for group in reference().product_groups.all() {
            assert_eq!(GroupId::from_row(group.id.row()), Some(group.id));
        }
        for kind in reference().certificate_kinds.all() {
            assert_eq!(CertificateKindId::from_row(kind.id.row()), Some(kind.id));
        }
        for unit in reference().units.all() {
            assert_eq!(UnitId::from_row(unit.id.row()), Some(unit.id));
        }
        assert_eq!(UnitId::from_row(u8::MAX), None);
    }
}
