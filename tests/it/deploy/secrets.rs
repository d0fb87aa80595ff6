//! Nothing that is secret is printed, or stands in any file of the project.

use std::path::Path;

use super::setting::{Setting, by_api, hasty, identity};
use crate::support::platform::{Fault, HOOK_KEY, TOKEN, WEBHOOK_KEY};

/// Parts of addresses and keys that must not be seen.
const SECRETS: [&str; 5] = [HOOK_KEY, TOKEN, WEBHOOK_KEY, "secret-path-3b9a", "srv-0123456789"];

type Config = fn(&str) -> String;

fn look_through(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            look_through(&path);
            continue;
        }
        let content = std::fs::read(&path).unwrap();
        let text = String::from_utf8_lossy(&content);
        for secret in SECRETS {
            assert!(!text.contains(secret), "{} holds {secret}", path.display());
        }
    }
}

#[test]
fn secrets_are_in_no_output_and_no_file_whatever_the_platform_repeats() {
    let hook = |url: &str| format!("driver = \"render-hook\"\nhook = \"env:DEPLOY_HOOK\"\n{}", identity(url));
    let webhook = |url: &str| {
        format!("driver = \"webhook\"\nurl = \"env:DEPLOY_WEBHOOK\"\nsecret = \"env:DEPLOY_SECRET\"\n{}", identity(url))
    };
    let all = [Fault::None, Fault::Trigger(404), Fault::Trigger(500), Fault::Hang, Fault::BadAnswers, Fault::Dead];
    let some = &all[1..3];
    let cases: [(Config, &[Fault]); 3] = [(hook, &all), (webhook, some), (by_api, some)];
    for (config, faults) in cases {
        for &fault in faults {
            let setting = Setting::new(|url| hasty(&config(url)));
            setting.platform.world().fault = fault;
            let ran = setting.deploy();
            let status = setting.runs(&["deploy", "status", "--json"]).ends(0);
            let dry = setting.runs(&["deploy", "--dry-run"]);
            for text in [&ran.stdout, &ran.stderr, &status.stdout, &dry.stdout, &dry.stderr] {
                for secret in SECRETS {
                    assert!(!text.contains(secret), "{fault:?}: {secret} in {text}");
                }
            }
            look_through(&setting.project.path("."));
        }
    }
}

#[test]
fn a_platform_that_cannot_be_reached_is_named_without_its_secret() {
    let setting = Setting::new(|_| {
        let closed = "http://127.0.0.1:9";
        format!("driver = \"render-hook\"\nhook = \"env:CLOSED\"\n{}", identity(closed))
    });
    let mut command = setting.command(&["deploy"]);
    command.env("CLOSED", format!("http://127.0.0.1:9/deploy/srv-0123456789?key={HOOK_KEY}"));
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let ran = crate::support::Ran::of(&mut command).ends(2);
    assert!(ran.stdout.contains("POST the deploy hook: no answer: "), "{}", ran.stdout);
    for secret in SECRETS {
        assert!(!ran.stdout.contains(secret) && !ran.stderr.contains(secret), "{}{}", ran.stdout, ran.stderr);
    }
}
