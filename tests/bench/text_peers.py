"""Full-text libraries from PyPI over the same texts and sentences, one thread. Prints JSON lines.

    python text_peers.py tantivy|bm25s <folder that words-prepare wrote>
"""

import json
import pathlib
import re
import shutil
import statistics
import sys
import time

TOP_K = 10
ROUNDS = 3


def measured(engine, sentences, build, ask, size):
    started = time.perf_counter()
    index = build()
    seconds = time.perf_counter() - started
    rates, reciprocal, found = [], 0.0, 0
    for turn in range(ROUNDS):
        started = time.perf_counter()
        for sentence in sentences:
            hits = ask(index, sentence["text"])
            if turn == 0 and sentence["answer"] in hits:
                found += 1
                reciprocal += 1 / (hits.index(sentence["answer"]) + 1)
        rates.append(len(sentences) / (time.perf_counter() - started))
    row = {"engine": engine, "buildSeconds": seconds, "bytes": size(index), "queriesPerSecond": statistics.median(rates)}
    print(json.dumps({**row, "mrr10": reciprocal / len(sentences), "recall10": found / len(sentences)}))


def name_of(module):
    return re.search(r"\d+\.\d+\.\d+", module.__version__).group()


def tantivy(folder, texts, sentences):
    import tantivy

    for name, tokenizer in [("plain", "default"), ("english stems", "en_stem")]:
        path = folder / f"tantivy-{tokenizer}"
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
        schema = tantivy.SchemaBuilder().add_text_field("t", tokenizer_name=tokenizer).add_integer_field("n", stored=True, fast=True).build()

        def build():
            index = tantivy.Index(schema, path=str(path))
            writer = index.writer(num_threads=1)
            for n, text in enumerate(texts):
                writer.add_document(tantivy.Document(t=text, n=n))
            writer.commit()
            writer.wait_merging_threads()
            index.reload()
            return index, index.searcher()

        def ask(made, text):
            index, searcher = made
            # What the query language takes for operators is left out.
            query = index.parse_query(" ".join(re.findall(r"\w+", text)).lower(), ["t"])
            return [searcher.doc(address)["n"][0] for _, address in searcher.search(query, TOP_K).hits]

        size = lambda _: sum(file.stat().st_size for file in path.iterdir())
        measured(f"tantivy {name_of(tantivy)}, {name}", sentences, build, ask, size)


def bm25s(folder, texts, sentences):
    import bm25s
    import Stemmer

    for name, options in [("plain", {"stopwords": None}), ("english stems, stop words", {"stopwords": "en", "stemmer": Stemmer.Stemmer("english")})]:
        path = folder / "bm25s"

        def build():
            index = bm25s.BM25(k1=1.2, b=0.75)
            index.index(bm25s.tokenize(texts, show_progress=False, **options), show_progress=False)
            return index

        def ask(index, text):
            words = bm25s.tokenize(text, show_progress=False, **options)
            return index.retrieve(words, k=TOP_K, show_progress=False)[0][0].tolist()

        def size(index):
            shutil.rmtree(path, ignore_errors=True)
            index.save(str(path))
            return sum(file.stat().st_size for file in path.iterdir())

        measured(f"bm25s {bm25s.__version__}, {name}", sentences, build, ask, size)


library, folder = sys.argv[1], pathlib.Path(sys.argv[2])
{"tantivy": tantivy, "bm25s": bm25s}[library](folder, json.loads((folder / "texts.json").read_text()), json.loads((folder / "sentences.json").read_text()))
