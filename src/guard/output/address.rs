//! Where an address leads, as a browser reads it.
//!
//! Source: URL Living Standard, by the `url` crate: tabs and line ends inside, backslashes, names before `@`, hosts in
//! other scripts and numbers in other notations are what browsers make of them.

use std::collections::HashSet;
use std::sync::LazyLock;

use percent_encoding::percent_decode_str;
use url::Url;

/// Where an address leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// Within the place where the answer is shown, or to a mail program.
    Here,
    Host(Address),
    /// Something that runs.
    Script,
}

/// A place on the web, in the form in which places are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    /// In lower case and ASCII; empty if nobody can tell.
    pub(super) host: String,
    /// Host, path and query: the same for spellings that lead to the same page.
    pub(super) page: String,
    /// Nothing behind the host.
    pub(super) is_root: bool,
}

/// An answer has no place of its own, so that this stands for where it is shown.
const HERE: &str = "here.invalid";
static BASE: LazyLock<Url> =
    LazyLock::new(|| Url::parse(&format!("https://{HERE}/")).expect("the text is constant and tested"));

/// No host is as long; one that pretends to be takes its square to be read.
const MAX_HOST: usize = 1024;

/// Schemes that neither fetch nor run anything.
const HARMLESS: [&str; 8] = ["mailto", "tel", "sms", "geo", "cid", "urn", "doi", "about"];

/// Reads an address as it stands in a text.
pub(super) fn resolve(written: &str) -> Target {
    if host_length(written) > MAX_HOST {
        return Target::Host(unreadable(written));
    }
    let Ok(url) = BASE.join(written) else {
        // What a browser cannot read leads nowhere, but another program may be less strict.
        let leads_away = written.contains("//") || written.contains("\\\\");
        return if leads_away { Target::Host(unreadable(written)) } else { Target::Here };
    };
    // Browsers and other programs do not agree on which side of the backslash the host is.
    if written.find('\\').is_some_and(|at| written[at..].contains('@')) && url.host_str() != Some(HERE) {
        return Target::Host(unreadable(written));
    }
    match (url.scheme(), url.host_str()) {
        (_, Some(HERE)) => Target::Here,
        ("javascript" | "vbscript" | "livescript", _) => Target::Script,
        ("data", _) => data(url.path()),
        (_, Some(host)) => Target::Host(address(&url, host)),
        // `main.rs:12` is a file and a line.
        (scheme, None) if HARMLESS.contains(&scheme) || scheme.contains('.') => Target::Here,
        _ => Target::Host(unreadable(written)),
    }
}

/// How long what stands where a host does is.
fn host_length(written: &str) -> usize {
    let rest = written.trim_start_matches(|character: char| character <= ' ');
    let scheme = rest.find(|character: char| !character.is_ascii_alphanumeric() && !"+-.\t\n\r".contains(character));
    let rest = scheme.filter(|&at| rest[at..].starts_with(':')).map_or(rest, |at| &rest[at + 1..]);
    let host = rest.trim_start_matches(['/', '\\', '\t', '\n', '\r']);
    host.find(['/', '\\', '?', '#']).unwrap_or(host.len())
}

/// Data that is shown is harmless, data that is a page may run.
fn data(path: &str) -> Target {
    let kind = path.trim_start().get(..6).unwrap_or_default();
    if kind.eq_ignore_ascii_case("image/") || path.starts_with(',') { Target::Here } else { Target::Script }
}

fn unreadable(written: &str) -> Address {
    Address { host: String::new(), page: written.to_owned(), is_root: false }
}

fn address(url: &Url, host: &str) -> Address {
    let host = host.trim_end_matches('.').to_owned();
    let path = percent_decode_str(url.path().trim_end_matches('/')).decode_utf8_lossy();
    let port = url.port().map_or(String::new(), |port| format!(":{port}"));
    let query = url.query().map_or(String::new(), |query| format!("?{query}"));
    let is_root = path.is_empty() && query.is_empty();
    let page = format!("{}{port}{path}{query}", host.strip_prefix("www.").unwrap_or(&host));
    Address { host, page, is_root }
}

/// The hosts that a project allows.
pub(super) struct Hosts {
    names: HashSet<String>,
    are_all: bool,
}

impl Hosts {
    /// Each with what is below it. `*` allows every host; a whole address stands for its host.
    pub(super) fn new(allowed: &[String]) -> Self {
        let name = |written: &String| {
            let name = written.trim().trim_start_matches("*.").trim_start_matches('.');
            let url = if name.contains("//") { Url::parse(name) } else { Url::parse(&format!("https://{name}")) };
            Some(url.ok()?.host_str()?.trim_end_matches('.').to_owned())
        };
        Self {
            names: allowed.iter().filter_map(name).collect(),
            are_all: allowed.iter().any(|name| name.trim() == "*"),
        }
    }

    pub(super) fn allow(&self, host: &str) -> bool {
        let mut parents = host.match_indices('.').map(|(at, _)| &host[at + 1..]);
        self.are_all || self.names.contains(host) || parents.any(|parent| self.names.contains(parent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(written: &str) -> String {
        match resolve(written) {
            Target::Host(address) => address.host,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn the_host_is_the_one_that_a_browser_goes_to() {
        for (written, expected) in [
            ("https://good.test@evil.test/x", "evil.test"),
            ("https://good.test:pw@evil.test", "evil.test"),
            ("https://evil.test\\@good.test", ""),
            ("https://good.test\\@evil.test", ""),
            ("//evil.test/x", "evil.test"),
            ("/\\evil.test/x", "evil.test"),
            ("\\\\evil.test\\x", "evil.test"),
            ("ht\ntps://ev\til.test", "evil.test"),
            (" https:evil.test", "Here"),
            ("http:evil.test", "evil.test"),
            ("HTTPS://EVIL.TEST./", "evil.test"),
            ("https://evil。test/", "evil.test"),
            ("https://ｅｖｉｌ.test/", "evil.test"),
            ("https://еvil.test/", "xn--vil-qdd.test"),
            ("http://0x7f.1/", "127.0.0.1"),
            ("https://%65vil.test", "evil.test"),
            ("https://[::bad", ""),
            ("ms-msdt:/id", ""),
            ("java\nscript:alert(1)", "Script"),
            ("\u{1}JavaScript:alert(1)", "Script"),
            ("data:text/html,<script>", "Script"),
            ("data:image/png;base64,AA", "Here"),
            ("/docs/a", "Here"),
            ("#part", "Here"),
            ("", "Here"),
            ("mailto:a@b.test", "Here"),
            ("src/main.rs:12", "Here"),
            ("main.rs:12", "Here"),
        ] {
            assert_eq!(host(written), expected, "{written:?}");
        }
    }

    #[test]
    fn a_host_allows_what_is_below_it_and_nothing_that_only_looks_so() {
        let hosts = Hosts::new(&["example.org".to_owned(), "https://Docs.Test/x".to_owned(), "*.wild.test".to_owned()]);
        for allowed in ["example.org", "a.b.example.org", "docs.test", "x.wild.test"] {
            assert!(hosts.allow(allowed), "{allowed}");
        }
        for foreign in ["badexample.org", "example.org.evil.test", "org", ""] {
            assert!(!hosts.allow(foreign), "{foreign}");
        }
        assert!(Hosts::new(&["*".to_owned()]).allow("any.test"));
    }

    #[test]
    fn spellings_of_a_page_are_equal() {
        let page = |written: &str| match resolve(written) {
            Target::Host(address) => address.page,
            other => panic!("{other:?}"),
        };
        for other in ["http://a.test/x%20y/", "https://www.a.test/x y#part", "HTTPS://A.TEST:443/x%20y"] {
            assert_eq!(page("https://a.test/x y"), page(other), "{other}");
        }
        assert_ne!(page("https://a.test/x"), page("https://a.test/X"));
    }
}
