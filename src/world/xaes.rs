//! XAES-256-GCM (C2SP): AES-256-GCM with a key of its own for each nonce of 24 bytes.

use std::sync::OnceLock;

use openssl::cipher::{Cipher, CipherRef};
use openssl::cipher_ctx::CipherCtx;
use openssl::error::ErrorStack;
use zeroize::{Zeroize, Zeroizing};

use crate::world::seal::{NONCE, SealError, SealKey, TAG};

/// The message key of XAES-256-GCM: AES-CMAC of a counter and the first half of the nonce (NIST SP 800-108).
pub(in crate::world) fn message_key(key: &SealKey, nonce: &[u8]) -> Result<SealKey, ErrorStack> {
    let mut ctx = CipherCtx::new()?;
    ctx.encrypt_init(Some(ecb()?), Some(key.0.as_slice()), None)?;
    ctx.set_padding(false);
    let mut subkey = [0; 32];
    ctx.cipher_update(&[0; 16], Some(&mut subkey))?;
    let doubled = u128::from_be_bytes(first_block(&subkey)) << 1;
    let carry = if subkey[0] & 0x80 == 0 { 0 } else { 0x87 };
    let mut blocks = Zeroizing::new([0; 32]);
    for (block, counter) in blocks.chunks_exact_mut(16).zip([1, 2]) {
        block[..4].copy_from_slice(&[0, counter, b'X', 0]);
        block[4..].copy_from_slice(&nonce[..12]);
        let masked = u128::from_be_bytes(first_block(block)) ^ doubled ^ carry;
        block.copy_from_slice(&masked.to_be_bytes());
    }
    let mut out = Zeroizing::new([0; 48]);
    ctx.cipher_update(blocks.as_slice(), Some(out.as_mut_slice()))?;
    subkey.zeroize();
    let mut derived = Zeroizing::new([0; 32]);
    derived.copy_from_slice(&out[..32]);
    Ok(SealKey(derived))
}

fn first_block(bytes: &[u8]) -> [u8; 16] {
    let mut block = [0; 16];
    block.copy_from_slice(&bytes[..16]);
    block
}

/// The ciphers, looked up once: OpenSSL 3 would do it anew at every use.
static GCM: OnceLock<Cipher> = OnceLock::new();
static ECB: OnceLock<Cipher> = OnceLock::new();

fn gcm() -> Result<&'static CipherRef, ErrorStack> {
    fetched(&GCM, "AES-256-GCM")
}

fn ecb() -> Result<&'static CipherRef, ErrorStack> {
    fetched(&ECB, "AES-256-ECB")
}

fn fetched(place: &'static OnceLock<Cipher>, name: &str) -> Result<&'static CipherRef, ErrorStack> {
    if let Some(cipher) = place.get() {
        return Ok(cipher);
    }
    let cipher = Cipher::fetch(None, name, None)?;
    Ok(place.get_or_init(|| cipher))
}

/// Appends ciphertext and tag to `sealed`, which ends in the nonce.
pub(in crate::world) fn encrypt(
    key: &SealKey,
    context: &[u8],
    plain: &[u8],
    sealed: &mut Vec<u8>,
) -> Result<(), ErrorStack> {
    let nonce = sealed.split_off(sealed.len() - NONCE);
    sealed.extend_from_slice(&nonce);
    let key = message_key(key, &nonce)?;
    let mut ctx = CipherCtx::new()?;
    ctx.encrypt_init(Some(gcm()?), Some(key.0.as_slice()), Some(&nonce[12..]))?;
    ctx.cipher_update(context, None)?;
    ctx.cipher_update_vec(plain, sealed)?;
    ctx.cipher_final_vec(sealed)?;
    let mut tag = [0; TAG];
    ctx.tag(&mut tag)?;
    sealed.extend_from_slice(&tag);
    Ok(())
}

/// What [`encrypt`] sealed: `rest` is ciphertext and tag.
pub(in crate::world) fn decrypt(
    key: &SealKey,
    context: &[u8],
    nonce: &[u8],
    rest: &[u8],
) -> Result<Vec<u8>, SealError> {
    decrypt_one(&message_key(key, nonce)?, context, nonce, rest)
}

/// The same with the message key itself.
pub(in crate::world) fn decrypt_one(
    key: &SealKey,
    context: &[u8],
    nonce: &[u8],
    rest: &[u8],
) -> Result<Vec<u8>, SealError> {
    let end = rest.len().checked_sub(TAG).ok_or(SealError::Altered)?;
    let (cipher, tag) = rest.split_at(end);
    let mut ctx = CipherCtx::new()?;
    ctx.decrypt_init(Some(gcm()?), Some(key.0.as_slice()), Some(&nonce[12..]))?;
    ctx.set_tag(tag)?;
    ctx.cipher_update(context, None)?;
    let mut plain = Vec::with_capacity(cipher.len());
    ctx.cipher_update_vec(cipher, &mut plain)?;
    ctx.cipher_final_vec(&mut plain).map_err(|_| SealError::Altered)?;
    Ok(plain)
}
