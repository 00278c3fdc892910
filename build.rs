//! Puts the files of the pages into the binary, and compiles what is not Rust.

#![expect(
    clippy::disallowed_methods,
    reason = "cargo tells a build script where things are by its environment"
)]

use std::fmt::Write;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{env, io};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    assets()?;
    #[cfg(feature = "xmlsec")]
    xmlsec()?;
    Ok(())
}

/// Makes the table of `src/web/assets.rs`: our own files, and the style that `scripts/assets`
/// left in `target/assets`, or the plain one.
fn assets() -> Result<(), Box<dyn std::error::Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let own = root.join("templates/assets");
    let plain = root.join("templates/plain");
    let brought = root.join("target/assets");
    // A folder that is not there cannot be watched: cargo would build anew each time. An old date,
    // or it would count as changed since this build began. Where it cannot be made, so be it.
    if !brought.exists() && fs::create_dir_all(&brought).is_ok() {
        File::open(&brought)?.set_modified(SystemTime::UNIX_EPOCH)?;
    }
    let styled = brought.join("style.css.gz").exists();
    for folder in [&own, &plain, &brought] {
        println!("cargo::rerun-if-changed={}", folder.display());
    }

    let mut files = files(&own)?;
    files.extend(self::files(if styled { &brought } else { &plain })?);
    files.sort();
    let mut digest: u64 = 0xcbf2_9ce4_8422_2325;
    let mut rows = String::new();
    for file in &files {
        let stored =
            file.file_name().and_then(|name| name.to_str()).ok_or("a file without a name")?;
        let name = stored.strip_suffix(".gz").unwrap_or(stored);
        let media_type = media_type(name).ok_or_else(|| format!("no media type for {stored}"))?;
        let gzipped = name != stored;
        let place = file.display().to_string();
        writeln!(
            rows,
            "Asset {{ name: {name:?}, media_type: {media_type:?}, gzipped: {gzipped}, bytes: include_bytes!({place:?}) }},"
        )?;
        // FNV-1a: it tells one set of files from another, nothing depends on it being hard to meet.
        for byte in name.bytes().chain(fs::read(file)?) {
            digest = (digest ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    let table = format!(
        "const DIGEST: &str = \"{digest:016x}\";\nstatic ASSETS: &[Asset] = &[\n{rows}];\n"
    );
    fs::write(Path::new(&env::var("OUT_DIR")?).join("assets.rs"), table)?;
    Ok(())
}

fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    Ok(entries.into_iter().map(|entry| entry.path()).filter(|path| path.is_file()).collect())
}

fn media_type(name: &str) -> Option<&'static str> {
    Some(match name.rsplit_once('.')?.1 {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "txt" => "text/plain; charset=utf-8",
        "woff2" => "font/woff2",
        _ => return None,
    })
}

/// The second signature verifier: a thin layer of C over libxmlsec1.
#[cfg(feature = "xmlsec")]
fn xmlsec() -> Result<(), Box<dyn std::error::Error>> {
    const SHIM: &str = "src/saml/xmlsec_shim.c";
    println!("cargo::rerun-if-changed={SHIM}");
    let library = pkg_config::Config::new()
        .atleast_version("1.2.33")
        .probe("xmlsec1-openssl")
        .map_err(|error| {
            format!(
                "libxmlsec1 with OpenSSL was not found (Debian: libxmlsec1-dev, libxml2-dev, \
                 libssl-dev, pkg-config); or build with --no-default-features. {error}"
            )
        })?;
    let mut build = cc::Build::new();
    build.file(SHIM).includes(&library.include_paths).warnings(true).extra_warnings(true);
    for (name, value) in &library.defines {
        build.define(name, value.as_deref());
    }
    build.compile("ponte_xmlsec");
    Ok(())
}
