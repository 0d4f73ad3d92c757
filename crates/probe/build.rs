//! Compiles the programs with clang, or embeds the object that is checked in.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use libbpf_rs::libbpf_sys::API_HEADERS;

fn main() {
    println!("cargo::rerun-if-changed=bpf");
    println!("cargo::rerun-if-changed=prebuilt");
    println!("cargo::rerun-if-env-changed=GYR_PROBE_CLANG");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let object = out.join("probe.bpf.o");
    if Command::new("clang").arg("--version").output().is_ok() {
        compile(&out, &object);
        return;
    }
    assert!(env::var_os("GYR_PROBE_CLANG").is_none(), "clang is not installed");
    let arch = env::var("CARGO_CFG_TARGET_ARCH").expect("cargo sets CARGO_CFG_TARGET_ARCH");
    let prebuilt = format!("prebuilt/{arch}.bpf.o");
    println!("cargo::warning=clang is not installed: using {prebuilt} as it is checked in");
    fs::copy(&prebuilt, &object).unwrap_or_else(|error| panic!("{prebuilt}: {error}"));
}

fn compile(out: &Path, object: &Path) {
    let headers = out.join("include/bpf");
    fs::create_dir_all(&headers).expect("OUT_DIR can be written");
    for (name, text) in API_HEADERS {
        fs::write(headers.join(name), text).expect("OUT_DIR can be written");
    }
    let compiled = out.join("compiled.o");
    let status = Command::new("clang")
        .args(["-target", "bpf", "-mcpu=v3", "-D__TARGET_ARCH_x86", "-O2", "-g", "-c"])
        .args(["-Wall", "-Werror", "-Wno-unused-function", "-fno-stack-protector"])
        .args(["-fdebug-compilation-dir", ".", "-iquote", "bpf", "-I"])
        .arg(out.join("include"))
        .arg(format!("-ffile-prefix-map={}=.", out.display()))
        .args(["bpf/probe.bpf.c", "-o"])
        .arg(&compiled)
        .status()
        .expect("clang was there a moment ago");
    assert!(status.success(), "clang cannot compile bpf/probe.bpf.c");
    // The linker of libbpf leaves out the debugging information, which names folders of the machine.
    let mut linker = libbpf_rs::Linker::new(object).expect("OUT_DIR can be written");
    linker.add_file(&compiled).expect("clang wrote the object");
    linker.link().expect("libbpf links one object");
}
