//! The release server as a process of its own, and a client that costs little.

use cungcau::db::{self, Db, Target};
use diesel::connection::SimpleConnection;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub struct Server {
    process: Child,
    pub address: String,
    /// The administrator's, where this start made it.
    pub key: Option<String>,
    /// From the start of the process to the first answer of `/readyz` that is 200.
    pub ready: Duration,
    _data: tempfile::TempDir,
}

impl Server {
    /// Starts a server on `url`, on one core alone where one is given and the system can.
    pub fn start(url: &str, core: Option<usize>) -> Self {
        Self::start_with(url, core, &[("CUNGCAU_ANONYMOUS_RATE", "off"), ("CUNGCAU_KEY_RATE", "off")])
    }

    /// The same with settings of one's own.
    pub fn start_with(url: &str, core: Option<usize>, settings: &[(&str, &str)]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut command = pinned(env!("CARGO_BIN_EXE_cungcau"), core);
        command.args(["serve", "--listen", "127.0.0.1:0", "--database-url", url, "--data"]).arg(data.path());
        for name in ["DATABASE_URL", "CUNGCAU_DATA_DIR", "CUNGCAU_LISTEN", "CUNGCAU_DEMO", "CUNGCAU_INSTANCE"] {
            command.env_remove(name);
        }
        let begun = Instant::now();
        let mut process = command.env("CUNGCAU_LOG", "warn").envs(settings.iter().copied()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let address = lines.find_map(|line| line.unwrap().strip_prefix("Cung Cầu serves http://").map(str::to_owned)).unwrap();
        // What else it says must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let mut client = Client::new(&address, None);
        while client.get("/readyz").0 != 200 {
            std::thread::sleep(Duration::from_millis(2));
        }
        let ready = begun.elapsed();
        let key = std::fs::read_to_string(data.path().join("admin-key.txt")).ok().map(|key| key.trim().to_owned());
        Self { process, address, key, ready, _data: data }
    }

    /// Processor time that the process has had.
    pub fn busy(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id())).unwrap_or_default();
        // The name of the program, in parentheses, may have spaces; of what follows, the 12th and 13th are its times.
        let fields: Vec<&str> = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
        let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
        // Linux counts them in hundredths of a second.
        Duration::from_millis(10 * (ticks(11) + ticks(12)))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// `program` on one core alone, where one is given and the system can.
pub fn pinned(program: &str, core: Option<usize>) -> Command {
    let can_pin = Command::new("taskset").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    match core.filter(|_| can_pin) {
        Some(core) => {
            let mut command = Command::new("taskset");
            command.args(["-c", &core.to_string(), program]);
            command
        }
        None => Command::new(program),
    }
}

/// A fresh `PostgreSQL` schema of this name; its URL.
pub fn fresh_schema(url: &str, name: &str) -> String {
    let Db::Postgres(mut connection) = db::connect(&Target::parse(url).unwrap()).unwrap() else { panic!("{url} is no PostgreSQL") };
    connection.batch_execute(&format!("DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}")).unwrap();
    let sign = if url.contains('?') { '&' } else { '?' };
    format!("{url}{sign}options=-csearch_path%3D{name}")
}

pub struct Client {
    stream: BufReader<TcpStream>,
    head: String,
}

impl Client {
    pub fn new(address: &str, key: Option<&str>) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        let key = key.map(|key| format!("Authorization: Bearer {key}\r\n")).unwrap_or_default();
        Self { stream: BufReader::new(stream), head: format!("Host: bench\r\n{key}") }
    }

    pub fn get(&mut self, path: &str) -> (u16, Vec<u8>) {
        self.send(&format!("GET {path} HTTP/1.1\r\n{}\r\n", self.head))
    }

    pub fn post(&mut self, path: &str, body: &Value) -> (u16, Vec<u8>) {
        let body = body.to_string();
        self.send(&format!(
            "POST {path} HTTP/1.1\r\n{}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.head,
            body.len()
        ))
    }

    fn send(&mut self, request: &str) -> (u16, Vec<u8>) {
        self.stream.get_mut().write_all(request.as_bytes()).unwrap();
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap();
        let status = line.split(' ').nth(1).unwrap().parse().unwrap();
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
        (status, answer)
    }
}
