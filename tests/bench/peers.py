"""Libraries from PyPI over the same vectors, one thread. Prints JSON lines.

    python peers.py build|search <library> <folder of a set>

One phase a process, so that memory is what that phase needs. Queries go in as one batch on one thread, so that
what Python costs a call is not counted; latencies are of single calls, so there it is.
"""

import json
import os
import pathlib
import statistics
import sys
import time

import numpy

TOP_K = 10
M, EF_CONSTRUCTION = 16, 128
SWEEP = [10, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768]
ROUNDS = 3


class Hnswlib:
    def __init__(self, dim):
        import hnswlib

        self.name = f"hnswlib {hnswlib.__version__ if hasattr(hnswlib, '__version__') else '0.8.0'}"
        self.index = hnswlib.Index(space="ip", dim=dim)

    def build(self, base):
        self.index.init_index(max_elements=len(base), M=M, ef_construction=EF_CONSTRUCTION)
        self.index.add_items(base, num_threads=1)

    def write(self, path):
        self.index.save_index(path)

    def read(self, path, points):
        self.index.load_index(path, max_elements=points)

    def set_ef(self, ef):
        self.index.set_ef(ef)

    def ask(self, queries):
        return self.index.knn_query(queries, k=TOP_K, num_threads=1)[0]


class Faiss:
    def __init__(self, dim, codes):
        import faiss

        faiss.omp_set_num_threads(1)
        self.faiss, kind = faiss, "HNSW SQ8" if codes else "HNSW"
        self.name = f"faiss {faiss.__version__} {kind}"
        metric = faiss.METRIC_INNER_PRODUCT
        if codes:
            self.index = faiss.IndexHNSWSQ(dim, faiss.ScalarQuantizer.QT_8bit, M, metric)
        else:
            self.index = faiss.IndexHNSWFlat(dim, M, metric)
        self.index.hnsw.efConstruction = EF_CONSTRUCTION

    def build(self, base):
        self.index.train(base)
        self.index.add(base)

    def write(self, path):
        self.faiss.write_index(self.index, path)

    def read(self, path, points):
        self.index = self.faiss.read_index(path)

    def set_ef(self, ef):
        self.index.hnsw.efSearch = ef

    def ask(self, queries):
        return self.index.search(queries, TOP_K)[1]


class Usearch:
    def __init__(self, dim, dtype):
        from usearch import __version__
        from usearch.index import Index

        self.name = f"usearch {__version__} {dtype}"
        self.index = Index(ndim=dim, metric="cos", dtype=dtype, connectivity=M, expansion_add=EF_CONSTRUCTION)

    def build(self, base):
        self.index.add(numpy.arange(len(base)), base, threads=1)

    def write(self, path):
        self.index.save(path)

    def read(self, path, points):
        self.index.load(path)

    def set_ef(self, ef):
        self.index.expansion_search = ef

    def ask(self, queries):
        found = self.index.search(queries, TOP_K, threads=1)
        keys = found.keys
        return keys if keys.ndim == 2 else keys[None]


LIBRARIES = {
    "hnswlib": Hnswlib,
    "faiss": lambda dim: Faiss(dim, codes=False),
    "faiss-sq8": lambda dim: Faiss(dim, codes=True),
    "usearch": lambda dim: Usearch(dim, "f32"),
    "usearch-i8": lambda dim: Usearch(dim, "i8"),
}


def say(**row):
    print(json.dumps(row), flush=True)


def bytes_of(field):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(f"{field}:"))


def peak_from_here():
    """The most memory that this process has had, which starts over at what it has now where the system lets it."""
    try:
        pathlib.Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        pass  # What lies under an earlier peak is then not counted.
    return bytes_of("VmHWM")


def build(library, folder, dim, path):
    base = numpy.fromfile(folder / "base.f32", dtype="<f4").reshape(-1, dim)
    before = peak_from_here()
    started = time.perf_counter()
    library.build(base)
    seconds = time.perf_counter() - started
    peak = bytes_of("VmHWM") - before
    library.write(str(path))
    say(phase="build", engine=library.name, seconds=seconds, bytes=os.path.getsize(path), peakBytes=peak)


def search(library, folder, facts, path):
    truth = [set(row) for row in facts["truth"]]
    queries = numpy.fromfile(folder / "queries.f32", dtype="<f4").reshape(-1, facts["dim"])
    before, low = bytes_of("VmRSS"), peak_from_here()
    started = time.perf_counter()
    library.read(str(path), len(facts["ids"]))
    library.set_ef(64)
    library.ask(queries[:1])
    open_ms = (time.perf_counter() - started) * 1e3
    for ef in SWEEP:
        library.set_ef(ef)
        rates = []
        for _ in range(ROUNDS):
            started = time.perf_counter()
            ids = library.ask(queries)
            rates.append(len(queries) / (time.perf_counter() - started))
        found = sum(int(i) in wanted for row, wanted in zip(ids, truth) for i in row)
        took = []
        for query in queries:
            started = time.perf_counter()
            library.ask(query[None])
            took.append((time.perf_counter() - started) * 1e6)
        took.sort()
        say(
            phase="search", engine=library.name, ef=ef, recall=found / (len(queries) * TOP_K),
            queriesPerSecond=statistics.median(rates), p50Us=took[len(took) // 2], p99Us=took[len(took) * 99 // 100],
        )
    grown, peak = bytes_of("VmRSS") - before, bytes_of("VmHWM") - low
    say(phase="open", engine=library.name, ms=open_ms, residentBytes=grown, peakBytes=peak)


def main(phase, name, folder):
    folder = pathlib.Path(folder)
    facts = json.loads((folder / "set.json").read_text())
    library = LIBRARIES[name](facts["dim"])
    path = folder / f"{name}.index"
    if phase == "build":
        build(library, folder, facts["dim"], path)
    else:
        search(library, folder, facts, path)


main(*sys.argv[1:])
