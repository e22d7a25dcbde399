//! `onedeal init` on a terminal: questions, answers, and answers that are not taken.

use simulators::shopify::ShopConfig;

use crate::{
    pair::{CLIENT, Pair, SECRET, SHOP, fresh, until},
    program::CODE,
    pty::Pty,
};

/// Starts `init` in the pair's folder; the shop's own address is nobody's on this machine.
fn asked(pair: &Pair) -> Pty {
    let url = pair.shop_url();
    let variables = [("ONEDEAL_SHOPIFY_API_URL", url.as_str())];
    Pty::run(pair.folder.path(), &["init"], &variables)
}

/// Answers up to the service's part.
fn answered_peers(pair: &Pair) -> Pty {
    let mut pty = asked(pair);
    pty.answers("Webhook URL", &pair.portal_url());
    pty.answers("Shop (its permanent name", "acme");
    pty.answers("Number or name", "1");
    pty.answers("Client id", CLIENT);
    pty.answers("Client secret", SECRET);
    pty
}

#[tokio::test]
async fn answered_questions_lead_to_the_first_deal() {
    let pair = Pair::new();
    let mut pty = answered_peers(&pair);
    pty.answers("Public URL", "https://sync.example.com/");
    pty.answers("onedeal listens on", "127.0.0.1:0");
    pty.answers("Make a token", "");
    pty.sees("Funnel of new deals");
    pty.answers("Number or name", "shop");
    pty.sees("Stage of a new deal");
    pty.answers("Number or name", "");
    pty.sees("Stage once cancelled");
    pty.answers("Number or name", "analyse");
    pty.sees("Responsible for new deals");
    pty.answers("Number or name", "erika");
    pty.sees("Field for the order's number");
    pty.answers("Number or name", "");
    pty.answers("Make the missing fields", "y");
    pty.answers("Write onedeal.toml", "");
    assert_eq!(pty.ends(), 0, "{}", pty.shown());
    assert!(pty.echoes());
    for secret in [CODE, SECRET] {
        assert!(!pty.shown().contains(secret), "{}", pty.shown());
    }

    let checked = pair.run(&["check"], &[]);
    assert_eq!(checked.code, 0, "{}", checked.out);
    let serving = pair.serve();
    assert_eq!(serving.deliver_order().await, 200);
    until("a whole deal", || {
        pair.portal.deals().iter().any(|it| !it.rows.is_empty())
    });
    let deals = pair.portal.deals();
    assert_eq!(deals.len(), 1, "{deals:#?}");
    assert_eq!((deals[0].category_id, deals[0].assigned_by), (9, 7));
}

#[test]
fn an_answer_that_does_not_do_is_explained_and_asked_for_again() {
    let pair = Pair::new();
    let mut pty = asked(&pair);
    pty.answers("Webhook URL", "https://acme.bitrix24.com/");
    pty.sees("user and code are missing in it");
    pty.answers("Webhook URL", &pair.portal_url().replace(CODE, "another"));
    pty.sees("does not accept the webhook");
    // What can change on the portal need not be typed again.
    pty.sees("[the same again]");
    pty.types(&format!("{}profile.json\r", pair.portal_url()));
    pty.answers("Shop (its permanent name", "www.acme.com");
    pty.sees("public address, not its permanent name");
    pty.answers(
        "Shop (its permanent name",
        "https://admin.shopify.com/store/acme/orders",
    );
    pty.answers("Number or name", "webhooks of all kinds");
    pty.sees("that is none of them");
    pty.answers("Number or name", "client");
    pty.answers("Client id", CLIENT);
    pty.answers("Client secret", "wrong");
    pty.sees("Shopify does not know this client id");
    pty.answers("Shop", "");
    pty.answers("Number or name", "");
    pty.answers("Client id", "");
    pty.answers("Client secret", SECRET);
    pty.answers("Public URL", "http://sync.example.com");
    pty.sees("is not https");
    pty.answers("Public URL", "");
    pty.answers("onedeal listens on", "8080");
    pty.sees("no address with a port");
    pty.answers("onedeal listens on", "");
    pty.sees("no public address yet");
    assert!(pty.echoes());
}

#[test]
fn who_leaves_a_question_for_a_secret_leaves_the_terminal_as_it_was() {
    let pair = Pair::new();
    let mut pty = asked(&pair);
    pty.sees("Webhook URL");
    until("a terminal without echo", || !pty.echoes());
    pty.types("https://\u{3}");
    assert_eq!(pty.ends(), 2);
    assert!(pty.echoes());
    assert!(
        pty.shown().contains("stopped; nothing was written"),
        "{}",
        pty.shown()
    );
    assert!(!pair.folder.path().join("onedeal.toml").exists());
}

#[test]
fn an_existing_file_is_kept_unless_a_person_says_otherwise() {
    let pair = Pair::new();
    pair.folder.put("onedeal.toml", "# mine\n");
    let mut pty = asked(&pair);
    pty.answers("Write over it", "");
    assert_eq!(pty.ends(), 2);
    assert_eq!(pair.read("onedeal.toml"), "# mine\n");
    let mut pty = asked(&pair);
    pty.answers("Write over it", "y");
    pty.sees("Webhook URL");
}

#[test]
fn a_missing_right_can_be_granted_while_the_question_waits() {
    let shop = ShopConfig {
        scopes: vec!["read_products".to_owned()],
        ..ShopConfig::default()
    };
    let pair = Pair::with(fresh(), shop);
    let mut pty = answered_peers(&pair);
    pty.sees("the scope read_orders is missing");
    pty.sees(&format!("[{SHOP}]"));
}
