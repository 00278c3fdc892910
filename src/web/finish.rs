//! Work that is done to its end, whether or not somebody waits for it.

use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::Handle;

/// A future that goes on as a task of its own when it is dropped unfinished. A task from the start would do the same,
/// at the price of a hand-over to it and one back.
pub struct Finish<T: Send + 'static>(Option<Work<T>>);

type Work<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The work panicked; standard error has the words.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("it panicked")]
pub struct Panicked;

impl<T: Send> Finish<T> {
    /// Begins `work` when it is first waited for.
    #[must_use]
    pub fn new(work: impl Future<Output = T> + Send + 'static) -> Self {
        Self(Some(Box::pin(work)))
    }
}

impl<T: Send> Future for Finish<T> {
    type Output = Result<T, Panicked>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(work) = &mut self.0 else { return Poll::Ready(Err(Panicked)) };
        // Nothing of the work is looked at again after it panicked.
        let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context)));
        let done = match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(done)) => Ok(done),
            Err(_) => Err(Panicked),
        };
        self.0 = None;
        Poll::Ready(done)
    }
}

impl<T: Send> Drop for Finish<T> {
    fn drop(&mut self) {
        if let (Some(work), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(work);
        }
    }
}

impl<T: Send> fmt::Debug for Finish<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Finish")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::oneshot;
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn what_nobody_waits_for_is_done_all_the_same() {
        let (go, gone) = oneshot::channel::<()>();
        let (done, told) = oneshot::channel();
        let mut work = Finish::new(async {
            gone.await.unwrap();
            done.send(7).unwrap();
        });
        assert!(timeout(Duration::from_millis(10), &mut work).await.is_err());
        drop(work);
        go.send(()).unwrap();
        assert_eq!(told.await, Ok(7));
    }

    #[tokio::test]
    async fn a_panic_is_an_error_and_what_is_done_is_not_begun_again() {
        assert!(Finish::new(async { Vec::<u8>::new().pop().unwrap() }).await.is_err());
        let (done, told) = oneshot::channel();
        assert!(Finish::new(async move { done.send(1).is_ok() }).await.unwrap());
        assert_eq!(told.await, Ok(1));
    }
}
