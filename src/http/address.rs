//! Where a request comes from.

use actix_web::HttpRequest;
use ipnet::IpNet;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// The client's address: the peer's, or, behind proxies that are trusted, the nearest in `X-Forwarded-For` that is none
/// of them. What a stranger writes into that header is never believed.
pub fn client_address(request: &HttpRequest, proxies: &[IpNet]) -> Option<IpAddr> {
    let peer = request.peer_addr().map(|peer| peer.ip().to_canonical())?;
    let forwarded = request.headers().get_all("x-forwarded-for").filter_map(|value| value.to_str().ok());
    Some(nearest(peer, forwarded, proxies))
}

/// Whether a trusted proxy says that it was asked over https.
pub fn came_over_https(request: &HttpRequest, proxies: &[IpNet]) -> bool {
    let peer = request.peer_addr().map(|peer| peer.ip().to_canonical());
    let trusted = peer.is_some_and(|peer| proxies.iter().any(|network| network.contains(&peer)));
    // Where a header was sent to a proxy that adds its own, the last value is the proxy's.
    let said = request.headers().get_all("x-forwarded-proto").last().and_then(|value| value.to_str().ok());
    let last = said.and_then(|value| value.rsplit(',').next()).map(str::trim);
    trusted && last.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"))
}

/// What counts as one caller of `address`: one household or office has a /64 of IPv6 at least.
pub fn shared(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        v4 @ IpAddr::V4(_) => v4,
    }
}

fn nearest<'h>(peer: IpAddr, forwarded: impl Iterator<Item = &'h str>, proxies: &[IpNet]) -> IpAddr {
    let is_proxy = |address: &IpAddr| proxies.iter().any(|network| network.contains(address));
    let mut nearest = peer;
    let mut hops: Vec<&str> = forwarded.flat_map(|line| line.split(',')).map(str::trim).collect();
    while is_proxy(&nearest) {
        // What can't be read is where our knowledge ends.
        let Some(address) = hops.pop().and_then(address_of) else { break };
        nearest = address.to_canonical();
    }
    nearest
}

/// The address that a proxy has written down. It may have added the port, and have put an IPv6 address into brackets.
fn address_of(hop: &str) -> Option<IpAddr> {
    let in_brackets = || hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok().map(IpAddr::V6);
    hop.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|socket| socket.ip())).or_else(in_brackets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(peer: &str, lines: &[&str], proxies: &[&str]) -> String {
        let proxies: Vec<IpNet> = proxies.iter().map(|network| network.parse().unwrap()).collect();
        nearest(peer.parse().unwrap(), lines.iter().copied(), &proxies).to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        assert_eq!(of("203.0.113.7", &["198.51.100.1"], &[]), "203.0.113.7", "nobody is trusted unless told");
        assert_eq!(of("203.0.113.7", &["198.51.100.1"], &["10.0.0.0/8"]), "203.0.113.7");
        assert_eq!(of("10.0.0.1", &["198.51.100.1"], &["10.0.0.0/8"]), "198.51.100.1");
        assert_eq!(
            of("10.0.0.1", &["192.0.2.9, 198.51.100.1, 10.0.0.2"], &["10.0.0.0/8"]),
            "198.51.100.1",
            "what the client made up stands further left"
        );
        assert_eq!(of("10.0.0.1", &["192.0.2.9", "198.51.100.1:4711"], &["10.0.0.0/8"]), "198.51.100.1");
        for written in ["2001:db8::5", "[2001:db8::5]", "[2001:db8::5]:4711"] {
            assert_eq!(of("10.0.0.1", &[written], &["10.0.0.0/8"]), "2001:db8::5", "{written}");
        }
        for other in ["[198.51.100.1]", "[2001:db8::5", "2001:db8::5]", "[]"] {
            assert_eq!(of("10.0.0.1", &[other], &["10.0.0.0/8"]), "10.0.0.1", "{other}");
        }
        assert_eq!(of("10.0.0.1", &["unknown"], &["10.0.0.0/8"]), "10.0.0.1");
        assert_eq!(of("10.0.0.1", &[], &["10.0.0.0/8"]), "10.0.0.1");
    }
}
