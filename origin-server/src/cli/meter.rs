//! Progress: a bar on a terminal, plain lines elsewhere.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use headwater_core::model::PublishProgress;
use indicatif::{ProgressBar, ProgressStyle};

use super::terminal::note;

/// How often a line is printed where there is no terminal.
const REPORT_EVERY: Duration = Duration::from_secs(2);
/// How often it is said what a server waits for.
const WAITS_EVERY: Duration = Duration::from_secs(30);
/// Before so much time has passed and so much is done, nobody can know how long the rest takes.
const KNOWN_AFTER: Duration = Duration::from_secs(2);
const KNOWN_FROM: f64 = 0.05;

/// Work that is measured in steps (bytes, points) and told in things.
pub(super) struct Meter {
    bar: ProgressBar,
    what: &'static str,
    done: u64,
    /// 0: unknown.
    total: u64,
    started: Instant,
    heard: Instant,
    /// When it was last said what a server waits for.
    waits_since: Option<Instant>,
}

impl Meter {
    /// A meter of `total` steps; 0 when that is unknown.
    pub(super) fn new(what: &'static str, total: u64) -> Self {
        let bar = match (std::io::stderr().is_terminal(), total) {
            (false, _) => ProgressBar::hidden(),
            (true, 0) => ProgressBar::no_length(),
            (true, total) => ProgressBar::new(total),
        };
        bar.set_style(look(total));
        Self { bar, what, done: 0, total, started: Instant::now(), heard: Instant::now(), waits_since: None }
    }

    /// So many more steps are done; `things` in all.
    pub(super) fn advance(&mut self, steps: u64, things: u64) {
        self.done += steps;
        self.show(things);
    }

    /// So many of so many steps are done.
    pub(super) fn set(&mut self, done: u64, total: u64) {
        self.resize(total);
        self.done = done;
        self.show(done);
    }

    /// What a publish does at the server: a phase and its steps.
    pub(super) fn phase(&mut self, progress: &PublishProgress) {
        let Some(phase) = progress.phase else { return };
        self.resize(progress.total);
        self.done = progress.done;
        if let Some(reason) = &progress.waits_for
            && self.waits_since.is_none_or(|said| said.elapsed() >= WAITS_EVERY)
        {
            self.waits_since = Some(Instant::now());
            self.say(&format!("waiting: {reason}"));
        }
        let left = left(Duration::from_millis(progress.phase_ms), progress.done, progress.total);
        self.tell(phase.in_words(), &left.map(|left| format!("{left} left of that")).unwrap_or_default());
    }

    /// Says something between.
    pub(super) fn say(&self, line: &str) {
        self.bar.suspend(|| note(line));
    }

    fn resize(&mut self, total: u64) {
        if self.total != total {
            self.total = total;
            match total {
                0 => self.bar.unset_length(),
                total => self.bar.set_length(total),
            }
            self.bar.set_style(look(total));
        }
    }

    fn show(&mut self, things: u64) {
        let elapsed = self.started.elapsed();
        let text = format!("{things} {}, {:.0}/s", self.what, things as f64 / elapsed.as_secs_f64().max(0.001));
        let left = left(elapsed, self.done, self.total);
        self.tell(&text, &left.map(|left| format!("ETA {left}")).unwrap_or_default());
    }

    fn tell(&mut self, text: &str, left: &str) {
        self.bar.set_position(self.done);
        let gap = if left.is_empty() { "" } else { ", " };
        self.bar.set_message(format!("{text}{gap}{left}"));
        if self.bar.is_hidden() && self.heard.elapsed() >= REPORT_EVERY {
            self.heard = Instant::now();
            eprintln!("{}", line(text, left, self.done, self.total));
        }
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// What is printed where there is no terminal.
fn line(text: &str, left: &str, done: u64, total: u64) -> String {
    let share = share(done, total).map(|share| format!("{:.0} %", share * 100.0)).unwrap_or_default();
    let parts = [text, &share, left];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

fn share(done: u64, total: u64) -> Option<f64> {
    (total > 0).then(|| (done as f64 / total as f64).min(1.0))
}

/// How long the rest takes, when that can be known yet.
fn left(elapsed: Duration, done: u64, total: u64) -> Option<String> {
    let share = share(done, total).filter(|share| *share >= KNOWN_FROM && elapsed >= KNOWN_AFTER)?;
    Some(format!("{:.0} s", elapsed.as_secs_f64() * (1.0 - share) / share))
}

fn look(total: u64) -> ProgressStyle {
    let template = if total == 0 { "{spinner} {msg}" } else { "{bar:32} {percent:>3}%  {msg}" };
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_is_told_when_it_can_be_known() {
        let seconds = Duration::from_secs;
        for (elapsed, done, total) in
            [(seconds(100), 0, 1000), (seconds(100), 49, 1000), (seconds(1), 900, 1000), (seconds(9), 9, 0)]
        {
            assert_eq!(left(elapsed, done, total), None, "{done} of {total}");
        }
        assert_eq!(left(seconds(30), 250, 1000).as_deref(), Some("90 s"));
        assert_eq!(left(seconds(30), 2000, 1000).as_deref(), Some("0 s"), "a file that grew");
        assert_eq!(
            line("finding clusters", "90 s left of that", 250, 1000),
            "finding clusters, 25 %, 90 s left of that"
        );
        assert_eq!(line("signing", "", 0, 0), "signing");
    }
}
