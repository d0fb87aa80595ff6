//! Watching: for a time the running application is asked and the platform is looked at, before the deployment counts.

use std::time::Duration;

use reqwest::{Method, Url};
use tokio::time::Instant;

use super::driver::{Stage, Status};
use super::journal::Failed;
use super::machine::{Machine, bear};
use super::wire::{Request, Wire, parse, parts_of};
use crate::config::{Config, Deploy, Secret, Watch};
use crate::error::Result;
use crate::text::{count, span};

/// What is asked while it is watched.
pub(crate) struct Watcher {
    wire: Wire,
    url: Url,
    headers: Vec<(String, String)>,
}

impl Watcher {
    /// `None` if nothing is watched, or only the platform.
    pub(crate) fn open(config: &Config, deploy: &Deploy) -> Result<Option<Self>> {
        let own = deploy.watch.url.as_ref();
        let Some(url) = own.or(deploy.identity.url.as_ref()).filter(|_| !deploy.watch.time.is_zero()) else {
            return Ok(None);
        };
        let address = Secret::new(config.env.resolve(&url.value)?);
        let mut secrets = parts_of(&address);
        let mut headers = Vec::new();
        // What the other address needs is for that alone.
        for (name, value) in deploy.identity.headers.iter().filter(|_| own.is_none()) {
            let value = config.env.resolve(&value.value)?;
            secrets.push(Secret::new(value.clone()));
            headers.push((name.clone(), value));
        }
        let url = parse("watch.url", address.reveal())?;
        Ok(Some(Self { wire: Wire::new(deploy.request_timeout, secrets)?, url, headers }))
    }

    /// How long a good answer took, or what came instead.
    async fn ask(&self) -> std::result::Result<Duration, String> {
        let start = Instant::now();
        let mut request = Request::new(Method::GET, self.url.clone());
        request.named.clone_from(&self.headers);
        self.wire.send(request).await.map(|_| start.elapsed()).map_err(|trouble| trouble.message)
    }
}

/// What was seen so far.
#[derive(Default)]
struct Sight {
    good: Vec<Duration>,
    errors: usize,
    last: String,
}

impl Sight {
    fn asked(&self) -> usize {
        self.good.len() + self.errors
    }

    /// What is wrong, if `planned` is how often it is asked in all.
    fn wrong(&self, watch: &Watch, planned: usize) -> Option<String> {
        if self.errors > 0 && share(self.errors, planned) > watch.max_error_rate {
            let asked = count(self.asked(), "answer");
            return Some(format!("{asked}, {} without success; the last: {}", self.errors, self.last));
        }
        None
    }

    fn slow(&self, watch: &Watch) -> Option<String> {
        let most = watch.max_latency?;
        let mut times = self.good.clone();
        times.sort_unstable();
        let rank = (times.len() * 95).div_ceil(100).saturating_sub(1);
        let slow = times.get(rank).filter(|time| **time > most)?;
        Some(format!("nineteen of twenty answers need up to {}, and may need {}", span(*slow), span(most)))
    }
}

#[expect(clippy::cast_precision_loss, reason = "numbers of answers are far below 2^52")]
fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

impl Machine<'_> {
    /// Looks at the deployment for the configured time.
    pub(super) async fn watch(&self, deployment: Option<&str>) -> std::result::Result<String, Failed> {
        let watch = &self.deploy.watch;
        let fail = |reason: String| Failed { reason: format!("while it was watched: {reason}"), untouched: false };
        let end = Instant::now() + watch.time;
        let planned = watch.time.as_nanos().div_ceil(watch.interval.as_nanos().max(1));
        let planned = usize::try_from(planned).unwrap_or(usize::MAX).max(1);
        let mut sight = Sight::default();
        let mut silent = 0;
        loop {
            if let Some(watcher) = self.watcher {
                match watcher.ask().await {
                    Ok(time) => sight.good.push(time),
                    Err(reason) => (sight.errors, sight.last) = (sight.errors + 1, reason),
                }
                if let Some(reason) = sight.wrong(watch, planned) {
                    return Err(fail(reason));
                }
            }
            match self.driver.status(deployment).await {
                Ok(Status { stage: Stage::Failed(word), .. }) => {
                    return Err(fail(format!("the platform says: {word}")));
                }
                // It was live before it was watched.
                Ok(Status { stage: Stage::Pending(word), .. }) => {
                    return Err(fail(format!("it is not live any more, the platform says: {word}")));
                }
                Ok(_) => silent = 0,
                Err(trouble) => bear(trouble, &mut silent).map_err(|trouble| fail(trouble.message))?,
            }
            if Instant::now() + watch.interval > end {
                break;
            }
            tokio::time::sleep(watch.interval).await;
        }
        if let Some(reason) = sight.slow(watch) {
            return Err(fail(reason));
        }
        let asked = sight.asked();
        Ok(format!("well for {}: {}, {} without success", span(watch.time), count(asked, "answer"), sight.errors))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch(max_error_rate: f64, max_latency: Option<u64>) -> Watch {
        let (time, interval) = (Duration::from_secs(10), Duration::from_secs(1));
        Watch { time, interval, url: None, max_error_rate, max_latency: max_latency.map(Duration::from_millis) }
    }

    fn sight(good: &[u64], errors: usize) -> Sight {
        let good = good.iter().copied().map(Duration::from_millis).collect();
        Sight { good, errors, last: "502".into() }
    }

    #[test]
    fn errors_count_against_all_answers_that_are_planned() {
        assert_eq!(sight(&[], 0).wrong(&watch(0.0, None), 10), None);
        assert!(sight(&[1], 1).wrong(&watch(0.0, None), 10).is_some());
        // Two of ten may fail, whenever they come.
        assert_eq!(sight(&[], 2).wrong(&watch(0.2, None), 10), None);
        assert_eq!(sight(&[1], 3).wrong(&watch(0.2, None), 10).unwrap(), "4 answers, 3 without success; the last: 502");
    }

    #[test]
    fn the_slowest_twentieth_may_be_slow() {
        let mut times = vec![10; 19];
        times.push(5000);
        assert_eq!(sight(&times, 0).slow(&watch(0.0, Some(10))), None);
        times[0] = 20;
        assert!(sight(&times, 0).slow(&watch(0.0, Some(10))).unwrap().contains("need up to 20 ms"));
        assert_eq!(sight(&times, 0).slow(&watch(0.0, None)), None);
        assert_eq!(sight(&[], 3).slow(&watch(0.0, Some(10))), None);
    }
}
