//! What a deployment does in the project: labels move, golden cases are asked, and whoever waits is told.

use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;

use super::super::prompt::label::{may_promote, promote, put_back};
use super::super::{evaluation, output};
use super::smoke;
use crate::cli::Global;
use crate::config::{Config, Deploy};
use crate::deploy::{LabelMove, Project, Smoked};
use crate::error::{Error, Result};
use crate::evidence::{Proof, ProvenPrompt};
use crate::prompt::Evidence;

/// Where the report of an evaluation is, if it was not made on this machine.
const REPORT: &str = "llmops/eval_report.json";

pub(super) struct Surroundings<'a> {
    pub(super) global: &'a Global,
    pub(super) config: &'a Config,
    pub(super) deploy: &'a Deploy,
}

/// Where the label of each prompt goes and where it is, if all may be moved; everything that is missing otherwise.
pub(super) fn may_move(config: &Config, deploy: &Deploy, proof: &Proof) -> Result<Vec<LabelMove>> {
    let mut moves = Vec::new();
    let mut failures = Vec::new();
    for ProvenPrompt { name, version, digest } in &proof.prompts {
        match may_promote(config, (name, version, digest), proven(config, digest), &deploy.label) {
            Ok(from) => {
                let (name, version, digest) = (name.clone(), version.clone(), digest.clone());
                moves.push(LabelMove { name, version, digest, from });
            }
            Err(error) => failures.push(error),
        }
    }
    Error::all(failures).map_or(Ok(moves), Err)
}

/// What an evaluation says of a content: of this machine, or of the report that came from another.
fn proven(config: &Config, digest: &str) -> Option<Evidence> {
    let last = evaluation::last(config, digest).filter(Evidence::is_pass);
    last.or_else(|| evaluation::of_file(config, &config.path(REPORT), digest).ok())
}

impl Project for Surroundings<'_> {
    fn smoke(&self) -> LocalBoxFuture<'_, Result<Smoked>> {
        smoke::run(self.global, &self.deploy.environment).boxed_local()
    }

    fn place(&self, label: &str, to: &LabelMove, why: &str) -> Result<Option<String>> {
        let LabelMove { name, version, digest, .. } = to;
        let moved = promote(self.config, (name, version, digest), proven(self.config, digest), (label, why))?;
        Ok(moved.news())
    }

    fn restore(&self, label: &str, from: &LabelMove, why: &str) -> Result<Option<String>> {
        let moved = put_back(self.config, (&from.name, &from.version), from.from.as_deref(), (label, why))?;
        Ok(moved.and_then(|moved| moved.news()))
    }

    fn say(&self, text: &str) {
        if !self.global.quiet {
            output::note(text);
        }
    }
}
