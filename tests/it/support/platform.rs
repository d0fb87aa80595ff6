//! Platforms that deploy, and the application that they run: one server that does as Render, Vercel, GitHub, a hook and a webhook do, well
//! or badly.

use std::process::{Child, Command};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::http::{Received, Scripted, Server};

/// The secret part of the hook's address.
pub(crate) const HOOK_KEY: &str = "hook-key-5e1f";
pub(crate) const TOKEN: &str = "token-of-the-platform-91c2";
pub(crate) const WEBHOOK_KEY: &str = "webhook-key-77d0";

/// What the platform does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// The trigger is answered so.
    Trigger(u16),
    /// The trigger is taken, and the answer never comes.
    Hang,
    /// The trigger is taken, and answered so all the same.
    TakenBut(u16),
    BuildFails,
    /// Another commit goes live.
    WrongCommit,
    /// One of several machines goes on with the old commit.
    HalfDeployed,
    NeverLive,
    /// Every question how far it is is answered so.
    Status(u16),
    /// What is ready does not go live by itself.
    NotPromoted,
    /// The application answers badly once it is deployed.
    BadAnswers,
    /// The same, and the way back is answered with 503.
    NoWayBack,
    /// Nothing but the trigger works from then on.
    Dead,
}

/// When a process is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// The request has done nothing yet.
    Before,
    /// The request is done, and nobody hears of it.
    After,
}

#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub(crate) id: String,
    pub(crate) commit: String,
    image: Option<String>,
    state: State,
    /// Questions until it is live.
    ticks: usize,
    payload: Value,
    key: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Building,
    Live,
    Failed,
    Canceled,
    Replaced,
}

pub(crate) struct World {
    pub(crate) fault: Fault,
    pub(crate) runs: Vec<Run>,
    /// Every version of a prompt that the application reads by its label; `None`: it does not say.
    pub(crate) prompts: Option<Value>,
    pub(crate) auto_deploy: bool,
    /// Questions that a deployment takes.
    pub(crate) ticks: usize,
    asked: usize,
    /// Requests until the process is killed.
    kill: Option<(usize, Moment)>,
    child: Option<Child>,
    killed: bool,
}

pub(crate) struct Platform {
    pub(crate) server: Server,
    world: Arc<Mutex<World>>,
}

impl Platform {
    /// A platform that runs `commit`, if any.
    pub(crate) fn start(commit: Option<&str>) -> Self {
        let runs = commit.map(|commit| Run {
            id: "dep-0".into(),
            commit: commit.into(),
            image: Some("sha256:0".into()),
            state: State::Live,
            ticks: 0,
            payload: Value::Null,
            key: String::new(),
        });
        let world = Arc::new(Mutex::new(World {
            fault: Fault::None,
            runs: runs.into_iter().collect(),
            prompts: None,
            auto_deploy: false,
            ticks: 2,
            asked: 0,
            kill: None,
            child: None,
            killed: false,
        }));
        let shared = Arc::clone(&world);
        let server = Server::start(move |request| {
            let mut world = lock(&shared);
            let due = world.due();
            if due == Some(Moment::Before) {
                world.end_child();
                return Scripted::Close;
            }
            let answer = world.answer(request);
            if due == Some(Moment::After) {
                world.end_child();
                return Scripted::Close;
            }
            answer
        });
        Self { server, world }
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.world)
    }

    pub(crate) fn url(&self) -> &str {
        &self.server.url
    }

    pub(crate) fn hook(&self) -> String {
        format!("{}/deploy/srv-0123456789?key={HOOK_KEY}", self.server.url)
    }

    /// The commit that is live.
    pub(crate) fn live(&self) -> Option<String> {
        self.world().live().map(|run| run.commit.clone())
    }

    /// How often something was begun, rollbacks included.
    pub(crate) fn begun(&self) -> usize {
        self.world().runs.len()
    }

    /// Requests that are to change something.
    pub(crate) fn changes(&self) -> usize {
        let is_change = |request: &&Received| request.method != "GET" && !request.path.starts_with("/ask");
        self.server.received().iter().filter(is_change).count()
    }

    /// Everything as it was at the start.
    pub(crate) fn reset(&self) {
        let mut world = self.world();
        world.runs.truncate(1);
        world.runs.iter_mut().for_each(|run| run.state = State::Live);
        world.fault = Fault::None;
        world.kill = None;
        world.child = None;
        world.killed = false;
    }

    /// A commit is live, without anybody having asked for it here.
    pub(crate) fn deployed(&self, commit: &str) {
        let mut world = self.world();
        let ticks = world.ticks;
        world.begin(commit, None, ("", Value::Null));
        (0..ticks).for_each(|_| world.tick());
    }

    /// Runs a program and kills it at its n-th request, counted from 0; false if it ended before.
    pub(crate) fn kill_at(&self, request: usize, moment: Moment, program: &mut Command) -> bool {
        let mut world = self.world();
        world.kill = Some((request, moment));
        world.killed = false;
        // The first request waits for this lock.
        world.child = Some(program.spawn().unwrap());
        drop(world);
        crate::support::until("end of the program", || {
            let mut world = self.world();
            let ended = world.child.as_mut().is_none_or(|child| child.try_wait().unwrap().is_some());
            ended || world.killed
        });
        let mut world = self.world();
        world.kill = None;
        world.child = None;
        world.killed
    }
}

fn lock(world: &Mutex<World>) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    fn due(&mut self) -> Option<Moment> {
        let (left, moment) = self.kill?;
        self.kill = left.checked_sub(1).map(|left| (left, moment));
        (left == 0).then_some(moment)
    }

    fn end_child(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        self.killed = true;
    }

    fn live(&self) -> Option<&Run> {
        self.runs.iter().rev().find(|run| run.state == State::Live)
    }

    /// A deployment begins; the same key twice is the same deployment.
    fn begin(&mut self, commit: &str, image: Option<&str>, (key, payload): (&str, Value)) -> Run {
        if let Some(run) = self.runs.iter().find(|run| !key.is_empty() && run.key == key) {
            return run.clone();
        }
        let is_rollback = key.ends_with("-rollback") || key.starts_with("return-");
        let wrong = self.fault == Fault::WrongCommit && !is_rollback;
        let run = Run {
            id: format!("dep-{}", self.runs.len()),
            commit: if wrong { "f".repeat(40) } else { commit.to_owned() },
            image: image.map(|image| if wrong { "sha256:f".into() } else { image.rsplit('@').next().unwrap().into() }),
            state: State::Building,
            ticks: self.ticks,
            payload,
            key: key.to_owned(),
        };
        self.runs.push(run.clone());
        run
    }

    fn tick(&mut self) {
        let fault = self.fault;
        let last = self.runs.len().saturating_sub(1);
        let Some(run) = self.runs.last_mut().filter(|run| run.state == State::Building) else { return };
        let is_first = last <= 1;
        if fault == Fault::NeverLive && is_first {
            return;
        }
        run.ticks = run.ticks.saturating_sub(1);
        if run.ticks > 0 {
            return;
        }
        if fault == Fault::BuildFails && is_first {
            run.state = State::Failed;
            return;
        }
        if fault == Fault::NotPromoted && is_first {
            run.state = State::Replaced;
            return;
        }
        self.runs.iter_mut().filter(|run| run.state == State::Live).for_each(|run| run.state = State::Replaced);
        self.runs[last].state = State::Live;
    }

    fn answer(&mut self, request: &Received) -> Scripted {
        self.asked += 1;
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
        let get = request.method == "GET";
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        match parts[..] {
            ["version" | "health"] => self.version(),
            ["ask"] => {
                let bad = matches!(self.fault, Fault::BadAnswers | Fault::NoWayBack) && self.runs.len() == 2;
                Scripted::json(json!({"answer": if bad { "no idea" } else { "yes" }}).to_string())
            }
            ["v1", "services", _] => {
                Scripted::json(json!({"autoDeploy": if self.auto_deploy { "yes" } else { "no" }}).to_string())
            }
            ["v1", "services", _, ref rest @ ..] => self.render(get, rest, request, &body),
            ["deploy", _] => self.hook(request, query),
            ["webhook", ..] => self.webhook(request, &body),
            ["v6" | "v9" | "v10" | "v12" | "v13", ..] | ["v1", "projects", ..] => {
                self.vercel(get, &parts, request, &body)
            }
            ["repos", _, _, "deployments", ref rest @ ..] => self.github(get, rest, request, &body),
            _ => Scripted::status(404, r#"{"message": "no such page"}"#),
        }
    }

    fn version(&mut self) -> Scripted {
        self.tick();
        let asked = self.asked;
        let is_half = self.fault == Fault::HalfDeployed && asked.is_multiple_of(2) && self.runs.len() == 2;
        let run = if is_half { self.runs.first() } else { self.live() };
        let Some(run) = run else { return Scripted::status(502, "nothing runs") };
        let mut said = json!({"commit": run.commit});
        if let Some(prompts) = &self.prompts {
            said["prompts"] = prompts.clone();
        }
        Scripted::Answer(200, vec![("X-Commit", run.commit.clone())], said.to_string())
    }

    /// What comes instead of the trigger's own answer.
    fn fault_of_trigger(&mut self, request: &Received, begin: impl FnOnce(&mut Self) -> Value) -> Scripted {
        let is_rollback = request.header("idempotency-key").is_some_and(|key| key.ends_with("-rollback"));
        match self.fault {
            Fault::Trigger(status) if !is_rollback => {
                // A platform that repeats what it was sent.
                let with = request.header("authorization").unwrap_or_default();
                let said = format!("cannot POST {} with {with} and {}", request.path, request.body);
                Scripted::status(status, said)
            }
            Fault::Dead => Scripted::status(503, "down"),
            Fault::NoWayBack if is_rollback => Scripted::status(503, "not now"),
            Fault::Hang if !is_rollback => {
                begin(self);
                Scripted::Hang
            }
            Fault::TakenBut(status) if !is_rollback => {
                begin(self);
                Scripted::status(status, "too late")
            }
            _ => Scripted::status(201, begin(self).to_string()),
        }
    }

    fn status_fault(&self) -> Option<Scripted> {
        match self.fault {
            Fault::Status(status) if self.runs.len() == 2 => Some(Scripted::status(status, "try again")),
            Fault::Dead if self.runs.len() == 2 => Some(Scripted::status(503, "down")),
            _ => None,
        }
    }

    fn render(&mut self, get: bool, rest: &[&str], request: &Received, body: &Value) -> Scripted {
        let word = |state: State| match state {
            State::Building => "build_in_progress",
            State::Live => "live",
            State::Failed => "build_failed",
            State::Canceled => "canceled",
            State::Replaced => "deactivated",
        };
        let show = move |run: &Run| match &run.image {
            Some(image) if run.commit.is_empty() => {
                json!({"id": run.id, "status": word(run.state), "image": {"sha": image}})
            }
            _ => json!({"id": run.id, "status": word(run.state), "commit": {"id": run.commit}}),
        };
        let key = request.header("idempotency-key").unwrap_or_default().to_owned();
        match (get, rest) {
            (true, ["deploys"]) => {
                let list: Vec<Value> =
                    self.runs.iter().rev().map(|run| json!({"cursor": "x", "deploy": show(run)})).collect();
                Scripted::json(json!(list).to_string())
            }
            (false, ["deploys"]) => {
                let commit = body["commitId"].as_str().unwrap_or_default().to_owned();
                let image = body["imageUrl"].as_str().map(str::to_owned);
                // Render does not know the key.
                let payload = json!({ "key": key });
                self.fault_of_trigger(request, |world| show(&world.begin(&commit, image.as_deref(), ("", payload))))
            }
            (true, ["deploys", id]) => {
                if let Some(fault) = self.status_fault() {
                    return fault;
                }
                self.tick();
                let found = self.runs.iter().find(|run| run.id == *id).map(show);
                found.map_or_else(|| Scripted::status(404, "{}"), |found| Scripted::json(found.to_string()))
            }
            (false, ["deploys", id, "cancel"]) => {
                self.runs.iter_mut().filter(|run| run.id == *id).for_each(|run| run.state = State::Canceled);
                Scripted::json("{}")
            }
            (false, ["rollback"]) => {
                let id = body["deployId"].as_str().unwrap_or_default();
                let Some(run) = self.runs.iter().find(|run| run.id == id).cloned() else {
                    return Scripted::status(404, "{}");
                };
                self.fault_of_trigger(request, |world| {
                    show(&world.begin(&run.commit, run.image.as_deref(), (&key, Value::Null)))
                })
            }
            _ => Scripted::status(405, "{}"),
        }
    }

    fn hook(&mut self, request: &Received, query: &str) -> Scripted {
        let field = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        if request.method != "POST" || field("key") != Some(HOOK_KEY) {
            return Scripted::status(401, "{}");
        }
        let commit = field("ref").unwrap_or_default().to_owned();
        let key = request.header("idempotency-key").unwrap_or_default().to_owned();
        self.fault_of_trigger(request, |world| {
            let run = world.begin(&commit, None, (&key, Value::Null));
            json!({"deploy": {"id": run.id}})
        })
    }

    fn webhook(&mut self, request: &Received, body: &Value) -> Scripted {
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, WEBHOOK_KEY.as_bytes());
        let signature = ring::hmac::sign(&key, request.body.as_bytes());
        let hex = data_encoding::HEXLOWER.encode(signature.as_ref());
        if request.header("x-llmops-signature-256") != Some(&format!("sha256={hex}")) {
            return Scripted::status(401, r#"{"message": "the signature is wrong"}"#);
        }
        let is_back = body["action"] == "rollback";
        let commit = if is_back { &body["to"]["commit"] } else { &body["commit"] };
        let (commit, key) = (commit.as_str().unwrap().to_owned(), body["key"].as_str().unwrap().to_owned());
        self.fault_of_trigger(request, |world| json!({"id": world.begin(&commit, None, (&key, Value::Null)).id}))
    }

    fn vercel(&mut self, get: bool, parts: &[&str], request: &Received, body: &Value) -> Scripted {
        let show = |run: &Run| {
            let word = match run.state {
                State::Building => "BUILDING",
                State::Live | State::Replaced => "READY",
                State::Failed => "ERROR",
                State::Canceled => "CANCELED",
            };
            let meta = json!({"githubCommitSha": run.commit, "llmopsKey": run.payload["key"]});
            json!({"id": run.id, "uid": run.id, "readyState": word, "meta": meta})
        };
        match (get, parts) {
            (true, ["v9", "projects", _]) => {
                let live = self.live().map(show);
                Scripted::json(json!({"targets": {"production": live}}).to_string())
            }
            (true, ["v6", "deployments"]) => {
                let list: Vec<Value> = self.runs.iter().rev().map(show).collect();
                Scripted::json(json!({ "deployments": list }).to_string())
            }
            (false, ["v13", "deployments"]) => {
                let commit = body["gitSource"]["sha"].as_str().unwrap().to_owned();
                let payload = json!({"key": body["meta"]["llmopsKey"]});
                self.fault_of_trigger(request, |world| show(&world.begin(&commit, None, ("", payload))))
            }
            (true, ["v13", "deployments", id]) => {
                if let Some(fault) = self.status_fault() {
                    return fault;
                }
                self.tick();
                let found = self.runs.iter().find(|run| run.id == *id).map(show);
                found.map_or_else(|| Scripted::status(404, "{}"), |found| Scripted::json(found.to_string()))
            }
            (false, ["v12", "deployments", id, "cancel"]) => {
                self.runs.iter_mut().filter(|run| run.id == *id).for_each(|run| run.state = State::Canceled);
                Scripted::json("{}")
            }
            (false, ["v1", "projects", _, "rollback", id] | ["v10", "projects", _, "promote", id]) => {
                if self.fault == Fault::Dead {
                    return Scripted::status(503, "down");
                }
                self.runs.iter_mut().filter(|run| run.state == State::Live).for_each(|run| run.state = State::Replaced);
                self.runs.iter_mut().filter(|run| run.id == *id).for_each(|run| run.state = State::Live);
                Scripted::status(201, "")
            }
            _ => Scripted::status(405, "{}"),
        }
    }

    fn github(&mut self, get: bool, rest: &[&str], request: &Received, body: &Value) -> Scripted {
        let show = |run: &Run| json!({"id": run.id, "sha": run.commit, "payload": run.payload});
        match (get, rest) {
            (true, []) => {
                let list: Vec<Value> = self.runs.iter().rev().map(show).collect();
                Scripted::json(json!(list).to_string())
            }
            (false, []) => {
                let commit = body["ref"].as_str().unwrap().to_owned();
                let payload = body["payload"].clone();
                let is_rollback = payload["key"].as_str().is_some_and(|key| key.ends_with("-rollback"));
                if is_rollback && self.fault != Fault::Dead {
                    let key = payload["key"].as_str().unwrap().to_owned();
                    return Scripted::status(201, show(&self.begin(&commit, None, (&key, payload))).to_string());
                }
                self.fault_of_trigger(request, |world| show(&world.begin(&commit, None, ("", payload))))
            }
            (true, [id, "statuses"]) => {
                if let Some(fault) = self.status_fault() {
                    return fault;
                }
                self.tick();
                let word = self.runs.iter().find(|run| run.id == *id).map(|run| match run.state {
                    State::Building => "in_progress",
                    State::Live => "success",
                    State::Failed => "failure",
                    State::Canceled | State::Replaced => "inactive",
                });
                let list: Vec<Value> = word.into_iter().map(|word| json!({ "state": word })).collect();
                Scripted::json(json!(list).to_string())
            }
            (true, [id]) => {
                let found = self.runs.iter().find(|run| run.id == *id).map(show);
                found.map_or_else(|| Scripted::status(404, "{}"), |found| Scripted::json(found.to_string()))
            }
            _ => Scripted::status(405, "{}"),
        }
    }
}
