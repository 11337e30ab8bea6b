//! A search by meaning that fetches clusters, then codes or records, then what it shows.

use std::ops::Range;

use headwater_core::bytes::cast;
use headwater_core::model::Metric;
use headwater_core::quant::{
    Block, CodeSections, Codes, RECORD_POINTS, RabitqQuery, RecordStarts, ScalarParameters, Scores, block_bytes,
    rotate, rotated_dim,
};

use super::sections::Sections;
use crate::Outcome;

/// Points of a block.
const LANES: usize = 32;
pub(super) const TOP_K: usize = 10;

/// How much a search looks at.
#[derive(Clone, Copy)]
pub(super) struct Setting {
    pub(super) clusters: usize,
    pub(super) candidates: usize,
    pub(super) way: Way,
}

/// What is fetched.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Codes of candidates without their factors: for cosine a code gives its own.
    Usual,
    /// Their factors as well, as the other metrics want them.
    Factors,
    /// Of the front only what stands before the centroids' 8-bit codes, and the mean's: clusters are compared by 1-bit
    /// codes.
    Sparing,
}

impl Way {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Usual => "usual",
            Self::Factors => "factors",
            Self::Sparing => "sparing",
        }
    }
}

/// The first vector of a segment, whose clusters are the order of the points.
pub(super) struct ByMeaning<'a> {
    dim: usize,
    centroids: Codes<'a>,
    centroid_codes_at: usize,
    centroid_blocks: &'a [u8],
    ends: &'a [[u32; 3]],
    bits: u32,
    pieces: &'a [u8],
    pieces_at: usize,
    codes: Codes<'a>,
    codes_at: usize,
    /// Where records begin, in lengths of a code, where codes stand in such.
    records: Option<&'a [u32]>,
    factors_at: usize,
}

impl<'a> ByMeaning<'a> {
    pub(super) fn of(sections: &Sections<'a>, dim: usize) -> Outcome<Self> {
        let records = sections.place(30, 0).is_ok().then(|| sections.u32s(30, 0)).transpose()?;
        let codes = |[parameters, codes, factors]: [u32; 3], records, metric, points| -> Outcome<Codes<'a>> {
            let params: &[ScalarParameters] = cast(sections.bytes(parameters, 0)?, "parameters")?;
            let params = *params.first().ok_or("no parameters")?;
            let (codes, factors) = (sections.bytes(codes, 0)?, cast(sections.bytes(factors, 0)?, "factors")?);
            let sections = CodeSections { params, codes, records, factors, metric, tier: params.tier() };
            Ok(Codes::new(sections, points, dim)?)
        };
        let ends: &[[u32; 3]] = cast(sections.bytes(21, 0)?, "cluster ends")?;
        Ok(Self {
            dim: rotated_dim(dim),
            centroids: codes([22, 23, 24], None, Metric::L2, ends.len() + 1)?,
            centroid_codes_at: sections.place(23, 0)?.start,
            centroid_blocks: sections.bytes(20, 0)?,
            ends,
            bits: *sections.u32s(19, 0)?.get(5).ok_or("no header")?,
            pieces: sections.bytes(25, 0)?,
            pieces_at: sections.place(25, 0)?.start,
            codes: codes([16, 17, 18], records.map(RecordStarts), Metric::Cosine, sections.points as usize)?,
            codes_at: sections.place(17, 0)?.start,
            records,
            factors_at: sections.place(18, 0)?.start,
        })
    }

    pub(super) const fn clusters(&self) -> usize {
        self.ends.len()
    }

    /// Bytes of the front without the centroids' codes, but for that of the mean.
    pub(super) fn sparing_front_bytes(&self) -> usize {
        self.centroid_codes_at + self.centroids.code(0).len()
    }

    /// What the second round of a search is of.
    pub(super) const fn second_round(&self) -> &'static str {
        if self.records.is_some() { "records" } else { "8-bit codes" }
    }

    /// Where a point's code is, or its record.
    fn place(&self, row: u32) -> Range<usize> {
        let start = |record: usize| self.records?.get(record).map(|&start| start as usize);
        let record = row as usize / RECORD_POINTS;
        let rows = start(record).zip(start(record + 1)).unwrap_or((row as usize, row as usize + 1));
        self.codes_at + rows.0 * self.dim..self.codes_at + rows.1 * self.dim
    }

    /// The hits, and what is wanted round by round on the way to them.
    pub(super) fn search(&self, vector: &[f32], setting: Setting) -> (Vec<u32>, [Vec<Range<usize>>; 2]) {
        let mut query = Vec::new();
        rotate(vector, &mut query);
        let bits = RabitqQuery::new(&query);
        let clusters = if setting.way == Way::Sparing {
            self.by_one_bit(&query, &bits, setting.clusters)
        } else {
            self.by_codes(&query, setting.clusters)
        };
        let bytes = block_bytes(self.dim, self.bits);
        let (mut pieces, mut candidates) = (Vec::new(), Vec::new());
        for &(base, cluster) in &clusters {
            let [points, others, piece] = self.run(cluster as usize);
            pieces.push(self.pieces_at + piece.start..self.pieces_at + piece.end);
            let blocks = (points.len() + others.len()).div_ceil(LANES) * bytes;
            let piece = self.pieces.get(piece).unwrap_or_default();
            let (blocks, rest) = piece.split_at_checked(blocks).unwrap_or_default();
            let others = rest.as_chunks::<4>().0.iter().take(others.len()).map(|word| u32::from_le_bytes(*word));
            let mut members = (points.start as u32..points.end as u32).chain(others);
            for block in blocks.chunks_exact(bytes).filter_map(Block::new) {
                let mut scores = [0f32; LANES];
                bits.score(&block, base, f32::NEG_INFINITY, &mut scores);
                candidates.extend(scores.into_iter().zip(members.by_ref().take(LANES)));
            }
        }
        // Of a point that stands in several of the clusters the best estimate.
        candidates.sort_unstable_by(|a, b| a.1.cmp(&b.1).then(b.0.total_cmp(&a.0)));
        candidates.dedup_by_key(|candidate| candidate.1);
        best(&mut candidates, setting.candidates);
        let rows: Vec<u32> = candidates.iter().map(|&(_, ordinal)| ordinal).collect();
        let factor = |&row: &u32| {
            let start = self.factors_at + row as usize * size_of::<f32>();
            start..start + size_of::<f32>()
        };
        let mut wanted_codes: Vec<Range<usize>> = rows.iter().map(|&row| self.place(row)).collect();
        wanted_codes.extend(rows.iter().filter(|_| setting.way == Way::Factors).map(factor));
        let mut hits = scored(&self.codes, &query, rows);
        best(&mut hits, TOP_K);
        (hits.into_iter().map(|(_, ordinal)| ordinal).collect(), [pieces, wanted_codes])
    }

    /// Points, codes of points of other clusters and the piece of a cluster.
    fn run(&self, cluster: usize) -> [Range<usize>; 3] {
        let end = |at: Option<usize>| at.and_then(|at| self.ends.get(at)).map_or([0; 3], |end| end.map(|n| n as usize));
        let ([a, b, c], [points, others, piece]) = (end(cluster.checked_sub(1)), end(Some(cluster)));
        [a..points, b..others, c..piece]
    }

    /// The nearest clusters by the directions of their centroids, with what these give to the scores of their points.
    fn by_codes(&self, query: &[f32], most: usize) -> Vec<(f32, u32)> {
        let rows: Vec<u32> = (1..=self.ends.len() as u32).collect();
        let mut scores = Scores::default();
        let dots = self.centroids.dot_rows(&self.centroids.query(query), &rows, &mut scores);
        let length = |row: u32| self.centroids.factors_of(row).1.sqrt().max(f32::MIN_POSITIVE);
        let mut near: Vec<(f32, u32)> = dots.iter().zip(rows).map(|(dot, row)| (dot / length(row), row)).collect();
        best(&mut near, most);
        near.into_iter().map(|(nearness, row)| (nearness * length(row), row - 1)).collect()
    }

    /// The same without the 8-bit codes, of which only the mean's is read: lengths are in the factors.
    fn by_one_bit(&self, query: &[f32], bits: &RabitqQuery, most: usize) -> Vec<(f32, u32)> {
        let code = self.centroids.query(query);
        let middle = self.centroids.dot_rows(&code, &[0], &mut Scores::default()).first().copied().unwrap_or_default();
        let blocks = self.centroid_blocks.chunks(block_bytes(self.dim, 1)).filter_map(Block::new);
        let scores = blocks.flat_map(|block| {
            let mut scores = [0f32; LANES];
            bits.score(&block, middle, f32::NEG_INFINITY, &mut scores);
            scores
        });
        let mut near: Vec<(f32, u32)> = scores.zip(0..self.ends.len() as u32).collect();
        best(&mut near, most);
        let base =
            |(nearness, cluster): (f32, u32)| (nearness * self.centroids.factors_of(cluster + 1).1.sqrt(), cluster);
        near.into_iter().map(base).collect()
    }
}

fn scored(codes: &Codes<'_>, query: &[f32], rows: Vec<u32>) -> Vec<(f32, u32)> {
    let mut scores = Scores::default();
    let scores = codes.score_rows(&codes.query(query), &rows, &mut scores);
    scores.iter().copied().zip(rows).collect()
}

/// Leaves the best.
fn best(scored: &mut Vec<(f32, u32)>, most: usize) {
    scored.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    scored.truncate(most);
}
