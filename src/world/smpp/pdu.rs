//! The PDUs of SMPP 3.4 that a transmitter sends and gets; `rusmpp` writes and reads them, the limits are ours.

use std::fmt;

use bytes::BytesMut;
use chrono::{DateTime, Utc};
use rusmpp::decode::DecodeWithLength as _;
use rusmpp::encode::{Encode as _, Length as _};
use rusmpp::pdus::{BindTransmitter, SubmitSm};
use rusmpp::types::{COctetString, EmptyOrFullCOctetString, OctetString};
use rusmpp::values::{DataCoding, EsmClass, InterfaceVersion, Npi, Ton};
use rusmpp::{Command, CommandId, CommandStatus, Pdu};
use zeroize::Zeroizing;

use crate::world::smpp::alphabet::{Alphabet, Segment};

/// As whom a session is bound (SMPP 3.4 §4.1.1).
#[derive(Clone)]
pub struct Account {
    /// `system_id`: 15 letters of ASCII at most.
    pub system_id: String,
    /// `password`: 8 at most.
    pub password: Zeroizing<String>,
    /// `system_type`: 12 at most, often none.
    pub system_type: String,
}

/// Where a message comes from or goes (§5.2.5 to §5.2.9).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Address {
    /// Its type of number.
    pub ton: u8,
    /// Its numbering plan.
    pub npi: u8,
    /// 20 letters of ASCII at most.
    pub text: String,
}

/// A value that has no place in its field.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{field} is {most} letters of ASCII at most")]
pub struct Unfit {
    /// The field.
    pub field: &'static str,
    /// How many it may have.
    pub most: usize,
}

/// A request as it leaves, without its number yet. It may hold password or code.
pub struct Request(Zeroizing<Vec<u8>>);

/// What came from the other side.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Came {
    /// The answer to a request.
    Answer {
        /// To which kind of request.
        to: Kind,
        /// Its number.
        sequence: u32,
        /// What it says.
        status: Status,
    },
    /// `generic_nack`: the request could not be read (§4.3).
    Nack {
        /// The number of the request, if that could be read.
        sequence: u32,
        /// Why.
        status: Status,
    },
    /// Whether we are there (§4.11).
    Enquiry {
        /// The number to answer under.
        sequence: u32,
    },
    /// The session is to end (§4.2).
    Unbind {
        /// The number to answer under.
        sequence: u32,
    },
    /// A request that none makes of a transmitter.
    Strange {
        /// The number to answer under.
        sequence: u32,
    },
    /// An answer to nothing that is asked here.
    Nothing,
}

/// What is asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// To be let in: `bind_transmitter`.
    Bind,
    /// To take a message: `submit_sm`.
    Submit,
    /// Whether it is there: `enquire_link`.
    Enquiry,
    /// To end: `unbind`.
    Unbind,
}

/// `command_status` (§5.1.3).
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Status(u32);

impl Status {
    /// Whether what was asked is done (`ESME_ROK`).
    #[must_use]
    pub fn is_ok(self) -> bool {
        self.0 == 0
    }

    /// Whether it is the message that is at fault, so that it never leaves this way: its length, or the number.
    #[must_use]
    pub fn is_for_good(self) -> bool {
        [CommandStatus::EsmeRinvmsglen, CommandStatus::EsmeRinvdstadr].contains(&self.0.into())
    }

    /// Whether more was sent than it takes now (`ESME_RTHROTTLED`, `ESME_RMSGQFUL`).
    #[must_use]
    pub fn is_too_much(self) -> bool {
        [CommandStatus::EsmeRthrottled, CommandStatus::EsmeRmsgqful].contains(&self.0.into())
    }
}

/// The standard's name and the number: `ESME_RTHROTTLED (0x00000058)`.
impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = format!("{:?}", CommandStatus::from(self.0)).to_uppercase();
        match name.strip_prefix("ESME") {
            Some(name) => write!(f, "ESME_{name} (0x{:08x})", self.0),
            None => write!(f, "0x{:08x}", self.0),
        }
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What came is no PDU.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Malformed {
    /// Shorter than its own head.
    #[error("command_length says {0} octets, and a PDU has 16 or more")]
    Short(u32),
    /// Longer than any that a transmitter gets.
    #[error("command_length says {0} octets, and no more than {MOST} are read")]
    Long(u32),
    /// Its body is none.
    #[error("the body of the PDU cannot be read: {0}")]
    Body(String),
}

/// The next PDU of what came; `None` until there is a whole one. How long it is is judged before more of it is waited for.
///
/// # Errors
/// [`Malformed`]: nothing that comes after could be trusted to begin where it seems to.
pub fn take(buffer: &mut BytesMut) -> Result<Option<Came>, Malformed> {
    let Some(length) = buffer.first_chunk().map(|head| u32::from_be_bytes(*head)) else {
        return Ok(None);
    };
    let whole = match usize::try_from(length) {
        Ok(whole) if whole < HEAD => return Err(Malformed::Short(length)),
        Ok(whole) if whole <= MOST => whole,
        _ => return Err(Malformed::Long(length)),
    };
    if buffer.len() < whole {
        return Ok(None);
    }
    let mut pdu = buffer.split_to(whole).split_off(LENGTH);
    let (command, _) = Command::decode(&mut pdu, whole - LENGTH)
        .map_err(|error| Malformed::Body(error.to_string()))?;
    let (sequence, status) = (command.sequence_number, Status(command.status.into()));
    let answer = |to| Came::Answer { to, sequence, status };
    Ok(Some(match command.id() {
        CommandId::BindTransmitterResp => answer(Kind::Bind),
        CommandId::SubmitSmResp => answer(Kind::Submit),
        CommandId::EnquireLinkResp => answer(Kind::Enquiry),
        CommandId::UnbindResp => answer(Kind::Unbind),
        CommandId::GenericNack => Came::Nack { sequence, status },
        CommandId::EnquireLink => Came::Enquiry { sequence },
        CommandId::Unbind => Came::Unbind { sequence },
        other if u32::from(other) & OF_ANSWERS == 0 => Came::Strange { sequence },
        _ => Came::Nothing,
    }))
}

impl Request {
    /// To be let in as `account`.
    ///
    /// # Errors
    /// [`Unfit`].
    pub fn bind(account: &Account) -> Result<Self, Unfit> {
        let bind = BindTransmitter::builder()
            .system_id(text("system_id", &account.system_id)?)
            .password(text("password", &account.password)?)
            .system_type(text("system_type", &account.system_type)?)
            .interface_version(InterfaceVersion::Smpp3_4)
            .build();
        Ok(Self::of(bind))
    }

    /// To take one segment of a message (§4.4.1), which may be let go at `until`.
    ///
    /// # Errors
    /// [`Unfit`].
    pub fn submit(
        from: &Address,
        to: &Address,
        segment: &Segment,
        until: Option<DateTime<Utc>>,
    ) -> Result<Self, Unfit> {
        // By its number: the crate's default is an acknowledgement of delivery.
        let esm_class = EsmClass::from(if segment.has_header { HAS_HEADER } else { 0 });
        let data_coding = match segment.alphabet {
            Alphabet::Gsm => DataCoding::McSpecific,
            Alphabet::Ucs2 => DataCoding::Ucs2,
        };
        let unfit = |_| Unfit { field: "short_message", most: 255 };
        let submit = SubmitSm::builder()
            .source_addr_ton(Ton::from(from.ton))
            .source_addr_npi(Npi::from(from.npi))
            .source_addr(text("source_addr", &from.text)?)
            .dest_addr_ton(Ton::from(to.ton))
            .dest_addr_npi(Npi::from(to.npi))
            .destination_addr(text("destination_addr", &to.text)?)
            .esm_class(esm_class)
            .data_coding(data_coding)
            .validity_period(validity(until)?)
            .short_message(OctetString::from_slice(&segment.octets).map_err(unfit)?)
            .build();
        Ok(Self::of(submit))
    }

    /// Whether it is there.
    #[must_use]
    pub fn enquiry() -> Self {
        Self::of(Pdu::EnquireLink)
    }

    /// To end.
    #[must_use]
    pub fn unbind() -> Self {
        Self::of(Pdu::Unbind)
    }

    fn of(pdu: impl Into<Pdu>) -> Self {
        Self(Zeroizing::new(octets(CommandStatus::EsmeRok, 0, pdu)))
    }

    /// Its octets, under a number of the session's own.
    #[must_use]
    pub fn numbered(mut self, sequence: u32) -> Zeroizing<Vec<u8>> {
        self.0[HEAD - 4..HEAD].copy_from_slice(&sequence.to_be_bytes());
        self.0
    }
}

/// It may hold a password, or a code.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Request")
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Account({})", self.system_id)
    }
}

/// What is owed for what came, if anything is.
#[must_use]
pub fn owed(came: Came) -> Option<Vec<u8>> {
    match came {
        Came::Enquiry { sequence } => {
            Some(octets(CommandStatus::EsmeRok, sequence, Pdu::EnquireLinkResp))
        }
        Came::Unbind { sequence } => {
            Some(octets(CommandStatus::EsmeRok, sequence, Pdu::UnbindResp))
        }
        Came::Strange { sequence } => {
            Some(octets(CommandStatus::EsmeRinvcmdid, sequence, Pdu::GenericNack))
        }
        Came::Answer { .. } | Came::Nack { .. } | Came::Nothing => None,
    }
}

fn octets(status: CommandStatus, sequence: u32, pdu: impl Into<Pdu>) -> Vec<u8> {
    let command = Command::new(status, sequence, pdu);
    let length = LENGTH + command.length();
    let mut octets = vec![0; length];
    octets[..LENGTH].copy_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
    command.encode(&mut octets[LENGTH..]);
    octets
}

fn text<const MOST: usize>(
    field: &'static str,
    said: &str,
) -> Result<COctetString<1, MOST>, Unfit> {
    let fits = |text: &&str| text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    let text = Some(said).filter(fits).map(|text| COctetString::from_string(text.to_owned()));
    text.and_then(Result::ok).ok_or(Unfit { field, most: MOST - 1 })
}

/// A point in time, or none, which leaves it to the centre (§7.1.1).
fn validity(until: Option<DateTime<Utc>>) -> Result<EmptyOrFullCOctetString<17>, Unfit> {
    let Some(until) = until else { return Ok(EmptyOrFullCOctetString::empty()) };
    let text = EmptyOrFullCOctetString::from_string(until.format(IN_UTC).to_string());
    text.map_err(|_| Unfit { field: "validity_period", most: 16 })
}

/// Year, month, day, hour, minute, second, no tenths, and no quarters of an hour from UTC.
const IN_UTC: &str = "%y%m%d%H%M%S000+";
/// The bit of `esm_class` of a message that begins with a header (§5.2.12).
const HAS_HEADER: u8 = 0x40;
/// Octets of a PDU's length.
const LENGTH: usize = 4;
/// Octets of its head, the length included.
const HEAD: usize = 16;
/// The bit of a `command_id` that answers have (§5.1.2.1).
const OF_ANSWERS: u32 = 0x8000_0000;
/// Octets of a PDU that are read: an answer has 80, and a message that comes by mistake some 300.
const MOST: usize = 4096;

/// The types of number by their names (§5.2.5).
pub const TONS: [(&str, u8); 7] = [
    ("unknown", 0),
    ("international", 1),
    ("national", 2),
    ("network-specific", 3),
    ("subscriber", 4),
    ("alphanumeric", 5),
    ("abbreviated", 6),
];
/// The numbering plans by their names (§5.2.6).
pub const NPIS: [(&str, u8); 10] = [
    ("unknown", 0),
    ("isdn", 1),
    ("data", 3),
    ("telex", 4),
    ("land-mobile", 6),
    ("national", 8),
    ("private", 9),
    ("ermes", 10),
    ("internet", 14),
    ("wap", 18),
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn account() -> Account {
        Account {
            system_id: "SMPP3TEST".to_owned(),
            password: Zeroizing::new("secret08".to_owned()),
            system_type: "SUBMIT1".to_owned(),
        }
    }

    fn came(octets: &[u8]) -> Result<Option<Came>, Malformed> {
        take(&mut BytesMut::from(octets))
    }

    /// The example of SMPP 3.4 §3.2.1.1, but for version (0x34) and type of number.
    #[test]
    fn a_bind_is_written_as_the_standard_shows_it() {
        let octets = Request::bind(&account()).unwrap().numbered(1);
        let expected = [
            b"\0\0\0\x2f\0\0\0\x02\0\0\0\0\0\0\0\x01".as_slice(),
            b"SMPP3TEST\0secret08\0SUBMIT1\0\x34\0\0\0",
        ];
        assert_eq!(octets.as_slice(), expected.concat());
        let unfit = |change: fn(&mut Account)| {
            let mut account = account();
            change(&mut account);
            Request::bind(&account).unwrap_err().to_string()
        };
        assert_eq!(
            unfit(|one| one.password = Zeroizing::new("ninenines".to_owned())),
            "password is 8 letters of ASCII at most"
        );
        assert!(unfit(|one| one.system_id = "à".to_owned()).starts_with("system_id is 15"));
        assert!(unfit(|one| one.system_type = "a\0b".to_owned()).starts_with("system_type is 12"));
        assert!(!format!("{:?}", account()).contains("secret"));
    }

    #[test]
    fn a_message_is_written_with_its_alphabet_and_its_header() {
        let from = Address { ton: 5, npi: 0, text: "Ente".to_owned() };
        let to = Address { ton: 1, npi: 1, text: "393331234512".to_owned() };
        let segment = |alphabet, has_header| Segment { alphabet, has_header, octets: vec![1, 2] };
        let written =
            |segment| Request::submit(&from, &to, &segment, None).unwrap().numbered(0x0102);
        let octets = written(segment(Alphabet::Gsm, false));
        let head = b"\0\0\0\x33\0\0\0\x04\0\0\0\0\0\0\x01\x02\0\x05\0Ente\0\x01\x01393331234512\0";
        assert_eq!(octets.as_slice(), [&head[..], b"\0\0\0\0\0\0\0\0\0\x02\x01\x02"].concat());
        let octets = written(segment(Alphabet::Ucs2, true));
        assert_eq!(octets.as_slice(), [&head[..], b"\x40\0\0\0\0\0\0\x08\0\x02\x01\x02"].concat());
        let long = Address { text: "1".repeat(21), ..to.clone() };
        let one = segment(Alphabet::Gsm, false);
        let refused = Request::submit(&from, &long, &one, None).unwrap_err();
        assert_eq!(refused.field, "destination_addr");
        let until = DateTime::from_timestamp(1_796_052_245, 0);
        let timed = Request::submit(&from, &to, &one, until).unwrap().numbered(0x0102);
        let validity = b"261130152405000+\0";
        assert_eq!(timed.len(), octets.len() - 1 + validity.len());
        assert_eq!(timed[head.len() + 4..][..validity.len()], *validity);
    }

    /// An answer that says no has no body as a rule, and some have one.
    #[test]
    fn answers_are_read_with_body_and_without() {
        let throttled = b"\0\0\0\x10\x80\0\0\x04\0\0\0\x58\0\0\0\x07";
        let Ok(Some(Came::Answer { to: Kind::Submit, sequence: 7, status })) = came(throttled)
        else {
            panic!("{:?}", came(throttled))
        };
        assert_eq!(status.to_string(), "ESME_RTHROTTLED (0x00000058)");
        assert!(status.is_too_much() && !status.is_ok() && !status.is_for_good());
        let done = b"\0\0\0\x12\x80\0\0\x04\0\0\0\0\0\0\0\x07x\0";
        let status = Status(0);
        let answer = Came::Answer { to: Kind::Submit, sequence: 7, status };
        assert_eq!(came(done), Ok(Some(answer)));
        assert_eq!(Status(0x0b).to_string(), "ESME_RINVDSTADR (0x0000000b)");
        assert!(Status(0x0b).is_for_good() && Status(0x01).is_for_good());
        assert_eq!(Status(0x0444).to_string(), "0x00000444");
        let mut two = BytesMut::from([&done[..], &throttled[..8]].concat().as_slice());
        assert_eq!(take(&mut two), Ok(Some(answer)));
        assert_eq!(take(&mut two), Ok(None));
    }

    #[test]
    fn what_is_asked_of_us_is_answered_under_its_number() {
        let enquiry = b"\0\0\0\x10\0\0\0\x15\0\0\0\0\0\0\0\x09";
        let came_enquiry = came(enquiry).unwrap().unwrap();
        assert_eq!(owed(came_enquiry).unwrap(), b"\0\0\0\x10\x80\0\0\x15\0\0\0\0\0\0\0\x09");
        let outbind = came(b"\0\0\0\x12\0\0\0\x0b\0\0\0\0\0\0\0\x09\0\0").unwrap().unwrap();
        assert_eq!(owed(outbind).unwrap(), b"\0\0\0\x10\x80\0\0\0\0\0\0\x03\0\0\0\x09");
    }

    #[test]
    fn a_length_is_judged_before_the_rest_has_come() {
        assert_eq!(came(b"\0\0\0"), Ok(None));
        assert_eq!(came(b"\0\0\0\x0f"), Err(Malformed::Short(15)));
        assert_eq!(came(b"\xff\xff\xff\xff"), Err(Malformed::Long(u32::MAX)));
        assert_eq!(came(b"HTTP/1.1 400 Bad Request\r\n"), Err(Malformed::Long(0x4854_5450)));
        assert_eq!(came(b"\0\0\x10\x00"), Ok(None));
        let unended = b"\0\0\0\x13\x80\0\0\x04\0\0\0\0\0\0\0\x07abc";
        assert!(matches!(came(unended), Err(Malformed::Body(_))), "{:?}", came(unended));
    }

    proptest! {
        /// Whatever comes is read, waited for or refused.
        #[test]
        fn nothing_that_comes_makes_it_fall(
            id in prop_oneof![Just(0x8000_0004_u32), Just(0x8000_0002), Just(5), Just(4), 0_u32..0x120, any::<u32>()],
            body in prop::collection::vec(any::<u8>(), 0..300),
            cut in 0_usize..400,
        ) {
            let length = u32::try_from(16 + body.len()).unwrap().to_be_bytes();
            let pdu = [&length[..], &id.to_be_bytes(), &[0; 4], &[0, 0, 0, 1], &body].concat();
            let _read = came(&pdu);
            prop_assert_eq!(came(&pdu[..cut.min(pdu.len() - 1)]), Ok(None));
        }
    }
}
