//! `/demo/mail`: what the made-up citizens were told by mail.

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

/// The route, to be put beside the identity provider's own. `folder` is where mails are written.
pub fn routes(folder: PathBuf) -> Router {
    Router::new().route(HERE, get(show)).with_state(Arc::new(folder))
}

async fn show(
    State(folder): State<Arc<PathBuf>>,
    Extension(context): Extension<Context>,
) -> Response {
    let mails = DemoMails {
        mails: latest(&folder),
        folder: folder.display().to_string(),
        here: HERE.to_owned(),
        people: super::people::HERE.to_owned(),
    };
    page(&context, StatusCode::OK, mails.render(&context.frame()))
}

/// The latest mails first, as [`MailFolder`](crate::world::mail_folder::MailFolder) writes them in plain text.
fn latest(folder: &Path) -> Vec<DemoMail> {
    // No mail has been written yet where there is no folder.
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    let read = |path: &PathBuf| read(&std::fs::read_to_string(path).ok()?);
    files.iter().rev().take(MOST).filter_map(read).collect()
}

fn read(text: &str) -> Option<DemoMail> {
    let (head, body) = text.split_once("\n\n")?;
    let mut lines = head.lines();
    let to = lines.next()?.strip_prefix("To: ")?.to_owned();
    let subject = lines.next()?.strip_prefix("Subject: ")?.to_owned();
    Some(DemoMail { to, subject, text: body.to_owned() })
}

/// Where the page is.
pub(super) const HERE: &str = "/demo/mail";
const MOST: usize = 20;
