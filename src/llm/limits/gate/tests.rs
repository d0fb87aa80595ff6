use super::super::learnt::Quota;
use super::*;

const SECOND: Duration = Duration::from_secs(1);
const MODEL: u64 = 7;

fn gate(requests: Option<usize>, tokens: Option<usize>, concurrency: Option<usize>, now: Instant) -> Gate {
    let limits = ProviderLimits {
        provider: "p".into(),
        line: None,
        requests_per_minute: requests,
        tokens_per_minute: tokens,
        concurrency,
    };
    Gate::new(Some(&limits), SECOND, now)
}

fn need(input_tokens: u64, output_tokens: Option<u64>) -> Need {
    Need { input_tokens, output_tokens }
}

fn answer(status: u16) -> Finished {
    Finished { status: Some(status), ..Finished::default() }
}

fn used(output: u64) -> Finished {
    Finished { usage: Some(Usage { output, ..Usage::default() }), ..answer(200) }
}

#[test]
fn without_limits_everything_passes_at_once() {
    let now = Instant::now();
    let mut gate = Gate::new(None, SECOND, now);
    for _ in 0..10_000 {
        assert!(gate.admit(MODEL, &need(1_000_000, None), now).is_ok());
    }
}

#[test]
fn the_configured_number_at_once_is_not_exceeded() {
    let now = Instant::now();
    let mut gate = gate(None, None, Some(2), now);
    let first = gate.admit(MODEL, &Need::default(), now).unwrap();
    gate.admit(MODEL, &Need::default(), now).unwrap();
    assert_eq!(gate.admit(MODEL, &Need::default(), now).err(), Some(None));
    gate.release(&first);
    assert!(gate.admit(MODEL, &Need::default(), now).is_ok());
}

#[test]
fn requests_keep_the_configured_pace() {
    let now = Instant::now();
    let mut gate = gate(Some(120), None, None, now);
    for _ in 0..2 {
        gate.admit(MODEL, &Need::default(), now).unwrap();
    }
    let until = gate.admit(MODEL, &Need::default(), now).err();
    assert_eq!(until, Some(Some(now + SECOND / 2)));
    assert!(gate.admit(MODEL, &Need::default(), now + SECOND / 2).is_ok());
}

#[test]
fn tokens_are_reserved_and_settled_with_what_was_consumed() {
    let now = Instant::now();
    let mut gate = gate(None, Some(6000), None, now);
    let large = need(20, Some(80));
    let pass = gate.admit(MODEL, &large, now).unwrap();
    assert_eq!(gate.admit(MODEL, &large, now).err(), Some(Some(now + SECOND)));
    gate.finish(&pass, &used(10), now);
    assert_eq!(gate.admit(MODEL, &large, now).err(), Some(Some(now + SECOND / 10)));
    // A request that does not say how long its answer may be counts what answers were so far.
    assert!(gate.admit(MODEL, &need(80, None), now).is_ok());
    assert_eq!(gate.admit(MODEL, &need(0, Some(1)), now).err(), Some(Some(now + SECOND / 100)));
}

#[test]
fn what_was_turned_away_consumed_no_tokens() {
    let now = Instant::now();
    let mut gate = gate(None, Some(6000), None, now);
    let large = need(100, Some(0));
    let pass = gate.admit(MODEL, &large, now).unwrap();
    gate.finish(&pass, &answer(429), now);
    let pass = gate.admit(MODEL, &large, now).unwrap();
    gate.finish(&pass, &answer(200), now);
    assert!(gate.admit(MODEL, &large, now).is_err());
}

#[test]
fn what_headers_tell_of_one_model_is_waited_for_with_that_model() {
    let now = Instant::now();
    let mut gate = Gate::new(None, SECOND, now);
    let told = |kind: usize, remaining| {
        let mut told = Told::default();
        told[kind] = Some(Quota { remaining, reset: Some(SECOND) });
        Finished { told, ..answer(200) }
    };
    let pass = gate.admit(MODEL, &Need::default(), now).unwrap();
    gate.finish(&pass, &told(0, 1), now);
    gate.admit(MODEL, &Need::default(), now).unwrap();
    assert_eq!(gate.admit(MODEL, &Need::default(), now).err(), Some(Some(now + SECOND)));
    let pass = gate.admit(8, &Need::default(), now).unwrap();
    gate.finish(&pass, &told(1, 100), now);
    assert_eq!(gate.admit(8, &need(101, None), now).err(), Some(Some(now + SECOND)));
    assert!(gate.admit(8, &need(100, None), now).is_ok());
    assert!(gate.admit(MODEL, &Need::default(), now + SECOND).is_ok());
}

#[test]
fn an_overload_pauses_everybody_and_halves() {
    let now = Instant::now();
    let mut gate = Gate::new(None, SECOND, now);
    let (fine, busy) = (used(1), Finished { asked_wait: Some(SECOND), ..answer(429) });
    let passes: Vec<Pass> = (0..20).map(|_| gate.admit(MODEL, &Need::default(), now).unwrap()).collect();
    for (index, pass) in passes.iter().enumerate() {
        gate.finish(pass, if index % 2 == 0 { &busy } else { &fine }, now);
    }
    assert_eq!(gate.admit(MODEL, &Need::default(), now).err(), Some(Some(now + SECOND)));
    for _ in 0..10 {
        gate.admit(MODEL, &Need::default(), now + SECOND).unwrap();
    }
    assert_eq!(gate.admit(MODEL, &Need::default(), now + SECOND).err(), Some(None));
}

#[test]
fn an_hour_is_not_waited_for() {
    let now = Instant::now();
    let mut gate = Gate::new(None, SECOND, now);
    let tomorrow = Finished { asked_wait: Some(3600 * SECOND), ..answer(429) };
    for _ in 0..10 {
        let pass = gate.admit(MODEL, &Need::default(), now).unwrap();
        gate.finish(&pass, &tomorrow, now);
    }
    assert!(gate.admit(MODEL, &Need::default(), now).is_ok());
}

#[test]
fn a_hanging_attempt_gets_a_second_one_beside_it_if_there_is_room() {
    let now = Instant::now();
    let mut gate = gate(None, None, Some(3), now);
    let hanging = gate.admit(MODEL, &Need::default(), now).unwrap();
    for _ in 0..20 {
        let pass = gate.admit(MODEL, &Need::default(), now).unwrap();
        gate.finish(&pass, &used(1), now + SECOND / 2);
    }
    let ask = |gate: &mut Gate, running| gate.hedge(MODEL, &Need::default(), running, now);
    assert_eq!(ask(&mut gate, SECOND).err(), Some(SECOND));
    let second = ask(&mut gate, 2 * SECOND).unwrap();
    assert_eq!(ask(&mut gate, 2 * SECOND).err(), Some(hanging::RECHECK));
    gate.finish(&second, &used(1), now + 3 * SECOND);
    gate.admit(MODEL, &Need::default(), now).unwrap();
    gate.admit(MODEL, &Need::default(), now).unwrap();
    // Three are under way, and no more are allowed.
    assert_eq!(ask(&mut gate, 100 * SECOND).err(), Some(hanging::RECHECK));
    gate.release(&hanging);
    assert!(ask(&mut gate, 100 * SECOND).is_ok());
}
