//! HTTP-Redirect and HTTP-POST, as they come.
