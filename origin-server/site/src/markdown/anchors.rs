//! Ids of headings, as GitHub and most generators make them: in lower case, without punctuation, with `-` for blanks,
//! and with a number where one is there already.

use std::collections::HashMap;

use pulldown_cmark::{CowStr, Event, Tag, TagEnd};

/// Gives each heading without an id one.
pub(super) fn with_ids(mut events: Vec<Event<'_>>) -> Vec<Event<'_>> {
    let mut used: HashMap<String, u32> = HashMap::new();
    let mut ids = Vec::new();
    for (at, event) in events.iter().enumerate() {
        if let Event::Start(Tag::Heading { id, .. }) = event {
            let text = heading_text(events.get(at + 1..).unwrap_or_default());
            let slug = id.as_deref().map_or_else(|| slug(&text), str::to_owned);
            let number = used.entry(slug.clone()).and_modify(|number| *number += 1).or_insert(0);
            ids.push((at, if *number == 0 { slug } else { format!("{slug}-{number}") }));
        }
    }
    for (at, slug) in ids {
        if let Some(Event::Start(Tag::Heading { id, .. })) = events.get_mut(at) {
            *id = Some(CowStr::from(slug));
        }
    }
    events
}

fn heading_text(events: &[Event<'_>]) -> String {
    let within = events.iter().take_while(|event| !matches!(event, Event::End(TagEnd::Heading(_))));
    within
        .map(|event| match event {
            Event::Text(text) | Event::Code(text) => text.as_ref(),
            Event::SoftBreak | Event::HardBreak => " ",
            _ => "",
        })
        .collect()
}

fn slug(text: &str) -> String {
    let kept = text.trim().chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}
