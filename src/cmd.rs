//! One file per command: arguments, then domain calls, then what is printed, then the exit status.

mod baseline;
mod cache;
mod ci;
mod compare;
mod cost;
mod deploy;
mod doctor;
mod eval;
mod evaluation;
mod evidence;
mod explain;
mod formats;
mod guard;
mod ingest;
mod init;
mod judge;
mod merge;
mod model;
mod output;
mod prompt;
mod reference;
mod report;
mod report_file;
mod results;
mod search;
mod selfcheck;
mod tracing;
mod worker;

use clap::Parser;
use clap::error::ErrorKind;

use crate::cli::{Cli, Color, Command, Global};
use crate::config::{Config, Purpose, Vocabulary};
use crate::error::{Error, ExitStatus, Result};
use crate::eval::metrics::{self, METRICS};
use crate::llm::{Client, LOCAL, PROVIDERS};
use crate::report::formats as report_formats;

pub(crate) fn run() -> ExitStatus {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are what was asked for; anything else is a wrong command line.
            let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            let _ = error.print();
            return if asked { ExitStatus::Pass } else { ExitStatus::Config };
        }
    };
    match cli.global.color {
        Color::Auto => {}
        Color::Always => anstream::ColorChoice::Always.write_global(),
        Color::Never => anstream::ColorChoice::Never.write_global(),
    }
    match dispatch(cli) {
        Ok(status) => status,
        Err(error) => {
            output::error(&error);
            error.exit_status()
        }
    }
}

fn dispatch(cli: Cli) -> Result<ExitStatus> {
    let global = &cli.global;
    match cli.command {
        Command::Init(arguments) => init::run(global, &arguments),
        Command::Ci(arguments) => block_on(ci::run(global, &arguments)),
        Command::Eval(arguments) => block_on(eval::run(global, &arguments)),
        Command::Compare(arguments) => block_on(compare::run(global, &arguments)),
        Command::Ingest => block_on(unless_interrupted(ingest::run(global))),
        Command::Search(arguments) => block_on(unless_interrupted(search::run(global, &arguments))),
        Command::Worker(arguments) => block_on(worker::run(global, &arguments)),
        Command::Merge(arguments) => merge::run(global, &arguments),
        Command::Report(arguments) => report::run(global, &arguments),
        Command::Baseline(arguments) => baseline::run(global, &arguments),
        Command::Judge(arguments) => block_on(judge::run(global, &arguments.command)),
        Command::Doctor(arguments) => block_on(unless_interrupted(doctor::run(global, &arguments))),
        Command::Explain(arguments) => explain::run(global, &arguments),
        Command::Model(arguments) => block_on(unless_interrupted(model::run(global, &arguments))),
        Command::Prompt(arguments) => prompt::run(global, &arguments.command),
        Command::Guard(arguments) => guard::run(global, &arguments.command),
        Command::Cost(arguments) => cost::run(global, &arguments.command),
        Command::Evidence(arguments) => evidence::run(global, &arguments.command),
        Command::Deploy(arguments) => block_on(deploy::run(global, &arguments)),
        Command::Cache(arguments) => cache::run(global, &arguments.command),
        Command::Selfcheck(arguments) => selfcheck::run(global, &arguments),
        Command::Reference(arguments) => reference::run(arguments.page),
    }
}

fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    // One thread does all the waiting: thousands of calls a second keep it half busy, and a call that is handed from thread
    // to thread costs half as much again. Disks, databases in files and the local embedder have threads of their own.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Error::unavailable("cannot start the runtime").source(error))?;
    let result = runtime.block_on(work);
    // Blocking work that was abandoned on an interrupt must not hold the process.
    runtime.shutdown_background();
    result
}

/// The configuration of the project that the command works in.
fn configuration(global: &Global) -> Result<Config> {
    configuration_for(global, Purpose::Online)
}

fn configuration_for(global: &Global, purpose: Purpose) -> Result<Config> {
    Config::find(&global.directory, global.config.as_deref(), &vocabulary(purpose))
}

fn vocabulary(purpose: Purpose) -> Vocabulary {
    Vocabulary {
        metrics: METRICS.iter().map(|metric| metric.name).collect(),
        metric_unit: |name| metrics::find(name).map(|(metric, _)| metric.scale.unit()),
        providers: PROVIDERS.iter().map(|known| known.name).chain(LOCAL.iter().map(|(name, _)| *name)).collect(),
        formats: report_formats::optional().map(|format| format.name).collect(),
        purpose,
    }
}

/// Ends a client's work however its run ends: replies that wait to be kept are kept, and what is to be said is said.
struct Closing(Client);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.close().iter().for_each(|notice| output::note(notice));
    }
}

/// Completes when the user presses Ctrl-C, or a CI system asks the process to end; never, if that cannot be known.
async fn interrupted() {
    #[cfg(unix)]
    let asked_to_end = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let asked_to_end = std::future::pending::<()>();
    let pressed = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = pressed => {}
        () = asked_to_end => {}
    }
}

/// Does the work, or ends with an error when the user interrupts it. What is half done is undone or done again by the
/// next run.
async fn unless_interrupted<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::select! {
        result = work => result,
        () = interrupted() => Err(Error::unavailable("interrupted")),
    }
}
