//! `cargo xtask web`: serves the page on this machine.

use crate::{server, wasm};
use anyhow::{Context, Result, bail};

const HELP: &str = "\
cargo xtask web [--port PORT]

Builds the page (cargo xtask wasm) and serves it at http://127.0.0.1:8080/, or another port, until
interrupted. Only this machine can reach it. Any other web server can serve target/web as well.
";

pub fn run(arguments: &[String]) -> Result<()> {
    let port = match arguments {
        [] => 8080,
        [flag, port] if flag == "--port" => port.parse().with_context(|| format!("port {port:?}"))?,
        [flag] if flag == "--help" || flag == "-h" => {
            print!("{HELP}");
            return Ok(());
        }
        _ => bail!("web does not know {arguments:?}\n\n{HELP}"),
    };
    wasm::run(&[])?;
    server::serve_at(port, &wasm::page())
}
