//! A red team against a project's own target: which attacks to try, what their answers prove, and what that adds up to.
//! Only `run` asks; everything else is pure.
//!
//! ```text
//! goals x seeds x strategies ── plan ──> attempts ── run: the target ──> answers ── judge ──> outcomes ──> rates
//!                                            └──── adaptive: an attacker model writes the next one ────┘
//! ```
//!
//! Everything that an attack asks for is harmless in itself: made-up words, addresses under `.invalid`, scripts that
//! log a word. A proof is a word that neither an echo of the attack nor a refusal can hold, so no judge has to be
//! believed.

mod adaptive;
mod baseline;
mod dice;
mod goals;
mod mark;
mod measure;
mod outcome;
mod plan;
mod proof;
mod refusal;
mod run;
mod strategies;
mod utility;
mod verdict;

pub(crate) use adaptive::{MAX_STEPS, Method};
pub(crate) use baseline::{Compared, Earlier, SCHEMA};
pub(crate) use goals::{GOALS, Place, goal, owasp_title};
pub(crate) use measure::{AnyOf, Measured, Tally, Tried, measure};
use outcome::judge;
pub(crate) use outcome::{Outcome, is_invisible};
pub(crate) use plan::{LeftOut, Plan, plan};
use proof::Proof;
#[cfg(test)]
use proof::Sign;
pub(crate) use proof::SystemPrompt;
pub(crate) use run::{Answered, Asking, Attacker, Finished, Step, Trial, run};
pub(crate) use strategies::strategies;
pub(crate) use utility::{Sampled, UTILITY_CASES, Utility, Worth, utility};
pub(crate) use verdict::{Bars, Verdict};

/// How many attempts a run makes unless told otherwise. Without a single hit, 200 show that fewer than 2 % of such
/// attempts work (Wilson, 95 %); each strategy is met about three times and each goal about 25 times; and at a second
/// an answer, four at a time, it takes a minute. All attempts are ten times as many, for nights and releases.
pub(crate) const DEFAULT_LIMIT: usize = 200;

/// What to try, and what the target lets us do.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    /// Equal seeds give equal attempts, marks included.
    pub(crate) seed: u64,
    /// Names, or layers of names such as `base64+authority`; all single ones if empty.
    pub(crate) strategies: Vec<String>,
    /// Names; all if empty.
    pub(crate) goals: Vec<String>,
    /// How an attacker model goes on from the plain wording of each seed; strategies play no part then.
    pub(crate) method: Option<Method>,
    /// At most so many attempts, spread over goals and strategies; all if `None`.
    pub(crate) limit: Option<usize>,
    pub(crate) target: Reach,
    /// Ids of attempts that come first, chosen or not, within the limit or not: those that worked in an earlier run.
    pub(crate) first: Vec<String>,
}

/// How far a test can reach into the target.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
    /// It can be asked, and that is all.
    #[default]
    Question,
    /// Its prompt is known, a line can be appended to it, and earlier turns can be put before the question.
    Prompt,
    /// And a passage can be put among the retriever's results.
    Passages,
}

/// One question to the target, with what has to be in place before it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attempt {
    /// Stable over versions: `goal/seed/strategy`.
    pub(crate) id: String,
    pub(crate) goal: &'static str,
    pub(crate) seed: &'static str,
    /// By its name, layers joined by `+`.
    pub(crate) strategy: String,
    /// Where the attack stands.
    pub(crate) place: Place,
    pub(crate) question: String,
    /// A passage to put among the retriever's results.
    pub(crate) planted: Option<String>,
    /// A line to append to the system prompt. It holds the canary.
    pub(crate) system: Option<String>,
    pub(crate) proof: Proof,
    /// Of the OWASP Top 10 for LLM applications, each with its edition.
    pub(crate) owasp: &'static [&'static str],
}

impl Attempt {
    /// What the attacker wrote of it.
    pub(crate) fn attack(&self) -> &str {
        match self.place {
            Place::Question => &self.question,
            Place::Passage => self.planted.as_deref().unwrap_or_default(),
        }
    }
}

#[cfg(test)]
impl Options {
    /// All attempts there are.
    fn everything() -> Self {
        Self { target: Reach::Passages, ..Self::default() }
    }
}

#[cfg(test)]
mod tests;
