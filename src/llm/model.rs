//! The name of a model as users write it: `provider/model`.

use std::fmt;

use crate::error::Error;

/// `gemini/gemini-2.5-flash`: everything before the first slash is the provider.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Model {
    pub(crate) provider: String,
    pub(crate) name: String,
}

impl std::str::FromStr for Model {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text.split_once('/') {
            Some((provider, name)) if !provider.is_empty() && !name.is_empty() => {
                Ok(Self { provider: provider.to_owned(), name: name.to_owned() })
            }
            _ => Err(Error::config(format!("\"{text}\" is not a model"))
                .hint("write provider/model, for example \"gemini/gemini-2.5-flash\"")),
        }
    }
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.provider, self.name)
    }
}
