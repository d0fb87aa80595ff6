//! `llmops guard attack --list`: what there is to choose from.

use std::fmt::Write as _;

use serde_json::json;

use crate::cmd::output;
use crate::error::Result;
use crate::guard::attack::{GOALS, strategies};

pub(super) fn print(as_json: bool) -> Result<()> {
    if as_json {
        let goals = GOALS.iter().map(|goal| {
            json!({
                "name": goal.name,
                "summary": goal.summary,
                "documentation": goal.documentation,
                "owasp": goal.owasp,
                "seeds": goal.seeds.iter().map(|seed| seed.name).collect::<Vec<_>>(),
            })
        });
        let strategies = strategies().map(|strategy| {
            json!({
                "name": strategy.name,
                "summary": strategy.summary,
                "documentation": strategy.documentation,
                "applies_to": strategy.scope.name(),
            })
        });
        return output::print_json(&json!({
            "goals": goals.collect::<Vec<_>>(),
            "strategies": strategies.collect::<Vec<_>>(),
        }));
    }
    let mut text = String::from("goals\n");
    for goal in GOALS {
        let _ = writeln!(text, "  {:<20}  {} ({})", goal.name, goal.summary, goal.owasp.join(", "));
    }
    text.push_str("\nstrategies\n");
    for strategy in strategies() {
        let _ = writeln!(text, "  {:<20}  {}", strategy.name, strategy.summary);
    }
    text.push_str("\n`llmops explain NAME` says more.\n");
    output::print(&text)
}
