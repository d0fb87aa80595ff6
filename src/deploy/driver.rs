//! What every platform is to the state machine.

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Problem};
use crate::evidence::ProvenPrompt;

/// What is to run.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) environment: String,
    pub(crate) commit: String,
    /// `sha256:...` of the image, if the evidence names one.
    pub(crate) image: Option<String>,
    pub(crate) prompts: Vec<ProvenPrompt>,
    /// SHA-256 of the evidence.
    pub(crate) evidence: String,
    /// The same for every request of the same attempt, so that a platform can tell a repetition.
    pub(crate) key: String,
}

/// A deployment that a platform knows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Release {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) commit: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) image: Option<String>,
}

/// How a platform stands before anything is asked of it.
#[derive(Debug, Default)]
pub(crate) struct Standing {
    /// What is live, if the platform can tell.
    pub(crate) live: Option<Release>,
    /// The newest deployment, live or not: what is newer came later.
    pub(crate) newest: Option<String>,
}

/// How far a deployment is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stage {
    /// In the platform's own word.
    Pending(String),
    Live,
    /// In the platform's own word.
    Failed(String),
    /// The platform says nothing of its deployments.
    Untold,
}

/// What a platform says of one deployment.
#[derive(Debug, Clone)]
pub(crate) struct Status {
    pub(crate) stage: Stage,
    /// The commit that it is of, as the platform knows it.
    pub(crate) commit: Option<String>,
    /// The digest of its image.
    pub(crate) image: Option<String>,
}

/// Whether a deployment was begun before a crash.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Begun(String),
    NotBegun,
    /// The platform does not say: it must be asked again with the same key.
    CannotTell,
}

/// A request that did not do what it was to do. The message holds no secret.
#[derive(Debug, Clone)]
pub(crate) struct Trouble {
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    pub(crate) kind: TroubleKind,
}

/// What follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TroubleKind {
    /// The platform understood and refused (4xx), so it has done nothing.
    Refused,
    /// It answered, but not with success; what it has done is not known.
    Failed,
    /// It did not answer; what it has done is not known.
    Silent,
    /// The configuration must change.
    Config,
}

pub(crate) type Told<T> = std::result::Result<T, Trouble>;

impl Trouble {
    pub(super) fn new(kind: TroubleKind, message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, kind }
    }

    pub(super) fn config(message: impl Into<String>) -> Self {
        Self::new(TroubleKind::Config, message)
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl From<Trouble> for Error {
    fn from(trouble: Trouble) -> Self {
        let Trouble { message, hint, kind } = trouble;
        let error = match kind {
            TroubleKind::Config => Problem::new(message).into(),
            _ => Self::unavailable(message),
        };
        match hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

/// One platform, or one way to reach it.
pub(crate) trait Driver: Send + Sync {
    /// The name of the service, or the SHA-256 of the secret address that stands for it.
    fn service(&self) -> String;

    /// Whether `status` says which commit or image a deployment is of. A platform that tells nothing leaves this, `standing`, `find`
    /// and `status` as they are here.
    fn tells(&self) -> bool {
        false
    }

    /// What must be there in the order; the reason why it cannot be deployed.
    fn check(&self, _: &Order) -> Told<()> {
        Ok(())
    }

    /// How the platform stands; nothing is changed.
    fn standing(&self) -> BoxFuture<'_, Told<Standing>> {
        ready(Ok(Standing::default())).boxed()
    }

    /// Begins the deployment, and gives its name if the platform does.
    fn trigger<'a>(&'a self, order: &'a Order) -> BoxFuture<'a, Told<Option<String>>>;

    /// Whether a deployment of the order was begun after the one that was the newest before.
    fn find<'a>(&'a self, _: &'a Order, _newest: Option<&'a str>) -> BoxFuture<'a, Told<Found>> {
        ready(Ok(Found::CannotTell)).boxed()
    }

    fn status<'a>(&'a self, _id: Option<&'a str>) -> BoxFuture<'a, Told<Status>> {
        ready(Ok(Status { stage: Stage::Untold, commit: None, image: None })).boxed()
    }

    /// Makes `to` live again, and stops `ours` if it is still on its way. Gives what is to be waited for; `None` if `to` never
    /// ceased to be live or the platform tells nothing.
    fn roll_back<'a>(
        &'a self,
        order: &'a Order,
        ours: Option<&'a str>,
        to: &'a Release,
    ) -> BoxFuture<'a, Told<Option<String>>>;
}
