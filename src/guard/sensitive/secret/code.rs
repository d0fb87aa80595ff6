//! Hosts of code, registries of packages, and what builds and checks code.

use super::super::checksum::{base62, crc32};
use super::super::token::Token;
use super::super::{Kind, Search};

pub(in super::super) const KINDS: &[Kind] = &[
    // A type, 30 random characters, six of checksum; app tokens may be longer and then have none:
    // <https://github.blog/2021-04-05-behind-githubs-new-authentication-token-formats/>
    Kind::secret(
        "secret.github_token",
        "a GitHub token",
        "GITHUB_TOKEN",
        &[
            Search::Token(
                Token::new(&["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], r"gh[pousr]_\w{36,}")
                    .confidence(|token| Some(checked(token))),
            ),
            Search::Token(Token::new(&["github_pat_"], "github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}")),
        ],
    ),
    // <https://docs.gitlab.com/security/tokens/#token-prefixes>; a longer one ends with its length and a checksum.
    Kind::secret(
        "secret.gitlab_token",
        "a GitLab token",
        "GITLAB_TOKEN",
        &[
            Search::Token(Token::new(
                &[
                    "glpat-", "gloas-", "gldt-", "glrt-", "glrtr-", "glcbt-", "glptt-", "glft-", "glimt-", "glagent-",
                    "glwt-", "glsoat-", "glffct-",
                ],
                r"gl(?:pat|oas|dt|rtr?|cbt|ptt|ft|imt|agent|wt|soat|ffct)-[\w-]{20,}(?:\.[0-9a-z]{2}\.?[0-9a-z]{7,9})?",
            )),
            Search::Token(Token::new(&["GR1348941"], r"GR1348941[\w-]{20}")),
        ],
    ),
    // <https://support.atlassian.com/organization-administration/docs/understand-user-api-tokens/>
    Kind::secret(
        "secret.atlassian_token",
        "an Atlassian or Bitbucket token",
        "ATLASSIAN_TOKEN",
        &[
            Search::Token(Token::new(&["ATATT3", "ATCTT3"], r"AT[AC]TT3[\w=-]{60,}")),
            Search::Token(Token::new(&["ATBB"], "ATBB[A-Za-z0-9]{32}")),
        ],
    ),
    // As GitHub's: <https://github.blog/2021-09-23-announcing-npms-new-access-token-format/>
    Kind::secret(
        "secret.npm_token",
        "an npm token",
        "NPM_TOKEN",
        &[Search::Token(Token::new(&["npm_"], "npm_[A-Za-z0-9]{36}").confidence(|token| Some(checked(token))))],
    ),
    // A macaroon that begins with its version and location, in base64url: <https://pypi.org/help/#apitoken>
    Kind::secret(
        "secret.pypi_token",
        "a PyPI token",
        "PYPI_TOKEN",
        &[Search::Token(Token::new(&["pypi-AgE"], r"pypi-AgE[\w-]{50,}").longest(1_100))],
    ),
    Kind::secret(
        "secret.crates_token",
        "a crates.io token",
        "CRATES_TOKEN",
        &[Search::Token(Token::new(&["cio"], "cio[A-Za-z0-9]{32}"))],
    ),
    Kind::secret(
        "secret.rubygems_key",
        "a RubyGems key",
        "RUBYGEMS_KEY",
        &[Search::Token(Token::new(&["rubygems_"], "rubygems_[a-z0-9]{48}"))],
    ),
    Kind::secret(
        "secret.nuget_key",
        "a NuGet key",
        "NUGET_KEY",
        &[Search::Token(Token::new(&["oy2"], "oy2[a-z0-9]{43}"))],
    ),
    Kind::secret(
        "secret.clojars_token",
        "a Clojars token",
        "CLOJARS_TOKEN",
        &[Search::Token(Token::new(&["CLOJARS_"], "CLOJARS_[a-z0-9]{60}"))],
    ),
    Kind::secret(
        "secret.docker_token",
        "a Docker Hub token",
        "DOCKER_TOKEN",
        &[Search::Token(Token::new(&["dckr_pat_", "dckr_oat_"], r"dckr_(?:pat_[\w-]{27}|oat_[\w-]{32})"))],
    ),
    Kind::secret(
        "secret.artifactory_token",
        "an Artifactory token",
        "ARTIFACTORY_TOKEN",
        &[
            Search::Token(Token::new(&["AKCp"], "AKCp[A-Za-z0-9]{69}")),
            Search::Token(Token::new(&["cmVmd"], "cmVmd[A-Za-z0-9]{59}")),
        ],
    ),
    Kind::secret(
        "secret.sourcegraph_token",
        "a Sourcegraph token",
        "SOURCEGRAPH_TOKEN",
        &[Search::Token(Token::new(&["sgp_"], "sgp_(?:(?:[a-fA-F0-9]{16}|local)_)?[a-fA-F0-9]{40}"))],
    ),
    Kind::secret(
        "secret.sonar_token",
        "a SonarQube token",
        "SONAR_TOKEN",
        &[Search::Token(Token::new(&["squ_", "sqp_", "sqa_"], "sq[upa]_[a-f0-9]{40}"))],
    ),
    Kind::secret(
        "secret.postman_key",
        "a Postman key",
        "POSTMAN_KEY",
        &[Search::Token(Token::new(&["PMAK-"], "PMAK-[A-Za-z0-9]{24}-[A-Za-z0-9]{34}"))],
    ),
    Kind::secret(
        "secret.buildkite_token",
        "a Buildkite token",
        "BUILDKITE_TOKEN",
        &[Search::Token(Token::new(&["bkua_"], "bkua_[a-z0-9]{40}"))],
    ),
    Kind::secret(
        "secret.circleci_token",
        "a CircleCI token",
        "CIRCLECI_TOKEN",
        &[Search::Token(Token::new(&["CCIPAT_", "CCIPRJ_"], r"CCI(?:PAT|PRJ)_[A-Za-z0-9]{22}_[a-f0-9]{40}"))],
    ),
    Kind::secret(
        "secret.octopus_key",
        "an Octopus Deploy key",
        "OCTOPUS_KEY",
        &[Search::Token(Token::new(&["API-"], "API-[A-Z0-9]{26}"))],
    ),
];

/// Four characters of type, then the random part, then its CRC-32 in base 62. Without it a token of that length does
/// not work, but it may be one that somebody mistyped.
fn checked(token: &str) -> f64 {
    let (_, random) = token.split_at(4);
    let right = random.len() > 6 && {
        let (random, check) = random.split_at(random.len() - 6);
        check.as_bytes() == base62(crc32(random.as_bytes()))
    };
    if right { 0.99 } else { 0.75 }
}
