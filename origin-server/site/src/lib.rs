//! A folder of pages, read as sections that can be searched.
//!
//! ```text
//! folder ── walk ── files ── encoding ── text ──┬── html/ ──────────────────────┬── Page { sections } or why it is left out
//!                                               └── markdown/ ── HTML ── html/ ─┘
//! ```
//!
//! | room | job |
//! | --- | --- |
//! | `walk` | which files are pages |
//! | `encoding` | bytes to text, whatever a page is written in |
//! | `html/` | main content, sections by headings, title, language, canonical URL |
//! | `markdown/` | front matter, anchors, HTML |
//! | `marks` | `data-headwater-*` and `data-pagefind-*` |
//! | `outline` | headings and texts in the order of a page, as sections |
//! | `cut` | long sections in parts |
//! | `address` | relative URLs of pages and sections |
//! | `page` | what comes of a file |
//! | `warnings` | what is worth a look, and why pages are left out |
//!
//! Pages are hostile: whatever the bytes, reading ends in a [`Page`] or a reason, in memory bounded by the file's size.
//! Nothing is fetched and no script runs.

mod address;
mod cut;
mod encoding;
mod html;
mod markdown;
mod marks;
mod outline;
mod page;
mod walk;
mod warnings;

pub use html::Roots;
pub use page::{Options, Outcome, Page, Section, read, read_file};
pub use walk::{Files, Found, Kind, Walk};
pub use warnings::{LeftOut, Warning};
