//! XAES-256-GCM (C2SP): AES-256-GCM with a key of its own for each nonce of 24 bytes.

use std::cell::RefCell;

use openssl::cipher::Cipher;
use openssl::cipher_ctx::CipherCtx;
use openssl::error::ErrorStack;
use zeroize::Zeroizing;

use crate::world::seal::{NONCE, SealError, SealKey, TAG};

/// What each thread has ready: OpenSSL 3 would look ciphers up, and make contexts, at every use.
struct Ready {
    ecb: CipherCtx,
    /// The key that `ecb` has, and what CMAC adds to its last block.
    keyed: Option<(SealKey, u128)>,
    sealing: CipherCtx,
    opening: CipherCtx,
}

thread_local! {
    static READY: RefCell<Option<Ready>> = const { RefCell::new(None) };
}

impl Ready {
    fn new() -> Result<Self, ErrorStack> {
        let (block, gcm) = ("AES-256-ECB", "AES-256-GCM");
        let mut ready = Self {
            ecb: CipherCtx::new()?,
            keyed: None,
            sealing: CipherCtx::new()?,
            opening: CipherCtx::new()?,
        };
        ready.ecb.encrypt_init(Some(&*Cipher::fetch(None, block, None)?), None, None)?;
        ready.ecb.set_padding(false);
        ready.sealing.encrypt_init(Some(&*Cipher::fetch(None, gcm, None)?), None, None)?;
        ready.opening.decrypt_init(Some(&*Cipher::fetch(None, gcm, None)?), None, None)?;
        Ok(ready)
    }

    fn with<T, E: From<ErrorStack>>(work: impl FnOnce(&mut Self) -> Result<T, E>) -> Result<T, E> {
        READY.with_borrow_mut(|slot| match slot {
            Some(ready) => work(ready),
            None => work(slot.insert(Self::new()?)),
        })
    }

    /// The message key of XAES-256-GCM: AES-CMAC of a counter and the first half of the nonce (NIST SP 800-108).
    fn message_key(&mut self, key: &SealKey, nonce: &[u8]) -> Result<SealKey, ErrorStack> {
        let mask = self.keyed_with(key)?;
        let mut blocks = Zeroizing::new([0; 32]);
        for (block, counter) in blocks.chunks_exact_mut(16).zip([1, 2]) {
            block[..4].copy_from_slice(&[0, counter, b'X', 0]);
            block[4..].copy_from_slice(&nonce[..12]);
            let masked = u128::from_be_bytes(first_block(block)) ^ mask;
            block.copy_from_slice(&masked.to_be_bytes());
        }
        let mut out = Zeroizing::new([0; 48]);
        self.ecb.cipher_update(blocks.as_slice(), Some(out.as_mut_slice()))?;
        let mut derived = Zeroizing::new([0; 32]);
        derived.copy_from_slice(&out[..32]);
        Ok(SealKey(derived))
    }

    /// Has `ecb` encrypt with `key`; returns the first subkey of CMAC.
    fn keyed_with(&mut self, key: &SealKey) -> Result<u128, ErrorStack> {
        if let Some((_, mask)) = self.keyed.as_ref().filter(|(known, _)| known.0 == key.0) {
            return Ok(*mask);
        }
        self.keyed = None;
        self.ecb.encrypt_init(None, Some(key.0.as_slice()), None)?;
        let mut subkey = Zeroizing::new([0; 32]);
        self.ecb.cipher_update(&[0; 16], Some(subkey.as_mut_slice()))?;
        let doubled = u128::from_be_bytes(first_block(subkey.as_slice())) << 1;
        let carry = if subkey[0] & 0x80 == 0 { 0 } else { 0x87 };
        self.keyed = Some((key.clone(), doubled ^ carry));
        Ok(doubled ^ carry)
    }
}

/// The key of one message.
pub(in crate::world) fn message_key(key: &SealKey, nonce: &[u8]) -> Result<SealKey, ErrorStack> {
    Ready::with(|ready| ready.message_key(key, nonce))
}

fn first_block(bytes: &[u8]) -> [u8; 16] {
    let mut block = [0; 16];
    block.copy_from_slice(&bytes[..16]);
    block
}

/// Appends ciphertext and tag to `sealed`, which ends in the nonce.
pub(in crate::world) fn encrypt(
    key: &SealKey,
    context: &[u8],
    plain: &[u8],
    sealed: &mut Vec<u8>,
) -> Result<(), ErrorStack> {
    let start = sealed.len();
    sealed.extend_from_slice(plain);
    encrypt_from(key, context, start, sealed)
}

/// Encrypts what stands in `sealed` from `start` on, behind the nonce, where it stands, and appends the tag.
pub(in crate::world) fn encrypt_from(
    key: &SealKey,
    context: &[u8],
    start: usize,
    sealed: &mut Vec<u8>,
) -> Result<(), ErrorStack> {
    Ready::with(|ready| {
        let mut nonce = [0; NONCE];
        nonce.copy_from_slice(&sealed[start - NONCE..start]);
        let key = ready.message_key(key, &nonce)?;
        let ctx = &mut ready.sealing;
        ctx.encrypt_init(None, Some(key.0.as_slice()), Some(&nonce[12..]))?;
        ctx.cipher_update(context, None)?;
        let length = sealed.len() - start;
        ctx.cipher_update_inplace(&mut sealed[start..], length)?;
        ctx.cipher_final(&mut [0; TAG])?;
        let mut tag = [0; TAG];
        ctx.tag(&mut tag)?;
        sealed.extend_from_slice(&tag);
        Ok(())
    })
}

/// What [`encrypt`] encrypted, behind its nonce.
pub(in crate::world) fn decrypt(
    key: &SealKey,
    context: &[u8],
    nonce: &[u8],
    rest: &[u8],
) -> Result<Vec<u8>, SealError> {
    decrypt_one(&message_key(key, nonce)?, context, nonce, rest)
}

/// The same, with the message's own key.
pub(in crate::world) fn decrypt_one(
    key: &SealKey,
    context: &[u8],
    nonce: &[u8],
    rest: &[u8],
) -> Result<Vec<u8>, SealError> {
    let end = rest.len().checked_sub(TAG).ok_or(SealError::Altered)?;
    let (cipher, tag) = rest.split_at(end);
    Ready::with(|ready| {
        let ctx = &mut ready.opening;
        ctx.decrypt_init(None, Some(key.0.as_slice()), Some(&nonce[12..]))?;
        ctx.set_tag(tag)?;
        ctx.cipher_update(context, None)?;
        let mut plain = Vec::with_capacity(cipher.len() + TAG);
        ctx.cipher_update_vec(cipher, &mut plain)?;
        ctx.cipher_final_vec(&mut plain).map_err(|_| SealError::Altered)?;
        Ok(plain)
    })
}
