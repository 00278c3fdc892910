//! SMS as files in a folder: for trying out.

use std::path::PathBuf;

use async_trait::async_trait;

use crate::world::mail_folder::whole;
use crate::world::outbox::{Body, Message, Outbox, SendError};

/// A folder of messages: each is a file `TIME-NAME.txt`, the number and what it says.
#[derive(Debug)]
pub struct SmsFolder(PathBuf);

impl SmsFolder {
    /// Will write into `folder`, which is made when the first message comes.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self(folder)
    }
}

#[async_trait]
impl Outbox for SmsFolder {
    /// One message has one name: sent twice it is there once.
    async fn send(&self, message: &Message) -> Result<(), SendError> {
        let Body::Sms(sms) = &message.body else {
            return Err(SendError::Never("a folder of SMS takes nothing but SMS".into()));
        };
        let name = format!("{}-{}.txt", message.at.format("%Y%m%dT%H%M%S%3fZ"), message.id);
        let text = format!("To: {}\n\n{}", sms.to, sms.text);
        std::fs::create_dir_all(&self.0)
            .and_then(|()| whole(&self.0.join(name), text.as_bytes()))
            .map_err(|error| SendError::Later(Box::new(error)))
    }

    async fn try_out(&self) -> Result<(), SendError> {
        std::fs::create_dir_all(&self.0).map_err(|error| SendError::Later(Box::new(error)))
    }
}
