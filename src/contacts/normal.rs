//! One spelling of a phone number and of an e-mail address, whichever way they are typed.
//!
//! What is refused is told by what would be right, never by what was sent: it may be a person's.

/// A phone number of Viet Nam in E.164, from the national (`0912 345 678`, `(0299) 3.822.333`, `1900 5555 68`) or the
/// international form (`+84 912 345 678`, `+84 (0) 299 …`).
///
/// Source: numbering plan of Circular 22/2014/TT-BTTTT and its amendments (mobile numbers have ten digits since 2018,
/// area codes of fixed lines begin with 02 since 2017, service numbers with 1800 and 1900).
pub fn phone(typed: &str) -> Option<String> {
    let mut digits = String::new();
    for (at, c) in typed.trim().chars().enumerate() {
        match c {
            '0'..='9' => digits.push(c),
            '+' if at == 0 => digits.push(c),
            ' ' | '.' | '-' | '(' | ')' | '\u{a0}' => {}
            _ => return None,
        }
    }
    let national = match digits.strip_prefix("+84") {
        Some(rest) => rest.strip_prefix('0').unwrap_or(rest),
        None if digits.starts_with('+') => return None,
        None if is_service(&digits) => &digits,
        None => digits.strip_prefix('0')?,
    };
    let known = is_mobile(national) || is_fixed(national) || is_service(national);
    known.then(|| format!("+84{national}"))
}

/// Whether an E.164 number is that of a mobile phone, which one person carries.
pub fn is_personal(e164: &str) -> bool {
    e164.strip_prefix("+84").is_some_and(is_mobile)
}

/// The national form, as people here read it.
pub fn national(e164: &str) -> String {
    match e164.strip_prefix("+84") {
        Some(number) if is_service(number) => number.to_owned(),
        Some(number) => format!("0{number}"),
        None => e164.to_owned(),
    }
}

fn is_mobile(national: &str) -> bool {
    national.len() == 9 && national.starts_with(['3', '5', '7', '8', '9'])
}

fn is_fixed(national: &str) -> bool {
    national.len() == 10 && national.starts_with('2')
}

fn is_service(national: &str) -> bool {
    matches!(national.len(), 8..=10) && (national.starts_with("1800") || national.starts_with("1900"))
}

/// An e-mail address in lower case; `None` where it can't be one.
///
/// The unquoted form of RFC 5321 with a domain of ASCII letters: an address in other letters has such a form too.
pub fn email(typed: &str) -> Option<String> {
    let typed = typed.trim();
    let (local, domain) = typed.rsplit_once('@')?;
    let local_fits = (1..=64).contains(&local.len())
        && local.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&byte))
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..");
    let label_fits = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let labels: Vec<&str> = domain.split('.').collect();
    let top = labels.last()?;
    let domain_fits = labels.len() >= 2
        && domain.len() <= 189
        && labels.iter().all(|label| label_fits(label))
        && top.len() >= 2
        && !top.bytes().any(|byte| byte.is_ascii_digit());
    (local_fits && domain_fits).then(|| typed.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_number_has_one_spelling_however_it_is_typed() {
        for typed in
            ["0912345678", "0912 345 678", "0912.345.678", "+84912345678", "+84 912 345 678", "+84 (0) 912-345-678", " 0912 345 678 "]
        {
            assert_eq!(phone(typed).as_deref(), Some("+84912345678"), "{typed}");
        }
        for typed in ["02993822333", "(0299) 3.822.333", "+84 299 3822 333"] {
            assert_eq!(phone(typed).as_deref(), Some("+842993822333"), "{typed}");
        }
        assert_eq!(phone("1900 5555 68").as_deref(), Some("+841900555568"));
        assert_eq!(phone("18001061").as_deref(), Some("+8418001061"));
        assert_eq!(phone("024 3825 7863").as_deref(), Some("+842438257863"));
    }

    #[test]
    fn what_is_no_number_here_is_none() {
        for typed in [
            "",
            "0",
            "091234567",
            "09123456789",
            "0112345678",
            "912345678",
            "+1 202 555 0143",
            "0912345abc",
            "09+12345678",
            "0299 382 2333 4",
        ] {
            assert_eq!(phone(typed), None, "{typed}");
        }
    }

    #[test]
    fn a_mobile_number_is_a_persons() {
        assert!(is_personal("+84912345678") && is_personal("+84398765432"));
        assert!(!is_personal("+842993822333") && !is_personal("+841900555568"));
    }

    #[test]
    fn an_address_has_one_spelling() {
        assert_eq!(email(" Kinh.Doanh+OCOP@HTX-VinhPhuoc.vn ").as_deref(), Some("kinh.doanh+ocop@htx-vinhphuoc.vn"));
        assert_eq!(email("a@b.com.vn").as_deref(), Some("a@b.com.vn"));
        for typed in [
            "",
            "a",
            "@b.vn",
            "a@",
            "a@b",
            "a@@b.vn",
            "a b@c.vn",
            ".a@b.vn",
            "a..b@c.vn",
            "a@-b.vn",
            "a@b.1",
            "a@b..vn",
            "đ@b.vn",
            "a@192.168.1.1",
        ] {
            assert_eq!(email(typed), None, "{typed}");
        }
    }

    proptest! {
        #[test]
        fn a_number_is_one_however_it_is_parted(digits in "[35789][0-9]{8}", parts in proptest::collection::vec(0..9_usize, 0..3), is_foreign: bool) {
            let mut typed = format!("{}{digits}", if is_foreign { "+84" } else { "0" });
            for part in parts {
                typed.insert(typed.len() - 1 - part % 8, ' ');
            }
            let one = format!("+84{digits}");
            prop_assert_eq!(phone(&typed), Some(one.clone()), "{}", typed);
            prop_assert_eq!(phone(&one), Some(one.clone()));
            prop_assert_eq!(phone(&national(&one)), Some(one));
        }

        #[test]
        fn an_address_is_one_in_capitals_and_small_letters(typed in "[a-zA-Z0-9]{1,8}([.+-][a-zA-Z0-9]{1,8})?@[a-zA-Z]{1,8}[.](vn|com[.]vn|VN)") {
            let one = typed.to_ascii_lowercase();
            prop_assert_eq!(email(&typed), Some(one.clone()));
            prop_assert_eq!(email(&format!(" {one} ")), Some(one));
        }

        #[test]
        fn no_text_makes_them_panic(text in "\\PC{0,60}") {
            let _ = (phone(&text), email(&text));
        }
    }
}
