//! `[sessions]` and `[recovery]`: what a browser carries over, and the way back in.

use crate::config::check::Check;
use crate::config::choices::LEVELS;
use crate::config::raw;
use crate::config::values::seconds;
use crate::flow::env::{RecoverySettings, SessionSettings};
use crate::login::session::Lives;

impl Check<'_> {
    pub(super) fn sessions(&mut self, raw: &raw::Sessions) -> Option<SessionSettings> {
        let (idle, absolute) = (raw.idle_seconds, raw.absolute_seconds);
        let idle = self.number("sessions.idle-seconds", idle, 60, 86_400)?;
        let absolute = self.number("sessions.absolute-seconds", absolute, 60, 2_592_000)?;
        if absolute < idle {
            let expected = "not less than sessions.idle-seconds";
            self.wrong_number("sessions.absolute-seconds", expected, raw.absolute_seconds);
        }
        let level = self.choice("sessions.account-level", &raw.account_level, &LEVELS);
        let lives = Lives { idle: seconds(idle), absolute: seconds(absolute) };
        Some(SessionSettings { lives, account_level: level? })
    }

    pub(super) fn recovery(&mut self, raw: &raw::Recovery) -> Option<RecoverySettings> {
        let hours =
            self.number("recovery.cooling-off-hours", raw.cooling_off_hours, 0, 24 * 365)?;
        Some(RecoverySettings { cooling_off: seconds(hours * 3600) })
    }
}
