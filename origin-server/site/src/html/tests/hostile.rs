//! Pages as nobody should make them.

use proptest::prelude::*;

use super::*;

#[test]
fn broken_pages_are_read_as_far_as_they_go() {
    let open = page_of("a.html", "<main><h1>T</h1>seen<!-- lost </main><p>lost");
    assert_eq!((open.sections[0].text.as_str(), &open.warnings[..]), ("seen", &[Warning::OpenComment][..]));
    let twice = page_of("a.html", "<main><h2 id=x>A</h2>a<h2 id=x>B</h2>b</main>");
    assert!(twice.warnings.contains(&Warning::DuplicateAnchor("x".into())));
    assert_eq!(twice.sections[2].id, "a.html#x~2");
    let deep = format!("<main><h1>T</h1>top{}", "<div>x".repeat(50_000));
    assert!(page_of("a.html", &deep).warnings.contains(&Warning::BrokenHtml));
    let misnested = page_of("a.html", "<main><b><p>one</b> two<table><p>three<tr><td>four</main></p>five");
    let text: String = misnested.sections.iter().map(|s| s.text.clone()).collect::<Vec<_>>().join(" ");
    assert!(["one", "two", "three", "four"].iter().all(|word| text.contains(word)), "{text}");
    let template = page_of("a.html", "<html lang='{{ .Lang }}'><main><h1>T</h1>x</main>");
    assert_eq!(template.lang, None);
}

/// Each takes a moment, and not the square of its size.
#[test]
fn what_somebody_makes_to_take_for_ever_does_not() {
    for (part, count) in [
        ("<h2>Same place</h2>", 200_000),
        ("<b data-headwater-meta=x>", 100_000),
        ("<p data-headwater-filter=x>y", 100_000),
        ("<header><a href=#>", 100_000),
        ("<dl><dt class=sig id=x>x<dd>", 50_000),
        ("<!--", 500_000),
    ] {
        let started = std::time::Instant::now();
        let html = format!("<main><h1>T</h1>Text{}", part.repeat(count));
        let page = page_of("a.html", &html);
        assert!(page.sections.len() <= 40_000 && page.warnings.len() < 100, "{part}");
        assert!(started.elapsed().as_secs() < 60, "{part}: {:?}", started.elapsed());
    }
}

#[test]
fn many_sections_and_long_ones_stay_small() {
    let html = format!("<main><h1>T</h1><p>{}</p>{}</main>", "word ".repeat(100_000), "<h2 id=q>Q</h2>".repeat(5000));
    let page = page_of("a.html", &html);
    assert!(page.sections.len() > 5200);
    assert!(page.sections.iter().all(|s| s.text.len() < 10_000 && s.id.len() <= 512));
    let long = page_of("a.html", &format!("<main><h1>T</h1><h2 id={0}>{0}</h2>x</main>", "y".repeat(5000)));
    assert!(long.sections[1].id.len() <= 512 && long.sections[1].heading.as_ref().unwrap().len() < 1000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_bytes_are_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..2000), markdown: bool) {
        let kind = if markdown { Kind::Markdown } else { Kind::Html };
        let _ = read(Path::new("nowhere"), &Found { path: "a.html".to_owned(), kind }, &bytes, &Options::default());
    }

    #[test]
    fn no_order_of_elements_is_too_strange(parts in prop::collection::vec(prop::sample::select(&PARTS[..]), 0..80)) {
        let html = parts.concat();
        for kind in [Kind::Markdown, Kind::Html] {
            let found = Found { path: "a.html".to_owned(), kind };
            if let Outcome::Page(page) = read(Path::new("nowhere"), &found, html.as_bytes(), &Options::default()) {
                let ids: std::collections::HashSet<_> = page.sections.iter().map(|s| &s.id).collect();
                prop_assert_eq!(ids.len(), page.sections.len());
                prop_assert!(page.sections.iter().all(|s| s.trail[0] == page.title && !s.text.contains("hidden")));
            }
        }
    }
}

const PARTS: [&str; 44] = [
    "<main>",
    "</main>",
    "<article>",
    "</article>",
    "<div id=a>",
    "</div>",
    "<h1>",
    "</h1>",
    "<h2 id=b>",
    "</h2>",
    "<h3>",
    "</h3>",
    "<dl>",
    "</dl>",
    "<dt class=sig id=c>",
    "</dt>",
    "<dd>",
    "</dd>",
    "<pre>",
    "</pre>",
    "<table>",
    "</table>",
    "<td>",
    "<template>",
    "</template>",
    "<nav>hidden</nav>",
    "<p hidden>hidden</p>",
    "<svg><title>",
    "</svg>",
    "<math>",
    "text ",
    "é\u{3000}東京 ",
    "&amp;&nbsp;",
    "<!--",
    "-->",
    "<b data-pagefind-weight=3>",
    "</b>",
    "<p data-headwater-body>",
    "<a name=d href=#x>¶</a>",
    "<select>",
    "</select>",
    "\n\n# md\n\n",
    "<frameset>",
    "<body data-headwater-filter=x>",
];
