//! Producers and buyers.

use super::names::MARK;
use super::random::Random;
use super::world::{ProducerShape, Stage, World, buyer_kind};
use crate::error::{Problem, Result};
use crate::organisations::{
    self, BuyerKind, InvoiceKind, LegalForm, NewBuyerProfile, NewOrganisation, NewProducerProfile, Organisation, ProducerKind,
};

/// Tax codes begin with a number of a province; none has this one, so that no real organisation's code comes out.
const NO_PROVINCE: u64 = 980_000_000;
/// Codes under it, ten to a block: every block has one whose check digit exists.
const BLOCKS: u64 = 2_000_000;
/// Apart from [`BLOCKS`] in all factors, so that each block is met once.
const BLOCK_STEP: u64 = 777_767_777;
/// Weights of the first nine digits of a tax code. Source: as `organisations::rules`.
const WEIGHTS: [u64; 9] = [31, 29, 23, 19, 17, 13, 7, 5, 3];

/// Producer `index`.
pub fn producer(world: &World, index: usize) -> Result<Organisation> {
    let shape = world.producer(index)?;
    let mut random = world.random(Stage::Producers, index);
    let name = world.names.producer(shape.form, shape.town, index as u64 + 1, &mut random);
    let new = NewOrganisation {
        tax_code: has_tax_code(shape, &mut random).then(|| tax_code(world.plan.seed, index as u64)).flatten(),
        address: random.chance(600).then(|| format!("Số {}, {}{MARK}", random.between(1, 400), shape.town)),
        producer: Some(NewProducerProfile { kind: shape.kind, invoice_kind: invoice_kind(shape.kind, &mut random), description: None }),
        ..organisation(name, shape.form, shape.unit.as_str())
    };
    organisations::made(&new, world.eve, world.meta(Stage::Producers, index, 0))
}

/// Buyer `index`.
pub fn buyer(world: &World, index: usize) -> Result<Organisation> {
    let mut random = world.random(Stage::Buyers, index);
    let kind = buyer_kind(&mut random);
    let place = world.places.all.get(world.places.of_market(&mut random)).ok_or_else(|| Problem::internal("a buyer nowhere"))?;
    let form = match (kind, random.below(10)) {
        (BuyerKind::Canteen, _) => LegalForm::Other,
        (BuyerKind::Restaurant, 0..3) => LegalForm::HouseholdBusiness,
        (_, 0..6) => LegalForm::LimitedLiabilityCompany,
        _ => LegalForm::JointStockCompany,
    };
    let name = world.names.buyer(kind, place.name, &mut random);
    let coded = matches!(form, LegalForm::LimitedLiabilityCompany | LegalForm::JointStockCompany) && random.chance(900);
    let new = NewOrganisation {
        // After the producers' codes.
        tax_code: coded.then(|| tax_code(world.plan.seed, (world.plan.producers + index) as u64)).flatten(),
        buyer: Some(NewBuyerProfile { kind, retail_system: None, description: None }),
        ..organisation(name, form, place.unit.as_str())
    };
    organisations::made(&new, world.eve, world.meta(Stage::Buyers, index, 0))
}

fn organisation(name: String, legal_form: LegalForm, province: &str) -> NewOrganisation {
    NewOrganisation {
        name,
        name_en: None,
        tax_code: None,
        legal_form,
        province: province.to_owned(),
        address: None,
        website: None,
        status: None,
        successor_id: None,
        succeeded_on: None,
        illustrative: true,
        producer: None,
        buyer: None,
        agency: None,
    }
}

fn has_tax_code(shape: &ProducerShape, random: &mut Random) -> bool {
    random.chance(match shape.kind {
        ProducerKind::Enterprise => 950,
        ProducerKind::Cooperative => 750,
        // A household's is an individual's number, which nothing invents.
        _ => 0,
    })
}

fn invoice_kind(kind: ProducerKind, random: &mut Random) -> Option<InvoiceKind> {
    let at = random.below(100);
    Some(match kind {
        ProducerKind::Enterprise if at < 95 => InvoiceKind::VatEInvoice,
        ProducerKind::Cooperative if at < 75 => InvoiceKind::VatEInvoice,
        ProducerKind::Enterprise | ProducerKind::Cooperative => InvoiceKind::SalesEInvoice,
        ProducerKind::HouseholdBusiness if at < 55 => InvoiceKind::SalesEInvoice,
        ProducerKind::CooperativeGroup if at < 70 => InvoiceKind::None,
        ProducerKind::HouseholdBusiness if at < 75 => InvoiceKind::None,
        _ => return None,
    })
}

/// Code number `n`, with its check digit; none when there are no more.
fn tax_code(seed: u64, n: u64) -> Option<String> {
    if n >= BLOCKS {
        return None;
    }
    let block = (n * BLOCK_STEP + seed % BLOCKS) % BLOCKS;
    (0..10).find_map(|last| {
        let digits = format!("{:09}", NO_PROVINCE + block * 10 + last);
        let sum: u64 =
            digits.chars().filter_map(|digit| digit.to_digit(10)).zip(WEIGHTS).map(|(digit, weight)| u64::from(digit) * weight).sum();
        let check = 10 - sum % 11;
        (check < 10).then(|| format!("{digits}{check}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn tax_codes_differ_and_begin_where_no_province_is() {
        let codes: HashSet<String> = (0..50_000).filter_map(|n| tax_code(7, n)).collect();
        assert_eq!(codes.len(), 50_000);
        assert!(codes.iter().all(|code| code.len() == 10 && (code.starts_with("98") || code.starts_with("99"))));
        assert_eq!(tax_code(7, BLOCKS), None);
    }
}
