//! The README's requests, run as they stand against the program that `make run` starts; `UPDATE=1` writes
//! their output into the README.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const PRINTED_ADDRESS: &str = "127.0.0.1:8080";

#[test]
fn the_requests_of_the_readme_give_the_output_that_it_shows() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let commands: Vec<&str> = readme.lines().filter_map(|line| line.strip_prefix("$ ")).collect();
    assert!(commands.iter().filter(|command| command.contains("curl")).count() >= 10, "the README shows its main job in ten requests");
    let server = DemoServer::start();
    let outputs = server.run(&commands);
    let written = with_outputs(&readme, &outputs);
    if std::env::var("UPDATE").is_ok() {
        std::fs::write(&path, written).unwrap();
        return;
    }
    for (shown, real) in readme.lines().zip(written.lines()) {
        assert_eq!(masked(shown), masked(real), "the README shows another output: UPDATE=1 cargo test --test api readme");
    }
    assert_eq!(readme.lines().count(), written.lines().count());
}

/// The README with the real output of each command after it.
fn with_outputs(readme: &str, outputs: &[String]) -> String {
    let mut written = String::new();
    let mut outputs = outputs.iter();
    let (mut in_console, mut skipping) = (false, false);
    for line in readme.lines() {
        if line == "```console" {
            in_console = true;
        } else if line == "```" {
            (in_console, skipping) = (false, false);
        }
        if in_console && line.starts_with("$ ") {
            written.push_str(line);
            written.push('\n');
            for output in outputs.next().unwrap().lines() {
                written.push_str(output);
                written.push('\n');
            }
            skipping = true;
        } else if !skipping {
            written.push_str(line);
            written.push('\n');
        }
    }
    written
}

/// Ids, instants and the instance's random prefix differ from start to start.
fn masked(line: &str) -> String {
    if line.starts_with("$ ") {
        return line.to_owned();
    }
    let mut words = Vec::new();
    for word in line.split_inclusive(|c: char| !c.is_alphanumeric() && c != '_' && c != '.') {
        let bare = word.trim_end_matches(|c: char| !c.is_alphanumeric());
        let random = (bare.len() == 30 && bare.as_bytes()[3] == b'_')
            || (bare.len() == 7 && bare.starts_with("CC"))
            || bare.ends_with('Z') && bare.contains('.');
        words.push(if random { word.replacen(bare, "…", 1) } else { word.to_owned() });
    }
    words.concat()
}

struct DemoServer {
    process: Child,
    address: String,
    folder: tempfile::TempDir,
}

impl DemoServer {
    /// As `make run` starts it, on a free port and in a folder of its own.
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_cungcau"))
            .args(["serve", "--demo", "--listen", "127.0.0.1:0"])
            .current_dir(folder.path())
            .env("CUNGCAU_LOG", "error")
            .env_remove("DATABASE_URL")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let address = lines.find_map(|line| line.unwrap().strip_prefix("Cung Cầu serves http://").map(str::to_owned)).unwrap();
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, address, folder }
    }

    /// Runs all commands in one shell, so that a variable of one is known to the next.
    fn run(&self, commands: &[&str]) -> Vec<String> {
        let mut shell = Command::new("bash").current_dir(self.folder.path()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut script = String::new();
        for command in commands {
            script.push_str(&command.replace(PRINTED_ADDRESS, &self.address));
            script.push_str("\nprintf '\\n%s\\n' '---end---'\n");
        }
        shell.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        let output = shell.wait_with_output().unwrap();
        assert!(output.status.success());
        let text = String::from_utf8(output.stdout).unwrap();
        let outputs: Vec<String> = text.split("\n---end---\n").take(commands.len()).map(|output| output.trim().to_owned()).collect();
        assert_eq!(outputs.len(), commands.len());
        outputs
    }
}

impl Drop for DemoServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
