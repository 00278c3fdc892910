//! The server's side of the socket: one JSON object a line, a [`Command`] in, an [`Answer`] out.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{
    AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader,
};
use tokio::net::{UnixListener, UnixStream};

use crate::admin::command::{Command, Done, Refused};

/// What goes back over the socket.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// It was done.
    Done(Done),
    /// It was not.
    Refused(Refused),
}

/// Listens at `path`, for this user only. Only who holds the store may call this: a socket that lies there is of a
/// server that is gone, and is removed.
///
/// # Errors
/// When the folder cannot be written to, or the path is too long for a socket (107 bytes).
pub fn listen(path: &Path) -> io::Result<UnixListener> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Answers every command that comes over `listener` with `carry_out`, until `stop` is ready.
pub async fn serve<C, F>(listener: UnixListener, carry_out: C, stop: impl Future<Output = ()>)
where
    C: Fn(Command) -> F + Send + Sync + 'static,
    F: Future<Output = Result<Done, Refused>> + Send,
{
    let carry_out = Arc::new(carry_out);
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let carry_out = Arc::clone(&carry_out);
                    tokio::spawn(async move {
                        if let Err(error) = converse(stream, &*carry_out).await {
                            tracing::debug!(%error, "an administrator's connection broke");
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "the administrators' socket takes no connections");
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            },
        }
    }
}

async fn converse<C, F>(stream: UnixStream, carry_out: &C) -> io::Result<()>
where
    C: Fn(Command) -> F,
    F: Future<Output = Result<Done, Refused>>,
{
    let uid = stream.peer_cred().ok().map(|user| user.uid());
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::new(read);
    while let Some(line) = line(&mut read).await? {
        let answer = match serde_json::from_slice::<Command>(&line) {
            Ok(command) => match carry_out(command.given_by(uid)).await {
                Ok(done) => Answer::Done(done),
                Err(refused) => Answer::Refused(refused),
            },
            Err(error) => {
                let reason = format!("the server does not know this command: {error}");
                Answer::Refused(Refused { asker: true, reason })
            }
        };
        let mut bytes = serde_json::to_vec(&answer)?;
        bytes.push(b'\n');
        write.write_all(&bytes).await?;
    }
    Ok(())
}

/// The next line, without its end; `None` at the end of the stream.
pub(super) async fn line(read: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    read.take(MAX_LINE).read_until(b'\n', &mut line).await?;
    match line.pop() {
        None => Ok(None),
        Some(b'\n') => Ok(Some(line)),
        Some(_) => Err(io::Error::new(io::ErrorKind::InvalidData, "a line has no end")),
    }
}

/// Metadata may be long, and JSON makes it longer.
const MAX_LINE: u64 = 16 * 1024 * 1024;
