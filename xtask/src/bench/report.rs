//! Rows of measurements as Markdown, ratios first.

use std::fmt::Write as _;

use serde_json::Value;

use super::engine::SETS;

/// Recalls at which engines are compared.
const TARGETS: [f64; 3] = [0.90, 0.95, 0.99];
/// Tables: what it is, which engines by how their names end, whose speed counts as 1.
const TABLES: [(&str, Place, &str); 2] =
    [("Native, one thread", Place::Native, "hnswlib "), ("WebAssembly and JavaScript", Place::Script, "hnswlib-wasm")];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Native,
    Script,
}

struct Engine<'a> {
    name: &'a str,
    rows: Vec<&'a Value>,
}

/// What a setting gave.
#[derive(Clone, Copy)]
struct Point {
    recall: f64,
    per_query_us: f64,
    p50_us: f64,
    p99_us: f64,
}

pub(super) fn markdown(machine: &str, rows: &[Value]) -> String {
    let mut out = format!(
        "# The engine and its peers\n\nMade by `cargo xtask bench engine`; the rows are in [engine.json](engine.json). Machine: \
         {machine}. 1,000 queries that are not indexed, 10 hits, recall against an exact search over f32; m 16 and \
         efConstruction 128 for every graph. Queries per second (q/s) are the median of three rounds, read off between the two \
         settings that enclose a recall. × is the ratio to the peer named in the column's head. A dash: not reached, or \
         not measured. Open to first hit: natively from the file, in WebAssembly from the file's bytes in memory (hnswlib-wasm: from \
         its file system, which it fills from IndexedDB before). Memory is what opening and searching left in the process, and \
         peak the most that they took in between (VmHWM); building's peak does not count the vectors given. In WebAssembly a \
         peak is the whole memory of the module, which never shrinks, the first page's of one that built and the second's of \
         one that opened; the vectors that it was given to build from are inside.\n"
    );
    for (set, title) in SETS {
        for (place_title, place, peer) in TABLES {
            let engines = engines_of(rows, set, place);
            if !engines.is_empty() {
                table(&mut out, &format!("{title}: {place_title}"), &engines, peer);
            }
        }
    }
    out
}

fn engines_of<'a>(rows: &'a [Value], set: &str, place: Place) -> Vec<Engine<'a>> {
    let mut engines: Vec<Engine<'a>> = Vec::new();
    for row in rows.iter().filter(|row| row["set"] == set) {
        let name = row["engine"].as_str().unwrap_or_default();
        let script = name.contains("Chromium") || name.contains("Node");
        if script != (place == Place::Script) {
            continue;
        }
        match engines.iter_mut().find(|e| e.name == name) {
            Some(engine) => engine.rows.push(row),
            None => engines.push(Engine { name, rows: vec![row] }),
        }
    }
    engines
}

fn table(out: &mut String, title: &str, engines: &[Engine<'_>], peer: &str) {
    let reference = engines.iter().find(|e| e.name.starts_with(peer));
    let name = reference.map_or("", |e| e.name);
    let _ = write!(
        out,
        "\n## {title}\n\n| engine | q/s at .90 | q/s at .95 | × {name} | q/s at .99 | × | p50 at .95 | p99 at .95 | build | × | bytes a \
         point | open to first hit | memory | peak | building's peak |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
    );
    for engine in engines {
        let speeds = TARGETS.map(|target| engine.at(target).map(|point| 1e6 / point.per_query_us));
        let ratio = |target: usize, speed: Option<f64>| {
            let other = reference.and_then(|e| e.at(*TARGETS.get(target)?)).map(|point| 1e6 / point.per_query_us);
            speed.zip(other).map(|(speed, other)| speed / other)
        };
        let build = engine.number("build", "seconds");
        let build_ratio =
            build.zip(reference.and_then(|e| e.number("build", "seconds"))).map(|(own, other)| own / other);
        let at_95 = engine.at(0.95);
        let bytes = engine.number("build", "bytes").zip(engine.points()).map(|(bytes, points)| bytes / points);
        let mebibytes = |phase, field| shown(engine.number(phase, field).map(|b| b / 1_048_576.0), 1, " MiB");
        let cells = [
            shown(speeds[0], 0, ""),
            shown(speeds[1], 0, ""),
            shown(ratio(1, speeds[1]), 2, "×"),
            shown(speeds[2], 0, ""),
            shown(ratio(2, speeds[2]), 2, "×"),
            shown(at_95.map(|p| p.p50_us), 0, " µs"),
            shown(at_95.map(|p| p.p99_us), 0, " µs"),
            shown(build, 2, " s"),
            shown(build_ratio, 3, "×"),
            shown(bytes, 0, ""),
            shown(engine.number("open", "ms"), 1, " ms"),
            mebibytes("open", "residentBytes"),
            mebibytes("open", "peakBytes"),
            mebibytes("build", "peakBytes"),
        ];
        let _ = writeln!(out, "| {} | {} |", engine.name, cells.join(" | "));
    }
}

fn shown(number: Option<f64>, digits: usize, unit: &str) -> String {
    number.map_or_else(|| "–".to_owned(), |n| format!("{n:.digits$}{unit}"))
}

impl Engine<'_> {
    fn number(&self, phase: &str, field: &str) -> Option<f64> {
        self.rows.iter().find(|row| row["phase"] == phase).and_then(|row| row[field].as_f64())
    }

    /// Points of the set, which its folder's name or its kind says.
    fn points(&self) -> Option<f64> {
        let set = self.rows.first()?["set"].as_str()?;
        Some(set.parse().unwrap_or(20_000.0))
    }

    /// Time and latencies at a recall, read off between the settings on both sides of it.
    fn at(&self, recall: f64) -> Option<Point> {
        let points = self.rows.iter().filter(|row| row["phase"] == "search").filter_map(|row| {
            Some(Point {
                recall: row["recall"].as_f64()?,
                per_query_us: 1e6 / row["queriesPerSecond"].as_f64()?,
                p50_us: row["p50Us"].as_f64()?,
                p99_us: row["p99Us"].as_f64()?,
            })
        });
        let mut before: Option<Point> = None;
        for point in points {
            if point.recall >= recall {
                let Some(before) = before else { return Some(point) };
                let share = (recall - before.recall) / (point.recall - before.recall);
                let between = |a: f64, b: f64| a + (b - a) * share;
                return Some(Point {
                    recall,
                    per_query_us: between(before.per_query_us, point.per_query_us),
                    p50_us: between(before.p50_us, point.p50_us),
                    p99_us: between(before.p99_us, point.p99_us),
                });
            }
            before = Some(point);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn speeds_are_read_off_between_settings_and_unreached_recalls_are_dashes() {
        let row = |recall: f64, rate: f64| json!({ "set": "20000", "phase": "search", "engine": "hnswlib 1", "recall": recall, "queriesPerSecond": rate, "p50Us": 1.0, "p99Us": 2.0 });
        let rows = [row(0.90, 20_000.0), row(0.96, 10_000.0)];
        let engines = engines_of(&rows, "20000", Place::Native);
        let at_95 = engines[0].at(0.95).unwrap();
        assert!((at_95.per_query_us - (50.0 + 50.0 * 5.0 / 6.0)).abs() < 1e-6);
        assert!(engines[0].at(0.99).is_none());
        let text = markdown("a machine", &rows);
        assert!(text.contains("| hnswlib 1 | 20000 | 10909 | 1.00× | – | – |"), "{text}");
    }
}
