//! What survives on disk, and what a file says when it cannot be used.

mod common;

use std::{fs, path::Path};

use common::{claim_at, delivery, key, start, turn};
use store::{Db, NewDelivery, SqliteStore, Store, StoreError, Turn, back_up};

#[tokio::test]
async fn what_was_answered_is_there_after_a_restart() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("ledger.db");
    let first = {
        let store = SqliteStore::open(&path).expect("open");
        let started = start(&store, 0).await;
        store.accept(delivery(1, 1)).await.expect("accept");
        store.claim(claim_at(&started, 1, 1)).await.expect("claim");
        store
            .save(Turn {
                state: r#"{"n":1}"#.into(),
                ..turn(1, 0, None)
            })
            .await
            .expect("save");
        started
    };
    let store = SqliteStore::open(&path).expect("open again");
    let second = start(&store, 9).await;
    assert_eq!(
        (second.process.0, second.ledger, second.cold_until),
        (first.process.0 + 1, first.ledger, None)
    );
    assert!(second.unclean);
    let order = store.order(&key(1)).await.expect("read").expect("known");
    assert_eq!(
        (order.state.as_deref(), order.row_version),
        (Some(r#"{"n":1}"#), 1)
    );
    store.quick_check().await.expect("sound");
    store.healthy().await.expect("writable");
}

#[tokio::test]
async fn a_burst_that_the_log_cannot_hold_is_carried_over_meanwhile() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("ledger.db");
    let store = SqliteStore::open(&path).expect("open");
    start(&store, 0).await;
    let size = |name: &str| fs::metadata(folder.path().join(name)).map_or(0, |it| it.len());
    let mut orders = 0;
    // However slow the thread that carries over is: beyond the log's limit the writer does it.
    while size("ledger.db") < 8 << 20 {
        store.accept(large(orders)).await.expect("accept");
        orders += 1;
        assert!(orders < 2_000, "nothing is carried over");
    }
    let log = size("ledger.db-wal");
    assert!(log < 64 << 20, "{log}");
    drop(store);
    assert_eq!(size("ledger.db-wal"), 0, "the last connection cleans up");
    let store = SqliteStore::open(&path).expect("open again");
    store.quick_check().await.expect("sound");
    let started = start(&store, 9).await;
    let tally = store.tally(started.elapsed).await.expect("read");
    assert_eq!((tally.deliveries, tally.orders), (orders, orders));
}

/// A delivery whose body does not get shorter when it is packed.
fn large(order: u64) -> NewDelivery {
    let mut noise = order + 1;
    let body = std::iter::repeat_with(|| {
        noise ^= noise << 13;
        noise ^= noise >> 7;
        noise ^= noise << 17;
        noise.to_le_bytes()[3]
    });
    NewDelivery {
        body: body.take(60_000).collect::<Vec<u8>>().into(),
        ..delivery(order, 1)
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_database_and_its_log_can_be_read_by_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("ledger.db");
    let store = SqliteStore::open(&path).expect("open");
    start(&store, 0).await;
    for name in ["ledger.db", "ledger.db-wal", "ledger.db-shm"] {
        let file = fs::metadata(folder.path().join(name)).expect("a file");
        assert_eq!(file.permissions().mode() & 0o077, 0, "{name}");
    }
}

#[tokio::test]
async fn a_kill_at_any_answer_loses_nothing() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("ledger.db");
    let store = SqliteStore::open(&path).expect("open");
    start(&store, 0).await;
    for order in 1..=20 {
        store.accept(delivery(order, order)).await.expect("accept");
        let image = folder.path().join(format!("image{order}.db"));
        copy(&path, &image, "");
        copy(&path, &image, "-wal");
        copy(&path, &image, ".epoch");
        let survivor = SqliteStore::open(&image).expect("open the image");
        let started = start(&survivor, 0).await;
        assert_eq!(started.cold_until, None);
        assert_eq!(survivor.counts().await.expect("count").deliveries, order);
        assert_eq!(
            survivor
                .claim(claim_at(&started, 99, 99))
                .await
                .expect("claim")
                .len() as u64,
            order
        );
    }
}

#[tokio::test]
async fn a_backup_is_whole_and_starts_cold() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let (path, copy_path) = (
        folder.path().join("ledger.db"),
        folder.path().join("backup.db"),
    );
    let store = SqliteStore::open(&path).expect("open");
    let first = start(&store, 0).await;
    store.accept(delivery(1, 1)).await.expect("accept");
    back_up(&path, &copy_path).expect("back up beside the running store");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(&copy_path)
            .expect("a file")
            .permissions()
            .mode();
        assert_eq!(mode & 0o077, 0, "{mode:o}");
    }
    back_up(&path, &copy_path).expect_err("a backup is never overwritten");
    drop(store);
    copy(&copy_path, &path, "");
    let store = SqliteStore::open(&path).expect("open the backup");
    let second = start(&store, 0).await;
    assert!(second.cold_until.is_some());
    assert_eq!(
        (second.ledger, second.process.0),
        (first.ledger, first.process.0 + 1)
    );
    assert_eq!(store.counts().await.expect("count").deliveries, 1);
    assert!(
        start(&store, 0).await.cold_until == second.cold_until,
        "a restart keeps it"
    );
}

#[tokio::test]
async fn writers_at_the_same_time_all_get_their_own_answer() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let store = SqliteStore::open(&folder.path().join("ledger.db")).expect("open");
    start(&store, 0).await;
    let mut tasks = tokio::task::JoinSet::new();
    for order in 1..=500 {
        let store = store.clone();
        tasks.spawn(async move { store.accept(delivery(order, 1)).await.expect("accept").0 });
    }
    let mut seqs = tasks.join_all().await;
    seqs.sort_unstable();
    assert_eq!(seqs, (1..=500).collect::<Vec<_>>());
    assert_eq!(store.counts().await.expect("count").orders, 500);
}

#[tokio::test]
async fn a_second_process_is_told_which_file_and_what_to_do() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("ledger.db");
    let store = SqliteStore::open(&path).expect("open");
    let error = SqliteStore::open(&path).expect_err("locked").to_string();
    assert!(
        error.contains("ledger.db.lock") && error.contains("stop it"),
        "{error}"
    );
    let beside = Db::open_to_read(&path).expect("reading beside is fine");
    assert_eq!(beside.counts().expect("count").orders, 0);
    assert!(matches!(
        beside.set_meta("a", "b"),
        Err(StoreError::ReadOnly { .. })
    ));
    drop(store);
    SqliteStore::open(&path).expect("free again");
}

#[test]
fn a_file_that_is_no_database_is_named_damaged() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("ledger.db");
    fs::write(&path, "This is a letter, not a database. ".repeat(100)).expect("write");
    let error = SqliteStore::open(&path).expect_err("damaged");
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
    let missing =
        SqliteStore::open(&folder.path().join("missing/ledger.db")).expect_err("no folder");
    assert!(missing.to_string().contains("missing"), "{missing}");
}

#[tokio::test]
async fn a_damaged_page_is_found_by_the_check() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("ledger.db");
    {
        let store = SqliteStore::open(&path).expect("open");
        start(&store, 0).await;
        for order in 1..=200 {
            store.accept(delivery(order, 1)).await.expect("accept");
        }
    }
    let mut bytes = fs::read(&path).expect("read");
    // The size of a page lies at bytes 16..18 of the file. The last ones hold what was stored last.
    let page = usize::from(u16::from_be_bytes([bytes[16], bytes[17]]));
    let last = bytes.len() - 4 * page;
    bytes[last..].fill(0xA5);
    fs::write(&path, bytes).expect("write");
    let store = SqliteStore::open(&path).expect("open");
    let error = store.quick_check().await.expect_err("damaged");
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
}

#[test]
fn a_newer_layout_is_refused() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("ledger.db");
    drop(SqliteStore::open(&path).expect("open"));
    // The layout's number lies at bytes 60..64 of the file (SQLite's user_version).
    let mut bytes = fs::read(&path).expect("read");
    bytes[63] = 99;
    fs::write(&path, bytes).expect("write");
    let error = SqliteStore::open(&path).expect_err("newer");
    assert!(
        matches!(error, StoreError::NewerLayout { found: 99, .. }),
        "{error:?}"
    );
}

fn copy(from: &Path, to: &Path, suffix: &str) {
    let beside = |path: &Path| format!("{}{suffix}", path.display());
    fs::copy(beside(from), beside(to)).expect("copy");
}
