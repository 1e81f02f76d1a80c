//! Tests of the cache of tokens, with a source that counts.

use super::fake::Numbered;
use super::*;
use crate::azure::clock::ManualClock;

fn clock() -> ManualClock {
    ManualClock::new("2026-11-21T12:00:00Z".parse().unwrap())
}

async fn texts(credential: &Credential, audience: Audience) -> String {
    credential
        .token(audience)
        .await
        .unwrap()
        .secret
        .expose()
        .to_owned()
}

#[tokio::test]
async fn concurrent_callers_share_one_request_for_an_audience() {
    let source = Numbered::new(&clock(), Duration::from_hours(1));
    let credential = source.credential();

    let tokens = tokio::join!(
        texts(&credential, Audience::Graph),
        texts(&credential, Audience::Graph),
        texts(&credential, Audience::AksServer)
    );

    assert_eq!(
        (source.fetched(), tokens.0 == tokens.1, tokens.0 == tokens.2),
        (2, true, false)
    );
}

#[tokio::test]
async fn a_token_is_renewed_five_minutes_before_its_end() {
    let clock = clock();
    let credential = Numbered::new(&clock, Duration::from_hours(1)).credential();
    let first = texts(&credential, Audience::Graph).await;

    clock.advance(Duration::from_secs(3299));
    let before = texts(&credential, Audience::Graph).await;
    clock.advance(Duration::from_secs(1));
    let after = texts(&credential, Audience::Graph).await;

    assert_eq!([first, before, after], ["token-1", "token-1", "token-2"]);
}

#[tokio::test]
async fn a_short_token_is_renewed_at_half_of_its_life() {
    let clock = clock();
    let credential = Numbered::new(&clock, Duration::from_mins(1)).credential();
    let first = texts(&credential, Audience::Graph).await;

    clock.advance(Duration::from_secs(29));
    let before = texts(&credential, Audience::Graph).await;
    clock.advance(Duration::from_secs(1));
    let after = texts(&credential, Audience::Graph).await;

    assert_eq!([first, before, after], ["token-1", "token-1", "token-2"]);
}

#[tokio::test]
async fn a_rejected_token_is_replaced_once_for_all_who_held_it() {
    let source = Numbered::new(&clock(), Duration::from_hours(1));
    let credential = source.credential();
    let rejected = credential.token(Audience::ResourceManager).await.unwrap();

    let renewed = tokio::join!(
        credential.renew(Audience::ResourceManager, &rejected),
        credential.renew(Audience::ResourceManager, &rejected)
    );

    assert_eq!((source.fetched(), &renewed.0), (2, &renewed.1));
}

#[tokio::test]
async fn a_caller_that_gives_up_does_not_block_the_next() {
    let source = Numbered::new(&clock(), Duration::from_hours(1));
    let credential = source.credential();
    let mut abandoned = Box::pin(credential.token(Audience::Graph));
    assert!(futures::poll!(&mut abandoned).is_pending());
    drop(abandoned);

    let token = texts(&credential, Audience::Graph).await;

    assert_eq!(token, "token-1");
}

#[tokio::test]
async fn an_old_token_does_until_its_end_when_there_is_no_new_one() {
    let clock = clock();
    let source = Numbered::new(&clock, Duration::from_hours(1));
    let credential = source.credential();
    texts(&credential, Audience::Graph).await;
    source.break_down();

    clock.advance(Duration::from_secs(3599));
    let late = credential.token(Audience::Graph).await;
    let rejected = credential
        .renew(Audience::Graph, late.as_ref().unwrap())
        .await;
    clock.advance(Duration::from_secs(1));
    let over = credential.token(Audience::Graph).await;

    assert_eq!(late.unwrap().secret, Secret::new("token-1"));
    assert_eq!((rejected.is_err(), over.is_err()), (true, true));
}
