//! Addresses of machines by which a person can be followed: IP addresses that are reachable, MAC addresses that are
//! unique.
//!
//! Left alone: addresses that are private, local, reserved or for documentation (IANA special-purpose registries), the
//! resolvers that everybody writes about, and what more likely is a version. Source: RFC 6890, RFC 5952, IEEE 802.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::super::context::Words;
use super::super::{Found, Kind, Search, Severity, context};

pub(in super::super) const IP_ADDRESS: Kind = Kind::personal(
    "pii.ip_address",
    "an IP address",
    "IP_ADDRESS",
    &[Search::Words(|byte| byte.is_ascii_digit(), ipv4), Search::Words(|byte| byte.is_ascii_hexdigit(), ipv6)],
)
.severity(Severity::Medium);

pub(in super::super) const MAC_ADDRESS: Kind = Kind::personal(
    "pii.mac_address",
    "a MAC address",
    "MAC_ADDRESS",
    &[Search::Words(|byte| byte.is_ascii_hexdigit(), mac)],
)
.severity(Severity::Medium);

/// Words that make four numbers a version or a section.
static VERSIONS: Words = Words::new(&[
    "version",
    "versions",
    "ver",
    "v",
    "release",
    "section",
    "chapter",
    "build",
    "firmware",
    "§",
    "rev",
    "oid",
    "objectidentifier",
]);
static ADDRESSES: Words =
    Words::new(&["ip", "ipv4", "address", "host", "server", "client", "ping", "ssh", "addr", "remote", "peer"]);
static MACHINES: Words = Words::new(&["mac", "hwaddr", "ether", "ethernet", "interface", "vlan", "arp", "bssid"]);
const RESOLVERS: &[[u8; 4]] =
    &[[1, 1, 1, 1], [1, 0, 0, 1], [8, 8, 8, 8], [8, 8, 4, 4], [9, 9, 9, 9], [4, 2, 2, 2], [1, 2, 3, 4]];

fn ipv4(text: &str, start: usize) -> Option<Found> {
    let bytes = text.as_bytes();
    let window = context::window(text, start, 16);
    let length = window.find(|character: char| !character.is_ascii_digit() && character != '.').unwrap_or(window.len());
    let written = window[..length].trim_end_matches('.');
    let address: Ipv4Addr = written.parse().ok()?;
    let end = start + written.len();
    let before = start.checked_sub(1).map(|before| bytes[before]);
    let follows = matches!(before, Some(b'.' | b'-' | b'/')) && start >= 2 && context::is_word(bytes[start - 2]);
    let goes_on = context::is_inside_word(bytes, end)
        || (bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit));
    if follows
        || goes_on
        || is_in_a_row(context::before(text, start, 30))
        || !is_global_v4(address)
        || VERSIONS.are_near(text, &(start..end))
    {
        return None;
    }
    // 27.8.3.2 is a section and 2.5.4.53 an object identifier until something says that it is an address.
    let octets = address.octets();
    let small = octets.iter().filter(|octet| **octet < 30).count();
    let is_small = octets[0] < 3 || small > 2 || octets == [octets[0]; 4];
    let is_named = ADDRESSES.are_near(text, &(start..end));
    (!is_small || is_named).then_some(Found { bytes: start..end, confidence: if is_named { 0.95 } else { 0.85 } })
}

/// Whether the word before is another number that is no address, as in the data of a drawing: `2.83-2.12 3.51.98.32`.
fn is_in_a_row(before: &str) -> bool {
    let Some(before) = before.strip_suffix(' ') else { return false };
    let word = before.rsplit(' ').next().unwrap_or(before);
    let is_number = word.contains('.') && word.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
    is_number && word.parse::<Ipv4Addr>().is_err()
}

/// IANA IPv4 Special-Purpose Address Registry, and multicast.
fn is_global_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_shared = a == 100 && (64..128).contains(&b);
    let is_protocol = (a, b, c) == (192, 0, 0) || (a, b, c) == (192, 88, 99);
    let is_benchmark = a == 198 && (18..20).contains(&b);
    let is_special =
        address.is_private() || address.is_loopback() || address.is_link_local() || address.is_documentation();
    !(a == 0
        || a >= 224
        || is_shared
        || is_protocol
        || is_benchmark
        || is_special
        || RESOLVERS.contains(&address.octets()))
}

fn ipv6(text: &str, start: usize) -> Option<Found> {
    let bytes = text.as_bytes();
    let first = bytes[start..].iter().take(5).position(|byte| !byte.is_ascii_hexdigit())?;
    if bytes.get(start + first) != Some(&b':') {
        return None;
    }
    // `::ffff:192.0.2.1` begins before its first word.
    let start = if text[..start].ends_with("::") { start - 2 } else { start };
    let window = context::window(text, start, 46);
    let is_part = |character: char| character.is_ascii_hexdigit() || matches!(character, ':' | '.');
    let written =
        window[..window.find(|character| !is_part(character)).unwrap_or(window.len())].trim_end_matches(['.', ':']);
    let address: Ipv6Addr = written.parse().ok()?;
    let follows = start > 0 && (context::is_word(bytes[start - 1]) || bytes[start - 1] == b':');
    let groups = written.split(':').filter(|group| !group.is_empty()).count();
    let end = start + written.len();
    let is_long = groups > 2 || address.to_ipv4_mapped().is_some();
    (!follows && is_long && !context::is_inside_word(bytes, end) && is_global_v6(address))
        .then_some(Found { bytes: start..end, confidence: 0.97 })
}

/// IANA IPv6 Special-Purpose Address Registry: of the global unicast addresses, those that nobody documents with.
fn is_global_v6(address: Ipv6Addr) -> bool {
    if let Some(address) = address.to_ipv4_mapped() {
        return is_global_v4(address);
    }
    let [a, b, ..] = address.segments();
    let is_documentation = (a, b) == (0x2001, 0xdb8) || (a == 0x3fff && b < 0x1000);
    let is_resolver = (a, b) == (0x2001, 0x4860) || (a, b) == (0x2606, 0x4700);
    let is_protocol = a == 0x2001 && b < 0x200;
    (0x2000..0x4000).contains(&a) && !(is_documentation || is_resolver || is_protocol)
}

/// Six pairs of hexadecimal digits, or three groups of four as Cisco writes them.
fn mac(text: &str, start: usize) -> Option<Found> {
    let bytes = text.as_bytes();
    let separator = *bytes.get(start + 2)?;
    let (size, separator, length) = match separator {
        b':' | b'-' => (2, separator, 17),
        _ if bytes.get(start + 4) == Some(&b'.') => (4, b'.', 14),
        _ => return None,
    };
    let end = start + length;
    let written = bytes.get(start..end)?;
    let fits = |(place, byte): (usize, &u8)| {
        if place % (size + 1) == size { *byte == separator } else { byte.is_ascii_hexdigit() }
    };
    let is_part =
        |place: Option<usize>| place.and_then(|place| bytes.get(place)).is_some_and(|byte| context::is_word(*byte));
    let is_joined = |place: Option<usize>, beyond: Option<usize>| {
        is_part(place) || (place.and_then(|place| bytes.get(place)) == Some(&separator) && is_part(beyond))
    };
    let goes_on = is_joined(Some(end), Some(end + 1)) || is_joined(start.checked_sub(1), start.checked_sub(2));
    if goes_on || !written.iter().enumerate().all(fits) {
        return None;
    }
    let digits: Vec<u8> = written.iter().filter(|byte| byte.is_ascii_hexdigit()).map(u8::to_ascii_lowercase).collect();
    // All zeros, all ones, and 00-00-5E-00-53-xx, which RFC 9542 sets aside for documentation.
    let is_unique = digits.iter().any(|digit| *digit != digits[0]) && !digits.starts_with(b"00005e0053");
    let has_digit = digits.iter().any(u8::is_ascii_digit);
    // Three groups of four are many things.
    let is_told = size == 2 || MACHINES.are_near(text, &(start..end));
    (is_unique && has_digit && is_told)
        .then_some(Found { bytes: start..end, confidence: if size == 2 { 0.95 } else { 0.8 } })
}

#[cfg(test)]
mod tests {
    use crate::guard::sensitive::scan;

    /// The addresses are those of root name servers, and of the standards.
    #[test]
    fn global_addresses_are_found() {
        let cases = [
            ("198.41.0.4", "pii.ip_address"),
            ("193.0.14.129", "pii.ip_address"),
            ("2001:500:2::c", "pii.ip_address"),
            ("2001:7fd::1", "pii.ip_address"),
            ("2801:1b8:10:0:0:0:0:b", "pii.ip_address"),
            ("::ffff:198.41.0.4", "pii.ip_address"),
            ("00:1B:63:84:45:E6", "pii.mac_address"),
            ("00-1b-63-84-45-e6", "pii.mac_address"),
        ];
        for (address, rule) in cases {
            for text in [
                format!("it is {address}."),
                format!("[{address}]"),
                format!("x={address},y"),
                format!("{address} - - [x]"),
            ] {
                let found = scan(&text);
                assert_eq!(found.len(), 1, "{text}: {found:?}");
                assert_eq!((found[0].rule, &text[found[0].bytes.clone()]), (rule, address), "{text}");
            }
        }
        for text in
            ["http://198.41.0.4:8080/x", "198.41.0.4/24", "client 2.10.0.1 left", "MAC 001b.6384.45e6 on port 1"]
        {
            assert!(!scan(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn special_addresses_versions_and_times_are_left_alone() {
        let texts = [
            "127.0.0.1",
            "10.1.2.3",
            "192.168.0.1",
            "172.16.5.4",
            "169.254.1.1",
            "100.64.0.1",
            "192.0.2.7",
            "203.0.113.9",
            "198.51.100.20",
            "0.0.0.0",
            "255.255.255.0",
            "239.1.2.3",
            "8.8.8.8",
            "1.1.1.1",
            "version 198.41.0.4",
            "2.10.0.1",
            "2.5.29.19",
            "27.8.3.2",
            "8.4.26.1",
            "128.128.128.128",
            "Chrome/120.0.60.130",
            "1.198.41.0.4",
            "198.41.0.4.5",
            "198.41.0.256",
            "198.041.0.4",
            "v198.41.0.4",
            "::1",
            "fe80::1",
            "fd00::1:2",
            "2001:db8::1:2",
            "std::vector",
            "a::b",
            "12:30:45",
            "2001::c",
            "1:2:3",
            "00:00:00:00:00:00",
            "ff:ff:ff:ff:ff:ff",
            "00:00:5E:00:53:01",
            "00:1B:63:84:45",
            "00:1B:63:84:45:E6:12",
            "be-ad-be-ef-ba-be",
            "001b.6384.45e6",
            "2.83-2.12 3.51.98.32 2.03.5",
            "SHA1 00:1B:63:84:45:E6:00:1B:63:84:45:E6:00:1B:63:84:45:E6:00:1B",
        ];
        for text in texts {
            assert_eq!(scan(text), [], "{text}");
        }
    }
}
