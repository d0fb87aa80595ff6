use std::collections::{BTreeMap, HashSet};

use super::*;
use crate::guard::attack::strategies::strategies;

fn counts<K: Ord>(attempts: &[Attempt], key: impl Fn(&Attempt) -> K) -> BTreeMap<K, usize> {
    let mut counts = BTreeMap::new();
    for attempt in attempts {
        *counts.entry(key(attempt)).or_default() += 1;
    }
    counts
}

fn named(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn equal_options_give_equal_plans_and_another_seed_other_marks() {
    let limited = |seed| plan(&Options { seed, limit: Some(60), ..Options::everything() }).unwrap();
    assert_eq!(limited(1), limited(1));
    let marks = |seed| limited(seed).attempts.into_iter().map(|attempt| attempt.proof.mark.word().to_owned());
    let first: HashSet<_> = marks(1).collect();
    assert!(marks(2).all(|mark| !first.contains(&mark)));
}

#[test]
fn every_attempt_has_its_own_id_and_mark() {
    let plan = plan(&Options::everything()).unwrap();
    assert!((1500..=3000).contains(&plan.attempts.len()), "{}", plan.attempts.len());
    assert_eq!((plan.possible, plan.left_out.as_slice()), (plan.attempts.len(), [].as_slice()));
    let ids: HashSet<_> = plan.attempts.iter().map(|attempt| &attempt.id).collect();
    let marks: HashSet<_> = plan.attempts.iter().map(|attempt| attempt.proof.mark.word()).collect();
    assert_eq!((ids.len(), marks.len()), (plan.attempts.len(), plan.attempts.len()));
}

#[test]
fn an_attempt_is_the_same_whatever_else_is_planned() {
    let all = plan(&Options::everything()).unwrap().attempts;
    let few = Options {
        goals: named(&["unsafe_output"]),
        strategies: named(&["typos", "context_flooding"]),
        ..Options::everything()
    };
    for attempt in plan(&few).unwrap().attempts {
        assert_eq!(all.iter().find(|other| other.id == attempt.id), Some(&attempt));
    }
}

#[test]
fn a_limit_takes_a_balanced_beginning() {
    let all = plan(&Options::everything()).unwrap();
    let limited = plan(&Options { limit: Some(super::super::DEFAULT_LIMIT), ..Options::everything() }).unwrap();
    assert_eq!(limited.attempts, all.attempts[..200]);
    assert_eq!(limited.possible, all.possible);
    let goals = counts(&limited.attempts, |attempt| attempt.goal);
    assert!(goals.len() == GOALS.len() && goals.values().all(|&count| count == 25), "{goals:?}");
    let used = counts(&limited.attempts, |attempt| attempt.strategy.clone());
    assert_eq!(used.len(), strategies().count());
    assert!(used.values().all(|count| (2..=5).contains(count)), "{used:?}");
    for ((goal, seed), count) in counts(&limited.attempts, |attempt| (attempt.goal, attempt.seed)) {
        assert!((1..=9).contains(&count), "{goal}/{seed}: {count}");
    }
    let seeds = counts(&limited.attempts, |attempt| (attempt.goal, attempt.seed)).len();
    assert_eq!(seeds, GOALS.iter().map(|goal| goal.seeds.len()).sum::<usize>());
}

#[test]
fn what_the_target_does_not_let_us_do_is_left_out_with_the_reason() {
    let plan = plan(&Options::default()).unwrap();
    let reasons: BTreeMap<_, _> = plan
        .left_out
        .iter()
        .map(|left_out| (left_out.goal, (left_out.reason.as_str(), left_out.is_whole_goal())))
        .collect();
    let passage = "no passage can be put among the target's retrieved ones";
    assert_eq!(
        reasons,
        BTreeMap::from([
            ("system_prompt_leak", ("the target's system prompt is not known", true)),
            ("indirect_injection", (passage, true)),
            ("data_leak", (passage, true)),
            ("link_exfiltration", (passage, false)),
            ("unsafe_output", (passage, false)),
        ])
    );
    assert!(plan.attempts.iter().all(|attempt| attempt.planted.is_none() && attempt.system.is_none()));
}

#[test]
fn goals_without_a_fitting_strategy_or_without_room_are_left_out() {
    let reasons = |options: &Options| -> Vec<String> {
        plan(options).unwrap().left_out.iter().map(|left| format!("{}: {}", left.goal, left.reason)).collect()
    };
    let strategies = named(&["html_comment"]);
    let goals = named(&["topic_hijack", "indirect_injection"]);
    let options = Options { strategies, goals: goals.clone(), ..Options::everything() };
    assert_eq!(reasons(&options), ["topic_hijack: none of the chosen strategies applies to it"]);
    let options = Options { goals, limit: Some(1), ..Options::everything() };
    assert_eq!(reasons(&options), ["topic_hijack: the limit of 1 leaves no room for it"]);
}

#[test]
fn names_that_are_not_known_are_errors_with_a_hint() {
    let error = |options: &Options| plan(options).unwrap_err().problems.remove(0);
    let goal = error(&Options { goals: named(&["data_leek"]), ..Options::everything() });
    assert_eq!(goal.message, "unknown attack goal \"data_leek\"");
    assert_eq!(goal.hint.as_deref(), Some("did you mean \"data_leak\"?"));
    let strategy = error(&Options { strategies: named(&["basic", "morze"]), ..Options::everything() });
    assert_eq!(strategy.hint.as_deref(), Some("did you mean \"morse\"?"));
}

#[test]
fn an_attempt_that_would_say_its_own_mark_is_not_made() {
    let strategies = named(&["basic", "basic", "reversed+camel_case", "camel_case"]);
    let plan = plan(&Options { strategies, ..Options::everything() }).unwrap();
    for attempt in &plan.attempts {
        assert!(!says_its_mark(attempt), "{}", attempt.id);
    }
    let basic = plan.attempts.iter().filter(|attempt| attempt.strategy == "basic").count();
    assert_eq!(basic, GOALS.iter().map(|goal| goal.seeds.len()).sum::<usize>());
}

#[test]
fn what_worked_before_comes_first_whatever_is_chosen() {
    let first = named(&[
        "topic_hijack/brand/base64+authority",
        "data_leak/asked/basic",
        "topic_hijack/brand/base64+authority",
        "topic_hijack/gone/basic",
        "topic_hijack/brand/iterative",
        "data_leak",
    ]);
    let options = Options { strategies: named(&["basic"]), limit: Some(10), first, ..Options::everything() };
    let repeating = plan(&options).unwrap();
    let ids: Vec<_> = repeating.attempts.iter().map(|attempt| attempt.id.as_str()).collect();
    assert_eq!(ids[..2], ["topic_hijack/brand/base64+authority", "data_leak/asked/basic"]);
    let without = plan(&Options { first: Vec::new(), ..options.clone() }).unwrap();
    let rest = without.attempts.iter().map(|attempt| attempt.id.as_str()).filter(|id| *id != "data_leak/asked/basic");
    assert_eq!(ids[2..], rest.collect::<Vec<_>>());
    assert_eq!(repeating.possible, without.possible + 1);
    assert_eq!(repeating.not_repeated, ["topic_hijack/gone/basic", "topic_hijack/brand/iterative", "data_leak"]);
    let blind = plan(&Options { target: Reach::default(), ..options }).unwrap();
    assert!(blind.not_repeated.contains(&"data_leak/asked/basic".to_owned()));
}
