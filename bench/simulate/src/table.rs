//! What is counted, and the Markdown tables that it is told in.

use std::fmt;

use crate::eval::stats::share_of;

/// How often something was so.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    hits: usize,
    of: usize,
}

impl Tally {
    pub(crate) fn add(&mut self, hit: bool) {
        self.hits += usize::from(hit);
        self.of += 1;
    }

    pub(crate) fn share(self) -> f64 {
        share_of(self.hits, self.of)
    }

    /// How often it was not so.
    pub(crate) fn misses(self) -> Self {
        Self { hits: self.of - self.hits, of: self.of }
    }

    /// Whether the share is above a limit by more than three standard errors, which chance alone hardly explains.
    pub(crate) fn exceeds(self, limit: f64) -> bool {
        let error = (limit * (1.0 - limit) * share_of(1, self.of)).sqrt();
        self.share() > limit + 3.0 * error
    }
}

impl fmt::Display for Tally {
    /// As percents.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:.1}", 100.0 * self.share())
    }
}

/// The mean of what was added.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Mean {
    sum: f64,
    count: usize,
}

impl Mean {
    pub(crate) fn add(&mut self, value: f64) {
        self.sum += value;
        self.count += 1;
    }

    /// 0 of nothing.
    pub(crate) fn get(self) -> f64 {
        self.sum * share_of(1, self.count)
    }
}

/// A table, and which promises its figures break.
pub(crate) struct Table {
    heads: Vec<&'static str>,
    rows: Vec<Vec<String>>,
    pub(crate) broken: Vec<String>,
}

impl Table {
    pub(crate) fn new(heads: &[&'static str]) -> Self {
        Self { heads: heads.to_vec(), rows: Vec::new(), broken: Vec::new() }
    }

    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// Notes a promise that was not kept, with the first cells of the last row as its place.
    pub(crate) fn promise(&mut self, kept: bool, what: &str) {
        const PLACE: usize = 4;
        if !kept {
            let place = self.rows.last().map(|row| row[..PLACE.min(row.len())].join(", ")).unwrap_or_default();
            self.broken.push(format!("{what}: {place}"));
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "| {} |", self.heads.join(" | "))?;
        writeln!(out, "| {} |", vec!["---"; self.heads.len()].join(" | "))?;
        self.rows.iter().try_for_each(|row| writeln!(out, "| {} |", row.join(" | ")))
    }
}
