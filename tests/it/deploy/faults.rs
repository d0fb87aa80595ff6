//! Each driver against a platform that does well, and against one that does not.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use super::setting::{OLD, Setting, by_api, hasty, identity};
use crate::support::Ran;
use crate::support::platform::{Fault, Platform};

/// Render's API by a commit.
fn render(url: &str) -> String {
    by_api(url) + &identity(url)
}

fn render_hook(url: &str) -> String {
    format!("driver = \"render-hook\"\nhook = \"env:DEPLOY_HOOK\"\n{}", identity(url))
}

fn webhook(url: &str) -> String {
    format!("driver = \"webhook\"\nurl = \"env:DEPLOY_WEBHOOK\"\nsecret = \"env:DEPLOY_SECRET\"\n{}", identity(url))
}

fn vercel(url: &str) -> String {
    format!(
        "driver = \"vercel\"\ntoken = \"env:DEPLOY_TOKEN\"\nservice = \"prj_1\"\nrepository = \"1234\"\nteam = \"team_1\"\napi = \"{url}\"\n{}",
        identity(url)
    )
}

fn github(url: &str) -> String {
    let keys = "driver = \"github\"\ntoken = \"env:DEPLOY_TOKEN\"\nrepository = \"example/app\"\n";
    format!("{keys}api = \"{url}\"\n{}", identity(url))
}

type Config = fn(&str) -> String;

const DRIVERS: [(&str, Config); 5] =
    [("render", render), ("render-hook", render_hook), ("webhook", webhook), ("vercel", vercel), ("github", github)];

/// Deploys to a platform with a fault, with all drivers at once but those left out, and looks at what came of it.
fn each(fault: Fault, without: &[&str], look: impl Fn(&str, &Setting, &Ran) + Sync) {
    use Fault::{BuildFails, HalfDeployed, Hang, NeverLive, WrongCommit};
    let is_waited_for = matches!(fault, BuildFails | HalfDeployed | Hang | NeverLive | WrongCommit);
    let one = |name: &str, config: Config| {
        let setting = Setting::new(|url| if is_waited_for { hasty(&config(url)) } else { config(url) });
        setting.platform.world().fault = fault;
        let ran = setting.deploy();
        look(name, &setting, &ran);
        assert!(setting.is_at_rest(), "{name}: {}", ran.stderr);
        assert_eq!(setting.entries().len(), 1, "{name}: {}", ran.stderr);
        if fault != Fault::None {
            assert_eq!(setting.production(), Value::Null, "{name}");
        }
    };
    std::thread::scope(|scope| {
        for (name, config) in DRIVERS.iter().filter(|(name, _)| !without.contains(name)) {
            scope.spawn(|| one(name, *config));
        }
    });
}

/// The old deployment is live, whether it was touched or not, and the reason is said and recorded.
fn is_undone(name: &str, setting: &Setting, ran: &Ran, reason: &str) {
    assert_eq!(ran.code, 1, "{name}: {}{}", ran.stdout, ran.stderr);
    assert_eq!(setting.platform.live().as_deref(), Some(OLD), "{name}: {}", ran.stdout);
    let entry = setting.last_entry();
    assert_eq!(entry["outcome"], "rolled_back", "{name}");
    assert!(entry["reason"].as_str().unwrap().contains(reason), "{name}: {}", entry["reason"]);
    assert!(ran.stdout.contains(reason), "{name}: {}", ran.stdout);
}

#[test]
fn each_driver_deploys_to_a_platform_that_does_well() {
    each(Fault::None, &[], |name, setting, ran| {
        assert_eq!(ran.code, 0, "{name}: {}{}", ran.stdout, ran.stderr);
        assert_eq!(setting.platform.live(), Some(setting.commit()), "{name}");
        assert_eq!(setting.production(), "1.0.1", "{name}");
        assert_eq!(setting.platform.begun(), 2, "{name}");
    });
}

#[test]
fn a_trigger_that_is_not_found_has_done_nothing() {
    each(Fault::Trigger(404), &[], |name, setting, ran| {
        is_undone(name, setting, ran, "was answered with 404");
        assert!(ran.stdout.contains("the platform was not changed"), "{name}: {}", ran.stdout);
        assert_eq!(setting.platform.begun(), 1, "{name}");
    });
}

#[test]
fn a_redirect_is_followed_nowhere() {
    each(Fault::Trigger(302), &[], |name, setting, ran| is_undone(name, setting, ran, "was answered with 302"));
}

#[test]
fn a_trigger_that_fails_is_undone_in_case_it_was_taken() {
    each(Fault::Trigger(500), &[], |name, setting, ran| is_undone(name, setting, ran, "was answered with 500"));
}

#[test]
fn a_trigger_that_was_taken_and_failed_all_the_same_is_undone() {
    each(Fault::TakenBut(502), &[], |name, setting, ran| {
        is_undone(name, setting, ran, "was answered with 502");
        assert!(setting.platform.begun() >= 2, "{name}");
    });
}

#[test]
fn a_trigger_without_an_answer_is_undone() {
    each(Fault::Hang, &[], |name, setting, ran| is_undone(name, setting, ran, "no answer within 900 ms"));
}

#[test]
fn a_build_that_fails_leaves_what_was_live() {
    each(Fault::BuildFails, &["render-hook", "webhook"], |name, setting, ran| {
        is_undone(name, setting, ran, "the deployment failed on the platform: ");
    });
    // Where the platform tells nothing, the application goes on to say the old commit.
    each(Fault::BuildFails, &["render", "vercel", "github"], |name, setting, ran| {
        is_undone(name, setting, ran, "the running application is of commit 000000000, not ");
    });
}

#[test]
fn another_commit_that_is_live_is_a_failure() {
    each(Fault::WrongCommit, &["render-hook", "webhook"], |name, setting, ran| {
        is_undone(name, setting, ran, "the platform runs commit fffffffff, not ");
    });
    each(Fault::WrongCommit, &["render", "vercel", "github"], |name, setting, ran| {
        is_undone(name, setting, ran, "the running application is of commit fffffffff, not ");
    });
}

#[test]
fn a_rollout_that_is_half_done_does_not_count() {
    each(Fault::HalfDeployed, &[], |name, setting, ran| {
        is_undone(name, setting, ran, "it is half deployed: ");
    });
}

#[test]
fn what_never_goes_live_is_cancelled_and_undone() {
    each(Fault::NeverLive, &["render-hook", "webhook"], |name, setting, ran| {
        is_undone(name, setting, ran, "it was not live within 2 s; the last word was: ");
    });
    each(Fault::NeverLive, &["render", "vercel", "github"], |name, setting, ran| {
        is_undone(name, setting, ran, "the running application is of commit 000000000, not ");
    });
}

#[test]
fn answers_that_are_not_good_undo_the_deployment() {
    each(Fault::BadAnswers, &[], |name, setting, ran| {
        is_undone(name, setting, ran, "the smoke test failed: answer_relevancy is 0.000, under its bar of 0.500");
        assert!(setting.project.path("llmops/smoke_report.json").exists(), "{name}");
    });
}

#[test]
fn what_vercel_has_ready_is_promoted_where_it_does_not_go_live_by_itself() {
    let setting = Setting::new(vercel);
    setting.platform.world().fault = Fault::NotPromoted;
    setting.deploy().ends(0);
    assert_eq!(setting.platform.live(), Some(setting.commit()));
    let asked = setting.platform.server.received();
    let promotions = asked.iter().filter(|request| request.path.contains("/promote/dep-1")).count();
    assert_eq!(promotions, 1);
}

#[test]
fn a_platform_that_fails_while_it_is_asked_is_not_waited_for() {
    for status in [404, 429, 500] {
        let setting = Setting::new(by_api);
        setting.platform.world().fault = Fault::Status(status);
        let ran = setting.deploy();
        // Neither can be asked of the way back.
        assert_eq!(ran.code, 2, "{}{}", ran.stdout, ran.stderr);
        assert!(ran.stdout.contains(&format!("was answered with {status}: try again")), "{}", ran.stdout);
        assert!(ran.stdout.starts_with("production needs to be looked at: "), "{}", ran.stdout);
        assert_eq!(setting.production(), Value::Null);
        assert_eq!(setting.last_entry()["outcome"], "failed");
    }
}

#[test]
fn where_nothing_can_be_told_or_undone_that_is_said() {
    // An API still tells that what was live is live.
    each(Fault::Dead, &["render-hook", "webhook"], |name, setting, ran| {
        is_undone(name, setting, ran, "was answered with 503");
        assert!(ran.stdout.contains("never ceased to be live"), "{name}: {}", ran.stdout);
    });
    each(Fault::Dead, &["render", "vercel", "github"], |name, setting, ran| {
        assert_eq!(ran.code, 2, "{name}: {}{}", ran.stdout, ran.stderr);
        assert!(ran.stdout.contains("was answered with 503"), "{name}: {}", ran.stdout);
        assert_eq!(setting.last_entry()["outcome"], "failed", "{name}");
    });
}

#[test]
fn a_later_deployment_returns_to_what_was_good_and_not_to_what_could_not_be_undone() {
    for config in [render, webhook] {
        let setting = Setting::new(|url| hasty(&config(url)));
        setting.platform.world().fault = Fault::NoWayBack;
        let ran = setting.deploy().ends(2);
        assert!(ran.stdout.contains("it is not known whether "), "{}", ran.stdout);
        assert_eq!(setting.platform.live(), Some(setting.commit()));
        setting.project.write("code.py", "print(2)\n");
        setting.commit_all("other code");
        setting.prove("1.0.1");
        setting.platform.world().fault = Fault::WrongCommit;
        setting.deploy().ends(1);
        assert_eq!(setting.platform.live().as_deref(), Some(OLD));
    }
}

#[test]
fn a_first_deployment_that_fails_has_nothing_to_return_to_and_says_so() {
    let setting = Setting::on(Platform::start(None), by_api);
    setting.platform.world().fault = Fault::WrongCommit;
    let ran = setting.deploy().ends(2);
    assert!(ran.stdout.contains("no earlier deployment is known to return to"), "{}", ran.stdout);
    let setting = Setting::on(Platform::start(None), by_api);
    setting.platform.world().fault = Fault::BuildFails;
    let ran = setting.deploy().ends(1);
    assert!(ran.stdout.contains("nothing was live before, and nothing is"), "{}", ran.stdout);
}

#[test]
fn an_image_is_deployed_by_its_digest_and_known_by_it() {
    let setting = Setting::new(|url| by_api(url) + "image = \"docker.io/example/app\"\n");
    let ran = setting.deploy().ends(3);
    assert!(ran.stderr.contains("the evidence names no image"), "{}", ran.stderr);
    let digest = format!("sha256:{}", "ab".repeat(32));
    setting.prove_all(&[("qa", "1.0.1")], &json!(digest));
    setting.deploy().ends(0);
    let asked = setting.platform.server.received();
    let trigger = asked.iter().find(|request| request.method == "POST" && request.path.ends_with("/deploys")).unwrap();
    assert_eq!(trigger.body, json!({"imageUrl": format!("docker.io/example/app@{digest}")}).to_string());
    assert_eq!(setting.last_entry()["image"], digest);
}

/// Stands for a program that deploys: what is live is a file, and `/version` of the project is that file.
const SCRIPT: &str = "#!/bin/sh
echo \"$LLMOPS_ACTION $LLMOPS_COMMIT $LLMOPS_PREVIOUS_COMMIT $LLMOPS_KEY\" >> calls
echo 'some words'
case $LLMOPS_ACTION in
  deploy) curl -s -X POST \"$HOOK&ref=$LLMOPS_COMMIT\" >/dev/null || exit 3; echo '{\"id\": \"own-1\"}';;
  rollback) curl -s -X POST \"$HOOK&ref=$LLMOPS_PREVIOUS_COMMIT\" >/dev/null || exit 3;;
esac
";

fn command(script: &str) -> Setting {
    let setting = Setting::new(|url| {
        hasty("") + &format!("driver = \"command\"\ncommand = [\"./deploy.sh\"]\n{}", identity(url))
    });
    let hook = setting.platform.hook();
    setting.project.write("deploy.sh", &script.replace("$HOOK", &hook));
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(setting.project.path("deploy.sh"), executable).unwrap();
    setting
}

#[test]
fn a_program_deploys_and_is_told_to_go_back() {
    let setting = command(SCRIPT);
    setting.deploy().ends(0);
    assert_eq!(setting.last_entry()["deployment"], "own-1");
    let calls = setting.project.read("calls");
    assert!(calls.starts_with(&format!("deploy {}  ", setting.commit())), "{calls}");
    let setting = command(SCRIPT);
    setting.platform.world().fault = Fault::WrongCommit;
    let ran = setting.deploy();
    let calls = setting.project.read("calls");
    assert!(calls.contains(&format!("rollback {} {OLD} ", setting.commit())), "{calls}");
    // The stand-in takes the way back for a deployment, and so leaves another commit there too.
    assert_eq!(ran.code, 2, "{}", ran.stdout);
    assert!(ran.stdout.contains("it is not known whether 000000000 is live again"), "{}", ran.stdout);
}

#[test]
fn a_program_that_fails_or_does_not_end_is_undone() {
    let setting = command("#!/bin/sh\n[ $LLMOPS_ACTION = rollback ] || { echo 'no such host' >&2; exit 7; }\n");
    let ran = setting.deploy().ends(1);
    assert!(ran.stdout.contains("\"./deploy.sh\" failed (exit status: 7): no such host"), "{}", ran.stdout);
    assert!(ran.stdout.contains("000000000 is live again"), "{}", ran.stdout);
    let setting = command("#!/bin/sh\n[ $LLMOPS_ACTION = rollback ] && exit 0\ncat /dev/zero > /dev/null & wait\n");
    let ran = setting.deploy().ends(1);
    assert!(ran.stdout.contains("\"./deploy.sh\" did not end within 2 s"), "{}", ran.stdout);
    let setting = command("#!/no/such/shell\n");
    let ran = setting.deploy().ends(1);
    assert!(ran.stdout.contains("the platform was not changed"), "{}", ran.stdout);
}

#[test]
fn a_program_that_is_not_there_is_known_before_anything_begins() {
    let setting = command(SCRIPT);
    let ran = setting.runs(&["deploy", "--dry-run"]).ends(0);
    assert!(ran.stdout.contains(" to production with command\n"), "{}", ran.stdout);
    std::fs::remove_file(setting.project.path("deploy.sh")).unwrap();
    for arguments in [&["deploy", "--dry-run"][..], &["deploy"]] {
        let ran = setting.runs(arguments);
        assert!(ran.stderr.contains("there is no program ./deploy.sh, which deploy.command names"), "{}", ran.stderr);
        assert_eq!(ran.code, 3, "{}", ran.stderr);
    }
    assert!(setting.entries().is_empty());
}

/// Stands for flyctl: releases are lines of a file, the newest first.
const FLYCTL: &str = "#!/bin/sh
echo \"$*\" >> calls
if [ $1 = releases ]; then
  echo \"[$(cat releases)]\"
else
  digest=${5#*@}
  [ -f wrong ] && [ ! -f back ] && digest=sha256:0000 && touch back
  number=$(( $(grep -o Version releases | wc -l) + 1 ))
  printf '{\"Version\": %s, \"Status\": \"%s\", \"ImageRef\": \"registry.example/app:x@%s\"},\\n%s' \\
    $number \"$(cat status)\" $digest \"$(cat releases)\" > new
  mv new releases
fi
";

fn fly(status: &str) -> Setting {
    let setting = Setting::new(|_| {
        "driver = \"fly\"\ncommand = [\"./flyctl.sh\"]\nservice = \"app\"\nimage = \"registry.example/app\"\n"
            .to_owned()
    });
    setting.project.write("flyctl.sh", FLYCTL);
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(setting.project.path("flyctl.sh"), executable).unwrap();
    let old = format!("sha256:{}", "0d".repeat(32));
    setting.project.write(
        "releases",
        &format!("{{\"Version\": 1, \"Status\": \"complete\", \"ImageRef\": \"registry.example/app:x@{old}\"}}"),
    );
    setting.project.write("status", status);
    setting.prove_all(&[("qa", "1.0.1")], &json!(format!("sha256:{}", "ab".repeat(32))));
    setting
}

#[test]
fn fly_deploys_an_image_by_its_digest_and_goes_back_to_the_one_before() {
    let setting = fly("complete");
    setting.deploy().ends(0);
    assert_eq!(setting.last_entry()["deployment"], "2");
    assert_eq!(setting.production(), "1.0.1");
    // What was released is not what was asked for: `find` sees no release of this image.
    let setting = fly("complete");
    setting.project.write("wrong", "");
    let ran = setting.deploy().ends(1);
    assert!(ran.stdout.contains("lists no deployment of this commit"), "{}", ran.stdout);
    assert!(setting.project.read("calls").contains(&format!("registry.example/app@sha256:{}", "0d".repeat(32))));
    let setting = fly("failed");
    let ran = setting.deploy();
    assert!(ran.stdout.contains("the deployment failed on the platform: failed"), "{}", ran.stdout);
    assert_eq!(ran.code, 2, "the way back fails too: {}", ran.stdout);
}
