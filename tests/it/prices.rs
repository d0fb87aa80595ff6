//! Prices that users see and replace: what is shown, taken, and refused.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::{Map, Value, json};

use crate::support::chat::{answer, config, project, run};
use crate::support::http::{Scripted, Server};
use crate::support::{Project, Ran, program};

const FILE: &str = "evals/prices.tsv";
/// Of the price map that the program holds.
const ABOUT: &str = "litellm 1.106.2, 2026-10-21";

/// litellm's JSON of the embedded map's first tiers in standard mode.
fn litellm() -> Map<String, Value> {
    let packed = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/data/prices.tsv.gz")).unwrap();
    let mut text = String::new();
    GzDecoder::new(&packed[..]).read_to_string(&mut text).unwrap();
    let model = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        let mut entry = json!({"mode": "chat", "litellm_provider": fields[1]});
        for (kind, field) in [("in", "input_cost_per_token"), ("out", "output_cost_per_token")] {
            let rate = fields[2].split(' ').find_map(|word| word.strip_prefix(kind)?.strip_prefix(':'));
            if let Some(rate) = rate {
                entry[field] = rate.parse::<f64>().unwrap().into();
            }
        }
        (fields[0].to_owned(), entry)
    };
    text.lines().skip(1).map(model).collect()
}

fn text(map: &Map<String, Value>) -> String {
    serde_json::to_string(map).unwrap()
}

/// The same with input of gpt-4o-mini at so much for a token.
fn with_input(usd: f64) -> String {
    let mut map = litellm();
    map["gpt-4o-mini"]["input_cost_per_token"] = usd.into();
    text(&map)
}

/// A project that asks gpt-4o-mini, which costs 0.15 and 0.60 USD for a million tokens.
fn priced(cases: usize) -> Project {
    let project = project(cases);
    project.write("llmops.toml", &config("").replace("openai/m", "openai/gpt-4o-mini"));
    project
}

fn update(project: &Project, arguments: &[&str]) -> Ran {
    project.run(&[&["cost", "prices", "update"], arguments].concat())
}

#[test]
fn without_a_model_the_origin_and_the_projects_models_are_shown() {
    let folder = Project::new(&[]);
    let ran = folder.run(&["cost", "prices"]).ends(0);
    assert!(ran.stdout.starts_with(&format!("the map in this program: {ABOUT}, ")), "{}", ran.stdout);
    assert!(ran.stdout.contains("\nsha256 66970be0"), "{}", ran.stdout);
    assert_eq!(ran.stdout.lines().count(), 2, "{}", ran.stdout);

    let project = priced(1);
    let more = "[judge]\nmodels = [\"gemini/gemini-2.5-pro\", \"gemini/no-such\"]\n\
                [cost.models.\"vllm/ours\"]\ninput = \"0.125 USD\"\n[cost.models.\"openai/gpt-4o\"]\nfree = true\n";
    project.write("llmops.toml", &format!("{}{more}", project.read("llmops.toml")));
    let ran = project.run(&["cost", "prices"]).ends(0);
    let models = "\n\
        this project's models, in US dollars for a million tokens:\n  \
          target         openai/gpt-4o-mini     $0.15 in, $0.60 out\n  \
          judge          gemini/gemini-2.5-pro  $1.25 in, $10.00 out\n  \
          judge          gemini/no-such         not known, which is never free\n  \
          [cost.models]  openai/gpt-4o          $0.00 in, $0.00 out\n  \
          [cost.models]  vllm/ours              $0.125 in\n";
    assert!(ran.stdout.ends_with(models), "{}", ran.stdout);
    let value: Value = serde_json::from_str(&project.run(&["cost", "prices", "--json"]).ends(0).stdout).unwrap();
    assert_eq!((&value["release"], &value["file"]), (&"litellm 1.106.2".into(), &Value::Null));
    assert!(value["days_old"].as_i64().unwrap() >= 0 && value["models"].as_u64().unwrap() > 3000, "{value}");
    let judge = &value["project"][2];
    assert_eq!((&judge["price"]["rates"], &judge["price"]["source"]), (&Value::Null, &Value::Null));
}

#[test]
fn a_models_rates_are_shown_with_tiers_modes_and_source() {
    let project = priced(1);
    let own = "[cost.models.\"azure/ours\"]\ninput = \"0.25 USD\"\nrequest = \"0.001 USD\"\n";
    project.write("llmops.toml", &format!("{}{own}", project.read("llmops.toml")));
    let shown = |model: &str| project.run(&["cost", "prices", model]).ends(0).stdout;
    let gpt = "openai/gpt-4o, in US dollars for a million tokens:\n  \
        input                   $2.50\n  \
        input, batch            $1.25\n  \
        input, priority         $4.25\n  \
        output                  $10.00\n  \
        output, batch           $5.00\n  \
        output, priority        $17.00\n  \
        cached input            $1.25\n  \
        cached input, priority  $2.125\n\
        an answer has 16384 tokens at most\n\
        the map in this program, litellm 1.106.2, 2026-10-21\n";
    assert_eq!(shown("openai/gpt-4o"), gpt);
    assert!(shown("gemini/gemini-2.5-pro").contains("\n  input from 200001 tokens of input                   $2.50\n"));
    let ours = "azure/ours, in US dollars for a million tokens:\n  input    $0.25\n  request  $0.001 for each call\n\
                [cost.models] of the configuration\n";
    assert_eq!(shown("azure/ours"), ours);
    assert_eq!(shown("vllm/any"), "vllm/any: nobody bills it, as it runs on a machine of your own\n");
    // Exact, where a binary number has other digits.
    let json = project.run(&["cost", "prices", "openai/gpt-4o", "--json"]).ends(0).stdout;
    assert!(json.contains("\"usd\": 2.125,"), "{json}");
    assert!(json.contains("\"source\": \"map\"") && json.contains("\"max_output_tokens\": 16384"), "{json}");
}

#[test]
fn a_part_of_a_name_lists_models_and_what_is_nowhere_is_unknown() {
    let folder = Project::new(&[]);
    let ran = folder.run(&["cost", "prices", "GPT-4o-mini-2024"]).ends(0);
    let listed = "no model is called exactly GPT-4o-mini-2024; in US dollars for a million tokens:\n";
    assert!(ran.stdout.starts_with(listed), "{}", ran.stdout);
    assert!(ran.stdout.contains("\n  openai/gpt-4o-mini-2024-07-18 "), "{}", ran.stdout);
    let many = folder.run(&["cost", "prices", "gpt"]).ends(0).stdout;
    let (lines, last) = (many.lines().count(), many.lines().last().unwrap());
    assert!(lines < 50 && last.starts_with("and ") && last.ends_with(" more"), "{many}");
    // Under the map's own name only.
    let bedrock = folder.run(&["cost", "prices", "ai21.jamba-1-5-mini-v1:0"]).ends(0).stdout;
    assert!(bedrock.starts_with("ai21.jamba-1-5-mini-v1:0, in US dollars"), "{bedrock}");

    let ran = folder.run(&["cost", "prices", "openai/gpt-4o-minni"]).ends(3);
    let message = "error: the price of openai/gpt-4o-minni is not known, and what is not known is never free\n\
                   hint: did you mean \"openai/gpt-4o-mini\", ";
    assert!(ran.stderr.starts_with(message), "{}", ran.stderr);
    assert!(ran.stderr.contains("[cost.models.\"openai/gpt-4o-minni\"]"), "{}", ran.stderr);
    folder.run(&["cost", "prices", "xyzzyx"]).ends(3);
}

#[test]
fn an_update_from_a_server_is_what_the_next_run_pays() {
    let json = with_input(0.000_000_3);
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(json.as_bytes()).unwrap();
    let prices = Server::start(move |_| Scripted::json(json.clone()));
    let project = priced(4);
    let url = format!("{}/main/prices.json?token=sk-secret", prices.url);
    let dry = update(&project, &[&url, "--dry-run"]).ends(0);
    assert!(!project.path(FILE).exists(), "{}", dry.stdout);
    let ran = update(&project, &[&url]).ends(0);
    assert_eq!(ran.stdout, format!("{}{FILE} is written\n", dry.stdout));
    assert!(ran.stdout.contains("\n  gpt-4o-mini  input $0.15 -> $0.30\n"), "{}", ran.stdout);
    // Whoever wrote the address wrote the secret into it.
    assert!(!project.read(FILE).contains("sk-secret") && !ran.stdout.contains("sk-secret"), "{}", ran.stdout);
    assert!(project.read(FILE).starts_with(&format!("# {}/main/prices.json\t20", prices.url)));

    let models = Server::start(answer);
    let ran = run(&project, &models, &["eval", "-q"]).ends(0);
    // Three tokens in, two out: 2.1e-6 USD an answer.
    assert!(ran.stdout.contains("  cost of the run    $0.0000084\n"), "{}", ran.stdout);
    let report = project.report();
    let about = report["cost"]["prices"].as_str().unwrap();
    assert!(about.starts_with(&format!("{FILE}: {}/main/prices.json, 20", prices.url)), "{about}");
    let ran = project.run(&["cost", "prices", "openai/gpt-4o-mini"]).ends(0);
    assert!(
        ran.stdout.contains("  input   $0.30\n") && ran.stdout.contains(&format!("\n{FILE}, http")),
        "{}",
        ran.stdout
    );
    // What was written is a source too, and the same bytes come of it.
    let before = project.read(FILE);
    let ran = update(&project, &[FILE]).ends(0);
    assert!(ran.stdout.contains("\n0 added\n0 removed\n0 changed\n"), "{}", ran.stdout);
    assert_eq!(project.read(FILE), before);
}

#[test]
fn a_map_in_a_file_is_packed_or_not_and_named_as_asked() {
    let project = priced(1);
    project.write("new.json", &with_input(0.000_000_2));
    let arguments = ["new.json", "--release", "litellm 9", "--date", "2026-11-20", "--out", "a.tsv.gz"];
    update(&project, &arguments).ends(0);
    let packed = std::fs::read(project.path("a.tsv.gz")).unwrap();
    update(&project, &arguments).ends(0);
    assert_eq!(packed, std::fs::read(project.path("a.tsv.gz")).unwrap());
    let mut text = String::new();
    GzDecoder::new(&packed[..]).read_to_string(&mut text).unwrap();
    assert!(
        text.starts_with("# litellm 9\t2026-11-20\t") && text.contains("\ngpt-4o-mini\topenai\tin:2E-7 out:6E-7\n")
    );
    update(&project, &["a.tsv.gz"]).ends(0);
    assert_eq!(project.read(FILE), text);
    // Outside of a project there is a file to write only if it is named.
    let folder = Project::new(&[("new.json", &project.read("new.json"))]);
    update(&folder, &["new.json"]).ends(3);
    update(&folder, &["new.json", "--out", "a.tsv"]).ends(0);
    update(&project, &["new.json", "--date", "yesterday"]).ends(3);
    update(&project, &["new.json", "--release", "a\tb"]).ends(3);
}

#[test]
fn what_is_hard_to_believe_is_refused_until_it_is_forced() {
    let project = priced(1);
    let mut small = litellm();
    let few: Map<String, Value> = small.iter().take(5).map(|(name, entry)| (name.clone(), entry.clone())).collect();
    small.remove("gpt-4o-mini");
    let mut dear = litellm();
    dear["gpt-4o"]["input_cost_per_token"] = 0.000_01.into();
    dear["gpt-4.1"]["output_cost_per_token"] = 0.into();
    let cases = [
        (text(&few), "of 3247 models vanish"),
        (text(&small), "this project's openai/gpt-4o-mini would have no price"),
        (
            text(&dear),
            "input or output of 2 models changed by more than a factor of 3, or between free and billed: gpt-4.1, gpt-4o",
        ),
    ];
    for (json, reason) in cases {
        project.write("new.json", &json);
        for arguments in [&["new.json"][..], &["new.json", "--dry-run"]] {
            let ran = update(&project, arguments).ends(3);
            assert!(ran.stderr.starts_with("error: new.json is not taken: "), "{}", ran.stderr);
            assert!(ran.stderr.contains(reason), "{}", ran.stderr);
            assert!(ran.stderr.contains("run again with --force"), "{}", ran.stderr);
            assert!(!project.path(FILE).exists());
        }
        let ran = update(&project, &["new.json", "--force", "--dry-run", "--json"]).ends(0);
        let value: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(value["written"], false);
        assert!(
            value["refused"].as_array().unwrap().iter().any(|told| told.as_str().unwrap().contains(reason)),
            "{value}"
        );
        assert!(!project.path(FILE).exists());
    }
    let ran = update(&project, &["new.json", "--force"]).ends(0);
    assert!(
        ran.stdout.contains("\n  gpt-4.1  output $8.00 -> $0.00\n  gpt-4o   input $2.50 -> $10.00\n"),
        "{}",
        ran.stdout
    );
    assert!(project.path(FILE).exists());
    // A model of the project that loses its price is named whatever is forced.
    project.write("new.json", &text(&small));
    let ran = update(&project, &["new.json", "--force", "--dry-run"]).ends(0);
    let lost = "no price any more, though this project uses it: openai/gpt-4o-mini\n";
    assert!(ran.stdout.contains(lost), "{}", ran.stdout);
    // A small map of one's own is compared with what it replaces.
    project.write("own.tsv", "# ours\t2026-11-01\t00\ngpt-4o-mini\topenai\tin:1E-7 out:4E-7\n");
    update(&project, &["own.tsv"]).ends(3);
    update(&project, &["own.tsv", "--force"]).ends(0);
    project.write("own.tsv", "# ours\t2026-11-02\t00\ngpt-4o-mini\topenai\tin:2E-7 out:4E-7\n");
    update(&project, &["own.tsv"]).ends(0);
}

#[test]
fn a_damaged_source_is_told_in_a_line_and_changes_nothing() {
    let project = priced(1);
    project.write("own.tsv", "# ours\t2026-11-01\t00\ngpt-4o-mini\topenai\tin:1E-7\n");
    update(&project, &["own.tsv", "--force"]).ends(0);
    let before = project.read(FILE);
    let deep = format!("{{\"m\": {}", "[".repeat(200_000));
    let json = with_input(-0.000_001);
    let cases = [
        ("<!DOCTYPE html>", "it is neither litellm's JSON nor a price map of ours; it begins with \"<!DOCTYPE html>\""),
        (&json[..1000], "it is not litellm's map of models: EOF while parsing"),
        (deep.as_str(), "it is not litellm's map of models: EOF while parsing"),
        (&json, "\"gpt-4o-mini\": input costs -$0.000001 a token, which no provider asks for"),
        (&with_input(1.5), "\"gpt-4o-mini\": input costs $1.50 a token, which no provider asks for"),
    ];
    for (content, message) in cases {
        project.write("bad", content);
        let ran = update(&project, &["bad", "--force"]).ends(3);
        assert!(ran.stderr.starts_with(&format!("error: bad: {message}")), "{}", ran.stderr);
        assert_eq!(ran.stderr.lines().count(), 2, "{}", ran.stderr);
        let content = content.to_owned();
        let server = Server::start(move |_| Scripted::json(content.clone()));
        let ran = update(&project, &[&server.url, "--force"]).ends(2);
        assert!(ran.stderr.starts_with(&format!("error: {}/: {message}", server.url)), "{}", ran.stderr);
    }
    let server = Server::sequence(vec![
        || Scripted::status(404, "not here"),
        || Scripted::Break(100, "{}".repeat(1000)),
        || Scripted::Close,
    ]);
    for message in ["answered 404", "cannot download", "cannot download"] {
        let ran = update(&project, &[&format!("{}/p?key=sk-secret", server.url), "--force"]).ends(2);
        assert!(ran.stderr.contains(message) && !ran.stderr.contains("sk-secret"), "{}", ran.stderr);
    }
    let ran = update(&project, &["ftp://me:sk-secret@example.org/prices.json"]).ends(3);
    let message = "error: the source of the prices is neither a file nor an http or https address\n";
    assert_eq!(ran.stderr, message);
    let ran = update(&project, &["nowhere.json"]).ends(3);
    assert!(ran.stderr.starts_with("error: cannot read nowhere.json: "), "{}", ran.stderr);
    assert_eq!(project.read(FILE), before);
    assert_eq!(std::fs::read_dir(project.path("evals")).unwrap().count(), 2);
}

#[test]
fn a_damaged_map_of_the_project_ends_every_run_until_it_is_made_anew() {
    let project = priced(1);
    let mut broken = "# ours\t2026-11-01\t00\ngpt-4o-mini\topenai\tin:1E-7\n".to_owned();
    let _ = writeln!(broken, "<<<<<<< HEAD");
    project.write(FILE, &broken);
    let server = Server::start(answer);
    for arguments in [&["eval", "-q"][..], &["cost", "prices"]] {
        let ran = run(&project, &server, arguments).ends(3);
        let message = format!(
            "error: {FILE}:3: this is no line of a price map\n\
             hint: make it anew with `llmops cost prices update`, or delete it for the prices of the program\n"
        );
        assert_eq!(ran.stderr, message);
    }
    assert_eq!(server.received().len(), 0);
    project.write("new.json", &with_input(0.000_000_2));
    update(&project, &["new.json"]).ends(0);
    project.run(&["cost", "prices"]).ends(0);
    assert!(program().args(["cost", "prices", "update"]).output().unwrap().status.code() == Some(3));
}
