//! Fly.io by its own program: an image is deployed by its digest, and going back is deploying the image before.
//!
//! Source: fly.io/docs/flyctl and the source of `releases --json`, whose keys are those of the type `Release`.

use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::super::driver::{Driver, Found, Order, Release, Stage, Standing, Status, Told, Trouble, TroubleKind};
use super::super::process::Program;
use super::super::wire::text;
use super::image_of;
use crate::config::{Config, Deploy};
use crate::error::Result;

struct Fly {
    program: Program,
    app: String,
    image: String,
}

#[expect(clippy::unnecessary_wraps, reason = "other drivers may fail to open")]
pub(super) fn open(config: &Config, deploy: &Deploy) -> Result<Box<dyn Driver>> {
    let words = if deploy.command.is_empty() { vec!["flyctl".to_owned()] } else { deploy.command.clone() };
    let limit: Duration = deploy.timeout;
    let own = |key| deploy.text(key).unwrap_or_default().to_owned();
    let program = Program { words, folder: config.root.clone(), limit, secrets: Vec::new() };
    Ok(Box::new(Fly { program, app: own("service"), image: own("image") }))
}

impl Fly {
    /// The newest first.
    async fn releases(&self) -> Told<Vec<Value>> {
        let printed = self.program.run(&["releases", "--app", &self.app, "--json"], &[]).await?;
        let list: Option<Vec<Value>> = serde_json::from_str(printed.trim()).ok();
        list.ok_or_else(|| odd("`releases --json` printed no list"))
    }

    /// Waits until the machines are healthy or not, as flyctl does, and gives the release that was made.
    async fn deploy(&self, image: &str) -> Told<Option<String>> {
        self.program.run(&["deploy", "--app", &self.app, "--image", image, "--yes"], &[]).await?;
        let digest = digest_of(image);
        let releases = self.releases().await?;
        Ok(releases.iter().map(release).find(|release| release.image == digest).and_then(|release| release.id))
    }
}

fn odd(message: &str) -> Trouble {
    Trouble::new(TroubleKind::Failed, format!("flyctl answered something else than was asked: {message}"))
}

fn field(release: &Value, name: &str) -> Option<String> {
    let small = name[..1].to_lowercase() + &name[1..];
    text(release, &format!("/{name}")).or_else(|| text(release, &format!("/{small}")))
}

fn digest_of(image: &str) -> Option<String> {
    image.rsplit_once('@').map(|(_, digest)| digest.to_owned())
}

fn release(value: &Value) -> Release {
    let image = field(value, "ImageRef").and_then(|image| digest_of(&image));
    Release { id: field(value, "Version"), commit: None, image }
}

fn stage(value: &Value) -> Stage {
    let word = field(value, "Status").unwrap_or_default();
    match word.as_str() {
        "complete" | "succeeded" => Stage::Live,
        "failed" | "interrupted" | "dead" => Stage::Failed(word),
        _ => Stage::Pending(word),
    }
}

impl Driver for Fly {
    fn service(&self) -> String {
        self.app.clone()
    }

    fn tells(&self) -> bool {
        true
    }

    fn check(&self, order: &Order) -> Told<()> {
        image_of(Some(&self.image), order.image.as_deref()).map(|_| ())
    }

    fn standing(&self) -> BoxFuture<'_, Told<Standing>> {
        async move {
            let releases = self.releases().await?;
            let live = releases.iter().find(|known| stage(known) == Stage::Live).map(release);
            Ok(Standing { live, newest: releases.first().and_then(|newest| release(newest).id) })
        }
        .boxed()
    }

    fn trigger<'a>(&'a self, order: &'a Order) -> BoxFuture<'a, Told<Option<String>>> {
        async move {
            let image = image_of(Some(&self.image), order.image.as_deref())?.unwrap_or_default();
            self.deploy(&image).await
        }
        .boxed()
    }

    fn find<'a>(&'a self, order: &'a Order, newest: Option<&'a str>) -> BoxFuture<'a, Told<Found>> {
        async move {
            let releases = self.releases().await?;
            let mut later = releases.iter().map(release).take_while(|known| known.id.as_deref() != newest);
            let ours = later.find(|known| known.image == order.image).and_then(|ours| ours.id);
            Ok(ours.map_or(Found::NotBegun, Found::Begun))
        }
        .boxed()
    }

    fn status<'a>(&'a self, id: Option<&'a str>) -> BoxFuture<'a, Told<Status>> {
        async move {
            let releases = self.releases().await?;
            let ours = releases.iter().find(|known| release(known).id.as_deref() == id && id.is_some());
            let Some(ours) = ours else { return Err(odd("the release is not in its list")) };
            let is_last = releases.first().is_some_and(|newest| release(newest).id.as_deref() == id);
            let stage = match stage(ours) {
                Stage::Live if !is_last => Stage::Failed("another release took its place".to_owned()),
                stage => stage,
            };
            Ok(Status { stage, commit: None, image: release(ours).image })
        }
        .boxed()
    }

    fn roll_back<'a>(
        &'a self,
        _: &'a Order,
        _: Option<&'a str>,
        to: &'a Release,
    ) -> BoxFuture<'a, Told<Option<String>>> {
        async move {
            let releases = self.releases().await?;
            if releases.first().is_some_and(|newest| release(newest).id == to.id) {
                return Ok(None);
            }
            let Some(digest) = &to.image else {
                return Err(odd("the release before has no digest of its image"));
            };
            self.deploy(&format!("{}@{digest}", self.image)).await
        }
        .boxed()
    }
}
