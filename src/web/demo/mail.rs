//! `/demo/mail`: what the made-up citizens were told by mail and SMS.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use crate::web::context::Context;
use crate::web::pages::demo::{DemoMail, DemoMails};
use crate::web::reply::page;

/// The route, to be put beside the identity provider's own. `mails` is where mails are written, `texts` where SMS are.
pub fn routes(mails: PathBuf, texts: Option<PathBuf>) -> Router {
    Router::new().route(HERE, get(show)).with_state(Arc::new(Folders { mails, texts }))
}

#[derive(Debug)]
struct Folders {
    mails: PathBuf,
    texts: Option<PathBuf>,
}

async fn show(
    State(folders): State<Arc<Folders>>,
    Extension(context): Extension<Context>,
) -> Response {
    let mails = DemoMails {
        mails: latest(&folders),
        folder: folders.mails.display().to_string(),
        here: HERE.to_owned(),
        people: super::people::HERE.to_owned(),
    };
    page(&context, StatusCode::OK, mails.render(&context.frame()))
}

/// The latest first, as [`MailFolder`](crate::world::mail_folder::MailFolder) and
/// [`SmsFolder`](crate::world::sms_folder::SmsFolder) write them in plain text.
fn latest(folders: &Folders) -> Vec<DemoMail> {
    let mut files = files(&folders.mails);
    files.extend(folders.texts.as_deref().into_iter().flat_map(self::files));
    files.sort_by(|one, other| one.file_name().cmp(&other.file_name()));
    let read = |path: &PathBuf| read(&std::fs::read_to_string(path).ok()?);
    files.iter().rev().take(MOST).filter_map(read).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    // Nothing has been written yet where there is no folder.
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let files = entries.map(|entry| entry.path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "txt")).collect()
}

fn read(text: &str) -> Option<DemoMail> {
    let (head, body) = text.split_once("\n\n")?;
    let mut lines = head.lines();
    let to = lines.next()?.strip_prefix("To: ")?.to_owned();
    let subject = match lines.next() {
        Some(line) => line.strip_prefix("Subject: ")?.to_owned(),
        None => "SMS".to_owned(),
    };
    Some(DemoMail { to, subject, text: body.to_owned() })
}

/// Where the page is.
pub(super) const HERE: &str = "/demo/mail";
const MOST: usize = 20;
