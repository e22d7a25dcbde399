//! What opens the portal, and what people are told when it does not, against the simulated portal and its authorization
//! server.

mod stand;

use std::time::Duration;

use jiff::tz::TimeZone;
use service::access::{Condition, RECORD};
use simulators::bitrix24::{AppConfig, Faults, Portal, PortalConfig, Revoked};
use store::Store as _;

use self::stand::Stand;

const HOUR: Duration = Duration::from_secs(3_600);

/// The bucket's pauses and one pause of hours: looks at a closed portal.
const LOOKS_IN_SIX_HOURS: u64 = 400;

/// From the moment that a person acted to an order's next look (`kernel::rules`), and the work that follows it.
const CLOSED_LOOK: Duration = Duration::from_secs(370);

#[tokio::test(start_paused = true)]
async fn before_the_installation_webhooks_are_taken_and_after_it_the_work_begins_without_a_restart()
{
    let stand = Stand::app(|_| {});
    let running = stand.start().await;
    let order = stand.order(&running).await;
    tokio::time::sleep(HOUR).await;
    assert_eq!(
        (stand.deals_of(order), stand.portal.stats().requests),
        (0, 0)
    );
    insta::assert_snapshot!(stand.told(), @"WARN  The application is not installed in portal.bitrix24.com yet: in Bitrix24, open Developer resources, Integrations and the local application, tick `Application uses API only` and the right CRM (crm), paste https://YOUR-HOST/bitrix24/install both as its handler path and as its path for initial installation, save, and press Reinstall in its menu; nothing is lost, orders wait");
    assert!(matches!(
        running.service.portal_condition(),
        Some(Condition::NotInstalled { .. })
    ));

    assert_eq!(stand.install(&running).await, 200);
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(stand.deals_of(order), 1);
    assert_eq!(running.service.portal_condition(), None);
    insta::assert_snapshot!(stand.told(), @r#"
WARN  The application is not installed in portal.bitrix24.com yet: in Bitrix24, open Developer resources, Integrations and the local application, tick `Application uses API only` and the right CRM (crm), paste https://YOUR-HOST/bitrix24/install both as its handler path and as its path for initial installation, save, and press Reinstall in its menu; nothing is lost, orders wait
INFO  The application is installed in portal.bitrix24.com: orders are worked on
"#);
    assert_eq!(stand.portal.deals()[0].created_by, 1);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_expired_token_is_renewed_without_a_word_and_counts_against_no_order() {
    let stand = Stand::app(|app| app.access_life_s = 60);
    let running = stand.start_installed().await;
    for _ in 0..3 {
        tokio::time::sleep(HOUR).await;
        let order = stand.order(&running).await;
        tokio::time::sleep(Duration::from_secs(10)).await;
        assert_eq!(stand.deals_of(order), 1);
        let outcomes = stand.outcomes(order).await;
        assert!(outcomes.iter().all(|it| it == "done"), "{outcomes:?}");
    }
    // One pair for the installation, and one for each token that was found expired, by orders and by late looks.
    let (bought, expired) = {
        let stats = stand.portal.stats();
        (stats.oauth["refreshed"], stats.answers["expired_token"])
    };
    assert!(3 <= expired && bought == expired + 1, "{bought} {expired}");
    assert_eq!(stand.told(), "");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_restart_goes_on_with_the_pair_that_the_ledger_keeps() {
    let stand = Stand::app(|app| app.access_life_s = 60);
    stand.start_installed().await.stop().await;
    tokio::time::sleep(HOUR).await;
    let running = stand.start().await;
    let order = stand.order(&running).await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!((stand.deals_of(order), stand.told().as_str()), (1, ""));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_stop_waits_for_the_pair_that_is_on_its_way() {
    let stand = Stand::app(|app| app.access_life_s = 60);
    let running = stand.start_installed().await;
    tokio::time::sleep(HOUR).await;
    stand.faults(|faults| {
        faults.oauth_late = 1.0;
        faults.oauth_late_ms = (8_000, 8_000);
        faults.executed_share = 1.0;
    });
    stand.order(&running).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(!stand.portal.takes_refresh(&stand.kept("refresh").await));
    running.stop().await;
    assert!(stand.portal.takes_refresh(&stand.kept("refresh").await));
}

#[tokio::test(start_paused = true)]
async fn a_stop_waits_for_the_pair_of_an_installation_longer_than_for_anything_else() {
    let stand = Stand::app(|_| {});
    let running = stand.start().await;
    stand.faults(|faults| {
        faults.oauth_late = 1.0;
        faults.oauth_late_ms = (30_000, 30_000);
        faults.executed_share = 1.0;
    });
    let (form, service) = (stand.portal.install_app(1), running.service.clone());
    let installing = tokio::spawn(async move { stand::post(&service, form).await });
    tokio::time::sleep(Duration::from_secs(1)).await;
    running.stop().await;
    assert_eq!(installing.await.expect("no panic"), 202);
    assert!(stand.portal.takes_refresh(&stand.kept("refresh").await));
}

#[tokio::test(start_paused = true)]
async fn an_installation_whose_answer_was_lost_is_told_as_such() {
    let stand = Stand::app(|_| {});
    stand.faults(|faults| {
        faults.oauth_lose_answer = 1.0;
        faults.executed_share = 1.0;
    });
    let running = stand.start().await;
    stand.trace.forget();
    assert_eq!(stand.install(&running).await, 202);
    stand.faults(|_| {});
    tokio::time::sleep(Duration::from_secs(120)).await;
    let told = stand.told();
    assert!(
        told.contains("an earlier answer was lost and used it up"),
        "{told}"
    );
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_revoked_webhook_is_told_once_looked_at_ever_more_rarely_and_said_to_work_again_once() {
    let stand = Stand::webhook();
    stand.revoked_for(6 * HOUR, Revoked::Credential);
    let running = stand.start().await;
    let order = stand.order(&running).await;
    tokio::time::sleep(6 * HOUR - CLOSED_LOOK).await;
    let condition = running.service.portal_condition().expect("a condition");
    assert_eq!(
        (condition.word(), condition.code()),
        ("no_access", Some("INVALID_CREDENTIALS"))
    );
    let asked = stand.portal.stats().requests;
    assert!((10..LOOKS_IN_SIX_HOURS).contains(&asked), "{asked}");
    tokio::time::sleep(2 * CLOSED_LOOK).await;
    assert_eq!(stand.deals_of(order), 1);
    insta::assert_snapshot!(stand.told(), @r#"
WARN  The portal portal.bitrix24.com refuses access (INVALID_CREDENTIALS): the inbound webhook was removed or has expired; make a new inbound webhook as a user who is active (Developer resources, Integrations) and set ONEDEAL_BITRIX24_WEBHOOK_URL; nothing is lost, orders wait
INFO  The portal portal.bitrix24.com answers again
"#);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_revoked_application_works_again_once_it_is_installed_again() {
    let stand = Stand::app(|_| {});
    let running = stand.start_installed().await;
    stand.portal.remove_app();
    let order = stand.order(&running).await;
    tokio::time::sleep(6 * HOUR).await;
    assert_eq!(stand.deals_of(order), 0);
    assert_eq!(stand.install(&running).await, 200);
    tokio::time::sleep(CLOSED_LOOK).await;
    assert_eq!(stand.deals_of(order), 1);
    insta::assert_snapshot!(stand.told(), @r#"
WARN  The portal portal.bitrix24.com refuses access (APPLICATION_NOT_FOUND): the application was removed or switched off in Bitrix24; open Developer resources, Integrations and press Reinstall in the application's menu as a user who is active; if it is gone, add it anew and set ONEDEAL_BITRIX24_CLIENT_ID and ONEDEAL_BITRIX24_CLIENT_SECRET; nothing is lost, orders wait
INFO  The application is installed in portal.bitrix24.com: orders are worked on
INFO  The portal portal.bitrix24.com answers again
"#);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_told_where_only_the_mappings_names_were_asked_for_and_the_work_goes_on_at_once()
 {
    let mut stand = Stand::app(|_| {});
    let running = stand.start_installed().await;
    tokio::time::sleep(HOUR).await;
    running.stop().await;
    stand.portal.remove_app();
    let file = toml::from_str("funnel = \"Shop\"").expect("a mapping");
    stand.mapping = stand
        .mapping
        .with_file(&file, TimeZone::UTC)
        .expect("a mapping");
    let running = stand.start().await;
    let order = stand.order(&running).await;
    tokio::time::sleep(HOUR).await;
    let condition = running.service.portal_condition().expect("a condition");
    assert_eq!(
        (condition.word(), condition.code()),
        ("no_access", Some("APPLICATION_NOT_FOUND"))
    );
    assert_eq!(stand.install(&running).await, 200);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(stand.deals_of(order), 1);
    assert_eq!(running.service.portal_condition(), None);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_missing_right_is_named_with_the_box_to_tick() {
    let narrow = |faults: &mut Faults| faults.narrow_ms = Some((0, 7_200_000));
    let stand = Stand::webhook();
    stand.faults(narrow);
    let running = stand.start().await;
    let order = stand.order(&running).await;
    tokio::time::sleep(3 * HOUR).await;
    assert_eq!(stand.deals_of(order), 1);
    insta::assert_snapshot!(stand.told(), @r#"
WARN  The portal portal.bitrix24.com refuses access (insufficient_scope): the inbound webhook lacks the right CRM (crm); open it in Bitrix24 under Developer resources, Integrations, tick CRM (crm), and save; nothing is lost, orders wait
INFO  The portal portal.bitrix24.com answers again
"#);
    running.stop().await;

    let stand = Stand::app(|_| {});
    let running = stand.start_installed().await;
    tokio::time::sleep(HOUR / 60).await;
    stand.faults(|faults| faults.narrow_ms = Some((stand.portal.now_ms(), u64::MAX)));
    let order = stand.order(&running).await;
    tokio::time::sleep(HOUR / 2).await;
    assert_eq!(stand.install(&running).await, 200);
    tokio::time::sleep(CLOSED_LOOK).await;
    assert_eq!(stand.deals_of(order), 1);
    insta::assert_snapshot!(stand.told(), @r#"
WARN  The portal portal.bitrix24.com refuses access (insufficient_scope): the application lacks the right CRM (crm); open it in Bitrix24 under Developer resources, Integrations, tick CRM (crm), save, and press Reinstall in its menu; nothing is lost, orders wait
INFO  The application is installed in portal.bitrix24.com: orders are worked on
INFO  The portal portal.bitrix24.com answers again
"#);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_pair_that_was_lost_on_its_way_is_told_and_the_next_installation_ends_it() {
    let stand = Stand::app(|app| app.access_life_s = 60);
    let running = stand.start_installed().await;
    tokio::time::sleep(HOUR).await;
    stand.faults(|faults| faults.oauth_lose_answer = 1.0);
    let order = stand.order(&running).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    stand.faults(|_| {});
    tokio::time::sleep(HOUR).await;
    let asked = stand.portal.stats().oauth["invalid_grant"];
    assert_eq!((stand.deals_of(order), asked), (0, 1));
    running.stop().await;

    let running = stand.start().await;
    tokio::time::sleep(HOUR).await;
    assert_eq!(stand.install(&running).await, 200);
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(stand.deals_of(order), 1);
    insta::assert_snapshot!(stand.told(), @r#"
WARN  The access token for portal.bitrix24.com has expired, and Bitrix24's authorization server does not answer: asked again until it does; check the network; nothing is lost, orders wait
WARN  The access token for portal.bitrix24.com has expired, and Bitrix24's authorization server gives no new one (invalid_grant): its refresh token was used up or is too old; install the application again: in Bitrix24, open Developer resources, Integrations and press Reinstall in the application's menu; nothing is lost, orders wait
WARN  The access token for portal.bitrix24.com has expired, and Bitrix24's authorization server gives no new one (invalid_grant): its refresh token was used up or is too old; install the application again: in Bitrix24, open Developer resources, Integrations and press Reinstall in the application's menu; nothing is lost, orders wait
INFO  The application is installed in portal.bitrix24.com: orders are worked on
"#);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_is_wrong_since_a_restart_is_told_and_nothing_is_used_up() {
    let mut stand = Stand::app(|app| app.access_life_s = 60);
    stand.start_installed().await.stop().await;
    tokio::time::sleep(HOUR).await;
    let secret = std::mem::replace(&mut stand.secret, "guess".to_owned());
    let running = stand.start().await;
    let order = stand.order(&running).await;
    tokio::time::sleep(HOUR).await;
    insta::assert_snapshot!(stand.told(), @"WARN  The access token for portal.bitrix24.com has expired, and Bitrix24's authorization server gives no new one (invalid_client): check ONEDEAL_BITRIX24_CLIENT_ID and ONEDEAL_BITRIX24_CLIENT_SECRET against the application (Developer resources, Integrations); if it was removed there, add it anew; nothing is lost, orders wait");
    running.stop().await;

    stand.secret = secret;
    let running = stand.start().await;
    tokio::time::sleep(CLOSED_LOOK).await;
    assert_eq!(stand.deals_of(order), 1);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_authorization_server_that_is_away_is_asked_again_until_it_answers() {
    let stand = Stand::app(|app| app.access_life_s = 60);
    let running = stand.start_installed().await;
    tokio::time::sleep(HOUR).await;
    stand.faults(|faults| faults.oauth_html = 1.0);
    let order = stand.order(&running).await;
    tokio::time::sleep(6 * HOUR).await;
    let asked = stand.portal.stats().faults["oauth_html"];
    assert!((10..LOOKS_IN_SIX_HOURS).contains(&asked), "{asked}");
    stand.faults(|_| {});
    tokio::time::sleep(Duration::from_secs(310)).await;
    assert_eq!(stand.deals_of(order), 1);
    insta::assert_snapshot!(stand.told(), @r#"
WARN  The access token for portal.bitrix24.com has expired, and Bitrix24's authorization server does not answer: asked again until it does; check the network; nothing is lost, orders wait
INFO  Bitrix24's authorization server gives access tokens for portal.bitrix24.com again
"#);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_installation_that_cannot_be_confirmed_yet_is_confirmed_later() {
    let stand = Stand::app(|_| {});
    stand.faults(|faults| faults.oauth_drop_before = 1.0);
    let running = stand.start().await;
    assert_eq!(stand.install(&running).await, 202);
    stand.faults(|_| {});
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(running.service.portal_condition(), None);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn another_applications_tokens_are_refused() {
    let stand = Stand::app(|_| {});
    let running = stand.start().await;
    let form = stand.portal.install_other_app("local.other", 1);
    assert_eq!(running.post(form).await, 403);
    assert!(stand.store.meta(RECORD).await.expect("read").is_none());
    insta::assert_snapshot!(stand.told_after(1), @"WARN  An installation (it says: portal.bitrix24.com) was refused, as Bitrix24's authorization server does not confirm it (wrong_client): it is not of our application; check that ONEDEAL_BITRIX24_CLIENT_ID names the application that was installed");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_wrong_secret_is_told_as_such() {
    let mut stand = Stand::app(|_| {});
    stand.secret = "guess".to_owned();
    let running = stand.start().await;
    assert_eq!(stand.install(&running).await, 403);
    insta::assert_snapshot!(stand.told_after(1), @"WARN  An installation (it says: portal.bitrix24.com) was refused, as Bitrix24's authorization server does not confirm it (invalid_client): check ONEDEAL_BITRIX24_CLIENT_ID and ONEDEAL_BITRIX24_CLIENT_SECRET against the application, then press Reinstall in its menu");
    assert!(!stand.told().contains("guess"));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn once_a_portal_is_linked_another_ones_installation_is_refused_before_anything_is_asked() {
    let stand = Stand::app(|_| {});
    let running = stand.start_installed().await;
    let other = Portal::new(PortalConfig {
        host: "other.bitrix24.com".to_owned(),
        app: AppConfig {
            member_id: "another".to_owned(),
            ..AppConfig::default()
        },
        ..PortalConfig::default()
    });
    let asked = stand.asked_for_tokens();
    assert_eq!(running.post(other.install_app(1)).await, 403);
    assert_eq!(stand.asked_for_tokens(), asked);
    insta::assert_snapshot!(stand.told(), @"WARN  An installation in another portal (it says: other.bitrix24.com) was refused: this ledger belongs to portal.bitrix24.com, and a second portal needs a ledger of its own");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_first_installation_must_be_in_the_portal_of_the_settings() {
    let mut stand = Stand::app(|_| {});
    stand.host = "acme.bitrix24.com".to_owned();
    let running = stand.start().await;
    assert_eq!(stand.install(&running).await, 403);
    assert!(stand.store.meta(RECORD).await.expect("read").is_none());
    insta::assert_snapshot!(stand.told_after(1), @"WARN  The application was installed in portal.bitrix24.com, and not in acme.bitrix24.com: set ONEDEAL_BITRIX24_PORTAL to portal.bitrix24.com if that is the right portal, and press Reinstall there; a ledger keeps to one portal");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_secret_leaves_for_no_server_that_a_form_made_up() {
    let stand = Stand::app(|app| app.server = "https://oauth.bitrix.info.example.org".to_owned());
    let running = stand.start().await;
    assert_eq!(stand.install(&running).await, 403);
    assert_eq!(stand.asked_for_tokens(), 0);
    insta::assert_snapshot!(stand.told_after(1), @"WARN  An installation was refused: it names https://oauth.bitrix.info.example.org/rest/ as Bitrix24's authorization server, and it is not an authorization server of Bitrix24");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_server_of_the_region_is_remembered() {
    let stand = Stand::app(|app| {
        app.server = "https://oauth.bitrix24.tech".to_owned();
        app.access_life_s = 60;
    });
    let running = stand.start_installed().await;
    tokio::time::sleep(HOUR).await;
    stand.order(&running).await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    let hosts = stand.way.servers();
    assert_eq!(hosts, ["oauth.bitrix24.tech", "oauth.bitrix24.tech"]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_no_installation_is_answered_as_such() {
    let stand = Stand::app(|_| {});
    let running = stand.start().await;
    let uninstalled = "event=ONAPPUNINSTALL&auth%5Bmember_id%5D=m".to_owned();
    assert_eq!(running.post(uninstalled).await, 400);
    assert_eq!(running.post("a".repeat(65 * 1_024)).await, 413);
    running.stop().await;

    let stand = Stand::webhook();
    let running = stand.start().await;
    assert_eq!(running.post(stand.portal.install_app(1)).await, 404);
    running.stop().await;
}
