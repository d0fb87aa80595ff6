//! The platforms: a file and a row each.

mod command;
mod fly;
mod github;
mod hook;
mod render;
mod vercel;
mod webhook;

use super::driver::{Driver, Told};
use crate::config::{Config, Deploy};
use crate::error::{Error, Problem, Result, suggestion};

/// What opens a driver.
struct Row {
    name: &'static str,
    /// Keys of `[deploy]` that it cannot do without.
    needs: &'static [&'static str],
    /// Further keys that it looks at.
    takes: &'static [&'static str],
    open: fn(&Config, &Deploy) -> Result<Box<dyn Driver>>,
}

const ROWS: &[Row] = &[
    Row { name: "render", needs: &["token", "service"], takes: &["image", "api"], open: render::open },
    Row { name: "render-hook", needs: &["hook"], takes: &["image"], open: hook::open },
    Row { name: "vercel", needs: &["token", "service", "repository"], takes: &["team", "api"], open: vercel::open },
    Row { name: "fly", needs: &["service", "image"], takes: &["command"], open: fly::open },
    Row { name: "github", needs: &["token", "repository"], takes: &["api"], open: github::open },
    Row { name: "webhook", needs: &["url", "secret"], takes: &[], open: webhook::open },
    Row { name: "command", needs: &["command"], takes: &[], open: command::open },
];

/// The driver of an environment, if everything that it needs is configured, and nothing that it would not look at.
pub(crate) fn open(config: &Config, deploy: &Deploy) -> Result<Box<dyn Driver>> {
    let names = || ROWS.iter().map(|row| row.name);
    let Some(driver) = &deploy.driver else {
        let hint = format!("write driver = \"...\" under [deploy]: {}", names().collect::<Vec<_>>().join(", "));
        return Err(Error::config("no platform to deploy to is configured").at(&config.file, None).hint(hint));
    };
    let Some(row) = ROWS.iter().find(|row| row.name == driver.value) else {
        let problem = config.problem(driver, format!("there is no driver \"{}\"", driver.value));
        return Err(problem.hint(suggestion(&driver.value, names().collect::<Vec<_>>())).into());
    };
    let mut problems: Vec<Problem> = Vec::new();
    let has = |key: &str| if key == "command" { !deploy.command.is_empty() } else { deploy.text(key).is_some() };
    for key in row.needs.iter().filter(|key| !has(key)) {
        let hint = format!("the driver {} needs it; `llmops explain config` shows every key", row.name);
        problems.push(config.problem(driver, format!("deploy.{key} is missing")).hint(hint));
    }
    let known = |key: &&str| row.needs.contains(key) || row.takes.contains(key);
    for (key, value) in deploy.platform.iter().filter(|(key, _)| !known(key)) {
        let message = format!("deploy.{key} has no meaning for the driver {}", row.name);
        problems.push(config.problem(value, message).hint("remove it, or change deploy.driver"));
    }
    if has("command") && !known(&"command") {
        let message = format!("deploy.command has no meaning for the driver {}", row.name);
        problems.push(config.problem(driver, message).hint("remove it, or change deploy.driver"));
    }
    Error::unless_empty(problems)?;
    (row.open)(config, deploy)
}

/// `NAME@sha256:...`, where images are deployed.
fn image_of(image: Option<&str>, digest: Option<&str>) -> Told<Option<String>> {
    match (image, digest) {
        (None, _) => Ok(None),
        (Some(image), Some(digest)) => Ok(Some(format!("{image}@{digest}"))),
        (Some(_), None) => {
            Err(super::driver::Trouble::config("the evidence names no image, and deploy.image deploys one")
                .hint("say which image the commit became when the evidence is made, or remove deploy.image"))
        }
    }
}
