//! One session with a short message centre: requests leave under numbers of their own, and answers find who waits for them.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{
    AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadHalf, WriteHalf, split,
};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use crate::world::smpp::pdu::{Came, Kind, Malformed, Request, Status, owed, take};

/// How long is waited.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Timing {
    /// For an answer.
    pub answer: Duration,
    /// Before the other side is asked whether it is there, where nothing was heard of it.
    pub quiet: Duration,
}

/// Why a request was not done.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// The other side said so.
    #[error("it answered {0}")]
    Answered(Status),
    /// No answer came: whether it was done nobody knows.
    #[error("no answer came in {} s", .0.as_secs())]
    Silent(Duration),
    /// The session ended before an answer came.
    #[error("the session ended: {0}")]
    Ended(Ended),
}

/// Why a session ended.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Ended {
    /// We wanted it to.
    #[error("nobody needs it any longer")]
    Done,
    /// The other side wants it to.
    #[error("it was unbound by the other side")]
    Unbound,
    /// The connection is closed.
    #[error("the connection was closed by the other side")]
    Closed,
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// What came cannot be read.
    #[error("what came is no PDU of SMPP: {0}")]
    Malformed(#[from] Malformed),
    /// Something else was answered than was asked.
    #[error("the answer to another kind of request came under its number")]
    Mistaken,
    /// It does not say that it is there.
    #[error("enquire_link was not answered")]
    Mute,
    /// It takes nothing that is sent.
    #[error("what is sent is not taken")]
    Stuck,
}

/// A session, for as long as somebody holds it. Whoever asks may be many.
pub struct Session {
    asking: mpsc::Sender<Asked>,
    task: JoinHandle<()>,
}

/// A request, and who waits for its answer.
struct Asked {
    kind: Kind,
    request: Request,
    answer: oneshot::Sender<Result<(), Refusal>>,
}

impl Session {
    /// Begins to talk on `stream`; nothing is asked yet.
    #[must_use]
    pub fn begin<S>(stream: S, timing: Timing) -> Self
    where
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        let (asking, asked) = mpsc::channel(WINDOW);
        let (reader, writer) = split(stream);
        let talk = Talk {
            reader,
            writer,
            asked,
            came: BytesMut::new(),
            waiting: BTreeMap::new(),
            last: 0,
            look: Instant::now() + timing.quiet,
            timing,
        };
        Self { asking, task: tokio::spawn(talk.run()) }
    }

    /// Sends `request` and waits for its answer.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn ask(&self, kind: Kind, request: Request) -> Result<(), Refusal> {
        let (answer, answered) = oneshot::channel();
        let gone = |_| Refusal::Ended(Ended::Closed);
        self.asking.send(Asked { kind, request, answer }).await.map_err(|_| gone(()))?;
        answered.await.map_err(|_| gone(()))?
    }

    /// Whether it goes on.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.asking.is_closed()
    }

    /// Unbinds, and closes the connection.
    pub async fn end(self) {
        drop(self.asking);
        let abort = self.task.abort_handle();
        if timeout(FAREWELL + FAREWELL, self.task).await.is_err() {
            abort.abort();
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Session")
    }
}

/// Both directions of a connection, and what is under way on it.
struct Talk<S> {
    reader: ReadHalf<S>,
    writer: WriteHalf<S>,
    asked: mpsc::Receiver<Asked>,
    came: BytesMut,
    waiting: BTreeMap<u32, Waiting>,
    last: u32,
    /// When the other side is asked whether it is there.
    look: Instant,
    timing: Timing,
}

/// Who waits for an answer, and until when; nobody waits for those that the session itself wants.
struct Waiting {
    kind: Kind,
    until: Instant,
    answer: Option<oneshot::Sender<Result<(), Refusal>>>,
}

impl<S: AsyncRead + AsyncWrite + Send> Talk<S> {
    async fn run(mut self) {
        let ended = match self.talk().await {
            Ok(()) => {
                self.part().await;
                Ended::Done
            }
            Err(ended) => ended,
        };
        self.asked.close();
        while let Ok(asked) = self.asked.try_recv() {
            let _gone = asked.answer.send(Err(Refusal::Ended(ended.clone())));
        }
        for answer in std::mem::take(&mut self.waiting).into_values().filter_map(|one| one.answer) {
            let _gone = answer.send(Err(Refusal::Ended(ended.clone())));
        }
        let _closed = timeout(FAREWELL, self.writer.shutdown()).await;
    }

    /// Until nobody asks any longer.
    async fn talk(&mut self) -> Result<(), Ended> {
        loop {
            let first = self.waiting.values().map(|one| one.until).min();
            let wake = first.map_or(self.look, |until| until.min(self.look));
            tokio::select! {
                read = self.reader.read_buf(&mut self.came) => {
                    self.heard(read).await?;
                }
                asked = self.asked.recv(), if self.waiting.len() < WINDOW => match asked {
                    Some(Asked { kind, request, answer }) => {
                        self.send(kind, request, Some(answer)).await?;
                    }
                    None => return Ok(()),
                },
                () = sleep_until(wake) => self.late().await?,
            }
        }
    }

    async fn heard(&mut self, read: std::io::Result<usize>) -> Result<(), Ended> {
        match read {
            Ok(0) => return Err(Ended::Closed),
            Ok(_) => {}
            Err(error) => return Err(Ended::Broken(error.to_string())),
        }
        self.look = Instant::now() + self.timing.quiet;
        while let Some(came) = take(&mut self.came)? {
            if let Some(owed) = owed(came) {
                self.write(&owed).await?;
            }
            match came {
                Came::Answer { to, sequence, status } => {
                    self.answered(sequence, Some(to), status)?
                }
                Came::Nack { sequence, status } => self.answered(sequence, None, status)?,
                Came::Unbind { .. } => return Err(Ended::Unbound),
                Came::Enquiry { .. } | Came::Strange { .. } | Came::Nothing => {}
            }
        }
        Ok(())
    }

    /// An answer that comes too late finds nobody, and says nothing any more.
    fn answered(&mut self, sequence: u32, to: Option<Kind>, status: Status) -> Result<(), Ended> {
        let Some(waiting) = self.waiting.remove(&sequence) else { return Ok(()) };
        if to.is_some_and(|to| to != waiting.kind) {
            self.waiting.insert(sequence, waiting);
            return Err(Ended::Mistaken);
        }
        let said = match to.is_some() && status.is_ok() {
            true => Ok(()),
            false => Err(Refusal::Answered(status)),
        };
        if let Some(answer) = waiting.answer {
            let _gone = answer.send(said);
        }
        Ok(())
    }

    /// Who waited long enough is told so; then it is asked whether anybody is there at all.
    async fn late(&mut self) -> Result<(), Ended> {
        let now = Instant::now();
        let late = |one: &Waiting| one.until <= now;
        if self.waiting.values().any(|one| one.kind == Kind::Enquiry && late(one)) {
            return Err(Ended::Mute);
        }
        let numbers: Vec<u32> =
            self.waiting.iter().filter(|(_, one)| late(one)).map(|(number, _)| *number).collect();
        let (is_due, silent) = (self.look <= now || !numbers.is_empty(), self.timing.answer);
        for number in numbers {
            if let Some(answer) = self.waiting.remove(&number).and_then(|one| one.answer) {
                let _gone = answer.send(Err(Refusal::Silent(silent)));
            }
        }
        self.look = now + self.timing.quiet;
        if is_due && self.waiting.values().all(|one| one.kind != Kind::Enquiry) {
            self.send(Kind::Enquiry, Request::enquiry(), None).await?;
        }
        Ok(())
    }

    /// Says that it is over, and hears that it was heard.
    async fn part(&mut self) {
        let until = Instant::now() + FAREWELL;
        if self.send(Kind::Unbind, Request::unbind(), None).await.is_err() {
            return;
        }
        while self.waiting.values().any(|one| one.kind == Kind::Unbind) {
            let read = timeout_at(until, self.reader.read_buf(&mut self.came)).await;
            let Ok(read) = read else { return };
            if self.heard(read).await.is_err() {
                return;
            }
        }
    }

    async fn send(
        &mut self,
        kind: Kind,
        request: Request,
        answer: Option<oneshot::Sender<Result<(), Refusal>>>,
    ) -> Result<(), Ended> {
        // From 1 to 0x7fffffff (SMPP 3.4 §5.1.4).
        self.last = self.last % 0x7fff_ffff + 1;
        let until = Instant::now() + self.timing.answer;
        self.waiting.insert(self.last, Waiting { kind, until, answer });
        let octets = request.numbered(self.last);
        self.write(&octets).await
    }

    /// While something is written nothing is read, so that who only talks and never listens is not kept in memory.
    async fn write(&mut self, octets: &[u8]) -> Result<(), Ended> {
        let writing = async {
            self.writer.write_all(octets).await?;
            self.writer.flush().await
        };
        match timeout(self.timing.answer, writing).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Ended::Broken(error.to_string())),
            Err(_) => Err(Ended::Stuck),
        }
    }
}

/// Requests under way at once.
const WINDOW: usize = 16;
/// For the other side to hear that we go.
const FAREWELL: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::io::DuplexStream;

    use super::*;

    const TIMING: Timing =
        Timing { answer: Duration::from_millis(200), quiet: Duration::from_millis(500) };

    fn begun() -> (Arc<Session>, DuplexStream) {
        let (here, there) = tokio::io::duplex(4096);
        (Arc::new(Session::begin(here, TIMING)), there)
    }

    fn asked(session: &Arc<Session>) -> JoinHandle<Result<(), Refusal>> {
        let session = Arc::clone(session);
        tokio::spawn(async move { session.ask(Kind::Bind, bind()).await })
    }

    fn bind() -> Request {
        Request::bind(&crate::world::smpp::pdu::Account {
            system_id: "a".to_owned(),
            password: zeroize::Zeroizing::new("b".to_owned()),
            system_type: String::new(),
        })
        .unwrap()
    }

    /// The number and the kind of the next PDU.
    async fn next(there: &mut DuplexStream) -> (u32, u32) {
        let mut head = [0; 16];
        there.read_exact(&mut head).await.unwrap();
        let word = |at: usize| u32::from_be_bytes(head[at..at + 4].try_into().unwrap());
        let mut rest = vec![0; word(0) as usize - 16];
        there.read_exact(&mut rest).await.unwrap();
        (word(4), word(12))
    }

    async fn say(there: &mut DuplexStream, id: u32, status: u32, number: u32) {
        let words = [16, id, status, number].map(u32::to_be_bytes);
        there.write_all(&words.concat()).await.unwrap();
    }

    /// Answers may come in another order, and each finds its own; a late one finds nobody.
    #[tokio::test]
    async fn each_answer_finds_who_asked() {
        let (session, mut there) = begun();
        let first = asked(&session);
        let (id, one) = next(&mut there).await;
        assert_eq!((id, one), (2, 1));
        let second = asked(&session);
        let (_, two) = next(&mut there).await;
        say(&mut there, 0x8000_0002, 0, two).await;
        assert_eq!(second.await.unwrap(), Ok(()));
        say(&mut there, 0x8000_0002, 0x58, one).await;
        let refused = first.await.unwrap().unwrap_err();
        assert_eq!(refused.to_string(), "it answered ESME_RTHROTTLED (0x00000058)");
        let third = asked(&session);
        let (_, number) = next(&mut there).await;
        say(&mut there, 0x8000_0000, 0, number).await;
        let refused = third.await.unwrap().unwrap_err();
        assert!(matches!(refused, Refusal::Answered(_)), "generic_nack is no answer: {refused}");
        say(&mut there, 0x8000_0004, 0, 77).await;
        assert!(session.is_open());
    }

    /// Who is silent is asked whether it is there; who is there goes on, who is not is left.
    #[tokio::test]
    async fn silence_ends_a_request_and_then_the_session() {
        let (session, mut there) = begun();
        let first = asked(&session);
        next(&mut there).await;
        let (id, number) = next(&mut there).await;
        assert_eq!(id, 0x15);
        assert_eq!(first.await.unwrap(), Err(Refusal::Silent(TIMING.answer)));
        say(&mut there, 0x8000_0015, 0, number).await;
        let second = asked(&session);
        next(&mut there).await;
        assert_eq!(second.await.unwrap(), Err(Refusal::Silent(TIMING.answer)));
        let third = asked(&session);
        assert_eq!(third.await.unwrap(), Err(Refusal::Ended(Ended::Mute)));
        assert!(!session.is_open());
    }

    #[tokio::test]
    async fn what_is_no_smpp_ends_it_by_name() {
        for (said, expected) in [
            (&b"HTTP/1.1 400 Bad Request"[..], Malformed::Long(0x4854_5450)),
            (b"\0\0\0\x01", Malformed::Short(1)),
        ] {
            let (session, mut there) = begun();
            let first = asked(&session);
            next(&mut there).await;
            there.write_all(said).await.unwrap();
            let ended = Refusal::Ended(Ended::Malformed(expected));
            assert_eq!(first.await.unwrap(), Err(ended));
        }
        let (session, mut there) = begun();
        let first = asked(&session);
        let (_, number) = next(&mut there).await;
        say(&mut there, 0x8000_0004, 0, number).await;
        assert_eq!(first.await.unwrap(), Err(Refusal::Ended(Ended::Mistaken)));
        let (session, there) = begun();
        let first = asked(&session);
        drop(there);
        assert!(matches!(first.await.unwrap(), Err(Refusal::Ended(_))));
    }

    /// Who asks without end and takes no answer is left, and what it sent is not kept.
    #[tokio::test]
    async fn who_never_listens_is_left() {
        let (session, mut there) = begun();
        let enquiry = [16, 0x15, 0, 1].map(u32::to_be_bytes).concat();
        let mut sent = 0;
        while there.write_all(&enquiry).await.is_ok() {
            sent += enquiry.len();
        }
        assert!(sent < 64 * 1024, "{sent}");
        assert!(!session.is_open());
    }

    #[tokio::test]
    async fn an_end_is_said_and_heard() {
        let (session, mut there) = begun();
        let ended = tokio::spawn(Arc::into_inner(session).unwrap().end());
        let (id, number) = next(&mut there).await;
        assert_eq!(id, 6);
        say(&mut there, 0x8000_0006, 0, number).await;
        ended.await.unwrap();
        let mut rest = Vec::new();
        there.read_to_end(&mut rest).await.unwrap();
        assert!(rest.is_empty());
    }
}
