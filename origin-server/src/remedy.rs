//! What to do about a server's refusal, in commands. Servers speak of requests, as to any client of theirs.

use headwater_core::error::{Code, Error};
use url::Url;

/// An error of a server at `shown`, in the words of a command line. `asked` is the URL that was asked for.
pub(crate) fn in_commands(error: Error, shown: &str, asked: &Url, with_token: bool) -> Error {
    let mut segments = asked.path_segments().into_iter().flatten();
    let collection = segments.find(|segment| *segment == "collections").and_then(|_| segments.next());
    let name = collection.unwrap_or("NAME");
    // What is wrong, without what to do about it.
    let what = error.message().split(';').next().unwrap_or_default().trim_end();
    let said = match error.code() {
        Code::CollectionNotFound => {
            format!("no collection {name:?} at {shown}; create it: headwater create {name} --schema schema.json")
        }
        Code::NotPublished => {
            format!("nothing of {name:?} has been published at {shown} yet: headwater publish --collection {name}")
        }
        Code::VersionNotHeld => format!("{what}; headwater versions --collection {name} lists those that are kept"),
        Code::ModelNotFound => format!("{what}; add it: headwater model add FOLDER --name NAME"),
        Code::Unauthorized => {
            let why = if with_token { "does not take the token that was sent" } else { "wants its token" };
            format!(
                "{shown} {why}: set HEADWATER_TOKEN or say --token; of an edge that is published to, HEADWATER_EDGE_TOKEN or --to-token"
            )
        }
        _ => return error,
    };
    Error::new(error.code(), said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_hears_of_commands() {
        let asked = Url::parse("http://h/v1/collections/words/search").unwrap();
        let said = |code, message: &str, with_token| {
            in_commands(Error::new(code, message), "http://h", &asked, with_token).message().to_owned()
        };
        let missing =
            said(Code::CollectionNotFound, "no collection \"words\"; create it with PUT /v1/collections/words", false);
        assert_eq!(
            missing,
            "no collection \"words\" at http://h; create it: headwater create words --schema schema.json"
        );
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
        assert_eq!(said(Code::InvalidPoint, "point \"a\": a; b", false), "point \"a\": a; b");
    }
}
