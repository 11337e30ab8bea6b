//! Takes the sentences out of panics.
//!
//! A panic ends the instance, and nobody reads what it says: without a host's hook, the standard library has nowhere to write
//! it in WebAssembly. What makes the sentence is there all the same, at each place that could panic. So the functions that
//! only ever panic become what they end in, `unreachable`, and wasm-opt takes away what leads to them: a fiftieth of the engine.

use walrus::Module;

/// Functions that never return, by what their names start with.
const NEVER_RETURN: [&str; 15] = [
    "alloc::alloc::handle_alloc_error",
    "alloc::raw_vec::capacity_overflow",
    "alloc::raw_vec::handle_error",
    "core::cell::lazy::panic_",
    "core::cell::panic_",
    "core::num::int_log10::panic_",
    "core::option::expect_failed",
    "core::option::unwrap_failed",
    "core::panicking::",
    "core::result::unwrap_failed",
    "core::slice::copy_from_slice_impl::len_mismatch_fail",
    "core::slice::index::slice_index_fail",
    "core::slice::sort::shared::smallsort::panic_",
    "core::str::slice_error_fail",
    "std::thread::local::panic_",
];

/// Panics of this module end it without a word.
pub(super) fn silence(module: &mut Module) {
    let Module { funcs, types, .. } = module;
    let silent: Vec<_> = funcs
        .iter_local()
        .filter(|(id, function)| {
            let name = funcs.get(*id).name.as_deref().unwrap_or_default();
            never_returns(name) && types.results(function.ty()).is_empty()
        })
        .map(|(id, _)| id)
        .collect();
    for id in silent {
        let mut body = funcs.get_mut(id).kind.unwrap_local_mut().builder_mut().func_body();
        body.instrs_mut().clear();
        body.unreachable();
    }
}

/// Names are `core::option::unwrap_failed`, or with the crate's number: `core[c5930c85a12de822]::option::unwrap_failed`.
fn never_returns(name: &str) -> bool {
    let plain = match (name.find('['), name.find("]::")) {
        (Some(start), Some(end)) if start < end => format!("{}{}", &name[..start], &name[end + 1..]),
        _ => name.to_owned(),
    };
    NEVER_RETURN.iter().any(|start| plain.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::never_returns;

    #[test]
    fn only_what_never_returns_is_silenced() {
        for (name, silent) in [
            ("core[c5930c85a12de822]::panicking::panic_fmt", true),
            ("core[c5930c85a12de822]::panicking::assert_failed::<usize, usize>", true),
            ("core::panicking::unreachable_display::h43b01ae09c086fd8", true),
            ("alloc[3ca501edff3f0c7c]::raw_vec::handle_error", true),
            ("core[c5930c85a12de822]::str::from_utf8", false),
            ("<core[c5930c85a12de822]::str::Utf8Error as core[c5930c85a12de822]::fmt::Display>::fmt", false),
            ("hashbrown::raw::Fallibility::capacity_overflow::he265999400e5ee5f", false),
            ("headwater_core::panicking::panic_fmt", false),
        ] {
            assert_eq!(never_returns(name), silent, "{name}");
        }
    }
}
