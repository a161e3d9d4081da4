//! Ids of reference rows as TEXT columns: their readable form, `94@2008-08-01`, `QD26-2026/I.2.a`, `KG`.

use super::{CertificateKindId, GroupId, ProvinceId, UnitId, reference};
use crate::db::portable_text;
use std::sync::LazyLock;

/// The text forms of all ids of a table, by their place: columns are bound by reference.
macro_rules! texts {
    ($id:ident, $table:ident, $texts:ident) => {
        static $texts: LazyLock<Vec<String>> = LazyLock::new(|| reference().$table.all().iter().map(|row| row.id.to_string()).collect());

        impl $id {
            /// The text form.
            pub fn as_str(&self) -> &'static str {
                // Ids are made by the table alone, so the place exists.
                $texts.get(usize::from(self.0)).map_or("", String::as_str)
            }
        }

        portable_text!($id);
    };
}

texts!(ProvinceId, provinces, PROVINCES);
texts!(GroupId, product_groups, GROUPS);
texts!(CertificateKindId, certificate_kinds, CERTIFICATE_KINDS);
texts!(UnitId, units, UNITS);
