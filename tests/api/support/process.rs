//! The program itself, as an operator runs it: its own process, with its own folder and database.

use super::app::Database;
use super::client::{Client, Request};
use cungcau::db::Target;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A folder and a database, on which the program is started, stopped, killed and started again.
pub struct Place {
    folder: TempDir,
    database: Option<Database>,
}

impl Place {
    /// An empty folder; on PostgreSQL with an empty schema.
    pub fn new() -> Self {
        let database = Database::postgres_url().map(|_| Database::unmigrated());
        Self { folder: tempfile::tempdir().unwrap(), database }
    }

    /// The folder of the server's files.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The database that the program uses here.
    pub fn target(&self) -> Target {
        self.database.as_ref().map_or_else(|| Target::Sqlite(self.data().join("cungcau.db")), |database| database.target.clone())
    }

    /// A connection of one's own to it.
    pub fn db(&self) -> cungcau::db::Db {
        cungcau::db::connect(&self.target()).unwrap()
    }

    /// The program with these arguments, in this folder, on this database.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program(self.folder.path());
        command.args(arguments).env("CUNGCAU_DATA_DIR", self.data());
        // Tests ask faster than people do; those of the limits set their own.
        command
            .env("CUNGCAU_ANONYMOUS_RATE", "off")
            .env("CUNGCAU_KEY_RATE", "off")
            .env("CUNGCAU_KEY_DAY", "off")
            .env("CUNGCAU_SHEDDING", "off");
        if let Target::Postgres(url) = self.target() {
            command.env("DATABASE_URL", url);
        }
        command
    }

    /// A server that answers already.
    pub fn serve(&self) -> Server {
        Server::start(self.command(&["serve", "--listen", "127.0.0.1:0"]))
    }
}

/// The program with a clean environment in `folder`.
pub fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cungcau"));
    command.current_dir(folder).env_remove("DATABASE_URL").stdin(Stdio::null());
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CUNGCAU_")) {
        command.env_remove(name);
    }
    command
}

/// Runs a command that must fail, and gives what it said on standard error.
#[track_caller]
pub fn refusal(mut command: Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let said = String::from_utf8(stderr).unwrap();
    assert!(!status.success(), "it went on: {}", String::from_utf8_lossy(&stdout));
    said.lines().filter(|line| !line.starts_with('{')).collect::<Vec<_>>().join("\n")
}

/// A running server. Killed when dropped.
pub struct Server {
    child: Child,
    client: Client,
    said: Arc<Mutex<String>>,
    readers: Vec<std::thread::JoinHandle<()>>,
}

impl Server {
    /// Starts `command` and waits for the line that gives the address.
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let said = Arc::new(Mutex::new(String::new()));
        let readers = vec![listen(child.stdout.take().unwrap(), &said), listen(child.stderr.take().unwrap(), &said)];
        let deadline = Instant::now() + Duration::from_secs(30);
        let address = loop {
            let so_far = said.lock().unwrap().clone();
            if let Some(line) = so_far.lines().find(|line| line.contains("serves http://")) {
                break line.split("http://").nth(1).unwrap().trim().to_owned();
            }
            let ended = child.try_wait().unwrap();
            assert!(ended.is_none() && Instant::now() < deadline, "the server did not start ({ended:?}):\n{so_far}");
            std::thread::sleep(Duration::from_millis(5));
        };
        let server = Self { child, client: Client::new(format!("http://{address}")), said, readers };
        // It answers at once, and is ready when its index is built.
        while server.get("/readyz").try_send().is_ok_and(|answer| answer.status != 200) {
            assert!(Instant::now() < deadline, "the server did not become ready:\n{}", server.said());
            std::thread::sleep(Duration::from_millis(5));
        }
        server
    }

    /// A whole number of its `/metrics`.
    #[track_caller]
    pub fn metric(&self, name: &str) -> i64 {
        let text = self.get("/metrics").send().expect(200).text;
        let line = text.lines().find(|line| line.split(' ').next() == Some(name)).unwrap_or_else(|| panic!("no {name} in {text}"));
        line.split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// A client of its operators' address.
    #[track_caller]
    pub fn operators(&self) -> Client {
        let said = self.said();
        let line = said.lines().find_map(|line| line.strip_prefix("For operators: ")).unwrap_or_else(|| panic!("no such address: {said}"));
        Client::new(line.trim().to_owned())
    }

    /// Everything that it wrote so far on both its outputs.
    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// `host:port`.
    pub fn address(&self) -> &str {
        self.client.address()
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// A request with nothing set.
    pub fn request(&self, method: &str, path: &str) -> Request<'_> {
        self.client.request(method, path)
    }

    /// `GET path`
    pub fn get(&self, path: &str) -> Request<'_> {
        self.request("GET", path)
    }

    /// `POST path` with a JSON body.
    pub fn post(&self, path: &str, body: &Value) -> Request<'_> {
        self.request("POST", path).json(body)
    }

    /// Sends a signal such as `TERM`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.id().to_string()]).status().unwrap();
        assert!(sent.success(), "kill -{name}");
    }

    /// Waits for its end, at most so long, and gives what it said as well.
    #[track_caller]
    pub fn wait(mut self, most: Duration) -> (ExitStatus, String) {
        let deadline = Instant::now() + most;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                self.readers.drain(..).for_each(|reader| reader.join().unwrap());
                return (status, self.said());
            }
            assert!(Instant::now() < deadline, "it still runs after {most:?}:\n{}", self.said());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn listen(output: impl Read + Send + 'static, said: &Arc<Mutex<String>>) -> std::thread::JoinHandle<()> {
    let said = Arc::clone(said);
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let mut said = said.lock().unwrap();
            said.push_str(&line);
            said.push('\n');
        }
    })
}
