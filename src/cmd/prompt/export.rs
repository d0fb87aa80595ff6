//! `llmops prompt export`: what a label means, as a file that the application reads.

use super::label::named;
use super::output;
use crate::cli::{Export, Global};
use crate::config::Config;
use crate::error::{Error, ExitStatus, Result};
use crate::file::replace;
use crate::prompt::bundle;
use crate::text::count;

pub(super) fn run(global: &Global, config: &Config, arguments: &Export) -> Result<ExitStatus> {
    let label = named(&arguments.label)?;
    let bundle = bundle(&config.root, label, &arguments.names)?;
    let text = format!("{bundle:#}\n");
    let Some(out) = &arguments.out else {
        output::print(&text)?;
        return Ok(ExitStatus::Pass);
    };
    let path = global.directory.join(out);
    let there = std::fs::read(&path).ok();
    let is_same = there.as_deref() == Some(text.as_bytes());
    let prompts = bundle["prompts"].as_object().map_or(0, serde_json::Map::len);
    let what = format!("{} with the label {label}", count(prompts, "prompt"));
    if arguments.check {
        if is_same {
            output::print(&format!("{} holds {what}\n", out.display()))?;
            return Ok(ExitStatus::Pass);
        }
        let state = if there.is_some() { "is not what the label means now" } else { "is not there" };
        output::print(&format!(
            "{} {state}\n    write it: llmops prompt export --label {label} --out {}\n",
            out.display(),
            out.display()
        ))?;
        return Ok(ExitStatus::Failed);
    }
    if !is_same {
        replace(&path, text.as_bytes()).map_err(|error| Error::io("write", &path, error))?;
    }
    let done = if is_same { "holds already" } else { "holds" };
    output::print(&format!("{} {done} {what}\n", out.display()))?;
    Ok(ExitStatus::Pass)
}
