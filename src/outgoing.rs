//! Calls to other machines: over https, to public addresses, bounded in time and size, never by way of a proxy.
//!
//! Every address that a name resolves to is looked at where the connection is opened, so that a name which changes its
//! mind between two questions (DNS rebinding) leads nowhere. Calls block: they are made on threads for that, and never
//! inside a transaction.

use ipnet::IpNet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;
use ureq::http::Uri;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{ConnectionDetails, Connector, RustlsConnector, TcpConnector, Transport};

/// From the question to the last byte of the answer, looking the name up included.
pub const TIMEOUT: Duration = Duration::from_secs(5);

/// A client that calls where it may.
#[derive(Debug)]
pub struct Client {
    agent: ureq::Agent,
    networks: Arc<[IpNet]>,
}

impl Client {
    /// A client that may call `networks` beside public addresses.
    pub fn new(networks: &[IpNet]) -> Self {
        let networks: Arc<[IpNet]> = networks.into();
        // What the machine trusts: a department's own certificate authority is installed there.
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::PlatformVerifier)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .build();
        let config = ureq::Agent::config_builder()
            .tls_config(tls)
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(true)
            .max_idle_connections(0)
            .timeout_global(Some(TIMEOUT))
            .build();
        let connector = Guard(Arc::clone(&networks)).chain(TcpConnector::default()).chain(RustlsConnector::default());
        Self { agent: ureq::Agent::with_parts(config, connector, DefaultResolver::default()), networks }
    }

    /// Whether `url` may be called, as far as it can be seen without asking for its addresses.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self, url: &str) -> Result<Uri, String> {
        let uri: Uri = url.parse().map_err(|_| "it is no URL".to_owned())?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return Err("it is no URL".to_owned()) };
        if authority.as_str().contains('@') {
            return Err("it holds a user's name".to_owned());
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        let literal: Option<IpAddr> = host.parse().ok();
        match scheme {
            "https" => {}
            "http" if host == "localhost" || literal.is_some_and(|address| address.to_canonical().is_loopback()) => {}
            _ => return Err("https is needed; http goes to this machine alone".to_owned()),
        }
        match literal {
            Some(address) if !may_be_called(address, &self.networks) => Err(format!("{address} is no public address")),
            _ => Ok(uri),
        }
    }

    /// The body of `GET url`, when it is answered with 200 and has at most `most` bytes.
    ///
    /// # Errors
    /// Why not, for the log.
    pub fn get(&self, url: &str, most: u64) -> Result<Vec<u8>, String> {
        let uri = self.check(url).map_err(|words| format!("{url}: {words}"))?;
        let failed = |error: ureq::Error| format!("{url}: {error}");
        let mut answer = self.agent.get(uri).header("Accept", "application/json").call().map_err(failed)?;
        if answer.status().as_u16() != 200 {
            return Err(format!("{url} answered {}", answer.status().as_u16()));
        }
        answer.body_mut().with_config().limit(most).read_to_vec().map_err(failed)
    }
}

/// Refuses to connect where one of the addresses may not be called.
#[derive(Debug)]
struct Guard(Arc<[IpNet]>);

impl<In: Transport> Connector<In> for Guard {
    type Out = In;

    fn connect(&self, details: &ConnectionDetails, chained: Option<In>) -> Result<Option<In>, ureq::Error> {
        let plain = details.uri.scheme_str() != Some("https");
        let refused = details
            .addrs
            .iter()
            .map(|socket| socket.ip().to_canonical())
            .find(|address| !may_be_called(*address, &self.0) || (plain && !address.is_loopback()));
        match refused {
            None => Ok(chained),
            Some(address) => Err(io::Error::new(io::ErrorKind::PermissionDenied, format!("{address} may not be called")).into()),
        }
    }
}

fn may_be_called(address: IpAddr, networks: &[IpNet]) -> bool {
    let address = address.to_canonical();
    networks.iter().any(|network| network.contains(&address)) || is_public(address)
}

/// Whether `address` is out in the internet: what IANA's registries of special addresses do not name.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = matches!(
        (a, b, c),
        (0 | 10 | 127 | 224.., ..)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 168, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    );
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    // Of the globally routed eighth: not protocols' own (2001::/23, Teredo among them), examples, and 6to4, which leads
    // to any IPv4 address.
    let special = matches!((a, b), (0x2001, ..0x200 | 0xdb8) | (0x2002, _) | (0x3fff, ..0x1000));
    a & 0xe000 == 0x2000 && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    fn networks(list: &[&str]) -> Vec<IpNet> {
        list.iter().map(|network| network.parse().unwrap()).collect()
    }

    #[test]
    fn only_public_addresses_are_called_unless_a_network_is_allowed() {
        for public in ["1.1.1.1", "203.113.131.1", "172.32.0.1", "100.128.0.1", "192.0.1.1", "2400:cb00::1", "2001:4860:4860::8888"] {
            assert!(may_be_called(public.parse().unwrap(), &[]), "{public}");
        }
        for special in [
            "0.0.0.0",
            "10.1.2.3",
            "127.0.0.1",
            "100.64.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "fc00::1",
            "fe80::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "2002:7f00:1::",
            "3fff::1",
        ] {
            assert!(!may_be_called(special.parse().unwrap(), &[]), "{special}");
        }
        let allowed = networks(&["10.20.0.0/16"]);
        assert!(may_be_called("10.20.3.4".parse().unwrap(), &allowed));
        assert!(may_be_called("::ffff:10.20.3.4".parse().unwrap(), &allowed));
        assert!(!may_be_called("10.21.0.1".parse().unwrap(), &allowed));
    }

    #[test]
    fn a_url_is_https_without_a_user_and_http_goes_to_this_machine_alone() {
        let client = Client::new(&networks(&["127.0.0.0/8"]));
        for url in ["https://id.example.vn/keys", "https://id.example.vn:8443/a?b=c", "http://127.0.0.1:1/keys", "http://localhost/keys"] {
            assert!(client.check(url).is_ok(), "{url}");
        }
        for url in [
            "",
            "keys",
            "/keys",
            "ftp://id.example.vn/",
            "http://id.example.vn/",
            "http://10.0.0.1/",
            "https://10.0.0.1/",
            "https://[::1]/",
            "https://user@id.example.vn/",
            "https://user:secret@id.example.vn/",
            "http://localhost.example.vn/",
            "file:///etc/passwd",
        ] {
            assert!(client.check(url).is_err(), "{url}");
        }
        assert!(Client::new(&[]).check("http://127.0.0.1:1/keys").is_err(), "nor there unless it is allowed");
    }

    #[test]
    fn a_name_that_leads_to_this_machine_is_not_called() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://localhost:{}/keys", listener.local_addr().unwrap().port());
        let refused = Client::new(&[]).get(&url, 100).unwrap_err();
        assert!(refused.contains("may not be called"), "{refused}");
        listener.set_nonblocking(true).unwrap();
        assert!(listener.accept().is_err(), "it was not even tried");
    }
}
