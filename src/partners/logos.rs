//! The logos of identity providers, from the folder that configuration names.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The logo of the identity provider `id` (entityID or issuer) in `folder`, as a `data:` address: the file is named by the host. What is no
/// small picture is left out.
#[must_use]
pub fn logo(folder: &Path, id: &str) -> Option<Arc<str>> {
    let url = url::Url::parse(id).ok()?;
    let host = url.host_str()?;
    let kinds = [("svg", "image/svg+xml"), ("png", "image/png")];
    kinds.into_iter().find_map(|(extension, kind)| {
        let octets = fs::read(folder.join(format!("{host}.{extension}"))).ok()?;
        (octets.len() <= MAX)
            .then(|| Arc::from(format!("data:{kind};base64,{}", STANDARD.encode(octets))))
    })
}

/// Octets of a file.
const MAX: usize = 32 * 1024;
