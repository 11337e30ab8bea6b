//! Progress: a bar on a terminal, plain lines elsewhere.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// How often a line is printed where there is no terminal.
const REPORT_EVERY: Duration = Duration::from_secs(2);

/// Work that is measured in steps (bytes, points) and told in things.
pub(super) struct Meter {
    bar: ProgressBar,
    what: &'static str,
    done: u64,
    /// 0: unknown.
    total: u64,
    started: Instant,
    heard: Instant,
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
        Self { bar, what, done: 0, total, started: Instant::now(), heard: Instant::now() }
    }

    /// So many more steps are done; `things` in all.
    pub(super) fn advance(&mut self, steps: u64, things: u64) {
        self.done += steps;
        self.show(things);
    }

    /// So many of so many steps are done.
    pub(super) fn set(&mut self, done: u64, total: u64) {
        if self.total != total {
            self.total = total;
            self.bar.set_length(total);
            self.bar.set_style(look(total));
        }
        self.done = done;
        self.show(done);
    }

    fn show(&mut self, things: u64) {
        let seconds = self.started.elapsed().as_secs_f64();
        let text = format!("{things} {}, {:.0}/s", self.what, things as f64 / seconds.max(0.001));
        self.bar.set_position(self.done);
        self.bar.set_message(text.clone());
        if self.bar.is_hidden() && self.heard.elapsed() >= REPORT_EVERY {
            self.heard = Instant::now();
            match self.total {
                0 => eprintln!("{text}"),
                total => {
                    let share = (self.done as f64 / total as f64).min(1.0);
                    let left = seconds * (1.0 - share) / share.max(0.001);
                    eprintln!("{text}, {:.0}%, ETA {left:.0} s", share * 100.0);
                }
            }
        }
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

fn look(total: u64) -> ProgressStyle {
    let template = if total == 0 { "{spinner} {msg}" } else { "{bar:32} {percent:>3}%  {msg}  ETA {eta}" };
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
