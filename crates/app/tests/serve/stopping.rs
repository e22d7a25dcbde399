//! The start and the end of the service.

use std::{io::Write as _, net::TcpStream};

use crate::stand::{Stand, order};

#[tokio::test]
async fn it_stops_cleanly_and_says_so() {
    let mut stand = Stand::start().await;
    assert_eq!(stand.deliver("orders/create", order(&[])).await, 200);
    let (code, said) = stand.stop().await;
    assert_eq!(code, Some(0), "{said:#?}");
    assert!(
        said.last()
            .is_some_and(|it| it.contains("onedeal stopped cleanly")),
        "{said:#?}"
    );
}

#[tokio::test]
async fn a_second_service_on_the_same_ledger_is_refused() {
    let mut stand = Stand::start().await;
    let ran = stand.run(&["serve"]);
    assert_eq!(ran.status.code(), Some(4), "{ran:?}");
    let said = String::from_utf8(ran.stderr).unwrap();
    assert!(
        said.contains("another onedeal uses this database"),
        "{said}"
    );
    stand.stop().await;
}

#[tokio::test]
async fn an_order_that_nobody_knows_is_not_found_beside_the_service() {
    let mut stand = Stand::start().await;
    assert_eq!(stand.run(&["order", "1042"]).status.code(), Some(1));
    stand.stop().await;
}

#[tokio::test]
async fn a_client_that_never_ends_its_request_does_not_hold_up_the_stop() {
    let mut stand = Stand::start().await;
    let mut slow = TcpStream::connect(stand.address()).unwrap();
    let head = b"POST /webhooks/shopify HTTP/1.1\r\nHost: here\r\nContent-Length: 10\r\n\r\n{";
    slow.write_all(head).unwrap();
    // The service is to know the request before it is told to stop.
    assert_eq!(stand.get("/healthz").await.0, 200);
    let (code, said) = stand.stop().await;
    assert_eq!(code, Some(0), "{said:#?}");
}
