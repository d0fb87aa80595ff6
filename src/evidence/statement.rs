//! The in-toto statement of a run that passed: what it was about, by digest, and what was measured.
//!
//! Sources: <https://in-toto.io/Statement/v1>, <https://in-toto.io/attestation/test-result/v0.1>; both let producers add fields,
//! which here is `llmops` in the predicate.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::cost::Cost;
use crate::git::Commit;
use crate::report::Report;

const STATEMENT: &str = "https://in-toto.io/Statement/v1";
const TEST_RESULT: &str = "https://in-toto.io/attestation/test-result/v0.1";
const PASSED: &str = "PASSED";

const COMMIT: &str = "commit";
const PROMPT: &str = "prompt ";
const DATASET: &str = "dataset ";
const CONFIGURATION: &str = "configuration ";
const INDEX: &str = "index";
const IMAGE: &str = "image";

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Descriptor>,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    predicate: Predicate,
}

/// Something by name and digest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Descriptor {
    #[serde(default)]
    name: String,
    /// By algorithm: `sha256`, `gitCommit`.
    digest: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Predicate {
    result: String,
    configuration: Vec<Descriptor>,
    /// Where the run can be looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(rename = "passedTests", default)]
    passed_tests: Vec<String>,
    #[serde(rename = "warnedTests", default)]
    warned_tests: Vec<String>,
    #[serde(rename = "failedTests", default)]
    failed_tests: Vec<String>,
    llmops: Details,
}

/// What we say beyond the standard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Details {
    /// Of the program.
    version: String,
    project: String,
    /// The project's folder below the repository's root, with a slash at its end; empty at the root.
    #[serde(default)]
    folder: String,
    /// When what was measured was measured, UTC.
    time: String,
    /// `provider/model`; `None` where the application chooses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    cases: usize,
    metrics: BTreeMap<String, Measured>,
    /// The mean list price of an answer, in US dollars; `None` if it is not known.
    cost_per_answer_usd: Option<Cost>,
    /// SHA-256 of the report.
    report: String,
}

/// A mean and what it rests on; never a number where nothing was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Measured {
    mean: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    n: usize,
    /// The bar that it met.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    threshold: Option<f64>,
}

/// What passed, beside the report of the evaluation.
#[derive(Debug, Default)]
pub(crate) struct Passed {
    /// Names of checks.
    pub(crate) tests: Vec<String>,
    /// Checks that found something to look at and still passed.
    pub(crate) warned: Vec<String>,
    /// SHA-256 of the report's file.
    pub(crate) report: String,
    /// `sha256:...` of the container image that is to be deployed.
    pub(crate) image: Option<String>,
    /// Where the run can be looked at.
    pub(crate) url: Option<String>,
}

impl Statement {
    /// The statement of a passing report; `commit` is what was tested.
    pub(crate) fn of(report: &Report, configuration_file: &str, commit: Commit, passed: Passed) -> Self {
        let mut subject = vec![Descriptor::new(COMMIT, "gitCommit", &commit.sha)];
        if let Some(prompt) = &report.prompt {
            subject.push(Descriptor::sha256(format!("{PROMPT}{}@{}", prompt.name, prompt.version), &prompt.digest));
        }
        let configuration =
            Descriptor::sha256(format!("{CONFIGURATION}{configuration_file}"), &report.digests.configuration);
        subject.push(Descriptor::sha256(format!("{DATASET}{}", report.dataset), &report.digests.dataset));
        subject.push(configuration.clone());
        let index = report.digests.documents.as_ref().map(|digest| Descriptor::sha256(INDEX, digest));
        let image = passed.image.as_ref().and_then(|image| image.strip_prefix("sha256:"));
        subject.extend(index.into_iter().chain(image.map(|digest| Descriptor::sha256(IMAGE, digest))));
        let metrics =
            report.estimates.iter().map(|(name, estimate)| (name.clone(), Measured::of(report, name, estimate)));
        Self {
            kind: STATEMENT.to_owned(),
            subject,
            predicate_type: TEST_RESULT.to_owned(),
            predicate: Predicate {
                result: PASSED.to_owned(),
                configuration: vec![configuration],
                url: passed.url,
                passed_tests: passed.tests,
                warned_tests: passed.warned,
                failed_tests: Vec::new(),
                llmops: Details {
                    version: report.tool_version.clone(),
                    project: report.project.clone(),
                    folder: commit.folder,
                    time: report.timestamp.clone(),
                    model: report.target.model.clone(),
                    cases: report.cases.finished,
                    metrics: metrics.collect(),
                    cost_per_answer_usd: report.cost.answer_usd,
                    report: passed.report,
                },
            },
        }
    }

    /// Why this says nothing of a run that passed, if it does not.
    pub(super) fn objection(&self) -> Option<String> {
        let Predicate { result, failed_tests, .. } = &self.predicate;
        if self.kind != STATEMENT || self.predicate_type != TEST_RESULT {
            return Some(format!("it is no test result of in-toto, but {} in {}", self.predicate_type, self.kind));
        }
        if result != PASSED {
            return Some(format!("its result is {result}"));
        }
        failed_tests.first().map(|test| format!("it says that \"{test}\" failed"))
    }

    /// The commits; one, if it is ours.
    pub(super) fn commits(&self) -> impl Iterator<Item = &str> {
        self.digests(COMMIT, "gitCommit")
    }

    pub(super) fn image(&self) -> Option<String> {
        self.digests(IMAGE, "sha256").next().map(|digest| format!("sha256:{digest}"))
    }

    /// The prompts by name, version and digest.
    pub(super) fn prompts(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.contents(PROMPT).filter_map(|(name, digest)| {
            let (name, version) = name.split_once('@')?;
            Some((name, version, digest))
        })
    }

    pub(super) fn datasets(&self) -> impl Iterator<Item = (&str, &str)> {
        self.contents(DATASET)
    }

    pub(super) fn configurations(&self) -> impl Iterator<Item = (&str, &str)> {
        self.contents(CONFIGURATION)
    }

    /// When what was measured was measured.
    pub(super) fn time(&self) -> &str {
        &self.predicate.llmops.time
    }

    pub(super) fn project(&self) -> &str {
        &self.predicate.llmops.project
    }

    /// Where the project is in the repository.
    pub(super) fn folder(&self) -> &str {
        &self.predicate.llmops.folder
    }

    /// The files of a sort, with the SHA-256 of each.
    fn contents(&self, prefix: &'static str) -> impl Iterator<Item = (&str, &str)> {
        self.subject.iter().filter_map(move |subject| {
            Some((subject.name.strip_prefix(prefix)?, subject.digest.get("sha256")?.as_str()))
        })
    }

    fn digests(&self, name: &str, algorithm: &str) -> impl Iterator<Item = &str> {
        let named = self.subject.iter().filter(move |subject| subject.name == name);
        named.filter_map(move |subject| subject.digest.get(algorithm).map(String::as_str))
    }
}

impl Descriptor {
    fn new(name: impl Into<String>, algorithm: &str, digest: &str) -> Self {
        Self { name: name.into(), digest: BTreeMap::from([(algorithm.to_owned(), digest.to_owned())]) }
    }

    fn sha256(name: impl Into<String>, digest: &str) -> Self {
        Self::new(name, "sha256", digest)
    }
}

impl Measured {
    fn of(report: &Report, name: &str, estimate: &crate::report::Estimate) -> Self {
        let threshold = report.thresholds.get(name).copied();
        Self { mean: estimate.mean, low: estimate.low, high: estimate.high, n: estimate.n, threshold }
    }
}
