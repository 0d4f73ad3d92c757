//! Steps that read, check, describe and select rules.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use anyhow::{Context as _, Result, anyhow, bail};
use gyr_alert::Priority;
use gyr_config::{Able, AppendOutput, Config, EngineKind};
use gyr_fields::{Field, Fields};
use gyr_rules::{
    Choice, ExtraField, ExtraOutput, LoadResult, Loader, Match, Matching, Plugins, Ruleset, Which,
};
use serde_json::{Value, json};

use super::print::print;
use super::{App, Flow};
use crate::RuntimeError;
use crate::cli::Options;
use crate::log::Log;
use crate::{network, versions};

/// What stands for the rules that come with us where a file is expected.
const BUILT_IN: &str = "built-in";
/// The one source that is built in.
pub(crate) const SYSCALL: &str = "syscall";

pub(super) fn rule_schema(app: &mut App) -> Result<Flow> {
    if !app.options.rule_schema {
        return Ok(Flow::Next);
    }
    print(&format!("{:#}", gyr_rules::schema()))
}

/// `--enable-source` and `--disable-source`, which a replay ignores.
pub(super) fn select_sources(app: &mut App) -> Result<Flow> {
    let (enabled, disabled) = (&app.options.enable_source, &app.options.disable_source);
    if !enabled.is_empty() && !disabled.is_empty() {
        bail!("You can not mix --enable-source and --disable-source");
    }
    let unknown = |sources: &[String]| sources.iter().find(|name| *name != SYSCALL).cloned();
    if let Some(name) = unknown(enabled) {
        bail!("Attempted enabling an unknown event source: {name}");
    }
    if let Some(name) = unknown(disabled) {
        bail!("Attempted disabling an unknown event source: {name}");
    }
    if !disabled.is_empty() && app.config()?.engine.kind != EngineKind::Replay {
        bail!("Must enable at least one event source");
    }
    Ok(Flow::Next)
}

/// `--support`: everything that a report of a problem needs, as one line of JSON.
pub(super) fn support(app: &mut App) -> Result<Flow> {
    if !app.options.support {
        return Ok(Flow::Next);
    }
    let files: Value = files(&app.options, app.config()?)?
        .into_iter()
        .map(|(file, text)| json!({"name": file, "variants": [{"content": text}]}))
        .collect();
    let uname = rustix::system::uname();
    let text = |text: &std::ffi::CStr| text.to_string_lossy().into_owned();
    let out = json!({
        "cmdline": std::env::args().collect::<Vec<_>>().join(" "),
        "config": app.merged_config,
        "engine_info": versions::json(),
        "rules_files": files,
        "system_info": {
            "sysname": text(uname.sysname()),
            "nodename": text(uname.nodename()),
            "release": text(uname.release()),
            "version": text(uname.version()),
            "machine": text(uname.machine()),
        },
        "version": versions::FALCO,
    });
    print(&format!("{out}\n"))
}

/// `-V`: checks files one after the other, as if they were loaded together.
pub(super) fn validate(app: &mut App) -> Result<Flow> {
    if app.options.validate.is_empty() {
        return Ok(Flow::Next);
    }
    let json = app.config()?.json.output;
    let texts: Vec<_> =
        app.options.validate.iter().map(|file| read_rules(file)).collect::<Result<_>>()?;
    let mut loader = loader(&app.options, app.config()?, &app.log);
    let mut results = Vec::new();
    for (file, text) in app.options.validate.iter().zip(texts) {
        results.push(loader.load(&file.display().to_string(), &text));
        check_plugins(&loader)?;
    }
    let failed: Vec<_> = results.iter().filter(|result| !will_do(result, &app.options)).collect();
    if json {
        let mut out = json!({"falco_load_results": results.iter().map(LoadResult::to_json).collect::<Value>()});
        if failed.is_empty() && asks_to_describe(app) {
            out["falco_describe_results"] = describe_json(app, &loader)?;
        }
        print(&format!("{out}\n"))?;
    } else {
        let text: Vec<_> = results.iter().map(|result| verdict(result, &app.log)).collect();
        print(&format!("{}\n", text.join("\n")))?;
        if failed.is_empty() && asks_to_describe(app) {
            print(&format!("\n{}", describe_text(app, &loader)?))?;
        }
    }
    if !failed.is_empty() {
        let summaries: Vec<_> = results.iter().map(LoadResult::summary).collect();
        bail!("{}", summaries.join("\n"));
    }
    Ok(Flow::Done)
}

/// `-r`, or what the configuration names; `-L` and `-l` end here.
pub(super) fn load(app: &mut App) -> Result<Flow> {
    if asks_to_describe(app) {
        let (loader, _) = load_all(&app.options, app.config()?, &app.log)?;
        let text = match app.config()?.json.output {
            true => format!("{}\n", describe_json(app, &loader)?),
            false => describe_text(app, &loader)?,
        };
        return print(&text);
    }
    let (options, config, log) = (&app.options, app.config()?, &app.log);
    let (ruleset, files) = apart(|| {
        let (loader, files) = load_all(options, config, log)?;
        Ok((apart(|| ruleset(config, &loader))?, files))
    })?;
    app.ruleset = Some(Arc::new(ruleset));
    app.rules_files = files;
    Ok(Flow::Next)
}

/// Rules files, with their texts.
pub(crate) type RulesFiles = Vec<(PathBuf, String)>;

/// Loads all rules files, and says which.
pub(crate) fn load_all(
    options: &Options,
    config: &Config,
    log: &Log,
) -> Result<(Loader<Fields>, RulesFiles)> {
    let files = files(options, config)?;
    Ok((load_files(&files, options, config, log)?, files))
}

/// Loads these files.
pub(crate) fn load_files(
    files: &RulesFiles,
    options: &Options,
    config: &Config,
    log: &Log,
) -> Result<Loader<Fields>> {
    let mut loader = loader(options, config, log);
    log.info("Loading rules from:");
    for (file, text) in files {
        let result = loader.load(&file.display().to_string(), text);
        let schema = match &result.schema {
            None => "none".to_owned(),
            Some(differences) if differences.is_empty() => "ok".to_owned(),
            Some(differences) => {
                format!("failed for {}", differences.last().map_or("", String::as_str))
            }
        };
        log.info(&format!("   {} | schema validation: {schema}", file.display()));
        check_plugins(&loader)?;
        let differs = result.schema.as_ref().is_some_and(|differences| !differences.is_empty());
        if options.strict && differs {
            bail!("{}: schema validation: {schema}", file.display());
        }
        if !will_do(&result, options) {
            bail!("{}", result.to_text());
        }
        if !result.warnings.is_empty() {
            log.warning(&result.to_text());
        }
    }
    Ok(loader)
}

/// Whether the file loads, and as `--strict` wants it.
fn will_do(result: &LoadResult, options: &Options) -> bool {
    result.is_ok() && (!options.strict || result.warnings.is_empty())
}

/// The rules that the configuration leaves on.
pub(crate) fn ruleset(config: &Config, loader: &Loader<Fields>) -> Result<Ruleset<Field>> {
    let least: Priority = config.priority.parse()?;
    let matching = if config.match_all { Matching::All } else { Matching::First };
    Ok(loader.ruleset(&choices(config), least, matching))
}

/// Makes something in a thread of its own. The allocator keeps apart what threads allocate: what a loader needs is all given
/// back when its thread ends, if what stays was made in another one beside it.
pub(crate) fn apart<T: Send>(make: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    thread::scope(|scope| {
        let builder = thread::Builder::new().name("rules".to_owned()).spawn_scoped(scope, make);
        builder
            .context("cannot start a thread")?
            .join()
            .map_err(|_| anyhow!("no ruleset is made"))?
    })
}

/// The files to load, with their texts.
fn files(options: &Options, config: &Config) -> Result<RulesFiles> {
    let wanted: Vec<PathBuf> = match options.rules.is_empty() {
        true => {
            config.rules_files.iter().map(PathBuf::from).filter(|path| is_there(path)).collect()
        }
        false => options.rules.clone(),
    };
    if wanted.is_empty() {
        bail!(
            "You must specify at least one rules file/directory via -r or a rules_files entry in the configuration"
        );
    }
    let mut files = Vec::new();
    for path in &wanted {
        if is_built_in(path) {
            files.push((path.clone(), gyr_rules::SHIPPED.to_owned()));
            continue;
        }
        for file in yaml_files(path)? {
            files.push((file.clone(), read_rules(&file)?));
        }
    }
    Ok(files)
}

/// Files and folders that rules are read from, whether they exist or not.
pub(crate) fn paths(options: &Options, config: &Config) -> Vec<PathBuf> {
    let mut paths = options.rules.clone();
    if paths.is_empty() {
        paths.extend(config.rules_files.iter().map(PathBuf::from));
    }
    paths.retain(|path| !is_built_in(path));
    paths
}

fn is_there(path: &Path) -> bool {
    is_built_in(path) || path.exists()
}

pub(crate) fn is_built_in(path: &Path) -> bool {
    path == Path::new(BUILT_IN)
}

/// A file, or those of a folder by name; what is no YAML by its name is passed over.
pub(crate) fn yaml_files(path: &Path) -> Result<Vec<PathBuf>> {
    let is_yaml =
        |path: &PathBuf| matches!(path.extension().and_then(|e| e.to_str()), Some("yaml" | "yml"));
    if !path.is_dir() {
        return Ok([path.to_owned()].into_iter().filter(is_yaml).collect());
    }
    let entries =
        fs::read_dir(path).with_context(|| format!("Could not open {}", path.display()))?;
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).filter(is_yaml).collect();
    files.retain(|path| path.is_file());
    files.sort();
    Ok(files)
}

/// The text of a file; bytes that are no UTF-8 become U+FFFD.
pub(crate) fn read_rules(file: &Path) -> Result<String> {
    let bytes = fs::read(file)
        .map_err(|_| anyhow!("Could not open file {} for reading", file.display()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn loader(options: &Options, config: &Config, log: &Log) -> Loader<Fields> {
    let mut outputs = Vec::new();
    let mut fields = Vec::new();
    for entry in &config.append_output {
        append(entry, &config.static_fields, &mut outputs, &mut fields);
    }
    if let Some(format) = options.print.as_deref().filter(|print| !is_old_print(print)) {
        log.warning("-p is deprecated, use append_output in the configuration");
        outputs.push(ExtraOutput { of: Match::default(), format: format.to_owned() });
    }
    let known = network::fields().with_static(&config.static_fields);
    Loader::new([(SYSCALL.to_owned(), known)]).with_extras(outputs, fields)
}

/// What `-p` once took for sets of fields that are built in today.
fn is_old_print(print: &str) -> bool {
    matches!(print, "c" | "container" | "k" | "kubernetes")
}

fn append(
    entry: &AppendOutput,
    fixed: &[(String, String)],
    outputs: &mut Vec<ExtraOutput>,
    fields: &mut Vec<ExtraField>,
) {
    let of = Match {
        source: entry.source.clone(),
        tags: entry.tags.iter().cloned().collect(),
        rule: entry.rule.clone(),
    };
    if let Some(format) = &entry.extra_output {
        outputs.push(ExtraOutput { of: of.clone(), format: format.clone() });
    }
    if entry.suggested_output {
        // The fields belong to one source.
        let of = Match { source: Some(SYSCALL.to_owned()), ..of.clone() };
        if entry.source.as_deref().is_none_or(|source| source == SYSCALL) {
            let fixed = fixed.iter().map(|(name, _)| format!("static.{name}"));
            for field in Fields::SUGGESTED.iter().map(|name| (*name).to_owned()).chain(fixed) {
                let format = format!("{}=%{field}", field.replace('.', "_"));
                outputs.push(ExtraOutput { of: of.clone(), format });
            }
        }
    }
    for field in &entry.extra_fields {
        fields.push(match field {
            gyr_config::ExtraField::Field(name) => ExtraField {
                of: of.clone(),
                key: name.clone(),
                format: format!("%{name}"),
                raw: true,
            },
            gyr_config::ExtraField::Text { name, format } => {
                ExtraField { of: of.clone(), key: name.clone(), format: format.clone(), raw: false }
            }
        });
    }
}

/// Of one entry, the rule's name comes before the tag.
pub(crate) fn choices(config: &Config) -> Vec<Choice> {
    let mut choices = Vec::new();
    for selection in &config.rules {
        let (enable, able) = match selection {
            gyr_config::Selection::Enable(able) => (true, able),
            gyr_config::Selection::Disable(able) => (false, able),
        };
        let Able { rule, tag } = able.clone();
        choices.extend(rule.map(|name| Choice { enable, rules: Which::Named(name) }));
        choices.extend(tag.map(|tag| Choice { enable, rules: Which::Tagged(tag) }));
    }
    choices
}

fn check_plugins(loader: &Loader<Fields>) -> Result<()> {
    loader.check_plugins(&[]).map_err(|message| anyhow!(message))
}

/// What standard output says of a file; the warnings of one that is fine are for the log.
fn verdict(result: &LoadResult, log: &Log) -> String {
    if result.is_ok() && !result.warnings.is_empty() {
        log.warning(&result.to_text());
        return format!("{}: Ok, with warnings", result.name);
    }
    result.to_text()
}

const fn asks_to_describe(app: &App) -> bool {
    app.options.describe_all || app.options.describe.is_some()
}

fn describe_json(app: &App, loader: &Loader<Fields>) -> Result<Value> {
    match &app.options.describe {
        Some(name) => loader.describe_rule(name, &NoPlugins).ok_or_else(|| not_loaded(name)),
        None => Ok(loader.describe(&NoPlugins)),
    }
}

fn describe_text(app: &App, loader: &Loader<Fields>) -> Result<String> {
    let name = app.options.describe.as_deref();
    loader.describe_text(name).ok_or_else(|| not_loaded(name.unwrap_or_default()))
}

fn not_loaded(name: &str) -> anyhow::Error {
    RuntimeError(format!("Rule \"{name}\" is not loaded")).into()
}

/// What the container plugin gives elsewhere is built in.
struct NoPlugins;

impl Plugins for NoPlugins {
    fn of_source(&self, _: &str) -> Option<String> {
        None
    }

    fn of_field(&self, _: &str) -> Option<String> {
        None
    }

    fn of_event(&self, _: &str) -> Option<String> {
        None
    }
}
