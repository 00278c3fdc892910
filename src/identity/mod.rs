//! Who somebody is: our own name for a person, the account, the attributes
//! and what of them may be told to whom.

pub mod account;
pub mod age;
pub mod attributes;
pub mod fiscal_code;
pub mod format;
pub mod kind;
pub mod mapping;
pub mod mapping_names;
pub mod name_id;
pub mod release;
pub mod subject;
pub mod tenant;
