//! The queue: who waits, and who is next.

use futures_util::FutureExt as _;

use super::*;

fn lane(concurrency: usize) -> Lane {
    let limits = ProviderLimits {
        provider: "p".into(),
        line: None,
        requests_per_minute: None,
        tokens_per_minute: None,
        concurrency: Some(concurrency),
    };
    Lane { limiter: Arc::new(Limiter::new(Gate::new(Some(&limits), FLOOR, Instant::now()))), model: 0 }
}

#[tokio::test]
async fn who_came_first_is_served_first() {
    let lane = lane(1);
    let need = Need::default();
    let held = lane.acquire(&need).await;
    let mut first = Box::pin(lane.acquire(&need));
    let mut second = Box::pin(lane.acquire(&need));
    assert!(first.as_mut().now_or_never().is_none());
    assert!(second.as_mut().now_or_never().is_none());
    held.finish(&Finished::default());
    assert!(second.as_mut().now_or_never().is_none());
    let ticket = first.await;
    assert!(second.as_mut().now_or_never().is_none());
    drop(ticket);
    second.await;
}

#[tokio::test]
async fn who_gives_up_waiting_does_not_hold_the_others() {
    let lane = lane(1);
    let need = Need::default();
    let held = lane.acquire(&need).await;
    let mut first = Box::pin(lane.acquire(&need));
    let mut second = Box::pin(lane.acquire(&need));
    assert!(first.as_mut().now_or_never().is_none());
    assert!(second.as_mut().now_or_never().is_none());
    drop(first);
    drop(held);
    second.await;
}

#[tokio::test]
async fn waiting_in_the_queue_is_no_time_of_the_call() {
    let lane = lane(1);
    let held = lane.acquire(&Need::default()).await;
    let limit = Duration::from_millis(20);
    let need = Need::default();
    let work = async {
        let ticket = lane.acquire(&need);
        let waited = tokio::time::timeout(3 * limit, ticket).await.is_err();
        drop(held);
        waited
    };
    assert_eq!(patient(limit, work).await, Some(true));
}

#[test]
fn limiters_are_told_apart_by_provider_address_and_key() {
    let endpoint = |provider: &str, key: &str| {
        crate::llm::endpoint::tests::endpoint(provider, &[("OPENAI_API_KEY", key), ("GROQ_API_KEY", key)])
    };
    let limits = Limits::new(Vec::new(), FLOOR);
    let lane = |provider, key, model| limits.of_model(&endpoint(provider, key), model);
    let one = lane("openai", "a", "m");
    assert!(Arc::ptr_eq(&one.limiter, &lane("openai", "a", "n").limiter));
    assert!(!Arc::ptr_eq(&one.limiter, &lane("openai", "b", "m").limiter));
    assert!(!Arc::ptr_eq(&one.limiter, &lane("groq", "a", "m").limiter));
    let call = |url: &str| HttpCall { method: "GET", url: url.into(), headers: Vec::new(), body: None };
    let server = limits.of_server(&call("http://a:1/x"));
    assert!(Arc::ptr_eq(&server.limiter, &limits.of_server(&call("http://a:1/y")).limiter));
    assert!(!Arc::ptr_eq(&server.limiter, &limits.of_server(&call("http://a:2/x")).limiter));
}
