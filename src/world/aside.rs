//! Work that waits for something outside, on a thread that serves many.

use tokio::runtime::{Handle, RuntimeFlavor};

/// Does `work` here; whatever else this thread of the runtime had to do goes on on another one meanwhile. Where there is
/// no runtime of several threads it is done as it is.
pub(in crate::world) fn aside<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|here| here.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use tokio::runtime::Builder;

    use super::aside;

    /// One thread, on which one waits for the other: without a second thread neither would end.
    #[test]
    fn others_go_on_while_one_waits() {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (tell, told) = channel();
        let waits =
            runtime.spawn(async move { aside(|| told.recv_timeout(Duration::from_secs(20))) });
        let goes_on = runtime.spawn(async move { tell.send(7) });
        assert_eq!(runtime.block_on(waits).unwrap(), Ok(7));
        runtime.block_on(goes_on).unwrap().unwrap();
    }

    #[test]
    fn without_a_runtime_and_on_one_of_a_single_thread_it_is_done_all_the_same() {
        assert_eq!(aside(|| 7), 7);
        let runtime = Builder::new_current_thread().build().unwrap();
        assert_eq!(runtime.block_on(async { aside(|| 7) }), 7);
        let runtime = Builder::new_multi_thread().worker_threads(1).build().unwrap();
        assert_eq!(runtime.block_on(async { aside(|| 7) }), 7);
        assert_eq!(runtime.block_on(runtime.spawn_blocking(|| aside(|| 7))).unwrap(), 7);
    }
}
