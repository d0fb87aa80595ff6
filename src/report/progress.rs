//! Progress of a run on standard error: a bar on a terminal, a plain line now and then elsewhere.

use std::fmt;
use std::io::Write as _;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::eval::Event;

/// Shows how far something with a known number of steps has come.
pub(crate) struct Progress {
    bar: ProgressBar,
    /// Without a terminal: what is counted, and when the last line was printed.
    plain: Option<Plain>,
    done: usize,
    errors: u64,
}

struct Plain {
    noun: &'static str,
    last: Instant,
}

/// Often enough to see that it lives, seldom enough for a CI log.
const PLAIN_INTERVAL: Duration = Duration::from_secs(10);

impl Progress {
    /// `noun` is what is counted, in the plural. Quiet shows nothing.
    pub(crate) fn new(noun: &'static str, total: usize, quiet: bool) -> Self {
        let total = total as u64;
        if quiet {
            return Self { bar: ProgressBar::hidden(), plain: None, done: 0, errors: 0 };
        }
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
        if bar.is_hidden() {
            let bar = ProgressBar::hidden();
            bar.set_length(total);
            return Self { bar, plain: Some(Plain { noun, last: Instant::now() }), done: 0, errors: 0 };
        }
        let template = format!("{{bar:30}} {{pos}}/{{len}} {noun}  {{rate}}/s  {{eta}} left{{msg}}");
        let style = ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let rate = |state: &ProgressState, text: &mut dyn fmt::Write| {
            let _ = write!(text, "{:.1}", state.per_sec());
        };
        Self {
            bar: bar.with_style(style.with_key("rate", rate).progress_chars("━╸─")),
            plain: None,
            done: 0,
            errors: 0,
        }
    }

    /// Takes one event of the runner.
    pub(crate) fn on(&mut self, event: &Event<'_>) {
        match event {
            Event::Started { rows, done } => {
                self.bar.set_length(*rows as u64);
                // What an earlier part of the run has done says nothing of this one's speed.
                self.bar.set_position(*done as u64);
                self.bar.reset_eta();
                self.done = *done;
            }
            Event::Finished { failed } => {
                if *failed {
                    self.errors += 1;
                    self.bar.set_message(format!("  {} errors", self.errors));
                }
                self.reach(self.done + 1);
            }
            Event::Noted { text } => self.say(text),
            Event::Ended { reason } => self.say(&format!("{reason}: ending with what is done")),
        }
    }

    /// So many steps are done in all.
    pub(crate) fn reach(&mut self, done: usize) {
        self.done = done;
        self.bar.set_position(done as u64);
        let due = self.plain.as_mut().is_some_and(|plain| {
            let due = plain.last.elapsed() >= PLAIN_INTERVAL;
            if due {
                plain.last = Instant::now();
            }
            due
        });
        if due {
            self.say(&self.plain_line());
        }
    }

    fn plain_line(&self) -> String {
        let noun = self.plain.as_ref().map_or("", |plain| plain.noun);
        let errors = if self.errors == 0 { String::new() } else { format!(", {} errors", self.errors) };
        format!(
            "{} of {} {noun}, {:.1}/s, {} s left{errors}",
            self.bar.position(),
            self.bar.length().unwrap_or_default(),
            self.bar.per_sec(),
            self.bar.eta().as_secs()
        )
    }

    /// A line beside the bar.
    fn say(&self, line: &str) {
        if self.plain.is_some() {
            // Whoever read it may be gone; the run goes on.
            let _ = writeln!(std::io::stderr(), "{line}");
        } else {
            self.bar.println(line);
        }
    }

    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
