//! Pages as generators make them.

mod hostile;

use std::path::Path;

use crate::Roots;
use crate::page::{Options, Outcome, Page, read};
use crate::walk::{Found, Kind};
use crate::warnings::{LeftOut, Warning};

fn outcome_of(file: &str, html: &str, options: &Options) -> Outcome {
    let found = Found { path: file.to_owned(), kind: Kind::Html };
    read(Path::new("nowhere"), &found, html.as_bytes(), options)
}

#[track_caller]
fn page_of(file: &str, html: &str) -> Page {
    match outcome_of(file, html, &Options::default()) {
        Outcome::Page(page) => page,
        Outcome::LeftOut(why) => panic!("left out: {why}"),
    }
}

#[track_caller]
fn left_out(file: &str, html: &str) -> LeftOut {
    match outcome_of(file, html, &Options::default()) {
        Outcome::LeftOut(why) => why,
        Outcome::Page(page) => panic!("{page:?}"),
    }
}

/// Anchor, heading and text of each section.
fn told(page: &Page) -> Vec<(&str, &str, &str)> {
    page.sections
        .iter()
        .map(|s| (s.url.split_once('#').map_or("", |(_, a)| a), s.heading.as_deref().unwrap_or(""), s.text.as_str()))
        .collect()
}

/// Anchor and names of each section that has any.
fn named(page: &Page) -> Vec<(&str, Vec<&str>)> {
    page.sections
        .iter()
        .filter(|s| !s.names.is_empty())
        .map(|s| (s.url.split_once('#').map_or("", |(_, a)| a), s.names.iter().map(String::as_str).collect()))
        .collect()
}

#[test]
fn hugo() {
    let page = page_of(
        "posts/first/index.html",
        r##"<!DOCTYPE html><html lang="en-us" dir="ltr"><head><title>First | My Site</title>
        <link rel="canonical" href="https://example.org/posts/first/"></head>
        <body><header><nav><a href="/">Home</a><a href="/posts/">Posts</a></nav></header>
        <main><article><header><h1>First</h1><time datetime="2026-01-02">January 2</time></header>
        <p>A   paragraph
        of text.</p><h2 id="why">Why <a class="anchor" aria-hidden="true" href="#why">#</a></h2><p>Because.</p>
        <div class="highlight"><pre tabindex="0"><code class="language-sh"><span style="display:flex;"><span>hugo new
</span></span><span style="display:flex;"><span>hugo serve</span></span></code></pre></div>
        </article></main><footer>© My Site</footer></body></html>"##,
    );
    assert_eq!((page.url.as_str(), page.title.as_str(), page.lang.as_deref()), ("posts/first/", "First", Some("en")));
    assert_eq!(
        told(&page),
        [("", "", "January 2\nA paragraph of text."), ("why", "Why", "Because.\nhugo new\nhugo serve"),]
    );
    assert!(page.warnings.is_empty(), "{:?}", page.warnings);
    let alias = r#"<!DOCTYPE html><html><head><title>x</title><meta http-equiv="refresh" content="0; url=/posts/"></head></html>"#;
    assert_eq!(left_out("post/index.html", alias), LeftOut::Redirect);
}

#[test]
fn jekyll() {
    let page = page_of(
        "about/index.html",
        r#"<html lang="de"><head><title>Über uns - Seite</title></head><body>
        <header class="site-header"><a class="site-title">Seite</a></header>
        <main class="page-content" aria-label="Content"><div class="wrapper"><article class="post">
        <header class="post-header"><h1 class="post-title">Über uns</h1></header>
        <div class="post-content"><p>Wir sind <em>zwei</em>.</p><h3 id="wo">Wo</h3><ul><li>Hier</li><li>Dort</li></ul>
        </div></article></div></main><footer class="site-footer">Impressum</footer></body></html>"#,
    );
    assert_eq!((page.title.as_str(), page.lang.as_deref()), ("Über uns", Some("de")));
    assert_eq!(told(&page), [("", "", "Wir sind zwei."), ("wo", "Wo", "Hier\nDort")]);
}

#[test]
fn docusaurus() {
    let page = page_of(
        "docs/intro.html",
        r##"<html lang="en" class="docs-wrapper"><head><title data-rh="true">Intro | Site</title>
        <link data-rh="true" rel="canonical" href="https://site.example/base/docs/intro"></head>
        <body><div id="__docusaurus"><div role="region" aria-label="Skip to main content"><a href="#x">Skip</a></div>
        <nav class="navbar">Site</nav><div class="main-wrapper"><aside class="theme-doc-sidebar-container">Menu</aside>
        <main class="docMainContainer_TBSr"><div class="container"><div class="row"><div class="col">
        <article><nav class="theme-doc-breadcrumbs">Home</nav><span class="theme-doc-version-badge badge">v2</span>
        <div class="theme-doc-toc-mobile">On this page</div>
        <div class="theme-doc-markdown markdown"><header><h1>Intro</h1></header><p>Hello.</p>
        <h2 class="anchor" id="setup">Setup<a href="#setup" class="hash-link" aria-label="Direct link">&#8203;</a></h2>
        <div class="theme-admonition admonition_x alert"><p>Mind the gap.</p></div>
        <div class="language-bash codeBlockContainer"><pre><code><span class="token-line">npm start<br></span></code></pre>
        <div class="buttonGroup"><button type="button" aria-label="Copy code">Copy</button></div></div></div>
        <footer class="theme-doc-footer">Edit this page</footer></article>
        <nav class="pagination-nav">Next</nav></div><div class="col"><div class="table-of-contents">Setup</div></div>
        </div></div></main></div></div></body></html>"##,
    );
    assert_eq!(page.url, "docs/intro", "as its canonical URL says");
    assert_eq!(told(&page), [("", "", "v2\nHello."), ("setup", "Setup", "Mind the gap.\nnpm start")]);
}

#[test]
fn vitepress() {
    let page = page_of(
        "guide/start.html",
        r##"<html lang="en-US"><head><title>Start | VP</title></head><body><div id="app"><div class="Layout">
        <header class="VPNav"><div class="VPNavBarTitle">VP</div></header><aside class="VPSidebar"><nav>…</nav></aside>
        <div class="VPContent" id="VPContent"><div class="VPDoc has-aside"><div class="container">
        <div class="aside"><aside class="VPDocAside">On this page</aside></div><div class="content">
        <main class="main"><div class="vp-doc _guide_start"><div>
        <h1 id="start" tabindex="-1">Start <a class="header-anchor" href="#start" aria-label="Permalink">&#8203;</a></h1>
        <p>Text with <code>code</code>.</p><div class="tip custom-block"><p class="custom-block-title">TIP</p><p>Try.</p></div>
        <h2 id="a-b" tabindex="-1">A &amp; B <a class="header-anchor" href="#a-b">&#8203;</a></h2>
        <div class="language-js vp-adaptive-theme"><button title="Copy Code" class="copy"></button><span class="lang">js</span>
        <pre class="shiki"><code><span class="line">a()</span>
<span class="line">b()</span></code></pre><div class="line-numbers-wrapper"><span class="line-number">1</span></div></div>
        </div></div></main><footer class="VPDocFooter">Next page</footer></div></div></div></div></div></div></body></html>"##,
    );
    assert_eq!(told(&page), [("", "", "Text with code.\nTIP\nTry."), ("a-b", "A & B", "js\na()\nb()"),]);
}

#[test]
fn mdbook() {
    let page = page_of(
        "ch01-01-installation.html",
        r##"<html lang="en" class="light"><head><title>Installation - The Book</title></head><body>
        <div id="body-container"><nav id="sidebar" class="sidebar">1. Chapter</nav>
        <div id="page-wrapper" class="page-wrapper"><div class="page"><div id="menu-bar" class="menu-bar sticky">
        <h1 class="menu-title">The Book</h1></div>
        <div id="content" class="content"><main>
        <h2 id="installation"><a class="header" href="#installation">Installation</a></h2><p>First.</p>
        <h3 id="linux"><a class="header" href="#linux">Linux</a></h3>
        <pre><pre class="playground"><code class="language-rust"><span class="boring">fn main() {
</span>let x = 1;
<span class="boring">}</span></code></pre></pre></main>
        <nav class="nav-wrapper" aria-label="Page navigation">Next</nav></div></div></div></div></body></html>"##,
    );
    assert_eq!(page.title, "Installation - The Book", "the title in the bar is not in the content");
    assert_eq!(
        told(&page),
        [("", "", ""), ("installation", "Installation", "First."), ("linux", "Linux", "fn main() {\nlet x = 1;\n}"),]
    );
    let print =
        r#"<html lang="en"><head><meta name="robots" content="noindex"></head><body><main>All</main></body></html>"#;
    assert_eq!(left_out("print.html", print), LeftOut::NoIndex);
}

#[test]
fn sphinx() {
    let page = page_of(
        "library/x.html",
        r##"<html lang="en"><head><title>x — Things &#8212; Docs</title><link rel="index" href="../genindex.html" />
        <link rel="search" href="../search.html" /></head><body><div class="related" role="navigation">index</div>
        <div class="document"><div class="documentwrapper"><div class="bodywrapper"><div class="body" role="main">
        <section id="module-x"><span id="x-things"></span><h1><code class="xref">x</code> — Things<a class="headerlink"
        href="#module-x" title="Permalink">¶</a></h1><p>About.</p>
        <section id="functions"><h2>Functions<a class="headerlink" href="#functions">¶</a></h2>
        <dl class="py function"><dt class="sig sig-object py" id="x.run">
        <span class="sig-prename">x.</span><span class="sig-name">run</span><span class="sig-paren">(</span><em>n</em><span
        class="sig-paren">)</span><a class="headerlink" href="#x.run">¶</a></dt><dd><p>Runs it.</p>
        <dl class="py method"><dt class="sig sig-object py" id="x.run.stop">stop()</dt><dd><p>Stops.</p></dd></dl>
        <p>More of run.</p></dd></dl><p>After the list.</p>
        <dl class="c function"><dt class="sig sig-object c" id="c.X_Run">int <span class="sig-name descname">X_Run</span>(int n)</dt>
        <dd><p>In C.</p></dd></dl><dl class="glossary"><dt id="term-runner">runner</dt><dd><p>What runs.</p></dd></dl>
        <div class="highlight-python3"><div class="highlight"><table><tr><td class="linenos"><pre>1
2</pre></td><td class="code"><pre><span></span>a = 1
b = 2
</pre></td></tr></table></div></div></section></section></div></div></div>
        <div class="sphinxsidebar" role="navigation">Table</div></div></body></html>"##,
    );
    assert_eq!(page.title, "x — Things");
    assert_eq!(
        told(&page),
        [
            ("", "", "About."),
            ("functions", "Functions", "After the list.\na = 1\nb = 2"),
            ("x.run", "x.run(n)", "Runs it.\nMore of run."),
            ("x.run.stop", "stop()", "Stops."),
            ("c.X_Run", "int X_Run(int n)", "In C."),
            ("term-runner", "runner", "What runs."),
        ]
    );
    assert_eq!(named(&page), [("", vec!["x"]), ("x.run", vec!["run", "x.run"]), ("c.X_Run", vec!["X_Run"])]);
    assert_eq!(page.sections[3].trail, ["x — Things", "Functions", "x.run(n)", "stop()"]);
    let index = r##"<html lang="en"><head><link rel="index" href="#" /></head><body><div role="main"><h1>Index</h1>
        <p>A</p></div></body></html>"##;
    assert_eq!(left_out("genindex.html", index), LeftOut::Generated);
    for table in ["genindextable", "indextable"] {
        let letter = format!("<div role=main><h1 id=index>A</h1><table class={table}><tr><td>abs()</table></div>");
        assert_eq!(left_out("genindex-A.html", &letter), LeftOut::Generated);
    }
}

#[test]
fn starlight() {
    let page = page_of(
        "guides/example/index.html",
        r##"<html lang="en" dir="ltr" data-has-sidebar><head><title>Example | Docs</title></head><body>
        <div class="page"><header class="header">Docs</header><nav class="sidebar">Guides</nav><div class="main-frame">
        <mobile-starlight-toc><nav>On this page</nav></mobile-starlight-toc>
        <main data-pagefind-body lang="en" dir="ltr"><div class="content-panel"><h1 id="_top">Example Guide</h1></div>
        <div class="content-panel"><div class="sl-markdown-content"><p>Guides lead.</p>
        <div class="sl-heading-wrapper level-h2"><h2 id="further">Further reading</h2><a class="sl-anchor-link"
        href="#further"><span aria-hidden="true" class="sl-anchor-icon"><svg></svg></span><span class="sr-only">Section
        titled “Further reading”</span></a></div><p>Read.</p>
        <aside aria-label="Tip" class="starlight-aside starlight-aside--tip"><p class="starlight-aside__title">Tip</p>
        <p>Try it.</p></aside></div></div><footer>Edit page</footer></main></div></div></body></html>"##,
    );
    assert!(page.is_marked);
    assert_eq!(told(&page), [("", "", "Guides lead."), ("further", "Further reading", "Read.\nTip\nTry it.")]);
}

#[test]
fn rustdoc() {
    let page = page_of(
        "std/vec/struct.Vec.html",
        r##"<html lang="en"><head><title>Vec in std::vec - Rust</title></head><body class="rustdoc struct">
        <nav class="sidebar">Methods</nav><main><div class="width-limiter"><section id="main-content" class="content">
        <div class="main-heading"><h1 class="fqn">Struct <a href="../index.html">std</a>::<wbr><a class="struct" href="#">Vec</a>
        <button id="copy-path">copy</button></h1><span class="out-of-band"><a class="srclink" href="src">source</a></span></div>
        <p>A contiguous growable array.</p><h2 id="implementations">Implementations<a href="#implementations"
        class="anchor">§</a></h2><section id="method.push" class="method has-srclink"><span class="rightside">1.0.0</span>
        <h4 class="code-header">pub fn <a href="#method.push" class="fnname">push</a>(&amp;mut self, value: T)</h4></section>
        <div class="docblock"><p>Appends.</p></div><h2 id="trait-implementations">Trait Implementations</h2>
        <div id="trait-implementations-list"><section id="impl-Clone-for-Vec" class="impl"><h3 class="code-header">impl Clone for
        Vec</h3></section><section id="method.clone" class="method trait-impl has-srclink"><h4 class="code-header">fn clone(&amp;self)</h4>
        </section><div class="docblock">Returns a copy.</div></div><h2 id="blanket-implementations">Blanket<a href="#b" class="anchor">§</a></h2>
        <div id="blanket-implementations-list"><h3>impl Any for T</h3><p>type_id</p></div></section></div></main></body></html>"##,
    );
    assert_eq!(page.title, "Struct std::Vec");
    assert_eq!(
        told(&page),
        [
            ("", "", "A contiguous growable array."),
            ("implementations", "Implementations", ""),
            ("method.push", "pub fn push(&mut self, value: T)", "Appends."),
            ("trait-implementations", "Trait Implementations", ""),
            ("impl-Clone-for-Vec", "impl Clone for Vec", "fn clone(&self)\nReturns a copy."),
        ]
    );
    assert_eq!(named(&page), [("", vec!["Vec", "std::Vec"]), ("method.push", vec!["push", "Vec::push"])]);
    let source = r#"<html><body class="rustdoc source"><main><pre>fn main() {}</pre></main></body></html>"#;
    assert_eq!(left_out("src/x.rs.html", source), LeftOut::Generated);
}

#[test]
fn headings_without_an_id_lead_to_the_nearest_place_before_them() {
    let page = page_of(
        "a.html",
        r#"<main><h1>T</h1><p>x</p><h2>No id</h2><p>y</p><h2 id="b">B</h2><h3>Below B</h3><p>z</p>
        <a name="old"></a><h2>Old</h2><h2><a id="within"></a>Within</h2><h2>Empty id</h2></main>"#,
    );
    let anchors: Vec<_> = told(&page).iter().map(|(anchor, heading, _)| (*anchor, *heading)).collect();
    assert_eq!(
        anchors,
        [
            ("", ""),
            ("", "No id"),
            ("b", "B"),
            ("b", "Below B"),
            ("old", "Old"),
            ("within", "Within"),
            ("within", "Empty id"),
        ]
    );
    let ids: std::collections::HashSet<_> = page.sections.iter().map(|s| &s.id).collect();
    assert_eq!(ids.len(), page.sections.len());
}

#[test]
fn marks_of_pagefind_and_our_own_mean_the_same() {
    for name in ["pagefind", "headwater"] {
        let html = r#"<html lang="fr"><head><meta data-NAME-filter="author[content]" content="Jane, Doe">
            <meta data-NAME-default-meta="image[content]" content="/social.png"></head><body data-x>
            <div data-NAME-ignore>Not this <span data-NAME-filter="kind">Blog</span></div>
            <div data-NAME-ignore="all">Nor <span data-NAME-filter="kind">Hidden</span></div>
            <div data-NAME-body><h1>T</h1><p data-NAME-filter="kind, tag:a, b">Text</p><p data-NAME-weight="5">Heavy</p>
            <p data-NAME-weight="0">Weightless</p><img alt="A cat" data-NAME-index-attrs="alt,title" title="Tom">
            <time data-NAME-sort="date[datetime]" datetime="2026-01-02">Jan</time>
            <b data-NAME-meta="title">Said so</b><i data-NAME-filter="lang:x"></i><i data-NAME-filter="$no:x"></i></div>
            <main>Elsewhere</main></body></html>"#;
        let page = page_of("a.html", &html.replace("NAME", name));
        assert!(page.is_marked);
        assert_eq!(page.title, "Said so");
        assert_eq!(page.filters["author"], ["Jane, Doe"]);
        assert_eq!(page.filters["kind"], ["Blog", "Text"]);
        assert_eq!((&page.filters["tag"], &page.filters["lang_"]), (&vec!["a, b".to_owned()], &vec!["x".to_owned()]));
        assert_eq!((page.sorts["date"].as_str(), page.meta["image"].as_str()), ("2026-01-02", "/social.png"));
        assert_eq!(page.sections[0].text, "Text\nHeavy\nA cat Tom Jan Said so");
        assert_eq!(page.sections[0].weighted, "Heavy");
        assert!(page.warnings.iter().any(|w| matches!(w, Warning::Mark { text, .. } if text == "$no")));
    }
    let ignored = r#"<html><body data-pagefind-ignore><main>x</main></body></html>"#;
    assert_eq!(left_out("a.html", ignored), LeftOut::Ignored);
}

#[test]
fn a_selector_chooses_the_content_unless_the_page_does() {
    let options = |selector: &str| Options { roots: Some(Roots::parse(selector).unwrap()), ..Options::default() };
    let html = r#"<main>no</main><div class="x">one<div class="x">two</div></div><div class="x">three</div>"#;
    let Outcome::Page(page) = outcome_of("a.html", html, &options(".x")) else { panic!() };
    assert_eq!(page.sections[0].text, "one\ntwo\nthree");
    let marked = format!("{html}<p data-headwater-body>marked</p>");
    let Outcome::Page(page) = outcome_of("a.html", &marked, &options(".x")) else { panic!() };
    assert_eq!(page.sections[0].text, "marked");
    let Outcome::Page(page) = outcome_of("a.html", html, &options("#nowhere")) else { panic!() };
    assert_eq!(page.sections[0].text, "no");
    assert!(Roots::parse("a[").is_err());
}

#[test]
fn what_names_nothing_is_searched_whole_and_told() {
    let page =
        page_of("x/my-page.html", "<body><header>Top</header><nav>n</nav><div>Some text</div><footer>f</footer>");
    assert_eq!((page.title.as_str(), page.sections[0].text.as_str()), ("my-page", "Some text"));
    assert_eq!(page.warnings, [Warning::NoTitle, Warning::NoMainContent]);
    let classes = page_of("a.html", "<title>T</title><div class=sidebar>s</div><div class='post-content'>c</div>");
    assert_eq!((classes.sections[0].text.as_str(), classes.warnings.len()), ("c", 0));
    for (file, html) in [("404.html", "<main>x</main>"), ("de/404/index.html", "<main>x</main>")] {
        assert_eq!(left_out(file, html), LeftOut::NotFoundPage);
    }
    for empty in
        ["", "   ", "<main></main>", "<script>x</script>", "<main hidden>x</main>", "<p style='display: none'>x"]
    {
        assert_eq!(left_out("a.html", empty), LeftOut::Empty, "{empty}");
    }
}

#[test]
fn the_first_page_may_say_that_it_is_the_sites_root() {
    let head = "<link rel=canonical href='https://x.org/docs/'>";
    let page = page_of("index.html", &format!("<head>{head}</head><main><h1>Home</h1>text<h2 id=a>A</h2>more</main>"));
    assert_eq!(page.url, "./");
    let ids: Vec<&str> = page.sections.iter().map(|s| s.id.as_str()).collect();
    assert_eq!(ids, ["./", "./#a"]);
}
