//! The `headwater` command: origin server and client.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    headwater_origin::cli::main().await
}
