//! The `headwater` command: origin server and client.

use std::process::ExitCode;
use std::time::Duration;

/// What still runs when the command has ended is given so long. It is work that nobody waits for any more: the build of
/// a publish that the next one repeats, or a read of standard input.
const GRACE: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let Ok(runtime) = tokio::runtime::Runtime::new() else { return ExitCode::FAILURE };
    let code = runtime.block_on(headwater_origin::cli::main());
    runtime.shutdown_timeout(GRACE);
    code
}
