//! What the streams, subjects and consumers of a run are called.

use super::Content;

/// Work queue of all runs: a case is gone once it is acknowledged.
pub(super) const CASES: &str = "llmops-cases";
/// Results of all runs, for as long as their coordinator is expected back.
pub(super) const RESULTS: &str = "llmops-results";

pub(super) const CASES_SUBJECTS: &str = "llmops.cases.>";
pub(super) const RESULTS_SUBJECTS: &str = "llmops.results.>";

/// One run of one content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Names {
    /// Of the consumers on both streams.
    pub(super) consumer: String,
    pub(super) cases: String,
    pub(super) results: String,
}

impl Names {
    pub(super) fn new(content: &Content, run: &str) -> Self {
        let key = content.key();
        Self {
            consumer: format!("{key}-{run}"),
            cases: format!("llmops.cases.{key}.{run}"),
            results: format!("llmops.results.{key}.{run}"),
        }
    }

    /// The names behind a consumer's; `None` if it is a run of another content.
    pub(super) fn of_consumer(name: &str, content: &Content) -> Option<Self> {
        let run = name.strip_prefix(content.key().as_str())?.strip_prefix('-')?;
        Some(Self::new(content, run))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_consumers_name_says_whose_run_it_is() {
        let ours = Content::new(vec![("prompt", "a".into())]);
        let theirs = Content::new(vec![("prompt", "b".into())]);
        let names = Names::new(&ours, "77");
        assert_eq!(Names::of_consumer(&names.consumer, &ours), Some(names.clone()));
        assert_eq!(Names::of_consumer(&names.consumer, &theirs), None);
    }
}
