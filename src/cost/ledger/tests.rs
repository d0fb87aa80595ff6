use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::cost::Usage;
use crate::test_support::postgres;

/// Noon of 2026-03-29 in UTC; in Berlin that day has 23 hours.
const NOON: i64 = 1_774_785_600;
const ALL: Slice<'_> = Slice { from: 0, to: i64::MAX, project: None };

fn limits(text: &str) -> Vec<Limit> {
    let text = format!("[gate]\nrefusal = 0.5\n[cost]\n{text}");
    Limit::of(&Config::of_text(PathBuf::from("."), &text, &[]).unwrap().cost)
}

fn ledger(folder: &Path, text: &str) -> Ledger {
    let path = folder.join(FILE);
    Ledger::start(limits(text), Box::new(move || open_store(&LedgerPlace::Embedded, &path)))
}

fn call(model: &str, at: i64) -> Call {
    Call { at, project: "p".into(), run: "r".into(), role: Role::Target, model: model.into(), prompt: None }
}

fn dollars(text: &str) -> Cost {
    Cost::parse(text).unwrap()
}

fn lines(folder: &Path) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut store = Sqlite::open(&folder.join(FILE), FILE).unwrap();
    store.read(&ALL, &mut |line| lines.push(line)).unwrap();
    lines
}

fn spent(folder: &Path) -> Cost {
    lines(folder).iter().filter_map(|line| line.outcome.usd).sum()
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// Makes up to `calls` calls that may cost 1 cent and do cost 0.7, 64 at once; gives how many were made.
async fn spend(ledger: &Ledger, calls: usize) -> u64 {
    let made = AtomicU64::new(0);
    let at_once = tokio::sync::Semaphore::new(64);
    let one = async || {
        let _place = at_once.acquire().await.unwrap();
        let Ok(held) = ledger.reserve(call("openai/x", NOON), Some(dollars("0.01"))).await else { return };
        tokio::task::yield_now().await;
        held.settle(Outcome::answered(Usage::default(), Some(dollars("0.007"))));
        made.fetch_add(1, Ordering::Relaxed);
    };
    futures_util::future::join_all((0..calls).map(|_| one())).await;
    made.into_inner()
}

#[test]
fn a_budget_is_used_to_its_end_and_never_passed_by_many_calls_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path(), "budget_day = \"1 USD\"");
    let made = block_on(spend(&ledger, 400));
    ledger.flush().unwrap();
    // One more might have cost a cent, and 142 x 0.7 leave less than that.
    assert_eq!(made, 142);
    assert_eq!(spent(folder.path()), dollars("0.994"));
}

#[test]
fn two_processes_share_the_budget_of_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let made: u64 = std::thread::scope(|scope| {
        let one = || {
            let ledger = ledger(folder.path(), "budget_month = \"1 USD\"");
            let made = block_on(spend(&ledger, 400));
            ledger.flush().unwrap();
            made
        };
        let threads = [scope.spawn(one), scope.spawn(one)];
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(lines(folder.path()).len() as u64, made);
    assert!(spent(folder.path()) <= dollars("1"), "{}", spent(folder.path()));
    // Each may stop while the other still holds reservations, at most 64 of them.
    assert!(made >= 142 - 64, "{made}");
}

/// Amounts and tokens as they were written, whatever keeps them.
#[test]
fn a_database_keeps_what_a_file_keeps() {
    let url = LedgerPlace::Postgres(crate::config::Secret::new(postgres::database()));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE);
    let prompt = PromptName { name: "qa@1.0.0".into(), digest: "ab".into() };
    let precise = dollars("0.000000000000000000000001");
    let usage = Usage { input: 1, cached_input: 2, cache_write: 3, cache_write_1h: 4, output: 5, reasoning: 6 };
    let mut kept = Vec::new();
    for place in [LedgerPlace::Embedded, url] {
        let again = (place.clone(), path.clone());
        let (place, path) = again.clone();
        let ledger = Ledger::start(limits("budget_day = \"9 USD\""), Box::new(move || open_store(&place, &path)));
        block_on(async {
            let with_prompt = Call { prompt: Some(Arc::new(prompt.clone())), ..call("openai/x", NOON) };
            let held = ledger.reserve(with_prompt, Some(dollars("0.5"))).await.unwrap();
            held.settle(Outcome::answered(usage, Some(precise)));
            ledger.reserve(call("openai/y", NOON + 1), None).await.unwrap().settle(Outcome::answered(usage, None));
            drop(ledger.reserve(call("openai/x", NOON + 2), Some(dollars("8.5"))).await.unwrap());
            assert!(ledger.reserve(call("openai/x", NOON + 3), Some(dollars("0.5"))).await.is_err());
        });
        ledger.flush().unwrap();
        let mut lines = Vec::new();
        let mut store = open_store(&again.0, &again.1).unwrap();
        store.read(&Slice { from: NOON, to: NOON + 3, project: Some("p") }, &mut |line| lines.push(line)).unwrap();
        kept.push(lines);
    }
    assert_eq!(kept[0].len(), 3);
    assert_eq!(kept[0][0].outcome.usd, Some(precise));
    assert_eq!(kept[0], kept[1]);
}

#[test]
fn two_processes_share_the_budget_of_one_database() {
    let url = postgres::database();
    let made: u64 = std::thread::scope(|scope| {
        let one = || {
            let place = LedgerPlace::Postgres(crate::config::Secret::new(url.clone()));
            let open = Box::new(move || open_store(&place, Path::new("")));
            let ledger = Ledger::start(limits("budget_month = \"1 USD\""), open);
            let made = block_on(spend(&ledger, 400));
            ledger.flush().unwrap();
            made
        };
        let threads = [scope.spawn(one), scope.spawn(one)];
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    let [row] = &postgres::execute(&url, "select count(*), sum(usd) <= 1, sum(usd) from llmops_call")[..] else {
        panic!()
    };
    assert!(row.starts_with(&format!("{made}|t|")), "{row}");
    assert!(made >= 142 - 64, "{made}");
}

#[test]
fn a_call_that_is_dropped_counts_at_the_most_that_it_may_have_cost() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path(), "budget_run = \"0.03 USD\"");
    block_on(async {
        let reserve = || ledger.reserve(call("openai/x", NOON), Some(dollars("0.02")));
        drop(reserve().await.unwrap());
        let refused = Error::from(reserve().await.unwrap_err());
        assert_eq!(refused.exit_status(), crate::error::ExitStatus::OverBudget);
        assert_eq!(
            refused.to_string(),
            "cost.budget_run is reached: $0.02 of $0.03 in this run is spent, and the next call of openai/x may cost $0.02"
        );
    });
    ledger.flush().unwrap();
    let [line] = &lines(folder.path())[..] else { panic!("one line") };
    assert_eq!((line.outcome.state, line.outcome.usd), (State::Lost, Some(dollars("0.02"))));
}

#[test]
fn requests_of_a_day_are_counted_in_the_providers_time_zone_and_errors_that_were_not_sent_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[cost.models.\"gemini/x\"]\nfree = true\nrequests_per_day = 2\ntime_zone = \"Europe/Berlin\"";
    let ledger = ledger(folder.path(), text);
    block_on(async {
        let reserve = |model: &'static str, at| ledger.reserve(call(model, at), Some(Cost::ZERO));
        reserve("gemini/x", NOON).await.unwrap().settle(Outcome::NOT_SENT);
        for _ in 0..2 {
            reserve("gemini/x", NOON).await.unwrap().settle(Outcome::answered(Usage::default(), Some(Cost::ZERO)));
        }
        let refused = Error::from(reserve("gemini/x", NOON).await.unwrap_err()).to_string();
        assert_eq!(refused, "requests_per_day is reached: 2 of 2 requests of gemini/x today are spent");
        reserve("gemini/y", NOON).await.unwrap();
        // 22:00 in UTC is the next day there.
        reserve("gemini/x", NOON + 10 * 3600).await.unwrap();
    });
    assert_eq!(ledger.take_notices(), ["requests_per_day is nearly reached: 2 of 2 requests of gemini/x today"]);
}

#[test]
fn sums_of_a_new_limit_are_added_up_from_what_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let unlimited = ledger(folder.path(), "");
    block_on(spend(&unlimited, 100));
    unlimited.record(call("openai/x", NOON), Outcome::kept(Usage::default(), Some(dollars("5"))));
    unlimited.flush().unwrap();
    let limited = ledger(folder.path(), "budget_day = \"0.71 USD\"");
    assert_eq!(block_on(spend(&limited, 5)), 1);
    limited.flush().unwrap();
    let notices = limited.take_notices();
    assert_eq!(notices, ["cost.budget_day is nearly reached: $0.70 of $0.71 today"]);
}

#[test]
fn what_cannot_be_written_down_is_not_done() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(FILE), "no database").unwrap();
    let unlimited = ledger(folder.path(), "");
    block_on(unlimited.reserve(call("openai/x", NOON), None)).unwrap();
    assert!(unlimited.flush().is_err());
    let ledger = ledger(folder.path(), "budget_day = \"1 USD\"");
    let refused = block_on(ledger.reserve(call("openai/x", NOON), None));
    let error = Error::from(refused.err().unwrap());
    assert_eq!(error.to_string(), "cannot open the ledger of costs .llmops/ledger.db: file is not a database");
    assert_eq!(error.problems[0].hint.as_deref(), Some("the file is damaged: move it away to begin a new one"));
}
