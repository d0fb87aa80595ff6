//! Vercel's API: a deployment of a commit to production, its state, promotion and rollback.
//!
//! Source: vercel.com/docs/rest-api (create, get, promote and roll back a deployment). That a project's `targets.production` names
//! the live deployment is taken from replies, not from a page.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use reqwest::{Method, Url};
use serde_json::{Value, json};

use super::super::driver::{Driver, Found, Order, Release, Stage, Standing, Status, Told, Trouble, TroubleKind};
use super::super::wire::{Request, Wire, parse, text};
use crate::config::{Config, Deploy, Secret};
use crate::error::Result;

/// So often a deployment may be ready and not in production before that is asked for.
const PATIENCE: usize = 2;

struct Vercel {
    wire: Wire,
    token: Secret,
    api: String,
    project: String,
    team: Option<String>,
    repository: String,
    /// How often a deployment was seen that was ready and not in production.
    waiting: AtomicUsize,
}

pub(super) fn open(config: &Config, deploy: &Deploy) -> Result<Box<dyn Driver>> {
    let token = deploy.secret(&config.env, "token")?.unwrap_or_else(|| Secret::new(""));
    let api = deploy.text("api").unwrap_or("https://api.vercel.com").trim_end_matches('/').to_owned();
    parse("api", &api)?;
    let own = |key| deploy.text(key).unwrap_or_default().to_owned();
    Ok(Box::new(Vercel {
        wire: Wire::new(deploy.request_timeout, vec![token.clone()])?,
        token,
        api,
        project: own("service"),
        team: deploy.text("team").map(str::to_owned),
        repository: own("repository"),
        waiting: AtomicUsize::new(0),
    }))
}

impl Vercel {
    async fn ask(&self, method: Method, path: &str, body: Option<Value>, key: Option<&str>) -> Told<Value> {
        let mut url: Url = parse("api", &format!("{}{path}", self.api))?;
        if let Some(team) = &self.team {
            url.query_pairs_mut().append_pair("teamId", team);
        }
        self.wire.send(Request::authorised((method, url), &self.token, body.as_ref(), key)).await
    }

    async fn in_production(&self) -> Told<Option<Release>> {
        let project = self.ask(Method::GET, &format!("/v9/projects/{}", self.project), None, None).await?;
        let live = project.pointer("/targets/production").filter(|live| live.is_object());
        Ok(live.map(release))
    }

    async fn deployments(&self) -> Told<Vec<Value>> {
        let path = format!("/v6/deployments?projectId={}&target=production&limit=20", self.project);
        let list = self.ask(Method::GET, &path, None, None).await?;
        let items = list.pointer("/deployments").and_then(Value::as_array);
        items.cloned().ok_or_else(|| odd("no list of deployments"))
    }
}

fn odd(message: &str) -> Trouble {
    Trouble::new(TroubleKind::Failed, format!("Vercel answered something else than was asked: {message}"))
}

fn id(deployment: &Value) -> Option<String> {
    text(deployment, "/id").or_else(|| text(deployment, "/uid"))
}

fn release(deployment: &Value) -> Release {
    let commit = text(deployment, "/gitSource/sha").or_else(|| text(deployment, "/meta/githubCommitSha"));
    Release { id: id(deployment), commit, image: None }
}

fn stage(deployment: &Value) -> Stage {
    let word = text(deployment, "/readyState").or_else(|| text(deployment, "/state")).unwrap_or_default();
    match word.as_str() {
        "READY" => Stage::Live,
        "ERROR" | "CANCELED" | "DELETED" | "BLOCKED" => Stage::Failed(word),
        _ => Stage::Pending(word),
    }
}

impl Driver for Vercel {
    fn service(&self) -> String {
        self.project.clone()
    }

    fn tells(&self) -> bool {
        true
    }

    fn standing(&self) -> BoxFuture<'_, Told<Standing>> {
        async move {
            let live = self.in_production().await?;
            let newest = self.deployments().await?.first().and_then(id);
            Ok(Standing { live, newest })
        }
        .boxed()
    }

    fn trigger<'a>(&'a self, order: &'a Order) -> BoxFuture<'a, Told<Option<String>>> {
        async move {
            let body = json!({
                "name": self.project,
                "project": self.project,
                "target": "production",
                "gitSource": {
                    "type": "github", "repoId": self.repository, "ref": order.commit, "sha": order.commit,
                },
                "meta": { "llmopsKey": order.key },
            });
            let begun = self.ask(Method::POST, "/v13/deployments?forceNew=1", Some(body), Some(&order.key)).await?;
            id(&begun).map(Some).ok_or_else(|| odd("a deployment without an id"))
        }
        .boxed()
    }

    fn find<'a>(&'a self, order: &'a Order, newest: Option<&'a str>) -> BoxFuture<'a, Told<Found>> {
        async move {
            let deployments = self.deployments().await?;
            let later = deployments.iter().take_while(|deployment| id(deployment).as_deref() != newest);
            let is_ours = |deployment: &&Value| text(deployment, "/meta/llmopsKey").as_ref() == Some(&order.key);
            Ok(later.filter(is_ours).find_map(id).map_or(Found::NotBegun, Found::Begun))
        }
        .boxed()
    }

    /// A deployment is live when production points to it, which after a rollback has to be asked for.
    fn status<'a>(&'a self, id: Option<&'a str>) -> BoxFuture<'a, Told<Status>> {
        async move {
            let Some(id) = id else { return Err(odd("a deployment without an id")) };
            let path = format!("/v13/deployments/{id}?withGitRepoInfo=true");
            let deployment = self.ask(Method::GET, &path, None, None).await?;
            let Release { commit, image, .. } = release(&deployment);
            let mut stage = stage(&deployment);
            let is_ready = stage == Stage::Live;
            if is_ready && self.in_production().await?.and_then(|live| live.id).as_deref() == Some(id) {
                // What takes its place from now on was put there by somebody.
                self.waiting.store(PATIENCE + 1, Ordering::Relaxed);
            } else if is_ready {
                let mut word = "ready, and not yet in production".to_owned();
                if self.waiting.fetch_add(1, Ordering::Relaxed) == PATIENCE {
                    let path = format!("/v10/projects/{}/promote/{id}", self.project);
                    // It may be on its way already, which is no reason to give up.
                    if let Err(trouble) = self.ask(Method::POST, &path, None, None).await {
                        word = format!("{word}: {}", trouble.message);
                    }
                }
                stage = Stage::Pending(word);
            }
            Ok(Status { stage, commit, image })
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
            if let Some(ours) = ours {
                let deployment = self.ask(Method::GET, &format!("/v13/deployments/{ours}"), None, None).await?;
                if matches!(stage(&deployment), Stage::Pending(_)) {
                    self.ask(Method::PATCH, &format!("/v12/deployments/{ours}/cancel"), None, None).await?;
                }
            }
            let Some(before) = &to.id else { return Err(odd("the deployment before has no id")) };
            if self.in_production().await?.and_then(|live| live.id).as_ref() == Some(before) {
                return Ok(None);
            }
            let key = format!("{}-rollback", order.key);
            let path = format!("/v1/projects/{}/rollback/{before}", self.project);
            self.ask(Method::POST, &path, None, Some(&key)).await?;
            Ok(Some(before.clone()))
        }
        .boxed()
    }
}
