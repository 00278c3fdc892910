//! What people read, in Italian and English.
//!
//! Each page's words are a table with a column for each language: a word that
//! is missing in one of them does not compile. Sentences with a number or a
//! name in them are functions.

pub mod access;
pub mod account;
pub mod age;
pub mod app;
pub mod campaign;
pub mod card;
pub mod common;
pub mod compare;
pub mod consent;
pub mod demo;
pub mod enrolment;
pub mod factors;
pub mod help;
pub mod home;
pub mod identity;
pub mod language;
pub mod lint;
pub mod login;
pub mod logout;
pub mod mail;
pub mod mail_link;
pub mod mail_sentences;
pub mod moment;
pub mod notice;
pub mod profile;
pub mod reach;
pub mod recovery;
pub mod registration;
pub mod sms;
pub mod table;
pub mod upstream;
