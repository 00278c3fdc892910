//! A token that holds private keys and signs with them: PKCS#11 (a hardware security module, a smart card, SoftHSM).

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use openssl::error::ErrorStack;
use zeroize::Zeroizing;

use crate::world::key_place::TokenName;

/// Where the token is, and what opens it.
#[derive(Clone)]
pub struct TokenSettings {
    /// The file of the module, a shared library.
    pub module: PathBuf,
    /// Which token of it.
    pub which: Which,
    /// The user's PIN.
    pub pin: Zeroizing<String>,
    /// The most sessions that are open at the same time.
    pub sessions: usize,
}

/// Which token of a module.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Which {
    /// The one of that label.
    Label(String),
    /// The one in that slot.
    Slot(u64),
}

/// A token, with the sessions that are open to it. What breaks is opened anew with the next use.
pub struct Token {
    settings: TokenSettings,
    module: Pkcs11,
    pool: Mutex<Pool>,
    free: Condvar,
}

#[derive(Default)]
struct Pool {
    idle: Vec<Session>,
    open: usize,
    /// Rises when the token was lost: handles of sessions and keys from before mean nothing.
    generation: u64,
    /// A wrong PIN again and again locks the token, so it is tried once.
    pin_refused: bool,
}

/// A token that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The module cannot be loaded.
    #[error("the PKCS#11 module {} cannot be loaded", .0.display())]
    Module(PathBuf, #[source] Error),
    /// The token is not there.
    #[error("the module has no {0}: it was removed, or keys.pkcs11 names another")]
    NoToken(Which),
    /// The PIN is not the token's.
    #[error("the token refuses the PIN; it is not tried again, since tokens lock themselves")]
    Pin(#[source] Error),
    /// The key is not there.
    #[error("the token has no key {0}")]
    NoKey(TokenName),
    /// Several are.
    #[error("the token has several keys {0}: name the one meant by its id")]
    Ambiguous(TokenName),
    /// The name is taken.
    #[error("the token has a key {0} already")]
    Taken(TokenName),
    /// All sessions are in use.
    #[error("the token did not finish in time what was asked before")]
    Busy,
    /// Keys of this kind do not sign for us.
    #[error("the token's key is neither RSA nor on P-256")]
    Kind,
    /// What it answers is not as it should be.
    #[error("the token answers what cannot be read")]
    Form(#[from] ErrorStack),
    /// The token refused.
    #[error("the token does not do what it is asked")]
    Refused(#[source] Error),
    /// Settings are missing.
    #[error("the key is in a token, and keys.pkcs11 does not say which")]
    NotSet,
}

impl Token {
    /// Loads the module, and logs in.
    ///
    /// # Errors
    /// When it cannot be loaded, the token is not there, or its PIN is another.
    pub fn open(settings: TokenSettings) -> Result<Self, TokenError> {
        let module = load(&settings.module)?;
        let (pool, free) = (Mutex::default(), Condvar::new());
        let token = Self { settings, module, pool, free };
        token.using(|_, _| Ok(()))?;
        Ok(token)
    }

    /// Does `work` with a session that is logged in, and the generation of its handles. If the token was lost meanwhile, it is opened anew
    /// and `work` done once more.
    pub(super) fn using<T>(
        &self,
        work: impl Fn(&Session, u64) -> Result<T, TokenError>,
    ) -> Result<T, TokenError> {
        let (session, generation) = self.take()?;
        match work(&session, generation) {
            Err(TokenError::Refused(error)) if is_lost(&error) => {
                self.lose(session, generation);
                tracing::warn!(event = "token.lost", token = %self.settings.which, %error, "logging in again");
            }
            done => {
                self.give_back(session, generation);
                return done;
            }
        }
        let (session, generation) = self.take()?;
        let done = work(&session, generation);
        match &done {
            Err(TokenError::Refused(error)) if is_lost(error) => self.lose(session, generation),
            _ => self.give_back(session, generation),
        }
        done
    }

    /// A session that may write, apart from the others.
    pub(super) fn writing(&self) -> Result<Session, TokenError> {
        self.opened(true)
    }

    fn lock(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Result<(Session, u64), TokenError> {
        let mut pool = self.lock();
        loop {
            if let Some(session) = pool.idle.pop() {
                return Ok((session, pool.generation));
            }
            if pool.open < self.settings.sessions {
                pool.open += 1;
                let generation = pool.generation;
                drop(pool);
                return match self.opened(false) {
                    Ok(session) => Ok((session, generation)),
                    Err(error) => {
                        let mut pool = self.lock();
                        if pool.generation == generation {
                            pool.open = pool.open.saturating_sub(1);
                        }
                        Err(error)
                    }
                };
            }
            let waited = self.free.wait_timeout(pool, PATIENCE);
            let (after, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            if timeout.timed_out() {
                return Err(TokenError::Busy);
            }
            pool = after;
        }
    }

    fn give_back(&self, session: Session, generation: u64) {
        let mut pool = self.lock();
        if pool.generation == generation {
            pool.idle.push(session);
            self.free.notify_one();
        }
    }

    /// Nothing that was open before can be used.
    fn lose(&self, session: Session, generation: u64) {
        let mut pool = self.lock();
        let mut broken = vec![session];
        if pool.generation == generation {
            pool.generation += 1;
            pool.open = 0;
            broken.append(&mut pool.idle);
            self.free.notify_all();
        }
        drop(pool);
        drop(broken);
    }

    fn opened(&self, writing: bool) -> Result<Session, TokenError> {
        let slot = self.slot()?;
        let session = if writing {
            self.module.open_rw_session(slot)
        } else {
            self.module.open_ro_session(slot)
        };
        let session = session.map_err(TokenError::Refused)?;
        if self.lock().pin_refused {
            return Err(TokenError::Pin(Error::Pkcs11(
                RvError::PinIncorrect,
                cryptoki::context::Function::Login,
            )));
        }
        let pin = AuthPin::new(self.settings.pin.as_str().into());
        match session.login(UserType::User, Some(&pin)) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(session),
            Err(error) if is_of_pin(&error) => {
                self.lock().pin_refused = true;
                Err(TokenError::Pin(error))
            }
            Err(error) => Err(TokenError::Refused(error)),
        }
    }

    fn slot(&self) -> Result<Slot, TokenError> {
        let slots = self.module.get_slots_with_token().map_err(TokenError::Refused)?;
        let found = slots.into_iter().find(|slot| match &self.settings.which {
            Which::Slot(number) => slot.id() == *number,
            Which::Label(label) => {
                let info = self.module.get_token_info(*slot);
                info.is_ok_and(|info| info.label().trim_end() == label)
            }
        });
        found.ok_or_else(|| TokenError::NoToken(self.settings.which.clone()))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({} of {})", self.settings.which, self.settings.module.display())
    }
}

impl fmt::Debug for TokenSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenSettings({} of {})", self.which, self.module.display())
    }
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Label(label) => write!(f, "token {label:?}"),
            Self::Slot(slot) => write!(f, "token in slot {slot}"),
        }
    }
}

/// A module is initialised once a process (PKCS#11 §5.4), however many tokens of it are opened.
fn load(path: &Path) -> Result<Pkcs11, TokenError> {
    let mut loaded = MODULES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, module)) = loaded.iter().find(|(known, _)| known == path) {
        return Ok(module.clone());
    }
    let failed = |error| TokenError::Module(path.to_owned(), error);
    let module = Pkcs11::new(path).map_err(failed)?;
    match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
        Err(error) => return Err(failed(error)),
    }
    loaded.push((path.to_owned(), module.clone()));
    Ok(module)
}

/// Whether the session, or the handle of the key in it, is gone.
fn is_lost(error: &Error) -> bool {
    matches!(
        error,
        Error::Pkcs11(
            RvError::SessionHandleInvalid
                | RvError::SessionClosed
                | RvError::DeviceError
                | RvError::DeviceRemoved
                | RvError::TokenNotPresent
                | RvError::UserNotLoggedIn
                | RvError::KeyHandleInvalid
                | RvError::ObjectHandleInvalid
                | RvError::GeneralError,
            _
        )
    )
}

fn is_of_pin(error: &Error) -> bool {
    matches!(
        error,
        Error::Pkcs11(
            RvError::PinIncorrect
                | RvError::PinInvalid
                | RvError::PinLenRange
                | RvError::PinExpired
                | RvError::PinLocked,
            _
        )
    )
}

static MODULES: Mutex<Vec<(PathBuf, Pkcs11)>> = Mutex::new(Vec::new());

/// How long a signature may wait for the token.
const PATIENCE: Duration = Duration::from_secs(10);
