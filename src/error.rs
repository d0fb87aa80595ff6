//! How the program says that it failed: one error type, and the exit codes that CI scripts rely on.
//!
//! A gate that says no is a verdict, not an error; see `report::Verdict`.

use std::fmt;
use std::path::Path;

/// What the process tells its caller. Numbers never change meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// Everything asked for was done, and every gate passed.
    Pass = 0,
    /// The gate measured enough and said no.
    Failed = 1,
    /// Nothing could be decided: too many errors, no cases, a component that is down.
    Undecided = 2,
    /// The command line, the configuration, a prompt or the dataset is wrong.
    Config = 3,
    /// A limit of `[cost]` is reached. What was finished is kept.
    OverBudget = 4,
}

impl From<ExitStatus> for std::process::ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status as u8)
    }
}

/// Why a command could not do its work. A kind exists only where CI must act differently on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    /// The user must change something: exit status 3.
    Config,
    /// Something outside failed (a provider, a database, a disk): exit status 2.
    Unavailable,
    /// A limit on what may be spent: exit status 4.
    OverBudget,
}

impl ErrorKind {
    /// One word, for machines.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Unavailable => "unavailable",
            Self::OverBudget => "over_budget",
        }
    }
}

/// One thing that is wrong: where, what, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// `file`, `file:line` or `file:line:column`, as an editor opens it.
    pub(crate) place: Option<String>,
    /// Lower case, without a full stop.
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl Problem {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { place: None, message: message.into(), hint: None }
    }

    pub(crate) fn at(mut self, file: impl fmt::Display, line: Option<usize>) -> Self {
        self.place = Some(match line {
            Some(line) => format!("{file}:{line}"),
            None => file.to_string(),
        });
        self
    }

    /// At a character of a line, both from 1.
    pub(crate) fn at_column(mut self, file: impl fmt::Display, line: usize, column: usize) -> Self {
        self.place = Some(format!("{file}:{line}:{column}"));
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{place}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

type Source = Box<dyn std::error::Error + Send + Sync>;

/// A failure to measure or to act, with every problem that was found, never empty.
#[derive(Debug)]
pub(crate) struct Error {
    pub(crate) kind: ErrorKind,
    pub(crate) problems: Vec<Problem>,
    source: Option<Source>,
}

pub(crate) type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// The user must change something.
    pub(crate) fn config(message: impl Into<String>) -> Self {
        Problem::new(message).into()
    }

    /// Something that we depend on failed.
    pub(crate) fn unavailable(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Unavailable, problems: vec![Problem::new(message)], source: None }
    }

    /// A limit on what may be spent is reached.
    pub(crate) fn over_budget(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::OverBudget, problems: vec![Problem::new(message)], source: None }
    }

    /// The same for another who waits for the same thing.
    pub(crate) fn again(&self) -> Self {
        let mut problems = self.problems.clone();
        if let Some(last) = problems.last_mut() {
            last.message.push_str(&self.causes());
        }
        Self { kind: self.kind, problems, source: None }
    }

    /// Reading or writing `path` failed.
    pub(crate) fn io(action: &str, path: &Path, source: std::io::Error) -> Self {
        Self::unavailable(format!("cannot {action} {}", path.display())).source(source)
    }

    pub(crate) fn at(mut self, file: impl fmt::Display, line: Option<usize>) -> Self {
        if let Some(last) = self.problems.pop() {
            self.problems.push(last.at(file, line));
        }
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        if let Some(last) = self.problems.last_mut() {
            last.hint = Some(hint.into());
        }
        self
    }

    pub(crate) fn source(mut self, source: impl Into<Source>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// `Ok` when there is nothing to complain about; otherwise every problem in one configuration error.
    pub(crate) fn unless_empty(problems: Vec<Problem>) -> Result<()> {
        if problems.is_empty() {
            return Ok(());
        }
        Err(Self { kind: ErrorKind::Config, problems, source: None })
    }

    /// Several failures as one, with every problem; `None` if there is none. What the user must change comes first.
    pub(crate) fn all(mut errors: Vec<Self>) -> Option<Self> {
        if errors.len() < 2 {
            return errors.pop();
        }
        errors.sort_by_key(|error| error.kind != ErrorKind::Config);
        let kind = errors[0].kind;
        let problems = errors.into_iter().flat_map(Self::into_problems).collect();
        Some(Self { kind, problems, source: None })
    }

    /// The problems with the cause written into the last one.
    fn into_problems(mut self) -> Vec<Problem> {
        let causes = self.causes();
        if let Some(last) = self.problems.last_mut() {
            last.message.push_str(&causes);
        }
        self.problems
    }

    /// `: cause: its cause`, as far as they say something new.
    fn causes(&self) -> String {
        let mut text = String::new();
        let mut said = self.problems.last().map(|problem| problem.message.clone()).unwrap_or_default();
        let mut cause = self.source.as_deref().map(|source| source as &dyn std::error::Error);
        while let Some(error) = cause {
            // Many libraries repeat their cause in their own message; saying it once is enough.
            let message = error.to_string();
            if !said.contains(&message) {
                text.push_str(": ");
                text.push_str(&message);
                said = message;
            }
            cause = error.source();
        }
        text
    }

    pub(crate) fn exit_status(&self) -> ExitStatus {
        match self.kind {
            ErrorKind::Config => ExitStatus::Config,
            ErrorKind::Unavailable => ExitStatus::Undecided,
            ErrorKind::OverBudget => ExitStatus::OverBudget,
        }
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self { kind: ErrorKind::Config, problems: vec![problem], source: None }
    }
}

/// One line without hints: what a case that failed carries in the report.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{problem}")?;
        }
        f.write_str(&self.causes())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// The known name that a mistyped one most likely meant: at most a third of its letters are wrong, or it is a part.
pub(crate) fn suggest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let given = given.to_lowercase();
    let allowed = (given.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|name| (name, name.to_lowercase()))
        .map(|(name, lower)| (name, strsim::osa_distance(&given, &lower), given.len() > 3 && lower.contains(&given)))
        .filter(|(_, distance, is_part)| *distance <= allowed || *is_part)
        .min_by_key(|(_, distance, _)| *distance)
        .map(|(name, ..)| name)
}

/// `did you mean "x"? ` when something is close, otherwise the whole list of what is known.
pub(crate) fn suggestion<'a>(given: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    match suggest(given, known.clone()) {
        Some(name) => format!("did you mean \"{name}\"?"),
        None => format!("known: {}", known.into_iter().collect::<Vec<_>>().join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_line_with_place_and_cause() {
        let error = Error::unavailable("cannot read a.txt").source(std::io::Error::other("disk on fire"));
        assert_eq!(error.to_string(), "cannot read a.txt: disk on fire");
        assert_eq!(Error::config("bad").at("llmops.toml", Some(3)).to_string(), "llmops.toml:3: bad");
    }

    #[test]
    fn a_typo_is_answered_with_the_nearest_name() {
        let known = ["context_recall", "answer_relevancy"];
        assert_eq!(suggestion("contxt_recall", known), "did you mean \"context_recall\"?");
        assert_eq!(suggestion("recall", known), "did you mean \"context_recall\"?");
        assert_eq!(suggestion("zzz", known), "known: context_recall, answer_relevancy");
    }
}
