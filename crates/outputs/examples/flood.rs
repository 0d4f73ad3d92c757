//! How many alerts standard output and a file take: `flood RATE SECONDS FILE >/dev/null` sends so many a second as JSON, and
//! says what became of them. Build it with `--release`.

use std::error::Error;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use gyr_alert::{
    Alert, Cell, Clock, Form, Key, Piece, Priority, Properties, Renderer, TimeFormat, Value,
};
use gyr_outputs::{FileSettings, Limits, Options, Outputs, Overflow, Settings, StdoutSettings};

#[allow(clippy::print_stderr, reason = "this is what the example is for")]
fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [rate, seconds, path] = &arguments[..] else {
        return Err("usage: flood RATE SECONDS FILE".into());
    };
    let (rate, seconds): (f64, f64) = (rate.parse()?, seconds.parse()?);
    let renderer = Renderer::new(Clock::utc(), TimeFormat::Iso8601, Some(Properties::default()));
    let limits = Limits { n_alerts: 0, bytes: 64 << 20, overflow: Overflow::Drop };
    let file = FileSettings { path: path.into(), keep_alive: true, buffered: false };
    let settings = Settings {
        stdout: Some(StdoutSettings { buffered: false }),
        file: Some(file),
        ..Settings::default()
    };
    let options = Options { renderer, limits, timeout: Duration::from_secs(10) };
    let outputs = Outputs::start(&settings, options, |problem| eprintln!("{problem}"))?;
    let sender = outputs.sender();
    let form = form();
    let start = Instant::now();
    let mut n = 0_u64;
    while start.elapsed().as_secs_f64() < seconds {
        while (n as f64) < start.elapsed().as_secs_f64() * rate {
            sender.send(alert(&form, n));
            n += 1;
        }
        thread::sleep(Duration::from_micros(500));
    }
    for (name, stats) in outputs.stop() {
        let mean = stats.latency.sum.div_f64(stats.n_delivered.max(1) as f64);
        eprintln!(
            "{name}: {} produced, {} delivered, {} dropped; latency {mean:?} on average, {:?} at most",
            stats.n_produced,
            stats.n_delivered,
            stats.n_dropped(),
            stats.latency.max
        );
    }
    Ok(())
}

/// A rule with as much to say as most.
fn form() -> Arc<Form> {
    let mut message = vec![Piece::Literal("A file was opened (".to_owned())];
    let mut keys = Vec::new();
    for index in 0..12 {
        message.push(Piece::Literal(format!(" field{index}=")));
        message.push(Piece::Cell { index, width: None });
        keys.push(Key::Cell { name: format!("proc.field{index}"), index });
    }
    let form = Form::new("A rule".to_owned(), Priority::Warning, "syscall".to_owned(), message);
    let tags = ["container", "filesystem", "host", "maturity_stable"].map(str::to_owned);
    Arc::new(form.with_tags(tags).with_keys(keys))
}

fn alert(form: &Arc<Form>, n: u64) -> Alert {
    let cell = |index| match index % 3 {
        0 => Cell::from(Value::Uint(n)),
        _ => Cell::from(Value::text("/usr/bin/a-program --with --arguments")),
    };
    let cells = (0..12).map(cell).collect();
    Alert { time: n, hostname: "host".into(), form: Arc::clone(form), cells }
}
