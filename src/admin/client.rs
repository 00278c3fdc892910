//! The commands' side of the socket.

use std::io;
use std::path::{Path, PathBuf};

use tokio::io::{AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};

use crate::admin::command::{Command, Done, Refused};
use crate::admin::socket::{self, Answer};

/// A connection to a running server.
#[derive(Debug)]
pub struct Client {
    path: PathBuf,
    read: BufReader<OwnedReadHalf>,
    write: OwnedWriteHalf,
}

/// The server did not answer, or not as a server of ours does.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The connection broke.
    #[error("the running server did not answer at {}", .0.display())]
    Broken(PathBuf, #[source] io::Error),
    /// It went away in the middle.
    #[error("the running server at {} went away before it answered", .0.display())]
    Gone(PathBuf),
    /// Its answer is none of ours: another version.
    #[error("the running server at {} answered in another version's words", .0.display())]
    Foreign(PathBuf, #[source] serde_json::Error),
    /// It answered something else than was asked.
    #[error("the running server answered something else than was asked")]
    Unexpected,
}

impl Client {
    /// Reaches the server that listens at `path`; `None` if there is none.
    ///
    /// # Errors
    /// When there is one, and it cannot be reached.
    pub async fn connect(path: &Path) -> Result<Option<Self>, ClientError> {
        match UnixStream::connect(path).await {
            Ok(stream) => {
                let (read, write) = stream.into_split();
                let read = BufReader::new(read);
                Ok(Some(Self { path: path.to_owned(), read, write }))
            }
            Err(error) if nobody_is_there(error.kind()) => Ok(None),
            Err(error) => Err(ClientError::Broken(path.to_owned(), error)),
        }
    }

    /// Lets the server carry out `command`.
    ///
    /// # Errors
    /// When the connection breaks; what the server refuses is the inner error.
    pub async fn ask(&mut self, command: &Command) -> Result<Result<Done, Refused>, ClientError> {
        let broken = |error| ClientError::Broken(self.path.clone(), error);
        let mut bytes = serde_json::to_vec(command)
            .map_err(|error| ClientError::Foreign(self.path.clone(), error))?;
        bytes.push(b'\n');
        self.write.write_all(&bytes).await.map_err(broken)?;
        let line = socket::line(&mut self.read).await.map_err(broken)?;
        let line = line.ok_or_else(|| ClientError::Gone(self.path.clone()))?;
        match serde_json::from_slice(&line) {
            Ok(Answer::Done(done)) => Ok(Ok(done)),
            Ok(Answer::Refused(refused)) => Ok(Err(refused)),
            Err(error) => Err(ClientError::Foreign(self.path.clone(), error)),
        }
    }
}

fn nobody_is_there(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
}
