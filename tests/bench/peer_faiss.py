"""faiss over the same vectors, one thread: HNSW in f32 and over 8-bit codes. Prints JSON lines.

    python peer_faiss.py <folder of a set>
"""

import json
import pathlib
import sys
import time

import faiss
import numpy

TOP_K = 10
SWEEP = [16, 32, 48, 64, 96, 128, 192, 256]
M, EF_CONSTRUCTION = 16, 128


def main(folder):
    facts = json.loads((folder / "set.json").read_text())
    dim, truth = facts["dim"], [set(row) for row in facts["truth"]]
    base = numpy.fromfile(folder / "base.f32", dtype="<f4").reshape(-1, dim)
    queries = numpy.fromfile(folder / "queries.f32", dtype="<f4").reshape(-1, dim)
    faiss.omp_set_num_threads(1)
    indexes = {
        "HNSWFlat": faiss.IndexHNSWFlat(dim, M, faiss.METRIC_INNER_PRODUCT),
        "HNSWSQ8": faiss.IndexHNSWSQ(dim, faiss.ScalarQuantizer.QT_8bit, M, faiss.METRIC_INNER_PRODUCT),
    }
    for name, index in indexes.items():
        label = {"engine": f"faiss {faiss.__version__} {name}", "set": folder.name}
        index.hnsw.efConstruction = EF_CONSTRUCTION
        started = time.perf_counter()
        index.train(base)
        index.add(base)
        build = time.perf_counter() - started
        size = len(faiss.serialize_index(index))
        print(json.dumps({**label, "buildSeconds": build, "bytesPerPoint": size / len(base)}), flush=True)
        for ef in SWEEP:
            index.hnsw.efSearch = ef
            print(json.dumps({**label, "ef": ef, **asked(index, queries, truth)}), flush=True)


def asked(index, queries, truth):
    took, found = [], 0
    for query, wanted in zip(queries, truth):
        started = time.perf_counter()
        _, ids = index.search(query[None], TOP_K)
        took.append(time.perf_counter() - started)
        found += sum(int(i) in wanted for i in ids[0])
    took.sort()
    return {
        "recall": found / (len(queries) * TOP_K),
        "queriesPerSecond": len(took) / sum(took),
        "p50Us": took[len(took) // 2] * 1e6,
        "p99Us": took[len(took) * 99 // 100] * 1e6,
    }


main(pathlib.Path(sys.argv[1]))
