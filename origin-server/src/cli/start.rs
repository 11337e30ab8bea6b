//! What has to be right before a server starts: its address, its folders, its log.

use std::io::{ErrorKind, IsTerminal as _};
use std::net::SocketAddr;
use std::path::Path;

use headwater_core::error::{Code, Error, Result};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

/// The log goes to standard error: with colours on a terminal only, and there unless NO_COLOR says otherwise.
pub(super) fn log() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,slatedb=warn"));
    let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(std::io::stderr).init();
}

/// The addresses of `host:port`. A name may have several; IPv4 goes first, as in the addresses that are printed
/// elsewhere.
pub(super) async fn resolve(listen: &str) -> Result<Vec<SocketAddr>> {
    let refused = |why: &str| {
        let message =
            format!("--listen {listen:?} {why}; it wants a host and a port, as 127.0.0.1:7700 or localhost:7700");
        Error::new(Code::InvalidOptions, message)
    };
    if let Ok(address) = listen.parse() {
        return Ok(vec![address]);
    }
    match listen.rsplit_once(':') {
        None => return Err(refused("has no port")),
        Some(("", _)) => return Err(refused("has no host")),
        Some((host, _)) if host.contains("://") || host.contains('/') => return Err(refused("is a URL")),
        Some((_, port)) if port.parse::<u16>().is_err() => return Err(refused("has no port between 0 and 65535")),
        Some(_) => {}
    }
    let found = tokio::net::lookup_host(listen).await.map_err(|e| refused(&format!("cannot be resolved ({e})")))?;
    let mut addresses: Vec<SocketAddr> = found.collect();
    addresses.sort_by_key(SocketAddr::is_ipv6);
    if addresses.is_empty() { Err(refused("has no address")) } else { Ok(addresses) }
}

/// Listens at the first address that can be had.
pub(super) async fn bind(addresses: &[SocketAddr], listen: &str) -> Result<TcpListener> {
    TcpListener::bind(addresses).await.map_err(|error| {
        let (code, why) = match error.kind() {
            ErrorKind::AddrInUse => (
                Code::Conflict,
                "is taken: another program listens there, perhaps another `headwater serve`; stop it, or",
            ),
            ErrorKind::AddrNotAvailable => (Code::InvalidOptions, "is no address of this machine;"),
            ErrorKind::PermissionDenied => (Code::InvalidOptions, "may not be listened at by this user;"),
            _ => return Error::new(Code::Unreachable, format!("{listen} cannot be listened at: {error}")),
        };
        Error::new(code, format!("{listen} {why} name another one with --listen"))
    })
}

/// Fails unless static files are where they shall be served from.
pub(super) fn check_web(folder: &Path) -> Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let what = if folder.exists() { "is no folder" } else { "is not there" };
    Err(Error::new(Code::InvalidOptions, format!("--web {} {what}; name a folder of static files", folder.display())))
}

/// Makes the data folder and fails unless files can be made in it.
pub(super) fn check_folder(folder: &Path) -> Result<()> {
    let probe = folder.join(format!(".headwater-{}", std::process::id()));
    let tried = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&probe, []));
    tried.and_then(|()| std::fs::remove_file(&probe)).map_err(|error| {
        let message = format!(
            "no data can be kept in {}: {error}; name a folder with --data that this user may write to",
            folder.display()
        );
        Error::new(Code::StorageFailed, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn names_are_resolved_and_what_is_no_address_is_refused_with_what_is() {
        let resolved = resolve("localhost:8010").await.unwrap();
        assert!(resolved.iter().all(|address| address.ip().is_loopback() && address.port() == 8010), "{resolved:?}");
        assert_eq!(resolve("[::1]:1").await.unwrap(), ["[::1]:1".parse().unwrap()]);
        for (listen, says) in [
            ("8010", "no port"),
            (":8010", "no host"),
            ("localhost", "no port"),
            ("http://127.0.0.1:80", "is a URL"),
            ("127.0.0.1:99999", "between 0 and 65535"),
            ("nobody.invalid:80", "cannot be resolved"),
        ] {
            let error = resolve(listen).await.unwrap_err();
            assert!(error.message().contains(says) && error.message().contains("as 127.0.0.1:7700"), "{error}");
            assert_eq!(error.code(), Code::InvalidOptions);
        }
    }
}
