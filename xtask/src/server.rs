//! A web server for files of one folder, on this machine.

use anyhow::{Context, Result};
use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The longest request that is read.
const MAX_REQUEST_BYTES: u64 = 1 << 14;

/// Path and content of each file.
type Files = HashMap<String, Vec<u8>>;

/// Serves a folder at a port of this machine until the program ends.
pub fn serve_at(port: u16, folder: &Path) -> Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", port)).with_context(|| format!("port {port}"))?;
    println!("http://{}/", listener.local_addr()?);
    serve(&listener, &Arc::new(read(folder)?));
    Ok(())
}

/// Serves a folder on a free port until the program ends, and returns its address.
pub fn serve_in_background(folder: &Path) -> Result<String> {
    let files = Arc::new(read(folder)?);
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let address = format!("http://{}/", listener.local_addr()?);
    std::thread::spawn(move || serve(&listener, &files));
    Ok(address)
}

fn serve(listener: &TcpListener, files: &Arc<Files>) {
    for stream in listener.incoming().flatten() {
        let files = files.clone();
        // A client that goes away in the middle is no concern of the others.
        std::thread::spawn(move || answer(stream, &files).ok());
    }
}

/// The files of a folder, so that a request can reach nothing else.
fn read(folder: &Path) -> Result<Files> {
    let mut files = Files::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        files.insert(format!("/{name}"), fs::read(&path).with_context(|| path.display().to_string())?);
    }
    let index = files.get("/index.html").context("index.html")?.clone();
    files.insert("/".into(), index);
    Ok(files)
}

fn answer(mut stream: TcpStream, files: &Files) -> Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut lines = BufReader::new(Read::take(&stream, MAX_REQUEST_BYTES)).lines();
    let request = lines.next().context("no request")??;
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let mut words = request.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let path = target.split('?').next().unwrap_or_default();
    let (status, body): (_, &[u8]) = match files.get(path) {
        _ if method != "GET" => ("405 Method Not Allowed", b"only GET"),
        Some(body) => ("200 OK", body),
        None => ("404 Not Found", b"no such file"),
    };
    let (kind, length) = (kind(path), body.len());
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\
         Cache-Control: no-store\r\nConnection: close\r\n\r\n"
    )?;
    stream.write_all(body)?;
    Ok(())
}

fn kind(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("wasm") => "application/wasm",
        Some("toml") => "application/toml",
        _ if path == "/" || path.ends_with(".html") => "text/html; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(address: &str, request: &str) -> String {
        let host = address.trim_start_matches("http://").trim_end_matches('/');
        let mut stream = TcpStream::connect(host).expect("a server");
        write!(stream, "{request}\r\n\r\n").expect("a server that listens");
        let mut reply = String::new();
        stream.read_to_string(&mut reply).expect("a reply in text");
        reply
    }

    #[test]
    fn only_its_files_are_served() {
        let folder = std::env::temp_dir().join(format!("trm-web-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a temporary folder");
        fs::write(folder.join("index.html"), "here").expect("a temporary file");
        let address = serve_in_background(&folder).expect("a free port");
        let found = ask(&address, "GET /?x=1 HTTP/1.1");
        assert!(found.starts_with("HTTP/1.1 200") && found.ends_with("\r\n\r\nhere"), "{found}");
        assert!(ask(&address, "GET /../index.html HTTP/1.1").starts_with("HTTP/1.1 404"));
        assert!(ask(&address, "POST / HTTP/1.1").starts_with("HTTP/1.1 405"));
        fs::remove_dir_all(&folder).expect("the temporary folder");
    }
}
