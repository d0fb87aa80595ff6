//! Whether `[deploy]` says enough to deploy by, and whether a deployment hook belongs to the service that it is for. A hook's address is
//! a secret: it is never shown.

use reqwest::Url;

use super::Patient;
use super::finding::{Finding, State};

/// A service, and where its hooks lie.
struct Service {
    name: &'static str,
    host: &'static str,
    path: &'static str,
    /// The driver that calls it.
    driver: &'static str,
    variable: &'static str,
}

const SERVICES: &[Service] = &[
    Service {
        name: "Render",
        host: "api.render.com",
        path: "/deploy/srv-",
        driver: "render-hook",
        variable: "RENDER_DEPLOY_HOOK_URL",
    },
    Service {
        name: "Vercel",
        host: "api.vercel.com",
        path: "/v1/integrations/deploy/",
        driver: "vercel",
        variable: "VERCEL_DEPLOY_HOOK_URL",
    },
    Service {
        name: "Netlify",
        host: "api.netlify.com",
        path: "/build_hooks/",
        driver: "webhook",
        variable: "NETLIFY_BUILD_HOOK_URL",
    },
];

/// What is wrong with a hook.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct WrongService {
    /// Whose hook it must be.
    pub(super) wanted: &'static str,
    /// Whose it is; `None` if nobody's that we know.
    pub(super) found: Option<&'static str>,
    /// What to write as `driver` for it.
    pub(super) driver: Option<&'static str>,
}

/// Whether the hook that a driver is to call belongs to another service. Drivers that call anybody have none that is wrong.
pub(super) fn wrong_service(driver: &str, url: &str) -> Option<WrongService> {
    let wanted = match driver {
        "render" | "render-hook" => "Render",
        "vercel" => "Vercel",
        _ => return None,
    };
    let url = Url::parse(url.trim()).ok();
    let is_of = |service: &&Service| {
        let url = url.as_ref();
        url.is_some_and(|url| url.host_str() == Some(service.host) && url.path().starts_with(service.path))
    };
    let found = SERVICES.iter().find(is_of);
    if found.is_some_and(|service| service.name == wanted) {
        return None;
    }
    Some(WrongService { wanted, found: found.map(|service| service.name), driver: found.map(|service| service.driver) })
}

/// What would stop every deployment, and hooks of another service.
pub(super) fn check(patient: &Patient) -> Vec<Finding> {
    let mut found = hooks(patient);
    let deploys = patient.config.deploys.all.iter().filter(|deploy| deploy.driver.is_some());
    let environments: Vec<&str> = deploys.clone().map(|deploy| deploy.environment.as_str()).collect();
    for deploy in deploys {
        let problems = super::super::deploy::open(&patient.config, deploy).err();
        // A secret that is not set is told by the check of secrets.
        let problems =
            problems.iter().flat_map(Finding::of_error).filter(|found| !found.message.ends_with("is not set"));
        for problem in problems {
            if !found.contains(&problem) {
                found.push(problem);
            }
        }
    }
    if found.iter().all(|finding| finding.state == State::Ok) && !environments.is_empty() {
        found.push(Finding::ok(format!("[deploy] says how to deploy to {}", environments.join(", "))));
    } else if found.is_empty() {
        found.push(Finding::skipped("no deployment is configured"));
    }
    found
}

/// The hooks of `[deploy]`, and the variables that are called after a service's hook.
fn hooks(patient: &Patient) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut is_any = false;
    for deploy in &patient.config.deploys.all {
        let (Some(driver), Some(hook)) = (&deploy.driver, deploy.platform.get("hook")) else { continue };
        is_any = true;
        // One that is not set is told by the check of secrets.
        let Ok(url) = patient.config.env.resolve(&hook.value) else { continue };
        let wrong = wrong_service(&driver.value, &url);
        found.extend(wrong.map(|wrong| finding(&format!("deploy.hook ({})", hook.value), &wrong)));
    }
    // The same address under its usual name is told once.
    let is_told = !found.is_empty();
    for service in SERVICES {
        let Some(url) = patient.config.env.get(service.variable) else { continue };
        is_any = true;
        // A hook of Netlify's is called by the driver for anybody.
        let driver = if service.driver == "webhook" { continue } else { service.driver };
        if let Some(wrong) = wrong_service(driver, url).filter(|_| !is_told) {
            found.push(finding(service.variable, &wrong));
        }
    }
    match (found.is_empty(), is_any) {
        (true, true) => vec![Finding::ok("the deployment hook belongs to its service")],
        _ => found,
    }
}

fn finding(place: &str, wrong: &WrongService) -> Finding {
    let WrongService { wanted, found, driver } = wrong;
    match (found, driver) {
        (Some(found), Some(driver)) => Finding::problem(
            format!("{place} holds a hook of {found}, not of {wanted}"),
            format!(
                "take the deploy hook from {wanted}'s settings, or set driver = \"{driver}\" and keep it in a variable of {found}'s"
            ),
        ),
        _ => Finding::problem(
            format!("{place} holds no deploy hook of {wanted}"),
            format!("copy the whole address from {wanted}'s settings; for another service set driver = \"webhook\""),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RENDER: &str = "https://api.render.com/deploy/srv-abc?key=secret";
    const VERCEL: &str = "https://api.vercel.com/v1/integrations/deploy/prj_abc/secret";
    const NETLIFY: &str = "https://api.netlify.com/build_hooks/secret";

    #[test]
    fn a_hook_of_another_service_is_known_by_its_address() {
        for (driver, url) in
            [("render", RENDER), ("render-hook", RENDER), ("vercel", VERCEL), ("webhook", NETLIFY), ("fly", VERCEL)]
        {
            assert_eq!(wrong_service(driver, url), None, "{driver}");
        }
        let cases = [
            ("render-hook", VERCEL, Some("Vercel"), Some("vercel")),
            ("render", NETLIFY, Some("Netlify"), Some("webhook")),
            ("vercel", RENDER, Some("Render"), Some("render-hook")),
            ("render-hook", "https://api.render.com/v1/services", None, None),
            ("render-hook", "https://example.org/api.render.com/deploy/srv-abc", None, None),
            ("vercel", "no address", None, None),
        ];
        for (driver, url, found, better) in cases {
            let wrong = wrong_service(driver, url).unwrap();
            assert_eq!((wrong.found, wrong.driver), (found, better), "{driver} {url}");
            let said = finding("HOOK", &wrong);
            assert!(!said.message.contains("secret") && !said.fix.unwrap().contains("secret"));
        }
    }
}
