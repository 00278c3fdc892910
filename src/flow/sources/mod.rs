//! Sources of metadata, tended: asked when it is time, judged, kept on the disk, and taken up; no lookup waits for it.

pub mod accept;
pub mod alarms;
pub mod house;
pub mod lists;
pub mod mdq;
pub mod refresh;
pub mod tended;
