//! The release server as a process of its own, and a client that costs little.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

pub struct Server {
    process: Child,
    address: String,
    key: String,
    _data: tempfile::TempDir,
}

impl Server {
    pub fn start(url: &str) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_cungcau"))
            .args(["serve", "--listen", "127.0.0.1:0", "--database-url", url, "--data"])
            .arg(data.path())
            .env("CUNGCAU_LOG", "warn")
            .env("CUNGCAU_ANONYMOUS_RATE", "off")
            .env("CUNGCAU_KEY_RATE", "off")
            .env_remove("DATABASE_URL")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let address = lines.find_map(|line| line.unwrap().strip_prefix("Cung Cầu serves http://").map(str::to_owned)).unwrap();
        // What else it says must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let key = loop {
            let text = std::fs::read_to_string(data.path().join("admin-key.txt")).unwrap_or_default();
            if text.ends_with('\n') {
                break text.trim().to_owned();
            }
        };
        Self { process, address, key, _data: data }
    }

    pub fn client(&self) -> Client {
        // The listener stands before the address is printed; the workers may take a moment.
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_nodelay(true).unwrap();
        Client {
            stream: BufReader::new(stream),
            head: format!("Host: bench\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n", self.key),
        }
    }

    pub fn two_parties(&self) -> Parties {
        let mut client = self.client();
        let mut made = |path: &str, body: Value| client.post(path, &body.to_string(), 201)["id"].as_str().unwrap().to_owned();
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
        Parties { producer, buyer, product }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub struct Parties {
    producer: String,
    buyer: String,
    product: String,
}

impl Parties {
    fn mou(&self, n: u64) -> Value {
        json!({
            "title": format!("Biên bản ghi nhớ hợp tác kinh doanh số {n}"), "status": "signed", "proposed_on": "2020-09-03", "agreed_on": "2020-10-05",
            "signed_on": "2020-10-27", "effective_until": "2022-10-27", "illustrative": true,
            "parties": [{"organisation_id": self.producer, "side": "a", "capacity": "producer"}, {"organisation_id": self.buyer, "side": "b", "capacity": "buyer"}],
            "commitments": [{"product_id": self.product, "quantity": "12.5", "unit": "TAN", "period": "month", "starts_on": "2021-01-01", "ends_on": "2021-12-31"}]
        })
    }

    pub fn batch(&self, size: usize, n: u64) -> String {
        let items: Vec<Value> = (0..size as u64).map(|i| self.mou(n * size as u64 + i)).collect();
        json!({"items": items}).to_string()
    }
}

pub struct Client {
    stream: BufReader<TcpStream>,
    head: String,
}

impl Client {
    pub fn post_mou(&mut self, parties: &Parties, n: u64) {
        self.post("/v1/mous", &parties.mou(n).to_string(), 201);
    }

    pub fn post(&mut self, path: &str, body: &str, expected: u16) -> Value {
        let request = format!("POST {path} HTTP/1.1\r\n{}Content-Length: {}\r\n\r\n{body}", self.head, body.len());
        self.stream.get_mut().write_all(request.as_bytes()).unwrap();
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap();
        let status: u16 = line.split(' ').nth(1).unwrap().parse().unwrap();
        let mut length = 0;
        loop {
            line.clear();
            self.stream.read_line(&mut line).unwrap();
            if line.trim().is_empty() {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut answer = vec![0; length];
        self.stream.read_exact(&mut answer).unwrap();
        assert_eq!(status, expected, "{path}: {}", String::from_utf8_lossy(&answer));
        // Only what sets the scene is read; the measured answers are not parsed.
        if path == "/v1/mous" || path.ends_with("/batch") { Value::Null } else { serde_json::from_slice(&answer).unwrap() }
    }
}
