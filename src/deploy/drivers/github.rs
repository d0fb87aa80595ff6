//! Deployments of GitHub: we ask for one, whoever listens deploys and says how it went, and we read that.
//!
//! Source: docs.github.com/rest/deployments.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use reqwest::{Method, Url};
use serde_json::{Value, json};

use super::super::driver::{Driver, Found, Order, Release, Stage, Standing, Status, Told, Trouble, TroubleKind};
use super::super::wire::{Request, Wire, parse, text};
use crate::config::{Config, Deploy, Secret};
use crate::error::Result;

struct GitHub {
    wire: Wire,
    token: Secret,
    /// `.../repos/OWNER/NAME/deployments`
    base: String,
    repository: String,
    environment: String,
}

pub(super) fn open(config: &Config, deploy: &Deploy) -> Result<Box<dyn Driver>> {
    let token = deploy.secret(&config.env, "token")?.unwrap_or_else(|| Secret::new(""));
    let api = deploy.text("api").unwrap_or("https://api.github.com").trim_end_matches('/');
    let repository = deploy.text("repository").unwrap_or_default().to_owned();
    let base = format!("{api}/repos/{repository}/deployments");
    parse("api", &base)?;
    let wire = Wire::new(deploy.request_timeout, vec![token.clone()])?;
    Ok(Box::new(GitHub { wire, token, base, repository, environment: deploy.environment.clone() }))
}

impl GitHub {
    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Told<Value> {
        let url: Url = parse("api", &format!("{}{path}", self.base))?;
        let request = Request::authorised((method, url), &self.token, body.as_ref(), None);
        self.wire.send(request.header("x-github-api-version", "2022-11-28")).await
    }

    async fn deployments(&self) -> Told<Vec<Value>> {
        let list = self.ask(Method::GET, &format!("?environment={}&per_page=20", self.environment), None).await?;
        list.as_array().cloned().ok_or_else(|| odd("no list of deployments"))
    }

    async fn stage(&self, id: &str) -> Told<Stage> {
        let statuses = self.ask(Method::GET, &format!("/{id}/statuses?per_page=1"), None).await?;
        let word = text(&statuses, "/0/state").unwrap_or_else(|| "no status yet".to_owned());
        Ok(match word.as_str() {
            "success" => Stage::Live,
            "failure" | "error" => Stage::Failed(word),
            "inactive" => Stage::Failed("inactive: another deployment took its place".to_owned()),
            _ => Stage::Pending(word),
        })
    }

    async fn create(&self, commit: &str, (evidence, key): (&str, &str)) -> Told<String> {
        let body = json!({
            "ref": commit,
            "environment": self.environment,
            "auto_merge": false,
            "required_contexts": [],
            "description": "llmops deploy",
            "payload": { "evidence": evidence, "key": key },
        });
        let made = self.ask(Method::POST, "", Some(body)).await?;
        text(&made, "/id").ok_or_else(|| odd("a deployment without an id"))
    }
}

fn odd(message: &str) -> Trouble {
    Trouble::new(TroubleKind::Failed, format!("GitHub answered something else than was asked: {message}"))
}

fn release(deployment: &Value) -> Release {
    Release { id: text(deployment, "/id"), commit: text(deployment, "/sha"), image: None }
}

/// The payload comes back as it was sent, or as a string of it.
fn key(deployment: &Value) -> Option<String> {
    match deployment.get("payload")? {
        Value::String(payload) => text(&serde_json::from_str(payload).ok()?, "/key"),
        payload => text(payload, "/key"),
    }
}

impl Driver for GitHub {
    fn service(&self) -> String {
        self.repository.clone()
    }

    fn tells(&self) -> bool {
        true
    }

    fn standing(&self) -> BoxFuture<'_, Told<Standing>> {
        async move {
            let deployments = self.deployments().await?;
            let newest = deployments.first().and_then(|deployment| release(deployment).id);
            for deployment in &deployments {
                let known = release(deployment);
                let Some(id) = &known.id else { continue };
                if self.stage(id).await? == Stage::Live {
                    return Ok(Standing { live: Some(known), newest });
                }
            }
            Ok(Standing { live: None, newest })
        }
        .boxed()
    }

    fn trigger<'a>(&'a self, order: &'a Order) -> BoxFuture<'a, Told<Option<String>>> {
        async move { self.create(&order.commit, (&order.evidence, &order.key)).await.map(Some) }.boxed()
    }

    fn find<'a>(&'a self, order: &'a Order, _: Option<&'a str>) -> BoxFuture<'a, Told<Found>> {
        async move {
            let deployments = self.deployments().await?;
            let ours = deployments.iter().find(|deployment| key(deployment).as_ref() == Some(&order.key));
            Ok(ours.and_then(|ours| release(ours).id).map_or(Found::NotBegun, Found::Begun))
        }
        .boxed()
    }

    fn status<'a>(&'a self, id: Option<&'a str>) -> BoxFuture<'a, Told<Status>> {
        async move {
            let Some(id) = id else { return Err(odd("a deployment without an id")) };
            let stage = self.stage(id).await?;
            let deployment = self.ask(Method::GET, &format!("/{id}"), None).await?;
            Ok(Status { stage, commit: release(&deployment).commit, image: None })
        }
        .boxed()
    }

    fn roll_back<'a>(
        &'a self,
        order: &'a Order,
        ours: Option<&'a str>,
        to: &'a Release,
    ) -> BoxFuture<'a, Told<Option<String>>> {
        async move {
            let back = Order { key: format!("{}-rollback", order.key), ..order.clone() };
            if let Found::Begun(id) = self.find(&back, None).await? {
                return Ok(Some(id));
            }
            if ours.is_none() && self.find(order, None).await? == Found::NotBegun {
                return Ok(None);
            }
            let Some(commit) = &to.commit else { return Err(odd("the deployment before has no commit")) };
            self.create(commit, (&order.evidence, &back.key)).await.map(Some)
        }
        .boxed()
    }
}
