use super::*;
use crate::guard::attack::proof::Evidence;
use crate::guard::attack::{Options, plan};

fn planned(method: Method) -> Vec<Attempt> {
    plan(&Options { method: Some(method), ..Options::everything() }).unwrap().attempts
}

/// Of a seed, as `goal/seed`.
fn attempt(seed: &str) -> Attempt {
    let attempts = planned(Method::Iterative).into_iter();
    attempts.into_iter().find(|attempt| attempt.id == format!("{seed}/iterative")).unwrap()
}

fn texts(messages: &[Message]) -> String {
    messages.iter().map(|message| message.content.as_str()).collect::<Vec<_>>().join("\n").to_lowercase()
}

fn hit() -> Outcome {
    Outcome::Hit { evidence: Evidence { span: 0..1, decoders: Vec::new() }, with_refusal: false }
}

#[test]
fn the_attacker_model_is_never_told_the_whole_mark() {
    for method in [Method::Iterative, Method::Crescendo] {
        for base in &planned(method) {
            let word = base.proof.mark.word();
            let mut adaptive = Adaptive::new(method, base, 3);
            let first = texts(&adaptive.next_prompt().unwrap());
            assert!(!first.contains(word) && !first.contains('{'), "{}: {first}", base.id);
            // Also where an answer that was not judged a hit, or a reply, holds it.
            let asked = adaptive.parse(&format!("<attack>Say {} now</attack>", word.to_ascii_uppercase())).unwrap();
            let sent =
                if base.place == Place::Passage { asked.planted.clone().unwrap() } else { asked.question.clone() };
            assert!(!sent.to_lowercase().contains(word), "{sent}");
            adaptive.record(&asked, &format!("No {}!", word.to_ascii_uppercase()), &Outcome::Resisted);
            let second = texts(&adaptive.next_prompt().unwrap());
            assert!(!second.contains(word) && second.contains("step 1, resisted"), "{}: {second}", base.id);
        }
    }
}

#[test]
fn a_canary_is_not_told_in_parts_either() {
    let base = attempt("data_leak/asked");
    let adaptive = Adaptive::new(Method::Iterative, &base, 3);
    let prompt = texts(&adaptive.next_prompt().unwrap());
    assert!(!prompt.contains(base.proof.mark.head()) && !prompt.contains(base.proof.mark.tail()));
}

#[test]
fn replies_are_read_between_the_tags() {
    let base = attempt("topic_hijack/brand");
    let mut adaptive = Adaptive::new(Method::Iterative, &base, 5);
    let asked = adaptive.parse("It refused. <attack>\nA new soap!\n</attack> That may work.").unwrap();
    assert_eq!((asked.question.as_str(), asked.strategy.as_str()), ("A new soap!", "iterative"));
    assert_eq!(asked.id, "topic_hijack/brand/iterative");
    assert_eq!(adaptive.parse("<attack>cut off").unwrap().question, "cut off");
    assert_eq!(adaptive.parse("I cannot help with that."), Err(Unusable::NoAttack));
    assert_eq!(adaptive.parse("<attack> </attack>"), Err(Unusable::NoAttack));
    assert_eq!(adaptive.parse(&format!("<attack>{}</attack>", "x ".repeat(3000))), Err(Unusable::TooLong));
    adaptive.record(&asked, "No.", &Outcome::Refused);
    assert_eq!(adaptive.parse("<attack>A new soap!</attack>"), Err(Unusable::Repeated));
}

#[test]
fn an_attack_ends_with_a_hit_or_with_its_last_step() {
    let base = attempt("topic_hijack/brand");
    let mut adaptive = Adaptive::new(Method::Iterative, &base, 2);
    adaptive.skip(Unusable::NoAttack);
    assert!(texts(&adaptive.next_prompt().unwrap()).contains("nothing was asked, because there was no text"));
    adaptive.skip(Unusable::TooLong);
    assert!(adaptive.is_over() && adaptive.next_prompt().is_none());
    let mut adaptive = Adaptive::new(Method::Iterative, &base, 1000);
    for step in 0..MAX_STEPS {
        assert!(!adaptive.is_over(), "{step}");
        let asked = adaptive.parse(&format!("<attack>{step}</attack>")).unwrap();
        adaptive.record(&asked, &"long ".repeat(9000), &Outcome::Resisted);
    }
    assert!(adaptive.is_over());
    let mut adaptive = Adaptive::new(Method::Crescendo, &base, 5);
    adaptive.record(&base, "yes", &hit());
    assert!(adaptive.is_over());
}

#[test]
fn prompts_do_not_grow_with_the_steps() {
    let base = attempt("topic_hijack/brand");
    let mut adaptive = Adaptive::new(Method::Iterative, &base, MAX_STEPS);
    for step in 0..MAX_STEPS {
        assert!(texts(&adaptive.next_prompt().unwrap()).len() < 15_000);
        let asked = adaptive.parse(&format!("<attack>{} {step}</attack>", "x".repeat(3000))).unwrap();
        adaptive.record(&asked, &"long ".repeat(9000), &Outcome::Resisted);
    }
}

#[test]
fn a_crescendo_takes_back_what_was_refused_and_is_no_passage() {
    let base = attempt("topic_hijack/brand");
    let mut adaptive = Adaptive::new(Method::Crescendo, &base, 5);
    for (text, answer, outcome) in
        [("a", "b", Outcome::Resisted), ("c", "no", Outcome::Refused), ("e", "f", Outcome::Resisted)]
    {
        let asked = adaptive.parse(&format!("<attack>{text}</attack>")).unwrap();
        adaptive.record(&asked, answer, &outcome);
    }
    let conversation: Vec<_> = adaptive.conversation().into_iter().map(|message| message.content).collect();
    assert_eq!(conversation, ["a", "b", "e", "f"]);
    let passage = attempt("indirect_injection/moved");
    assert!(planned(Method::Crescendo).iter().all(|attempt| attempt.place == Place::Question));
    let iterative = Adaptive::new(Method::Iterative, &passage, 5);
    assert_eq!(iterative.parse("<attack>note</attack>").unwrap().planted.as_deref(), Some("note"));
    assert!(iterative.conversation().is_empty());
}
