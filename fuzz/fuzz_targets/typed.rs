//! Whatever a person types where a code or a number is asked for: read, or refused; and what was read is read again as itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ponte::enrolment::activation::ActivationCode;
use ponte::enrolment::letters::Letters;
use ponte::factors::sms::Number;
use ponte::factors::{approval, sms};

fuzz_target!(|typed: &str| {
    if let Some(code) = approval::read_code(typed) {
        assert!(code.len() == 14 && code.is_ascii(), "{code}");
        assert_eq!(approval::read_code(&code).as_ref(), Some(&code));
    }
    if let Some(number) = approval::read_number(typed) {
        assert_eq!(approval::two_digits(number), typed.trim());
    }
    if let Some(code) = sms::read_code(typed) {
        assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()));
    }
    if let Some(code) = ActivationCode::read(typed) {
        assert!(ActivationCode::read(&code.in_groups()) == Some(code));
    }
    // As recovery codes are.
    if let Some(code) = Letters::<10>::read(typed) {
        assert!(Letters::<10>::read(&code.in_groups()) == Some(code));
    }
    let served = ["+393".to_owned()];
    if let Ok(number) = Number::read(typed, "39", &served) {
        assert!(number.as_str().starts_with("+393") && number.as_str().len() <= 16);
        assert!(number.masked().ends_with(&number.as_str()[number.as_str().len() - 2..]));
        assert_eq!(Number::read(number.as_str(), "39", &served), Ok(number));
    }
});
