//! The pre-flight's report as partners read it: for people, for programs, for tools that show findings in code.

pub mod json;
pub mod sarif;
pub mod text;
