//! One login under way: an enum at rest, with transitions that consume it.
