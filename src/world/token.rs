//! A token that holds private keys and signs with them: PKCS#11 (a hardware security module, a smart card, SoftHSM).

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Function, Pkcs11};
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
    module: Arc<Module>,
    pool: Mutex<Pool>,
    free: Condvar,
}

/// A module, loaded and initialised once a process (PKCS#11 §5.4) however many tokens of it are opened.
struct Module {
    path: PathBuf,
    pkcs11: Pkcs11,
    /// How often it was begun anew: nothing from before means anything. Whoever uses the module holds this.
    epoch: RwLock<u64>,
}

#[derive(Default)]
struct Pool {
    idle: Vec<Session>,
    open: usize,
    /// Rises when the token was lost: handles of sessions and keys from before mean nothing.
    generation: u64,
    /// The module's, as of when the sessions were opened.
    epoch: u64,
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
        let module = Module::load(&settings.module)?;
        let (pool, free) = (Mutex::default(), Condvar::new());
        let token = Self { settings, module, pool, free };
        token.using(|_, _| Ok(()))?;
        Ok(token)
    }

    /// Does `work` with a session that is logged in, and the generation of its handles. If the token was lost meanwhile, it is opened anew
    /// and `work` done once more; if it seems gone even then, the module is begun anew, since modules learn only then what was put back.
    pub(super) fn using<T>(
        &self,
        work: impl Fn(&Session, u64) -> Result<T, TokenError>,
    ) -> Result<T, TokenError> {
        let mut epoch = 0;
        for attempt in [Attempt::First, Attempt::LoggedInAgain] {
            let held = self.module.epoch.read().unwrap_or_else(PoisonError::into_inner);
            epoch = *held;
            match self.attempt(epoch, &work) {
                Err(error) if error.is_loss() => {
                    tracing::warn!(event = "token.lost", token = %self.settings.which, %error, ?attempt);
                }
                done => return done,
            }
        }
        self.module.begin_anew(epoch)?;
        let held = self.module.epoch.read().unwrap_or_else(PoisonError::into_inner);
        self.attempt(*held, &work)
    }

    fn attempt<T>(
        &self,
        epoch: u64,
        work: &impl Fn(&Session, u64) -> Result<T, TokenError>,
    ) -> Result<T, TokenError> {
        let (session, generation) = self.take(epoch)?;
        let done = work(&session, generation);
        match &done {
            Err(error) if error.is_loss() => self.lose(session, generation),
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

    fn take(&self, epoch: u64) -> Result<(Session, u64), TokenError> {
        let mut pool = self.lock();
        loop {
            if pool.epoch != epoch {
                // Their numbers may be those of new sessions by now: they are forgotten, not closed.
                pool.idle.clear();
                (pool.open, pool.generation, pool.epoch) = (0, pool.generation + 1, epoch);
            }
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
        for session in broken {
            let _gone_already = session.close();
        }
    }

    fn opened(&self, writing: bool) -> Result<Session, TokenError> {
        if self.lock().pin_refused {
            let refused = Error::Pkcs11(RvError::PinIncorrect, Function::Login);
            return Err(TokenError::Pin(refused));
        }
        let slot = self.slot()?;
        let session = if writing {
            self.module.pkcs11.open_rw_session(slot)
        } else {
            self.module.pkcs11.open_ro_session_no_drop(slot)
        };
        let session = session.map_err(TokenError::Refused)?;
        let pin = AuthPin::new(self.settings.pin.as_str().into());
        match session.login(UserType::User, Some(&pin)) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(session),
            Err(error) => {
                let _gone_already = session.close();
                if is_of_pin(&error) {
                    self.lock().pin_refused = true;
                    return Err(TokenError::Pin(error));
                }
                Err(TokenError::Refused(error))
            }
        }
    }

    fn slot(&self) -> Result<Slot, TokenError> {
        let slots = self.module.pkcs11.get_slots_with_token().map_err(TokenError::Refused)?;
        let found = slots.into_iter().find(|slot| match &self.settings.which {
            Which::Slot(number) => slot.id() == *number,
            Which::Label(label) => {
                let info = self.module.pkcs11.get_token_info(*slot);
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

impl Drop for Token {
    fn drop(&mut self) {
        let held = self.module.epoch.read().unwrap_or_else(PoisonError::into_inner);
        let mut pool = self.lock();
        if pool.epoch == *held {
            for session in pool.idle.drain(..) {
                let _gone_already = session.close();
            }
        }
    }
}

impl Module {
    fn load(path: &Path) -> Result<Arc<Self>, TokenError> {
        let mut loaded = MODULES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(module) = loaded.iter().find(|module| module.path == path) {
            return Ok(Arc::clone(module));
        }
        let failed = |error| TokenError::Module(path.to_owned(), error);
        let pkcs11 = Pkcs11::new(path).map_err(failed)?;
        initialise(&pkcs11).map_err(failed)?;
        let module = Arc::new(Self { path: path.to_owned(), pkcs11, epoch: RwLock::new(1) });
        loaded.push(Arc::clone(&module));
        Ok(module)
    }

    /// Ends the module and begins it anew, unless somebody did so since `epoch`; waits until nobody uses it.
    fn begin_anew(&self, epoch: u64) -> Result<(), TokenError> {
        let mut held = self.epoch.write().unwrap_or_else(PoisonError::into_inner);
        if *held != epoch {
            return Ok(());
        }
        *held += 1;
        let failed = |error| TokenError::Module(self.path.clone(), error);
        match self.pkcs11.clone().finalize() {
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiNotInitialized, _)) => {}
            Err(error) => return Err(failed(error)),
        }
        initialise(&self.pkcs11).map_err(failed)
    }
}

fn initialise(module: &Pkcs11) -> Result<(), Error> {
    match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(()),
        done => done,
    }
}

impl TokenError {
    /// Whether the token, its sessions or its keys may be there once it is opened anew.
    fn is_loss(&self) -> bool {
        match self {
            Self::NoToken(_) | Self::NoKey(_) => true,
            Self::Refused(error) => is_lost(error),
            _ => false,
        }
    }
}

/// How often something was tried.
#[derive(Clone, Copy, Debug)]
enum Attempt {
    First,
    LoggedInAgain,
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
                | RvError::CryptokiNotInitialized
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

static MODULES: Mutex<Vec<Arc<Module>>> = Mutex::new(Vec::new());

/// How long a signature may wait for the token.
const PATIENCE: Duration = Duration::from_secs(10);
