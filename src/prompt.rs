//! Prompts: versioned files in `prompts/NAME/VERSION.md`, found by name and version, rendered strictly.

mod change;
mod registry;
mod template;
mod version;

pub(crate) use change::{Change, Changes, changes};
pub(crate) use registry::{Selector, find, plain_version};
pub(crate) use template::Template;
pub(crate) use version::PromptVersion;
