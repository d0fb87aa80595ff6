//! A run as it stands on the server: made by its coordinator, found by workers.

use std::collections::HashMap;
use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, pull};
use async_nats::jetstream::stream::{Config, RetentionPolicy, StorageType};
use futures_util::TryStreamExt as _;

use super::names::{CASES, CASES_SUBJECTS, Names, RESULTS, RESULTS_SUBJECTS};
use super::{Connection, Content};
use crate::error::Result;

/// What is left of a run that nobody continues goes away after this time.
const KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// A result that a coordinator was given, and died with, is given to the next one after this time.
pub(super) const RESULTS_REDELIVERED_AFTER: Duration = Duration::from_secs(5);
/// Beside the parts of the content.
const REPEATS: &str = "repeats";

/// A run that workers can take cases of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Offered {
    pub(super) names: Names,
    /// How often each case is asked.
    pub(super) repeats: u32,
    /// A case whose worker is silent for this time is delivered again.
    pub(super) redeliver_after: Duration,
}

/// What is on the server.
pub(super) enum Found {
    Run(Offered),
    /// Only runs that this worker cannot serve: consumer name, and what differs.
    Others(Vec<(String, String)>),
}

impl Offered {
    /// Puts the run on the server, or takes over what an earlier part of the run has left there: its cases are taken
    /// back, since the journal says which are still to be done; its results are kept. Gives how many these are.
    pub(super) async fn make(&self, connection: &Connection, content: &Content) -> Result<u64> {
        let failed = "set up the run";
        let stream = |name: &str, subjects: &str, retention| Config {
            name: name.to_owned(),
            subjects: vec![subjects.to_owned()],
            retention,
            storage: StorageType::File,
            max_age: KEPT,
            ..Config::default()
        };
        let jetstream = &connection.context;
        let results = stream(RESULTS, RESULTS_SUBJECTS, RetentionPolicy::Interest);
        let results =
            jetstream.get_or_create_stream(results).await.map_err(|error| connection.failed(failed, error))?;
        let cases = stream(CASES, CASES_SUBJECTS, RetentionPolicy::WorkQueue);
        let cases = jetstream.get_or_create_stream(cases).await.map_err(|error| connection.failed(failed, error))?;
        cases.purge().filter(&self.names.cases).await.map_err(|error| connection.failed(failed, error))?;
        let consumer = |subject: &str| pull::Config {
            durable_name: Some(self.names.consumer.clone()),
            filter_subject: subject.to_owned(),
            ack_policy: AckPolicy::Explicit,
            max_ack_pending: -1,
            inactive_threshold: KEPT,
            ..pull::Config::default()
        };
        let taken = pull::Config { ack_wait: RESULTS_REDELIVERED_AFTER, ..consumer(&self.names.results) };
        let taken = results.create_consumer(taken).await.map_err(|error| connection.failed(failed, error))?;
        // Last: from now on workers see the run.
        let metadata =
            [(REPEATS.to_owned(), self.repeats.to_string())].into_iter().chain(content.to_metadata()).collect();
        let given = pull::Config { metadata, ack_wait: self.redeliver_after, ..consumer(&self.names.cases) };
        cases.create_consumer(given).await.map_err(|error| connection.failed(failed, error))?;
        let taken = taken.cached_info();
        Ok(taken.num_pending + taken.num_ack_pending as u64)
    }

    /// Takes the run off the server; its results stay if it may be continued.
    pub(super) async fn remove(
        &self,
        connection: &Connection,
        all_done: bool,
    ) -> std::result::Result<(), async_nats::Error> {
        let jetstream = &connection.context;
        let cases = jetstream.get_stream_no_info(CASES).await?;
        cases.delete_consumer(&self.names.consumer).await?;
        cases.purge().filter(&self.names.cases).await?;
        if all_done {
            // Nobody is interested any more, so the server drops what is there and what may still come.
            jetstream.get_stream_no_info(RESULTS).await?.delete_consumer(&self.names.consumer).await?;
        }
        Ok(())
    }

    /// The oldest run of this content that has cases left, or that is under way at least.
    pub(super) async fn find(
        connection: &Connection,
        content: &Content,
    ) -> std::result::Result<Found, async_nats::Error> {
        let stream = connection.context.get_stream_no_info(CASES).await?;
        let mut infos: Vec<_> = stream.consumers().try_collect().await?;
        infos.sort_by_key(|info| (info.num_pending == 0, info.created));
        let mut others = Vec::new();
        for info in infos {
            match Names::of_consumer(&info.name, content) {
                Some(names) => {
                    let repeats = repeats(&info.config.metadata);
                    return Ok(Found::Run(Self { names, repeats, redeliver_after: info.config.ack_wait }));
                }
                None => others.push((info.name, content.differences(&info.config.metadata))),
            }
        }
        Ok(Found::Others(others))
    }
}

fn repeats(metadata: &HashMap<String, String>) -> u32 {
    metadata.get(REPEATS).and_then(|repeats| repeats.parse().ok()).unwrap_or(1)
}
