//! Networks by prefix (RFC 4632, RFC 4291 §2.3): whose forwarded headers are believed, who may ask how we are.

use std::fmt;
use std::net::IpAddr;

/// All addresses that begin with the same bits; one address is a network of its own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    /// Reads `10.0.0.0/8`, `2001:db8::/32`, or one address. Bits beyond the prefix must be zero, so that what was meant
    /// is what is written.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address.parse::<IpAddr>().ok()?, Some(prefix_length(bits)?)),
            None => (text.parse::<IpAddr>().ok()?, None),
        };
        let most = if address.is_ipv4() { 32 } else { 128 };
        let network = Self { address, bits: bits.unwrap_or(most) };
        (network.bits <= most && number(address) & !network.mask() == 0).then_some(network)
    }

    /// Whether `address` is one of them. An IPv4 address within IPv6 (`::ffff:0:0/96`) is the IPv4 address.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.address.is_ipv4()
            && number(address) & self.mask() == number(self.address)
    }

    /// The bits of the prefix, over the width of IPv6.
    fn mask(&self) -> u128 {
        let width: u32 = if self.address.is_ipv4() { 32 } else { 128 };
        let rest = width - u32::from(self.bits).min(width);
        let all = u128::MAX >> (128 - width);
        all.checked_shr(rest).and_then(|bits| bits.checked_shl(rest)).unwrap_or(0)
    }
}

/// The proxies before us, and where they write whom they speak for.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    /// Where they are.
    pub networks: Vec<Network>,
    /// Where they write.
    pub header: ForwardedBy,
}

/// The one header that proxies are believed: another one would be as the client wrote it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ForwardedBy {
    /// `X-Forwarded-For`.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

impl Proxies {
    /// Whether `address` is one of them.
    #[must_use]
    pub fn contain(&self, address: IpAddr) -> bool {
        any_contains(&self.networks, address)
    }
}

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        Self { address, bits: if address.is_ipv4() { 32 } else { 128 } }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

/// Whether one of `networks` holds `address`.
#[must_use]
pub fn any_contains(networks: &[Network], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(address))
}

fn prefix_length(text: &str) -> Option<u8> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u32::from(v4).into(),
        IpAddr::V6(v6) => v6.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    use proptest::prelude::*;

    use super::Network;

    fn holds(network: &str, address: &str) -> bool {
        Network::parse(network).unwrap().contains(address.parse().unwrap())
    }

    #[test]
    fn a_network_holds_what_begins_as_it_does() {
        assert!(holds("10.0.0.0/8", "10.255.1.2"));
        assert!(!holds("10.0.0.0/8", "11.0.0.0"));
        assert!(holds("192.0.2.1", "192.0.2.1"));
        assert!(!holds("192.0.2.1", "192.0.2.2"));
        assert!(holds("0.0.0.0/0", "203.0.113.9"));
        assert!(holds("2001:db8::/32", "2001:db8:ffff::1"));
        assert!(!holds("2001:db8::/32", "2001:db9::1"));
        assert!(holds("::/0", "2001:db8::1"));
        assert!(holds("::1", "::1"));
    }

    #[test]
    fn the_two_kinds_are_apart_but_for_one_within_the_other() {
        assert!(!holds("0.0.0.0/0", "2001:db8::1"));
        assert!(!holds("::/0", "192.0.2.1"));
        assert!(holds("192.0.2.0/24", "::ffff:192.0.2.7"));
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in [
            "",
            "10.0.0.0/33",
            "10.0.0.1/8",
            "::/129",
            "10.0.0.0/",
            "10.0.0.0/+8",
            "10.0.0/8",
            "localhost",
            "10.0.0.0/8/8",
        ] {
            assert_eq!(Network::parse(text), None, "{text}");
        }
    }

    proptest! {
        /// Against the definition, bit by bit.
        #[test]
        fn a_prefix_is_the_same_bits(address: u32, other: u32, bits in 0u8..=32) {
            let cut = |number: u32| if bits == 0 { 0 } else { number >> (32 - bits) << (32 - bits) };
            let network = Network::parse(&format!("{}/{bits}", Ipv4Addr::from(cut(address)))).unwrap();
            prop_assert!(network.contains(IpAddr::V4(address.into())));
            prop_assert_eq!(network.contains(IpAddr::V4(other.into())), cut(address) == cut(other));
        }

        #[test]
        fn in_ipv6_too(address: u128, other: u128, bits in 1u8..=128) {
            let cut = |number: u128| number >> (128 - bits) << (128 - bits);
            let text = format!("{}/{bits}", Ipv6Addr::from(cut(address)));
            let network = Network::parse(&text).unwrap();
            let other_v6 = Ipv6Addr::from(other);
            prop_assume!(other_v6.to_ipv4_mapped().is_none() && Ipv6Addr::from(address).to_ipv4_mapped().is_none());
            prop_assert!(network.contains(IpAddr::V6(address.into())));
            prop_assert_eq!(network.contains(IpAddr::V6(other_v6)), cut(address) == cut(other));
        }
    }
}
