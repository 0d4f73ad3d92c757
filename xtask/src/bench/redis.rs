//! The load `redis`: a Redis server on a socket of its own, and the requests of `redis-benchmark`.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::Setup;
use super::loads::{Cost, need};
use super::workload::cpu_time_of_children;

/// SET and GET together.
pub(super) const REQUESTS: f64 = 200_000.0;
const CLIENTS: &str = "50";

/// What clients and server take for all requests, from the first to the last.
pub(super) fn run(setup: &Setup) -> Result<Cost> {
    need("redis-server", "redis-server")?;
    need("redis-benchmark", "redis-tools")?;
    let socket = setup.scratch.join("redis.sock");
    let before = cpu_time_of_children();
    let server = start(&socket)?;
    let started = Instant::now();
    let each = (REQUESTS / 2.0).to_string();
    let asked = Command::new("redis-benchmark")
        .arg("-s")
        .arg(&socket)
        .args(["-q", "-t", "set,get", "-c", CLIENTS, "-n", &each])
        .output();
    let wall = started.elapsed().as_secs_f64();
    stop(server)?;
    let asked = asked?;
    ensure!(asked.status.success(), "redis-benchmark: {}", String::from_utf8_lossy(&asked.stderr));
    Ok(Cost { wall, cpu: cpu_time_of_children() - before })
}

/// A server that keeps nothing on disk and listens nowhere but there.
fn start(socket: &Path) -> Result<Child> {
    let mut server = Command::new("redis-server")
        .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
        .arg(socket)
        .stdout(Stdio::null())
        .spawn()?;
    let started = Instant::now();
    while std::os::unix::net::UnixStream::connect(socket).is_err() {
        let is_late = started.elapsed() > Duration::from_secs(10);
        if is_late || server.try_wait()?.is_some() {
            server.kill()?;
            server.wait()?;
            anyhow::bail!("redis-server does not listen on {}", socket.display());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(server)
}

fn stop(mut server: Child) -> Result<()> {
    kill(Pid::from_raw(server.id().cast_signed()), Signal::SIGTERM)?;
    let status = server.wait().context("redis-server")?;
    ensure!(status.success(), "redis-server ended: {status}");
    Ok(())
}
