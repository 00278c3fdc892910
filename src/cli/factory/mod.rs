//! `ponte metadata factory`: the metadata of many bodies from a table of them, as aggregators and operators need them.

pub mod ledger;
pub mod make;
pub mod run;
pub mod table;
