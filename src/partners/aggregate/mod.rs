//! Large lists of metadata at rest: a private copy, an index of it that is written only after the verdict, entities read when
//! they are asked for.
//!
//! How a source uses it, `folder` being one of our own that nobody else may write to, `name` the source's:
//!
//! 1. [`candidate::Candidate::take`] copies what comes into `folder` and verifies the copy, in one pass and a few MiB of memory.
//!    Nothing changes yet: look at [`candidate::Candidate::verified`] (`valid_until`, `cache_duration`, `signer`, `entities` with
//!    entityID and roles) and compare it with what there is. Dropped, it leaves nothing behind.
//! 2. [`candidate::Candidate::accept`] puts copy and index in place, the index last and by one rename.
//! 3. [`opened::Aggregate::open`] reads the index that there is: after a start, in milliseconds, whatever the size of the copy.
//! 4. [`opened::Aggregate::find`] answers one entity by its entityID, as metadata of its own that `saml::metadata::read` takes;
//!    [`opened::Aggregate::by_sha1`] by the digest of its name; [`opened::Aggregate::all`] lists what there is.
//!
//! What an index says is believed for its code (HMAC-SHA-256 by a key that is sealed with the store's), which covers the name
//! too; what the copy says is believed for the digest of the entity's octets in the index, compared at each reading. So neither
//! is read whole at a start, and neither can be changed in the meantime.

pub mod candidate;
pub mod error;
pub mod index;
pub mod kept;
pub mod opened;
