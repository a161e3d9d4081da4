//! Who may take which step of an introduction, and when.

use super::model::{Introduction, IntroductionSide, IntroductionStatus};
use crate::access::{Caller, Owners, Role};
use crate::error::{Code, Faults, Problem, Result, text};

/// Whose the two sides are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sides {
    pub buyer: Owners,
    pub producer: Owners,
}

impl Sides {
    /// Whose the introduction is: both sides'.
    pub fn owners(&self) -> Owners {
        let mut owners = self.buyer.clone();
        owners.organisations.extend(self.producer.organisations.iter().cloned());
        owners.provinces.extend(self.producer.provinces.iter().copied());
        owners
    }

    /// Whether the caller may act for a side: its own key, an officer of its province, an administrator.
    pub fn may_act(&self, caller: &Caller, side: IntroductionSide) -> bool {
        let owners = match side {
            IntroductionSide::Buyer => &self.buyer,
            IntroductionSide::Producer => &self.producer,
        };
        caller.role == Some(Role::Admin) || caller.owns(owners)
    }
}

/// The side for which the caller asks.
///
/// # Errors
/// 403 when it is neither's, 422 when it may be either's and does not say.
pub(super) fn asking_side(caller: &Caller, sides: &Sides, said: Option<IntroductionSide>) -> Result<IntroductionSide> {
    let may = |side| sides.may_act(caller, side);
    match (said, may(IntroductionSide::Buyer), may(IntroductionSide::Producer)) {
        (Some(side), ..) if may(side) => Ok(side),
        (None, true, false) => Ok(IntroductionSide::Buyer),
        (None, false, true) => Ok(IntroductionSide::Producer),
        (None, true, true) => {
            let mut faults = Faults::new();
            faults.add(
                "/side",
                "missing",
                text(
                    "This key may act for both sides: say which one asks, buyer or producer.",
                    "Khóa này đại diện được cho cả hai bên: hãy nêu bên đề nghị, buyer hoặc producer.",
                ),
            );
            Err(faults.into_result().err().unwrap_or_else(Problem::not_found))
        }
        (Some(_), ..) | (None, false, false) => Err(Problem::forbidden(text(
            "Only the demand's buyer or the offer's producer asks, or an officer of its province for it.",
            "Chỉ bên mua của nhu cầu, chủ thể sản xuất của chào bán, hoặc cán bộ của tỉnh thay mặt bên đó mới được đề nghị.",
        ))),
    }
}

/// A step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Accept,
    Decline,
    Withdraw,
    End,
}

impl Step {
    /// From which status to which.
    fn path(self) -> (IntroductionStatus, IntroductionStatus) {
        match self {
            Self::Accept => (IntroductionStatus::Asked, IntroductionStatus::Accepted),
            Self::Decline => (IntroductionStatus::Asked, IntroductionStatus::Declined),
            Self::Withdraw => (IntroductionStatus::Asked, IntroductionStatus::Withdrawn),
            Self::End => (IntroductionStatus::Accepted, IntroductionStatus::Ended),
        }
    }
}

/// The status after `step` of the caller.
///
/// # Errors
/// 403 when the step is another side's, 409 when the status does not allow it.
pub(super) fn step(introduction: &Introduction, step: Step, caller: &Caller, sides: &Sides) -> Result<IntroductionStatus> {
    let may = |side| sides.may_act(caller, side);
    let asking = introduction.asked_by;
    let is_permitted = match step {
        // An officer of both provinces, or an administrator, does not answer for one side what the same key asked for the other.
        Step::Accept | Step::Decline => may(asking.other()) && (caller.key_id.is_none() || caller.key_id != introduction.asked_by_key_id),
        Step::Withdraw => may(asking),
        Step::End => may(asking) || may(asking.other()),
    };
    if !is_permitted {
        return Err(Problem::forbidden(text(
            "The other side takes this step: who asked withdraws, who was asked accepts or declines.",
            "Bước này thuộc về bên kia: bên đề nghị rút lại, bên được đề nghị chấp nhận hoặc từ chối.",
        )));
    }
    let (from, to) = step.path();
    if introduction.status != from {
        let (is, from) = (introduction.status.as_str(), from.as_str());
        return Err(Problem::new(
            Code::IllegalTransition,
            text(format!("It is {is}; this step needs {from}."), format!("Trạng thái là {is}; bước này cần {from}.")),
        ));
    }
    Ok(to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::reference;

    fn introduction(status: IntroductionStatus) -> Introduction {
        Introduction {
            id: "int_1".into(),
            version: 1,
            origin: "TEST".into(),
            created_at: chrono::NaiveDateTime::default(),
            updated_at: chrono::NaiveDateTime::default(),
            demand_id: "dmd_1".into(),
            offer_id: "ofr_1".into(),
            buyer_id: "org_b".into(),
            producer_id: "org_p".into(),
            asked_by: IntroductionSide::Buyer,
            asked_by_key_id: Some("key_asked".into()),
            status,
            answered_at: None,
            ended_at: None,
            illustrative: true,
        }
    }

    #[test]
    fn each_step_belongs_to_a_side_and_a_status() {
        let province = reference().provinces.resolve("94", "2020-10-27".parse().unwrap()).unwrap();
        let sides = Sides { buyer: Owners::one("org_b", province), producer: Owners::one("org_p", province) };
        let caller = |role, organisation: Option<&str>, key: &str| Caller {
            key_id: Some(key.into()),
            family_id: None,
            role: Some(role),
            organisation_id: organisation.map(str::to_owned),
            province_id: (role == Role::Officer).then_some(province),
            scopes: Vec::new(),
        };
        let buyer = caller(Role::Buyer, Some("org_b"), "key_asked");
        let producer = caller(Role::Producer, Some("org_p"), "key_p");
        let officer = caller(Role::Officer, None, "key_o");
        let same_officer = caller(Role::Officer, None, "key_asked");
        let stranger = caller(Role::Buyer, Some("org_x"), "key_x");
        let steps = [Step::Accept, Step::Decline, Step::Withdraw, Step::End];
        for (who, caller, permitted) in [
            ("the buyer, who asked", &buyer, [false, false, true, true]),
            ("the producer", &producer, [true, true, false, true]),
            ("an officer of both provinces", &officer, [true, true, true, true]),
            ("the officer who asked for the buyer", &same_officer, [false, false, true, true]),
            ("a stranger", &stranger, [false; 4]),
        ] {
            for (step_asked, permitted) in steps.into_iter().zip(permitted) {
                let of = if step_asked == Step::End { IntroductionStatus::Accepted } else { IntroductionStatus::Asked };
                let answer = step(&introduction(of), step_asked, caller, &sides);
                assert_eq!(answer.is_ok(), permitted, "{who}: {step_asked:?}");
            }
        }
        for status in [IntroductionStatus::Declined, IntroductionStatus::Withdrawn, IntroductionStatus::Ended] {
            for step_asked in steps {
                assert_eq!(step(&introduction(status), step_asked, &officer, &sides).unwrap_err().code(), Code::IllegalTransition);
            }
        }
    }
}
