//! Asking a person at the terminal.

use std::fs::OpenOptions;
use std::io::{self, BufRead as _, BufReader, IsTerminal as _, Write as _};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

/// Reads a password from the terminal without showing it, twice, until both are the same.
///
/// # Errors
/// When there is no terminal, or it closes.
pub fn new_password(of: &str) -> io::Result<Zeroizing<String>> {
    loop {
        let first = hidden(&format!("Password of {of}: "))?;
        let second = hidden("Again: ")?;
        if first == second {
            return Ok(first);
        }
        eprintln!("They differ: once more, please.");
    }
}

/// Reads a password from the terminal without showing it.
///
/// # Errors
/// When there is no terminal, or it closes.
pub fn password(question: &str) -> io::Result<Zeroizing<String>> {
    hidden(question)
}

/// The first line of standard input, without its end.
///
/// # Errors
/// When it cannot be read, or there is none.
pub fn line_of_stdin() -> io::Result<Zeroizing<String>> {
    let mut line = Zeroizing::new(String::new());
    if io::stdin().lock().read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(without_end(&line))
}

/// Whether a person is likely to look at standard error.
#[must_use]
pub fn is_watched() -> bool {
    io::stderr().is_terminal()
}

fn hidden(question: &str) -> io::Result<Zeroizing<String>> {
    let mut terminal = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
    terminal.write_all(question.as_bytes())?;
    let shown = tcgetattr(&terminal)?;
    let mut silent = shown.clone();
    silent.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&terminal, OptionalActions::Flush, &silent)?;
    let _again = Restore { terminal: terminal.try_clone()?, shown };
    let mut line = Zeroizing::new(String::new());
    let read = BufReader::new(terminal.try_clone()?).read_line(&mut line)?;
    terminal.write_all(b"\n")?;
    if read == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(without_end(&line))
}

/// Shows what is typed again, however the reading ends.
struct Restore {
    terminal: std::fs::File,
    shown: Termios,
}

impl Drop for Restore {
    fn drop(&mut self) {
        let _ = tcsetattr(&self.terminal, OptionalActions::Now, &self.shown);
    }
}

fn without_end(line: &str) -> Zeroizing<String> {
    Zeroizing::new(line.trim_end_matches(['\n', '\r']).to_owned())
}
