//! A browser without a window, moved over WebDriver.
//!
//! WebDriver is a few requests over loopback, so the client is these lines over a `TcpStream`: an HTTP crate would bring
//! more to look after than it saves.

use std::{
    env, fs,
    io::{self, BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use rm_headless::testing::say_skipped;
use serde_json::{Value, json};

/// Turns "no browser, skipped" into a failure.
const REQUIRE: &str = "RM_REQUIRE_BROWSER";
const DRIVERS: [&str; 2] = ["chromedriver", "/usr/lib/chromium/chromedriver"];

/// Keys by the code points that WebDriver gives them.
pub(crate) mod key {
    pub(crate) const CONTROL: &str = "\u{e009}";
    pub(crate) const ENTER: &str = "\u{e007}";
    pub(crate) const TAB: &str = "\u{e004}";
    pub(crate) const END: &str = "\u{e010}";
    pub(crate) const HOME: &str = "\u{e011}";
    pub(crate) const SHIFT: &str = "\u{e008}";
    pub(crate) const LEFT: &str = "\u{e012}";
    pub(crate) const RIGHT: &str = "\u{e014}";
    pub(crate) const DOWN: &str = "\u{e015}";
}

/// One browser; it ends on drop, and takes its profile along.
#[derive(Debug)]
pub(crate) struct Browser {
    driver: Child,
    // Read no more, but open, so that the driver can say what it likes.
    _said: BufReader<ChildStdout>,
    port: u16,
    session: String,
    folder: PathBuf,
}

impl Browser {
    /// A browser, or a word on why there is none.
    pub(crate) fn open() -> Option<Self> {
        match Self::begin() {
            Ok(browser) => Some(browser),
            Err(error) if env::var_os(REQUIRE).is_some_and(|value| value == "1") => {
                panic!("no browser, and {REQUIRE}=1 asks for one: {error}")
            }
            Err(error) => {
                let how =
                    "get `chromium` and `chromium-driver`, or run `cargo xtask test --install`";
                say_skipped(&format_args!("no browser: {error}; {how}"));
                None
            }
        }
    }

    fn begin() -> io::Result<Self> {
        let (mut driver, mut said) = start()?;
        let port = match port(&mut said) {
            Ok(port) => port,
            Err(error) => {
                driver.kill()?;
                driver.wait()?;
                return Err(error);
            }
        };
        let folder = folder()?;
        let session = String::new();
        // From here on drop cleans up.
        let mut browser = Self { driver, _said: said, port, session, folder };
        let profile = format!("--user-data-dir={}", browser.folder.join("profile").display());
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--force-device-scale-factor=1",
            "--window-size=1440,1000",
            &profile,
        ];
        let wish = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
            // A dialogue that opens is an error of the next command.
            "unhandledPromptBehavior": "dismiss and notify",
        } } });
        let answer = browser.request("POST", "/session", &wish)?;
        browser.session = answer["sessionId"].as_str().unwrap_or_default().to_owned();
        Ok(browser)
    }

    /// Where this browser's pages may lie.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Opens the page at `path` and waits until it is ready.
    pub(crate) fn visit(&self, path: &Path) {
        let url = format!("file://{}", path.display());
        self.call("POST", "/url", &json!({ "url": url }));
        self.until("document.documentElement.dataset.ready === 'true'");
        self.settle();
    }

    /// What the body of a function answers.
    pub(crate) fn ask(&self, body: &str) -> Value {
        self.call("POST", "/execute/sync", &json!({ "script": body, "args": [] }))
    }

    /// The text that `expression` stands for.
    pub(crate) fn text(&self, expression: &str) -> String {
        let answer = self.ask(&format!("return String({expression})"));
        answer.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until `expression` holds, for as many pictures as a browser draws in a while.
    pub(crate) fn until(&self, expression: &str) {
        let script = format!(
            "const done = arguments[0]; let left = 900;
             (function look() {{
               if ({expression}) return done(true);
               if (--left === 0) return done(false);
               requestAnimationFrame(look);
             }})();"
        );
        let met = self.call("POST", "/execute/async", &json!({ "script": script, "args": [] }));
        assert_eq!(
            met,
            true,
            "it never came to hold: {expression}\nnow {}",
            self.text("document.body.innerText.slice(0, 400)")
        );
    }

    /// Waits until what was asked for is drawn.
    pub(crate) fn settle(&self) {
        let script = "const done = arguments[0];
                      requestAnimationFrame(() => requestAnimationFrame(() => done(0)));";
        self.call("POST", "/execute/async", &json!({ "script": script, "args": [] }));
    }

    /// Moves the pointer to a place of the window.
    pub(crate) fn point(&self, x: i64, y: i64) {
        let step = json!({ "type": "pointerMove", "duration": 0, "x": x, "y": y });
        let mouse = json!({ "type": "pointer", "id": "mouse", "actions": [step] });
        self.call("POST", "/actions", &json!({ "actions": [mouse] }));
        self.settle();
    }

    /// Drags from one place of the window to another.
    pub(crate) fn drag(&self, from: [i64; 2], to: [i64; 2]) {
        let to_place =
            |[x, y]: [i64; 2]| json!({ "type": "pointerMove", "duration": 0, "x": x, "y": y });
        let steps = [
            to_place(from),
            json!({ "type": "pointerDown", "button": 0 }),
            to_place([from[0] + 10 * (to[0] - from[0]).signum(), from[1]]),
            to_place(to),
            json!({ "type": "pointerUp", "button": 0 }),
        ];
        let mouse = json!({ "type": "pointer", "id": "mouse", "actions": steps });
        self.call("POST", "/actions", &json!({ "actions": [mouse] }));
        self.settle();
    }

    /// Turns the wheel at a place of the window while a key is held.
    pub(crate) fn wheel(&self, [x, y]: [i64; 2], by: i64, held: &str) {
        let pause = json!({ "type": "pause" });
        let turn = json!({
            "type": "scroll", "x": x, "y": y, "deltaX": 0, "deltaY": by, "duration": 0,
        });
        let keys = json!([
            { "type": "keyDown", "value": held }, pause, { "type": "keyUp", "value": held },
        ]);
        let actions = json!([
            { "type": "key", "id": "keyboard", "actions": keys },
            { "type": "wheel", "id": "wheel", "actions": [pause, turn, pause] },
        ]);
        self.call("POST", "/actions", &json!({ "actions": actions }));
        self.settle();
    }

    /// Presses keys one after the other.
    pub(crate) fn press(&self, keys: &[&str]) {
        let steps: Vec<Value> = keys
            .iter()
            .flat_map(|key| ["keyDown", "keyUp"].map(|step| json!({ "type": step, "value": key })))
            .collect();
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": steps });
        self.call("POST", "/actions", &json!({ "actions": [keyboard] }));
        self.settle();
    }

    /// Makes the window as wide and as high as a device with these many pixels.
    pub(crate) fn resize(&self, width: u32, height: u32) {
        let (mobile, scale) = (width < 600, if width < 600 { 2 } else { 1 });
        let size = json!({
            "width": width, "height": height, "deviceScaleFactor": scale, "mobile": mobile,
        });
        self.command("Emulation.setDeviceMetricsOverride", &size);
        self.settle();
    }

    /// Says what the user prefers: `prefers-color-scheme`, `dark`.
    pub(crate) fn prefer(&self, feature: &str, value: &str) {
        let features = json!({ "features": [{ "name": feature, "value": value }] });
        self.command("Emulation.setEmulatedMedia", &features);
        self.settle();
    }

    /// What the page said to the console since the last call.
    pub(crate) fn console(&self) -> Vec<Value> {
        let log = self.call("POST", "/se/log", &json!({ "type": "browser" }));
        log.as_array().cloned().unwrap_or_default()
    }

    /// Puts a picture of the window into `path`.
    pub(crate) fn picture(&self, path: &Path) {
        let picture = self.call("GET", "/screenshot", &Value::Null);
        let bytes = from_base64(picture.as_str().unwrap_or_default());
        assert!(bytes.starts_with(b"\x89PNG"), "a picture");
        fs::write(path, bytes).unwrap();
    }

    fn command(&self, name: &str, parameters: &Value) {
        let body = json!({ "cmd": name, "params": parameters });
        self.call("POST", "/goog/cdp/execute", &body);
    }

    fn call(&self, method: &str, command: &str, body: &Value) -> Value {
        let path = format!("/session/{}{command}", self.session);
        self.request(method, &path, body).unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    /// One request and its value.
    fn request(&self, method: &str, path: &str, body: &Value) -> io::Result<Value> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.port,
            body.len()
        )?;
        let mut reader = BufReader::new(stream);
        let mut length = 0;
        let mut line = String::new();
        while reader.read_line(&mut line)? > 0 && line.trim() != "" {
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().map_err(io::Error::other)?;
            }
            line.clear();
        }
        let mut text = vec![0; length];
        reader.read_exact(&mut text)?;
        let mut answer: Value = serde_json::from_slice(&text)?;
        match answer["value"].get("error") {
            Some(error) => {
                Err(io::Error::other(format!("{error}: {}", answer["value"]["message"])))
            }
            None => Ok(answer["value"].take()),
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // A session that is gone already has nothing to end.
        self.request("DELETE", &format!("/session/{}", self.session), &Value::Null).ok();
        self.driver.kill().ok();
        self.driver.wait().ok();
        fs::remove_dir_all(&self.folder).ok();
    }
}

fn start() -> io::Result<(Child, BufReader<ChildStdout>)> {
    let mut failure = io::Error::from(io::ErrorKind::NotFound);
    for name in DRIVERS {
        let mut command = Command::new(name);
        command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        match command.spawn() {
            Ok(mut driver) => {
                let said = driver.stdout.take().map(BufReader::new);
                return said.map(|said| (driver, said)).ok_or(failure);
            }
            Err(error) => failure = error,
        }
    }
    Err(io::Error::new(failure.kind(), format!("{}: {failure}", DRIVERS[0])))
}

/// The port that the driver says it listens on.
fn port(said: &mut impl BufRead) -> io::Result<u16> {
    for line in said.lines() {
        let line = line?;
        if let Some((_, port)) = line.split_once("started successfully on port ") {
            return port.trim_end_matches('.').parse().map_err(io::Error::other);
        }
    }
    Err(io::Error::other("the driver ended without naming a port"))
}

/// A folder of this browser's own.
fn folder() -> io::Result<PathBuf> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let folder = env::temp_dir().join(format!("rm-report-{}-{number}", std::process::id()));
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn from_base64(text: &str) -> Vec<u8> {
    let sextet = |character: u8| match character {
        b'A'..=b'Z' => character - b'A',
        b'a'..=b'z' => character - b'a' + 26,
        b'0'..=b'9' => character - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for group in text.trim_end_matches('=').as_bytes().chunks(4) {
        let bits = (0..4).fold(0_u32, |bits, at| {
            bits << 6 | group.get(at).map_or(0, |it| u32::from(sextet(*it)))
        });
        bytes.extend_from_slice(&bits.to_be_bytes()[1..group.len()]);
    }
    bytes
}
