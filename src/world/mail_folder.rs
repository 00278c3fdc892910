//! Mails as files in a folder: for trying out, and for whoever brings them on their way by other means.

use std::io;
use std::path::{Path, PathBuf};

use async_trait::async_trait;

use crate::world::letter::Sender;
use crate::world::outbox::{Body, Mail, Message, Outbox, SendError};

/// A folder of mails: each is a file `TIME-NAME.eml`, and what it says in plain text stands beside it as `.txt`.
#[derive(Debug)]
pub struct MailFolder {
    folder: PathBuf,
    sender: Sender,
}

impl MailFolder {
    /// Will write into `folder`, which is made when the first mail comes, in the name of `sender`.
    #[must_use]
    pub fn new(folder: PathBuf, sender: Sender) -> Self {
        Self { folder, sender }
    }

    /// One mail has one name: sent twice it is there once.
    fn write(&self, message: &Message, mail: &Mail) -> Result<(), SendError> {
        let composed = self.sender.compose(&message.id, message.at, mail)?.formatted();
        let text = format!("To: {}\nSubject: {}\n\n{}", mail.to, mail.subject, mail.text);
        let name = format!("{}-{}", message.at.format("%Y%m%dT%H%M%S%3fZ"), message.id);
        let written = std::fs::create_dir_all(&self.folder)
            .and_then(|()| whole(&self.folder.join(format!("{name}.txt")), text.as_bytes()))
            .and_then(|()| whole(&self.folder.join(format!("{name}.eml")), &composed));
        written.map_err(|error| SendError::Later(Box::new(error)))
    }
}

/// Whoever looks into the folder sees the whole file, or none.
pub(in crate::world) fn whole(path: &Path, octets: &[u8]) -> io::Result<()> {
    let unfinished = path.with_extension("part");
    std::fs::write(&unfinished, octets)?;
    std::fs::File::open(&unfinished)?.sync_all()?;
    std::fs::rename(&unfinished, path)
}

#[async_trait]
impl Outbox for MailFolder {
    async fn send(&self, message: &Message) -> Result<(), SendError> {
        let Body::Mail(mail) = &message.body else {
            return Err(SendError::Never("a folder of mails takes nothing but mails".into()));
        };
        self.write(message, mail)
    }

    async fn try_out(&self) -> Result<(), SendError> {
        std::fs::create_dir_all(&self.folder).map_err(|error| SendError::Later(Box::new(error)))
    }
}
