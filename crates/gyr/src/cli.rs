//! The command line: Falco's options, and our commands.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::control::MAX_SECONDS;

/// Gyr: runtime security for Linux
#[derive(Debug, Parser)]
#[command(name = "gyr", disable_help_subcommand = true, args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) options: Options,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print what a shell needs to complete our command line
    Completions(CompletionsOptions),
    /// Look whether this machine and this configuration are fit, and say what to do if not
    Doctor(DoctorOptions),
    /// Record what happens into a capture, until Ctrl-C or the end of a command
    Record(RecordOptions),
    /// Assert the rules on a capture
    Replay(ReplayOptions),
    /// Tools for those who write rules
    #[command(subcommand)]
    Rules(RulesCommand),
    /// Send an alert about a harmless event through everything, and tell which outputs have delivered it
    Selftest(SelftestOptions),
    /// Print the events that match a condition, one line each, until Ctrl-C
    Watch(WatchOptions),
}

#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// Tell everything that is wrong or doubtful in rules files
    Check(RulesCheckOptions),
    /// Tell why a rule did, or did not, match
    Explain(RulesExplainOptions),
    /// Lay rules files out readably, in place; their meaning and their comments stay
    Fmt(RulesFmtOptions),
    /// Run unit tests of rules
    Test(RulesTestOptions),
}

/// What Falco's command line knows.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Options {
    /// Configuration file
    #[arg(short = 'c', value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Print the JSON schema of the configuration
    #[arg(long)]
    pub(crate) config_schema: bool,
    /// Print the JSON schema of rules files
    #[arg(long)]
    pub(crate) rule_schema: bool,
    /// Load everything, run nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print the system calls that are left out unless base_syscalls.all is set
    #[arg(short = 'i')]
    pub(crate) ignored: bool,
    /// Describe all rules
    #[arg(short = 'L')]
    pub(crate) describe_all: bool,
    /// Describe one rule
    #[arg(short = 'l', value_name = "RULE")]
    pub(crate) describe: Option<String>,
    /// List the fields of conditions and outputs, of one source or of all
    #[arg(long, value_name = "SOURCE", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub(crate) list: Option<String>,
    /// List the events
    #[arg(long)]
    pub(crate) list_events: bool,
    /// Stop after so many seconds of events
    #[arg(short = 'M', value_name = "SECONDS")]
    pub(crate) duration: Option<u64>,
    /// The old form of --format markdown
    #[arg(long)]
    pub(crate) markdown: bool,
    /// List the plugins
    #[arg(long)]
    pub(crate) list_plugins: bool,
    /// Describe a plugin, by its name or the path of its library
    #[arg(long, value_name = "PLUGIN")]
    pub(crate) plugin_info: Option<String>,
    /// How lists are printed: text, markdown or json
    #[arg(long)]
    pub(crate) format: Option<String>,
    /// Only names, with --list
    #[arg(short = 'N')]
    pub(crate) names_only: bool,
    /// Set a key of the configuration
    #[arg(short = 'o', long = "option", value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Text to append to every rule's output (deprecated: append_output in the configuration)
    #[arg(short = 'p', long = "print", value_name = "FORMAT")]
    pub(crate) print: Option<String>,
    /// Write the process's number into this file
    #[arg(short = 'P', long, value_name = "FILE")]
    pub(crate) pidfile: Option<PathBuf>,
    /// Rules file or folder of them; replaces those of the configuration
    #[arg(short = 'r', value_name = "FILE")]
    pub(crate) rules: Vec<PathBuf>,
    /// Only these event sources
    #[arg(long, value_name = "SOURCE")]
    pub(crate) enable_source: Vec<String>,
    /// Not these event sources
    #[arg(long, value_name = "SOURCE")]
    pub(crate) disable_source: Vec<String>,
    /// Take warnings about the configuration and the rules as errors
    #[arg(long)]
    pub(crate) strict: bool,
    /// Print what a report of a problem needs, as JSON
    #[arg(long)]
    pub(crate) support: bool,
    /// Write every line at once
    #[arg(short = 'U', long)]
    pub(crate) unbuffered: bool,
    /// Check these rules files
    #[arg(short = 'V', long, value_name = "FILE")]
    pub(crate) validate: Vec<PathBuf>,
    /// Say more
    #[arg(short = 'v')]
    pub(crate) verbose: bool,
    /// Print versions
    #[arg(long)]
    pub(crate) version: bool,
    /// Print the size of a memory page
    #[arg(long)]
    pub(crate) page_size: bool,
    /// `gyr replay`: this capture, whatever the configuration names
    #[arg(skip)]
    pub(crate) capture: Option<PathBuf>,
}

#[derive(Args, Clone, Debug, Default)]
pub(crate) struct DoctorOptions {
    /// Configuration file
    #[arg(short = 'c', value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Set a key of the configuration
    #[arg(short = 'o', long = "option", value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
}

#[derive(Args, Clone, Debug, Default)]
pub(crate) struct SelftestOptions {
    /// Configuration file
    #[arg(short = 'c', value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Set a key of the configuration
    #[arg(short = 'o', long = "option", value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// The harmless event: open this file, and do nothing else
    #[arg(long, value_name = "FILE", hide = true)]
    pub(crate) open: Option<PathBuf>,
}

#[derive(Args, Clone, Debug, Default)]
pub(crate) struct WatchOptions {
    /// A condition as in rules, such as 'evt.type=connect and proc.name=curl'; everything if there is none
    #[arg(value_name = "CONDITION")]
    pub(crate) filter: Option<String>,
    /// Read this capture instead of the kernel
    #[arg(short = 'r', long, value_name = "FILE")]
    pub(crate) capture: Option<PathBuf>,
    /// What a line shows, as outputs of rules: text with %fields
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<String>,
    /// Print the fields of the format as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Stop after so many events
    #[arg(short = 'n', long, value_name = "N")]
    pub(crate) count: Option<u64>,
    /// Rules file whose macros and lists the condition may use
    #[arg(long, value_name = "FILE")]
    pub(crate) rules: Vec<PathBuf>,
    /// Configuration file
    #[arg(short = 'c', value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Set a key of the configuration
    #[arg(short = 'o', long = "option", value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
}

#[derive(Args, Clone, Debug, Default)]
pub(crate) struct RecordOptions {
    /// The capture to write
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Show rules only the events that match this condition; what changes the picture of the system is kept as well
    #[arg(short = 'f', long, value_name = "CONDITION")]
    pub(crate) filter: Option<String>,
    /// Rules file whose macros and lists the condition may use
    #[arg(long, value_name = "FILE")]
    pub(crate) rules: Vec<PathBuf>,
    /// Also system calls of which only the name is known, context switches and page faults
    #[arg(long)]
    pub(crate) all_syscalls: bool,
    /// Stop after so many seconds
    #[arg(short = 'M', value_name = "SECONDS")]
    pub(crate) duration: Option<u64>,
    /// Configuration file
    #[arg(short = 'c', value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Set a key of the configuration
    #[arg(short = 'o', long = "option", value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Run this command, and stop when it ends
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ReplayOptions {
    /// The capture
    #[arg(value_name = "FILE")]
    pub(crate) capture: PathBuf,
    /// Rules file or folder of them; replaces those of the configuration
    #[arg(short = 'r', value_name = "FILE")]
    pub(crate) rules: Vec<PathBuf>,
    /// Configuration file
    #[arg(short = 'c', value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Set a key of the configuration
    #[arg(short = 'o', long = "option", value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
}

#[derive(Args, Clone, Debug, Default)]
pub(crate) struct RulesCheckOptions {
    /// Rules files, in the order in which they are loaded, or folders of them
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// How findings are printed
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: ReportFormat,
    /// Warnings fail, too
    #[arg(long)]
    pub(crate) strict: bool,
    /// Also show remarks: what is fine, but worth knowing
    #[arg(long)]
    pub(crate) all: bool,
    /// Estimate what each rule costs
    #[arg(long)]
    pub(crate) cost: bool,
    /// Warn of what this version of Falco does not have, such as 0.45
    #[arg(long, value_name = "VERSION")]
    pub(crate) target_version: Option<String>,
}

#[derive(Args, Clone, Debug, Default)]
pub(crate) struct RulesFmtOptions {
    /// Rules files, or folders of them
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Change nothing: print the names of files that would change, and fail if there are any
    #[arg(long)]
    pub(crate) check: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    #[default]
    Text,
    Json,
    Sarif,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct RulesExplainOptions {
    /// The rule's name
    #[arg(value_name = "RULE")]
    pub(crate) rule: String,
    /// Rules file or folder of them; replaces those of the configuration
    #[arg(short = 'r', value_name = "FILE")]
    pub(crate) rules: Vec<PathBuf>,
    /// Look at the events of this capture (or of events as text)
    #[arg(long, value_name = "FILE")]
    pub(crate) capture: Option<PathBuf>,
    /// Only the event of this number, as evt.num counts
    #[arg(long, value_name = "N", requires = "capture")]
    pub(crate) event: Option<u64>,
    /// Look at what happens on this machine for so long, as 30s: asks the Gyr that runs here
    #[arg(long, value_name = "TIME", value_parser = seconds, conflicts_with_all = ["capture", "rules"])]
    pub(crate) live: Option<Duration>,
    /// How many events to show of those that match, and of those that come nearest to it
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=100))]
    pub(crate) nearest: u64,
    /// Configuration file
    #[arg(short = 'c', value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Set a key of the configuration
    #[arg(short = 'o', long = "option", value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    #[arg(long, value_enum, default_value_t = ExplainFormat::Text, ignore_case = true)]
    pub(crate) format: ExplainFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExplainFormat {
    Text,
    Json,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct RulesTestOptions {
    /// Test files, or folders of them
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Only the tests whose name contains this
    #[arg(long, value_name = "TEXT")]
    pub(crate) name: Option<String>,
    #[arg(long, value_enum, default_value_t = TestFormat::Text, ignore_case = true)]
    pub(crate) format: TestFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TestFormat {
    Text,
    Json,
    /// JUnit XML, as CI servers read it
    Junit,
}

#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct CompletionsOptions {
    pub(crate) shell: Shell,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    Bash,
    Zsh,
    Fish,
}

impl From<ReplayOptions> for Options {
    fn from(options: ReplayOptions) -> Self {
        let ReplayOptions { capture, rules, config, set } = options;
        Self { capture: Some(capture), rules, config, set, ..Self::default() }
    }
}

/// A duration with its unit; a number alone would be milliseconds elsewhere.
fn seconds(text: &str) -> Result<Duration, String> {
    let has_unit = text.ends_with(|c: char| c.is_ascii_alphabetic());
    let longest = Duration::from_secs(MAX_SECONDS);
    gyr_config::parse_duration(text)
        .filter(|time| has_unit && !time.is_zero() && *time <= longest)
        .ok_or_else(|| format!("a time up to {MAX_SECONDS}s with its unit, as 30s"))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_source_must_be_attached_to_list() {
        let parse = |args: &[&str]| Cli::try_parse_from(args).map(|cli| cli.options.list);
        assert_eq!(parse(&["gyr", "--list"]).unwrap(), Some(String::new()));
        assert_eq!(parse(&["gyr", "--list=syscall"]).unwrap(), Some("syscall".to_owned()));
        assert!(parse(&["gyr", "--list", "syscall"]).is_err());
    }
}
