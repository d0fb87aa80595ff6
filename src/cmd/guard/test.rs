//! `llmops guard test`: the validator against labelled texts, and the bars of `[guard]`.

mod sarif;
mod show;

use std::collections::BTreeMap;
use std::path::Path;

use super::{Limit, configuration, each, model, policy, read_corpus};
use crate::cli::{Global, Test};
use crate::cmd::output;
use crate::config::{Config, Guard};
use crate::error::{Error, ExitStatus, Result};
use crate::guard::corpus::{self, Row};
use crate::guard::{Action, Judged, Material, Measures, Model, Policy, check, measures};
use crate::text::count;
use crate::{file, git};

pub(super) fn run(global: &Global, arguments: &Test) -> Result<ExitStatus> {
    let config = configuration(global)?;
    let (name, rows) = rows(global, arguments)?;
    let policy = policy(&config.guard, Limit::None);
    // Weights that have seen a row say nothing of how they do on others.
    let is_held_out = arguments.held_out || arguments.corpus.is_none();
    let judged = if is_held_out {
        if config.guard.model.is_some() {
            let hint = "leave guard.model out for this, or test it on a corpus of its own";
            return Err(Error::config("sources can be held out of the weights that ship only").hint(hint));
        }
        held_out(&rows, &policy, global.quiet)?
    } else {
        let model = model(&config)?;
        each(&rows, |row| judge(row, &policy, &model))
    };
    let measured = measures(&judged, &arguments.leave_out);
    let verdict = Verdict::new(&measured, &config.guard, &arguments.leave_out);
    if let Some(file) = &arguments.sarif {
        write_sarif(global, file, arguments.corpus.as_deref(), (&judged, &verdict))?;
    }
    if global.json {
        output::print_json(&show::value(&name, is_held_out, (&judged, &measured), &verdict))?;
    } else {
        output::print(&show::table(&name, (is_held_out, arguments.by_source), &measured, &verdict))?;
    }
    Ok(verdict.status())
}

/// What the rows that ship say of a project's validator.
pub(in crate::cmd) struct Outcome {
    /// Bars that were missed.
    pub(in crate::cmd) missed: Vec<String>,
    /// Why nothing can be said.
    pub(in crate::cmd) undecided: Vec<String>,
}

/// The validator against the rows that ship; `None` if the project has no bars for it. Weights of its own are tested as they are: nobody
/// knows what they have seen.
pub(in crate::cmd) fn outcome(global: &Global, config: &Config) -> Result<Option<Outcome>> {
    if config.guard.min_recall.is_none() && config.guard.max_false_positive_rate.is_none() {
        return Ok(None);
    }
    let rows = tested("the rows that ship", &corpus::embedded())?;
    let policy = policy(&config.guard, Limit::None);
    let judged = if config.guard.model.is_some() {
        let model = model(config)?;
        each(&rows, |row| judge(row, &policy, &model))
    } else {
        held_out(&rows, &policy, global.quiet)?
    };
    let Verdict { missed, undecided, .. } = Verdict::new(&measures(&judged, &[]), &config.guard, &[]);
    Ok(Some(Outcome { missed, undecided }))
}

fn rows(global: &Global, arguments: &Test) -> Result<(String, Vec<Row>)> {
    let (name, text) = read_corpus(global, arguments.corpus.as_deref())?;
    let rows = tested(&name, &text)?;
    Ok((name, rows))
}

fn tested(name: &str, text: &str) -> Result<Vec<Row>> {
    let mut rows = corpus::parse(name, text)?;
    // What was written to teach hard cases is not what comes in.
    rows.retain(|row| !row.is_for_training);
    if rows.is_empty() {
        return Err(Error::config(format!("{name}: all rows are for training only")));
    }
    Ok(rows)
}

fn judge<'a>(row: &'a Row, policy: &Policy, model: &Model) -> Judged<'a> {
    let assessment = check(&row.text, policy, model);
    let is_found = assessment.action != Action::Allowed;
    Judged { row, assessment, is_found }
}

/// Each row by weights that have seen neither its source nor a text that shares a passage with it.
fn held_out<'a>(rows: &'a [Row], policy: &Policy, is_quiet: bool) -> Result<Vec<Judged<'a>>> {
    let taught = corpus::parse("the rows that ship", &corpus::embedded())?;
    let material = Material::new(&taught);
    let mut sources: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        sources.entry(&row.source).or_default().push(index);
    }
    if !is_quiet {
        output::note(&format!("learning without each of {}", count(sources.len(), "source")));
    }
    let folds: Vec<(&str, Vec<usize>)> = sources.into_iter().collect();
    let by_fold = each(&folds, |(source, indices)| {
        let weights = material.weights_without(source, indices.iter().map(|&index| rows[index].text.as_str()));
        let model = Model::new(&weights, None, 0, "");
        indices.iter().map(|&index| (index, judge(&rows[index], policy, &model))).collect::<Vec<_>>()
    });
    let mut judged: Vec<(usize, Judged<'a>)> = by_fold.into_iter().flatten().collect();
    judged.sort_by_key(|(index, _)| *index);
    Ok(judged.into_iter().map(|(_, judged)| judged).collect())
}

fn write_sarif(
    global: &Global,
    file: &Path,
    corpus: Option<&Path>,
    (judged, verdict): (&[Judged<'_>], &Verdict),
) -> Result<()> {
    let folder = git::commit(&global.directory).map(|commit| commit.folder).unwrap_or_default();
    let place = corpus.map(|corpus| format!("{folder}{}", corpus.display().to_string().trim_start_matches("./")));
    let path = global.directory.join(file);
    let content = format!("{:#}\n", sarif::value(place.as_deref(), judged, verdict));
    file::replace(&path, content.as_bytes()).map_err(|error| Error::io("write", &path, error))
}

/// What the bars of the project say.
struct Verdict {
    /// Bars that were missed.
    missed: Vec<String>,
    /// Why nothing can be said.
    undecided: Vec<String>,
    has_bars: bool,
    recall_missed: bool,
    rate_missed: bool,
}

impl Verdict {
    fn new(measured: &Measures, guard: &Guard, left_out: &[String]) -> Self {
        let mut verdict = Self {
            missed: Vec::new(),
            undecided: Vec::new(),
            has_bars: guard.min_recall.is_some() || guard.max_false_positive_rate.is_some(),
            recall_missed: false,
            rate_missed: false,
        };
        for kind in left_out.iter().chain(&guard.required_kinds).filter(|kind| !measured.has_kind(kind)) {
            verdict.undecided.push(format!("the corpus has no rows of kind \"{kind}\""));
        }
        if measured.attacks + measured.benign == 0 {
            verdict.undecided.push("no rows are counted".to_owned());
        }
        if let Some(bar) = guard.min_recall {
            match measured.recall {
                None => verdict.undecided.push("there are no attacks, so min_recall cannot be decided".to_owned()),
                Some(recall) if recall.value < bar => {
                    verdict.recall_missed = true;
                    verdict.missed.push(format!("recall {:.4} is below {bar}", recall.value));
                }
                Some(_) => {}
            }
        }
        if let Some(bar) = guard.max_false_positive_rate {
            match measured.false_positive_rate {
                None => {
                    verdict
                        .undecided
                        .push("there are no benign texts, so max_false_positive_rate cannot be decided".to_owned());
                }
                Some(rate) if rate.value > bar => {
                    verdict.rate_missed = true;
                    verdict.missed.push(format!("false-positive rate {:.4} is above {bar}", rate.value));
                }
                Some(_) => {}
            }
        }
        verdict
    }

    fn status(&self) -> ExitStatus {
        match () {
            () if !self.undecided.is_empty() => ExitStatus::Undecided,
            () if !self.missed.is_empty() => ExitStatus::Failed,
            () => ExitStatus::Pass,
        }
    }
}
