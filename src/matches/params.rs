//! What may be asked of matching.

use super::model::MatchCriterion;
use crate::error::{Code, Problem, Result, text};
use crate::http::query::{AS_OF, Args, Kind, Param, param};
use crate::market::matching::{Weights, WrongSum};

const NEAR_MISSES: Param = param(
    "near_misses",
    Kind::Count(100),
    "How many of those that fail one constraint alone (other than category, text and unit) to tell of; 5 unless given.",
);
const WEIGHTS: Param = param(
    "weights",
    Kind::Text,
    "What counts how much: `criterion:percent`, separated by commas, in whole percent that add up to 100; criteria: volume, months, price, stars, preferred, distance, deliveries. What is not named counts nothing. The answer repeats them in basis points.",
);

const LIMIT: Param = param("limit", Kind::Limit, "How many of the best to tell of, 1 to 100; 20 unless given.");

/// Parameters of a ranking.
pub const RANKING: &[Param] = &[LIMIT, NEAR_MISSES, AS_OF, WEIGHTS];
/// Parameters of one pair.
pub const PAIR: &[Param] = &[AS_OF, WEIGHTS];

/// Items unless asked otherwise.
const DEFAULT_LIMIT: usize = 20;
/// Near misses unless asked otherwise.
const DEFAULT_NEAR_MISSES: usize = 5;

/// How many items and near misses are asked for.
pub fn limits(args: &Args) -> (usize, usize) {
    let number = |name: &str, default: usize| args.count(name).unwrap_or(default);
    (number("limit", DEFAULT_LIMIT), number("near_misses", DEFAULT_NEAR_MISSES))
}

/// The weights that are asked for, and their version.
///
/// # Errors
/// 400 for a criterion that there is none of, one that is named twice, a share that is no whole percent, and a wrong sum.
pub fn weights(args: &Args) -> Result<(Weights, &'static str)> {
    let Some(asked) = args.get("weights") else { return Ok((Weights::default(), Weights::DEFAULT_VERSION)) };
    let mut percent = [None; 7];
    for part in asked.split(',') {
        let (name, share) = part.split_once(':').map(|(name, share)| (name.trim(), share.trim())).ok_or_else(wrong_form)?;
        let place = MatchCriterion::WORDS.iter().position(|word| *word == name).ok_or_else(wrong_form)?;
        let share = share.parse::<u8>().ok().filter(|share| *share <= 100).ok_or_else(wrong_form)?;
        match percent.get_mut(place) {
            Some(known) if known.is_none() => *known = Some(share),
            _ => return Err(wrong_form()),
        }
    }
    match Weights::new(percent.map(Option::unwrap_or_default)) {
        Ok(weights) => Ok((weights, "custom")),
        Err(WrongSum(sum)) => Err(Problem::parameter(
            "weights",
            "wrong_sum",
            text(format!("Weights add up to 100; these add up to {sum}."), format!("Tổng trọng số phải là 100; ở đây là {sum}.")),
        )),
    }
}

fn wrong_form() -> Problem {
    let words = MatchCriterion::WORDS.join(", ");
    Problem::parameter(
        "weights",
        "not_allowed",
        text(
            format!("Whole percent by criterion, each once, such as volume:30,price:70; criteria: {words}."),
            format!("Phần trăm nguyên theo từng tiêu chí, mỗi tiêu chí một lần, như volume:30,price:70; các tiêu chí: {words}."),
        ),
    )
}

/// Problems of every question.
pub const PROBLEMS: &[Code] = &[Code::Unauthenticated, Code::NotFound];

#[cfg(test)]
mod tests {
    use super::*;

    fn read(asked: &str) -> std::result::Result<[u8; 7], String> {
        let args = Args::parse(&format!("weights={asked}"), &[RANKING]).unwrap();
        weights(&args).map(|(weights, _)| weights.percent()).map_err(|problem| problem.errors()[0].code.to_owned())
    }

    #[test]
    fn weights_are_whole_percent_that_add_up_to_a_hundred() {
        assert_eq!(read("volume:30,months:15,price:20,stars:10,preferred:10,distance:10,deliveries:5"), Ok(Weights::default().percent()));
        assert_eq!(read("stars:60,%20price:%2040"), Ok([0, 0, 40, 60, 0, 0, 0]));
        assert_eq!(read("stars:60"), Err("wrong_sum".into()));
        for wrong in ["stars", "stars:60,stars:40", "colour:100", "stars:101", "stars:-1", "stars:99.5", ",", "stars:100,"] {
            assert_eq!(read(wrong), Err("not_allowed".into()), "{wrong}");
        }
    }
}
