//! What a new price map changes, for people and for machines, and why it may be refused.

use std::fmt::Write as _;

use serde::Serialize;

use super::super::rows::of_a_million;
use crate::cost::{Changed, Changes, Cost, Prices};
use crate::text::{count, printable};

/// Prices that are shown of those that change, and names of models that come and go; the rest is counted.
const MOST_SHOWN: usize = 12;
const MOST_NAMED: usize = 5;

/// What the new map changes.
pub(super) struct Update<'a> {
    /// The present one and the new one.
    pub(super) maps: [&'a Prices; 2],
    pub(super) changes: Changes<'a>,
    /// Models of the project that would have no price.
    pub(super) lost: Vec<String>,
    pub(super) is_too_small: bool,
}

impl Update<'_> {
    /// Why it is hard to believe.
    pub(super) fn reasons(&self) -> Vec<String> {
        let [before, after] = self.maps;
        let (changes, mut reasons) = (&self.changes, Vec::new());
        if changes.shrinks() {
            reasons.push(format!("{} of {} vanish", changes.removed.len(), count(before.len(), "model")));
        } else if self.is_too_small {
            reasons
                .push(format!("only {} of it have a price, where litellm has thousands", count(after.len(), "model")));
        }
        let implausible: Vec<&str> = changes.implausible().map(|changed| changed.model).collect();
        if !implausible.is_empty() {
            let what = "changed by more than a factor of 3, or between free and billed";
            reasons.push(format!(
                "input or output of {} {what}: {}",
                count(implausible.len(), "model"),
                names(&implausible, MOST_SHOWN)
            ));
        }
        if !self.lost.is_empty() {
            let lost: Vec<&str> = self.lost.iter().map(String::as_str).collect();
            reasons.push(format!("this project's {} would have no price", names(&lost, MOST_SHOWN)));
        }
        reasons
    }

    /// A few lines for people.
    pub(super) fn text(&self) -> String {
        let [before, after] = self.maps;
        let Changes { added, removed, changed, .. } = &self.changes;
        let mut text = format!(
            "{}, {}: {}, after {} of {}, {}\n",
            printable(&after.release),
            after.date,
            count(after.len(), "model"),
            before.len(),
            printable(&before.release),
            before.date
        );
        let (added, gone) = (listed("added", added), listed("removed", removed));
        let _ = writeln!(text, "{added}\n{gone}\n{} changed", changed.len());
        let moved: Vec<&Changed<'_>> = changed.iter().filter(|changed| changed.is_moved()).collect();
        if !moved.is_empty() {
            text.push_str("the largest changes, in US dollars for a million tokens:\n");
        }
        let shown = &moved[..moved.len().min(MOST_SHOWN)];
        let width = shown.iter().map(|changed| changed.model.chars().count()).max().unwrap_or(0);
        for changed in shown {
            let parts = [("input", changed.input), ("output", changed.output)];
            let parts = parts.iter().filter(|(_, [old, new])| old != new);
            let parts: Vec<_> =
                parts.map(|(kind, [old, new])| format!("{kind} {} -> {}", dollars(*old), dollars(*new))).collect();
            let _ = writeln!(text, "  {:<width$}  {}", changed.model, parts.join(", "));
        }
        if moved.len() > shown.len() {
            let _ = writeln!(text, "  and {} more", moved.len() - shown.len());
        }
        for model in &self.lost {
            let _ = writeln!(text, "no price any more, though this project uses it: {model}");
        }
        text
    }

    pub(super) fn value<'a>(&'a self, file: &'a str, written: bool, refused: &'a [String]) -> UpdateRow<'a> {
        let [before, after] = self.maps;
        let changed = self.changes.changed.iter().filter(|changed| changed.is_moved()).map(ChangedRow::of);
        UpdateRow {
            file,
            written,
            refused,
            before: MapRow::of(before),
            after: MapRow::of(after),
            added: &self.changes.added,
            removed: &self.changes.removed,
            changed: self.changes.changed.len(),
            changes: changed.collect(),
            lost: &self.lost,
        }
    }
}

#[derive(Serialize)]
pub(super) struct UpdateRow<'a> {
    file: &'a str,
    written: bool,
    /// Why it is not taken without --force.
    refused: &'a [String],
    before: MapRow<'a>,
    after: MapRow<'a>,
    added: &'a [&'a str],
    removed: &'a [&'a str],
    /// How many prices are other ones.
    changed: usize,
    /// Those whose input or output is.
    changes: Vec<ChangedRow<'a>>,
    /// Models of the project that would have no price.
    lost: &'a [String],
}

#[derive(Serialize)]
struct MapRow<'a> {
    release: &'a str,
    date: &'a str,
    sha256: &'a str,
    models: usize,
}

impl<'a> MapRow<'a> {
    fn of(prices: &'a Prices) -> Self {
        let Prices { release, date, sha256, .. } = prices;
        Self { release, date, sha256, models: prices.len() }
    }
}

/// US dollars for a million tokens, before and after.
#[derive(Serialize)]
struct ChangedRow<'a> {
    model: &'a str,
    implausible: bool,
    input_usd: [Option<Cost>; 2],
    output_usd: [Option<Cost>; 2],
}

impl<'a> ChangedRow<'a> {
    fn of(changed: &Changed<'a>) -> Self {
        let of_a_million = |pair: [Option<Cost>; 2]| pair.map(|price| price.and_then(of_a_million));
        Self {
            model: changed.model,
            implausible: changed.is_implausible(),
            input_usd: of_a_million(changed.input),
            output_usd: of_a_million(changed.output),
        }
    }
}

fn dollars(price: Option<Cost>) -> String {
    price.and_then(of_a_million).map_or_else(|| "not known".to_owned(), Cost::exact)
}

/// `3 added: a, b, c`
fn listed(what: &str, models: &[&str]) -> String {
    if models.is_empty() {
        format!("0 {what}")
    } else {
        format!("{} {what}: {}", models.len(), names(models, MOST_NAMED))
    }
}

/// The first names, and how many more there are.
fn names(models: &[&str], most: usize) -> String {
    let shown = models[..models.len().min(most)].join(", ");
    if models.len() > most { format!("{shown} and {} more", models.len() - most) } else { shown }
}
