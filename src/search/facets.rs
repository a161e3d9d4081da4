//! The facets of a search: what was found, counted, from pieces that stand ready.

use super::plain::push_number;
use super::write::Writer;
use crate::market::facet::{Counts, Dimension};
use std::sync::Arc;

impl Writer<'_> {
    /// Those of `facets`, one bit each.
    pub(super) fn facets(&mut self, counts: &Counts, facets: u8) {
        let (parts, tables) = (Arc::clone(&self.parts), self.market.tables());
        let parts = &parts.facets;
        for dimension in Dimension::ALL.into_iter().filter(|dimension| facets & dimension.bit() != 0) {
            let out = &mut self.out;
            match dimension {
                Dimension::Province => list(out, b"\"province\":[", named(&counts.by_current_province(tables), &parts.provinces)),
                Dimension::Group => list(out, b"\"group\":[", named(&counts.by_current_group(tables), &parts.groups)),
                Dimension::Stars => list(out, b"\"stars\":[", counts.stars.iter().copied().zip(&parts.stars).rev()),
                Dimension::Certificate => list(out, b"\"certificate\":[", counts.certificate.iter().copied().zip(&parts.certificates)),
                Dimension::ProducerKind => list(out, b"\"producer_kind\":[", counts.kind.iter().copied().zip(&parts.producer_kinds)),
                Dimension::Month => list(out, b"\"month\":[", counts.month.iter().copied().zip(&parts.months)),
                Dimension::Price => list(out, b"\"price\":[", counts.price.iter().copied().zip(&parts.prices)),
            }
        }
    }
}

fn named<'a>(counts: &'a [(u8, u32)], parts: &'a [Vec<u8>]) -> impl Iterator<Item = (u32, &'a Vec<u8>)> {
    counts.iter().filter_map(|(row, count)| Some((*count, parts.get(usize::from(*row))?)))
}

/// What is behind `name`, of what there is any.
fn list<'a>(out: &mut Vec<u8>, name: &[u8], counted: impl Iterator<Item = (u32, &'a Vec<u8>)>) {
    if !out.ends_with(b"{") {
        out.push(b',');
    }
    out.extend_from_slice(name);
    for (count, part) in counted.filter(|(count, _)| *count > 0) {
        out.extend_from_slice(part);
        push_number(out, count.into());
        out.extend_from_slice(b"},");
    }
    // No comma behind the last one.
    if out.ends_with(b",") {
        out.pop();
    }
    out.push(b']');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nothing_has_is_not_told() {
        let parts = [b"{\"count\":".to_vec(), b"{\"n\":1,\"count\":".to_vec(), b"never".to_vec()];
        let mut out = b"{".to_vec();
        list(&mut out, b"\"one\":[", [7, 12_345, 0].into_iter().zip(&parts));
        list(&mut out, b"\"none\":[", [0, 0, 0].into_iter().zip(&parts));
        assert_eq!(out, br#"{"one":[{"count":7},{"n":1,"count":12345}],"none":[]"#);
    }
}
