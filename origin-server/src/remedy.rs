//! What to do about a server's refusal, in commands. Servers speak of requests, as to any client of theirs.

use headwater_core::error::{Code, Error};
use url::Url;

use crate::client::Side;

/// What was asked of a server.
pub(crate) struct Asked<'a> {
    /// The server, as a person reads it.
    pub(crate) server: &'a str,
    pub(crate) side: Side,
    /// What was asked for.
    pub(crate) url: &'a Url,
    /// What a command needs behind it to ask that server.
    pub(crate) flag: String,
    pub(crate) with_token: bool,
    /// The collections that there are, when one is asked for that is not, and the server says so.
    pub(crate) collections: Option<Vec<String>>,
    /// Whether a collection that is not there may be created for what is wanted.
    pub(crate) offers_to_create: bool,
}

/// Collections that are named at most.
const MOST_NAMED: usize = 8;

/// An error of a server in the words of a command line.
pub(crate) fn in_commands(error: Error, asked: &Asked<'_>) -> Error {
    let (shown, flag) = (asked.server, &asked.flag);
    let mut segments = asked.url.path_segments().into_iter().flatten();
    let collection = segments.find(|segment| *segment == "collections").and_then(|_| segments.next());
    let name = collection.unwrap_or("NAME");
    // What is wrong, without what to do about it.
    let what = error.message().split(';').next().unwrap_or_default().trim_end();
    let said = match error.code() {
        // An edge makes no collections: it has what is published to it.
        Code::CollectionNotFound if what.contains("this edge") => format!(
            "nothing was published to the edge {shown} as {name:?}; at its origin: headwater publish --collection {name} --to {shown}"
        ),
        Code::CollectionNotFound => no_collection(name, asked),
        Code::CollectionExists => format!(
            "{what}; `headwater delete {name}{flag}` deletes that one with all of its points, or take another name for this one"
        ),
        Code::NotPublished => {
            format!(
                "nothing of {name:?} has been published at {shown} yet: headwater publish --collection {name}{flag}"
            )
        }
        Code::VersionNotHeld => {
            format!("{what}; headwater versions --collection {name}{flag} lists those that are kept")
        }
        Code::ModelNotFound if asked.url.path().contains("/v1/models/") => {
            format!("{what}; headwater model list{flag} lists those that there are")
        }
        Code::Conflict if asked.url.path().contains("/v1/models/") && what.contains("is used by") => {
            format!("{what}; headwater delete NAME{flag} deletes a collection with all of its points")
        }
        Code::ModelNotFound => {
            let model = what.split('"').nth(1).unwrap_or("NAME");
            format!("{what}; add it: headwater model add FOLDER --name {model}{flag}")
        }
        Code::ReadOnly => format!(
            "{shown} is an edge, which takes no writes: write to the origin (HEADWATER_URL or --url names it), then \
             headwater publish --collection {name} --to {shown}"
        ),
        // An import waits, and says itself what for.
        Code::PendingFull if asked.url.path().ends_with("/points/delete") => {
            format!("{what}; publish first, then delete again: headwater publish --collection {name}{flag}")
        }
        Code::NotFound if asked.url.path() == "/head" => {
            format!("{shown} is a server, which has many collections: name one, as {shown}/v1/collections/words")
        }
        Code::Unauthorized => unauthorized(what, asked),
        // An edge says no more of itself than whom it does not trust.
        Code::KeyUntrusted | Code::KeyRevoked | Code::SignatureInvalid if asked.side == Side::Edge => format!(
            "the edge {shown} refuses the publication: {}; its Worker's HEADWATER_TRUST names the keys that it trusts, and \
             `headwater keys show`, run where the origin keeps its data, prints the one that belongs there",
            error.message()
        ),
        Code::KeyUntrusted | Code::KeyRevoked | Code::SignatureInvalid | Code::HeadExpired | Code::HeadRolledBack => {
            format!("{shown} refuses what was published: {}", error.message())
        }
        _ => return error,
    };
    Error::new(error.code(), said)
}

/// Says which collections there are instead, and what to do when this one is wanted all the same.
fn no_collection(name: &str, asked: &Asked<'_>) -> String {
    let create = format!("headwater create {name} --schema schema.json{}", asked.flag);
    let mut said = format!("no collection {name:?} at {}", asked.server);
    let Some(all) = &asked.collections else {
        return if asked.offers_to_create { format!("{said}; create it: {create}") } else { said };
    };
    let distance = |other: &&String| strsim::damerau_levenshtein(other, name);
    let near = all.iter().min_by_key(distance).filter(|other| distance(other) <= (name.chars().count() / 3).max(1));
    if let Some(near) = near {
        said.push_str(&format!("; did you mean {near:?}?"));
    }
    let named: Vec<String> = all.iter().take(MOST_NAMED).map(|name| format!("{name:?}")).collect();
    match all.len() {
        0 => said.push_str(", which has none"),
        1 if near.is_some() => {}
        1 => said.push_str(&format!("; there is {}", named.join(", "))),
        count => {
            let more = count.saturating_sub(MOST_NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let begin = if near.is_some() { " There" } else { "; there" };
            said.push_str(&format!("{begin} are {}{more}", named.join(", ")));
        }
    }
    if asked.offers_to_create {
        said.push_str(&format!("; create it: {create}"));
    }
    said
}

fn unauthorized(what: &str, asked: &Asked<'_>) -> String {
    let shown = asked.server;
    if what.contains("publishing is off") {
        return format!(
            "the edge {shown} takes no publications until its Worker has a secret: npx wrangler secret put HEADWATER_TOKEN; set the \
             same here as HEADWATER_EDGE_TOKEN, or say it with --to-token"
        );
    }
    let why = if asked.with_token { "does not take the token that was sent" } else { "wants its token" };
    match asked.side {
        Side::Origin => format!("{shown} {why}: set HEADWATER_TOKEN or say --token"),
        Side::Edge => format!(
            "the edge {shown} {why}: set HEADWATER_EDGE_TOKEN or say --to-token with what its Worker has as HEADWATER_TOKEN"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(url: &Url) -> Asked<'_> {
        let (server, side) = ("http://h", Side::Origin);
        Asked { server, side, url, flag: String::new(), with_token: false, collections: None, offers_to_create: true }
    }

    #[test]
    fn a_collection_that_is_not_there_is_answered_by_those_that_are() {
        let url = Url::parse("http://h/v1/collections/wrods/publish").unwrap();
        let said = |collections: &[&str], offers_to_create| {
            let collections = Some(collections.iter().map(|name| (*name).to_owned()).collect());
            let asked = Asked { collections, offers_to_create, ..asked(&url) };
            in_commands(Error::new(Code::CollectionNotFound, "no collection"), &asked).message().to_owned()
        };
        let none = "no collection \"wrods\" at http://h";
        let create = "create it: headwater create wrods --schema schema.json";
        assert_eq!(said(&[], false), format!("{none}, which has none"));
        assert_eq!(said(&[], true), format!("{none}, which has none; {create}"));
        assert_eq!(said(&["words"], false), format!("{none}; did you mean \"words\"?"));
        assert_eq!(said(&["a", "words"], false), format!("{none}; did you mean \"words\"? There are \"a\", \"words\""));
        assert_eq!(said(&["films"], true), format!("{none}; there is \"films\"; {create}"));
        let many = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
        assert!(said(&many, false).ends_with("\"g\", \"h\" and 2 more"), "{}", said(&many, false));
    }

    #[test]
    fn commands_ask_the_same_server() {
        let url = Url::parse("http://h/v1/collections/words/search").unwrap();
        for (code, message) in [
            (Code::CollectionNotFound, "no collection \"words\""),
            (Code::CollectionExists, "collection \"words\" exists with another schema; …"),
            (Code::NotPublished, "nothing is published"),
            (Code::VersionNotHeld, "no version 9; …"),
            (Code::ModelNotFound, "no model \"small\"; …"),
        ] {
            let asked = Asked { flag: " --url http://h".into(), ..asked(&url) };
            let said = in_commands(Error::new(code, message), &asked).message().to_owned();
            assert!(said.contains(" --url http://h"), "{said}");
            assert!(!said.contains("NAME"), "{said}");
        }
    }

    #[test]
    fn a_command_line_hears_of_commands() {
        let url = Url::parse("http://h/v1/collections/words/search").unwrap();
        let at = |side, code, message: &str, with_token| {
            let asked = Asked { side, with_token, ..asked(&url) };
            in_commands(Error::new(code, message), &asked).message().to_owned()
        };
        let said = |code, message: &str, with_token| at(Side::Origin, code, message, with_token);
        let missing =
            said(Code::CollectionNotFound, "no collection \"words\"; create it with PUT /v1/collections/words", false);
        assert_eq!(
            missing,
            "no collection \"words\" at http://h; create it: headwater create words --schema schema.json"
        );
        let other = said(
            Code::CollectionExists,
            "collection \"words\" exists with another schema; delete it first, or take another name",
            false,
        );
        assert!(other.contains("exists with another schema; `headwater delete words` deletes"), "{other}");
        let version =
            said(Code::VersionNotHeld, "collection \"words\" has no version 9; GET …/versions lists others", false);
        assert_eq!(
            version,
            "collection \"words\" has no version 9; headwater versions --collection words lists those that are kept"
        );
        assert!(
            said(Code::Unauthorized, "writes need the header", false).contains("wants its token: set HEADWATER_TOKEN")
        );
        assert!(said(Code::Unauthorized, "writes need the header", true).contains("does not take the token"));
        let deleting = Url::parse("http://h/v1/collections/words/points/delete").unwrap();
        let at_delete = asked(&deleting);
        let full =
            "collection \"words\" has 9 B of unpublished changes; publish it (POST /v1/collections/words/publish)";
        let full = in_commands(Error::new(Code::PendingFull, full), &at_delete);
        assert!(full.message().ends_with("delete again: headwater publish --collection words"), "{full}");
        let whole = Url::parse("http://h/head").unwrap();
        let at_head = asked(&whole);
        let one = in_commands(Error::new(Code::NotFound, "nothing is at \"/head\"; see /docs"), &at_head);
        assert!(one.message().ends_with("name one, as http://h/v1/collections/words"), "{one}");
        // An edge that is published to has a token of its own, and one that has none takes nothing.
        let edge = |message: &str, with_token| at(Side::Edge, Code::Unauthorized, message, with_token);
        for with_token in [false, true] {
            let refused = edge("the Bearer token is missing or is not this Worker's HEADWATER_TOKEN", with_token);
            assert!(refused.contains("set HEADWATER_EDGE_TOKEN or say --to-token"), "{refused}");
            assert!(!said(Code::Unauthorized, "writes need the header", with_token).contains("EDGE"));
            let off = edge("publishing is off here: set the Worker's secret", with_token);
            assert!(off.contains("wrangler secret put HEADWATER_TOKEN"), "{off}");
        }
        let nothing = "nothing was published to this edge as \"words\"; run `headwater publish` …";
        let published = said(Code::CollectionNotFound, nothing, false);
        assert!(published.ends_with("headwater publish --collection words --to http://h"), "{published}");
        let written = said(Code::ReadOnly, "the edge takes no writes; …", false);
        assert!(written.contains("write to the origin") && written.ends_with("words --to http://h"), "{written}");
        assert_eq!(said(Code::InvalidPoint, "point \"a\": a; b", false), "point \"a\": a; b");
    }
}
