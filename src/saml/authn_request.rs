//! authn_request
