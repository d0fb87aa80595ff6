//! Render's deploy hook: a secret address, and nothing more. What it begins is only known from the running application.
//!
//! Source: render.com/docs/deploy-hooks (POST, `imgURL` URL-encoded). That `ref` chooses the commit is what its dashboard offers.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use reqwest::{Method, Url};

use super::super::driver::{Driver, Order, Release, Told, Trouble};
use super::super::wire::{Request, Wire, parse, parts_of, text};
use super::image_of;
use crate::config::{Config, Deploy, Secret};
use crate::digest::sha256;
use crate::error::Result;

struct Hook {
    wire: Wire,
    address: Secret,
    image: Option<String>,
}

pub(super) fn open(config: &Config, deploy: &Deploy) -> Result<Box<dyn Driver>> {
    let address = deploy.secret(&config.env, "hook")?.unwrap_or_else(|| Secret::new(""));
    parse("hook", address.reveal())?;
    let wire = Wire::new(deploy.request_timeout, parts_of(&address))?;
    Ok(Box::new(Hook { wire, address, image: deploy.text("image").map(str::to_owned) }))
}

impl Hook {
    async fn post(&self, commit: &str, image: Option<&str>, key: &str) -> Told<Option<String>> {
        let mut url: Url = parse("hook", self.address.reveal())?;
        match image_of(self.image.as_deref(), image)? {
            Some(image) => url.query_pairs_mut().append_pair("imgURL", &image),
            None => url.query_pairs_mut().append_pair("ref", commit),
        };
        let mut request = Request::new(Method::POST, url).header("idempotency-key", key);
        request.shown = Some("the deploy hook");
        let reply = self.wire.send(request).await?;
        Ok(text(&reply, "/deploy/id"))
    }
}

impl Driver for Hook {
    fn service(&self) -> String {
        format!("sha256:{}", sha256(self.address.reveal().as_bytes()))
    }

    fn check(&self, order: &Order) -> Told<()> {
        image_of(self.image.as_deref(), order.image.as_deref()).map(|_| ())
    }

    fn trigger<'a>(&'a self, order: &'a Order) -> BoxFuture<'a, Told<Option<String>>> {
        self.post(&order.commit, order.image.as_deref(), &order.key).boxed()
    }

    fn roll_back<'a>(
        &'a self,
        order: &'a Order,
        _: Option<&'a str>,
        to: &'a Release,
    ) -> BoxFuture<'a, Told<Option<String>>> {
        async move {
            let Some(commit) = &to.commit else {
                return Err(Trouble::config("it is not known which commit was live before"));
            };
            self.post(commit, to.image.as_deref(), &format!("{}-rollback", order.key)).await.map(|_| None)
        }
        .boxed()
    }
}
