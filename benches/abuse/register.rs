//! A register, a copy of it for each server, and the requests that are asked of it.

use crate::data::{self, Loaded, Size};
use crate::questions::{by_filters, by_words};
use crate::server::{Server, fresh_schema};
use crate::{CORES, data::program};
use cungcau::db::{self, Db, Target};
use cungcau::ids::base32;
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Different requests of a kind.
const SEARCHES: usize = 1_200;
const MATCHES: usize = 300;
const READS: usize = 1_000;

pub struct Register {
    size: Size,
    file: PathBuf,
    searches: Vec<String>,
    matches: Vec<String>,
}

/// Where a server has its register.
#[derive(Clone, Copy)]
pub enum Base<'a> {
    Sqlite,
    /// A server's URL.
    Postgres(&'a str),
}

impl Base<'_> {
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }
}

/// A server on a copy of its own.
pub struct Place {
    pub server: Server,
    pub address: SocketAddr,
    pub key: String,
    _folder: tempfile::TempDir,
}

impl Register {
    pub fn new(size: Size) -> Self {
        let loaded = Loaded::new(size);
        let mut words = by_words(&loaded.market, SEARCHES * 2 / 3).into_iter();
        let mut searches = Vec::new();
        for search in by_filters(&loaded.market, SEARCHES / 3) {
            searches.extend(words.by_ref().take(2).map(|search| search.path()));
            searches.push(search.path());
        }
        let step = (loaded.demands.len() / MATCHES).max(1);
        let matches = loaded.demands.iter().step_by(step).take(MATCHES);
        let matches = matches.map(|demand| format!("/v1/demands/dmd_{}/matches?limit=20", base32(demand.id.0, 26))).collect();
        Self { size, file: data::register(size), searches, matches }
    }

    pub fn size(&self) -> Size {
        self.size
    }

    /// Starts a server on a copy of the register, on the server's core.
    pub fn serve(&self, settings: &[(&str, &str)]) -> Place {
        self.serve_on(Base::Sqlite, settings)
    }

    /// The same on either database.
    pub fn serve_on(&self, base: Base<'_>, settings: &[(&str, &str)]) -> Place {
        let folder = tempfile::tempdir().unwrap();
        let url = match base {
            Base::Sqlite => {
                let file = folder.path().join("register.db");
                std::fs::copy(&self.file, &file).unwrap();
                format!("sqlite:{}", file.display())
            }
            Base::Postgres(server) => self.copied_to(server),
        };
        let made = program().args(["keys", "create", "--role", "admin", "--database-url", &url]).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let key = String::from_utf8_lossy(&made.stdout).lines().nth(1).unwrap().trim().to_owned();
        let server = Server::start_with(&url, Some(CORES.0), settings);
        let address = server.address.parse().unwrap();
        Place { server, address, key, _folder: folder }
    }

    /// The register in a schema of its own, which the next copy replaces.
    fn copied_to(&self, server: &str) -> String {
        let url = fresh_schema(server, "abuse");
        let from = format!("sqlite:{}", self.file.display());
        let copied = program().args(["copy", "--from", &from, "--to", &url]).output().unwrap();
        assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));
        let Db::Postgres(mut connection) = db::connect(&Target::parse(&url).unwrap()).unwrap() else { panic!("{url} is no PostgreSQL") };
        connection.batch_execute("ANALYZE").unwrap();
        url
    }

    /// Searches, and with every fifth request the matches of a demand: all from memory.
    pub fn searches(&self, place: &Place) -> Vec<Vec<u8>> {
        let mut matches = self.matches.iter().cycle();
        let paths = self.searches.chunks(4).flat_map(|four| four.iter().chain(matches.next()));
        paths.map(|path| get(path, Some(&place.key))).collect()
    }

    /// The same without a key.
    pub fn anonymous_searches(&self) -> Vec<Vec<u8>> {
        self.searches.iter().map(|path| get(path, None)).collect()
    }

    /// Single records by their ids, and with every fifth request a page of certificates or events: all from the database.
    pub fn reads(place: &Place) -> Vec<Vec<u8>> {
        let mut client = crate::server::Client::new(&place.server.address, Some(&place.key));
        let mut ids = Vec::new();
        for collection in ["products", "organisations", "offers"] {
            let (mut cursor, before) = (String::new(), ids.len());
            while ids.len() - before < READS / 3 {
                let (status, body) = client.get(&format!("/v1/{collection}?limit=100&sort=created{cursor}"));
                assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
                let page: Value = serde_json::from_slice(&body).unwrap();
                ids.extend(
                    page["items"].as_array().unwrap().iter().map(|item| format!("/v1/{collection}/{}", item["id"].as_str().unwrap())),
                );
                let Some(next) = page["next_cursor"].as_str() else { break };
                cursor = format!("&cursor={next}");
            }
        }
        let lists = ["/v1/certificates?limit=20", "/v1/events?limit=20"];
        let paths = ids.chunks(4).zip(lists.iter().cycle()).flat_map(|(four, list)| four.iter().map(String::as_str).chain([*list]));
        paths.map(|path| get(path, Some(&place.key))).collect()
    }

    /// Signed MoUs of two parties with one commitment.
    pub fn writes(place: &Place) -> Vec<Vec<u8>> {
        let mut client = crate::server::Client::new(&place.server.address, Some(&place.key));
        let mut made = |path: &str, body: Value| {
            let (status, answer) = client.post(path, &body);
            assert_eq!(status, 201, "{path}: {}", String::from_utf8_lossy(&answer));
            serde_json::from_slice::<Value>(&answer).unwrap()["id"].as_str().unwrap().to_owned()
        };
        let producer = made(
            "/v1/producers",
            json!({"name": "Hợp tác xã Hành tím (minh họa)", "legal_form": "cooperative", "province": "94@2020-10-27", "illustrative": true, "producer": {"kind": "cooperative"}}),
        );
        let buyer = made(
            "/v1/buyers",
            json!({"name": "Nhà phân phối Sao Khuê (minh họa)", "legal_form": "joint_stock_company", "province": "79", "illustrative": true, "buyer": {"kind": "distributor"}}),
        );
        let product =
            made("/v1/products", json!({"producer_id": producer, "name": "Hành tím (minh họa)", "group": "I.1.a", "illustrative": true}));
        let body = |n: usize| {
            json!({
                "title": format!("Biên bản ghi nhớ hợp tác kinh doanh số {n}"), "status": "signed", "proposed_on": "2020-09-03",
                "agreed_on": "2020-10-05", "signed_on": "2020-10-27", "effective_until": "2022-10-27", "illustrative": true,
                "parties": [{"organisation_id": producer, "side": "a", "capacity": "producer"}, {"organisation_id": buyer, "side": "b", "capacity": "buyer"}],
                "commitments": [{"product_id": product, "quantity": "12.5", "unit": "TAN", "period": "month", "starts_on": "2021-01-01", "ends_on": "2021-12-31"}]
            })
            .to_string()
        };
        (0..500)
            .map(|n| {
                let (body, key) = (body(n), &place.key);
                format!("POST /v1/mous HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
            })
            .collect()
    }
}

fn get(path: &str, key: Option<&str>) -> Vec<u8> {
    let key = key.map(|key| format!("Authorization: Bearer {key}\r\n")).unwrap_or_default();
    format!("GET {path} HTTP/1.1\r\nHost: bench\r\n{key}\r\n").into_bytes()
}
