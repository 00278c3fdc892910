//! Whatever a short message centre sends: read, waited for or refused, and answered; however it is cut, it is read the same.
#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use ponte::world::smpp::alphabet::{Alphabet, segments};
use ponte::world::smpp::pdu::{owed, take};

fuzz_target!(|sent: &[u8]| {
    let mut whole = Vec::new();
    let mut buffer = BytesMut::from(sent);
    let ended = loop {
        match take(&mut buffer) {
            Ok(Some(came)) => whole.push(came),
            ended => break ended,
        }
    };
    for came in &whole {
        if let Some(owed) = owed(*came) {
            assert_eq!(
                take(&mut BytesMut::from(owed.as_slice())).map(|came| came.is_some()),
                Ok(true)
            );
        }
    }
    let (mut one_by_one, mut buffer) = (Vec::new(), BytesMut::new());
    let mut last = Ok(None);
    for octet in sent {
        buffer.extend_from_slice(&[*octet]);
        last = take(&mut buffer);
        match last {
            Ok(Some(came)) => one_by_one.push(came),
            Ok(None) => {}
            Err(_) => break,
        }
        last = Ok(None);
    }
    assert_eq!((whole, ended), (one_by_one, last));
    if let Ok(text) = std::str::from_utf8(sent) {
        for alphabet in [Alphabet::Gsm, Alphabet::Ucs2] {
            let cut = segments(text, alphabet, 1).unwrap_or_default();
            assert!(cut.iter().all(
                |one| one.octets.len() <= if one.alphabet == Alphabet::Gsm { 160 } else { 140 }
            ));
        }
    }
});
