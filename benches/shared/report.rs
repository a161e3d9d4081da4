//! `benches/RESULTS.md`: a section for each benchmark, which writes anew only its own.

use std::path::Path;
use std::process::Command;

const HEAD: &str = "# Results of the benchmarks\n\n\
    Each section is what one part of `make bench` measured last, with the day and the machine. Ratios of one run are what\n\
    counts: figures of different machines, or of one machine at different hours, can't be compared. A load of more than\n\
    one beside the benchmark itself makes every figure here worse than it is. How to run one part: see `benches/README.md`.\n";

/// Prints a section of `benches/RESULTS.md` and writes it in the place of the one with the same title; a new one goes where the alphabet puts it.
pub fn publish(title: &str, body: &str) {
    publish_in("RESULTS.md", HEAD, title, body);
}

/// The same in a file of its own, under `head`.
pub fn publish_in(file: &str, head: &str, title: &str, body: &str) {
    let section = format!("## {title}\n\n{}\n\n{}\n", machine(), body.trim());
    println!("{section}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches").join(file);
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    let mut sections: Vec<String> = known.split("\n## ").skip(1).map(|rest| format!("## {}\n", rest.trim_end())).collect();
    sections.retain(|other| !other.starts_with(&format!("## {title}\n")));
    sections.push(section);
    sections.sort();
    std::fs::write(&path, format!("{head}\n{}", sections.join("\n"))).unwrap();
}

/// Day, machine, and what else it was doing.
fn machine() -> String {
    let output = |program: &str, arguments: &[&str]| {
        Command::new(program)
            .args(arguments)
            .output()
            .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
            .unwrap_or_default()
    };
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split(':').nth(1)).unwrap_or("unknown").trim().to_owned();
    // Those of the machine: the benchmark may be bound to one of them by now.
    let cores = cpu.lines().filter(|line| line.starts_with("processor")).count();
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("unknown").to_owned();
    format!("{}, {cores} cores ({model}), {}, load {load} at the end", output("date", &["-u", "+%Y-%m-%d"]), output("uname", &["-sr"]))
}
