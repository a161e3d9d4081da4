//! The program: serve, migrate, openapi, keys, copy, demo-data, healthcheck.

use clap::Parser;
use cungcau::commands;
use cungcau::config::{AuditCommand, Command, CommandLine, Environment, KeysCommand};
use std::process::ExitCode;

fn main() -> ExitCode {
    let line = CommandLine::parse();
    let run = || -> Result<(), Box<dyn std::error::Error>> {
        let environment = Environment::read()?;
        commands::init_log(&environment.log())?;
        cungcau::reference::Reference::load()?;
        match line.command {
            Command::Serve(args) => commands::serve(&environment.serve(&args)?),
            Command::Migrate(args) => commands::migrate(&environment.database(&args)?.1, environment.instance()?.as_deref()),
            Command::Openapi => commands::openapi(),
            Command::Keys { command: KeysCommand::Create(args) } => commands::create_key(&environment, &args),
            Command::Audit { command: AuditCommand::Verify(args) } => commands::verify_audit(&environment, &args),
            Command::Copy(args) => commands::copy(&args),
            Command::DemoData(args) => commands::demo_data(&environment, &args),
            Command::Healthcheck(args) => commands::healthcheck(&args.url),
        }
    };
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cungcau: {error}");
            ExitCode::FAILURE
        }
    }
}
