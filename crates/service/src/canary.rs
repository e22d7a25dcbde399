//! The way to a portal for a canary run: real, but it throws the answer to the first create of a deal away.
//!
//! Whoever sends cannot tell such a loss from one on the network. What really happened is kept for the verdict: how many
//! creates left, which were answered, with which deals, and how long they took.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bitrix24::{
    Answer, Outcome, Reply,
    item::{self, Entity},
};
use bytes::Bytes;
use http::{Request, Response};
use kernel::DealId;
use serde_json::{Map, Value};
use tokio::{sync::watch, time::Instant};

use crate::transport::{SendError, Transport};

/// Writes down what a run does on the portal, so that another one can clean up after it.
pub trait Diary: Send + Sync + 'static {
    /// A create is about to leave. If this cannot be written down, nothing leaves.
    ///
    /// # Errors
    /// It was not written.
    fn leaves(&self) -> std::io::Result<()>;

    /// A create was answered with this deal.
    fn made(&self, deal: DealId);
}

/// A deal that the portal said it created.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Made {
    /// The deal.
    pub deal: DealId,
    /// Seconds of the portal's own time, where it tells them.
    pub portal_s: Option<f64>,
    /// Seconds that the method has used of its ten minutes, where the portal tells them.
    pub operating_s: Option<f64>,
    /// From sending the request to its answer.
    pub round_trip: Duration,
    /// When the answer came.
    pub at: Instant,
}

/// What really happened.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Witness {
    /// Requests of all kinds.
    pub requests: u32,
    /// Creates of deals that left.
    pub sent: u32,
    /// Those that were answered, whether done or refused.
    pub answered: u32,
    /// Deals that answers named.
    pub made: Vec<Made>,
    /// When the one answer was thrown away.
    pub thrown_away: Option<Instant>,
    /// When the last create without an answer was given up: it may still land.
    pub given_up: Option<Instant>,
    /// When an answer first showed the order's number after such a loss: the deal was found again.
    pub seen_again: Option<Instant>,
}

/// A transport that loses one answer.
pub struct Losing<T> {
    inner: T,
    diary: Arc<dyn Diary>,
    /// The order's number, as the portal writes it.
    number: Arc<str>,
    witness: Arc<watch::Sender<Witness>>,
    /// The answer to lose, until it is lost.
    to_lose: Arc<Mutex<bool>>,
}

impl<T: Clone> Clone for Losing<T> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            diary: self.diary.clone(),
            number: self.number.clone(),
            witness: self.witness.clone(),
            to_lose: self.to_lose.clone(),
        }
    }
}

impl<T> Losing<T> {
    /// The way that `inner` takes, with one loss; `number` is that of the run's order.
    pub fn new(inner: T, diary: Arc<dyn Diary>, number: &str) -> Self {
        let (witness, _) = watch::channel(Witness::default());
        Self {
            inner,
            diary,
            number: number.into(),
            witness: Arc::new(witness),
            to_lose: Arc::new(Mutex::new(true)),
        }
    }

    /// What happens, as it happens.
    pub fn witness(&self) -> watch::Receiver<Witness> {
        self.witness.subscribe()
    }

    fn to_lose(&self) -> MutexGuard<'_, bool> {
        self.to_lose.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of the first answer after a loss that shows the order's number.
    fn sees(&self, body: &[u8]) {
        let number = self.number.as_bytes();
        if number.is_empty() || !body.windows(number.len()).any(|it| it == number) {
            return;
        }
        let now = Instant::now();
        self.witness.send_if_modified(|it| {
            let lost = it.thrown_away.or(it.given_up).is_some();
            let news = lost && it.seen_again.is_none();
            if news {
                it.seen_again = Some(now);
            }
            news
        });
    }

    /// Reads an answer to creates. True if it is to be thrown away: it named a deal, and none was lost before.
    fn answered(&self, creates: &Creates, answer: &Response<Bytes>, round_trip: Duration) -> bool {
        let at = Instant::now();
        let made: Vec<Made> = creates
            .made(answer.body())
            .into_iter()
            .map(|made| Made {
                round_trip,
                at,
                ..made
            })
            .collect();
        for made in &made {
            self.diary.made(made.deal);
        }
        let loses = !made.is_empty() && std::mem::take(&mut *self.to_lose());
        self.witness.send_modify(|it| {
            it.answered += creates.count();
            it.made.extend(made);
            if loses {
                it.thrown_away = Some(at);
            }
        });
        loses
    }
}

impl<T: Transport> Transport for Losing<T> {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        self.witness.send_modify(|it| it.requests += 1);
        let creates = Creates::of(request.uri().path(), request.body());
        if creates.count() == 0 {
            let answer = self.inner.send(request).await;
            if let Ok(answer) = &answer {
                self.sees(answer.body());
            }
            return answer;
        }
        if self.diary.leaves().is_err() {
            return Err(SendError::NotSent);
        }
        let mut way = OnItsWay {
            witness: &self.witness,
            arrived: false,
        };
        self.witness.send_modify(|it| it.sent += creates.count());
        let sent_at = Instant::now();
        let answer = match self.inner.send(request).await {
            // Nothing of it left, so that nothing of it can land.
            Err(SendError::NotSent) => {
                way.arrived = true;
                self.witness.send_modify(|it| it.sent -= creates.count());
                return Err(SendError::NotSent);
            }
            Err(SendError::Lost) => return Err(SendError::Lost),
            Ok(answer) => answer,
        };
        if !creates.are_answered(&answer) {
            return Ok(answer);
        }
        way.arrived = true;
        if self.answered(&creates, &answer, sent_at.elapsed()) {
            return Err(SendError::Lost);
        }
        Ok(answer)
    }
}

/// A request with creates: if it ends without their answer, whoever gave it up included, they may land later.
struct OnItsWay<'a> {
    witness: &'a watch::Sender<Witness>,
    arrived: bool,
}

impl Drop for OnItsWay<'_> {
    fn drop(&mut self) {
        if !self.arrived {
            let now = Instant::now();
            self.witness.send_modify(|it| it.given_up = Some(now));
        }
    }
}

/// The creates of deals in one request.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Creates {
    /// None.
    None,
    /// The request is one.
    Single,
    /// Commands of a batch, by their keys.
    Batch(Vec<String>),
}

/// The method that creates.
const CREATE: &str = "crm.item.add";

impl Creates {
    fn of(path: &str, body: &[u8]) -> Self {
        let method = path.rsplit('/').find(|it| !it.is_empty());
        let Ok(body) = serde_json::from_slice::<Value>(body) else {
            return Self::None;
        };
        match method {
            Some(CREATE) if body["entityTypeId"] == 2 => Self::Single,
            Some("batch") => {
                let commands = body["cmd"].as_object().into_iter().flatten();
                let keys: Vec<String> = commands
                    .filter(|(_, command)| command.as_str().is_some_and(is_create))
                    .map(|(key, _)| key.clone())
                    .collect();
                if keys.is_empty() {
                    Self::None
                } else {
                    Self::Batch(keys)
                }
            }
            Some(_) | None => Self::None,
        }
    }

    fn count(&self) -> u32 {
        match self {
            Self::None => 0,
            Self::Single => 1,
            Self::Batch(keys) => u32::try_from(keys.len()).unwrap_or(u32::MAX),
        }
    }

    /// Whether an answer says of each create what became of it, or refuses all of them: only then nothing of it can land
    /// later.
    fn are_answered(&self, answer: &Response<Bytes>) -> bool {
        // Whatever the request was, an error of it as a whole is judged as that of an add.
        let reply = Reply::Answer {
            status: answer.status(),
            body: answer.body(),
        };
        match bitrix24::read(&item::add(Entity::Deal, Map::new()), reply) {
            Outcome::Refused(_) => return true,
            Outcome::Unknown(_) => return false,
            Outcome::Done(_) => {}
        }
        let Ok(body) = serde_json::from_slice::<Value>(answer.body()) else {
            return false;
        };
        match self {
            Self::None => true,
            Self::Single => body["result"]["item"].is_object(),
            Self::Batch(keys) => {
                let inner = &body["result"];
                let told = |key: &String| {
                    !inner["result"][key].is_null() || !inner["result_error"][key].is_null()
                };
                keys.iter().all(told)
            }
        }
    }

    /// The deals that an answer names.
    fn made(&self, body: &[u8]) -> Vec<Made> {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        match self {
            Self::None => Vec::new(),
            Self::Single => made(&body["result"], &body["time"]).into_iter().collect(),
            Self::Batch(keys) => {
                let inner = &body["result"];
                let one = |key: &String| made(&inner["result"][key], &inner["result_time"][key]);
                keys.iter().filter_map(one).collect()
            }
        }
    }
}

fn is_create(command: &str) -> bool {
    command.split_once('?').is_some_and(|(method, query)| {
        method == CREATE && query.split('&').any(|it| it == "entityTypeId=2")
    })
}

fn made(result: &Value, time: &Value) -> Option<Made> {
    Some(Made {
        deal: DealId(item::read_id(&Answer::from(result.clone())).ok()?),
        portal_s: time["duration"].as_f64(),
        operating_s: time["operating"].as_f64(),
        round_trip: Duration::ZERO,
        at: Instant::now(),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use bitrix24::{Batch, Halt, WebhookUrl, deals};
    use serde_json::json;

    use super::*;

    /// Answers every request with the same.
    #[derive(Clone)]
    struct Always(Result<&'static str, SendError>);

    impl Transport for Always {
        async fn send(&self, _: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
            self.0
                .map(|it| Response::new(Bytes::from_static(it.as_bytes())))
        }
    }

    #[derive(Default)]
    struct Pages {
        made: AtomicU64,
        full: bool,
    }

    impl Diary for Pages {
        fn leaves(&self) -> std::io::Result<()> {
            if self.full {
                return Err(std::io::ErrorKind::StorageFull.into());
            }
            Ok(())
        }

        fn made(&self, deal: DealId) {
            self.made.store(deal.0, Ordering::Relaxed);
        }
    }

    fn url() -> WebhookUrl {
        WebhookUrl::parse("https://x.bitrix24.com/rest/1/abc").unwrap()
    }

    fn single(entity: Entity) -> Request<Bytes> {
        url().request(&item::add(entity, Map::new()))
    }

    fn batch() -> Request<Bytes> {
        let mut batch = Batch::new(Halt::AtFirstError);
        let fields = Map::from_iter([("title".to_owned(), json!("x"))]);
        batch
            .push(item::add(Entity::Contact, fields.clone()))
            .unwrap();
        batch.push(item::add(Entity::Deal, fields)).unwrap();
        batch.push(deals::any_of_originator("x")).unwrap();
        url().batch(&batch)
    }

    const MADE: &str = r#"{"result":{"item":{"id":17}},"time":{"duration":0.25,"operating":1.5}}"#;
    const MADE_IN_BATCH: &str = r#"{"result":{"result":{"c00":{"item":{"id":3}},"c01":{"item":{"id":17}}},"result_error":[],
        "result_time":{"c01":{"duration":0.25}}}}"#;
    const REFUSED_IN_BATCH: &str =
        r#"{"result":{"result":{"c00":{"item":{"id":3}}},"result_error":{"c01":{"error":"100"}}}}"#;

    async fn run(inner: Always, requests: Vec<Request<Bytes>>) -> (Vec<bool>, Witness, u64) {
        let diary = Arc::new(Pages::default());
        let losing = Losing::new(inner, diary.clone(), "9000000000000000042");
        let mut lost = Vec::new();
        for request in requests {
            lost.push(matches!(losing.send(request).await, Err(SendError::Lost)));
        }
        let witness = losing.witness().borrow().clone();
        (lost, witness, diary.made.load(Ordering::Relaxed))
    }

    #[tokio::test]
    async fn the_answer_to_the_first_create_of_a_deal_is_lost_and_no_other() {
        for (answer, request) in [(MADE, single(Entity::Deal)), (MADE_IN_BATCH, batch())] {
            let requests = vec![single(Entity::Contact), request.clone(), request];
            let (lost, witness, made) = run(Always(Ok(answer)), requests).await;
            assert_eq!(lost, [false, true, false]);
            assert_eq!((witness.sent, witness.answered, made), (2, 2, 17));
            assert_eq!(witness.made[0].portal_s, Some(0.25));
            assert!(witness.thrown_away.is_some() && witness.given_up.is_none());
        }
    }

    #[tokio::test]
    async fn a_create_that_was_refused_is_answered_and_not_lost() {
        let (lost, witness, _) = run(Always(Ok(REFUSED_IN_BATCH)), vec![batch()]).await;
        assert_eq!(lost, [false]);
        assert_eq!((witness.sent, witness.answered), (1, 1));
        assert!(witness.made.is_empty() && witness.given_up.is_none());
    }

    #[tokio::test]
    async fn a_create_without_its_answer_may_still_land() {
        let html = "<html>502</html>";
        for answer in [Err(SendError::Lost), Ok(html)] {
            let (_, witness, _) = run(Always(answer), vec![batch()]).await;
            assert_eq!((witness.sent, witness.answered), (1, 0));
            assert!(witness.given_up.is_some());
        }
        let limit = r#"{"error":"QUERY_LIMIT_EXCEEDED"}"#;
        let (_, witness, _) = run(Always(Ok(limit)), vec![batch()]).await;
        assert_eq!(
            (witness.answered, witness.given_up),
            (1, None),
            "refused as a whole"
        );
        let (_, witness, _) = run(Always(Err(SendError::NotSent)), vec![batch()]).await;
        assert_eq!((witness.sent, witness.given_up), (0, None));
    }

    #[tokio::test]
    async fn the_deal_is_found_again_when_an_answer_shows_its_number_after_the_loss() {
        let shows = r#"{"result":{"item":{"id":17,"originId":"9000000000000000042"}}}"#;
        let look = || url().request(&item::get(Entity::Deal, 17));
        let (_, witness, _) = run(Always(Ok(shows)), vec![look()]).await;
        assert_eq!(witness.seen_again, None, "nothing was lost yet");
        let requests = vec![single(Entity::Deal), look()];
        let (_, witness, _) = run(Always(Ok(shows)), requests).await;
        assert!(witness.thrown_away <= witness.seen_again && witness.seen_again.is_some());
        let requests = vec![single(Entity::Deal), look()];
        let (_, witness, _) = run(Always(Ok(MADE)), requests).await;
        assert_eq!(witness.seen_again, None, "another number");
    }

    #[tokio::test]
    async fn a_create_that_cannot_be_written_down_does_not_leave() {
        let diary = Arc::new(Pages {
            full: true,
            ..Pages::default()
        });
        let losing = Losing::new(Always(Ok(MADE)), diary, "1");
        assert!(matches!(
            losing.send(batch()).await,
            Err(SendError::NotSent)
        ));
        assert!(losing.send(single(Entity::Contact)).await.is_ok());
        assert_eq!(losing.witness().borrow().sent, 0);
    }
}
