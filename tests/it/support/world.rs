//! A person, their browsers and things, and the built server: where a journey stands.

use std::fs;
use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::sha::sha256;
use ponte::world::clock::Clock;
use serde_json::{Value, json};

use crate::crash::spid_request;
use crate::support::agent::{Agent, Form, Page, unescape};
use crate::support::authenticator::{Authenticator, options};
use crate::support::cards::{Authority, Browser, Spec};
use crate::support::citizen::{Asked, Citizen, asked, send};
use crate::support::keys;
use crate::support::phone_key::{PhoneKey, said};
use crate::support::server::{Server, free_port};
use crate::support::sp::{Metadata, SPID_ENTITY};

pub(crate) const PASSWORD: &str = "una frase lunga e segreta";
pub(crate) const NEW: &str = "tutta un'altra frase segreta";

/// Where a journey stands; a copy of it can try the next step on its own.
#[derive(Clone)]
pub(crate) struct World {
    server: Arc<RwLock<Server>>,
    base: String,
    /// The person's browser, and what it shows.
    pub(crate) desk: Agent,
    pub(crate) page: Option<Page>,
    /// The person's phone, and what it shows.
    pub(crate) phone: Agent,
    pub(crate) shown: Option<Page>,
    pub(crate) key: Authenticator,
    /// The key of a phone without one.
    pub(crate) kept_key: PhoneKey,
    pub(crate) card: Browser,
    pub(crate) ada: Citizen,
    /// What somebody has noted down: a code, a link.
    pub(crate) noted: String,
}

impl World {
    /// A server with every way in, and Ada, who has a password and an activation code.
    pub(crate) fn new() -> Self {
        Self::with(&[], |_| {})
    }

    /// The same, with options for how she is added, on a server about which `change` has its say.
    pub(crate) fn with(options: &[&str], change: impl FnOnce(&Server)) -> Self {
        let mut server = Server::new();
        change(&server);
        server.configure_in("mail", "way = \"folder\"\nfrom = \"no-reply@example.org\"");
        server.configure_in("sms", "way = \"folder\"");
        let (region, port) = (Authority::new("Regione Esempio"), free_port());
        let folder = server.folder();
        fs::write(folder.join("regione.pem"), region.pem()).unwrap();
        keys::certify_localhost(&folder.join("card.crt"), &folder.join("card.key"));
        server.configure_in(
            "smart-card",
            &format!(
                "listen = \"127.0.0.1:{port}\"\nbase-url = \"https://card.localhost:{port}\"\n\
                 tls = {{ certificate = \"card.crt\", key = \"card.key\" }}\nunknown-revocation = \"SpidL2\"\n"
            ),
        );
        server.configure(
            "\n[[smart-card.issuer]]\nname = \"Regione\"\nkind = \"cns\"\nauthorities = \"regione.pem\"\n",
        );
        let metadata = Metadata::spid().signed(&keys::SP.signer);
        server.add_metadata("sp", &metadata, SPID_ENTITY, "spid");
        server.start();
        let ada = add(&server, options);
        let name = "RSSDAA80A41H501I/26.x".to_owned();
        let card =
            region.issue(&Spec { common_name: name, ..Spec::cns(26, Clock::system().now()) });
        let base = server.url("").trim_end_matches('/').to_owned();
        Self {
            key: Authenticator::new(&base, 1),
            kept_key: PhoneKey::new(),
            base,
            server: Arc::new(RwLock::new(server)),
            desk: Agent::new(),
            page: None,
            phone: Agent::new(),
            shown: None,
            card: Browser::with(&card),
            ada,
            noted: String::new(),
        }
    }

    pub(crate) fn server(&self) -> RwLockReadGuard<'_, Server> {
        self.server.read().unwrap()
    }

    pub(crate) fn start(&self) {
        self.server.write().unwrap().start();
    }

    /// Ends it as a kill does.
    pub(crate) fn stop(&self) {
        self.server.write().unwrap().kill();
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    fn at(&self) -> &Page {
        self.page.as_ref().expect("a page")
    }

    /// Gets `path` in the person's browser.
    pub(crate) fn get(&mut self, path: &str) -> io::Result<Page> {
        let url = self.at_or_home(path);
        let page = self.desk.get(&url)?;
        Ok(self.page.insert(page).clone())
    }

    /// `?by=…` is of the page that is shown.
    fn at_or_home(&self, path: &str) -> String {
        match path.starts_with('?') {
            true => self.at().url.join(path).unwrap().into(),
            false => self.url(path),
        }
    }

    /// Sends the form of the shown page to `action`, or to what ends with it.
    pub(crate) fn send(&mut self, action: &str, values: &[(&str, &str)]) -> io::Result<Page> {
        let form = form_to(self.at(), action)?;
        let page = self.desk.submit(&self.at().clone(), &form, values)?;
        Ok(self.page.insert(page).clone())
    }

    /// The same, on the phone.
    pub(crate) fn send_on_phone(
        &mut self,
        action: &str,
        values: &[(&str, &str)],
    ) -> io::Result<Page> {
        let shown = self.shown.clone().expect("a page");
        let form = shown.forms().into_iter().find(|form| {
            form.action == action
                && values
                    .iter()
                    .all(|(name, value)| *name != "decision" || form.field(name) == Some(*value))
        });
        let form = form.ok_or_else(|| missing(action, &shown))?;
        let page = self.phone.submit(&shown, &form, values)?;
        Ok(self.shown.insert(page).clone())
    }

    /// Does what the pages of a login ask, as long as `goes_on` says so.
    fn walk(&mut self, goes_on: fn(&Asked) -> bool) -> io::Result<Page> {
        while let Some(step) = asked(self.at()).filter(goes_on) {
            let page = self.at().clone();
            let next = self.ada.do_as(&mut self.desk, &page, &step)?;
            self.page = Some(next);
        }
        Ok(self.at().clone())
    }

    /// Begins a login at SpidL2 in the person's browser: at the page for name and password.
    pub(crate) fn begin_login(&mut self) -> io::Result<Page> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let id = format!("_step{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let request = spid_request(&self.server(), &id);
        let page = send(&mut self.desk, &request)?;
        Ok(self.page.insert(page).clone())
    }

    /// Does the one thing that the shown page asks.
    pub(crate) fn go_on(&mut self) -> io::Result<Page> {
        let page = self.at().clone();
        let step = asked(&page).ok_or_else(|| missing("a question", &page))?;
        let next = self.ada.do_as(&mut self.desk, &page, &step)?;
        Ok(self.page.insert(next).clone())
    }

    /// A login at SpidL2, as far as the page after the password.
    pub(crate) fn after_password(&mut self) -> io::Result<Page> {
        self.begin_login()?;
        self.walk(|asked| matches!(asked, Asked::Credentials(_)))
    }

    /// Enrols an app and gives what comes back to nobody.
    pub(crate) fn enrol_app(&mut self) {
        self.begin_login().unwrap();
        let page = self.walk(|asked| !matches!(asked, Asked::Consent(_))).unwrap();
        assert!(page.form_with_button("decision", "accept").is_some(), "{}", page.body);
        self.desk = Agent::new();
    }

    /// At the person's own pages, with all shown that they have.
    pub(crate) fn enter(&mut self) -> io::Result<Page> {
        self.get("/account")?;
        self.send("/account/enter", &[])?;
        self.walk(|asked| matches!(asked, Asked::Credentials(_) | Asked::Code(_)))?;
        let page = self.get("/account/factors")?;
        if form_to(&page, "/account/factors/unlock").is_err() {
            return Ok(page);
        }
        self.send("/account/factors/unlock", &[])?;
        self.walk(|asked| matches!(asked, Asked::Credentials(_) | Asked::Code(_)))
    }

    /// The text of the newest message in `folder` that has `mark` in it, waited for.
    pub(crate) fn message(&self, folder: &str, mark: &str) -> io::Result<String> {
        let folder = self.server().folder().join(folder);
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let mut files: Vec<_> = fs::read_dir(&folder)
                .into_iter()
                .flatten()
                .filter_map(|file| Some(file.ok()?.path()))
                .filter(|path| path.extension().is_some_and(|is| is == "txt"))
                .collect();
            files.sort();
            let texts = files.iter().rev().filter_map(|path| fs::read_to_string(path).ok());
            if let Some(text) = { texts }.find(|text| text.contains(mark)) {
                return Ok(text);
            }
            if Instant::now() > deadline {
                return Err(io::Error::other(format!("no message with {mark}")));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// A code of the desk, for the password.
    pub(crate) fn code_of_the_desk(&self) -> io::Result<String> {
        let output = self.server().try_ponte(
            &[
                &["user", "recover", "ada", "--lost", "password", "--proofing", "desk"][..],
                &["--proofing-operator", "desk 3", "--proofing-evidence", "2026/18"],
            ]
            .concat(),
            "",
        );
        if !output.status.success() {
            return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
        }
        let said = String::from_utf8_lossy(&output.stdout);
        let code = said.split_whitespace().find(|word| word.matches('-').count() == 3);
        let code = code.unwrap_or_else(|| panic!("{said}"));
        Ok(code.trim_end_matches('.').to_owned())
    }

    /// The code of the last SMS.
    pub(crate) fn code_sent(&self) -> io::Result<String> {
        let text = self.message("sms", "\n\n")?;
        let (_, text) = text.split_once("\n\n").unwrap();
        Ok(text.chars().take(6).collect())
    }
}

/// What stands in `<code>` of the page.
pub(crate) fn code_of(page: &Page) -> String {
    let rest = page.body.split_once("class=\"key\">").map_or("", |two| two.1);
    let rest = rest.split_once("<code>").map_or("", |two| two.1);
    rest.split('<').next().unwrap_or_default().to_owned()
}

/// The number that the page shows, to be matched.
pub(crate) fn number_of(page: &Page) -> String {
    let rest = page.body.split_once("class=\"match\">").map_or("", |two| two.1);
    let rest = rest.split_once("<strong>").map_or("", |two| two.1);
    rest.split('<').next().unwrap_or_default().to_owned()
}

/// Her phone.
impl World {
    /// Gets a code for it, at her own pages.
    pub(crate) fn invite(&mut self) -> io::Result<Page> {
        let page = self.get("/account/factors/app")?;
        self.noted = code_of(&page);
        Ok(page)
    }

    /// Opens what is noted down on the phone.
    pub(crate) fn open_noted(&mut self) -> io::Result<Page> {
        let code = self.noted.clone();
        self.open(&code)
    }

    /// Opens `code` on the phone; without one, the request in its list.
    pub(crate) fn open(&mut self, code: &str) -> io::Result<Page> {
        let home = self.phone.get(&self.url("/app"))?;
        let form = home.forms().into_iter().find(|form| {
            form.action == "/app/open" && (form.field("code") == Some("")) != code.is_empty()
        });
        let form = form.ok_or_else(|| missing("request", &home))?;
        let mut values = vec![("version", "1")];
        if !code.is_empty() {
            values.push(("code", code));
        }
        let page = self.phone.submit(&home, &form, &values)?;
        Ok(self.shown.insert(page).clone())
    }

    /// Makes a key.
    pub(crate) fn make_key(&mut self) -> io::Result<Page> {
        let answer = self.key.create(&options(self.shown.as_ref().unwrap())).to_string();
        let values = [("name", "Telefono"), ("answer", answer.as_str()), ("version", "1")];
        self.send_on_phone("/app/enrol", &values)
    }

    /// Signs for the first time.
    pub(crate) fn prove_key(&mut self) -> io::Result<Page> {
        let answer = self.key.get(&options(self.shown.as_ref().unwrap())).to_string();
        self.send_on_phone("/app/prove", &[("answer", answer.as_str()), ("version", "1")])
    }

    /// Does all of it.
    pub(crate) fn link_phone(&mut self) {
        self.invite().unwrap();
        self.open_noted().unwrap();
        self.make_key().unwrap();
        let page = self.prove_key().unwrap();
        assert_eq!(page.url.query(), Some("done=linked"), "{}", page.body);
    }

    /// Approves the request that is open, as the page's script does.
    pub(crate) fn approve(&mut self, number: &str) -> io::Result<Page> {
        let page = self.shown.clone().unwrap();
        let (_, rest) =
            page.body.split_once("data-signs=\"").ok_or_else(|| missing("request", &page))?;
        let signs = unescape(rest.split('"').next().unwrap());
        let mut said: Vec<String> = serde_json::from_str(&signs).unwrap();
        said.push(number.to_owned());
        let text = serde_json::to_string(&said).unwrap();
        let mut asks = options(&page);
        asks["challenge"] = URL_SAFE_NO_PAD.encode(sha256(text.as_bytes())).into();
        let answer = self.key.get(&asks).to_string();
        let values = [
            ("decision", "approve"),
            ("number", number),
            ("answer", answer.as_str()),
            ("version", "1"),
        ];
        self.send_on_phone("/app/answer", &values)
    }
}

/// Her phone, where it has no authenticator.
impl World {
    /// Goes on without one, at the page for a new key.
    pub(crate) fn open_with_pin(&mut self) -> io::Result<Page> {
        self.send_on_phone("/app/open", &[("version", "1")])
    }

    /// Makes a key and chooses a PIN.
    pub(crate) fn choose_pin(&mut self, pin: &str) -> io::Result<Page> {
        let shown = self.shown.as_ref().expect("a page");
        let signature = self.kept_key.sign(&said(shown, Some(&self.kept_key.id())));
        let public = self.kept_key.public();
        let values = [
            ("name", "Telefono"),
            ("key", public.as_str()),
            ("answer", signature.as_str()),
            ("pin", pin),
            ("again", pin),
            ("version", "1"),
        ];
        self.send_on_phone("/app/enrol-pin", &values)
    }

    /// Chooses another, at its page.
    pub(crate) fn change_pin(&mut self, present: &str, new: &str) -> io::Result<Page> {
        let signature = self.kept_key.sign(&said(self.shown.as_ref().expect("a page"), None));
        let values = [
            ("present", present),
            ("pin", new),
            ("again", new),
            ("answer", signature.as_str()),
            ("version", "1"),
        ];
        self.send_on_phone("/app/pin", &values)
    }

    /// Gets `path` on the phone.
    pub(crate) fn get_on_phone(&mut self, path: &str) -> io::Result<Page> {
        let page = self.phone.get(&self.url(path))?;
        Ok(self.shown.insert(page).clone())
    }

    /// Approves the request that is open.
    pub(crate) fn approve_by_pin(&mut self, number: &str, pin: &str) -> io::Result<Page> {
        let shown = self.shown.as_ref().expect("a page");
        let signature = self.kept_key.sign(&said(shown, Some(number)));
        let values = [
            ("decision", "approve"),
            ("number", number),
            ("answer", signature.as_str()),
            ("pin", pin),
            ("version", "1"),
        ];
        self.send_on_phone("/app/answer", &values)
    }
}

pub(crate) fn form_to(page: &Page, action: &str) -> io::Result<Form> {
    let mut forms = page.forms().into_iter();
    forms.find(|form| form.action.ends_with(action)).ok_or_else(|| missing(action, page))
}

fn missing(what: &str, page: &Page) -> io::Error {
    io::Error::other(format!("no {what} at {} ({}):\n{}", page.url, page.status, page.body))
}

fn add(server: &Server, options: &[&str]) -> Citizen {
    if options.is_empty() {
        let row = json!({
            "username": "ada",
            "password": PASSWORD,
            "attributes": {
                "name": "Ada", "familyName": "Rossi", "dateOfBirth": "1980-01-01",
                "fiscalNumber": "TINIT-RSSDAA80A41H501I", "mobilePhone": "3331234512",
                "email": "ada@example.org",
            },
            "proofing": { "method": "desk", "date": "2026-01-01", "operator": "3", "evidence": "17" },
        });
        let output = server.ponte(&["user", "import", "-"], &format!("{row}\n"));
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        return Citizen::new("ada", PASSWORD, said["activation-code"].as_str().unwrap());
    }
    let output = server.ponte(
        &[
            &["user", "add", "ada", "--name", "Ada", "--family-name", "Rossi"][..],
            &["--fiscal-number", "RSSDAA80A41H501I", "--attribute", "dateOfBirth=1980-01-01"],
            &["--email", "ada@example.org", "--proofing", "desk", "--proofing-operator", "3"],
            &["--proofing-evidence", "17", "--password-stdin"],
            options,
        ]
        .concat(),
        &format!("{PASSWORD}\n"),
    );
    let said = String::from_utf8(output.stdout).unwrap().to_lowercase();
    let code =
        said.lines().find_map(|line| line.split_once("activation code")?.1.split(':').nth(1));
    Citizen::new("ada", PASSWORD, code.unwrap().trim())
}
