//! `llmops cost budget`: how much of each limit is used.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::super::output;
use super::configuration;
use crate::cli::Global;
use crate::clock::{timestamp_of, unix_seconds};
use crate::cost::ledger::{self, Limit, Most, Sum};
use crate::error::{ExitStatus, Result};
use crate::text::count;

pub(super) fn run(global: &Global) -> Result<ExitStatus> {
    let config = configuration(global)?;
    let now = unix_seconds();
    let used = ledger::used(&config, now)?;
    if global.json {
        output::print_json(&used.iter().map(|(limit, sum)| value(limit, sum, now)).collect())?;
    } else {
        output::print(&text(&used, now))?;
    }
    Ok(ExitStatus::Pass)
}

fn value(limit: &Limit, sum: &Sum, now: i64) -> Value {
    let (most, used) = match limit.most {
        Most::Dollars(most) => (json!(most), json!(sum.usd)),
        Most::Requests(most) => (json!(most), json!(sum.requests)),
    };
    json!({
        "limit": limit.to_string(),
        "model": limit.model(),
        "most": most,
        "used": used,
        "open_usd": sum.open_usd,
        "unknown_calls": sum.unknown,
        "begins_anew": timestamp_of(limit.window(now).1),
    })
}

fn text(used: &[(Limit, Sum)], now: i64) -> String {
    if used.is_empty() {
        return "no limit of a day or a month is set; `llmops explain config` shows [cost]\n".to_owned();
    }
    let mut text = String::new();
    for (limit, sum) in used {
        let anew = timestamp_of(limit.window(now).1);
        let near = match () {
            () if limit.is_reached(sum) => ", reached",
            () if limit.is_near(sum) => ", nearly reached",
            () => "",
        };
        let _ = writeln!(text, "{limit}: {}{near}; begins anew at {anew}", limit.used(sum));
        if sum.open_usd > crate::cost::Cost::ZERO {
            let _ = writeln!(text, "  at most {} more for calls that are under way, or were when killed", sum.open_usd);
        }
        if sum.unknown > 0 && matches!(limit.most, Most::Dollars(_)) {
            let calls = count(usize::try_from(sum.unknown).unwrap_or(usize::MAX), "call");
            let _ = writeln!(text, "  without {calls} whose cost is not known");
        }
    }
    text
}
