//! Tables that somebody exported, and which column of theirs holds the ids.

/// A table by its first line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    separator: Separator,
    /// The column that holds the ids, as far as names tell.
    id: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Separator {
    Tab,
    Comma,
    Semicolon,
}

/// Columns whose name says that they tell rows apart, the likeliest first; compared without case.
const IDS: [&str; 5] = ["id", "_id", "uuid", "key", "objectid"];

/// Numbers become numbers where JSON writes them so (`007` stays a text); all else stays a text.
const PAYLOAD: &str =
    r#"{k: json.loads(v) if re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?", v) else v for k, v in r.items()}"#;

impl Table {
    /// The table that begins with this line; none when nothing separates columns there.
    pub(super) fn with_header(line: &[u8]) -> Option<Self> {
        let of_line = [(b'\t', Separator::Tab), (b',', Separator::Comma), (b';', Separator::Semicolon)];
        let (sign, separator) = of_line.into_iter().find(|(sign, _)| line.contains(sign))?;
        let names = line.split(|&byte| byte == sign).map(|name| String::from_utf8_lossy(name).into_owned());
        // In the quotes of the command only plain names stand for themselves.
        let is_plain = |name: &String| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
        let names: Vec<String> = names.map(|name| name.trim().trim_matches('"').to_owned()).filter(is_plain).collect();
        let of = |wanted: &str| names.iter().find(|name| name.eq_ignore_ascii_case(wanted)).cloned();
        let exact = names.iter().find(|name| *name == "id").cloned();
        Some(Self { separator, id: exact.or_else(|| IDS.into_iter().find_map(of)) })
    }

    pub(super) const fn name(&self) -> &'static str {
        match self.separator {
            Separator::Tab => "a table with tabs, as it seems",
            Separator::Comma => "CSV, as it seems",
            Separator::Semicolon => "CSV with semicolons, as it seems",
        }
    }

    /// Python has a reader of CSV that takes all forms of quotes, and is on most machines.
    pub(super) fn command(&self) -> String {
        let delimiter = match self.separator {
            Separator::Tab => r#", delimiter="\t""#,
            Separator::Comma => "",
            Separator::Semicolon => r#", delimiter=";""#,
        };
        let rows = format!(r#"csv.DictReader(open(0, encoding="utf-8-sig", newline=""){delimiter})"#);
        let (id, rows) = match &self.id {
            Some(column) => (format!("r.pop({column:?})"), format!("for r in {rows}")),
            None => ("str(n)".to_owned(), format!("for n, r in enumerate({rows}, 1)")),
        };
        let point = format!(r#"{{"id": {id}, "payload": {PAYLOAD}}}"#);
        format!("python3 -c 'import csv, json, re; [print(json.dumps({point})) {rows}]' < FILE")
    }

    pub(super) fn remark(&self) -> Option<String> {
        match &self.id {
            Some(column) if column == "id" => None,
            Some(column) => Some(format!("the ids are those of the column {column:?}")),
            None => Some(
                "no column is called \"id\", so the ids are the numbers of the rows; where a column holds ids, write \
                 r.pop(\"ITS NAME\") in place of str(n)"
                    .to_owned(),
            ),
        }
    }
}
