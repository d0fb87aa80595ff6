//! What attributes and events are called by the conventions, which change: a table, of which code knows only the first column.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

/// Concepts and their names, built in.
const NAMES: &str = include_str!("../../data/trace/names.tsv");
/// Providers whose well-known name is not ours, built in.
const PROVIDERS: &str = include_str!("../../data/trace/providers.tsv");

/// What stands before names of our own.
const OWN: &str = "llmops.";

/// What a concept is called outside.
struct Name {
    /// What somebody asked, wrote or answered, which is sent only where the project says so.
    is_content: bool,
    current: &'static str,
    older: Vec<&'static str>,
}

static TABLE: LazyLock<HashMap<&'static str, Name>> = LazyLock::new(|| rows(NAMES).filter_map(name).collect());

fn rows(table: &'static str) -> impl Iterator<Item = std::str::Split<'static, char>> {
    table.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(|line| line.split('\t'))
}

fn name(mut columns: std::str::Split<'static, char>) -> Option<(&'static str, Name)> {
    let (concept, kind, current) = (columns.next()?, columns.next()?, columns.next()?);
    let older = columns.next().unwrap_or_default().split(',').filter(|name| !name.is_empty()).collect();
    Some((concept, Name { is_content: kind == "content", current, older }))
}

/// Whether a concept may hold what somebody asked, wrote or answered.
pub(super) fn is_content(concept: &str) -> bool {
    TABLE.get(concept).is_some_and(|name| name.is_content)
}

/// The current name of a concept.
pub(super) fn current(concept: &str) -> Cow<'static, str> {
    TABLE.get(concept).map_or_else(|| format!("{OWN}{concept}").into(), |name| name.current.into())
}

/// Names that it had before.
pub(super) fn older(concept: &str) -> &'static [&'static str] {
    TABLE.get(concept).map_or(&[], |name| name.older.as_slice())
}

/// A provider by the name that the conventions know it by.
pub(crate) fn provider(ours: &str) -> &str {
    let theirs = rows(PROVIDERS).find_map(|mut columns| (columns.next() == Some(ours)).then(|| columns.next())?);
    theirs.unwrap_or(ours)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_name_stands_for_one_thing() {
        let lines = NAMES.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        assert_eq!(TABLE.len(), lines.clone().count());
        for line in lines {
            let columns: Vec<&str> = line.split('\t').collect();
            assert!((3..=4).contains(&columns.len()) && ["plain", "content"].contains(&columns[1]), "{line}");
        }
        let all: Vec<&str> =
            TABLE.values().flat_map(|name| std::iter::once(name.current).chain(name.older.iter().copied())).collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    }

    #[test]
    fn what_the_conventions_have_no_name_for_is_our_own() {
        assert_eq!(current("input_tokens"), "gen_ai.usage.input_tokens");
        assert_eq!(older("input_tokens"), ["gen_ai.usage.prompt_tokens"]);
        assert_eq!(current("case.id"), "llmops.case.id");
        assert!(older("case.id").is_empty());
        assert!(is_content("query") && !is_content("retrieved") && !is_content("case.id"));
        assert_eq!(
            (provider("gemini"), provider("anthropic"), provider("inhouse")),
            ("gcp.gemini", "anthropic", "inhouse")
        );
    }
}
