//! All gateways that send SMS, of either kind: of several the next is asked where one fails.

use std::sync::Arc;

use async_trait::async_trait;

use crate::world::fetch::Fetch;
use crate::world::outbox::{Body, Message, Outbox, SendError, Sms};
use crate::world::smpp::gateway::Smpp;
use crate::world::sms_gateway::{Template, ask};

/// A gateway and the way to it.
#[derive(Debug)]
pub enum Gateway {
    /// Over HTTP.
    Http {
        /// How it is spoken to.
        template: Template,
        /// What asks it.
        fetch: Arc<dyn Fetch>,
    },
    /// By SMPP.
    Smpp(Smpp),
}

impl Gateway {
    fn name(&self) -> &str {
        match self {
            Self::Http { template, .. } => &template.name,
            Self::Smpp(smpp) => smpp.name(),
        }
    }

    async fn send(&self, sms: &Sms, id: &str) -> Result<(), Failed> {
        match self {
            Self::Http { template, fetch } => ask(template, &**fetch, sms, id).await,
            Self::Smpp(smpp) => smpp.send(sms).await,
        }
    }
}

/// All gateways, in the order in which they are asked.
#[derive(Debug)]
pub struct Gateways(pub Vec<Gateway>);

#[async_trait]
impl Outbox for Gateways {
    /// A message may be sent twice where a gateway that took it did not say so in time: it says the same.
    async fn send(&self, message: &Message) -> Result<(), SendError> {
        let Body::Sms(sms) = &message.body else {
            return Err(SendError::Never("a gateway sends nothing but SMS".into()));
        };
        let (mut said, mut may_leave_later) = (Vec::new(), self.0.is_empty());
        for gateway in &self.0 {
            match gateway.send(sms, &message.id).await {
                Ok(()) => return Ok(()),
                Err(failed) => {
                    may_leave_later |= failed.may_leave_later;
                    tracing::warn!(
                        event = "sms.gateway.failed",
                        gateway = gateway.name(),
                        id = message.id,
                        cause = failed.cause
                    );
                    said.push(format!("{}: {}", gateway.name(), failed.cause));
                }
            }
        }
        let said = said.join("; ");
        Err(if may_leave_later {
            SendError::Later(said.into())
        } else {
            SendError::Never(said.into())
        })
    }

    /// Nothing is asked: a gateway that is asked sends, and one that is bound twice may end the session of a running server.
    async fn try_out(&self) -> Result<(), SendError> {
        Ok(())
    }

    async fn end(&self) {
        for gateway in &self.0 {
            if let Gateway::Smpp(smpp) = gateway {
                smpp.end().await;
            }
        }
    }
}

/// A gateway did not take a message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Failed {
    /// Whether it may take it another time.
    pub may_leave_later: bool,
    /// Why, in words that hold neither number nor text.
    pub cause: String,
}

impl Failed {
    /// It never takes it.
    #[must_use]
    pub fn never(cause: String) -> Self {
        Self { may_leave_later: false, cause }
    }

    /// It may take it another time.
    #[must_use]
    pub fn later(cause: String) -> Self {
        Self { may_leave_later: true, cause }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::fetch::{FetchError, FetchRequest, FetchResponse};
    use crate::world::sms_gateway::{Escape, Success};

    fn template() -> Template {
        Template {
            name: "one".to_owned(),
            url: "https://sms.example.org/".to_owned(),
            headers: Vec::new(),
            body: Some(("{\"to\": \"{to}\", \"text\": \"{text}\"}".to_owned(), Escape::Json)),
            secret: None,
            success: Success::default(),
        }
    }

    /// Answers with a status, or not at all, and counts.
    #[derive(Debug)]
    struct Says(Option<u16>, std::sync::atomic::AtomicUsize);

    #[async_trait]
    impl Fetch for Says {
        async fn fetch(&self, request: FetchRequest) -> Result<FetchResponse, FetchError> {
            assert!(request.url.as_str().starts_with("https://sms.example.org/"));
            self.1.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let answer = |status| FetchResponse {
                status,
                body: b"+39333".to_vec(),
                ..FetchResponse::default()
            };
            self.0.map(answer).ok_or(FetchError::TooSlow)
        }
    }

    /// Of several the next is asked where one fails; what all refuse is given up, and what one may take is tried again.
    #[tokio::test]
    async fn the_next_gateway_is_asked_and_a_refusal_by_all_is_the_end() {
        let sms = Sms { to: "+393331234512".to_owned(), text: "123456".to_owned(), until: None };
        let message =
            Message { id: "m".to_owned(), at: chrono::DateTime::UNIX_EPOCH, body: Body::Sms(sms) };
        for (answers, asked, expected) in [
            (vec![Some(200), Some(200)], vec![1, 0], "sent"),
            (vec![Some(503), Some(201)], vec![1, 1], "sent"),
            (vec![None, Some(400), Some(200)], vec![1, 1, 1], "sent"),
            (vec![Some(400), Some(404)], vec![1, 1], "never"),
            (vec![Some(400), None], vec![1, 1], "later"),
            (vec![Some(429)], vec![1], "later"),
            (vec![Some(401)], vec![1], "later"),
            (vec![], vec![], "later"),
        ] {
            let said: Vec<Arc<Says>> =
                answers.iter().map(|answer| Arc::new(Says(*answer, 0.into()))).collect();
            let gateway = |one: &Arc<Says>| {
                let fetch: Arc<dyn Fetch> = Arc::<Says>::clone(one);
                Gateway::Http { template: template(), fetch }
            };
            let came = Gateways(said.iter().map(gateway).collect()).send(&message).await;
            let (came, cause) = match came {
                Ok(()) => ("sent", String::new()),
                Err(error @ (SendError::Later(_) | SendError::After(..))) => {
                    ("later", error.chain())
                }
                Err(error @ (SendError::Never(_) | SendError::Gone)) => ("never", error.chain()),
            };
            assert_eq!(came, expected, "{answers:?}");
            assert!(!cause.contains("+39") && !cause.contains("123456"), "{cause}");
            let counts = said.iter().map(|one| one.1.load(std::sync::atomic::Ordering::Relaxed));
            assert_eq!(counts.collect::<Vec<_>>(), asked, "{answers:?}");
        }
    }
}
