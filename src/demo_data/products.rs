//! Products.

use super::names::{MARK, word};
use super::random::Random;
use super::world::{ProductShape, Stage, World};
use crate::decimal::Decimal;
use crate::error::Result;
use crate::products::{self, NewPack, NewProduct, Picture, Product, ProductStatus};

/// GTINs begin with numbers that GS1 leaves to shops for their own use, so that no real article's comes out.
/// Source: GS1 General Specifications, section 1.4, prefixes 20 to 29.
const OWN_USE: u64 = 290_000_000_000;

/// Product `index`.
pub fn product(world: &World, index: usize) -> Result<Product> {
    let shape = world.product(index)?;
    let mut random = world.random(Stage::Products, index);
    let good = world.good(shape.line_at, shape.good)?;
    let new = NewProduct {
        producer_id: world.id(Stage::Producers, shape.producer),
        name: name(world, &shape, &mut random)?,
        name_en: None,
        group: world.group(shape.line_at, &mut random)?.as_str().to_owned(),
        hs_code: good.hs_code.clone().filter(|_| random.chance(600)),
        gtin: random.chance(450).then(|| gtin(OWN_USE + index as u64)),
        pack: shape.pack.map(|(unit, content, content_unit, _)| NewPack {
            unit: (*unit).to_owned(),
            content_quantity: Decimal(*content),
            content_unit: (*content_unit).to_owned(),
        }),
        shelf_life_days: shape.shelf_life,
        storage: shape.line.storage.filter(|_| random.chance(850)),
        story: random.chance(100).then(|| {
            format!("{} của {}: câu chuyện minh họa.", good.name, world.producers.get(shape.producer).map_or("", |shape| shape.town))
        }),
        pictures: if random.chance(200) { vec![picture(index)] } else { Vec::new() },
        status: random.chance(20).then_some(ProductStatus::Discontinued),
        illustrative: true,
    };
    products::made(new, &world.identity(shape.producer)?, world.eve, world.meta(Stage::Products, index, 0))
}

/// Good, word, place, brand and pack, of which a name has some.
fn name(world: &World, shape: &ProductShape, random: &mut Random) -> Result<String> {
    let good = world.good(shape.line_at, shape.good)?;
    let producer = world.producer(shape.producer)?;
    let mut name = good.name.clone();
    let mut add = |part: &str| {
        name.push(' ');
        name.push_str(part);
    };
    if random.chance(600) {
        add(word(shape.line.words, random));
    }
    // A specialty's own name says where it is from.
    if good.place.is_none() {
        match random.below(100) {
            0..50 => add(producer.town),
            50..70 => add(world.places.all.get(producer.place).map_or(producer.town, |place| place.name)),
            _ => {}
        }
    }
    if random.chance(450) {
        add(&world.names.brand(random));
    }
    if let Some((_, _, _, words)) = shape.pack
        && random.chance(350)
    {
        add(words);
    }
    Ok(name + MARK)
}

fn picture(index: usize) -> Picture {
    Picture { url: format!("https://example.vn/minh-hoa/{index}.jpg"), caption: None }
}

/// Twelve digits with the thirteenth that fits. Source: as `products::rules`.
fn gtin(digits: u64) -> String {
    let text = format!("{digits:012}");
    let sum: u32 = text
        .chars()
        .rev()
        .filter_map(|digit| digit.to_digit(10))
        .zip([3, 1].into_iter().cycle())
        .map(|(digit, weight)| digit * weight)
        .sum();
    format!("{text}{}", (10 - sum % 10) % 10)
}
