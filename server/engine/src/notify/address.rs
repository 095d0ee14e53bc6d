//! Classifies IP addresses as public or not. A request to a non-public address may reach services that are closed to
//! the outside: a database, or a machine's metadata service with its credentials.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Describes a non-public address; `None` if it is public.
pub fn not_public(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => v4(address),
        IpAddr::V6(address) => v6(address),
    }
}

fn v4(address: Ipv4Addr) -> Option<&'static str> {
    let octets = address.octets();
    match octets {
        [127, ..] => Some("this machine"),
        [169, 254, ..] => Some("link-local, where clouds keep the metadata of a machine"),
        [10, ..] | [192, 168, ..] => Some("a private address"),
        [172, second, ..] if (16..32).contains(&second) => Some("a private address"),
        [100, second, ..] if (64..128).contains(&second) => Some("a shared address of a provider"),
        [0, ..] => Some("no address of a host"),
        [192, 0, 0, _] | [198, 18 | 19, ..] => Some("a reserved address"),
        [224..=255, ..] => Some("a reserved or multicast address"),
        _ if address.is_documentation() => Some("an address for documentation"),
        _ => None,
    }
}

fn v6(address: Ipv6Addr) -> Option<&'static str> {
    // Forms that embed an IPv4 address: the embedded address is reached.
    let segments = address.segments();
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        v4(Ipv4Addr::new(a, b, c, d))
    };
    match segments {
        [0, 0, 0, 0, 0, 0, 0, 1] => Some("this machine"),
        [0, 0, 0, 0, 0, 0, 0, 0] => Some("no address of a host"),
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            embedded(high, low)
        }
        [first, ..] if first & 0xfe00 == 0xfc00 => Some("a private address"),
        [first, ..] if first & 0xffc0 == 0xfe80 => Some("link-local"),
        [first, ..] if first & 0xff00 == 0xff00 => Some("a multicast address"),
        [0x64, 0xff9b, 1, ..] => Some("a private address"),
        [0x2001, 0xdb8, ..] => Some("an address for documentation"),
        [0x2001, 0, ..] | [0x100, 0, 0, 0, ..] => Some("a reserved address"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_in_any_form_are_not_public() {
        let own = [
            "127.0.0.1",
            "127.9.9.9",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.100.100.200",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.1",
            "::1",
            "::",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
            "fd00:ec2::254",
            "fe80::1",
            "fc00::1",
            "ff02::1",
            "2001::1",
        ];
        for address in own {
            assert!(not_public(address.parse().unwrap()).is_some(), "{address}");
        }
    }

    #[test]
    fn internet_addresses_are_public() {
        for address in ["1.1.1.1", "172.32.0.1", "100.128.0.1", "52.95.110.1", "2606:4700::1111", "::ffff:8.8.8.8"] {
            assert_eq!(not_public(address.parse().unwrap()), None, "{address}");
        }
    }
}
