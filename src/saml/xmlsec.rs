//! The second verifier: libxmlsec1 on OpenSSL, hardened in `xmlsec_shim.c`. It runs only on what
//! ours accepted, so that a fault in either of the two lets nothing through.

use std::ptr::NonNull;
use std::sync::OnceLock;

use self::ffi::Handle;

/// A public key as libxmlsec1 holds it, loaded once.
pub struct Key(Handle);

impl Key {
    /// The key of a `SubjectPublicKeyInfo` in DER; `None` if libxmlsec1 cannot load it.
    #[must_use]
    pub fn from_spki_der(der: &[u8]) -> Option<Self> {
        static READY: OnceLock<bool> = OnceLock::new();
        if !READY.get_or_init(ffi::init) {
            return None;
        }
        ffi::load(der).map(Self)
    }
}

/// Whether the element of `text` with the ID `id`, its root or a child of that, carries one
/// enveloped signature made with `key` over it.
#[must_use]
pub fn verify(text: &str, id: &str, key: &Key) -> bool {
    ffi::verify(text, id, &key.0)
}

#[expect(unsafe_code, reason = "libxmlsec1 has no safe door that can be hardened; this is it")]
mod ffi {
    use std::ffi::{c_char, c_int, c_long, c_uchar, c_void};

    use super::NonNull;

    unsafe extern "C" {
        fn ponte_xmlsec_init() -> c_int;
        fn ponte_xmlsec_key(der: *const c_uchar, length: c_long) -> *mut c_void;
        fn ponte_xmlsec_key_free(key: *mut c_void);
        fn ponte_xmlsec_verify(
            text: *const c_char,
            length: c_int,
            id: *const c_char,
            id_length: usize,
            key: *mut c_void,
        ) -> c_int;
    }

    /// An `xmlSecKeyPtr` of our own.
    pub(super) struct Handle(NonNull<c_void>);

    // SAFETY: the key is written once, in `ponte_xmlsec_key`; verification only reads it and
    // counts references to the OpenSSL key inside, which is atomic.
    unsafe impl Send for Handle {}
    // SAFETY: as above.
    unsafe impl Sync for Handle {}

    impl Drop for Handle {
        fn drop(&mut self) {
            // SAFETY: made by `ponte_xmlsec_key`, and freed here alone.
            unsafe { ponte_xmlsec_key_free(self.0.as_ptr()) }
        }
    }

    pub(super) fn init() -> bool {
        // SAFETY: takes nothing; the caller calls it once.
        unsafe { ponte_xmlsec_init() == 1 }
    }

    pub(super) fn load(der: &[u8]) -> Option<Handle> {
        let length = c_long::try_from(der.len()).ok()?;
        // SAFETY: reads `length` octets at the pointer, and keeps neither.
        NonNull::new(unsafe { ponte_xmlsec_key(der.as_ptr(), length) }).map(Handle)
    }

    pub(super) fn verify(text: &str, id: &str, key: &Handle) -> bool {
        let Ok(length) = c_int::try_from(text.len()) else { return false };
        // SAFETY: reads `length` octets of the text and `id.len()` of the id, keeps neither, and
        // the key lives as long as its handle.
        let held = unsafe {
            ponte_xmlsec_verify(
                text.as_ptr().cast(),
                length,
                id.as_ptr().cast(),
                id.len(),
                key.0.as_ptr(),
            )
        };
        held == 1
    }
}
