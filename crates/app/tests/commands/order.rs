//! `onedeal order` without a ledger and on one that knows nothing. What it shows of a real order stands in the tests of
//! `serve`.

use crate::program::Folder;

#[test]
fn an_empty_ledger_knows_no_order() {
    let folder = Folder::new();
    drop(store::SqliteStore::open(&folder.path().join("onedeal.db")).unwrap());
    let ran = folder.run(&["order", "1042"], &[]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    insta::assert_snapshot!(ran.err, @"onedeal: no order `1042` is known to the ledger `onedeal.db`");
}

#[test]
fn without_a_ledger_its_path_is_named() {
    let ran = Folder::new().run(&["order", "1"], &[("ONEDEAL_DATABASE", "sqlite:else.db")]);
    assert_eq!((ran.code, ran.out.as_str()), (4, ""));
    insta::assert_snapshot!(ran.err, @"onedeal: there is no ledger at `else.db`: `onedeal serve` makes one; if it is elsewhere, set ONEDEAL_DATABASE");
}

#[test]
fn an_empty_id_is_a_usage_error() {
    assert_eq!(Folder::new().run(&["order", ""], &[]).code, 2);
}
