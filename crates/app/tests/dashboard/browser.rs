//! A browser without a window, led by WebDriver (W3C), and what it complained about.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time;

/// What has not shown by then never will; passing takes seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);

/// The key under which WebDriver hands out elements.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Flags of a browser that asks nobody anything by itself.
const FLAGS: [&str; 10] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--window-size=1280,900",
];

/// An open browser.
pub(crate) struct Browser {
    driver: Child,
    client: reqwest::Client,
    session: String,
    base: String,
    _profile: TempDir,
}

impl Browser {
    /// Opens one for the pages of `base`, whose reader prefers a language.
    pub(crate) async fn open(base: &str, lang: &str) -> Self {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is missing: apt-get install chromium-driver");
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines
            .find_map(|line| {
                let line = line.ok()?;
                let (_, port) = line.split_once("started successfully on port ")?;
                Some(port.trim_end_matches('.').to_owned())
            })
            .expect("chromedriver tells its port");
        // It goes on talking; a pipe that nobody reads would stop it.
        std::thread::spawn(move || lines.for_each(drop));
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let profile = tempfile::tempdir().unwrap();
        let mut flags: Vec<String> = FLAGS.map(str::to_owned).to_vec();
        flags.push(format!("--user-data-dir={}", profile.path().display()));
        let capabilities = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": {
                "binary": "/usr/bin/chromium",
                "args": flags,
                "prefs": { "intl.accept_languages": lang },
            },
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        } } });
        let driver_url = format!("http://127.0.0.1:{port}/session");
        let answer = send(&client, &driver_url, &capabilities).await.1;
        let id = answer["value"]["sessionId"].as_str();
        let id = id.unwrap_or_else(|| panic!("no session: {answer}"));
        Self {
            driver,
            client,
            session: format!("{driver_url}/{id}"),
            base: base.to_owned(),
            _profile: profile,
        }
    }

    /// Loads a page.
    pub(crate) async fn go(&self, path: &str) {
        let url = format!("{}{path}", self.base);
        self.post("url", json!({ "url": url })).await.unwrap();
    }

    /// Clicks; the element is the first that fits.
    pub(crate) async fn click(&self, css: &str) {
        self.until_there(css).await;
        let element = self.element(css).await;
        let clicked = self
            .post(&format!("element/{element}/click"), json!({}))
            .await;
        clicked.unwrap_or_else(|error| panic!("{css} cannot be clicked: {error}"));
    }

    /// Clicks what leads to another page, and waits for that.
    pub(crate) async fn follow(&self, css: &str) {
        self.run("window.before = true").await;
        self.click(css).await;
        self.until_loaded().await;
    }

    async fn until_loaded(&self) {
        let loaded = "window.before === undefined && document.readyState === 'complete'";
        self.until("another page", loaded).await;
    }

    /// Presses what is visible and says so, as a person would.
    pub(crate) async fn press(&self, says: &str) {
        let says = Value::from(says);
        let found = format!(
            "[...document.querySelectorAll('button, summary, a')].filter(it => it.checkVisibility() && it.innerText.trim().startsWith({says})).at(-1)"
        );
        self.until(&says.to_string(), &found).await;
        self.run(&format!("document.querySelector('[data-pressed]')?.removeAttribute('data-pressed'); {found}.dataset.pressed = ''")).await;
        self.click("[data-pressed]").await;
    }

    /// The same, where it leads to another page; waits for that.
    pub(crate) async fn press_and_follow(&self, says: &str) {
        self.run("window.before = true").await;
        self.press(says).await;
        self.until_loaded().await;
    }

    /// Writes into a field in the place of what stood there.
    pub(crate) async fn write(&self, css: &str, text: &str) {
        self.until_there(css).await;
        let element = self.element(css).await;
        self.post(&format!("element/{element}/clear"), json!({}))
            .await
            .unwrap();
        let keys = json!({ "text": text });
        self.post(&format!("element/{element}/value"), keys)
            .await
            .unwrap();
    }

    /// What a script returns.
    pub(crate) async fn run(&self, script: &str) -> Value {
        let body = json!({ "script": script, "args": [] });
        self.post("execute/sync", body)
            .await
            .unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// What a promise comes to.
    pub(crate) async fn promised(&self, promise: &str) -> Value {
        let script = format!(
            "const done = arguments[0]; ({promise}).then(done, error => done('failed: ' + error));"
        );
        let body = json!({ "script": script, "args": [] });
        self.post("execute/async", body).await.unwrap()
    }

    /// What a reader reads there; empty where there is nothing.
    pub(crate) async fn text(&self, css: &str) -> String {
        let css = Value::from(css);
        let text = self
            .run(&format!(
                "return document.querySelector({css})?.innerText ?? ''"
            ))
            .await;
        text.as_str().unwrap().to_owned()
    }

    /// The path and query of the page.
    pub(crate) async fn place(&self) -> String {
        let place = self.run("return location.pathname + location.search").await;
        place.as_str().unwrap().to_owned()
    }

    /// Waits until a condition in the page holds.
    pub(crate) async fn until(&self, what: &str, condition: &str) {
        let looking = async {
            while self.run(&format!("return Boolean({condition})")).await != true {
                time::sleep(LOOK).await;
            }
        };
        if time::timeout(PATIENCE, looking).await.is_err() {
            let (place, text) = (self.place().await, self.text("body").await);
            panic!("{what} never showed at {place}:\n{text}");
        }
    }

    /// Waits until an element is there.
    pub(crate) async fn until_there(&self, css: &str) {
        let css = Value::from(css);
        self.until(&css.to_string(), &format!("document.querySelector({css})"))
            .await;
    }

    /// Waits until a text is read there.
    pub(crate) async fn until_says(&self, css: &str, text: &str) {
        let (place, text) = (Value::from(css), Value::from(text));
        let condition = format!("document.querySelector({place})?.innerText.includes({text})");
        self.until(&format!("{text} at {css}"), &condition).await;
    }

    /// Loads the page again and again until a text is read there: what is shown changes by itself.
    pub(crate) async fn until_shown(&self, path: &str, css: &str, text: &str) {
        let looking = async {
            loop {
                self.go(path).await;
                if self.text(css).await.contains(text) {
                    break;
                }
                time::sleep(LOOK).await;
            }
        };
        if time::timeout(PATIENCE, looking).await.is_err() {
            panic!(
                "{text} never showed at {path}:\n{}",
                self.text("body").await
            );
        }
    }

    /// Fails if the browser complained about anything since it was opened, or asked anybody but the service.
    pub(crate) async fn has_no_complaint(&self, expected: &[&str]) {
        let complaints: Vec<String> = self
            .log("browser")
            .await
            .iter()
            .filter(|it| it["level"] != "DEBUG" && it["level"] != "INFO")
            .map(|it| it["message"].to_string())
            .filter(|it| !expected.iter().any(|known| it.contains(known)))
            .collect();
        assert_eq!(complaints, Vec::<String>::new(), "the browser complains");
        let mut asked = 0;
        for entry in self.log("performance").await {
            let event: Value = serde_json::from_str(entry["message"].as_str().unwrap()).unwrap();
            let event = &event["message"];
            if event["method"] != "Network.requestWillBeSent" {
                continue;
            }
            let url = event["params"]["request"]["url"].as_str().unwrap();
            let own = ["data:", "about:", "chrome"]
                .iter()
                .any(|it| url.starts_with(it));
            assert!(own || url.starts_with(&self.base), "a request to {url}");
            asked += 1;
        }
        assert!(0 < asked, "the log of requests is empty");
    }

    /// Fails if axe-core finds something serious on this page.
    pub(crate) async fn is_accessible(&self) {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("../../target/axe-core/package/axe.min.js");
        let axe =
            fs::read_to_string(&path).expect("axe-core is missing: scripts/test.sh brings it");
        self.run(&axe).await;
        let found = self
            .promised("axe.run(document).then(it => it.violations.filter(it => ['serious', 'critical'].includes(it.impact)).map(it => it.id + ': ' + it.nodes.map(node => node.html + ' ' + node.failureSummary).join(' | ')))")
            .await;
        assert_eq!(found, json!([]), "at {}", self.place().await);
    }

    async fn log(&self, kind: &str) -> Vec<Value> {
        let entries = self.post("se/log", json!({ "type": kind })).await.unwrap();
        entries.as_array().unwrap().clone()
    }

    async fn element(&self, css: &str) -> String {
        let body = json!({ "using": "css selector", "value": css });
        let found = self.post("element", body).await.unwrap();
        found[ELEMENT].as_str().unwrap().to_owned()
    }

    async fn post(&self, command: &str, body: Value) -> Result<Value, String> {
        let url = format!("{}/{command}", self.session);
        let (well, mut answer) = send(&self.client, &url, &body).await;
        let value = answer["value"].take();
        if well {
            Ok(value)
        } else {
            Err(value["message"].to_string())
        }
    }

    /// Closes it.
    pub(crate) async fn close(self) {
        // The driver ends with this; what is left of it ends with the value.
        let _ = self.client.delete(&self.session).send().await;
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // They may have ended long ago.
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

async fn send(client: &reqwest::Client, url: &str, body: &Value) -> (bool, Value) {
    let request = client.post(url).body(body.to_string());
    let answer = request.send().await.unwrap();
    let well = answer.status().is_success();
    let body = answer.bytes().await.unwrap();
    (well, serde_json::from_slice(&body).unwrap())
}
