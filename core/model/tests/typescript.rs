//! The npm package's types are those of the API. `cargo xtask gen` writes them anew.

use std::{env, fs, path::Path};

#[test]
fn the_package_declares_the_types_of_the_api() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packages/js/src/generated.ts");
    let wanted = headwater_model::typescript::definitions();
    if env::var_os("HEADWATER_BLESS").is_some() {
        fs::write(&file, &wanted).unwrap();
    }
    let held = fs::read_to_string(&file).unwrap();
    let line = held.lines().zip(wanted.lines()).position(|(held, wanted)| held != wanted);
    assert!(held == wanted, "generated.ts differs from line {:?} on; run: cargo xtask gen", line.map(|line| line + 1));
}
