//! From files and options to a configuration.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use gyr_diag::yaml::{self, Node, Value};
use gyr_diag::{Source, Span};

use crate::check::check;
use crate::config::Config;
use crate::environment::expand;
use crate::option::{self, OptionError, Step};
use crate::reader::Reader;
use crate::sources::{Sources, shift};
use crate::tree::{self, Strategy, merge};

/// Where a configuration comes from.
pub struct Settings<'a> {
    /// The main file.
    pub file: &'a Path,
    /// Its text, if it is not to be read from the disk.
    pub text: Option<&'a str>,
    /// What `-o` was given.
    pub options: &'a [String],
    /// Variables of the environment.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
}

/// A configuration, and what there is to say about it.
#[derive(Debug)]
pub struct Loaded {
    pub config: Config,
    /// The files that it is made of, the main one first.
    pub files: Vec<PathBuf>,
    /// Files and folders that `config_files` names, whether they exist or not.
    pub named: Vec<PathBuf>,
    /// "FILE:LINE: what".
    pub warnings: Vec<String>,
    /// All that was read, merged, as one line of YAML.
    pub merged: String,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("Cannot read config file ({}): {error}", file.display())]
    Read { file: PathBuf, error: io::Error },
    #[error("{place}{message}")]
    Yaml { place: String, message: String },
    #[error(transparent)]
    Option(#[from] OptionError),
    #[error("Config error: 'config_files' directive tried to recursively include main config file: {}.", .0.display())]
    IncludesItself(PathBuf),
    #[error("Config error: 'config_files' directive in included config file {}.", .0.display())]
    NestedInclude(PathBuf),
    /// One "FILE:LINE: what" a line.
    #[error("{}", .0.join("\n"))]
    Invalid(Vec<String>),
}

/// Reads, merges, checks.
pub fn load(settings: &Settings<'_>) -> Result<Loaded, Failure> {
    let mut loader =
        Loader { settings, sources: Sources::default(), files: Vec::new(), named: Vec::new() };
    let mut root = match settings.text {
        Some(text) => loader.parse(settings.file, text)?,
        None => loader.read(settings.file)?,
    };
    let options = loader.options()?;
    for (path, value) in &options {
        if matches!(path.first(), Some(Step::Key(key)) if key == "config_files") {
            option::set(&mut root, path, value.clone());
        }
    }
    loader.include(&mut root)?;
    for (path, value) in options {
        option::set(&mut root, &path, value);
    }
    loader.finish(&root)
}

struct Loader<'a> {
    settings: &'a Settings<'a>,
    sources: Sources,
    files: Vec<PathBuf>,
    named: Vec<PathBuf>,
}

impl Loader<'_> {
    fn read(&mut self, file: &Path) -> Result<Node, Failure> {
        let bytes =
            fs::read(file).map_err(|error| Failure::Read { file: file.to_owned(), error })?;
        self.parse(file, &String::from_utf8_lossy(&bytes))
    }

    fn parse(&mut self, file: &Path, text: &str) -> Result<Node, Failure> {
        let base = self.sources.add_file(Source::new(file.display().to_string(), text));
        self.files.push(file.to_owned());
        let mut documents = yaml::parse(text).map_err(|error| Failure::Yaml {
            place: format!("{}:{}:{}: ", file.display(), error.at.line + 1, error.at.column + 1),
            message: error.message,
        })?;
        if documents.is_empty() {
            return Ok(Node { span: Span::default(), value: Value::Mapping(Vec::new()) });
        }
        let mut root = documents.swap_remove(0);
        shift(&mut root, base);
        expand(&mut root, self.settings.variable);
        Ok(root)
    }

    fn options(&mut self) -> Result<Vec<(Vec<Step>, Node)>, Failure> {
        let mut options = Vec::new();
        for text in self.settings.options {
            let (path, mut value) = option::parse(text)?;
            shift(&mut value, self.sources.add_option(text));
            options.push((path, value));
        }
        Ok(options)
    }

    /// Merges what `config_files` names; what does not exist is skipped.
    fn include(&mut self, root: &mut Node) -> Result<(), Failure> {
        let mut included = Vec::new();
        for entry in Reader::new(root).entries("config_files", "config_files[].") {
            let path = match entry.root.as_str() {
                Some(path) => path.to_owned(),
                None => entry.text("path"),
            };
            self.named.push(PathBuf::from(&path));
            let strategy = match entry.text("strategy").as_str() {
                "override" => Strategy::Override,
                "add-only" => Strategy::AddOnly,
                _ => Strategy::Append,
            };
            included.extend(files_of(Path::new(&path)).into_iter().map(|file| (file, strategy)));
        }
        for (file, strategy) in included {
            if is_same(&file, self.settings.file) {
                return Err(Failure::IncludesItself(file));
            }
            let node = self.read(&file)?;
            if node.get("config_files").is_some() {
                return Err(Failure::NestedInclude(file));
            }
            merge(root, node, strategy);
        }
        Ok(())
    }

    fn finish(self, root: &Node) -> Result<Loaded, Failure> {
        let findings = check(root);
        let texts = |found: Vec<(gyr_diag::Position, String)>| -> Vec<String> {
            found.into_iter().map(|(at, what)| self.sources.place(at) + &what).collect()
        };
        if !findings.errors.is_empty() {
            return Err(Failure::Invalid(texts(findings.errors)));
        }
        let mut warnings = texts(findings.warnings);
        let rules_files = |key| root.get(key).filter(|node| !node.is_null());
        if let Some(node) = rules_files("rules_file") {
            let place = self.sources.place(node.span.start);
            if rules_files("rules_files").is_some() {
                let what = "both 'rules_files' and 'rules_file' keys set";
                return Err(Failure::Invalid(vec![place + what]));
            }
            warnings.push(place + "rules_file is the old name of rules_files");
        }
        let merged = tree::to_line(root);
        let Self { files, named, .. } = self;
        Ok(Loaded { config: Config::read(root), files, named, warnings, merged })
    }
}

/// A file, or the files of a folder by name.
fn files_of(path: &Path) -> Vec<PathBuf> {
    if !path.is_dir() {
        return if path.exists() { vec![path.to_owned()] } else { Vec::new() };
    }
    let Ok(entries) = fs::read_dir(path) else { return Vec::new() };
    let mut files: Vec<_> =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    files.sort();
    files
}

fn is_same(a: &Path, b: &Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => a == b,
    }
}

impl std::fmt::Debug for Settings<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings")
            .field("file", &self.file)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{EngineKind, ExtraField};

    /// Files with their texts, in a folder of their own that `DIR` stands for.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str, files: &[(&str, &str)]) -> Self {
            let dir =
                std::env::temp_dir().join(format!("gyr-config-{name}-{}", std::process::id()));
            for (file, text) in files {
                let path = dir.join(file);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text.replace("DIR", &dir.display().to_string())).unwrap();
            }
            Self(dir)
        }

        fn load(&self, options: &[&str]) -> Result<Loaded, Failure> {
            let dir = self.0.display().to_string();
            let options: Vec<_> = options.iter().map(|o| o.replace("DIR", &dir)).collect();
            let variable = |name: &str| (name == "LEVEL").then(|| "error".to_owned());
            load(&Settings {
                file: &self.0.join("main.yaml"),
                text: None,
                options: &options,
                variable: &variable,
            })
        }

        /// What loading complains about, with the folder's name taken out.
        fn complaints(&self, options: &[&str]) -> String {
            let text = match self.load(options) {
                Ok(loaded) => loaded.warnings.join("\n"),
                Err(failure) => failure.to_string(),
            };
            text.replace(&self.0.display().to_string(), "DIR")
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0); // a leftover in /tmp fails no test
        }
    }

    #[test]
    fn included_files_are_merged_by_name_and_options_come_last() {
        let folder = Folder::new(
            "merge",
            &[
                (
                    "main.yaml",
                    "config_files: [DIR/d, DIR/none]\nrules_files: [a]\njson_output: no\n",
                ),
                ("d/2.yaml", "rules_files: [c]\njson_output: yes\nlog_level: ${LEVEL}\n"),
                ("d/1.yaml", "rules_files: [b]\n"),
            ],
        );
        let loaded = folder.load(&["engine.kind=replay", "rules_files[]=d"]).unwrap();
        assert_eq!(loaded.warnings, [""; 0]);
        assert_eq!(loaded.named, [folder.0.join("d"), folder.0.join("none")]);
        assert_eq!(loaded.files.len(), 3);
        assert_eq!(loaded.config.rules_files, ["a", "b", "c", "d"]);
        assert!(loaded.config.json.output);
        assert_eq!(loaded.config.logs.level, "error");
        assert_eq!(loaded.config.engine.kind, EngineKind::Replay);
        let rest = "\"json_output\": \"yes\", \"log_level\": \"error\", \"engine\": {\"kind\": \"replay\"}}";
        assert!(loaded.merged.ends_with(rest), "{}", loaded.merged);
    }

    #[test]
    fn an_option_can_name_files_to_include() {
        let folder = Folder::new(
            "include",
            &[("main.yaml", "priority: error"), ("more.yaml", "priority: alert")],
        );
        let by_option = ["config_files[0].path=DIR/more.yaml", "config_files[0].strategy=add-only"];
        assert_eq!(folder.load(&by_option[..1]).unwrap().config.priority, "alert");
        assert_eq!(folder.load(&by_option).unwrap().config.priority, "error");
    }

    #[test]
    fn complaints_name_file_and_line() {
        let folder = Folder::new(
            "complaints",
            &[
                ("main.yaml", "a: 1\n\nwatch_config_file: 1\n"),
                ("wrong.yaml", "\nengine:\n  kind: x\n"),
                ("broken.yaml", "a: b: c\n"),
                ("nested.yaml", "config_files: [x]\n"),
            ],
        );
        let unknown = "DIR/main.yaml:1: unknown key a\n\
                       DIR/main.yaml:3: unknown key watch_config_file, did you mean watch_config_files?";
        let kinds = "is not one of kmod, modern_ebpf, replay, nodriver, ebpf, gvisor";
        let cases: &[(&[&str], String)] = &[
            (&[], unknown.to_owned()),
            (
                &["config_files[]=DIR/wrong.yaml"],
                format!("DIR/wrong.yaml:3: engine.kind \"x\" {kinds}"),
            ),
            (&["engine.kind=y"], format!("-o engine.kind=y: engine.kind \"y\" {kinds}")),
            (
                &["engine"],
                "Error parsing config option \"engine\". Must be of the form key=val or key.subkey=val"
                    .to_owned(),
            ),
            (
                &["config_files=DIR/main.yaml"],
                "Config error: 'config_files' directive tried to recursively include main config file: \
                 DIR/main.yaml."
                    .to_owned(),
            ),
            (
                &["config_files=DIR/nested.yaml"],
                "Config error: 'config_files' directive in included config file DIR/nested.yaml."
                    .to_owned(),
            ),
        ];
        for (options, want) in cases {
            assert_eq!(folder.complaints(options), *want, "{options:?}");
        }
        let broken = folder.complaints(&["config_files=DIR/broken.yaml"]);
        assert!(broken.starts_with("DIR/broken.yaml:1:"), "{broken}");
    }

    #[test]
    fn lists_of_maps_are_read() {
        let folder = Folder::new(
            "maps",
            &[(
                "main.yaml",
                "append_output: [{match: {tags: [t]}, extra_fields: [a.b, {c: '%d'}]}]\n\
                 plugins: [{name: p, library_path: l, init_config: {n: 1, b: true, s: '1'}}]\n\
                 static_fields: {k: v}\n",
            )],
        );
        let config = folder.load(&[]).unwrap().config;
        assert_eq!(config.append_output[0].tags, ["t"]);
        let extra = [
            ExtraField::Field("a.b".to_owned()),
            ExtraField::Text { name: "c".to_owned(), format: "%d".to_owned() },
        ];
        assert_eq!(config.append_output[0].extra_fields, extra);
        assert_eq!(config.plugins[0].init_config, r#"{"b":true,"n":1,"s":"1"}"#);
        assert_eq!(config.static_fields, [("k".to_owned(), "v".to_owned())]);
    }

    #[test]
    fn the_shipped_file_loads_without_a_word() {
        let text = crate::shipped_file();
        let settings = Settings {
            file: Path::new("gyr.yaml"),
            text: Some(&text),
            options: &["config_files=".to_owned()],
            variable: &|_| None,
        };
        let loaded = load(&settings).unwrap();
        assert_eq!(loaded.warnings, [""; 0]);
        assert!(loaded.config.stdout_output && loaded.config.logs.stderr);
        assert_eq!(loaded.config.engine.kind, EngineKind::Kernel { by_old_name: false });
    }
}
