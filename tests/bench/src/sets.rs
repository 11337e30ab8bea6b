//! Sets that guard against tuning to WordNet: another corpus, and vectors without structure.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Outcome;
use crate::corpus::model_in;
use crate::prepare::write_vectors;

/// Vectors indexed of each set.
const POINTS: usize = 20_000;
/// Queries of each set.
const QUERIES: usize = 1_000;
/// Components of the vectors without structure: as many as the model gives.
const SPHERE_DIM: usize = 256;
/// Shorter sentences are mostly formulas.
const SHORTEST_SENTENCE: usize = 40;

/// A set that is to be made.
#[derive(clap::Args)]
pub(crate) struct NewSet {
    /// Components of its vectors.
    #[arg(long)]
    dim: usize,
    /// How many to index.
    #[arg(long)]
    points: usize,
    /// Where to write.
    #[arg(long)]
    out: PathBuf,
}

/// The numbers in a file.
pub(crate) fn floats(path: &Path) -> Outcome<Vec<f32>> {
    Ok(fs::read(path)?.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect())
}

/// The next of a row of random bits (a linear congruential generator, of which the high bits are good).
const fn random_bits(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state
}

/// Sentences of the texts in a folder, embedded; queries are sentences that are not indexed.
pub(crate) fn texts(folder: &Path, model: &Path, out: &Path) -> Outcome {
    let (_, model) = model_in(model)?;
    let mut sentences = speeches(folder)?.concat();
    // Formulas recur year after year; equal vectors would make the truth a matter of taste.
    sentences.sort();
    sentences.dedup();
    let step = sentences.len() / (POINTS + QUERIES);
    let chosen: Vec<Vec<f32>> = sentences.iter().step_by(step.max(1)).map(|s| model.embed(s)).collect();
    split(chosen, out)
}

/// The sentences of each text in a folder, in their order.
pub(crate) fn speeches(folder: &Path) -> Outcome<Vec<Vec<String>>> {
    let mut files: Vec<_> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Outcome<_>>()?;
    files.retain(|path| path.extension().is_some_and(|e| e == "txt"));
    files.sort();
    let mut speeches = Vec::new();
    for file in files {
        let text = fs::read_to_string(file)?.split_whitespace().collect::<Vec<_>>().join(" ");
        let parts = text.split_inclusive(". ").map(str::trim).filter(|s| s.len() >= SHORTEST_SENTENCE);
        speeches.push(parts.map(str::to_owned).collect());
    }
    Ok(speeches)
}

/// Vectors spread evenly over the unit sphere.
pub(crate) fn sphere(out: &Path) -> Outcome {
    let mut state = 1u64;
    let mut uniform = move || (random_bits(&mut state) >> 11) as f64 / (1u64 << 53) as f64;
    // Normal components (Box and Muller) make an even direction.
    let mut normal =
        move || ((-2.0 * (1.0 - uniform()).ln()).sqrt() * (std::f64::consts::TAU * uniform()).cos()) as f32;
    let unit = |v: Vec<f32>| {
        let length = v.iter().map(|x| x * x).sum::<f32>().sqrt();
        v.into_iter().map(|x| x / length).collect::<Vec<f32>>()
    };
    let all = (0..POINTS + QUERIES).map(|_| unit((0..SPHERE_DIM).map(|_| normal()).collect())).collect();
    split(all, out)
}

/// Directions in which the vectors of a set that is made differ: about as many as those of language models do.
const LATENT_DIM: usize = 24;
/// Groups of such vectors.
const GROUPS: usize = 256;

/// A number from 0 to 1 for each point: spread evenly, and of sets that are made the one that says its group.
pub(crate) fn spread(point: usize) -> f64 {
    const GOLDEN_RATIO: f64 = 0.618_033_988_749_895;
    (point as f64 * GOLDEN_RATIO).fract()
}

/// Vectors with the structure that those of models have: groups of all sizes, of points that differ in few directions,
/// and a little noise in all.
pub(crate) fn made(set: &NewSet) -> Outcome {
    let NewSet { dim, points, ref out } = *set;
    let mut state = dim as u64;
    let mut random = || (random_bits(&mut state) >> 40) as f32 / (1u64 << 24) as f32;
    // The sum of twelve numbers from 0 to 1 is about normally distributed.
    let mut normals = |count: usize, by: f32| -> Vec<f32> {
        (0..count).map(|_| ((0..12).map(|_| random()).sum::<f32>() - 6.0) * by).collect()
    };
    let directions: Vec<Vec<f32>> = (0..LATENT_DIM).map(|_| normals(dim, 1.0 / (dim as f32).sqrt())).collect();
    let centres: Vec<Vec<f32>> = (0..GROUPS).map(|_| normals(LATENT_DIM, 1.0)).collect();
    let mut vector = |at: usize| {
        // Some groups have many points, most few.
        let group = (spread(at).powi(2) * GROUPS as f64) as usize;
        let latent = normals(LATENT_DIM, 0.6);
        let mut vector = normals(dim, 0.3 / (dim as f32).sqrt());
        for ((own, centre), direction) in latent.iter().zip(centres.get(group).into_iter().flatten()).zip(&directions) {
            vector.iter_mut().zip(direction).for_each(|(x, d)| *x += (own + centre) * d);
        }
        let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        vector.iter_mut().for_each(|x| *x /= length);
        vector
    };
    let base: Vec<Vec<f32>> = (0..points).map(&mut vector).collect();
    let queries: Vec<Vec<f32>> = (points..points + QUERIES).map(vector).collect();
    let bytes = |all: &[Vec<f32>]| all.iter().flatten().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
    fs::create_dir_all(out)?;
    fs::write(out.join("base.f32"), bytes(&base))?;
    fs::write(out.join("queries.f32"), bytes(&queries))?;
    Ok(fs::write(out.join("set.json"), serde_json::json!({ "dim": dim, "has_groups": true }).to_string())?)
}

/// So many evenly spaced vectors of those in a folder, asked by its first queries.
pub(crate) fn vectors(from: &Path, set: &NewSet) -> Outcome {
    let NewSet { dim, points, ref out } = *set;
    let (base, queries) = (floats(&from.join("base.f32"))?, floats(&from.join("queries.f32"))?);
    let step = (base.len() / dim / points).max(1);
    let chosen: Vec<&[f32]> = base.chunks_exact(dim).step_by(step).take(points).collect();
    let queries: Vec<Vec<f32>> = queries.chunks_exact(dim).take(QUERIES).map(<[f32]>::to_vec).collect();
    let ids: Vec<String> = (0..chosen.len()).map(|i| i.to_string()).collect();
    write_vectors(out, &chosen, &queries, &ids.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Every 21st vector asks, the others are indexed.
fn split(all: Vec<Vec<f32>>, out: &Path) -> Outcome {
    let every = POINTS / QUERIES + 1;
    let (mut points, mut queries) = (Vec::new(), Vec::new());
    for (position, vector) in all.into_iter().enumerate() {
        if position % every == 0 { queries.push(vector) } else { points.push(vector) }
    }
    points.truncate(POINTS);
    queries.truncate(QUERIES);
    let ids: Vec<String> = (0..points.len()).map(|i| i.to_string()).collect();
    write_vectors(
        out,
        &points.iter().map(Vec::as_slice).collect::<Vec<_>>(),
        &queries,
        &ids.iter().map(String::as_str).collect::<Vec<_>>(),
    )
}
