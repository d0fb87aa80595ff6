//! Any address that takes a signed request: the receiver deploys, and the running application tells what came of it.
//!
//! The body is signed as GitHub signs its own: `X-Llmops-Signature-256: sha256=` and the HMAC-SHA256 of the body in hexadecimal.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use reqwest::Method;
use ring::hmac;
use serde_json::json;

use super::super::driver::{Driver, Order, Release, Told};
use super::super::wire::{Request, Wire, parse, parts_of, text};
use crate::clock;
use crate::config::{Config, Deploy, Secret};
use crate::digest::{hex, sha256};
use crate::error::Result;

struct Webhook {
    wire: Wire,
    address: Secret,
    key: hmac::Key,
}

pub(super) fn open(config: &Config, deploy: &Deploy) -> Result<Box<dyn Driver>> {
    let address = deploy.secret(&config.env, "url")?.unwrap_or_else(|| Secret::new(""));
    let secret = deploy.secret(&config.env, "secret")?.unwrap_or_else(|| Secret::new(""));
    parse("url", address.reveal())?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.reveal().as_bytes());
    let mut secrets = parts_of(&address);
    secrets.push(secret);
    Ok(Box::new(Webhook { wire: Wire::new(deploy.request_timeout, secrets)?, address, key }))
}

impl Webhook {
    async fn post(
        &self,
        action: &str,
        order: &Order,
        (ours, to): (Option<&str>, Option<&Release>),
    ) -> Told<Option<String>> {
        let key = if to.is_some() { format!("{}-rollback", order.key) } else { order.key.clone() };
        let running =
            |release: &Release| json!({ "deployment": release.id, "commit": release.commit, "image": release.image });
        let body = json!({
            "action": action,
            "environment": order.environment,
            "commit": order.commit,
            "image": order.image,
            "prompts": order.prompts,
            "evidence": order.evidence,
            "deployment": ours,
            "to": to.map(running),
            "key": key,
            "time": clock::timestamp(),
        });
        let body = body.to_string().into_bytes();
        let signature = signature(&self.key, &body);
        let mut request = Request::new(Method::POST, parse("url", self.address.reveal())?)
            .header("idempotency-key", key)
            .header("x-llmops-signature-256", signature);
        request.shown = Some("the webhook");
        request.body = Some(body);
        let reply = self.wire.send(request).await?;
        Ok(text(&reply, "/id"))
    }
}

fn signature(key: &hmac::Key, body: &[u8]) -> String {
    format!("sha256={}", hex(hmac::sign(key, body).as_ref()))
}

impl Driver for Webhook {
    fn service(&self) -> String {
        format!("sha256:{}", sha256(self.address.reveal().as_bytes()))
    }

    fn trigger<'a>(&'a self, order: &'a Order) -> BoxFuture<'a, Told<Option<String>>> {
        self.post("deploy", order, (None, None)).boxed()
    }

    fn roll_back<'a>(
        &'a self,
        order: &'a Order,
        ours: Option<&'a str>,
        to: &'a Release,
    ) -> BoxFuture<'a, Told<Option<String>>> {
        async move { self.post("rollback", order, (ours, Some(to))).await.map(|_| None) }.boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of GitHub's documentation of its own webhooks.
    #[test]
    fn a_body_is_signed_as_github_signs_its_own() {
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"It's a Secret to Everybody");
        let expected = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        assert_eq!(signature(&key, b"Hello, World!"), expected);
    }
}
