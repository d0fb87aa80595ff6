//! Render's API: deployments of a commit or an image, their status, and the way back.
//!
//! Source: api-docs.render.com, and the types of render-oss/cli. That an `Idempotency-Key` is looked at is not documented; after
//! a crash the list of deployments tells what was begun.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use reqwest::{Method, Url};
use serde_json::{Value, json};

use super::super::driver::{Driver, Found, Order, Release, Stage, Standing, Status, Told, Trouble, TroubleKind};
use super::super::wire::{Request, Wire, parse, text};
use super::image_of;
use crate::config::{Config, Deploy, Secret};
use crate::error::Result;

struct Render {
    wire: Wire,
    token: Secret,
    /// `.../v1/services/ID`
    base: String,
    service: String,
    image: Option<String>,
    allows_automatic: bool,
}

pub(super) fn open(config: &Config, deploy: &Deploy) -> Result<Box<dyn Driver>> {
    let token = deploy.secret(&config.env, "token")?.unwrap_or_else(|| Secret::new(""));
    let api = deploy.text("api").unwrap_or("https://api.render.com").trim_end_matches('/');
    let service = deploy.text("service").unwrap_or_default().to_owned();
    let base = format!("{api}/v1/services/{service}");
    parse("api", &base)?;
    let wire = Wire::new(deploy.request_timeout, vec![token.clone()])?;
    let image = deploy.text("image").map(str::to_owned);
    Ok(Box::new(Render { wire, token, base, service, image, allows_automatic: deploy.allows_automatic }))
}

impl Render {
    async fn ask(&self, method: Method, path: &str, body: Option<Value>, key: Option<&str>) -> Told<Value> {
        let url: Url = parse("api", &format!("{}{path}", self.base))?;
        self.wire.send(Request::authorised((method, url), &self.token, body.as_ref(), key)).await
    }

    /// The last deployments, the newest first.
    async fn deploys(&self) -> Told<Vec<Value>> {
        let list = self.ask(Method::GET, "/deploys?limit=20", None, None).await?;
        let items = list.as_array().ok_or_else(|| odd("the list of deployments is none"))?;
        Ok(items.iter().map(|item| item.get("deploy").unwrap_or(item).clone()).collect())
    }

    fn is_of(&self, deploy: &Value, order: &Order) -> bool {
        let known = release(deploy);
        if self.image.is_some() { known.image == order.image } else { known.commit.as_ref() == Some(&order.commit) }
    }
}

fn odd(message: &str) -> Trouble {
    Trouble::new(TroubleKind::Failed, format!("Render answered something else than was asked: {message}"))
}

fn release(deploy: &Value) -> Release {
    Release { id: text(deploy, "/id"), commit: text(deploy, "/commit/id"), image: text(deploy, "/image/sha") }
}

fn stage(deploy: &Value) -> Stage {
    match text(deploy, "/status").unwrap_or_default().as_str() {
        "live" => Stage::Live,
        word @ ("build_failed" | "update_failed" | "pre_deploy_failed" | "canceled") => Stage::Failed(word.to_owned()),
        "deactivated" => Stage::Failed("deactivated: another deployment took its place".to_owned()),
        // Also a word that is newer than this.
        word => Stage::Pending(word.to_owned()),
    }
}

impl Driver for Render {
    fn service(&self) -> String {
        self.service.clone()
    }

    fn tells(&self) -> bool {
        true
    }

    fn check(&self, order: &Order) -> Told<()> {
        image_of(self.image.as_deref(), order.image.as_deref()).map(|_| ())
    }

    fn standing(&self) -> BoxFuture<'_, Told<Standing>> {
        async move {
            let service = self.ask(Method::GET, "", None, None).await?;
            if text(&service, "/autoDeploy").as_deref() == Some("yes") && !self.allows_automatic {
                let hint = "turn auto-deploy off in its settings, or set deploy.allow_auto_deploy = true";
                let message = "Render deploys every push to this service by itself, evaluated or not";
                return Err(Trouble::config(message).hint(hint));
            }
            let deploys = self.deploys().await?;
            let newest = deploys.first();
            if let Some((id, Stage::Pending(word))) = newest.map(|newest| (release(newest).id, stage(newest))) {
                let id = id.unwrap_or_default();
                let message = format!("another deployment is under way on Render: {id} ({word})");
                return Err(Trouble::new(TroubleKind::Failed, message).hint("wait for it, or cancel it there"));
            }
            let live = deploys.iter().find(|deploy| stage(deploy) == Stage::Live).map(release);
            Ok(Standing { live, newest: newest.and_then(|newest| release(newest).id) })
        }
        .boxed()
    }

    fn trigger<'a>(&'a self, order: &'a Order) -> BoxFuture<'a, Told<Option<String>>> {
        async move {
            let body = match image_of(self.image.as_deref(), order.image.as_deref())? {
                Some(image) => json!({ "imageUrl": image }),
                None => json!({ "commitId": order.commit }),
            };
            let begun = self.ask(Method::POST, "/deploys", Some(body), Some(&order.key)).await?;
            Ok(text(&begun, "/id"))
        }
        .boxed()
    }

    fn find<'a>(&'a self, order: &'a Order, newest: Option<&'a str>) -> BoxFuture<'a, Told<Found>> {
        async move {
            let deploys = self.deploys().await?;
            let later = deploys.iter().take_while(|deploy| release(deploy).id.as_deref() != newest);
            let mut ours = later.filter(|deploy| self.is_of(deploy, order)).filter_map(|deploy| release(deploy).id);
            Ok(ours.next().map_or(Found::NotBegun, Found::Begun))
        }
        .boxed()
    }

    fn status<'a>(&'a self, id: Option<&'a str>) -> BoxFuture<'a, Told<Status>> {
        async move {
            let Some(id) = id else { return Err(odd("a deployment without an id")) };
            let deploy = self.ask(Method::GET, &format!("/deploys/{id}"), None, None).await?;
            let Release { commit, image, .. } = release(&deploy);
            Ok(Status { stage: stage(&deploy), commit, image })
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
            if let Some(ours) = ours
                && matches!(self.status(Some(ours)).await?.stage, Stage::Pending(_))
            {
                self.ask(Method::POST, &format!("/deploys/{ours}/cancel"), None, None).await?;
            }
            let deploys = self.deploys().await?;
            let live = deploys.iter().find(|deploy| stage(deploy) == Stage::Live).and_then(|deploy| release(deploy).id);
            if live.is_some() && live == to.id {
                return Ok(None);
            }
            let Some(id) = &to.id else { return Err(odd("the deployment before has no id")) };
            let key = format!("{}-rollback", order.key);
            let begun = self.ask(Method::POST, "/rollback", Some(json!({ "deployId": id })), Some(&key)).await?;
            text(&begun, "/id").map(Some).ok_or_else(|| odd("a rollback without an id"))
        }
        .boxed()
    }
}
