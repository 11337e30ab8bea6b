/** What the origin publishes, read by a reader that knows FORMAT.md and nothing of the engine. */
import assert from "node:assert/strict";
import { createHash, createPublicKey, verify } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { openSegment, signedLines, tombstones } from "../format/reader.mjs";
import { call } from "./support/http.mjs";
import { freshFolder, root } from "./support/places.mjs";
import { startOrigin, trustOf } from "./support/servers.mjs";

/** So many that there are clusters, and lists of more than one block. */
const POINTS = 2_500;
const GONE = ["p7", "p1234"];
const SCHEMA = {
  vectors: {
    area: { dim: 40, metric: "dot", layout: "ranges" }, exact: { dim: 20, metric: "l2", keep: "f32" },
    small: { dim: 100, codes: "u4", graph: { minPoints: 1 } },
  },
  text: { body: {}, title: { language: "en" } },
  fields: {
    at: "geo", city: { type: "keyword", ignoreCase: true }, count: "integer", day: "datetime", kind: "keyword", open: "boolean", sizes: "float", spots: "geo",
    tags: "keyword",
  },
};
const WORDS = ["river", "rivers", "spring", "stone", "bridge", "ferries", "ferry", "delta"];

const wave = (seed, length) => Array.from({ length }, (_, i) => Math.sin(seed * 1.7 + i * (1 + (seed % 5))));
const dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0);
/** The one name of a place's meridian: a pole has none. */
const meridian = ({ lat, lon }) => (Math.abs(lat) === 90 ? 0 : lon === -180 ? 180 : lon);
const unit = (a) => a.map((x) => x / Math.sqrt(dot(a, a)));

function point(n) {
  const body = Array.from({ length: 3 + (n % 200) }, (_, i) => (i === 0 ? `own${n}` : WORDS[(n * 7 + i * i) % WORDS.length])).join(" ");
  const payload = {
    n, body, title: [`${WORDS[n % 8]} ${WORDS[(n + 3) % 8]}`, "of the river"],
    ...(n % 5 !== 0 && { count: (n % 40) - 20, kind: `kind ${n % 300}`, open: n % 2 === 0 }),
    ...(n % 2 === 0 && { city: [["Bern", "BERN", "Ulm"], ["ulm", "bern"], "BERN", ["Zürich", "ZÜRICH"]][(n / 2) % 4], sizes: [n % 7, 2.5, n % 7, null] }),
    ...(n % 7 === 0 && { spots: n % 2 === 0 ? { lat: 1, lon: n % 9 } : [{ lat: 2, lon: 3 }, { lat: -1, lon: n % 9 }, { lat: 2, lon: 3 }] }),
    ...(n % 3 === 0 && { at: { lat: (n % 180) - 90, lon: n % 360 - 180 }, day: `2026-0${1 + (n % 9)}-11T10:00:00Z`, tags: ["ä", `t${n % 4}`, "t1"] }),
  };
  return { id: `p${n}`, vectors: { exact: wave(n, 20), small: wave(n + 9, 100), area: wave(n % 60, 40).map((x, i) => x + Math.sin(n * (i + 3)) / 8) }, payload };
}

describe("FORMAT.md, by a second reader", { timeout: 120_000 }, () => {
  let origin, manifest, segment, deleted, points, byId;

  before(async () => {
    const data = await freshFolder("format");
    origin = await startOrigin({ data });
    const collection = `${origin.url}/v1/collections/format`;
    await call("PUT", collection, SCHEMA);
    for (let from = 0; from < POINTS; from += 500) {
      await call("PUT", `${collection}/points`, { points: Array.from({ length: 500 }, (_, i) => point(from + i)) });
    }
    await call("POST", `${collection}/publish`);
    await call("POST", `${collection}/points/delete`, { ids: GONE });
    await call("POST", `${collection}/publish`);
    const bytes = async (path) => Buffer.from(await (await fetch(`${collection}/${path}`)).arrayBuffer());
    const signed = JSON.parse(await bytes("head"));
    assert.equal(signed.key, await trustOf(data));
    const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: Buffer.from(signed.key.slice(8), "hex").toString("base64url") }, format: "jwk" });
    assert.ok(verify(null, Buffer.from(signedLines(signed.head)), key, Buffer.from(signed.signature, "hex")));
    manifest = JSON.parse(await bytes(`manifests/${signed.head.manifest.hash}`));
    const [reference] = manifest.segments;
    segment = openSegment(await bytes(`blobs/${reference.blob.hash}`));
    deleted = tombstones(await bytes(`blobs/${reference.tombstones.hash}`));
    const ids = segment.ids();
    points = ids.map((id) => point(Number(id.slice(1))));
    byId = new Map(ids.map((id, ordinal) => [id, ordinal]));
  }, { timeout: 90_000 });
  after(() => origin?.stop());

  it("has all ids, payloads and deletes, and knows its schema", () => {
    assert.deepEqual([manifest.formatVersion, manifest.version, manifest.segments.length, manifest.segments[0].deleted], [1, 2, 1, 2]);
    assert.equal(byId.size, POINTS);
    assert.deepEqual(segment.payloads(), points.map(({ payload }) => payload));
    assert.deepEqual(deleted, GONE.map((id) => byId.get(id)).sort((a, b) => a - b));
    const declared = ([name, field]) => [name, field.type ?? field, field.ignoreCase ?? false];
    assert.deepEqual(segment.fields.fields, Object.entries(SCHEMA.fields).map(declared).sort());
    const order = segment.find(74);
    const sorted = Array.from({ length: POINTS }, (_, i) => points[order.readUInt32LE(4 * i)].id);
    assert.deepEqual(sorted, [...sorted].sort());
    assert.ok(segment.table.every(({ flags }) => (flags & 1) === 1), "every section is required");
  });

  it("has the fields of every point, by point and by value", () => {
    const names = Object.keys(SCHEMA.fields).sort();
    const list = (value) => [value].flat().filter((item) => item !== undefined && item !== null);
    const byBytes = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b));
    // Of these cities lower case is what they fold to.
    const byFold = (a, b) => byBytes(a.toLowerCase(), b.toLowerCase()) || byBytes(a, b);
    const numbers = (values) => [...new Set(values)].sort((a, b) => a - b);
    const steps = (place) => [Math.round(place.lat * 1e7), Math.round(meridian(place) * 1e7)];
    const places = (value) => {
      const all = list(value).map(steps).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
      return all.filter((place, i) => i === 0 || place.join() !== all[i - 1].join());
    };
    const said = {
      at: ({ at }) => places(at),
      city: ({ city }) => list(city).sort(byFold).filter((one, i, all) => i === 0 || one.toLowerCase() !== all[i - 1].toLowerCase()),
      count: ({ count }) => list(count),
      day: ({ day }) => list(day).map((text) => Date.parse(text)),
      kind: ({ kind }) => list(kind),
      open: ({ open }) => list(open).map(String),
      sizes: ({ sizes }) => numbers(list(sizes)),
      spots: ({ spots }) => places(spots),
      tags: ({ tags }) => [...new Set(tags)].sort(byBytes),
    };
    for (const [position, name] of names.entries()) {
      const { values, order, dictionary, sets } = segment.column(position);
      assert.deepEqual(values, points.map(({ payload }) => said[name](payload)), name);
      if (order !== undefined) {
        const present = values.flatMap((row, ordinal) => row.map((value) => [value, ordinal]));
        assert.deepEqual(order, present.sort((a, b) => a[0] - b[0] || a[1] - b[1]), name);
      }
      if (dictionary !== undefined) assert.deepEqual(dictionary, [...new Set(values.flat())].sort(name === "city" ? byFold : byBytes), name);
      sets?.forEach((set, i) => assert.deepEqual(set, [...values.keys()].filter((o) => values[o].includes(dictionary[i])), `${name} ${dictionary[i]}`));
    }
  });

  it("has the words of every text, and where they stand in lists of any length", () => {
    const body = segment.text(0);
    const said = points.map(({ payload }) => payload.body.split(" "));
    assert.equal(body.words, said.reduce((sum, words) => sum + words.length, 0));
    assert.deepEqual(body.terms, [...new Set(said.flat())].sort());
    assert.deepEqual(body.forms, [], "without stems every form is its own term");
    const code = (length) => (length < 64 ? length : 64 + 16 * (Math.floor(Math.log2(length)) - 6) + ((length >> (Math.floor(Math.log2(length)) - 4)) & 15));
    const occurrences = (texts, stands) => texts.flatMap((all, ordinal) => {
      const having = all.map((words) => [code(words.length), words.filter(stands).length]).filter(([, count]) => count > 0);
      const shortest = Math.min(...having.map(([length]) => length));
      const counts = having.filter(([length]) => length === shortest).map(([, count]) => count);
      return counts.length === 0 ? [] : [[ordinal, Math.max(...counts), shortest]];
    });
    for (const word of ["river", "delta", "own17"]) {
      assert.deepEqual(body.list(word), occurrences(said.map((words) => [words]), (w) => w === word), word);
    }
    const title = segment.text(1);
    const titles = points.map(({ payload }) => payload.title.map((text) => text.split(" ")));
    assert.ok(title.forms.includes("rivers") && !title.terms.includes("rivers"));
    assert.deepEqual(title.list("river"), occurrences(titles, (w) => w === "river" || w === "rivers"));
    for (const form of ["rivers", "river", "of"]) assert.deepEqual(title.formList(form), occurrences(titles, (w) => w === form), form);
    assert.deepEqual([title.texts, title.ends().length], [2 * POINTS, POINTS]);
    assert.deepEqual(body.ends().length, POINTS);
  });

  it("has vectors whose lengths and angles the rotation kept", () => {
    const [exact, small] = [segment.decoded(1), segment.decoded(2)];
    const whole = segment.find(27, 1);
    for (let ordinal = 0; ordinal < POINTS; ordinal += 97) {
      const [given, next] = [points[ordinal], points[(ordinal + 41) % POINTS]].map(({ vectors }) => vectors);
      const kept = Array.from({ length: 20 }, (_, i) => whole.readFloatLE(4 * (ordinal * 20 + i)));
      assert.deepEqual(kept, given.exact.map(Math.fround));
      const other = (ordinal + 41) % POINTS;
      assert.ok(Math.abs(dot(exact[ordinal], exact[other]) - dot(given.exact, next.exact)) < 0.25);
      const angle = dot(unit(small[ordinal]), unit(small[other]));
      assert.ok(Math.abs(angle - dot(unit(given.small), unit(next.small))) < 0.12, `${angle}`);
    }
    const scanned = [0, 1, 2].map((field) => [segment.clusters(field), field === 0 ? 2 : 1]).filter(([clusters]) => clusters);
    assert.ok(scanned.length > 1, "vectors have clusters");
    for (const [clusters, further] of scanned) {
      const all = clusters.flatMap(({ own }) => own);
      assert.deepEqual(all.toSorted((a, b) => a - b), Array.from({ length: POINTS }, (_, i) => i), "each point has one cluster");
      const times = new Map();
      for (const point of clusters.flatMap(({ others }) => others)) times.set(point, (times.get(point) ?? 0) + 1);
      assert.ok([...times.values()].every((count) => count <= further), "no point has more clusters than its layout allows");
      for (const { own, others } of clusters) {
        assert.ok(others.every((point, i) => (i === 0 || others[i - 1] < point) && !own.includes(point)));
      }
    }
    assert.ok(segment.clusters(0).some(({ others }) => others.length > 0), "points stand in further clusters");
    // Of a vector by inner product, a code of two bits gives what the centroid lacks, within the bound that the header says.
    const [decoded, centroids, spread] = [segment.decoded(0), segment.centroids(0), segment.find(19, 0).readFloatLE(16)];
    const errors = segment.clusters(0).flatMap(({ own, others, code }, cluster) => {
      const query = decoded[(cluster * 37) % POINTS];
      return [...own, ...others].map((point, lane) => {
        const { numbers, add, scale } = code(lane);
        assert.ok(numbers.every((number) => [-3, -1, 1, 3].includes(number)));
        const score = dot(query, centroids[cluster]) + add + scale * dot(query, numbers);
        return { error: Math.abs(score - dot(query, decoded[point])), bound: 3 * spread * scale * Math.sqrt(dot(query, query)) };
      });
    });
    const beyond = errors.filter(({ error, bound }) => error > bound).length;
    // The spread is that of 99 % of the codes, three deviations leave 0.3 % out, and what is compared with are 8-bit codes.
    assert.ok(beyond <= errors.length / 50, `${beyond} of ${errors.length} scores are further off than their bound`);
    const mean = (all) => all.reduce((a, b) => a + b) / all.length;
    const [error, size] = [mean(errors.map(({ error }) => error)), mean(decoded.map((vector) => Math.abs(dot(vector, decoded[0]))))];
    assert.ok(error < 0.15 * size, `off by ${error} where products are ${size}`);
    assert.equal(segment.find(33, 2).length, 4 * (POINTS + 1), "the graph that was asked for");
  });

  it("has records that name their points and, where payloads are short, show them", async () => {
    assert.deepEqual(segment.records(), points.map(({ id, payload }) => ({ id, payload })));
    const collection = `${origin.url}/v1/collections/records`;
    await call("PUT", collection, { vectors: { v: { dim: 100, layout: "ranges" } } });
    const vector = (n) => wave(n % 70, 100).map((x, i) => x + Math.sin(n * (i + 3)) / 8);
    const long = (n) => ({ id: `p${n}`, vectors: { v: vector(n) }, payload: { n, digits: createHash("sha512").update(`${n}`).digest("hex") } });
    for (let from = 0; from < 2100; from += 700) {
      await call("PUT", `${collection}/points`, { points: Array.from({ length: 700 }, (_, i) => long(from + i)) });
    }
    await call("POST", `${collection}/publish`);
    const bytes = async (path) => Buffer.from(await (await fetch(`${collection}/${path}`)).arrayBuffer());
    const { head } = JSON.parse(await bytes("head"));
    const { segments } = JSON.parse(await bytes(`manifests/${head.manifest.hash}`));
    const other = openSegment(await bytes(`blobs/${segments[0].blob.hash}`));
    assert.deepEqual(other.records(), other.ids().map((id) => ({ id, payload: undefined })), "payloads have more bytes than codes");
    assert.deepEqual(other.payloads().map(({ n }) => `p${n}`), other.ids());
    assert.deepEqual(other.clusters(0).flatMap(({ own }) => own), Array.from({ length: 2100 }, (_, i) => i), "records follow clusters");
    const decoded = other.decoded(0);
    for (let ordinal = 0; ordinal < 2100; ordinal += 97) {
      const angle = dot(unit(decoded[ordinal]), unit(decoded[(ordinal + 41) % 2100]));
      const [one, next] = [ordinal, (ordinal + 41) % 2100].map((o) => unit(vector(Number(other.ids()[o].slice(1)))));
      assert.ok(Math.abs(angle - dot(one, next)) < 0.02, `${angle}`);
    }
  });

  it("has groups of clusters, where centroids stand in two levels", async () => {
    const large = openSegment(await readFile(join(root, "core", "tests", "golden", "12", "groups.bin")));
    const [groups, clusters] = [large.groups(0), large.clusters(0)];
    assert.ok(groups.length > 1 && groups.read > 0 && groups.read <= groups.length);
    assert.deepEqual(clusters.flatMap(({ own }) => own), Array.from({ length: 2100 }, (_, i) => i));
    assert.equal(groups.others, clusters.flatMap(({ others }) => others).length);
    const members = groups.flat().map(({ cluster }) => cluster);
    assert.deepEqual([...new Set(members)].sort((a, b) => a - b), clusters.map((_, i) => i), "each cluster is in a group");
    assert.ok(members.length > clusters.length, "some are in a second one");
    // A centroid is the mean of its cluster's points, whose codes are as near to it as they are to each other.
    const decoded = large.decoded(0);
    for (const { cluster, centroid } of groups.flat()) {
      const own = clusters[cluster].own.map((point) => decoded[point]);
      const mean = centroid.map((_, d) => own.reduce((sum, vector) => sum + vector[d], 0) / own.length);
      const off = Math.hypot(...centroid.map((x, d) => x - mean[d]));
      assert.ok(off < 0.15 * Math.hypot(...mean), `cluster ${cluster}: ${off} of ${Math.hypot(...mean)}`);
    }
    assert.equal(large.centroids(0).length, groups.length, "the front has the groups' centroids");
  });

  it("has residual codes, which share their signs with the clusters", async () => {
    const small = openSegment(await readFile(join(root, "core", "tests", "golden", "12", "residual.bin")));
    const [points, ids] = [small.residuals(0), small.ids()];
    const given = (n) => Array.from({ length: 40 }, (_, d) => (((n % 70) * 31 + d * 17 + (n % 70) * d) % 23) - 11 + ((n * 7 + d * n) % 11) / 2 - 2.5);
    const vectors = ids.map((id) => given(Number(id.slice(1))));
    const decoded = small.decoded(0);
    const [errors, sizes] = [[], []];
    for (let a = 0; a < 2100; a += 97) {
      for (let b = 0; b < 2100; b += 89) {
        const { centroid, add, scale, numbers } = points[b];
        const score = dot(decoded[a], centroid) + add + scale * dot(decoded[a], numbers);
        errors.push(Math.abs(score - dot(vectors[a], vectors[b])));
        sizes.push(Math.abs(dot(vectors[a], vectors[b])));
      }
    }
    const mean = (all) => all.reduce((a, b) => a + b) / all.length;
    assert.ok(mean(errors) < 0.03 * mean(sizes), `off by ${mean(errors)} where products are ${mean(sizes)}`);
  });
});
