//! The pages of the app on phones, and those that wait for it.

use crate::assurance::factor::Factor;
use crate::flow::adding::Invitation;
use crate::flow::phone::reply::{
    Asking, Done, Home, NewPhone, NewPin, PinChange, PinProblem, PinState, Proof, Question, Stage,
    Told, Waiting, Wrong,
};
use crate::login::request::LocalName;
use crate::texts::language::Language;
use crate::texts::login::{self, Problem};
use crate::texts::{account, app};
use crate::web::pages::frame::Frame;
use crate::web::pages::page::page;
use crate::web::pages::qr;

/// A login that waits for the person's phone.
///
/// Its forms post `csrf` to `action` once they answered, and to `again` to ask once more; its cancel button to `cancel`.
#[derive(Debug)]
pub struct Phone {
    /// Where the form posts to.
    pub action: String,
    /// Where another request is asked for.
    pub again: String,
    /// Where this page is shown again, with a new QR code if that is over.
    pub again_at: String,
    /// Where the script looks.
    pub status: String,
    /// Where it is told by itself.
    pub events: String,
    /// Where the cancel button posts to.
    pub cancel: String,
    /// The transaction's token.
    pub csrf: String,
    /// Whether the login is to the person's own pages.
    pub own: bool,
    /// The name of the service that asks.
    pub service: String,
    /// The level asked for, as people know it: `SpidL2`.
    pub level: Option<String>,
    /// The request.
    pub asking: Asking,
    /// Where the other ways are listed, if there are any.
    pub ways: Option<String>,
    /// What did not hold at the last attempt.
    pub problem: Option<Problem>,
}

/// The code by which a phone is linked.
#[derive(Debug)]
pub struct AccountApp(pub Invitation);

/// The app's first page.
///
/// Its forms post `code` and `version` to `/app/open`.
#[derive(Debug)]
pub struct AppHome(pub Home);

/// A new key for the app.
///
/// Its form posts `code`, `name`, `answer` and `version`, of which the script fills in two, to `/app/enrol`.
#[derive(Debug)]
pub struct AppEnrol(pub NewPhone);

/// The first thing that a new key signs.
///
/// Its form posts `code`, `answer` and `version` to `/app/prove`.
#[derive(Debug)]
pub struct AppProve(pub Proof);

/// A new key for the app, and a PIN, where there is no authenticator.
///
/// Its form posts `code`, `name`, `pin`, `again`, `key`, `answer` and `version`, of which the script fills in three, to
/// `/app/enrol-pin`.
#[derive(Debug)]
pub struct AppEnrolPin(pub NewPin);

/// Another PIN.
///
/// Its form posts `csrf`, `present`, `pin`, `again`, `answer` and `version`, of which the script fills in two, to `/app/pin`.
#[derive(Debug)]
pub struct AppPin(pub PinChange);

/// What a person is asked on their phone.
///
/// Its forms post `csrf`, `code`, `decision` and `version`, and to approve `number`, `answer` and, beside a key without
/// authenticator, `pin`, to `/app/answer`.
#[derive(Debug)]
pub struct AppQuestion {
    /// The question.
    pub question: Question,
    /// What people call whoever asks.
    pub service: String,
}

/// Something that ends here.
#[derive(Debug)]
pub struct AppTold(pub Told);

/// What is shown where there is no network.
#[derive(Debug)]
pub struct AppOffline {
    /// Where it is tried again.
    pub retry: &'static str,
}

impl Phone {
    fn problem(&self, frame: &Frame) -> Option<String> {
        self.problem.map(|problem| login::problem(frame.language, problem))
    }

    fn is_push(&self) -> bool {
        self.asking.factor == Factor::Push
    }

    fn is_opened(&self) -> bool {
        self.asking.stage == Stage::Opened
    }

    fn is_answered(&self) -> bool {
        self.asking.stage == Stage::Answered
    }

    fn is_over(&self) -> bool {
        self.asking.stage == Stage::Over
    }

    fn drawing(&self) -> Option<qr::Drawing> {
        self.asking.link.as_deref().filter(|_| !self.is_push()).and_then(qr::draw)
    }

    fn lasts(&self, frame: &Frame) -> String {
        app::lasts(frame.language, self.asking.seconds)
    }
}

impl std::ops::Deref for AccountApp {
    type Target = Invitation;

    fn deref(&self) -> &Invitation {
        &self.0
    }
}

impl AccountApp {
    fn drawing(&self) -> Option<qr::Drawing> {
        qr::draw(&self.link)
    }

    /// Where the app is.
    fn address(&self) -> &str {
        self.link.split('#').next().unwrap_or_default()
    }

    fn lasts(&self, frame: &Frame) -> String {
        app::lasts(frame.language, self.minutes * 60)
    }
}

impl std::ops::Deref for AppHome {
    type Target = Home;

    fn deref(&self) -> &Home {
        &self.0
    }
}

impl AppHome {
    fn waiting(&self) -> usize {
        self.linked.as_ref().map_or(0, |linked| linked.waiting.len())
    }

    fn pin(&self) -> Option<&PinState> {
        self.linked.as_ref()?.pin.as_ref()
    }

    fn is_locked(&self) -> bool {
        self.pin().is_some_and(PinState::is_locked)
    }

    /// Which requests the page shows: its script looks whether others wait.
    fn codes(&self) -> String {
        let waiting = self.linked.iter().flat_map(|linked| &linked.waiting);
        waiting.map(|one| one.code.as_str()).collect::<Vec<_>>().join(" ")
    }

    fn service(&self, frame: &Frame, one: &Waiting) -> String {
        service(frame.language, one.service.as_ref())
    }

    fn ago(&self, frame: &Frame, one: &Waiting) -> String {
        account::ago(frame.language, one.ago)
    }

    /// What has just happened, and whether it is what the person wanted.
    fn done(&self, frame: &Frame) -> Option<(&'static str, bool)> {
        let words = app::words(frame.language);
        self.0.done.map(|done| match done {
            Done::Linked => (words.done_linked, true),
            Done::Approved => (words.done_approved, true),
            Done::Denied => (words.done_denied, true),
            Done::Reported => (words.done_reported, false),
            Done::PinChanged => (words.done_pin, true),
        })
    }
}

impl std::ops::Deref for AppEnrol {
    type Target = NewPhone;

    fn deref(&self) -> &NewPhone {
        &self.0
    }
}

impl std::ops::Deref for AppEnrolPin {
    type Target = NewPin;

    fn deref(&self) -> &NewPin {
        &self.0
    }
}

impl AppEnrolPin {
    fn problem(&self, frame: &Frame) -> Option<String> {
        self.problem.map(|problem| pin_problem(frame.language, problem))
    }

    fn is_about_the_name(&self) -> bool {
        self.problem == Some(PinProblem::Name)
    }
}

impl std::ops::Deref for AppPin {
    type Target = PinChange;

    fn deref(&self) -> &PinChange {
        &self.0
    }
}

impl AppPin {
    fn problem(&self, frame: &Frame) -> Option<String> {
        self.problem.map(|problem| pin_problem(frame.language, problem))
    }

    fn is_about_the_present(&self) -> bool {
        matches!(self.problem, Some(PinProblem::Wrong { .. }))
    }
}

fn pin_problem(language: Language, problem: PinProblem) -> String {
    let words = app::words(language);
    match problem {
        PinProblem::Name => words.bad_name.to_owned(),
        PinProblem::Shape => words.pin_shape.to_owned(),
        PinProblem::Trivial => words.pin_trivial.to_owned(),
        PinProblem::Different => words.pin_different.to_owned(),
        PinProblem::Wrong { left } => app::pin_wrong(language, left),
    }
}

impl std::ops::Deref for AppProve {
    type Target = Proof;

    fn deref(&self) -> &Proof {
        &self.0
    }
}

impl std::ops::Deref for AppQuestion {
    type Target = Question;

    fn deref(&self) -> &Question {
        &self.question
    }
}

impl AppQuestion {
    fn when(&self, frame: &Frame) -> String {
        app::when(frame.language, self.asked)
    }

    /// What was wrong, in words; whatever was, a phone that is locked says so itself.
    fn problem(&self, frame: &Frame) -> Option<String> {
        let words = app::words(frame.language);
        let pin = self.pin.as_ref();
        self.wrong.filter(|_| !self.is_locked()).map(|wrong| match wrong {
            Wrong::Number => words.number_wrong.to_owned(),
            Wrong::PinShape => words.pin_shape.to_owned(),
            Wrong::Pin => app::pin_wrong(frame.language, pin.map_or(0, |pin| pin.left)),
        })
    }

    fn is_locked(&self) -> bool {
        self.pin.as_ref().is_some_and(PinState::is_locked)
    }

    fn is_wrong(&self) -> bool {
        self.wrong.is_some()
    }

    fn is_about_the_number(&self) -> bool {
        self.wrong == Some(Wrong::Number)
    }
}

impl AppTold {
    fn words(&self, frame: &Frame) -> &'static str {
        let words = app::words(frame.language);
        match self.0 {
            Told::NoSuchCode => words.told_code,
            Told::NotLinked => words.told_unlinked,
            Told::Over => words.told_over,
            Told::Refused => words.told_refused,
            Told::TooOld => words.told_old,
            Told::TooMany => words.told_many,
            Told::NotOurs => words.told_not_ours,
            Told::NoPins => words.told_no_pins,
            Told::NotAlone => words.told_not_alone,
        }
    }
}

/// What people call whoever asks.
#[must_use]
pub fn service(language: Language, name: Option<&LocalName>) -> String {
    let own = || app::words(language).own_pages.to_owned();
    let Some(name) = name else { return own() };
    let (first, second) = match language {
        Language::It => (&name.it, &name.en),
        Language::En => (&name.en, &name.it),
    };
    first.clone().or_else(|| second.clone()).unwrap_or_default()
}

page!(Phone, "phone.html", app);
page!(AccountApp, "account_app.html", app);
page!(AppHome, "app_home.html", app);
page!(AppEnrol, "app_enrol.html", app);
page!(AppProve, "app_prove.html", app);
page!(AppEnrolPin, "app_enrol_pin.html", app);
page!(AppPin, "app_pin.html", app);
page!(AppQuestion, "app_question.html", app);
page!(AppTold, "app_told.html", app);
page!(AppOffline, "app_offline.html", app);
