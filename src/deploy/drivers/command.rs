//! A program of the project's own, which is told by environment variables what to do.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::super::driver::{Driver, Order, Release, Told, Trouble};
use super::super::process::Program;
use super::super::wire::text;
use crate::config::{Config, Deploy};
use crate::digest::sha256_parts;
use crate::error::Result;

struct Own(Program);

#[expect(clippy::unnecessary_wraps, reason = "other drivers may fail to open")]
pub(super) fn open(config: &Config, deploy: &Deploy) -> Result<Box<dyn Driver>> {
    Ok(Box::new(Own(Program {
        words: deploy.command.clone(),
        folder: config.root.clone(),
        limit: deploy.timeout,
        secrets: Vec::new(),
    })))
}

impl Own {
    async fn act(&self, action: &str, order: &Order, (ours, to): (Option<&str>, &Release)) -> Told<Option<String>> {
        let or_empty = |text: &Option<String>| text.clone().unwrap_or_default();
        let is_rollback = action == "rollback";
        let key = if is_rollback { format!("{}-rollback", order.key) } else { order.key.clone() };
        let (image, previous, commit, before) =
            (or_empty(&order.image), or_empty(&to.id), or_empty(&to.commit), or_empty(&to.image));
        let variables = [
            ("LLMOPS_ACTION", action),
            ("LLMOPS_ENVIRONMENT", &order.environment),
            ("LLMOPS_COMMIT", &order.commit),
            ("LLMOPS_IMAGE", &image),
            ("LLMOPS_EVIDENCE", &order.evidence),
            ("LLMOPS_KEY", &key),
            ("LLMOPS_DEPLOYMENT", ours.unwrap_or_default()),
            ("LLMOPS_PREVIOUS_DEPLOYMENT", &previous),
            ("LLMOPS_PREVIOUS_COMMIT", &commit),
            ("LLMOPS_PREVIOUS_IMAGE", &before),
        ];
        let printed = self.0.run(&[], &variables).await?;
        let last: Option<Value> = printed.lines().last().and_then(|line| serde_json::from_str(line).ok());
        Ok(last.and_then(|last| text(&last, "/id")))
    }
}

impl Driver for Own {
    fn service(&self) -> String {
        // The words may hold what they should not.
        format!("sha256:{}", sha256_parts(self.0.words.iter().map(String::as_str)))
    }

    fn check(&self, _: &Order) -> Told<()> {
        let program = self.0.words.first().map_or("", String::as_str);
        // What has no slash is looked for in PATH.
        if program.contains('/') && !self.0.folder.join(program).exists() {
            let trouble = Trouble::config(format!("there is no program {program}, which deploy.command names"));
            return Err(trouble.hint("it is started in the project's folder"));
        }
        Ok(())
    }

    fn trigger<'a>(&'a self, order: &'a Order) -> BoxFuture<'a, Told<Option<String>>> {
        async move { self.act("deploy", order, (None, &Release::default())).await }.boxed()
    }

    fn roll_back<'a>(
        &'a self,
        order: &'a Order,
        ours: Option<&'a str>,
        to: &'a Release,
    ) -> BoxFuture<'a, Told<Option<String>>> {
        async move { self.act("rollback", order, (ours, to)).await.map(|_| None) }.boxed()
    }
}
