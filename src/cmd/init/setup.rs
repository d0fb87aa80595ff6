//! What a workflow must know of a project, whoever wrote its configuration.

use super::choose::{Choices, name};
use super::detect::Found;
use crate::cli::{Driver, Forge, Init, Store};
use crate::config::{Config, StoreKind, TargetKind};
use crate::llm::PROVIDERS;

pub(super) struct Setup {
    pub(super) forge: Forge,
    /// Whether a workflow was asked for, and one that is there and says something else is news.
    pub(super) is_asked: bool,
    pub(super) uses_pgvector: bool,
    /// Whether the weights of the local embedder are needed.
    pub(super) uses_weights: bool,
    /// Variables that hold keys, in order.
    pub(super) keys: Vec<String>,
    /// Those of the judges alone.
    pub(super) judges: Vec<String>,
    pub(super) deploy: Option<Driver>,
    /// Address and SHA-256 of the program, where flags say them.
    pub(super) binary: Option<(String, String)>,
}

impl Setup {
    /// Of a project that is there.
    pub(super) fn of_config(config: &Config, choices: &Choices, found: &Found, arguments: &Init) -> Self {
        let is_rag = config.target.kind == TargetKind::Rag;
        let judges = || config.judge.models.iter().map(|model| model.value.as_str());
        let models = judges().chain([config.target.model.value.as_str(), config.retrieval.embedder.value.as_str()]);
        Self {
            uses_pgvector: is_rag && config.retrieval.store == StoreKind::Pgvector,
            uses_weights: config.retrieval.embedder.value == "local",
            keys: keys(models, found),
            judges: sorted(of_providers(judges())),
            is_asked: arguments.forge.is_some() || arguments.deploy.is_some() || arguments.binary_url.is_some(),
            ..Self::of_flags(choices, arguments)
        }
    }

    /// Of a project that is about to be.
    pub(super) fn of_choices(choices: &Choices, embedder: &str, found: &Found, arguments: &Init) -> Self {
        Self {
            uses_pgvector: choices.store == Store::Pgvector,
            uses_weights: embedder == "local",
            keys: keys([choices.model.as_str(), embedder], found),
            ..Self::of_flags(choices, arguments)
        }
    }

    fn of_flags(choices: &Choices, arguments: &Init) -> Self {
        Self {
            forge: choices.forge,
            is_asked: true,
            uses_pgvector: false,
            uses_weights: false,
            keys: Vec::new(),
            judges: Vec::new(),
            deploy: choices.deploy,
            binary: arguments.binary_url.clone().zip(arguments.binary_sha256.clone()),
        }
    }

    pub(super) fn driver(&self) -> String {
        name(&self.deploy.unwrap_or(Driver::Render))
    }

    /// What the driver cannot do without, as comments for the configuration.
    pub(super) fn driver_keys(&self) -> String {
        let keys = match self.deploy.unwrap_or(Driver::Render) {
            Driver::Render => "# token = \"env:RENDER_API_KEY\"\n# service = \"srv-...\"",
            Driver::RenderHook => "# hook = \"env:RENDER_DEPLOY_HOOK_URL\"",
            Driver::Vercel => {
                "# token = \"env:VERCEL_TOKEN\"\n# service = \"prj_...\"\n# The number of the repository on GitHub.\n# repository = \"...\""
            }
            Driver::Fly => "# service = \"app\"\n# image = \"registry.fly.io/app\"",
            Driver::Github => "# token = \"env:GITHUB_TOKEN\"\n# repository = \"owner/name\"",
            Driver::Webhook => "# url = \"env:DEPLOY_WEBHOOK_URL\"\n# secret = \"env:DEPLOY_WEBHOOK_SECRET\"",
            Driver::Command => "# command = [\"./deploy.sh\"]",
        };
        keys.to_owned()
    }

    /// Whether the application itself must say what runs.
    pub(super) fn needs_identity(&self) -> bool {
        matches!(self.deploy, Some(Driver::RenderHook | Driver::Webhook | Driver::Command))
    }
}

/// The variables of the providers that models name, and those that are set here.
fn keys<'a>(models: impl IntoIterator<Item = &'a str>, found: &Found) -> Vec<String> {
    let mut keys = of_providers(models);
    keys.extend(found.keys.iter().map(|(_, variable)| *variable));
    sorted(keys)
}

/// The variables of the providers that models name.
fn of_providers<'a>(models: impl IntoIterator<Item = &'a str>) -> Vec<&'static str> {
    let providers = models.into_iter().filter_map(|model| model.split_once('/')).map(|(provider, _)| provider);
    let providers: Vec<&str> = providers.collect();
    let named = PROVIDERS.iter().filter(|known| providers.contains(&known.name));
    named.filter_map(|known| known.key_env.first().copied()).collect()
}

fn sorted(mut names: Vec<&str>) -> Vec<String> {
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(str::to_owned).collect()
}
