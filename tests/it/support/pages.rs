//! Every page, filled.

use std::borrow::Cow;

use chrono::DateTime;
use ponte::assurance::factor::Factor;
use ponte::assurance::level as assurance;
use ponte::enrolment::campaign::Task;
use ponte::enrolment::recovery::{Lost, Void};
use ponte::factors::password::Unacceptable;
use ponte::flow::account::Done;
use ponte::flow::activity::LoginRow;
use ponte::flow::adding::{
    FactorRow, Invitation, NewNumber, NewPasskey, NumberNotice, PasskeyNotice, Removal,
};
use ponte::flow::env::NumberGuard;
use ponte::flow::factors::Done as FactorsDone;
use ponte::flow::number_link::NumberLinkPage;
use ponte::flow::phone::reply::{
    Asking, Done as PhoneDone, Home as PhoneHome, Linked, NewPhone, NewPin, PinChange, PinProblem,
    PinState, Proof, Question, Stage, Told, Waiting, Wrong,
};
use ponte::flow::pincode::PincodePage;
use ponte::flow::profile::{ProfileNotice, ProfilePage};
use ponte::flow::reply::{Factors, PasswordNotice, SessionRow};
use ponte::flow::upstream::reply::{AnswerFault, Offer};
use ponte::identity::attributes::AttributeName;
use ponte::identity::kind::IdentityKind;
use ponte::identity::release::{Release, Released};
use ponte::login::choice::Choice;
use ponte::login::leaving::Progress;
use ponte::login::outcome::Refusal;
use ponte::login::request::LocalName;
use ponte::login::ways::Shown;
use ponte::partners::upstream::{Look, Provider};
use ponte::saml::status::{Fault, FaultKind};
use ponte::texts::demo;
use ponte::texts::help::Topic;
use ponte::texts::language::Language;
use ponte::texts::login::Problem;
use ponte::texts::upstream::Case;
use ponte::web::pages::access::Access;
use ponte::web::pages::account::{
    AccountActivity, AccountPassword, AccountSessions, AccountWelcome,
};
use ponte::web::pages::app::{
    AccountApp, AppEnrol, AppEnrolPin, AppHome, AppOffline, AppPin, AppProve, AppQuestion, AppTold,
    Phone,
};
use ponte::web::pages::campaign::{CampaignLocked, CampaignTask};
use ponte::web::pages::consent::Consent;
use ponte::web::pages::demo::{
    DemoAttributes, DemoCode, DemoError, DemoHome, DemoMail, DemoMails, DemoPeople, DemoPerson,
};
use ponte::web::pages::enrolment::{Activation, EnrolTotp, Enrolled};
use ponte::web::pages::error::{Age, Error, Level};
use ponte::web::pages::factors::{
    AccountCodes, AccountFactors, AccountNumber, AccountPasskey, AccountRemove, Passkey, Recovery,
    Sms, Way, Ways,
};
use ponte::web::pages::frame::Frame;
use ponte::web::pages::help::{From, Help, HelpIndex, OldBrowser};
use ponte::web::pages::home::Home;
use ponte::web::pages::identity::ChooseIdentity;
use ponte::web::pages::login::{Login, Totp};
use ponte::web::pages::logout::{Logout, Outgoing, Show};
use ponte::web::pages::notice::Notice;
use ponte::web::pages::post::{Message, PostForm};
use ponte::web::pages::profile::{AccountNumberLink, AccountPincode, AccountProfile};
use ponte::web::pages::recover::{
    Recover, RecoverDesk, RecoverPasskey, RecoverPassword, RecoverShow, RecoverTold,
};
use ponte::web::pages::upstream::{UpstreamSetBack, UpstreamTrial, UpstreamUnproven};

use crate::support::{card_pages, registration_pages};

fn demo_mails(mails: Vec<DemoMail>) -> DemoMails {
    let (here, people) = ("/demo/mail".into(), "/demo".into());
    DemoMails { mails, folder: "ponte-demo/mail".into(), here, people }
}

fn recover_show(factor: Factor, problem: Option<Problem>) -> RecoverShow {
    let to = |step: &str| format!("/recover/go/h4ndle{step}");
    RecoverShow {
        action: to("/step"),
        cancel: to("/cancel"),
        csrf: "token".into(),
        factor,
        others: match factor {
            Factor::Password => Vec::new(),
            _ => vec![(Factor::Totp, to("?by=totp")), (Factor::RecoveryCode, to("?by=code"))],
        },
        number: Some("+39 *** *** **12".into()),
        problem,
    }
}

fn campaign_task(task: Task, shown: Option<&str>) -> CampaignTask {
    CampaignTask {
        action: "/login/h4ndle/task".into(),
        cancel: "/login/h4ndle/cancel".into(),
        csrf: "token".into(),
        own: false,
        task,
        until: "15 dicembre 2026".into(),
        shown: shown.map(str::to_owned),
        wrong: None,
    }
}

fn recover_password(notice: Option<PasswordNotice>) -> RecoverPassword {
    RecoverPassword {
        action: "/recover/go/h4ndle/new-password".into(),
        cancel: "/recover/go/h4ndle/cancel".into(),
        csrf: "token".into(),
        username: HOSTILE.into(),
        single: true,
        first: false,
        notice,
    }
}

/// Every page, filled.
pub(crate) fn samples(language: Language) -> Vec<(&'static str, String)> {
    let around = frame(language);
    let from_outside = Frame { here: None, demo: false, ..around.clone() };
    let service = Frame {
        name: demo::words(language).service.into(),
        support: None,
        here: Some("/".into()),
        ..around.clone()
    };
    let mut pages = vec![
        ("login", login(None).render(&around)),
        ("login_again", {
            let mut page = login(Some(Problem::Credentials { left: 2 }));
            page.username = "anna.rossi".into();
            page.render(&around)
        }),
        ("access", the_ways(None).render(&around)),
        ("access_again", the_ways(Some(Problem::Credentials { left: 2 })).render(&around)),
        ("set_back", set_back(Case::Level { reached: Some("SpidL1") }).render(&around)),
        ("set_back_unknown", {
            UpstreamSetBack { again: None, other: None, ..set_back(Case::Unknown) }.render(&around)
        }),
        ("unproven", unproven(None).render(&from_outside)),
        ("unproven_no", unproven(Some(Case::Cancelled)).render(&from_outside)),
        ("trial", UpstreamTrial {
            issuer: "https://idp.example/saml".into(),
            entity: "https://ponte.example/sp/ente".into(),
            level: "https://www.spid.gov.it/SpidL2".into(),
            attributes: vec![released(AttributeName::Name, "Anna Maria")],
        }.render(&around)),
        ("totp", totp(None).render(&around)),
        ("totp_again", totp(Some(Problem::Code { left: 1 })).render(&around)),
        ("activation", activation(None).render(&around)),
        ("activation_again", activation(Some(Problem::Activation { left: 2 })).render(&around)),
        ("enrol", enrol(None).render(&around)),
        ("enrol_again", enrol(Some(Problem::CodeShape { digits: 6 })).render(&around)),
        ("enrolled", Enrolled { action: "/login/x/go".into(), csrf: "token".into() }.render(&around)),
        ("identity", the_choice(false).render(&around)),
        ("identity_again", the_choice(true).render(&around)),
        ("consent", the_consent(vec![
            released(AttributeName::SpidCode, "PONT0000000001"),
            released(AttributeName::Name, "Anna Maria"),
            released(AttributeName::FamilyName, "Rossi"),
            released(AttributeName::FiscalNumber, "TINIT-RSSNMR80A41H501X"),
            released(AttributeName::DateOfBirth, "1980-01-01"),
            released(AttributeName::Email, "anna.maria.rossi@posta.example"),
        ]).render(&around)),
        ("account_welcome", AccountWelcome { refused: None }.render(&around)),
        ("account_refused", {
            AccountWelcome { refused: Some(Refusal::TooManyAttempts) }.render(&around)
        }),
        ("login_otp", {
            let banner = Some("Dal 15 dicembre 2026 la password non basterà più.".into());
            Login { otp: true, banner, ..login(None) }.render(&around)
        }),
        ("login_otp_again", {
            let login = login(Some(Problem::CredentialsOrCode { left: 2 }));
            Login { otp: true, username: "anna.rossi".into(), ..login }.render(&around)
        }),
        ("account_login", Login { own: true, level: None, ..login(None) }.render(&around)),
        ("account_sessions", the_sessions(3, Some(Done::Password)).render(&around)),
        ("account_one_session", the_sessions(1, None).render(&around)),
        ("account_activity", the_activity("Anagrafe").render(&around)),
        ("account_activity_none", {
            AccountActivity { logins: vec![], more: false, notices: vec![] }.render(&around)
        }),
        ("account_totp", beside(None).render(&around)),
        ("account_totp_again", beside(Some(Problem::NewCode)).render(&around)),
        ("account_pincode", pincode(false, None).render(&around)),
        ("account_pincode_open", pincode(true, None).render(&around)),
        ("account_pincode_shown", pincode(true, Some("01234567")).render(&around)),
        ("account_profile", profile(NumberGuard::ExistingFactor, None).render(&around)),
        ("account_profile_answer", profile(NumberGuard::SecretAnswer, None).render(&around)),
        ("account_profile_link", profile(NumberGuard::EmailLink, None).render(&around)),
        ("account_number_link", {
            let (token, number) = ("t0ken".into(), "+39 *** *** **21".into());
            AccountNumberLink(NumberLinkPage::Good { token, number }).render(&around)
        }),
        ("account_number_written", AccountNumberLink(NumberLinkPage::Written).render(&around)),
        ("account_number_late", {
            AccountNumberLink(NumberLinkPage::Void(Void::Expired)).render(&around)
        }),
        ("account_profile_wrong", {
            profile(NumberGuard::SecretAnswer, Some(ProfileNotice::Wrong)).render(&around)
        }),
        ("account_password", new_password(None).render(&around)),
        ("account_password_again", {
            let notice = PasswordNotice::Unacceptable(Unacceptable::TooShort);
            new_password(Some(notice)).render(&around)
        }),
        ("recover", Recover { lost: None, username: String::new(), mails: true, missing: false }.render(&around)),
        ("recover_again", Recover { lost: Some(Lost::Authenticator), username: String::new(), mails: true, missing: true }.render(&around)),
        ("recover_no_mails", Recover { lost: None, username: String::new(), mails: false, missing: false }.render(&around)),
        ("recover_sent", RecoverTold::Sent.render(&around)),
        ("recover_link", {
            let (token, address) = ("t0ken".into(), Some("a•••@example.org".into()));
            RecoverTold::Link { token, lost: Lost::Password, address }.render(&around)
        }),
        ("recover_passkey", RecoverPasskey {
            action: "/recover/go/h4ndle/passkey".into(),
            cancel: "/recover/go/h4ndle/cancel".into(),
            csrf: "token".into(),
            options: "{\"challenge\":\"AAAA\"}".into(),
            others: vec![(Factor::RecoveryCode, "/recover/go/h4ndle?by=recovery-code".into())],
            problem: None,
        }.render(&around)),
        ("recover_used", RecoverTold::Void(Void::Used).render(&around)),
        ("recover_expired", RecoverTold::Void(Void::Expired).render(&around)),
        ("recover_for_the_desk", RecoverTold::Desk.render(&around)),
        ("recover_ended", RecoverTold::Ended.render(&around)),
        ("recover_done", RecoverTold::Done(Lost::Authenticator).render(&around)),
        ("recover_desk", RecoverDesk { wrong: true }.render(&around)),
        ("recover_show", recover_show(Factor::Password, Some(Problem::Credentials { left: 2 })).render(&around)),
        ("recover_second", recover_show(Factor::Sms, None).render(&around)),
        ("campaign_task", campaign_task(Task::Number, Some("+39 *** *** **12")).render(&around)),
        ("campaign_number_wrong", {
            let wrong = Some("333 tre".into());
            CampaignTask { wrong, ..campaign_task(Task::Number, None) }.render(&around)
        }),
        ("campaign_none", campaign_task(Task::RecoveryAddress, None).render(&around)),
        ("campaign_locked", CampaignLocked {
            cancel: "/login/h4ndle/cancel".into(),
            csrf: "token".into(),
            since: "15 dicembre 2026".into(),
        }.render(&around)),
        ("first_password", RecoverPassword { first: true, single: false, ..recover_password(None) }.render(&around)),
        ("recover_password", recover_password(Some(PasswordNotice::Different)).render(&around)),
        ("ways", ways().render(&around)),
        ("recovery", recovery(None).render(&around)),
        ("recovery_again", recovery(Some(Problem::Recovery { left: 1 })).render(&around)),
        ("account_factors", the_factors(false, Some(FactorsDone::Locked)).render(&around)),
        ("account_factors_open", the_factors(true, None).render(&around)),
        ("passkey", passkey(None).render(&around)),
        ("passkey_again", passkey(Some(Problem::Passkey { left: 2 })).render(&around)),
        ("account_passkey", new_passkey(None).render(&around)),
        ("account_passkey_again", new_passkey(Some(PasskeyNotice::Name)).render(&around)),
        ("sms", sms(false, None).render(&around)),
        ("sms_again", sms(true, None).render(&around)),
        ("sms_wrong", sms(false, Some(Problem::Sms { left: 2 })).render(&around)),
        ("sms_spent", sms(false, Some(Problem::SmsSpent)).render(&around)),
        ("phone_push", phone(Factor::Push, Stage::Waiting, None).render(&around)),
        (
            "phone_push_over",
            phone(Factor::Push, Stage::Over, Some(Problem::PhoneOver)).render(&around),
        ),
        ("phone_qr", phone(Factor::Qr, Stage::Waiting, None).render(&around)),
        ("phone_qr_opened", phone(Factor::Qr, Stage::Opened, None).render(&around)),
        ("account_app", invitation("ABCD-EFGH-JKMN").render(&around)),
        ("app_unlinked", AppHome(PhoneHome { linked: None, done: None }).render(&around)),
        ("app_home", app_home("Comune di Esempio").render(&around)),
        ("app_enrol", app_enrol("anna", true, false).render(&around)),
        ("app_enrol_or_pin", app_enrol("anna", false, true).render(&around)),
        ("app_enrol_pin", app_enrol_pin("anna", None).render(&around)),
        ("app_enrol_pin_again", app_enrol_pin("anna", Some(PinProblem::Trivial)).render(&around)),
        ("app_pin", app_pin(5, None).render(&around)),
        ("app_pin_again", app_pin(2, Some(PinProblem::Wrong { left: 2 })).render(&around)),
        ("app_pin_locked", app_pin(0, None).render(&around)),
        ("app_home_locked", app_home_locked().render(&around)),
        (
            "app_prove",
            AppProve(Proof { code: "ABCD-EFGH-JKMN".into(), options: "{}".into() }).render(&around),
        ),
        ("app_question", app_question("Comune di Esempio", None, None).render(&around)),
        (
            "app_question_wrong",
            app_question("Comune di Esempio", Some(Wrong::Number), None).render(&around),
        ),
        ("app_question_pin", app_question("Comune di Esempio", None, Some(5)).render(&around)),
        (
            "app_question_pin_wrong",
            app_question("Comune di Esempio", Some(Wrong::Pin), Some(1)).render(&around),
        ),
        (
            "app_question_pin_locked",
            app_question("Comune di Esempio", Some(Wrong::Pin), Some(0)).render(&around),
        ),
        ("app_told", AppTold(Told::TooOld).render(&around)),
        ("app_offline", AppOffline { retry: "/app" }.render(&around)),
        ("account_number", new_number(None, None).render(&around)),
        ("account_number_again", new_number(None, Some(NumberNotice::Form)).render(&around)),
        ("account_number_code", new_number(Some("+39 *** *** **12"), None).render(&around)),
        (
            "account_number_wrong",
            new_number(Some("+39 *** *** **12"), Some(NumberNotice::Wrong)).render(&around),
        ),
        ("account_remove", the_removal().render(&around)),
        ("account_codes", the_codes("KM3Q9-7RTXD").render(&from_outside)),
        ("post", post().render(&around)),
        (
            "post_request",
            PostForm { message: Message::Request, ..post() }.render(&service),
        ),
        ("error", Error {
            number: Some(16),
            support_id: "K7QX-2M4D".into(),
            fault: Some(Fault {
                kind: FaultKind::Consumer,
                rule: "the answer goes only to an address of the metadata (SAML Core §3.4.1)",
                element: "AuthnRequest/@AssertionConsumerServiceURL",
                expected: Cow::Borrowed("https://sp.example/acs"),
                found: "https://evil.example/<acs>".into(),
            }),
            level: None,
            age: None,
            back: Some(post()),
        }.render(&from_outside)),
        ("error_unproven", Error {
            number: Some(5),
            support_id: "K7QX-2M4D".into(),
            fault: Some(Fault {
                kind: FaultKind::RedirectSignature,
                rule: "a redirect is signed (SAML Bindings §3.4.4.1)",
                element: "Signature",
                expected: Cow::Borrowed("a signature in base64"),
                found: String::new(),
            }),
            level: None,
            age: None,
            back: None,
        }.render(&from_outside)),
        ("error_age", Error {
            number: Some(30),
            support_id: "K7QX-2M4D".into(),
            fault: None,
            level: None,
            age: Some(Age { name: Some("Dino".into()), service: "Scommesse di Esempio".into() }),
            back: None,
        }
        .render(&from_outside)),
        ("error_ours", Error { number: None, support_id: "K7QX-2M4D".into(), fault: None, level: None, age: None, back: None }
            .render(&from_outside)),
        ("error_level", Error {
            number: Some(20),
            support_id: "K7QX-2M4D".into(),
            fault: None,
            level: Some(Level { name: "SpidL2".into(), given_here: true }),
            age: None,
            back: Some(post()),
        }.render(&from_outside)),
        ("help_index", HelpIndex.render(&around)),
        ("help", Help {
            topic: Topic::Levels,
            from: From { number: Some(20), support_id: Some("K7QX-2M4D".into()) },
            voted: false,
        }.render(&around)),
        ("help_voted", Help { topic: Topic::Password, from: From::default(), voted: true }
            .render(&around)),
        ("old_browser", OldBrowser.render(&from_outside)),
        ("logout_nothing", logout(Show::Nothing, &[]).render(&around)),
        ("logout_confirm", logout(
            Show::Confirm { action: "/logout".into() },
            &[Progress::Waiting, Progress::Waiting],
        ).render(&around)),
        ("logout_ask", logout(
            Show::Ask {
                service: "Comune di Esempio".into(),
                message: Outgoing::Link("https://sp.example/slo?SAMLRequest=a&SigAlg=b".into()),
                go_on: "/logout/x/go-on".into(),
            },
            &[Progress::Out, Progress::Asked { request: "_r".into(), at: DateTime::UNIX_EPOCH }, Progress::Waiting],
        ).render(&around)),
        ("logout_await", logout(
            Show::Await { go_on: "/logout/x/go-on".into(), again: "/logout/x/again".into() },
            &[Progress::Out, Progress::Asked { request: "_r".into(), at: DateTime::UNIX_EPOCH }, Progress::Waiting],
        ).render(&around)),
        ("logout_done", logout(Show::Over { complete: true, back: None }, &[Progress::Out, Progress::Out]).render(&around)),
        ("logout_partial", logout(
            Show::Over {
                complete: false,
                back: Some(("Comune di Esempio".into(), Outgoing::Form {
                    action: "https://sp.example/slo".into(),
                    message: Message::Response,
                    value: "PHNhbWxw".into(),
                    relay_state: Some("a&b".into()),
                })),
            },
            &[Progress::Out, Progress::Refused, Progress::Silent, Progress::Unreachable, Progress::Elsewhere],
        ).render(&around)),
        ("home", Home {
            entity_id: "https://idp.example".into(),
            metadata: "/metadata".into(),
            lint: Some("/tools/lint".into()),
            register: Some("/federation/register".into()),
            people: Some("/demo".into()),
        }.render(&around)),
        ("demo_home", DemoHome {
            login: "/login".into(),
            entity_id: "http://sp.localhost:8081".into(),
            provider: "http://idp.localhost:8080".into(),
            people: "http://idp.localhost:8080/demo".into(),
            others: vec![("http://dietro.localhost:8082".into(), named("Un altro ente di prova"))],
        }.render(&service)),
        ("demo_attributes", DemoAttributes {
            class: "https://www.spid.gov.it/SpidL2".into(),
            name_id: "_3f0c1d2e4b5a69788796a5b4c3d2e1f0".into(),
            session_index: None,
            attributes: vec![
                ("name".into(), "Anna Maria".into()),
                ("familyName".into(), "Rossi".into()),
                ("fiscalNumber".into(), "TINIT-RSSNMR80A41H501X".into()),
            ],
            xml: "<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" ID=\"_1\" Version=\"2.0\">…</samlp:Response>".into(),
            again: "/".into(),
        }.render(&service)),
        ("demo_error", DemoError {
            status: vec![
                "urn:oasis:names:tc:SAML:2.0:status:Responder".into(),
                "urn:oasis:names:tc:SAML:2.0:status:AuthnFailed".into(),
            ],
            message: Some("ErrorCode nr25".into()),
            refused: None,
            xml: Some("<samlp:Response/>".into()),
            again: "/".into(),
        }.render(&service)),
        ("demo_people", DemoPeople {
            people: vec![
                DemoPerson {
                    name: "Anna Maria Rossi".into(),
                    username: "anna.rossi".into(),
                    password: "quattro-gatti-sul-ponte".into(),
                    code: Some(DemoCode { digits: "042917".into(), left: 41 }),
                    activation: None,
                },
                DemoPerson {
                    name: "Bruno Bianchi".into(),
                    username: "bruno.bianchi".into(),
                    password: "tre-barche-nel-porto".into(),
                    code: None,
                    activation: Some("7K4M-Q2XD-93RT".into()),
                },
            ],
            service: "http://sp.localhost:8081/".into(),
            here: "/demo".into(),
            mails: Some("/demo/mail".into()),
        }.render(&around)),
        ("demo_mails", demo_mails(vec![DemoMail {
            to: "anna.rossi@example.org".into(),
            subject: "Ente di prova: Password cambiata".into(),
            text: "La password è stata cambiata.\n\n- Quando: ieri\n".into(),
        }]).render(&around)),
    ];
    for (name, notice) in [
        ("wait", Notice::Wait { retry_after: 150, busy: true }),
        ("not_found", Notice::NotFound),
        ("method_not_allowed", Notice::MethodNotAllowed { allowed: "GET, HEAD".into() }),
        ("wrong_host", Notice::WrongHost),
        ("expired", Notice::Expired),
        ("other_browser", Notice::OtherBrowser),
        ("left_behind", Notice::LeftBehind),
    ] {
        pages.push((name, notice.render(&from_outside)));
    }
    pages.extend(card_pages::samples(&around));
    pages.extend(registration_pages::samples(&around));
    pages.into_iter().map(|(name, html)| (name, html.unwrap())).collect()
}

/// What breaks out of text, of a quoted value and of a tag, where nothing escapes it.
pub(crate) const HOSTILE: &str =
    "\"><script>alert(1)</script><b onclick='x' a=`b` {{ 7 }} &amp; -->";

/// The pages with `value` wherever a text goes.
pub(crate) fn filled(value: &str) -> Vec<String> {
    let v = || value.to_owned();
    let around = Frame {
        name: v(),
        support: Some(v()),
        here: Some(v()),
        language: Language::It,
        demo: true,
    };
    let form =
        || PostForm { action: v(), message: Message::Response, value: v(), relay_state: Some(v()) };
    let (action, cancel, csrf, service, level) = (v, v, v, v, || Some(v()));
    let pages = [
        Login {
            action: action(),
            cancel: cancel(),
            csrf: csrf(),
            own: false,
            service: service(),
            level: level(),
            username: v(),
            banner: Some(v()),
            otp: true,
            passkey: Some(v()),
            card: Some(v()),
            qr: None,
            problem: None,
        }
        .render(&around),
        Logout {
            csrf: csrf(),
            services: vec![(v(), Progress::Silent)],
            show: Show::Over {
                complete: false,
                back: Some((
                    v(),
                    Outgoing::Form {
                        action: v(),
                        message: Message::Response,
                        value: v(),
                        relay_state: Some(v()),
                    },
                )),
            },
        }
        .render(&around),
        Logout {
            csrf: csrf(),
            services: Vec::new(),
            show: Show::Ask { service: v(), message: Outgoing::Link(v()), go_on: action() },
        }
        .render(&around),
        Totp {
            action: action(),
            cancel: cancel(),
            csrf: csrf(),
            own: false,
            service: service(),
            level: level(),
            period: 30,
            ways: Some(v()),
            problem: None,
        }
        .render(&around),
        Activation {
            action: action(),
            cancel: cancel(),
            csrf: csrf(),
            own: false,
            service: service(),
            level: level(),
            problem: None,
        }
        .render(&around),
        EnrolTotp {
            action: action(),
            cancel: cancel(),
            csrf: csrf(),
            own: false,
            beside: true,
            username: v(),
            family_name: v(),
            given_name: v(),
            uri: v(),
            key: v(),
            period: 30,
            problem: None,
        }
        .render(&around),
        Enrolled { action: action(), csrf: csrf() }.render(&around),
        the_activity(value).render(&around),
        AccountProfile(ProfilePage {
            link_to: Some(v()),
            csrf: csrf(),
            number: Some(v()),
            guard: NumberGuard::SecretAnswer,
            open: true,
            question: Some(v()),
            typed: v(),
            notice: None,
        })
        .render(&around),
        ChooseIdentity {
            action: action(),
            cancel: action(),
            csrf: csrf(),
            own: false,
            service: service(),
            level: level(),
            choices: vec![Choice {
                number: 1,
                kind: IdentityKind::LegalProfessional,
                name: v(),
                company: Some(v()),
                spid_code: Some(v()),
            }],
            missing: true,
        }
        .render(&around),
        Consent {
            action: action(),
            csrf: csrf(),
            own: false,
            service: service(),
            level: level(),
            release: release(vec![released(AttributeName::Name, value)]),
            changed: true,
        }
        .render(&around),
        {
            let mut page = the_sessions(2, None);
            page.csrf = v();
            for (row, services) in &mut page.rows {
                (row.id, row.browser, row.network) = (v(), v(), v());
                services.push(v());
            }
            page.render(&around)
        },
        AccountPassword { csrf: v(), username: v(), notice: None }.render(&around),
        {
            let mut page = ways();
            (page.cancel, page.csrf, page.service) = (v(), v(), v());
            page.ways = vec![Way { factor: Factor::Totp, to: v() }];
            page.render(&around)
        },
        Recovery {
            action: v(),
            cancel: v(),
            csrf: v(),
            own: false,
            service: v(),
            level: Some(v()),
            ways: Some(v()),
            problem: None,
        }
        .render(&around),
        {
            let mut page = the_factors(true, None);
            page.0.csrf = v();
            page.0.rows[1].id = v();
            page.0.rows[2].label = Some(v());
            page.render(&around)
        },
        {
            let mut page = the_removal();
            (page.0.csrf, page.0.row.id) = (v(), v());
            page.render(&around)
        },
        the_codes(value).render(&around),
        {
            let mut page = passkey(None);
            (page.action, page.cancel, page.csrf, page.service) = (v(), v(), v(), v());
            (page.options, page.ways) = (v(), Some(v()));
            page.render(&around)
        },
        {
            let mut page = new_passkey(None);
            (page.0.csrf, page.0.options) = (v(), v());
            page.render(&around)
        },
        form().render(&around),
        Error {
            number: Some(16),
            support_id: v(),
            fault: Some(Fault {
                kind: FaultKind::Consumer,
                rule: "rule",
                element: "element",
                expected: v().into(),
                found: v(),
            }),
            level: None,
            age: None,
            back: Some(form()),
        }
        .render(&around),
        Home {
            entity_id: v(),
            metadata: v(),
            lint: Some(v()),
            register: Some(v()),
            people: Some(v()),
        }
        .render(&around),
        app_home(value).render(&around),
        app_enrol(value, false, true).render(&around),
        app_question(value, None, None).render(&around),
        app_question(value, None, Some(5)).render(&around),
        app_enrol_pin(value, None).render(&around),
        invitation(value).render(&around),
        Notice::MethodNotAllowed { allowed: v() }.render(&around),
        DemoHome { login: v(), entity_id: v(), provider: v(), people: v(), others: Vec::new() }
            .render(&around),
        DemoAttributes {
            class: v(),
            name_id: v(),
            session_index: Some(v()),
            attributes: vec![(v(), v())],
            xml: v(),
            again: v(),
        }
        .render(&around),
        DemoError {
            status: vec![v()],
            message: Some(v()),
            refused: Some(v()),
            xml: Some(v()),
            again: v(),
        }
        .render(&around),
        DemoPeople {
            people: vec![DemoPerson {
                name: v(),
                username: v(),
                password: v(),
                code: Some(DemoCode { digits: v(), left: 3 }),
                activation: Some(v()),
            }],
            service: v(),
            here: v(),
            mails: Some(v()),
        }
        .render(&around),
        DemoMails {
            mails: vec![DemoMail { to: v(), subject: v(), text: v() }],
            folder: v(),
            here: v(),
            people: v(),
        }
        .render(&around),
    ];
    let cards = card_pages::filled(&around, value);
    let registration = registration_pages::filled(&around, value);
    pages.into_iter().map(Result::unwrap).chain(cards).chain(registration).collect()
}

/// The frame around a page of a login.
pub(crate) fn frame(language: Language) -> Frame {
    Frame {
        language,
        name: "ponte".into(),
        support: Some("aiuto@comune.example".into()),
        here: Some("/login/x".into()),
        demo: true,
    }
}

fn login(problem: Option<Problem>) -> Login {
    Login {
        action: "/login/x/password".into(),
        cancel: "/login/x/cancel".into(),
        csrf: "token".into(),
        own: false,
        service: "Servizi al cittadino del Comune di Esempio".into(),
        level: Some("SpidL2".into()),
        username: String::new(),
        banner: None,
        otp: false,
        passkey: Some("/login/x?by=passkey".into()),
        card: None,
        qr: Some("/login/x?by=qr-passwordless".into()),
        problem,
    }
}

fn totp(problem: Option<Problem>) -> Totp {
    Totp {
        action: "/login/x/totp".into(),
        cancel: "/login/x/cancel".into(),
        csrf: "token".into(),
        own: false,
        service: "Servizi al cittadino del Comune di Esempio".into(),
        level: Some("SpidL2".into()),
        period: 60,
        ways: problem.is_some().then(|| "/login/x/ways".into()),
        problem,
    }
}

fn activation(problem: Option<Problem>) -> Activation {
    Activation {
        action: "/login/x/activation".into(),
        cancel: "/login/x/cancel".into(),
        csrf: "token".into(),
        own: false,
        service: "Servizi al cittadino del Comune di Esempio".into(),
        level: Some("SpidL2".into()),
        problem,
    }
}

fn enrol(problem: Option<Problem>) -> EnrolTotp {
    EnrolTotp {
        action: "/login/x/enrol".into(),
        cancel: "/login/x/cancel".into(),
        csrf: "token".into(),
        own: false,
        beside: false,
        username: "bruno.bianchi".into(),
        family_name: "Bianchi".into(),
        given_name: "Bruno".into(),
        uri: "otpauth://totp/ponte:bruno.bianchi?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=ponte&period=60".into(),
        key: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP".into(),
        period: 60,
        problem,
    }
}

fn the_consent(released: Vec<Released>) -> Consent {
    Consent {
        action: "/login/x/consent".into(),
        csrf: "token".into(),
        own: false,
        service: "Servizi al cittadino del Comune di Esempio".into(),
        level: Some("SpidL2".into()),
        release: release(released),
        changed: false,
    }
}

/// What is released; an address was asked for and is not there.
fn release(released: Vec<Released>) -> Release {
    let absent = vec![AttributeName::DigitalAddress];
    Release { identity: 1, kind: IdentityKind::Personal, released, absent }
}

fn the_choice(missing: bool) -> ChooseIdentity {
    let choice = |number, kind, company: Option<&str>| Choice {
        number,
        kind,
        name: "Carla Bianchi".into(),
        company: company.map(str::to_owned),
        spid_code: Some(format!("PONTCARLA0000{number}")),
    };
    ChooseIdentity {
        action: "/login/x/identity".into(),
        cancel: "/login/x/cancel".into(),
        csrf: "token".into(),
        own: false,
        service: "Servizi alle imprese del Comune di Esempio".into(),
        level: Some("SpidL2".into()),
        choices: vec![
            choice(1, IdentityKind::Personal, None),
            choice(2, IdentityKind::Professional, None),
            choice(3, IdentityKind::LegalProfessional, Some("Officine Esempio S.r.l.")),
        ],
        missing,
    }
}

fn released(name: AttributeName, value: &str) -> Released {
    Released { name, value: value.into() }
}

fn post() -> PostForm {
    PostForm {
        action: "https://sp.example/acs".into(),
        message: Message::Response,
        value: "PHNhbWxwOlJlc3BvbnNlLz4=".into(),
        relay_state: Some("state-1".into()),
    }
}

fn the_sessions(number: u64, done: Option<Done>) -> AccountSessions {
    let browsers = ["Firefox, Linux", "Safari, iPhone", ""];
    let row = |place: u64, browser: &str| {
        let row = SessionRow {
            id: format!("session-{place}"),
            browser: browser.into(),
            network: format!("192.0.{place}.0/24"),
            opened: 600 + 86_400 * place,
            used: 4000 * place,
            services: Vec::new(),
            this: place == 0,
        };
        (row, if place == 1 { Vec::new() } else { vec!["Anagrafe".into(), "Biblioteca".into()] })
    };
    let rows = (0..number).zip(browsers).map(|(place, browser)| row(place, browser)).collect();
    AccountSessions {
        csrf: "token".into(),
        rows,
        inactive: number == 1,
        pincode: number == 1,
        done,
    }
}

fn the_activity(service: &str) -> AccountActivity {
    let at = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
    let row = |named: bool| LoginRow {
        at,
        service: LocalName::default(),
        entity_id: "https://sp.example".into(),
        named,
        level: named.then_some(assurance::Level::Loa3),
        factors: vec![Factor::Password, Factor::Totp],
        network: "192.0.2.0/24".into(),
    };
    AccountActivity {
        logins: vec![(row(true), service.into()), (row(false), service.into())],
        more: true,
        notices: vec![("new-browser".into(), at), ("new-app".into(), at)],
    }
}

fn pincode(open: bool, shown: Option<&str>) -> AccountPincode {
    AccountPincode(PincodePage {
        csrf: "token".into(),
        username: "anna.rossi".into(),
        open,
        made: open.then_some(7200),
        shown: shown.map(str::to_owned),
    })
}

fn profile(guard: NumberGuard, notice: Option<ProfileNotice>) -> AccountProfile {
    AccountProfile(ProfilePage {
        csrf: "token".into(),
        number: Some("+39 *** *** **12".into()),
        guard,
        open: guard == NumberGuard::SecretAnswer,
        link_to: (guard == NumberGuard::EmailLink).then(|| "a•••@example.org".into()),
        question: Some("Dove abitava la nonna?".into()),
        typed: "333 1234512".into(),
        notice,
    })
}

fn beside(problem: Option<Problem>) -> EnrolTotp {
    EnrolTotp {
        action: "/account/factors/totp".into(),
        cancel: "/account/factors".into(),
        own: true,
        beside: true,
        ..enrol(problem)
    }
}

fn ways() -> Ways {
    let way = |factor: Factor| Way { factor, to: format!("/login/x?by={}", factor.name()) };
    Ways {
        cancel: "/login/x/cancel".into(),
        csrf: "token".into(),
        own: false,
        service: "Servizi al cittadino del Comune di Esempio".into(),
        level: Some("SpidL2".into()),
        ways: [Factor::Totp, Factor::RecoveryCode].map(way).to_vec(),
    }
}

fn recovery(problem: Option<Problem>) -> Recovery {
    Recovery {
        action: "/login/x/recovery-code".into(),
        cancel: "/login/x/cancel".into(),
        csrf: "token".into(),
        own: false,
        service: "Servizi al cittadino del Comune di Esempio".into(),
        level: Some("SpidL2".into()),
        ways: Some("/login/x/ways".into()),
        problem,
    }
}

fn passkey(problem: Option<Problem>) -> Passkey {
    Passkey {
        action: "/login/x/passkey".into(),
        cancel: "/login/x/cancel".into(),
        csrf: "token".into(),
        own: false,
        service: "Servizi al cittadino del Comune di Esempio".into(),
        level: Some("SpidL2".into()),
        options: "{\"challenge\":\"AAAA\"}".into(),
        ways: Some("/login/x/ways".into()),
        problem,
    }
}

fn sms(sent_again: bool, problem: Option<Problem>) -> Sms {
    Sms {
        action: "/login/x/sms".into(),
        again: "/login/x/sms-again".into(),
        cancel: "/login/x/cancel".into(),
        csrf: "token".into(),
        own: false,
        service: "Servizi al cittadino del Comune di Esempio".into(),
        level: Some("SpidL2".into()),
        number: "+39 *** *** **12".into(),
        sent_again,
        ways: Some("/login/x/ways".into()),
        problem,
    }
}

fn phone(factor: Factor, stage: Stage, problem: Option<Problem>) -> Phone {
    let live = matches!(stage, Stage::Waiting | Stage::Opened);
    Phone {
        action: format!("/login/x/{}", factor.name()),
        again: "/login/x/push-again".into(),
        again_at: format!("/login/x?by={}", factor.name()),
        status: "/login/x/waiting".into(),
        events: "/login/x/events".into(),
        cancel: "/login/x/cancel".into(),
        csrf: "token".into(),
        own: false,
        service: "Servizi al cittadino del Comune di Esempio".into(),
        level: Some("SpidL2".into()),
        asking: Asking {
            factor,
            stage,
            number: (live && factor == Factor::Push).then(|| "42".into()),
            code: live.then(|| "ABCD-EFGH-JKMN".into()),
            link: live.then(|| "https://idp.example/app#ABCD-EFGH-JKMN".into()),
            seconds: 60,
            notice: None,
        },
        ways: Some("/login/x/ways".into()),
        problem,
    }
}

fn invitation(code: &str) -> AccountApp {
    let link = format!("https://idp.example/app#{code}");
    AccountApp(Invitation { code: code.into(), link, minutes: 5 })
}

fn app_home(value: &str) -> AppHome {
    AppHome(PhoneHome {
        linked: Some(Linked {
            csrf: "token".into(),
            username: value.into(),
            name: value.into(),
            notified: false,
            push_key: Some("AAAA".into()),
            waiting: vec![Waiting {
                code: "ABCD-EFGH-JKMN".into(),
                service: Some(named(value)),
                ago: 20,
            }],
            pin: None,
        }),
        done: Some(PhoneDone::Linked),
    })
}

fn app_home_locked() -> AppHome {
    let AppHome(mut home) = app_home("Comune di Esempio");
    if let Some(linked) = &mut home.linked {
        linked.pin = Some(pin_state(0));
    }
    AppHome(PhoneHome { done: None, ..home })
}

fn pin_state(left: u8) -> PinState {
    PinState { key: "AAAA".into(), left }
}

fn app_enrol_pin(value: &str, problem: Option<PinProblem>) -> AppEnrolPin {
    AppEnrolPin(NewPin {
        code: "ABCD-EFGH-JKMN".into(),
        username: value.into(),
        signs: serde_json::json!(["x", value]).to_string(),
        name: Some(value.into()),
        problem,
    })
}

fn app_pin(left: u8, problem: Option<PinProblem>) -> AppPin {
    let (csrf, signs) = ("token".into(), "[\"x\"]".into());
    AppPin(PinChange { csrf, pin: pin_state(left), signs, problem })
}

fn app_enrol(username: &str, bad_name: bool, pin: bool) -> AppEnrol {
    AppEnrol(NewPhone {
        code: "ABCD-EFGH-JKMN".into(),
        username: username.into(),
        options: "{\"challenge\":\"AAAA\"}".into(),
        bad_name,
        pin,
    })
}

fn app_question(value: &str, wrong: Option<Wrong>, pin: Option<u8>) -> AppQuestion {
    AppQuestion {
        question: Question {
            csrf: "token".into(),
            code: "ABCD-EFGH-JKMN".into(),
            factor: "push",
            party: value.into(),
            service: Some(named(value)),
            matches: true,
            wrong,
            network: "192.0.2.0/24".into(),
            browser: "Firefox, Linux".into(),
            asked: DateTime::UNIX_EPOCH,
            options: "{\"challenge\":\"AAAA\"}".into(),
            pin: pin.map(pin_state),
            signs: serde_json::json!(["x", value]).to_string(),
            username: value.into(),
        },
        service: value.into(),
    }
}

fn new_number(sent_to: Option<&str>, notice: Option<NumberNotice>) -> AccountNumber {
    let (csrf, number) = ("token".into(), "333 1234512".into());
    AccountNumber(NewNumber { csrf, number, sent_to: sent_to.map(str::to_owned), notice })
}

fn new_passkey(notice: Option<PasskeyNotice>) -> AccountPasskey {
    let options = "{\"challenge\":\"AAAA\"}".into();
    AccountPasskey(NewPasskey { csrf: "token".into(), options, notice })
}

fn factor_row(id: &str, factor: Factor) -> FactorRow {
    FactorRow {
        id: id.into(),
        factor,
        label: (factor == Factor::Passkey).then(|| "Telefono blu".into()),
        enrolled: 90 * 86_400,
        used: (factor != Factor::RecoveryCode).then_some(7200),
        left: (factor == Factor::RecoveryCode).then_some(9),
        worth: assurance::Level::Loa3,
        locked: factor == Factor::PhonePin,
    }
}

fn the_factors(open: bool, done: Option<FactorsDone>) -> AccountFactors {
    AccountFactors(Factors {
        csrf: "token".into(),
        rows: vec![
            factor_row("password", Factor::Password),
            factor_row("totp", Factor::Totp),
            factor_row("passkey-1", Factor::Passkey),
            factor_row("app-1", Factor::PhonePin),
            factor_row("recovery-codes", Factor::RecoveryCode),
        ],
        open,
        weak: false,
        may_have_sms: true,
        may_have_totp: true,
        may_have_app: true,
        may_have_passkeys: true,
        may_have_codes: true,
        done,
    })
}

fn the_removal() -> AccountRemove {
    AccountRemove(Removal {
        csrf: "token".into(),
        row: factor_row("totp", Factor::Totp),
        before: assurance::Level::Loa3,
        after: Some(assurance::Level::Loa2),
        last: true,
    })
}

fn the_codes(code: &str) -> AccountCodes {
    AccountCodes { codes: vec![code.to_owned(); 10] }
}

fn new_password(notice: Option<PasswordNotice>) -> AccountPassword {
    AccountPassword { csrf: "token".into(), username: "anna.rossi".into(), notice }
}

/// A page of a logout from services that stand so.
fn logout(show: Show, standing: &[Progress]) -> Logout {
    let names = ["Comune di Esempio", "Azienda sanitaria <A&B>", "", "Biblioteca", "Università"];
    let services = names.iter().zip(standing);
    Logout {
        csrf: "token".into(),
        services: services.map(|(name, how)| ((*name).to_owned(), how.clone())).collect(),
        show,
    }
}

fn named(name: &str) -> LocalName {
    LocalName { it: Some(name.into()), en: None }
}

fn provider(id: &str, name: &str) -> Provider {
    Provider {
        id: id.into(),
        name: named(name),
        logo: None,
        goes_to: vec![format!("{id}/sso")],
        purposes: Vec::new(),
    }
}

fn the_ways(problem: Option<Problem>) -> Access {
    let offer = |upstream: &str, name: &str, look, providers| Offer {
        upstream: upstream.into(),
        name: named(name),
        look,
        guide: None,
        providers,
    };
    let several = vec![
        provider("https://b.example", "Gestore B"),
        provider("https://a.example", "Gestore A"),
    ];
    Access {
        ask: "/login/x/upstream".into(),
        password: "/login/x/password".into(),
        cancel: "/login/x/cancel".into(),
        csrf: "token".into(),
        own: false,
        service: "Anagrafe".into(),
        level: Some("SpidL2".into()),
        credentials: true,
        username: if problem.is_some() { "anna.rossi".into() } else { String::new() },
        banner: None,
        otp: false,
        passkey: Some("/login/x?by=passkey".into()),
        card: Some("/login/x?by=smart-card".into()),
        qr: Some("/login/x?by=qr-passwordless".into()),
        problem,
        offers: vec![
            offer("spid", "SPID", Look::Spid, several),
            offer("cie", "CIE", Look::Cie, vec![provider("https://cie.example", "CIE")]),
            offer(
                "altro",
                "Ente vicino",
                Look::Plain,
                vec![provider("https://c.example", "Ente vicino")],
            ),
        ],
        shown: Shown::default(),
        used: problem.map(|_| ("spid".into(), "https://a.example".into())),
    }
}

fn set_back(no: Case) -> UpstreamSetBack {
    UpstreamSetBack {
        no,
        provider: "Gestore A".into(),
        least: Some("SpidL2"),
        again: Some(("/login/x/upstream".into(), "spid".into(), "https://a.example".into())),
        other: Some("/login/x/again".into()),
        cancel: "/login/x/cancel".into(),
        csrf: "token".into(),
        own: false,
        support_id: "K7QX-2M4D".into(),
    }
}

fn unproven(no: Option<Case>) -> UpstreamUnproven {
    UpstreamUnproven {
        provider: "Gestore A".into(),
        login: no.map(|_| "/login/x".into()),
        fault: no.is_none().then(|| AnswerFault {
            rule: "an answer counts once (SAML Profiles §4.1.4.5)".into(),
            element: "Assertion/@ID".into(),
            expected: "an ID that has not been seen".into(),
            found: "_a".into(),
        }),
        no,
        support_id: "K7QX-2M4D".into(),
    }
}
