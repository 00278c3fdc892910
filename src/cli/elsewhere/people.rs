//! People on their way: what is said of them is held to our rules one by one, so that one bad value loses no person.

use std::collections::HashSet;

use chrono::NaiveDate;

use crate::admin::command::NewPerson;
use crate::cli::elsewhere::names;
use crate::cli::elsewhere::report::Report;
use crate::cli::elsewhere::value::Place;
use crate::factors::foreign_hash::{BadForeignHash, ForeignHash};
use crate::factors::password;
use crate::identity::attributes::AttributeName;
use crate::identity::format;
use crate::store::accounts::normalise;

/// The people of one import.
#[derive(Debug)]
pub struct People {
    /// Those who can be added.
    pub all: Vec<NewPerson>,
    today: NaiveDate,
    names: HashSet<String>,
    addresses: HashSet<String>,
}

impl People {
    /// Nobody yet, on that day.
    #[must_use]
    pub fn new(today: NaiveDate) -> Self {
        Self { all: Vec::new(), today, names: HashSet::new(), addresses: HashSet::new() }
    }

    /// Somebody of that name, if there can be one; else it is reported.
    pub fn begin(&mut self, name: &str, place: &Place, report: &mut Report) -> Option<NewPerson> {
        let name = name.trim();
        let fits = (1..=128).contains(&name.chars().count())
            && !name.chars().any(|c| c.is_whitespace() || c.is_control());
        if !fits {
            let why = "a user name here has 1 to 128 characters and no blanks";
            let mend = "add the person under another name (`ponte user add`), and tell them";
            report.left(place.clone(), format!("the person {name:?}"), why, mend);
            return None;
        }
        if !self.names.insert(normalise(name)) {
            let why = "somebody of that name, however it is written, stands before";
            let mend = "find out who they are, and add the other one under another name";
            report.left(place.clone(), format!("the person {name:?}"), why, mend);
            return None;
        }
        Some(NewPerson::named(name.to_owned()))
    }

    /// Sets an attribute under the name that it had there; a value that cannot be taken is reported, without being shown.
    pub fn set(
        &mut self,
        person: &mut NewPerson,
        name: &str,
        value: &str,
        place: &Place,
        report: &mut Report,
    ) {
        if value.trim().is_empty() {
            return;
        }
        let Some(known) = names::known(name) else {
            let why = "no attribute of the SPID table is called so, and accounts have no others";
            let mend = "keep it where it is needed; ponte does not release it";
            return report.left(place.clone(), format!("the attribute {name:?}"), why, mend);
        };
        self.set_known(person, known, value, place, report);
    }

    /// Sets an attribute of ours.
    pub fn set_known(
        &mut self,
        person: &mut NewPerson,
        name: AttributeName,
        value: &str,
        place: &Place,
        report: &mut Report,
    ) {
        let mend = "add it once the person is here, or correct it there and export again";
        match format::read(name, value, self.today) {
            Err(bad) => {
                report.left(
                    place.clone(),
                    format!("the attribute {}", name.as_str()),
                    bad.to_string(),
                    mend,
                );
            }
            Ok(_) if !person.kind.carries(name) => {
                let why = "a personal identity does not carry it";
                let mend = "give the person an identity that does (`ponte user identity`)";
                report.left(place.clone(), format!("the attribute {}", name.as_str()), why, mend);
            }
            Ok(_) if person.attributes.contains_key(name.as_str()) => {
                let why = "the person has a value of that attribute already, and one is kept";
                report.left(place.clone(), format!("a second {}", name.as_str()), why, mend);
            }
            Ok(read) => {
                if name == AttributeName::Email && !self.addresses.insert(normalise(&read)) {
                    let why = "somebody else has that address, and one belongs to one account";
                    report.left(place.clone(), "the attribute email", why, mend);
                    return;
                }
                person.attributes.insert(name.as_str().to_owned(), value.trim().to_owned());
            }
        }
    }

    /// Takes over the hash of a password; one that cannot be checked here is reported, and the person too, who has no other.
    pub fn hash(person: &mut NewPerson, hash: &str, place: &Place, report: &mut Report) -> bool {
        if password::is_hash(hash) {
            person.password_hash = Some(hash.to_owned());
            return true;
        }
        let why = match ForeignHash::parse(hash) {
            Err(BadForeignHash::Kind) if hash.starts_with("$argon2") => {
                "its argon2 parameters are not taken: argon2id with 7 to 1024 MiB, 1 to 16 passes, 1 to 4 lanes".to_owned()
            }
            Err(bad) => bad.to_string(),
            Ok(_) => String::new(),
        };
        Self::without_password(person, why, place, report);
        false
    }

    /// Reports somebody who cannot come along.
    pub fn without_password(person: &NewPerson, why: String, place: &Place, report: &mut Report) {
        let what = format!("the person {:?}: the password", person.username);
        let mend = "add the person with a password to be changed (`ponte user add --generate`)";
        report.left(place.clone(), what, why, mend);
    }

    /// Keeps a person who is complete.
    pub fn keep(&mut self, person: NewPerson) {
        self.all.push(person);
    }
}
