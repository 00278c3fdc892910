//! `ponte register reindex`: the index made anew beside the old one, which it then replaces.

use indicatif::{ProgressBar, ProgressStyle};

use crate::admin::archive::{Ask, Told};
use crate::cli::error::CliError;
use crate::cli::office::Office;
use crate::cli::register::run::ask;
use crate::cli::say::say;
use crate::cli::signing::{self, Examples};
use crate::cli::{prompt, store};
use crate::config::settings::Settings;
use crate::register::checkpoint;
use crate::register::error::RegisterError;
use crate::register::place::beside;
use crate::register::reading::Source;
use crate::register::shelf::Index;

/// Makes the index anew; a server that runs goes on searching the old one until then.
///
/// # Errors
/// When the register cannot be read, a record was altered, or the index cannot be written.
pub async fn reindex(settings: Settings) -> Result<(), CliError> {
    let signing = signing::load(&settings.keys, Examples::Accept)?;
    let seal = store::ring_of(&settings)?;
    let place = settings.register.clone();
    let mut office = Office::open_with_register(settings).await?;
    let Told::Synced { count } = ask(&mut office, Ask::Sync).await? else {
        return Err(crate::admin::client::ClientError::Unexpected.into());
    };
    let mut trusted: Vec<&[u8]> = signing.former.iter().map(Vec::as_slice).collect();
    trusted.push(signing.signer.certificate());
    let read = checkpoint::read(&place.checkpoint, &trusted).map_err(CliError::Register)?;
    let missing = || CliError::Register(RegisterError::NoCheckpoint(place.checkpoint.clone()));
    let first = read.ok_or_else(missing)?.tail.first;
    let source = Source { folder: &place.folder, seal: &seal, first };
    let anew = Index::open(&beside(&place.folder, "-index-new"), &seal);
    let anew = anew.map_err(CliError::Register)?;
    // One that was interrupted goes on, unless the register has moved away from under it.
    anew.keep_within(first, count).map_err(CliError::Register)?;
    let bar = bar(count.saturating_sub(first));
    let before = anew.rows();
    let taken = anew.take_in(source, Some(count), |taken| bar.set_position(before + taken));
    bar.finish_and_clear();
    taken.and_then(|_| anew.flush()).map_err(CliError::Register)?;
    drop(anew);
    let Told::IndexAdopted { rows } = ask(&mut office, Ask::AdoptIndex).await? else {
        return Err(crate::admin::client::ClientError::Unexpected.into());
    };
    office.close().await?;
    say(format_args!("The index is new: {rows} rows."));
    Ok(())
}

fn bar(rows: u64) -> ProgressBar {
    if !prompt::is_watched() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("indexing {bar:40} {pos}/{len} {eta}");
    let bar = ProgressBar::new(rows);
    style.map(|style| bar.clone().with_style(style)).unwrap_or(bar)
}
